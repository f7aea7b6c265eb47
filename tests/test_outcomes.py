"""Who left and what development cost: by hand, and what must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.intervals import mean_interval, rate_interval
from kinerja_lib.outcomes import build_costs, build_retention
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table

START = pd.Timestamp("2024-07-01")


def dataset(tables: dict[str, list[dict[str, Any]]], **notes: str) -> Dataset:
    frames = {name: pd.DataFrame(part).astype("str").replace("nan", "") for name, part in tables.items() if part}
    return Dataset({name: check_table(name, part, locate=str) for name, part in frames.items()}, keterangan=notes)


def office(
    leavers: list[tuple[str, str]], n: int = 100, *, best: int = 0, first: str = "2024-S1", **notes: str
) -> Dataset:
    """Return two sister units of n people, the first with leavers (day, reason); the first `best` were Sangat Baik."""
    units = [{"unit_id": "A", "nama": "Atas", "induk_id": ""}]
    units += [{"unit_id": unit, "nama": unit, "induk_id": "A"} for unit in ("U1", "U2")]
    people, rated = [], []
    for unit in ("U1", "U2"):
        for i in range(n):
            day, reason = leavers[i] if unit == "U1" and i < len(leavers) else ("", "")
            who = f"{unit}-{i:03d}"
            people.append({"pegawai_id": who, "unit_id": unit, "tanggal_keluar": day, "alasan_keluar": reason})
            level = "Sangat Baik" if i < best else "Baik"
            row = {"pegawai_id": who, "unit_id": unit, "predikat": level}
            rated += [{**row, "periode": period} for period in {first, "2025-S1"} if period == first or not day]
    people.append({"pegawai_id": "X", "unit_id": "A", "tanggal_keluar": "2019-01-01", "alasan_keluar": "pensiun"})
    return dataset({"unit": units, "pegawai": people, "penilaian": rated}, **notes)


def left(data: Dataset, unit: str | None = "U1") -> dict[str, Any]:
    found = build_retention(build_scope(data, period="2025-S1", unit=unit))
    assert found is not None
    return {row.key: row for row in found.table.itertuples()}


def test_the_rate_is_leavers_per_hundred_years_of_service() -> None:
    days = ["2024-07-01", "2024-12-31", "2025-06-30", "2025-01-15", "2024-10-01", "2025-03-03"]
    rows = left(office([(day, "pengunduran_diri" if at == 3 else "mutasi") for at, day in enumerate(days)]))
    served = [(pd.Timestamp(day) - START).days + 1 for day in days]
    years = (sum(served) + 94 * 365) / 365.25
    row = rows["sukarela"]
    assert (row.count, row.n) == (6, round(years * 365.25 / 365))
    assert row.value == pytest.approx(100 * 6 / years)
    level = rate_interval(6, years, row.n)
    assert (row.conf_low, row.conf_high) == pytest.approx((level.conf_low, level.conf_high))
    assert [(rows[key].count, rows[key].value) for key in ("pensiun", "meninggal", "pemberhentian")] == [(0, 0.0)] * 3


def test_retirement_death_and_dismissal_stand_apart_and_old_exits_nowhere() -> None:
    mixed = [("2025-02-01", reason) for reason in ("pensiun", "meninggal", "pemberhentian", "mutasi") for _ in range(6)]
    old = [("2024-06-30", "mutasi")] * 5
    rows = left(office([*mixed, *old]))
    assert [rows[key].count for key in ("sukarela", "pensiun", "meninggal", "pemberhentian")] == [6] * 4
    assert rows["pensiun"].n == pytest.approx(95 - 24 * 149 / 365, abs=1)


def test_an_exit_without_a_reason_has_a_row_of_its_own() -> None:
    assert "tidak_dicatat" not in left(office([("2025-02-01", "mutasi")] * 5))
    rows = left(office([("2025-02-01", "")] * 5 + [("2025-02-01", "mutasi")] * 6))
    assert (rows["tidak_dicatat"].count, rows["tidak_dicatat"].label) == (5, "Alasan tidak dicatat")


def test_the_window_ends_with_the_data_and_begins_with_them() -> None:
    leavers = [("2025-02-01", "mutasi")] * 6 + [("2025-06-20", "mutasi")] * 5
    taken = office(leavers, first="2024-S2", tanggal_data="2025-05-31")
    found = build_retention(build_scope(taken, period="2025-S1", unit="U1"))
    assert found is not None
    assert (found.start, found.end, found.before) == (START, pd.Timestamp("2025-05-31"), None)
    assert found.table.set_index("key").loc["sukarela", "count"] == 6
    late = office(leavers, first="2025-S1")
    found = build_retention(build_scope(late, period="2025-S1", unit="U1"))
    assert found is not None
    assert found.start == pd.Timestamp("2025-01-01")


@pytest.mark.parametrize("k", [1, 4])
def test_one_to_four_leavers_are_hidden_and_not_given_back(k: int) -> None:
    row = left(office([("2025-02-01", "mutasi")] * k))["sukarela"]
    assert row.hidden
    assert all(pd.isna(getattr(row, name)) for name in ("count", "n", "value", "conf_low", "conf_high"))


def test_a_sister_with_few_keeps_the_other_silent() -> None:
    data = office([("2025-02-01", "mutasi")] * 8)
    people = data["pegawai"].copy()
    two = people["pegawai_id"].isin(["U2-001", "U2-002"])
    people.loc[two, "tanggal_keluar"] = pd.Timestamp("2025-02-01")
    people.loc[two, "alasan_keluar"] = "mutasi"
    assert not left(data)["sukarela"].hidden
    sisters = Dataset({**data.tables, "pegawai": people})
    assert left(sisters)["sukarela"].hidden
    assert left(sisters, None)["sukarela"].count == 10


def test_resignations_of_the_summary_do_not_tell_the_transfers() -> None:
    resigned = [("2025-02-01", "pengunduran_diri")] * 6
    assert left(office([*resigned, *[("2025-02-01", "mutasi")] * 3]))["sukarela"].hidden
    assert left(office([*resigned, *[("2025-02-01", "mutasi")] * 5]))["sukarela"].count == 11
    earlier = [("2024-08-01", "pengunduran_diri")] * 3
    assert left(office([*resigned, *earlier]))["sukarela"].hidden


def test_regretted_loss_is_of_those_rated_best_before() -> None:
    rows = left(office([("2025-02-01", "mutasi")] * 12, best=40))
    assert rows["sangat_baik"].count == 12
    assert rows["sangat_baik"].n == round(12 * 216 / 365 + 28)
    assert left(office([("2025-02-01", "mutasi")] * 12, best=3))["sangat_baik"].hidden
    assert left(office([("2025-02-01", "mutasi")] * 9, best=7))["sangat_baik"].hidden  # two leavers were not best
    assert "sangat_baik" not in left(office([("2025-02-01", "mutasi")] * 9))


def test_without_dates_or_reasons_there_is_no_retention() -> None:
    data = office([("2025-02-01", "mutasi")] * 8)
    for column in ("tanggal_keluar", "alasan_keluar"):
        bare = Dataset({**data.tables, "pegawai": data["pegawai"].drop(columns=column)})
        assert build_retention(build_scope(bare, period="2025-S1", unit="U1")) is None


def event(i: int, jenis: str = "workshop", **others: object) -> dict[str, object]:
    return {"kegiatan_id": f"K{i}-{jenis}", "pegawai_id": f"P{i:03d}", "jenis": jenis, "mulai": "2025-03-03", **others}


def training(events: list[dict[str, object]], n: int = 60, costs: list[dict[str, object]] | None = None) -> Scope:
    ids = [f"P{i:03d}" for i in range(n)]
    tables: dict[str, list[dict[str, Any]]] = {
        "unit": [{"unit_id": unit, "nama": unit} for unit in ("B1", "B2")],
        "pegawai": [{"pegawai_id": who, "unit_id": "B1"} for who in ids],
        "penilaian": [{"pegawai_id": who, "periode": "2025-S1", "unit_id": "B1", "predikat": "Baik"} for who in ids],
        "kegiatan": [dict(one) for one in events],
        "biaya": [{"komponen": "honor", **one} for one in costs or ()],
    }
    return build_scope(dataset(tables), period="2025-S1", unit="B1")


def cost_rows(scope: Scope) -> dict[str, Any]:
    found = build_costs(scope)
    assert found is not None
    return {row.key: row for row in found.table.itertuples()}


SPENT = [
    {"unit_id": "B1", "periode": "2025-S1", "jumlah": 6_000_000},
    {"unit_id": "B2", "periode": "2025-S1", "jumlah": 99_000_000},
    {"unit_id": "B1", "periode": "2024-S2", "jumlah": 99_000_000},
]
COURSES = [
    *[event(i, jp=10.0, biaya=100_000.0 * (i % 3), selesai="2025-03-05") for i in range(20)],
    *[event(i, "e_learning", jp=5.0) for i in range(10, 30)],
    *[event(i, "konseling", biaya=9_000_000.0) for i in range(10)],
]


def test_unit_costs_by_hand() -> None:
    rows = cost_rows(training(COURSES, costs=SPENT))
    assert (rows["person"].value, rows["person"].n) == (6_000_000 / 30, 30)
    assert (rows["jp"].value, rows["jp"].n) == (6_000_000 / 300, 30)
    paid = [100_000.0 * (i % 3) for i in range(20) if i % 3]
    level = mean_interval(np.array(paid))
    row = rows["person_event"]
    assert (row.value, row.conf_low, row.conf_high, row.n) == (level.value, level.conf_low, level.conf_high, 13)
    assert rows["jp_event"].value == sum(paid) / (10 * 13)
    assert rows["nonclassical"].value == pytest.approx(100 / 3)
    assert all(np.isnan(rows[key].conf_low) for key in ("person", "jp", "jp_event", "nonclassical"))


def test_costs_of_quarters_serve_the_semester() -> None:
    quarters = [
        {"unit_id": "B1", "periode": period, "jumlah": 1_500_000} for period in ("2025-T1", "2025-T2", "2025-T3")
    ]
    assert cost_rows(training(COURSES, costs=quarters))["person"].value == 100_000


def test_an_event_that_ends_later_is_not_finished() -> None:
    open_ = [event(i, "kursus", jp=40.0, selesai="2025-08-01") for i in range(30, 40)]
    rows = cost_rows(training([*COURSES, *open_], costs=SPENT))
    assert (rows["person"].n, rows["jp"].value) == (30, 20_000)
    few = cost_rows(training([*COURSES, *open_[:3]], costs=SPENT))
    assert all(row.hidden for row in few.values())


@pytest.mark.parametrize(
    ("events", "key"),
    [
        ([event(i, jp=10.0) for i in range(4)], "person"),
        ([event(i, jp=10.0) for i in range(57)], "person"),
        ([*[event(i, jp=10.0) for i in range(20)], event(30, "e_learning", jp=5.0)], "nonclassical"),
        ([*[event(i, jp=10.0, biaya=1.0) for i in range(20)], *[event(i, "seminar") for i in range(22)]], "jp"),
        ([event(i, biaya=float(i < 18)) for i in range(20)], "person_event"),
    ],
    ids=["four participants", "three without", "one nonclassical", "two without JP", "two without cost"],
)
def test_costs_do_not_tell_of_few(events: list[dict[str, object]], key: str) -> None:
    row = cost_rows(training(events, costs=SPENT))[key]
    assert row.hidden
    assert all(pd.isna(getattr(row, name)) for name in ("value", "conf_low", "conf_high", "n"))


def test_what_is_not_recorded_has_no_row() -> None:
    assert set(cost_rows(training([event(i, jp=10.0) for i in range(20)]))) == {"nonclassical"}
    assert set(cost_rows(training([event(i) for i in range(20)], costs=SPENT))) == {"person"}
    assert build_costs(training([event(i) for i in range(20)])) is None
    assert build_costs(training([event(i, "konseling", biaya=1.0) for i in range(20)], costs=SPENT)) is None


def test_tables_are_not_changed() -> None:
    scope = training(COURSES, costs=SPENT)
    before = {name: scope.data[name].copy() for name in scope.data}
    build_costs(scope)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(scope.data[name], frame)
