"""Every rule finds the fault that was planted, only that, and shows nobody."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pandas as pd
import pytest

from kinerja_lib import check
from kinerja_lib.check import CHECKS, build_inventory, check_dataset
from kinerja_lib.schema import Dataset, check_table

Tables = dict[str, list[dict[str, object]]]
BORROWED = {"check_distribution"}  # of the law, used by the checks
SEMESTERS = ("2023-S1", "2023-S2", "2024-S1", "2024-S2")


def clean() -> Tables:
    """Return tables without a fault: two units, 24 people, four periods, one course each."""
    ids = [f"1980010120100410{i:02d}" for i in range(24)]
    ratings = [("di_atas", "di_atas", "Sangat Baik")] * 3 + [("sesuai", "sesuai", "Baik")] * 7
    ratings += [("di_bawah", "sesuai", "Butuh Perbaikan")] * 2
    return {
        "unit": [
            {"unit_id": "B1", "nama": "Satu", "induk_id": None},
            {"unit_id": "B2", "nama": "Dua", "induk_id": "B1"},
        ],
        "kinerja_unit": [{"unit_id": u, "periode": "2024-S2", "predikat_organisasi": "Baik"} for u in ("B1", "B2")],
        "pegawai": [
            {
                "pegawai_id": p,
                "unit_id": "B1" if i < 12 else "B2",
                "jenis_kelamin": "L",
                "tanggal_lahir": "1980-01-01",
                "tmt_cpns": "2010-04-01",
                "status": "PNS",
                "golongan": "III/a",
                "jenis_jabatan": "pelaksana",
                "tanggal_keluar": None,
            }
            for i, p in enumerate(ids)
        ],
        "penilaian": [
            {
                "pegawai_id": p,
                "periode": t,
                "unit_id": "B1" if i < 12 else "B2",
                "penilai_id": ids[0] if i < 12 else ids[12],
                "rezim": "p6_2022",
                "rating_hasil": ratings[i % 12][0],
                "rating_perilaku": ratings[i % 12][1],
                "predikat": ratings[i % 12][2],
            }
            for i, p in enumerate(ids)
            for t in SEMESTERS
        ],
        "kegiatan": [
            {
                "kegiatan_id": f"K{i}",
                "pegawai_id": p,
                "jenis": "kursus",
                "mulai": "2024-08-01",
                "selesai": "2024-08-02",
                "durasi_menit": None,
                "jp": 10,
                "tindak_lanjut": None,
            }
            for i, p in enumerate(ids)
        ],
    }


def build(tables: Tables, ignored: tuple[str, ...] = ()) -> Dataset:
    typed = {
        name: check_table(name, pd.DataFrame(rows).astype("str").replace("None", ""), locate=str)
        for name, rows in tables.items()
    }
    return Dataset(typed, keterangan={"tanggal_data": "2025-01-15"}, ignored=ignored)


def put(table: str, rows: range, **values: object) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for row in rows:
            tables[table][row] |= values

    return change


def drop_period(tables: Tables) -> None:
    tables["penilaian"] = [row for row in tables["penilaian"] if row["periode"] != "2024-S1"]


def add_year(tables: Tables) -> None:
    extra = [{**row, "periode": "2022"} for row in tables["penilaian"] if row["periode"] == "2023-S1"]
    tables["penilaian"] += extra


def say_baik(tables: Tables) -> None:
    for row in tables["penilaian"]:
        if row["unit_id"] == "B2" and row["periode"] == "2024-S2":
            row |= {"rating_hasil": "sesuai", "rating_perilaku": "sesuai", "predikat": "Baik"}


def be_exact(tables: Tables) -> None:
    for at, row in enumerate(tables["penilaian"]):
        place = at // len(SEMESTERS) % 12
        hasil, predikat = ("sesuai", "Baik") if place < 8 else ("di_bawah", "Butuh Perbaikan")
        row |= {"rating_hasil": hasil, "rating_perilaku": "sesuai", "predikat": predikat}


FAULTS = [
    ("unit_unknown", "error", "penilaian", 3, put("penilaian", range(3), unit_id="B9")),
    ("parent_unknown", "warning", "unit", 1, put("unit", range(1, 2), induk_id="B9")),
    ("unit_circle", "error", "unit", 2, put("unit", range(1), induk_id="B2")),
    ("person_unknown", "error", "kegiatan", 2, put("kegiatan", range(2), pegawai_id="198001012010041099")),
    ("predikat_contradiction", "warning", "penilaian", 1, put("penilaian", range(1), predikat="Kurang")),
    ("event_before_birth", "error", "kegiatan", 1, put("kegiatan", range(1), mulai="1979-01-01", selesai=None)),
    ("event_before_service", "warning", "kegiatan", 2, put("kegiatan", range(2), mulai="2009-01-01", selesai=None)),
    ("event_after_exit", "warning", "kegiatan", 1, put("pegawai", range(1), tanggal_keluar="2024-07-31")),
    ("event_after_data", "warning", "kegiatan", 1, put("kegiatan", range(1), mulai="2025-01-16", selesai=None)),
    ("event_ends_early", "error", "kegiatan", 1, put("kegiatan", range(1), selesai="2024-07-01")),
    ("duration_over_day", "warning", "kegiatan", 1, put("kegiatan", range(1), durasi_menit=2881)),
    ("jp_implausible", "warning", "kegiatan", 1, put("kegiatan", range(1), jp=65)),
    ("missing_values", "warning", "pegawai", 6, put("pegawai", range(6), golongan=None)),
    ("missing_values", "note", "pegawai", 1, put("pegawai", range(1), golongan=None)),
    ("missing_values", "warning", "kegiatan", 4, put("kegiatan", range(4), jp=None)),
    ("period_gaps", "warning", "penilaian", 1, drop_period),
    ("period_lengths", "warning", "penilaian", 2, add_year),
    ("mixed_regimes", "warning", "penilaian", 5, put("penilaian", range(5), rezim="pp30_8")),
    ("constant_rater", "warning", "penilaian", 1, say_baik),
    ("good_share", "note", "penilaian", 1, say_baik),
    ("distribution_pattern", "note", "penilaian", 1, say_baik),
    ("quota_exact", "warning", "penilaian", 8, be_exact),
    ("id_not_nip", "note", "pegawai", 1, put("pegawai", range(1), pegawai_id="PG-001")),
    ("nip_class", "warning", "pegawai", 1, put("pegawai", range(1), pegawai_id="198001012010151000")),
    ("status_contradiction", "warning", "pegawai", 2, put("pegawai", range(2), status="PPPK")),
    ("status_missing", "note", "pegawai", 2, put("pegawai", range(2), status=None)),
]


def test_clean_tables_have_no_finding() -> None:
    assert list(check_dataset(build(clean()))) == []


@pytest.mark.parametrize(("rule", "severity", "table", "count", "plant"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_found(
    rule: str, severity: str, table: str, count: int, plant: Callable[[Tables], None]
) -> None:
    tables = clean()
    plant(tables)
    data = build(tables)
    before = {name: frame.copy() for name, frame in data.tables.items()}
    found = [f for f in check_dataset(data) if (f.rule, f.table) == (rule, table)]
    assert [(f.severity, f.count) for f in found] == [(severity, count)]
    assert found[0].message
    assert found[0].remedy
    for name, frame in before.items():
        pd.testing.assert_frame_equal(data[name], frame)


def test_every_rule_has_its_planted_fault() -> None:
    source = inspect.getsource(check)
    named = set(re.findall(r'"([a-z_]+)",\s+(?:"(?:error|warning|note)"|severity)', source))
    assert named == {fault[0] for fault in FAULTS} | {"column_ignored"}
    written = {name for name in vars(check) if name.startswith("check_") and name not in BORROWED}
    assert {call.__name__ for call in CHECKS} == written - {"check_dataset"}


def test_ignored_columns_are_named() -> None:
    found = check_dataset(build(clean(), ignored=("pegawai.agama",)))
    assert [(f.rule, f.table, f.column, f.severity) for f in found] == [("column_ignored", "pegawai", "agama", "note")]


def test_no_message_shows_a_person_and_errors_come_first() -> None:
    tables = clean()
    for _rule, _severity, _table, _count, plant in FAULTS:
        if plant not in (drop_period, add_year, be_exact):
            plant(tables)
    found = check_dataset(build(tables))
    for finding in found:
        assert "1980010120" not in finding.message + finding.remedy
        assert "PG-001" not in finding.message
    ranks = [("error", "warning", "note").index(finding.severity) for finding in found]
    assert ranks == sorted(ranks)


def test_a_long_course_is_no_fault() -> None:
    tables = clean()
    tables["kegiatan"][0] |= {"selesai": "2024-12-01", "jp": 900, "durasi_menit": 40000}
    assert not check_dataset(build(tables))


def test_the_inventory_counts_what_is_there() -> None:
    tables = clean()
    tables["kegiatan"][0]["jp"] = None
    found = build_inventory(build(tables)).set_index("table")
    assert list(found.index) == ["unit", "kinerja_unit", "pegawai", "penilaian", "kegiatan"]
    assert found.loc["penilaian", ["rows", "first_period", "last_period"]].tolist() == [96, "2023-S1", "2024-S2"]
    assert found.loc["kegiatan", ["first_period", "last_period"]].tolist() == ["2024-08", "2024-08"]
    assert found.loc["kegiatan", "missing"] == pytest.approx(100 * (24 * 2 + 1) / (24 * 8))
    assert pd.isna(found.loc["unit", "first_period"])
    assert found.loc["unit", "columns"] == "unit_id, nama, induk_id"


def test_indicators_alone_can_be_checked() -> None:
    rows = [{"unit_id": "B1", "periode": p, "indikator": "i", "nilai": 3} for p in ("2020", "2023")]
    found = check_dataset(build({"unit": [{"unit_id": "B1", "nama": "a"}], "indikator_unit": rows}))  # type: ignore[arg-type]
    assert [(f.rule, f.count) for f in found] == [("period_gaps", 2)]


def test_an_event_on_the_last_day_of_service_is_no_fault() -> None:
    tables = clean()
    tables["pegawai"][0]["tanggal_keluar"] = "2024-08-01"
    assert not check_dataset(build(tables))
