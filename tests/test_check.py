"""Every rule finds the fault that was planted, only that, and shows nobody."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pandas as pd
import pytest

from kinerja_lib.check import CHECKS, appraisals, build_inventory, check_dataset, events, plans, tables
from kinerja_lib.check.origin import ORIGIN_COLUMNS, Origin, row_keys
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.schema import Dataset, check_table

Tables = dict[str, list[dict[str, object]]]
MODULES = (tables, appraisals, events, plans)
BORROWED = {"check_distribution", "check_rezim"}  # of the law, used by the checks
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


def turn_round(tables: Tables) -> None:
    """Read 1 as the worst in one period."""
    turned = {"Sangat Baik": "Sangat Kurang", "Baik": "Kurang"}
    for row in tables["penilaian"]:
        if row["periode"] == "2024-S1":
            row["predikat"] = turned.get(str(row["predikat"]), row["predikat"])


def write_otherwise(tables: Tables) -> None:
    for row in tables["kegiatan"][:2]:
        row["pegawai_id"] = f"{str(row['pegawai_id'])[:8]} {str(row['pegawai_id'])[8:]}"


def name_twice(tables: Tables) -> None:
    for at, row in enumerate(tables["pegawai"]):
        row["nama"] = (
            "SITI  Rekaan" if at == 1 else "Siti Rekaan" if at == 0 else f"Orang {'abcdefghijklmnopqrstuvwxyz'[at]}"
        )


def coach(tables: Tables) -> None:
    tables["kegiatan"][0] |= {"jenis": "coaching", "durasi_menit": 2, "jp": None, "tindak_lanjut": "ya"}


def plan(tables: Tables, *targets: float) -> None:
    people = [row["pegawai_id"] for row in tables["pegawai"]]
    tables["skp"] = [
        {"pegawai_id": p, "periode": "2024-S2", "rhk": "R", "iki": "I", "target": target, "realisasi": 0}
        for p, target in zip(people, targets, strict=False)
    ]


def assess(tables: Tables, *standards: int | None, post: str = "fungsional") -> None:
    tables["kompetensi"] = []
    for row, standard in zip(tables["pegawai"], standards, strict=False):
        row["jenis_jabatan"] = post
        level = {"pegawai_id": row["pegawai_id"], "periode": "2024-S2", "kompetensi": "Integritas", "level": 3}
        tables["kompetensi"].append(level | {"level_standar": standard})


def appraise_again(tables: Tables, unit: str | None) -> None:
    """Appraise two people for a year that their semesters lie in, and one for a quarter."""
    rows = tables["penilaian"]
    if any(row["periode"] == "2023" for row in rows):
        return
    extra = [{**rows[at], "periode": "2023", "unit_id": unit or rows[at]["unit_id"]} for at in (0, 4)]
    rows += [*extra, {**rows[8], "periode": "2024-T2", "unit_id": unit or rows[8]["unit_id"]}]


FAULTS = [
    ("target_zero", "error", "skp", 2, lambda tables: plan(tables, 0, 5, 0, 1)),
    ("standard_missing", "warning", "kompetensi", 2, lambda tables: assess(tables, None, 3, None)),
    ("standard_missing", "warning", "kompetensi", 1, lambda tables: assess(tables, None, post="")),
    ("missing_values", "warning", "kompetensi", 2, lambda tables: assess(tables, None, 3, None, post="pengawas")),
    ("regime_period", "warning", "penilaian", 3, put("penilaian", range(3), rezim="pp46")),
    ("period_overlap", "warning", "penilaian", 8, lambda tables: appraise_again(tables, None)),
    ("two_units", "warning", "penilaian", 8, lambda tables: appraise_again(tables, "B2")),
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
    ("duration_unit", "warning", "kegiatan", 1, coach),
    ("helper_unknown", "note", "penilaian", 3, put("penilaian", range(3), penilai_id="197001011995031001")),
    ("id_spelling", "error", "kegiatan", 2, write_otherwise),
    ("person_twice", "warning", "pegawai", 2, name_twice),
    ("code_reversed", "error", "penilaian", 20, turn_round),
    ("appraisal_before_service", "warning", "penilaian", 2, put("pegawai", range(1), tmt_cpns="2024-01-01")),
    ("appraisal_after_exit", "warning", "penilaian", 1, put("pegawai", range(1), tanggal_keluar="2024-06-30")),
    ("period_in_future", "warning", "penilaian", 4, put("penilaian", range(0, 16, 4), periode="2030-S1")),
    ("nip_birth_differs", "warning", "pegawai", 2, put("pegawai", range(2), tanggal_lahir="1980-01-02")),
    ("nip_sex_differs", "warning", "pegawai", 2, put("pegawai", range(2), jenis_kelamin="P")),
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
    source = "".join(inspect.getsource(module) for module in MODULES)
    named = set(re.findall(r'"([a-z_]+)",\s+(?:"(?:error|warning|note)"|severity)', source))
    assert named == {fault[0] for fault in FAULTS} - {"event_after_data"} | {"column_ignored"}
    assert '"event_after_data"' in source
    assert '"event_future"' in source
    written = {name for module in MODULES for name in vars(module) if name.startswith("check_")}
    assert {call.__name__ for call in CHECKS} == written - BORROWED


@pytest.mark.parametrize("post", ["fungsional", "pengawas"])
def test_plans_and_standards_in_order_are_no_fault(post: str) -> None:
    tables = clean()
    plan(tables, 1, 0.5)
    assess(tables, 3, 3, post=post)
    assert not check_dataset(build(tables))


@pytest.mark.parametrize(("post", "found"), [("pengawas", []), ("fungsional", [("standard_missing", 2)])])
def test_without_a_column_of_standards_there_is_that_of_the_law(post: str, found: list[tuple[str, int]]) -> None:
    tables = clean()
    assess(tables, None, None, post=post)
    for row in tables["kompetensi"]:
        del row["level_standar"]
    assert [(f.rule, f.count) for f in check_dataset(build(tables))] == found


def test_periods_that_do_not_overlap_are_told_apart() -> None:
    tables = clean()
    rows = tables["penilaian"]
    rows[0]["periode"] = "2022-12"  # a month before the semesters, in another unit: a move
    rows[0]["unit_id"] = "B2"
    found = {f.rule for f in check_dataset(build(tables))}
    assert "period_lengths" in found
    assert not found & {"period_overlap", "two_units"}


def test_ignored_columns_are_named() -> None:
    found = check_dataset(build(clean(), ignored=("pegawai.agama",)))
    assert [(f.rule, f.table, f.column, f.severity) for f in found] == [("column_ignored", "pegawai", "agama", "note")]


def test_no_message_shows_a_person_and_errors_come_first() -> None:
    tables = clean()
    for _rule, _severity, _table, _count, plant in FAULTS:
        if plant not in (drop_period, add_year, be_exact, turn_round):
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


def test_without_a_date_of_the_data_the_future_begins_today() -> None:
    tables = clean()
    tables["kegiatan"][0] |= {"mulai": "2999-01-01", "selesai": None}
    data = build(tables)
    found = check_dataset(Dataset(data.tables))
    assert [(f.rule, f.count) for f in found if f.table == "kegiatan"] == [("event_future", 1)]


def test_tables_without_units_or_people_can_be_checked() -> None:
    tables = {"kegiatan": clean()["kegiatan"]}
    assert not check_dataset(build(tables)).errors
    assert list(check_dataset(Dataset({}))) == []


# -- origin ------------------------------------------------------------------------------------------------------------


def origin_of(data: Dataset, table: str, columns: str, **where: str) -> Origin:
    """Return an origin in which row n of a table stands in row n + 6 of a sheet, or line n + 2 of a CSV."""
    keys = row_keys(table, data[table])
    rows = [
        {
            "table": table,
            "key": key,
            "file": where.get("file", "Rekap.xlsx"),
            "sheet": where.get("sheet", ""),
            "row": str(at + 6),
            "line": str(at + 2) if "line" in where else "",
            "columns": columns,
            "hash": "00",
        }
        for at, key in enumerate(keys)
    ]
    return Origin(pd.DataFrame(rows, columns=list(ORIGIN_COLUMNS), dtype="str"))


def test_a_fault_names_file_sheet_and_cells() -> None:
    tables = clean()
    put("penilaian", range(2), unit_id="B9")(tables)
    data = build(tables)
    found = check_dataset(data, origin_of(data, "penilaian", "pegawai_id:B unit_id:AC", sheet="Satu"))
    assert [(f.file, f.sheet, f.cell, f.cells, f.line, f.count) for f in found] == [
        ("Rekap.xlsx", "Satu", "AC6", ("AC6", "AC7"), None, 2)
    ]
    assert found[0].message == "2 baris tabel penilaian menyebut unit yang tidak ada pada tabel unit."


def test_a_column_that_no_sheet_had_gives_the_sheet_without_a_cell() -> None:
    tables = clean()
    put("penilaian", range(1), unit_id="B9")(tables)
    data = build(tables)
    found = check_dataset(data, origin_of(data, "penilaian", "pegawai_id:B", sheet="Satu"))
    assert [(f.file, f.sheet, f.cell, f.cells) for f in found] == [("Rekap.xlsx", "Satu", None, ())]


def test_in_a_csv_each_record_has_its_line() -> None:
    tables = clean()
    put("penilaian", range(2), unit_id="B9")(tables)
    data = build(tables)
    found = check_dataset(data, origin_of(data, "penilaian", "unit_id:C", file="rekap.csv", line="ya"))
    assert [(f.file, f.sheet, f.line, f.count) for f in found] == [("rekap.csv", None, 2, 1), ("rekap.csv", None, 3, 1)]


def test_many_records_of_a_csv_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinerja_lib.check.faults.MOST_LINES", 1)
    tables = clean()
    put("penilaian", range(4), unit_id="B9")(tables)
    data = build(tables)
    found = check_dataset(data, origin_of(data, "penilaian", "unit_id:C", file="rekap.csv", line="ya"))
    assert [(f.line, f.count) for f in found if f.rule == "unit_unknown"] == [(2, 1), (None, 3)]


def test_rows_that_no_export_gave_are_told_without_a_file() -> None:
    tables = clean()
    put("penilaian", range(2), unit_id="B9")(tables)
    data = build(tables)
    origin = origin_of(data, "penilaian", "unit_id:C", sheet="Satu")
    found = check_dataset(data, Origin(origin.rows.iloc[1:]))
    assert {(f.file, f.cell, f.count) for f in found} == {(None, None, 1), ("Rekap.xlsx", "C7", 1)}


def test_a_row_that_two_exports_filled_names_the_one_with_the_column() -> None:
    tables = clean()
    put("penilaian", range(1), unit_id="B9")(tables)
    data = build(tables)
    first = origin_of(data, "penilaian", "pegawai_id:B", sheet="Satu").rows
    second = origin_of(data, "penilaian", "pegawai_id:A unit_id:D", file="SIASN.xlsx", sheet="Dua").rows
    found = check_dataset(data, Origin(pd.concat([first, second])))
    assert [(f.file, f.sheet, f.cell) for f in found] == [("SIASN.xlsx", "Dua", "D6")]


def test_what_was_told_while_reading_is_not_told_again() -> None:
    tables = clean()
    put("penilaian", range(2), predikat="Kurang")(tables)
    data = build(tables)
    origin = origin_of(data, "penilaian", "predikat:G", sheet="Satu")
    about: dict[str, object] = {"file": "Rekap.xlsx", "sheet": "Satu", "message": "m", "remedy": "r"}
    told = Finding(rule="predikat_contradiction", severity="warning", cell="G6", cells=("G6", "G7"), **about)  # type: ignore[arg-type]
    assert list(check_dataset(data, origin, Findings((told,)))) == [told]
    part = Finding(rule="predikat_contradiction", severity="warning", cell="G6", **about)  # type: ignore[arg-type]
    assert len(check_dataset(data, origin, Findings((part,)))) == 2
