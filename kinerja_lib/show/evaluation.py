"""Section III on the page, by the rules: Job Person Match, IP ASN, nine boxes, angka kredit, time to improve.

One table holds the measures that are means or shares; the boxes are a figure. What the data lack is named with its
reason. A number that would tell of one to four people is an en dash.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.evaluation import (
    AK_NEEDS,
    BOX_NEEDS,
    IP_NEEDS,
    JPM_NEEDS,
    Boxes,
    Deadline,
)
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.rules import cite
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import (
    Figure,
    LeftOut,
    Note,
    Paragraph,
    Runs,
    Table,
    TableColumn,
    build_table,
    compose,
    each_row,
    lower_first,
    tidy_rows,
)
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.development import INDENT
from kinerja_lib.show.forms import Box, draw_grid
from kinerja_lib.show.numbers import Bound, count, day, interval, number, percent
from kinerja_lib.show.sentences import say_missing
from kinerja_lib.vocabulary import POTENSIAL, RATING, Period, label

ITEMS = {
    "jpm": mark("Job Person Match, rata-rata (%)"),
    "jpm_terbatas": mark("  tanpa kelebihan di atas standar (%)"),
    "total": mark("IP ASN, rata-rata (maks. {maximum})"),
    "kualifikasi": mark("  kualifikasi (maks. {maximum})"),
    "kompetensi": mark("  kompetensi (maks. {maximum})"),
    "kinerja": mark("  kinerja (maks. {maximum})"),
    "disiplin": mark("  disiplin (maks. {maximum})"),
    "bimbingan": mark("Dianjurkan bimbingan: sudah mendapat (%)"),
    "konseling": mark("Dianjurkan konseling: sudah mendapat (%)"),
}
HELP = {"bimbingan": mark("bimbingan"), "konseling": mark("konseling")}
FORMS = {"bimbingan": mark("coaching, mentoring, atau pelatihan"), "konseling": mark("konseling")}
BANDS = {
    "Optimal": mark("Optimal"),
    "Cukup Optimal": mark("Cukup Optimal"),
    "Kurang Optimal": mark("Kurang Optimal"),
    "Sangat Tinggi": mark("Sangat Tinggi"),
    "Tinggi": mark("Tinggi"),
    "Sedang": mark("Sedang"),
    "Rendah": mark("Rendah"),
    "Sangat Rendah": mark("Sangat Rendah"),
}
TITLE = mark("Penilaian pegawai menurut aturan")


def _why(scope: Scope, needs: tuple[str, ...]) -> str:
    """Return why a measure could not be computed, without a stop."""
    return say_missing(scope, *needs, otherwise=_("tidak ada pegawai yang datanya lengkap pada periode ini"))


def say_evaluation(jpm: pd.DataFrame | None, ip_asn: pd.DataFrame | None) -> Paragraph | None:
    """Return the mean Job Person Match and the mean IP ASN of the scope, each with its interval and n."""
    runs: Runs = ()
    first = None if jpm is None else jpm[jpm["item"] == "jpm"].iloc[0]
    if first is not None and not first["hidden"]:
        text = _("Job Person Match (kecocokan kompetensi) rata-rata {value} (selang 95 %: {interval}; n = {n}).")
        ends = interval(first["conf_low"], first["conf_high"])
        runs = compose(text, value=percent(first["value"], 1), interval=ends, n=count(first["n"]))
    total = None if ip_asn is None else ip_asn[ip_asn["item"] == "total"].iloc[0]
    if total is not None and not total["hidden"]:
        text = _("Indeks Profesionalitas ASN rata-rata {value} dari {most} (selang 95 %: {interval}; n = {n}).")
        values = {"value": number(total["value"], 0), "most": number(total["maximum"], 0), "n": count(total["n"])}
        ends = interval(total["conf_low"], total["conf_high"], 0)
        runs = (*runs, *(({"text": " "},) if runs else ()), *compose(text, interval=ends, **values))
    return Paragraph(runs) if runs else None


def table_evaluation(
    jpm: pd.DataFrame | None, ip_asn: pd.DataFrame | None, boxes: Boxes | None, scope: Scope, *, id: str = "penilaian"
) -> Table | LeftOut:
    """Return what the rules make of the people's data, one measure a row, each with its interval and n.

    Parameters
    ----------
    jpm, ip_asn : DataFrame or None
        From `build_jpm` and `build_ip_asn`.
    boxes : Boxes or None
        From `build_boxes`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Table or LeftOut
        The latter where none of the three can be shown.
    """
    parts = [frame for frame in (jpm, ip_asn, _guidance(boxes)) if frame is not None]
    rows = [row for frame in parts for row in each_row(frame)]
    if all(row.hidden for row in rows):
        why = _("kurang dari {k} pegawai").format(k=MIN_GROUP) if rows else _why(scope, JPM_NEEDS)
        return LeftOut(why, _(TITLE))
    frame = pd.DataFrame(
        {
            "label": [_row_label(row) for row in rows],
            "value": [row.value for row in rows],
            "interval": [interval(row.conf_low, row.conf_high, _decimals(row)).text for row in rows],
            "n": pd.array([row.n for row in rows], dtype="Int64"),
        }
    )
    columns = (
        TableColumn("label", _("Ukuran")),
        TableColumn("value", _("Nilai"), "number", 1),
        TableColumn("interval", _("Selang 95 %"), "words"),
        TableColumn("n", _("n (orang)"), "count"),
    )
    table = build_table(
        frame,
        columns,
        id=id,
        title=f"{_(TITLE)}, {scope.period.label}",
        notes=tuple(_evaluation_notes(jpm, ip_asn, boxes, scope)),
        source=_sources_of(jpm, ip_asn, boxes),
    )
    shown = zip(rows, table.display, strict=True)
    display = tuple((name, number(row.value, _decimals(row)).text, *rest) for row, (name, _value, *rest) in shown)
    return replace(table, display=display)


def _decimals(row: Any) -> int:
    """Return the decimals of a measure: a total of the IP ASN comes in whole points."""
    return 0 if row.item == "total" else 1


def _guidance(boxes: Boxes | None) -> pd.DataFrame | None:
    """Return the rows on help as rows of the table; what nobody is recommended is left out."""
    if boxes is None:
        return None
    rows = boxes.guidance[(boxes.guidance["n"].fillna(0) > 0).to_numpy(bool)]
    rows = rows.rename(columns={"kind": "item", "share": "value"})
    return rows.assign(hidden=rows["share_hidden"]) if len(rows) else None


def _row_label(row: Any) -> str:
    if row.item == "pita":
        names = {band["label"]: band["nama"] or band["label"] for band in read_rules("pita_nilai")}
        joined = _(" atau ").join(_(BANDS[names[level]]) for level in row.levels)
        return INDENT + _("{level} (% pegawai)").format(level=joined)
    text = _(ITEMS[row.item])
    maximum = getattr(row, "maximum", np.nan)
    shown = text.strip().format(maximum="" if pd.isna(maximum) else number(maximum, 0))
    return INDENT + shown if text.startswith(" ") else shown


def _evaluation_notes(
    jpm: pd.DataFrame | None, ip_asn: pd.DataFrame | None, boxes: Boxes | None, scope: Scope
) -> list[Runs]:
    """Return which rule each group of rows follows, what the data lack, and what an en dash means."""
    laws = [
        (_("Job Person Match"), jpm, JPM_NEEDS, cite("pita_nilai", skala="jpm_pemetaan")),
        (_("IP ASN"), ip_asn, IP_NEEDS, "; ".join((cite("pita_nilai", skala="ip_asn"), cite("ip_asn")))),
        (_("kotak talenta"), boxes, BOX_NEEDS, cite("sembilan_kotak")),
    ]
    used = "; ".join(f"{name}: {law}" for name, found, _needs, law in laws if found is not None)
    notes = [compose(_("Aturan: {laws}."), laws=used)]
    missing = "; ".join(f"{name} ({_why(scope, needs)})" for name, found, needs, _law in laws if found is None)
    if missing:
        notes.append(compose(_("Tidak dihitung: {missing}."), missing=missing))
    notes.append(compose(_("Tanda –: tidak ditampilkan, agar tidak menunjuk orang.")))
    return notes


def _sources_of(jpm: pd.DataFrame | None, ip_asn: pd.DataFrame | None, boxes: Boxes | None) -> str:
    tables = ["penilaian"]
    tables += ["kompetensi"] if jpm is not None else []
    tables += ["pegawai"] if ip_asn is not None else []
    tables += ["kegiatan"] if ip_asn is not None or boxes is not None else []
    return _("tabel {tables}, diolah.").format(tables=", ".join(tables))


def note_evaluation(jpm: pd.DataFrame | None, ip_asn: pd.DataFrame | None) -> Note | None:
    """Return how to read the table: what the measures are made of, and why a total comes in whole points."""
    said: list[Runs] = []
    if jpm is not None:
        text = _(
            "**Job Person Match**: tingkat kompetensi yang dicapai, % dari yang disyaratkan jabatan ({period}). "
            "Penilai berbeda pendapat apakah kelebihan menutup kekurangan: keduanya ditulis."
        )
        said.append(compose(text, period=Period.parse(str(jpm["periode"].iloc[0])).label))
    if ip_asn is not None:
        said.append(
            compose(
                _(
                    "**IP ASN** dihitung dari data ini bagi pegawai yang keempat unsurnya diketahui; bukan angka "
                    "resmi. Rata-ratanya dibulatkan ke bilangan bulat, agar hukuman seseorang tidak dapat dihitung "
                    "balik."
                )
            )
        )
    return Note(tuple(said)) if said else None


def plot_boxes(boxes: Boxes | None, scope: Scope, *, id: str = "kotak") -> Figure | LeftOut:
    """Return the people in the nine boxes of talent, with what the rule recommends in each.

    Parameters
    ----------
    boxes : Boxes or None
        From `build_boxes`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.

    Returns
    -------
    Figure or LeftOut
        The latter where nobody has both axes, or too few have.
    """
    what = _("Sembilan kotak talenta")
    if boxes is None:
        return LeftOut(_why(scope, BOX_NEEDS), what)
    if boxes.n is None or boxes.table["hidden"].all():
        return LeftOut(_("ada kelompok di bawah {k} pegawai").format(k=MIN_GROUP), what)
    cells = {(row.kinerja, row.potensial): _box(row) for row in each_row(boxes.table)}
    grid = [[cells[kinerja, potensial] for potensial in POTENSIAL] for kinerja in RATING[::-1]]
    names = [label(kinerja).replace(" ekspektasi", "\nekspektasi") for kinerja in RATING[::-1]]
    heads = [label(potensial) for potensial in POTENSIAL]
    axes = (_("Kinerja"), _("Potensial"))
    drawings = [draw_grid(grid, rows=names, columns=heads, axes=axes, width=width) for width in (WIDE, NARROW)]
    subtitle = _("Orang dan % dari yang sudah dipetakan; anjuran pada tiap kotak. {period}, n = {n}")
    return Figure(
        id=id,
        title=_boxes_title(boxes),
        subtitle=subtitle.format(period=scope.period.label, n=count(boxes.n)),
        caption=_("Pegawai menurut kinerja dan potensial ({law}).").format(law=cite("sembilan_kotak")),
        alt=_boxes_alt(boxes),
        svg=drawings[0],
        svg_narrow=drawings[1],
        source=_("tabel penilaian, diolah."),
        data=tidy_rows(boxes.table),
    )


def _box(row: Any) -> Box:
    tags = tuple(name for name in HELP if getattr(row, name))
    words = _("tidak dirinci") if row.hidden else count(row.people).text
    return Box(str(row.kotak), words, "" if row.hidden else percent(row.share).text, tuple(map(_, tags)), row.hidden)


def _boxes_title(boxes: Boxes) -> str:
    shown = boxes.table[~boxes.table["hidden"]]
    most = shown.iloc[int(shown["people"].astype("int64").argmax())]
    return _("Kotak {box} terbanyak: kinerja {kinerja}, potensial {potensial}").format(
        box=most["kotak"], kinerja=lower_first(label(most["kinerja"])), potensial=lower_first(label(most["potensial"]))
    )


def _boxes_alt(boxes: Boxes) -> str:
    parts = []
    for row in each_row(boxes.table[::-1]):
        box = _box(row)
        tags = f" ({', '.join(box.tags)})" if box.tags else ""
        parts.append(
            _("kotak {box}{tags}: {words}").format(box=box.name, tags=tags, words=f"{box.words} {box.under}".strip())
        )
    return _("Kisi kinerja dan potensial, tiga kali tiga. ") + "; ".join(parts) + "."


def note_boxes(boxes: Boxes | None) -> Note | None:
    """Return how many of those whose box asks for help had it, and what the axes are."""
    if boxes is None or boxes.n is None:
        return None
    said: list[Runs] = []
    for row in each_row(boxes.guidance):
        if row.hidden or row.n == 0:
            continue
        named = ", ".join(map(str, row.boxes))
        text = _("**{kind} dianjurkan** bagi {n} pegawai pada kotak {boxes}; ")
        first = compose(text, kind=_(HELP[row.kind]).capitalize(), n=count(row.n), boxes=Bound(named, named))
        if row.share_hidden:
            said.append((*first, *compose(_("yang mendapat {forms} tidak dirinci."), forms=_(FORMS[row.kind]))))
            continue
        text = _("{k} di antaranya ({share}; selang 95 %: {interval}) mendapat {forms} pada periode ini.")
        ends = interval(row.conf_low, row.conf_high, 0)
        numbers = {"k": count(row.received), "share": percent(row.share), "interval": ends}
        said.append((*first, *compose(text, forms=_(FORMS[row.kind]), **numbers)))
    axes = compose(
        _("**Sumbu**: rating hasil kerja dan potensial seperti pada data; batasnya tidak ditetapkan secara nasional.")
    )
    said.append(axes)
    if boxes.appraised is not None:
        text = _("Dipetakan: {n} dari {all} pegawai yang dinilai.")
        said.append(compose(text, n=count(boxes.n), all=count(boxes.appraised)))
    return Note(tuple(said))


def table_angka_kredit(credits: pd.DataFrame | None, scope: Scope, *, id: str = "angka-kredit") -> Table | LeftOut:
    """Return the angka kredit of functional staff by jenjang, beside the yearly coefficient of the law.

    Parameters
    ----------
    credits : DataFrame or None
        From `build_angka_kredit`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Angka kredit pegawai fungsional")
    if credits is None:
        return LeftOut(_why(scope, AK_NEEDS), what)
    if credits["hidden"].all():
        return LeftOut(_("pada tiap jenjang ada kelompok di bawah {k} pegawai").format(k=MIN_GROUP), what)
    shown = credits[~credits["hidden"]]
    ends = [interval(row.conf_low, row.conf_high, 2).text for row in each_row(shown)]
    columns = (
        TableColumn("jenjang", _("Jenjang")),
        TableColumn("n", _("n (orang)"), "count"),
        TableColumn("koefisien", _("Koefisien setahun"), "number", 2),
        TableColumn("value", _("Rata-rata periode ini"), "number", 2),
        TableColumn("interval", _("Selang 95 %"), "words"),
        TableColumn("share", _("% dari koefisien"), "number", 1),
    )
    note = _("Angka kredit {months} bulan menurut predikat ({laws}).")
    notes = [compose(note, months=count(scope.period.months), laws=f"{cite('koefisien_ak')}; {cite('persen_ak')}")]
    if len(shown) < len(credits):
        names = ", ".join(credits.loc[credits["hidden"], "jenjang"])
        notes.append(compose(_("Tidak ditampilkan, agar tidak menunjuk orang: {names}."), names=names))
    return build_table(
        shown.assign(interval=ends),
        columns,
        id=id,
        title=f"{what}, {scope.period.label}",
        notes=tuple(notes),
        source=_("tabel penilaian dan pegawai, diolah."),
    )


def say_deadline(deadline: Deadline | None) -> Paragraph | None:
    """Return until when people whose predikat the rule names have time to improve: a date, never a sanction."""
    if deadline is None:
        return None
    text = _("Masa perbaikan bagi predikat {names} sampai {day}, bila ditetapkan pada akhir periode ({law}).")
    names = _(" atau ").join(map(_, deadline.predikat))
    rule = compose(text, names=names, day=day(deadline.day), law=cite("masa_perbaikan"))
    if deadline.people is None or deadline.n is None:
        return Paragraph((*rule, *compose(_(" Jumlah pegawainya tidak ditampilkan, agar tidak menunjuk orang."))))
    text = _(" Yang berpredikat itu {k} dari {n} pegawai.")
    return Paragraph((*rule, *compose(text, k=count(deadline.people), n=count(deadline.n))))
