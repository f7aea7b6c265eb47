"""What a report is about, and what is refused before anything is computed."""

from __future__ import annotations

import pandas as pd
import pytest

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope, find_appraised, find_reported
from kinerja_lib.typed import check_table


def make_data(keterangan: dict[str, str] | None = None, **tables: list[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    typed = {
        name: check_table(name, pd.DataFrame(rows).astype("str").replace("None", ""), locate=str)
        for name, rows in tables.items()
    }
    return Dataset(typed, keterangan=keterangan or {})


UNITS: list[dict[str, object]] = [
    {"unit_id": "B1", "nama": "Bidang Satu", "induk_id": None},
    {"unit_id": "S1", "nama": "Subbidang Satu", "induk_id": "B1"},
    {"unit_id": "B2", "nama": "Bidang Dua", "induk_id": None},
]
PEOPLE: list[dict[str, object]] = [
    {"pegawai_id": p, "unit_id": u} for p, u in (("P1", "S1"), ("P2", "B1"), ("P3", "B2"))
]
APPRAISALS: list[dict[str, object]] = [
    {"pegawai_id": "P1", "periode": "2024-S2", "unit_id": "B2", "predikat": "Baik"},
    {"pegawai_id": "P1", "periode": "2025-S1", "unit_id": None, "predikat": "Baik"},
    {"pegawai_id": "P2", "periode": "2025-S1", "unit_id": "B1", "predikat": "Baik"},
]
DATA = make_data(unit=UNITS, pegawai=PEOPLE, penilaian=APPRAISALS)


def test_the_latest_period_and_the_whole_agency_by_default() -> None:
    scope = build_scope(DATA)
    assert (str(scope.period), scope.unit, scope.members, scope.is_agency) == (
        "2025-S1",
        None,
        ("B1", "S1", "B2"),
        True,
    )
    assert (scope.name, scope.periods, scope.has_people) == ("Seluruh instansi", ("2024-S2", "2025-S1"), True)


def test_a_unit_takes_those_below_it_along() -> None:
    scope = build_scope(DATA, period="2025-S1", unit="B1")
    assert (scope.members, scope.name, scope.is_agency) == (("B1", "S1"), "Bidang Satu", False)


def test_the_agency_is_named_by_the_office_else_by_its_one_root() -> None:
    assert build_scope(Dataset(DATA.tables, keterangan={"instansi": "Badan A"})).name == "Badan A"
    one = make_data(unit=UNITS[:2], pegawai=PEOPLE[:2], penilaian=APPRAISALS[1:])
    assert build_scope(one).name == "Bidang Satu"


def test_an_appraisal_without_unit_is_of_the_persons_unit() -> None:
    found = find_appraised(DATA, ["2024-S2", "2025-S1"])
    assert found["unit_id"].tolist() == ["B2", "S1", "B1"]
    assert find_appraised(DATA, ["2025-S1"], ("S1",))["pegawai_id"].tolist() == ["P1"]
    assert DATA["penilaian"]["unit_id"].isna().sum() == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"period": "2023-S1"}, CallError, r"periode: ditemukan '2023-S1'; yang ada pada data: 2025-S1, 2024-S2\."),
        ({"period": "S1"}, CallError, r"periode: ditemukan 'S1'; yang diizinkan: 2025"),
        ({"unit": "S1 "}, CallError, r"unit: ditemukan 'S1 '; yang ada pada tabel unit: B1, S1, B2\. Maksud Anda S1\?"),
        ({"unit": "Bidang Tiga"}, CallError, r"Maksud Anda Bidang Dua\?"),
        ({"unit": "B2"}, DataError, r"Bidang Dua: tidak ada pegawai yang dinilai pada 2025-S1"),
    ],
)
def test_what_is_refused(arguments: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build_scope(DATA, **arguments)  # type: ignore[arg-type]


def test_a_circle_of_units_is_refused() -> None:
    circle = [{"unit_id": "B1", "nama": "a", "induk_id": "B2"}, {"unit_id": "B2", "nama": "b", "induk_id": "B1"}]
    with pytest.raises(DataError, match=r"B1 -> B2 -> B1 berputar"):
        build_scope(make_data(unit=circle, pegawai=PEOPLE, penilaian=APPRAISALS))


def test_a_unit_without_indicators_in_the_period_is_refused() -> None:
    rows: list[dict[str, object]] = [
        {"unit_id": u, "periode": p, "indikator": "i", "nilai": 3}
        for u, p in (("B1", "2023"), ("B1", "2024"), ("B2", "2023"))
    ]
    data = make_data(unit=UNITS, indikator_unit=rows)
    assert build_scope(data, unit="B1").has_people is False
    with pytest.raises(DataError, match=r"Bidang Dua: tidak ada indikator pada 2024"):
        build_scope(data, unit="B2")


@pytest.mark.parametrize(("period", "units"), [("2025-S1", {"B1", "S1"}), ("2024-S2", {"B2"})])
def test_units_that_can_be_reported_are_those_with_rows_in_them_or_below(period: str, units: set[str]) -> None:
    assert find_reported(DATA, period) == units
    for unit in set(DATA.unit_ids) - units:
        with pytest.raises(DataError, match=r"tidak ada pegawai yang dinilai pada"):
            build_scope(DATA, period=period, unit=unit)
