"""The study of retention: planted truth, every step by hand, and data that cannot say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.schema import Dataset
from kinerja_lib.studies import Study, StudyPlan, study_retention
from kinerja_lib.studies import retention as own
from kinerja_lib.studies.leaving import choose_landmark, choose_times, count_exits, follow_from
from kinerja_lib.studies.reasons import CHECKS
from kinerja_lib.studies.verdict import interval_at
from kinerja_lib.synth import Effects, build_agency

SEEDS = 20
FIRST, LAST = "2022-S2", "2025-S1"


@pytest.fixture(scope="module")
def without_effect() -> list[Study]:
    effects = Effects(coaching_exit=0)
    return [study_retention(build_agency(seed=seed, effects=effects)) for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def agency() -> Dataset:
    return build_agency(seed=2)


@pytest.fixture(scope="module")
def study(agency: Dataset) -> Study:
    return study_retention(agency)


def change(data: Dataset, **tables: pd.DataFrame | None) -> Dataset:
    """Return the data with tables replaced, or left out where None."""
    kept = {name: frame for name, frame in {**data.tables, **tables}.items() if frame is not None}
    return replace(data, tables=kept)


def rows(study: Study, role: str) -> pd.DataFrame:
    return study.table[study.table["role"] == role]


def test_without_an_effect_nothing_is_supported_where_the_naive_answer_always_alarms(
    without_effect: list[Study],
) -> None:
    found = pd.concat([one.headline for one in without_effect])
    naive = pd.concat([rows(one, "naive") for one in without_effect])
    assert len(found) == len(naive) == SEEDS
    covered = int(((found["conf_low"] < 0) & (found["conf_high"] > 0)).sum())
    assert stats.binom.cdf(covered, SEEDS, 0.95) > 0.01
    assert (naive["conf_high"] < 0).all()
    assert sum(one.verdict == "supported" for one in without_effect) <= 1


def test_estimates_scatter_as_their_errors_say(without_effect: list[Study]) -> None:
    found = pd.concat([one.headline for one in without_effect])
    z = found["estimate"] / found["std_error"]
    assert stats.chi2.cdf(float((z**2).sum()), SEEDS) == pytest.approx(0.5, abs=0.49)
    assert abs(float(z.mean())) * SEEDS**0.5 < 2.6


def test_a_large_effect_is_found() -> None:
    effects = Effects(coaching_exit=-1.0)
    found = study_retention(build_agency(people=5000, units=20, seed=7, effects=effects))
    row = found.headline.iloc[0]
    assert found.verdict == "supported"
    assert row["conf_low"] < found.truth["headline"] < row["conf_high"] < 0
    assert found.truth["headline"] == -1.0


def test_harm_is_contradicted() -> None:
    found = study_retention(build_agency(people=5000, units=20, seed=7, effects=Effects(coaching_exit=0.7)))
    assert found.verdict == "contradicted"
    assert rows(found, "second")["conf_low"].iloc[0] > 0


def test_the_table_holds_every_answer_with_interval_unit_and_n(study: Study, agency: Dataset) -> None:
    assert study.table["role"].tolist() == ["main", "second", "naive"]
    assert study.table["headline"].tolist() == [True, False, False]
    assert study.table["naive"].tolist() == [False, False, True]
    assert study.table[["estimate", "std_error", "conf_low", "conf_high", "n"]].notna().all().all()
    assert study.table["unit"].nunique() == 3
    assert (study.table["term"] == "coaching").all()
    assert (study.table["n"] <= len(agency["pegawai"])).all()  # people, not rows
    assert study.better == -1
    assert {check.name for check in study.checks} == {"overlap", "proportional", "second", "sensitivity"} <= set(CHECKS)
    json.dumps(study.to_json(), allow_nan=False)


def test_the_second_estimator_is_per_hundred_people_and_period(study: Study) -> None:
    assert study.second is not None
    row = rows(study, "second").iloc[0]
    assert -100 < row["conf_low"] < row["conf_high"] < 100
    # a hazard of about two of a hundred in half a year, times the change that the headline tells
    change_of_hazard = np.exp(study.headline["estimate"].iloc[0]) - 1
    assert row["estimate"] == pytest.approx(1.8 * change_of_hazard, abs=row["conf_high"] - row["estimate"])


def test_only_coaching_has_a_planted_headline(agency: Dataset) -> None:
    found = study_retention(agency, StudyPlan(programme="mentoring"))
    assert found.programme == "mentoring"
    assert "headline" not in found.truth
    assert found.truth["coaching_exit"] == -0.4


def test_data_are_not_changed(agency: Dataset) -> None:
    before = {name: frame.copy() for name, frame in agency.tables.items()}
    study_retention(agency)
    for name, frame in agency.tables.items():
        assert_frame_equal(frame, before[name])


# Steps by hand


def people(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_the_naive_answer_by_hand() -> None:
    # 5 of 20 who took part left, 20 of 40 who did not: 25 less 50 of a hundred
    ever = [True] * 20 + [False] * 40
    left = [True] * 5 + [False] * 15 + [True] * 20 + [False] * 20
    row = own._estimate_naive(people(pernah=ever, keluar=left), "coaching").iloc[0]
    assert row["estimate"] == -25.0
    assert row["std_error"] == pytest.approx(100 * (0.25 * 0.75 / 20 + 0.5 * 0.5 / 40) ** 0.5)
    assert row["n"] == 60


@pytest.mark.parametrize(("left", "stayed"), [(4, 16), (16, 4)])
def test_the_naive_answer_hides_small_parts(left: int, stayed: int) -> None:
    ever = [True] * (left + stayed) + [False] * 40
    leave = [True] * left + [False] * stayed + [True] * 20 + [False] * 20
    assert own._estimate_naive(people(pernah=ever, keluar=leave), "coaching").empty


def test_what_could_be_seen_by_hand() -> None:
    # two periods of equal length: nobody treated in the first, half in the second, 200 exits
    n = 100
    frame = people(
        pegawai_id=[*range(n)] * 2, periode=["A"] * n + ["B"] * n, ikut=[0.0] * n + [1.0, 0.0] * (n // 2),
        entry=[0] * n + [10] * n, stop=[10] * n + [20] * n, keluar=True,
    )  # fmt: skip
    found = own.plan_exits(frame)
    assert (found["events"], found["n_treated"], found["n_control"]) == (200.0, 50.0, 50.0)
    assert found["smallest"] == pytest.approx(np.log(1.25))
    # at the detectable fall, one part in 1 + exp(fall) of the exits of the second period is after the start
    after = 1 / (1 + np.exp(found["effect"]))
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert found["effect"] * (100 * after * (1 - after)) ** 0.5 == pytest.approx(z, abs=0.06)  # exits are whole


def test_schoenfeld_s_number_of_events() -> None:
    # 4 (z_alpha + z_power)^2 / log(HR)^2 with half of the time treated: about 631 for a fifth fewer
    events = 4 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 / np.log(0.8) ** 2
    assert events == pytest.approx(630.5, abs=0.5)
    half = np.array([0.5])
    for times in (1, 4, 16):  # four times the exits show half the fall; whole exits make it coarse
        falls = np.array([own.SMALLEST]) / times**0.5
        assert own.find_power(np.array([times * events]), half, falls, 0.05)[0] == pytest.approx(0.8, abs=0.02)


def test_power_is_the_share_of_draws_whose_interval_lies_below_zero() -> None:
    exits, share, fall = np.array([150.0, 50.0]), np.array([0.2, 0.2]), 0.8
    odds = 0.2 * np.exp(-fall) / (0.8 + 0.2 * np.exp(-fall))
    drawn = np.random.default_rng(1).binomial(200, odds, 20_000)
    drawn = np.maximum(drawn, 1)
    estimate = np.log(drawn / (200 - drawn)) - np.log(0.2 / 0.8)
    below = (estimate + 1.959964 * (1 / drawn + 1 / (200 - drawn)) ** 0.5 < 0) & (drawn >= 5)
    found = own.find_power(exits, share, np.array([fall]), 0.05)[0]
    assert found == pytest.approx(below.mean(), abs=0.015)


def test_too_few_exits_after_the_start_reach_no_power_at_any_fall() -> None:
    frame = people(pegawai_id=range(20), periode="A", ikut=np.arange(20) % 2 * 1.0, entry=0, stop=5, keluar=True)
    found = own.plan_exits(frame)
    assert "effect" not in found
    assert found["power"] < 0.1


def test_the_landmark_needs_people_on_both_sides_and_time_to_follow_them() -> None:
    periods = people(periode=["A", "B", "C"], start=[0.0, 10.0, 20.0], end=[10.0, 20.0, 30.0])
    # nobody has begun at 0; at 10 one of four has, 20 days left (15); at 20 two of three have, 10 days left (6.7)
    frame = people(entry=[0.0] * 4, stop=[30.0, 30.0, 30.0, 15.0], begins=[10.0, 20.0, np.nan, np.nan])
    assert choose_landmark(frame, periods) == 10.0
    # without the early starter only 20 is left
    assert choose_landmark(frame.assign(begins=[np.nan, 20.0, np.nan, np.nan]), periods) == 20.0


def test_who_is_followed_from_the_landmark() -> None:
    frame = people(
        entry=[0.0, 0.0, 0.0, 12.0], stop=[9.0, 375.25, 40.0, 50.0], begins=[np.nan, 5.0, 20.0, np.nan],
        alasan=["mutasi", "mutasi", "pensiun", None], keluar=[True, True, False, False],
    )  # fmt: skip
    found = follow_from(frame, 10.0)
    # gone before it, or not there yet: out; began after it: not yet
    assert found["kelompok"].tolist() == ["sudah", "belum"]
    assert found["sebab"].tolist() == ["sukarela", "pensiun"]
    assert found["lama"].tolist() == [1.0, 30 / 365.25]


def states(**columns: object) -> pd.DataFrame:
    n = 40
    base = {"pegawai_id": range(n), "ikut": np.arange(n) % 2 * 1.0, "keluar": np.arange(n) < 20}
    return pd.DataFrame({**base, **columns})


def test_terms_are_known_varying_and_no_more_than_the_exits_bear() -> None:
    n = np.arange(40.0)
    frame = states(usia=n, pppk=n % 4 // 2, perempuan=1.0, masa_kerja=np.where(n < 5, np.nan, n), x_a=n**2, x_b=-(n**3))
    found = own._choose_rows(frame, frame)
    # 20 exits bear four terms with the programme's own; perempuan does not vary, masa_kerja is known of 35 of 40 only
    assert found.terms == ("usia", "pppk", "x_a")
    assert list(found.dropped.values()) == [1]
    assert len(found.states) == 40


def test_people_of_a_kind_that_never_leaves_are_left_out_of_both_models() -> None:
    frame = states(pppk=np.where(np.arange(40) >= 30, 1.0, 0.0), usia=np.arange(40.0))
    found = own._choose_rows(frame, frame)
    assert found.terms == ("usia",)
    assert found.states["pegawai_id"].max() == found.periods["pegawai_id"].max() == 29
    assert list(found.dropped.values()) == [10]


def test_people_with_a_missing_covariate_are_counted() -> None:
    age = np.arange(40.0)
    age[[38, 39]] = np.nan
    found = own._choose_rows(states(usia=age), states(usia=age))
    assert list(found.dropped.values()) == [2]
    assert len(found.states) == 38


def test_overlap_is_the_distance_in_standard_deviations() -> None:
    near, far = (
        own._Rows(states(usia=np.tile([0.0, 0.0 + gap, 2.0, 2.0 + gap], 10)), states(), ("usia",), {})
        for gap in (0.5, 4.0)
    )
    check = own._check_overlap(near)
    spread = np.std(np.tile([0.0, 2.0], 10), ddof=1)
    assert check.values["distance"] == pytest.approx(0.5 / spread)
    assert check.passed
    assert own._check_overlap(far).passed is False
    assert own._check_overlap(replace(near, terms=())).passed is None


def test_exits_by_reason_hide_what_is_small() -> None:
    frame = pd.DataFrame({
        "alasan": ["mutasi"] * 30 + ["pensiun"] * 20 + ["meninggal"] * 3 + ["mutasi"] * 12 + [None] * 9,
        "ikut": [0.0] * 53 + [1.0] * 12 + [0.0] * 9,
    })  # fmt: skip
    table = count_exits(frame).set_index("reason")
    assert table.index.tolist() == ["pensiun", "mutasi", "meninggal"]
    # three deaths, and the next smallest so that the total gives nothing back
    assert table["before"].isna().tolist() == [True, False, True]
    assert table.loc[["mutasi"]].to_numpy().tolist() == [[30, 12]]
    assert table.loc["meninggal", "after"] == 0


def test_detail_holds_back_exits_that_another_count_gives_away() -> None:
    shown = hidden = 0
    for seed in range(6):
        found = study_retention(build_agency(seed=seed))
        if "exits" not in found.detail:
            hidden += 1
            continue
        shown += 1
        table = found.detail["exits"]
        counts = pd.concat([table["before"], table["after"]]).dropna()
        assert not counts.between(1, 4).any()
    assert shown
    assert hidden


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 8), st.booleans()), min_size=12, max_size=80),
    st.integers(1, 8),
)
def test_no_two_times_that_are_told_give_one_to_four_exits_back(rows: list[tuple[bool, int, bool]], many: int) -> None:
    frame = pd.DataFrame(rows, columns=["sudah", "lama", "keluar"]).loc[lambda d: d.index.repeat(many)]
    frame = frame.assign(kelompok=np.where(frame["sudah"], "sudah", "belum")).reset_index(drop=True)
    times = choose_times(frame, np.arange(0.0, 9.0))
    assert times == sorted(set(times))
    told = [0.0, *times]
    for group in ("belum", "sudah"):
        left = frame[(frame["kelompok"] == group) & frame["keluar"]]["lama"]
        counts = [int((left <= time).sum()) for time in told]
        steps = [later - first for at, first in enumerate(counts) for later in counts[at + 1 :]]
        assert not any(0 < step < 5 for step in steps)


def test_those_under_observation_are_told_in_tens_and_no_exits_are_counted() -> None:
    found = study_retention(build_agency(seed=1)).detail["incidence"]
    assert (found.diagnostics["at_risk"]["n_risk"] % 10 == 0).all()
    assert "n_event" not in found.diagnostics["at_risk"]
    assert "events" not in found.diagnostics


def test_the_level_of_the_plan_narrows_the_interval(study: Study) -> None:
    assert study.pooled is not None
    row = study.headline.iloc[0]
    main = study.pooled.table.iloc[0]
    same, narrow = interval_at(main, np.inf, 0.05), interval_at(main, np.inf, 0.5)
    assert same["conf_low"] == pytest.approx(row["conf_low"])
    assert same["conf_high"] == pytest.approx(row["conf_high"])
    assert row["conf_low"] < narrow["conf_low"] < narrow["conf_high"] < row["conf_high"]


# Data that cannot say


def leave_out(data: Dataset, table: str, *columns: str) -> Dataset:
    return change(data, **{table: data[table].drop(columns=list(columns))})


def coach(data: Dataset, starts: pd.Series) -> Dataset:
    """Return the data with one coaching event for each person of the index of `starts`, on that day."""
    events = pd.DataFrame({
        "kegiatan_id": [f"K{i}" for i in range(len(starts))], "pegawai_id": pd.Series(starts.index, dtype="str"),
        "jenis": pd.Categorical(["coaching"] * len(starts), categories=data["kegiatan"]["jenis"].cat.categories),
        "mulai": pd.to_datetime(starts.to_numpy()),
    })  # fmt: skip
    return change(data, kegiatan=events)


def everybody(data: Dataset, day: str) -> pd.Series:
    return pd.Series(day, index=data["pegawai"]["pegawai_id"])


def nobody_leaves(data: Dataset) -> Dataset:
    staff = data["pegawai"].copy()
    staff["tanggal_keluar"] = pd.NaT
    staff["alasan_keluar"] = pd.Series(None, index=staff.index, dtype=staff["alasan_keluar"].dtype)
    return change(data, pegawai=staff)


def without_dates(data: Dataset) -> Dataset:
    staff = data["pegawai"].copy()
    staff["tanggal_keluar"] = pd.NaT
    return change(data, pegawai=staff)


BAD: dict[str, tuple[Callable[[Dataset], Dataset], StudyPlan, tuple[str, ...]]] = {
    "no people": (lambda d: change(d, pegawai=None), StudyPlan(), ("no_people",)),
    "no events": (lambda d: change(d, kegiatan=None), StudyPlan(), ("no_events",)),
    "no appraisals": (lambda d: change(d, penilaian=None), StudyPlan(), ("no_presence",)),
    "no dates of exits": (without_dates, StudyPlan(), ("no_dates",)),
    "no column of dates": (lambda d: leave_out(d, "pegawai", "tanggal_keluar"), StudyPlan(), ("no_dates",)),
    "no reasons": (lambda d: leave_out(d, "pegawai", "alasan_keluar"), StudyPlan(), ("no_dates",)),
    "nobody leaves": (nobody_leaves, StudyPlan(), ("few_exits",)),
    "nobody treated": (
        lambda d: coach(d, everybody(d, "2023-01-01").iloc[:50]),
        StudyPlan(programme="mentoring"),
        ("no_treated",),
    ),
    "everybody treated before": (lambda d: coach(d, everybody(d, "2015-01-01")), StudyPlan(), ("no_comparison",)),
    "all at once": (
        lambda d: coach(d, everybody(d, "2023-08-01")),
        StudyPlan(),
        ("all_at_once", "before_after"),
    ),
    "one period": (lambda d: d, StudyPlan(first_period=LAST, last_period=LAST), ("one_period",)),
    "in the last period alone": (lambda d: coach(d, everybody(d, "2025-02-01").iloc[:99]), StudyPlan(), ("no_after",)),
    "few treated": (lambda d: coach(d, everybody(d, "2023-02-01").iloc[:4]), StudyPlan(), ("few_people",)),
    "few treated leave": (lambda d: coach(d, everybody(d, "2023-02-01").iloc[:12]), StudyPlan(), ("few_exits",)),
    "no such unit": (lambda d: d, StudyPlan(units=("tidak ada",)), ("few_people",)),
}


@pytest.mark.parametrize("case", BAD)
def test_data_that_cannot_say_tell_why_and_show_no_number(agency: Dataset, case: str) -> None:
    make, plan, why = BAD[case]
    found = study_retention(make(agency), plan)
    assert found.verdict == "cannot_say"
    assert found.why == why
    assert found.table.empty
    assert not found.detail
    assert not found.checks
    assert not found.reach
    assert all(reason.endswith(".") for reason in found.reasons)
    json.dumps(found.to_json(), allow_nan=False)


def test_minimum_service_without_appointments_is_a_reason(agency: Dataset) -> None:
    found = study_retention(leave_out(agency, "pegawai", "tmt_cpns"), StudyPlan(minimum_service=2.0))
    assert found.verdict == "cannot_say"
    assert "tmt_cpns" in found.reasons[0]


def test_minimum_service_leaves_early_exits_out(agency: Dataset, study: Study) -> None:
    found = study_retention(agency, StudyPlan(minimum_service=1.0))
    assert found.reach["events"] < study.reach["events"]
    assert found.headline["n"].iloc[0] < study.headline["n"].iloc[0]
    assert len(found.limits) == len(study.limits) - 1


def test_bare_data_are_enough(agency: Dataset, study: Study) -> None:
    kept = ["pegawai_id", "unit_id", "tanggal_keluar", "alasan_keluar"]
    found = study_retention(change(agency, pegawai=agency["pegawai"][kept]))
    row, full = found.headline.iloc[0], study.headline.iloc[0]
    assert abs(row["estimate"] - full["estimate"]) < full["std_error"]
    overlap = found.check("overlap")
    assert overlap is not None
    assert overlap.passed is None


def test_an_unknown_reason_is_counted_and_no_voluntary_exit(agency: Dataset, study: Study) -> None:
    staff = agency["pegawai"].copy()
    chosen = staff.index[staff["alasan_keluar"] == "mutasi"][:8]
    staff.loc[chosen, "alasan_keluar"] = None
    found = study_retention(change(agency, pegawai=staff))
    assert found.reach["events"] <= study.reach["events"] - 7
    assert 8 in found.dropped.values()


def test_a_plan_of_some_units_or_one_status_keeps_to_them(agency: Dataset, study: Study) -> None:
    found = study_retention(agency, StudyPlan(status="PNS"))
    assert found.headline["n"].iloc[0] < study.headline["n"].iloc[0]
    assert found.pooled is not None
    assert "pppk" not in set(found.pooled.table["term"])
