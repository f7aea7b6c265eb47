"""The close of a report: what the data cannot say, what to follow up, definitions and rules used."""

from __future__ import annotations

import pandas as pd

from kinerja_lib.development import ANY
from kinerja_lib.evaluation import AK_NEEDS, BOX_NEEDS, IP_NEEDS, JPM_NEEDS, SEMINAR_MONTHS
from kinerja_lib.language import _, mark
from kinerja_lib.measures import CAPAIAN_CAP, Distribution, missing_reason
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.rules import ip_asn_windows
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    ItemList,
    LeftOut,
    Runs,
    SignOff,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
    lower_first,
    plain,
)
from kinerja_lib.show.development import find_reach_gap, find_widest_gap
from kinerja_lib.show.numbers import SMALL, count, number, percent

LOW_IS_GOOD = ("int_leave_asap", "int_leave_next_12m", "ketidakhadiran")


def say_unknown(scope: Scope) -> ItemList:
    """Return what these data cannot answer, a point an item."""
    data = scope.data
    said = []
    if scope.has_people:
        said.append(_("apakah perbedaan antarunit berasal dari mutu kerja atau dari sulitnya target;"))
        if data.has("kegiatan"):
            said.append(_("apakah pembinaan menjadi sebab naik atau turunnya kinerja, karena pembinaan tidak diundi;"))
            said.append(_("mutu isi pembinaan, karena yang tercatat hanya waktu dan tindak lanjutnya;"))
        if data.has("pegawai", "alasan_keluar"):
            said.append(_("mengapa pegawai keluar, dan apakah mutasinya atas kehendak sendiri;"))
        if data.has("survei", "skor"):
            said.append(_("pendapat pegawai yang tidak menjawab survei;"))
        if data.has("penilaian", "predikat") or data.has("penilaian", "rating_hasil"):
            said.append(_("apakah penilai yang satu lebih murah nilai daripada yang lain."))
    else:
        said.append(_("mengapa sebuah indikator naik atau turun;"))
        said.append(_("bagaimana keadaan pegawai yang tidak menjawab survei;"))
        if not data.has("indikator_unit", "n"):
            said.append(_("seberapa teliti tiap angka, karena jumlah penjawab tidak ada dalam data."))
    return ItemList(tuple(compose("{text}", text=text) for text in said))


def find_points(
    distribution: Distribution | None,
    reach: pd.DataFrame | None,
    gaps: pd.DataFrame | None,
    events: pd.DataFrame | None,
    indicators: pd.DataFrame | None,
) -> list[str]:
    """Return what the results ask an office to look at, in words with their numbers; at most five points."""
    points = [*_pattern_point(distribution), *_reach_point(reach), *_gap_point(gaps), *_follow_up_point(events)]
    return [*points, *_indicator_points(indicators if not points else None)][:5]


def _pattern_point(distribution: Distribution | None) -> list[str]:
    if distribution is None:
        return []
    last = distribution.organisation.iloc[-1]
    if pd.isna(last["kept"]) or last["kept"]:
        return []
    return [_("Pola predikat: {verdict}").format(verdict=last["verdict"])]


def _reach_point(reach: pd.DataFrame | None) -> list[str]:
    found = None if reach is None else find_reach_gap(reach)
    if reach is None or found is None:
        return []
    if ((reach["group"] == found[0]["group"]) & (reach["share"] == found[0]["share"])).sum() > 1:
        return []  # several are reached as seldom: none is to blame
    low, high = found
    values = {"a": percent(float(low["share"])), "n_a": count(low["n"])}
    values |= {"b": percent(float(high["share"])), "n_b": count(high["n"])}
    text = _("Jangkauan coaching dan mentoring: {low} {a} (n = {n_a}), {high} {b} (n = {n_b})")
    return [_fill(text, low=lower_first(str(low["label"])), high=lower_first(str(high["label"])), **values)]


def _gap_point(gaps: pd.DataFrame | None) -> list[str]:
    row = find_widest_gap(gaps)
    if row is None:
        return []
    text = _("Kompetensi {name}: {share} pegawai di bawah standar (n = {n})")
    return [_fill(text, name=str(row["kompetensi"]), share=percent(float(row["share"])), n=count(row["n"]))]


def _follow_up_point(events: pd.DataFrame | None) -> list[str]:
    if events is None:
        return []
    row = events[events["jenis"] == ANY].iloc[0]
    if pd.isna(row["follow_up"]) or row["follow_up"] >= 100:
        return []
    text = _("Tindak lanjut pembinaan selesai {share} dari yang dicatat, di antara {n} kegiatan")
    many = SMALL if row["few"] else count(row["events"])
    return [_fill(text, share=percent(float(row["follow_up"])), n=many)]


def _fill(text: str, **values: object) -> str:
    """Return the text with its values, "n = 64" kept on one line."""
    return plain(compose(text, **values))


def _indicator_points(indicators: pd.DataFrame | None) -> list[str]:
    """Return the three indicators that lie farthest below the median of all units; not those that should be low."""
    if indicators is None:
        return []
    gap = (indicators["value"] - indicators["median"]).where(
        indicators["satuan"].notna() & ~indicators["indikator"].isin(LOW_IS_GOOD)
    )
    lowest = indicators.assign(gap=gap).loc[gap < 0].nsmallest(3, "gap")
    text = _("{label}: {value} ({gap} poin di bawah median)")
    return [
        text.format(
            label=row.label, value=number(float(row.value), int(row.decimals)), gap=number(abs(float(row.gap)), 1)
        )
        for row in each_row(lowest)
    ]


def table_follow_up(points: list[str], *, id: str = "tindak-lanjut") -> Table | LeftOut:
    """Return the points with empty columns for the unit to fill in.

    Parameters
    ----------
    points : list of str
        From `find_points`.
    id : str
        Name for references.
    """
    if not points:
        return LeftOut(_("tidak ada hal yang menonjol"), _("Tindak lanjut"))
    blank = [""] * len(points)
    frame = pd.DataFrame({"temuan": points, "tindakan": blank, "siapa": blank, "tenggat": blank})
    columns = (
        TableColumn("temuan", _("Temuan")),
        TableColumn("tindakan", _("Tindak lanjut"), "text"),
        TableColumn("siapa", _("Penanggung jawab"), "text"),
        TableColumn("tenggat", _("Tenggat"), "text"),
    )
    return build_table(frame, columns, id=id, title=_("Tindak lanjut (diisi oleh unit)"))


def sign_off(scope: Scope) -> SignOff:
    """Return the close of a report, with names and NIP left blank."""
    place = scope.data.keterangan.get("tempat", "")
    dots = "." * 24
    office = scope.data.keterangan.get("instansi") or ""
    if not scope.has_people:
        return SignOff(dots, (_("Mengetahui,"), _("Pimpinan instansi")), (_("Disusun oleh,"), _("Penyusun laporan")))
    left = (_("Mengetahui,"), _("Kepala {office}").format(office=office) if office else _("Pimpinan instansi"))
    name = _("Pengelola kinerja") if scope.is_agency else _("Pimpinan {name}").format(name=scope.name)
    return SignOff(f"{place}, {dots}" if place else dots, left, (_("Disusun oleh,"), name))


def say_definitions(scope: Scope) -> ItemList:
    """Return what the terms of the report mean and how its numbers come about."""
    said = []
    if scope.has_people:
        said.append(
            compose(
                _(
                    "**Capaian SKP**: rata-rata tertimbang capaian indikator tiap pegawai; tiap indikator dihitung "
                    "paling tinggi {cap} %."
                ),
                cap=number(CAPAIAN_CAP, 0),
            )
        )
        said.append(
            compose(_("**Predikat**: dari rating hasil kerja dan perilaku kerja; bila tidak ada, seperti dilaporkan."))
        )
        said.append(compose(_("**JP**: jam pelajaran; satu JP setara 45 menit.")))
        said += _define_rules(scope)
        said += _define_outcomes(scope)
    said.append(
        compose(
            _(
                "**Selang 95 %**: selang kepercayaan. Rata-rata memakai sebaran t, bagian (persen) selang Wilson, "
                "selisih dua bagian selang Newcombe, selisih dua rata-rata selang Welch, laju selang Poisson eksak; "
                "perubahan memperhitungkan orang yang sama pada kedua periode."
            )
        )
    )
    said.append(compose(_("**n**: banyaknya pegawai atau penjawab di balik sebuah angka.")))
    said.append(compose(_("**Kelompok di bawah {k} orang** tidak ditampilkan di mana pun."), k=count(MIN_GROUP)))
    return ItemList(tuple(said))


def _define_rules(scope: Scope) -> list[Runs]:
    """Return what Job Person Match and IP ASN are made of, with what IP ASN looks back on and how sure that is."""
    said = []
    if not any(missing_reason(scope.data, need) for need in JPM_NEEDS):
        text = _("**Job Person Match**: jumlah tingkat kompetensi yang dicapai dibagi jumlah tingkat standar jabatan.")
        said.append(compose(text))
    if any(missing_reason(scope.data, need) for need in IP_NEEDS):
        return said
    windows = {window.flag: window for window in ip_asn_windows()}
    course, technical, seminar = (windows[flag] for flag in ("diklat", "teknis_20jp", "seminar"))
    text = _(
        "**IP ASN**: pelatihan kepemimpinan atau fungsional dihitung sejauh tercatat (keyakinan {sure}); pelatihan "
        "teknis sedikitnya {jp} JP dalam {months} bulan sampai akhir periode ({sure_technical}); seminar dan "
        "sejenisnya ({sure_seminar}) dalam {months_seminar} bulan (anggapan, belum dipastikan); hukuman disiplin yang "
        "berlaku pada periode itu."
    )
    values = {"sure": course.keyakinan, "jp": number(technical.jp, 0), "months": count(technical.months)}
    values |= {"months_seminar": count(SEMINAR_MONTHS), "sure_seminar": seminar.keyakinan}
    return [*said, compose(text, sure_technical=technical.keyakinan, **values)]


def _define_outcomes(scope: Scope) -> list[Runs]:
    """Return what voluntary leaving, unit cost and the climate score are, where the data hold what they need."""
    data, said = scope.data, []
    if data.has("pegawai", "tanggal_keluar", "alasan_keluar"):
        text = _(
            "**Keluar sukarela**: mutasi ke luar instansi atau mengundurkan diri dalam dua belas bulan, dibagi masa "
            "kerja semua pegawai pada masa itu; bukan pensiun, meninggal, atau diberhentikan."
        )
        said.append(compose(text))
    if data.has("kegiatan") and (data.has("biaya") or data.has("kegiatan", "biaya")):
        text = _("**Biaya satuan**: biaya dibagi peserta yang selesai, atau dibagi jumlah JP mereka.")
        said.append(compose(text))
    if data.has("survei", "skor"):
        text = _(
            "**Skor iklim**: rata-rata jawaban pada skala 0 sampai 100. **rwg(j)** membandingkan sebaran jawaban di "
            "dalam unit dengan jawaban acak; **ICC** membandingkan sebaran antarunit dengan sebaran di dalam unit."
        )
        said.append(compose(text))
    return said


RULES = {
    "perencanaan": mark("rencana kinerja: aspek indikator, kaitan dengan SKP atasan"),
    "kuadran": mark("predikat dari rating hasil kerja dan perilaku kerja"),
    "pola_distribusi": mark("pola distribusi predikat menurut predikat organisasi"),
    "capaian_iki": mark("capaian indikator dari target dan realisasi"),
    "kuantum_jp": mark("jam pelajaran setahun"),
    "pembinaan": mark("bimbingan, konseling, dan bentuk pelatihan"),
    "kesenjangan": mark("kesenjangan kompetensi"),
    "pita_nilai, skala=jpm_pemetaan": mark("pita Job Person Match"),
    "pita_nilai, skala=ip_asn": mark("kategori IP ASN"),
    "ip_asn": mark("unsur IP ASN"),
    "jendela_ip_asn": mark("pelatihan yang dihitung dalam IP ASN"),
    "sembilan_kotak": mark("kotak talenta dan anjurannya"),
    "koefisien_ak": mark("koefisien angka kredit"),
    "persen_ak": mark("angka kredit menurut predikat"),
    "masa_perbaikan": mark("masa perbaikan kinerja"),
}  # table, or table and the beginning of its row -> what it is used for
NEEDS = {
    **dict.fromkeys(("kesenjangan", "pita_nilai, skala=jpm_pemetaan"), JPM_NEEDS),
    **dict.fromkeys(("pita_nilai, skala=ip_asn", "ip_asn", "jendela_ip_asn"), IP_NEEDS),
    "sembilan_kotak": BOX_NEEDS,
    **dict.fromkeys(("koefisien_ak", "persen_ak"), AK_NEEDS),
}


def table_rules(rules: pd.DataFrame, scope: Scope, *, id: str = "aturan") -> Table | LeftOut:
    """Return the rules of law that the report applied, each with its article and how sure it is.

    Parameters
    ----------
    rules : DataFrame
        From `kinerja_lib.rules.sources`.
    scope : Scope
        What the report is about; one without people applied none.
    id : str
        Name for references.
    """
    if not scope.has_people:
        return LeftOut(_("tidak ada aturan penilaian yang diterapkan"), _("Aturan yang dipakai"))
    applied = [use for use in RULES if not any(missing_reason(scope.data, need) for need in NEEDS.get(use, ()))]
    uses = (rules["rule"] + ", " + rules["row"]).map(lambda row: next((u for u in applied if row.startswith(u)), None))
    used = rules.assign(rule=uses).dropna(subset=["rule"]).drop_duplicates(["rule", "regulasi", "pasal", "keyakinan"])
    groups = used.groupby(["rule", "regulasi"], sort=False)
    frame = pd.DataFrame(
        {
            "regulasi": [regulation for (_rule, regulation), _rows in groups],
            "pasal": [", ".join(dict.fromkeys(rows["pasal"].dropna().astype("str"))) or "–" for _key, rows in groups],
            "rule": [_(RULES[str(rule)]) for (rule, _regulation), _rows in groups],
            "keyakinan": [", ".join(dict.fromkeys(rows["keyakinan"].astype("str"))) for _key, rows in groups],
        }
    )
    columns = (
        TableColumn("regulasi", _("Peraturan")),
        TableColumn("pasal", _("Pasal"), "text"),
        TableColumn("rule", _("Dipakai untuk"), "text"),
        TableColumn("keyakinan", _("Keyakinan"), "text"),
    )
    note = compose(
        _("Keyakinan: V dibaca pada sumber (V2: lebih dari satu); I disimpulkan; M dari ingatan (H tinggi, M sedang).")
    )
    return build_table(frame, columns, id=id, title=_("Aturan yang dipakai"), notes=(note,))
