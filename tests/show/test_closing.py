"""The close: what the data cannot say, the points to follow up, definitions, rules of law, blank names."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.measures import Distribution
from kinerja_lib.rules import sources
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, SignOff, Table, plain
from kinerja_lib.show.closing import (
    NEEDS,
    RULES,
    find_points,
    say_definitions,
    say_unknown,
    sign_off,
    table_follow_up,
    table_rules,
)
from kinerja_lib.vocabulary import Period

ONE = pd.DataFrame({"pegawai_id": ["p1"], "periode": ["2025-S1"], "predikat": ["Baik"]})


def scope(
    *, agency: bool = False, people: bool = True, tables: dict[str, pd.DataFrame] | None = None, **notes: str
) -> Scope:
    own = (
        {"pegawai": ONE[["pegawai_id"]], "penilaian": ONE}
        if people
        else {"indikator_unit": pd.DataFrame({"nilai": [1.0]})}
    )
    data = Dataset(own | (tables or {}), keterangan=notes)
    return Scope(data, Period.parse("2025-S1"), None if agency else "U", ("U",), "Bidang Satu", is_agency=agency)


def items(block: Any) -> list[str]:
    return [plain(runs).replace("\u00a0", " ") for runs in block.items]


def test_what_appraisals_cannot_say() -> None:
    assert items(say_unknown(scope())) == [
        "apakah perbedaan antarunit berasal dari mutu kerja atau dari sulitnya target;",
        "apakah penilai yang satu lebih murah nilai daripada yang lain.",
    ]
    with_events = items(say_unknown(scope(tables={"kegiatan": ONE})))
    assert len(with_events) == 4
    assert with_events[1].endswith("karena pembinaan tidak diundi;")
    gone = ONE.assign(tanggal_keluar=["2025-02-01"], alasan_keluar=["mutasi"])
    left = items(say_unknown(scope(tables={"pegawai": gone, "survei": ONE.assign(skor=[4.0])})))
    assert left[1:3] == [
        "mengapa pegawai keluar, dan apakah mutasinya atas kehendak sendiri;",
        "pendapat pegawai yang tidak menjawab survei;",
    ]


def test_terms_of_outcomes_are_defined_where_the_data_hold_them() -> None:
    gone = ONE.assign(tanggal_keluar=["2025-02-01"], alasan_keluar=["mutasi"])
    tables = {"pegawai": gone, "survei": ONE.assign(skor=[4.0]), "kegiatan": ONE.assign(biaya=[1.0])}
    terms = {text.partition(":")[0] for text in items(say_definitions(scope(tables=tables)))}
    assert {"Keluar sukarela", "Biaya satuan", "Skor iklim"} <= terms
    bare = {text.partition(":")[0] for text in items(say_definitions(scope()))}
    assert not {"Keluar sukarela", "Biaya satuan", "Skor iklim"} & bare


def test_what_indicators_cannot_say() -> None:
    without = items(say_unknown(scope(people=False)))
    assert without[-1] == "seberapa teliti tiap angka, karena jumlah penjawab tidak ada dalam data."
    counted = {"indikator_unit": pd.DataFrame({"nilai": [1.0], "n": [30]})}
    assert items(say_unknown(scope(people=False, tables=counted))) == without[:-1]


def distribution(kept: bool | None, verdict: str) -> Distribution:
    row = {"periode": "2025-S1", "predikat_organisasi": "Baik", "kept": kept, "verdict": verdict}
    return Distribution(pd.DataFrame(), pd.DataFrame([row]).astype({"kept": "boolean"}))


BROKEN = distribution(kept=False, verdict="Baik di atas 70 %")
REACH = pd.DataFrame(
    {
        "group": ["semua", "golongan", "golongan", "status"],
        "label": ["Seluruh unit", "Golongan III", "Golongan IV", "PNS dan PPPK"],
        "n": [120, 80, 40, np.nan],
        "share": [1.0, 65.0, 33.3, np.nan],
        "conf_low": [0.5, 55.0, 25.0, np.nan],
        "conf_high": [2.0, 75.0, 42.0, np.nan],
    }
)
COMPETENCIES = ["Integritas", "Mengelola Perubahan", "X"]
GAPS = pd.DataFrame({"kompetensi": COMPETENCIES, "n": [90, 91, np.nan], "share": [12.0, 47.0, np.nan]})
EVENTS = pd.DataFrame(
    {"jenis": ["coaching", "any"], "events": [700, 1204], "few": [False, False], "follow_up": [10.0, 66.6]}
)
NAMES = ["a", "b", "c", "d", "int_leave_asap", "ketidakhadiran", "e"]
INDICATORS = pd.DataFrame(
    {
        "indikator": NAMES,
        "label": [f"Indikator {name}" for name in NAMES],
        "value": [50.0, 60.0, 61.0, 62.0, 1.0, 1.0, 10.0],
        "median": [64.1, 63.0, 63.0, 63.0, 40.0, 40.0, np.nan],
        "satuan": ["persen"] * 7,
        "decimals": [1, 2, 1, 1, 1, 1, 1],
    }
)


def test_each_result_gives_its_point() -> None:
    assert find_points(BROKEN, REACH, GAPS, EVENTS, INDICATORS) == [
        "Pola predikat: Baik di atas 70 %",
        "Jangkauan coaching dan mentoring: golongan IV 33% (n\u00a0=\u00a040), golongan III 65% (n\u00a0=\u00a080)",
        "Kompetensi Mengelola Perubahan: 47% pegawai di bawah standar (n\u00a0=\u00a091)",
        "Tindak lanjut pembinaan selesai 67% dari yang dicatat, di antara 1.204 kegiatan",
    ]
    few = EVENTS.assign(events=3, few=True)
    assert find_points(None, None, None, few, None) == [
        "Tindak lanjut pembinaan selesai 67% dari yang dicatat, di antara <5 kegiatan"
    ]


def test_indicators_speak_where_nothing_else_does_and_three_at_most() -> None:
    assert find_points(None, None, None, None, INDICATORS) == [
        "Indikator a: 50,0 (14,1 poin di bawah median)",
        "Indikator b: 60,00 (3,0 poin di bawah median)",
        "Indikator c: 61,0 (2,0 poin di bawah median)",
    ]


@pytest.mark.parametrize("kept", [True, None])
def test_a_pattern_kept_or_not_judged_is_no_point(kept: bool | None) -> None:
    assert find_points(distribution(kept, "sesuai pola"), None, None, None, None) == []


def test_what_is_complete_is_no_point() -> None:
    reached = REACH.assign(share=[100.0, 100.0, 100.0, np.nan])
    assert find_points(None, REACH.assign(conf_high=60.0), None, None, None) == []  # no clear difference
    tied = pd.concat([REACH, REACH.iloc[[2]].assign(label="Golongan II")])
    assert find_points(None, tied, None, None, None) == []
    assert find_points(None, None, GAPS.assign(share=[47.0, 47.0, np.nan]), None, None) == []
    none_below = GAPS.assign(share=[0.0, 0.0, np.nan])
    assert find_points(None, reached, none_below, EVENTS.assign(follow_up=100.0), None) == []


def test_what_is_hidden_is_no_point() -> None:
    nothing = [frame.assign(share=np.nan) for frame in (REACH, GAPS)]
    events = EVENTS.assign(follow_up=np.nan)
    hidden = INDICATORS.assign(value=np.nan)
    assert find_points(None, *nothing, events, hidden) == []  # type: ignore[arg-type]
    assert find_points(None, None, None, None, INDICATORS.iloc[:0]) == []


def test_never_more_than_five_points(monkeypatch: pytest.MonkeyPatch) -> None:
    from kinerja_lib.show import closing

    monkeypatch.setattr(closing, "_pattern_point", lambda _distribution: list("abcdef"))
    assert find_points(BROKEN, REACH, GAPS, EVENTS, INDICATORS) == list("abcde")


def test_the_table_to_fill_in() -> None:
    table = table_follow_up(["Pola predikat: x", "Kedua"])
    assert isinstance(table, Table)
    assert table.title == "Tindak lanjut (diisi oleh unit)"
    assert table.display == (("Pola predikat: x", "", "", ""), ("Kedua", "", "", ""))
    assert table_follow_up([]) == LeftOut("tidak ada hal yang menonjol", "Tindak lanjut")


@pytest.mark.parametrize(
    ("agency", "notes", "left", "right"),
    [
        (False, {"instansi": "Badan Contoh"}, "Kepala Badan Contoh", "Pimpinan Bidang Satu"),
        (True, {"instansi": "Badan Contoh"}, "Kepala Badan Contoh", "Pengelola kinerja"),
        (False, {}, "Pimpinan instansi", "Pimpinan Bidang Satu"),
    ],
)
def test_offices_sign_and_names_stay_blank(agency: bool, notes: dict[str, str], left: str, right: str) -> None:
    block = sign_off(scope(agency=agency, tempat="Tirta Kencana", **notes))
    dots = "." * 24
    assert block == SignOff(f"Tirta Kencana, {dots}", ("Mengetahui,", left), ("Disusun oleh,", right))
    assert sign_off(scope(agency=agency, **notes)).place_date == dots


def test_definitions_differ_with_the_data() -> None:
    people, indicators = items(say_definitions(scope())), items(say_definitions(scope(people=False)))
    assert people[0].startswith("Capaian SKP: rata-rata tertimbang")
    assert "paling tinggi 120 %" in people[0]
    assert people[-1] == "Kelompok di bawah 5 orang tidak ditampilkan di mana pun."
    assert people[3:] == indicators
    assert not any("JP" in text or "SKP" in text for text in indicators)


def test_the_rules_of_law_that_were_applied() -> None:
    table = table_rules(sources(), scope())
    assert isinstance(table, Table)
    assert [column["label"] for column in table.columns] == ["Peraturan", "Pasal", "Dipakai untuk", "Keyakinan"]
    assert {row[2] for row in table.display} == {use for rule, use in RULES.items() if rule not in NEEDS}
    assert all(cell for row in table.display for cell in row)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9-]*(, [A-Z][A-Z0-9-]*)*", row[3]) for row in table.display)
    assert len({row[:3] for row in table.display}) == len(table.display)


def test_only_rules_whose_data_are_there_are_listed() -> None:
    rows = pd.DataFrame({"pegawai_id": ["p1"], "periode": ["2025-S1"], "level": [3], "level_standar": [3]})
    mapped = ONE.assign(rating_hasil="sesuai", potensial="tinggi")
    table = table_rules(sources(), scope(tables={"kompetensi": rows, "penilaian": mapped}))
    assert isinstance(table, Table)
    uses = {row[2]: row[0] for row in table.display}
    assert uses["pita Job Person Match"] == "Peraturan BKN 26/2019"
    assert uses["kotak talenta dan anjurannya"] == "PermenPANRB 3/2020"
    assert not {"kategori IP ASN", "unsur IP ASN", "koefisien angka kredit"} & set(uses)


def test_what_ip_asn_counts_is_defined_with_how_sure_it_is() -> None:
    staff = pd.DataFrame({"pegawai_id": ["p1"], "jenis_jabatan": ["pelaksana"], "pendidikan": ["S-1"]})
    tables = {"pegawai": staff, "penilaian": ONE.assign(hukdis="tidak ada"), "kegiatan": pd.DataFrame({"jp": [2.0]})}
    said = next(text for text in items(say_definitions(scope(tables=tables))) if text.startswith("IP ASN"))
    assert "sedikitnya 20 JP dalam 12 bulan sampai akhir periode (I)" in said
    assert "dalam 24 bulan (anggapan, belum dipastikan)" in said


def test_articles_of_one_rule_stand_in_one_row() -> None:
    rules = pd.DataFrame(
        {
            "rule": ["kuantum_jp", "kuantum_jp", "kuantum_jp", "lain"],
            "row": ["status=PNS", "status=PPPK", "status=ASN", ""],
            "regulasi": ["PP 1/2020", "PP 1/2020", "PP 2/2020", "PP 3/2020"],
            "pasal": ["4(1)", "4(2)", None, "9"],
            "keyakinan": ["V", "I", "V", "V"],
        }
    )
    table = table_rules(rules, scope())
    assert isinstance(table, Table)
    what = "jam pelajaran setahun"
    assert table.display == (("PP 1/2020", "4(1), 4(2)", what, "V, I"), ("PP 2/2020", "–", what, "V"))


def test_without_people_no_rule_was_applied() -> None:
    assert table_rules(sources(), scope(people=False)) == LeftOut(
        "tidak ada aturan penilaian yang diterapkan", "Aturan yang dipakai"
    )
