"""Climate of the last wave: by hand, against the estimator of agreement, and what must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.climate import Climate, build_climate, measure_agreement
from kinerja_lib.estimate import estimate_agreement
from kinerja_lib.intervals import mean_interval
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.synth import build_agency
from kinerja_lib.typed import check_table

ITEMS = ("IK1", "IK2")
Answers = dict[str, list[tuple[float, ...]]]  # unit -> a tuple of scores a respondent


def survey(waves: dict[str, Answers], *, unit: str | None = "U1", staff: int = 40, **items: tuple[str, ...]) -> Scope:
    rows = [
        {"responden_id": f"R-{period}-{home}-{i}", "periode": period, "unit_id": home, "instrumen": "iklim"}
        | {"butir": name, "skor": score}
        for period, answers in waves.items()
        for home, people in answers.items()
        for i, scores in enumerate(people)
        for name, score in zip(items.get(period.replace("-", "_"), ITEMS), scores, strict=False)
    ]
    homes = ("U1", "U2")
    ids = [(f"{home}-{i}", home) for home in homes for i in range(staff)]
    tables: dict[str, list[dict[str, Any]]] = {
        "unit": [{"unit_id": home, "nama": home} for home in homes],
        "pegawai": [{"pegawai_id": who, "unit_id": home} for who, home in ids],
        "penilaian": [
            {"pegawai_id": who, "periode": "2025-S1", "unit_id": home, "predikat": "Baik"} for who, home in ids
        ],
        "survei": rows,
    }
    frames = {name: pd.DataFrame(part).astype("str") for name, part in tables.items() if part}
    data = Dataset({name: check_table(name, frame, locate=str) for name, frame in frames.items()})
    return build_scope(data, period="2025-S1", unit=unit)


def made(scope: Scope) -> tuple[Climate, dict[str, Any]]:
    found = build_climate(scope)
    assert found is not None
    return found, {row.key: row for row in found.table.itertuples()}


HIGH = [(5.0, 4.0), (4.0, 4.0), (3.0, 5.0), (4.0, 5.0), (5.0, 5.0), (2.0, 3.0)]
LOW = [(1.0, 2.0), (2.0, 2.0), (3.0, 1.0), (2.0, 3.0), (1.0, 1.0), (4.0, 2.0), (2.0, 2.0)]


def test_the_score_is_what_was_possible_in_per_cent() -> None:
    climate, rows = made(survey({"2025-S1": {"U1": HIGH, "U2": LOW}}))
    means = np.array([np.mean(scores) for scores in HIGH])
    assert climate.scale == (1.0, 5.0)
    assert (rows["score"].value, rows["score"].n) == (pytest.approx(100 * (means.mean() - 1) / 4), 6)
    level = mean_interval((means - 1) * 25)
    assert (rows["score"].conf_low, rows["score"].conf_high) == pytest.approx((level.conf_low, level.conf_high))
    every = np.array([np.mean(scores) for scores in [*HIGH, *LOW]])
    assert (rows["agency"].value, rows["agency"].n) == (pytest.approx(25 * (every.mean() - 1)), 13)
    assert (climate.response, climate.asked, climate.why) == (15.0, 40, "Belum ada survei sebelumnya.")


def test_the_change_is_in_points_of_the_score() -> None:
    climate, rows = made(survey({"2024-S1": {"U1": LOW, "U2": LOW}, "2025-S1": {"U1": HIGH, "U2": LOW}}))
    gap = np.mean(HIGH) - np.mean(LOW)
    assert str(climate.since) == "2024-S1"
    assert (rows["change"].value, rows["change"].n) == (pytest.approx(25 * gap), 13)
    assert rows["change"].conf_low < 25 * gap < rows["change"].conf_high


@pytest.mark.parametrize(
    ("before", "items", "why"),
    [
        ({"U1": LOW[:4], "U2": LOW}, {}, "Data Semester I 2024 menyangkut kurang dari 5 orang."),
        ({"U2": LOW}, {}, "Unit ini tidak ikut survei Semester I 2024."),
        ({"U1": LOW, "U2": LOW}, {"2024_S1": ("X1", "X2")}, "Butir survei berganti sejak Semester I 2024."),
    ],
)
def test_why_there_is_no_change(before: Answers, items: dict[str, Any], why: str) -> None:
    climate, rows = made(survey({"2024-S1": before, "2025-S1": {"U1": HIGH, "U2": LOW}}, **items))
    assert "change" not in rows
    assert climate.why == why


def test_agreement_is_that_of_the_estimator() -> None:
    scope = survey({"2025-S1": {"U1": HIGH, "U2": LOW}})
    _climate, rows = made(scope)
    frame = pd.DataFrame([*HIGH, *LOW], columns=list(ITEMS)).assign(unit=["U1"] * 6 + ["U2"] * 7)
    known = estimate_agreement(frame, group="unit", items=ITEMS, null_variance=2.0)
    by_group = known.diagnostics["by_group"].set_index("group")
    assert rows["agreement"].value == pytest.approx(by_group.loc["U1", "rwg"])
    assert rows["agreement"].conf_low < rows["agreement"].value < rows["agreement"].conf_high
    table = known.table.set_index("term")
    for term in ("icc1", "icc2"):
        assert rows[term].value == pytest.approx(table.loc[term, "estimate"])
    _agency, rows = made(survey({"2025-S1": {"U1": HIGH, "U2": LOW}}, unit=None))
    assert rows["mean_agreement"].value == pytest.approx(by_group["rwg"].mean())
    assert {"agreement", "agency"}.isdisjoint(rows)


def test_agreement_by_hand() -> None:
    """Variances 1 and 1/3, mean 2/3, a third of 2: rwg(j) = 2 x 2/3 / (2 x 2/3 + 1/3) = 0.8."""
    frame = pd.DataFrame({"a": [4.0, 4.0, 4.0, 2.0], "b": [4.0, 4.0, 5.0, 5.0]})
    assert measure_agreement(frame, 2.0).value == pytest.approx(0.8)
    assert measure_agreement(pd.DataFrame({"a": [1.0, 5.0] * 3}), 2.0).value == 0.0
    assert np.isnan(measure_agreement(pd.DataFrame({"a": [3.0] * 5}), 2.0).conf_low)


@given(st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=5, max_size=20))
def test_agreement_lies_between_its_ends_and_in_0_to_1(answers: list[tuple[int, ...]]) -> None:
    level = measure_agreement(pd.DataFrame(answers, dtype="float64"), 2.0)
    assert 0 <= level.value <= 1
    if not np.isnan(level.conf_low):
        assert 0 <= level.conf_low <= level.value + 1e-12
        assert level.value <= level.conf_high + 1e-12 <= 1 + 2e-12


def test_under_five_who_answered_are_nowhere() -> None:
    climate, rows = made(survey({"2025-S1": {"U1": HIGH[:4], "U2": LOW}}))
    assert climate.hidden
    assert rows == {}
    assert climate.response is None


def test_few_others_are_not_given_back_by_the_agency() -> None:
    _climate, rows = made(survey({"2025-S1": {"U1": HIGH, "U2": LOW[:3]}}))
    assert "agency" not in rows
    assert {"icc1", "icc2"}.isdisjoint(rows)


@pytest.mark.parametrize(("staff", "told"), [(9, False), (6, True), (5, False), (11, True)])
def test_few_who_did_not_answer_are_not_told(staff: int, told: bool) -> None:
    climate, _rows = made(survey({"2025-S1": {"U1": HIGH, "U2": LOW}}, staff=staff))
    assert (climate.response is not None) == told


def test_all_answers_alike_have_no_scale() -> None:
    climate, rows = made(survey({"2025-S1": {"U1": [(3.0, 3.0)] * 6, "U2": [(3.0, 3.0)] * 6}}))
    assert climate.hidden
    assert rows == {}


def test_without_answers_there_is_no_climate() -> None:
    assert build_climate(survey({})) is None
    assert build_climate(survey({"2025-S1": {"U2": LOW}})) is None
    assert build_climate(survey({"2025-S2": {"U1": LOW}})) is None


def test_answers_that_are_missing_leave_the_score() -> None:
    agency = build_agency(people=300, units=3, periods=2)
    rows = agency["survei"].copy()
    rows.loc[rows.index[:40:7], "skor"] = np.nan
    before = rows.copy()
    scope = build_scope(Dataset({**agency.tables, "survei": rows}))
    _climate, found = made(scope)
    answered = rows.dropna(subset=["skor"])
    last = answered[answered["periode"] == answered["periode"].max()]
    assert found["score"].n == last["responden_id"].nunique()
    pd.testing.assert_frame_equal(rows, before)
