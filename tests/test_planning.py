"""Plans, the chain of results from person to organisation, achievement by aspect: by hand, by plain loops, privacy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.intervals import cluster_share_interval
from kinerja_lib.planning import (
    ELSEWHERE,
    EMPTY,
    NO_PLAN,
    NO_SUPERIOR,
    TRACED,
    build_aspects,
    build_cascade,
    build_plans,
    plan_period,
    trace_results,
)
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table

HEAD = "P000"


def line(i: int, rhk: str = "Arsip tertib", up: str | None = "Tata kelola", **others: object) -> dict[str, object]:
    row = {"pegawai_id": f"P{i:03d}", "periode": "2025-S1", "rhk": rhk, "rhk_atasan": up, "iki": "Persen"}
    return {**row, "aspek": "kualitas", "target": 80, "realisasi": 80, "bobot": 100, "kondisi": "normal", **others}


def agency(
    n: int, plans: list[dict[str, object]], raters: dict[int, str | None] | None = None, unit: str | None = None
) -> Scope:
    """Return n people whom P000 rates unless `raters` says otherwise; P000, rated by nobody, is one of them."""
    rated = {i: HEAD if i else None for i in range(n)} | (raters or {})
    appraisals = [
        {"pegawai_id": f"P{i:03d}", "periode": "2025-S1", "unit_id": "A" if i == 0 else "B", "predikat": "Baik"}
        | {"penilai_id": rater}
        for i, rater in rated.items()
    ]
    tables: dict[str, list[dict[str, object]]] = {
        "unit": [{"unit_id": "A", "nama": "Kantor", "induk_id": None}, {"unit_id": "B", "nama": "B", "induk_id": "A"}],
        "pegawai": [{"pegawai_id": f"P{i:03d}", "unit_id": "A" if i == 0 else "B"} for i in range(n)],
        "penilaian": appraisals,
        "skp": plans,
    }
    frames = {name: pd.DataFrame(rows).astype("str").replace(["None", "nan"], "") for name, rows in tables.items()}
    data = Dataset({name: check_table(name, frame, locate=str) for name, frame in frames.items()})
    return build_scope(data, unit=unit)


TOP = [line(0, "Tata kelola", "Birokrasi melayani")]


def measures(table: pd.DataFrame | None) -> dict[str, Any]:
    assert table is not None
    return {row.label if row.measure == "gap" else row.measure: row for row in table.itertuples()}


def test_plans_by_hand() -> None:
    lines = [line(i, rhk, bobot=50) for i in range(20) for rhk in ("Arsip tertib", "Data andal")]
    lines += [line(i, "Cepat", aspek="waktu", kondisi="khusus", bobot=0 if i < 3 else 20) for i in range(8)]
    plans = build_plans(agency(40, lines))
    assert plans is not None
    assert (plans.planned.value, plans.planned.n) == (50.0, 40)
    assert (plans.indicators.value, plans.indicators.n) == (48 / 20, 20)
    assert (plans.weights.value, plans.weights.n) == (25.0, 20)  # 5 of 20 sum to 120
    table = plans.table.set_index("aspek")
    assert table["indicators"].tolist() == [40, 8]
    assert table["share"].tolist() == pytest.approx([100 * 40 / 48, 100 * 8 / 48])
    assert table["khusus"].tolist() == [0.0, 100.0]
    assert table["people"].tolist() == [20, 8]


def test_few_without_a_plan_are_not_given_back_by_any_n() -> None:
    scope = agency(
        40, [*TOP, *[line(i, up="Tata kelola" if i > 10 else None) for i in range(1, 38)]]
    )  # two of 40 have no plan
    plans = build_plans(scope)
    assert plans is not None
    assert [level.n for level in (plans.planned, plans.indicators, plans.weights)] == [0, 0, 0]
    assert plans.table["people"].isna().all()
    cascade = build_cascade(scope)
    assert cascade is not None
    assert cascade.loc[cascade["measure"] != "carried", "n"].isna().all()
    assert cascade["value"].notna().any()


def test_weights_rounded_to_tenths_are_whole_and_unknown_ones_are_not_judged() -> None:
    rounded = [line(i, rhk, bobot=33.3) for i in range(20) for rhk in ("a", "b", "c")]
    plans = build_plans(agency(20, rounded))
    assert plans is not None
    assert (plans.weights.value, plans.weights.n) == (0.0, 20)
    plans = build_plans(agency(20, [line(i, rhk, bobot=None) for i in range(20) for rhk in ("a", "b")]))
    assert plans is not None
    assert np.isnan(plans.weights.value)


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30))
def test_plans_show_nobody(planned: int, special: int, odd: int) -> None:
    lines = [
        line(i, aspek="waktu" if i < special else "kualitas", kondisi="khusus" if i < special else "normal")
        | {"bobot": 90 if i < odd else 100}
        for i in range(planned)
    ]
    plans = build_plans(agency(30, lines))
    assert plans is not None
    for level in (plans.planned, plans.weights):
        k = round(level.value * level.n / 100) if level.n else 0
        assert {k, level.n - k}.isdisjoint(range(1, 5))
    shown = plans.table[~plans.table["hidden"]]
    assert {int(k) for k in shown["people"].dropna()}.isdisjoint(range(1, 5))
    assert {planned - int(k) for k in shown["people"].dropna()}.isdisjoint(range(1, 5))
    assert plans.table.loc[plans.table["hidden"], ["indicators", "share", "khusus", "people"]].isna().all(axis=None)


def test_every_status_by_hand() -> None:
    rows = pd.DataFrame(
        [
            ("Kepala", "Tata  Kelola", None),
            ("A", "Arsip tertib", "tata kelola "),
            ("A", "Cepat", "Layanan prima"),
            ("B", "Rapi", None),
            ("C", "Rapi", "Arsip tertib"),
            ("C", "Rapi", None),  # the same result again: traced once is traced
            ("D", "Rapi", "Rapi"),
        ],
        columns=["pegawai_id", "rhk", "rhk_atasan"],
    )
    raters = pd.Series({"A": "Kepala", "B": "Kepala", "C": "A", "D": "Tamu"})
    found = trace_results(rows, raters)
    assert found["status"].tolist() == [NO_SUPERIOR, TRACED, ELSEWHERE, EMPTY, TRACED, NO_PLAN]
    assert found["above"].tolist()[1] == 0
    assert found["above"].tolist()[4] == 1


TEXT = st.sampled_from(("Arsip", "arsip ", "Data  andal", "data andal", "Cepat", None))
PERSON = st.sampled_from(("P1", "P2", "P3", "P4"))
ROWS = st.lists(st.tuples(PERSON, TEXT.filter(bool), TEXT), min_size=1, max_size=12)
RATERS = st.dictionaries(PERSON, st.sampled_from(("P1", "P2", "P3", "P9")), max_size=4)


def clean(text: str | None) -> str | None:
    return None if text is None else " ".join(text.lower().split())


def status_by_loop(lines: list[tuple[Any, ...]], raters: dict[str, str], person: str, rhk: str) -> str:
    superior = raters.get(person)
    if superior is None:
        return NO_SUPERIOR
    theirs = {clean(row[1]) for row in lines if row[0] == superior}
    if not theirs:
        return NO_PLAN
    named = {clean(row[2]) for row in lines if (row[0], clean(row[1])) == (person, rhk)}
    if named & theirs:
        return TRACED
    return ELSEWHERE if named - {None} else EMPTY


@given(ROWS, RATERS)
def test_statuses_are_what_plain_loops_find(lines: list[tuple[Any, ...]], raters: dict[str, str]) -> None:
    raters = {person: rater for person, rater in raters.items() if person != rater}
    rows = pd.DataFrame(lines, columns=["pegawai_id", "rhk", "rhk_atasan"]).astype("str")
    before = rows.copy()
    found = trace_results(rows, pd.Series(raters, dtype="str"))
    wanted = list(dict.fromkeys((person, clean(rhk)) for person, rhk, _up in lines))
    assert found["pegawai_id"].tolist() == [person for person, _rhk in wanted]
    assert found["status"].tolist() == [status_by_loop(lines, raters, str(p), str(r)) for p, r in wanted]
    for row in found[found["status"] == TRACED].itertuples():
        assert found["pegawai_id"][row.above] == row.superior
    pd.testing.assert_frame_equal(rows, before)


def test_the_chain_to_the_top_by_hand() -> None:
    heads = [line(i, "Layanan prima") for i in range(1, 6)] + [line(i, "Layanan prima", None) for i in range(6, 11)]
    staff = [line(i, "Arsip tertib", "LAYANAN  prima") for i in range(11, 41)]
    raters: dict[int, str | None] = {i: f"P{1 + (i - 11) % 10:03d}" for i in range(11, 41)}
    found = measures(build_cascade(agency(41, [*TOP, *heads, *staff], raters)))
    assert found["traced"].value == pytest.approx(100 * 35 / 41)
    assert found["people"].value == found["traced"].value
    assert found["top"].value == pytest.approx(100 * 20 / 41)  # five heads, and the staff of those five
    assert (found["carried"].value, found["carried"].n) == (100.0, 11)
    reasons = "Belum atau tidak dapat ditelusuri: hasil kerja atasan tidak diisi atau tanpa atasan dalam data"
    assert found[reasons].value == pytest.approx(100 * 6 / 41)  # of the head alone nothing shows
    wanted = cluster_share_interval(np.array([1] * 35 + [0] * 6), np.ones(41))
    assert (found["traced"].conf_low, found["traced"].n) == (pytest.approx(wanted.conf_low), 41)


def test_people_without_a_superior_in_the_data_are_blamed_for_nothing() -> None:
    outside: dict[int, str | None] = dict.fromkeys(range(1, 6))
    table = build_cascade(
        agency(30, [*TOP, *[line(i) for i in range(1, 20)], *[line(i, up="x") for i in range(20, 30)]], outside)
    )
    assert table is not None
    assert table.loc[table["measure"] == "gap", "label"].tolist() == [
        "Belum tertelusur: tidak ada pada rencana atasan",
        "Tidak dapat ditelusuri (tanpa atasan dalam data)",
    ]


def test_results_that_nobody_carries_and_subordinates_of_other_units() -> None:
    heads = [line(i, rhk) for i in range(1, 11) for rhk in ("Layanan prima", "Data andal")]
    staff = [line(i, "Arsip tertib", "Layanan prima") for i in range(11, 31)]
    raters: dict[int, str | None] = {i: f"P{1 + (i - 11) % 10:03d}" for i in range(11, 31)}
    scope = agency(31, [*TOP, *heads, *staff], raters, unit="B")
    found = measures(build_cascade(scope))
    assert (found["carried"].value, found["carried"].n) == (50.0, 10)
    assert "top" in found  # the plan of the head stands outside the unit, and counts
    assert found["top"].value == 100.0


def test_a_circle_of_superiors_ends_nowhere() -> None:
    plans = [line(i, "Sama", "Sama") for i in range(20)]
    raters: dict[int, str | None] = {i: f"P{(i + 1) % 20:03d}" for i in range(20)}
    found = measures(build_cascade(agency(20, plans, raters)))
    assert found["traced"].value == 100.0
    assert "top" not in found


@given(st.lists(st.sampled_from(("Tata kelola", "Lain", None)), min_size=1, max_size=20), st.integers(0, 5))
def test_the_cascade_shows_nobody(named: list[str | None], alone: int) -> None:
    raters: dict[int, str | None] = dict.fromkeys(range(1, 1 + alone))
    table = build_cascade(agency(21, [*TOP, *[line(1 + i, up=up) for i, up in enumerate(named)]], raters))
    assert table is not None
    found = measures(table)
    n = len(named) + 1
    for row in found.values():
        if pd.notna(row.value):
            k = round(row.value * n / 100)  # one result a person
            assert row.measure == "carried" or {k, n - k}.isdisjoint(range(1, 5)) or row.measure == "gap"
            assert row.measure != "gap" or k not in range(1, 5)
        else:
            assert row.n is pd.NA
    gaps = table[table["measure"] == "gap"]
    if pd.isna(found["traced"].value):
        assert gaps.empty
    else:
        assert found["traced"].value + gaps["value"].sum() == pytest.approx(100)
        if "top" in found and pd.notna(found["top"].value):
            assert found["top"].value <= found["traced"].value


def test_achievement_by_aspect_and_condition_by_hand() -> None:
    lines = [line(i, "a", target=100, realisasi=90 + i % 2, bobot=50) for i in range(20)]
    lines += [line(i, "b", aspek="waktu", kondisi="khusus", target=10, realisasi=12, bobot=50) for i in range(10)]
    lines += [line(i, "c", aspek="waktu", target=10, realisasi=99, bobot=0) for i in range(10, 13)]
    table = build_aspects(agency(20, lines))
    assert table is not None
    rows = {row.label: row for row in table.itertuples()}
    assert list(rows) == ["Semua indikator", "Kualitas", "Waktu", "Waktu (khusus)"]
    assert (rows["Kualitas"].value, rows["Kualitas"].n) == (90.5, 20)
    assert (rows["Waktu (khusus)"].value, rows["Waktu (khusus)"].n) == (pytest.approx(80.0), 10)
    assert rows["Waktu"].hidden
    assert pd.isna(rows["Waktu"].value)
    assert rows["Semua indikator"].value == pytest.approx((85.0 * 5 + 85.5 * 5 + 90 * 5 + 91 * 5) / 20)


def test_the_plan_of_a_year_counts_for_its_semester() -> None:
    yearly = [line(i) | {"periode": "2025"} for i in range(20)]
    scope = agency(20, yearly)
    assert plan_period(scope) == "2025"
    plans = build_plans(scope)
    assert plans is not None
    assert (plans.period, plans.planned.value) == ("2025", 100.0)
    assert plan_period(agency(20, [line(1) | {"periode": "2024-S2"}])) is None


def test_without_tables_or_columns_there_is_nothing() -> None:
    scope = agency(10, TOP)
    bare = Dataset({name: frame for name, frame in scope.data.tables.items() if name != "skp"})
    for build in (build_plans, build_cascade, build_aspects):
        assert build(build_scope(bare)) is None
        assert build(agency(10, [line(1) | {"periode": "2020"}])) is None
    assert build_cascade(agency(10, [line(i, up=None) for i in range(10)])) is None
    assert build_cascade(agency(10, TOP, dict.fromkeys(range(10)))) is None
    assert build_aspects(agency(10, [line(i, realisasi=None) for i in range(10)])) is None
