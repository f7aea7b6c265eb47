"""What a study of performance looks at: each number by hand, and where there is too little to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from kinerja_lib.errors import DataError
from kinerja_lib.estimate import Estimate, estimate_latent, estimate_regression
from kinerja_lib.studies import Study
from kinerja_lib.studies import value_checks as look

RNG = np.random.default_rng(8)


def build_rows(people: int = 60, periods: int = 4, units: int = 6, seed: int = 2) -> pd.DataFrame:
    """Return rows as a study has them: the first third starts in the period two, the others never."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"orang": np.repeat(range(people), periods), "waktu": np.tile(range(periods), people)})
    start = np.where(frame["orang"] < people // 3, 2, -1)
    own = rng.normal(size=people)[frame["orang"]]
    ikut = (start >= 0) & (frame["waktu"] >= start)
    return frame.assign(
        pegawai_id="P" + frame["orang"].astype("str"),
        unit_id="U" + (frame["orang"] % units).astype("str"),
        penilai="R" + (frame["orang"] % 9).astype("str"),
        mulai_ikut=start,
        ikut=ikut,
        kejadian=(frame["waktu"] - start).where(ikut, -1),
        skor=own + rng.normal(size=len(frame)),
        sumber_sama=0.0,
    )


def result(estimate: float, half: float) -> Estimate:
    fit = estimate_regression(pd.DataFrame({"y": [1.0, 2, 4, 3], "x": [0.0, 1, 3, 5]}), "y ~ x")
    row = fit.table.iloc[[1]].assign(estimate=estimate, conf_low=estimate - half, conf_high=estimate + half)
    return replace(fit, table=row.reset_index(drop=True))


def test_quota_is_the_ratio_of_mean_squares_by_hand() -> None:
    values = {"A": [1, 2, 3, 4, 5], "B": [2, 2, 3, 4, 4], "C": [1, 3, 3, 3, 6], "D": [2, 3, 4, 4, 5], "E": [9, 9, 9, 9]}
    rows = pd.DataFrame([(unit, 0, value) for unit, own in values.items() for value in own])
    rows.columns = pd.Index(["unit_id", "waktu", "skor"])
    check = look.check_quota(rows.astype({"skor": "float64"}))
    kept = [np.array(own, dtype=float) for unit, own in values.items() if unit != "E"]  # four people are no cell
    expected = stats.f_oneway(*kept)
    assert check.values["ratio"] == pytest.approx(expected.statistic)
    assert check.values["p_value"] == pytest.approx(1 - expected.pvalue)
    assert check.values["n"] == 20
    assert check.passed is True


def test_quota_needs_units_and_spread() -> None:
    rows = build_rows()
    assert look.check_quota(rows[rows["unit_id"].isin(["U1", "U2"]) & (rows["waktu"] == 0)]).passed is None
    assert look.check_quota(rows.assign(skor=1.0)).passed is None
    even = rows.assign(skor=rows["skor"] - rows.groupby(["waktu", "unit_id"])["skor"].transform("mean"))
    assert look.check_quota(even).passed is False


def test_quota_alarms_at_its_rate_without_one() -> None:
    alarms = sum(look.check_quota(build_rows(seed=seed)).passed is False for seed in range(100))
    assert alarms <= stats.binom.ppf(0.999, 100, look.DOUBT)


def test_reliability_is_the_correlation_with_the_next_period() -> None:
    rows = build_rows(periods=2)
    table = rows.pivot_table(index="pegawai_id", columns="waktu", values="skor")
    assert look.find_reliability(rows, "skor") == pytest.approx(np.corrcoef(table.T)[0, 1])
    assert np.isnan(look.find_reliability(rows[rows["waktu"] == 0], "skor"))
    assert np.isnan(look.find_reliability(rows.assign(skor=1.0), "skor"))
    assert np.isnan(look.find_reliability(rows[rows["orang"] < 4], "skor"))


def test_the_return_to_the_mean_by_hand() -> None:
    rows = build_rows()
    found = look.expect_return(rows, "skor")
    before = rows[~rows["ikut"]]
    means, spread = before.groupby("waktu")["skor"].mean(), before["skor"].std()
    own = rows[rows["orang"] < 20].pivot_table(index="orang", columns="waktu", values="skor")
    start, end = (own[1] - means[1]) / spread, (own[2] - means[2]) / spread
    assert found["start"] == pytest.approx(start.mean())
    assert found["gain"] == pytest.approx((end - start).mean())
    assert found["expected"] == pytest.approx(-(1 - found["reliability"]) * start.mean())
    assert found["remainder"] == pytest.approx(found["gain"] - found["expected"])
    low, high = stats.t.interval(0.95, 19, (end - start).mean(), stats.sem(end - start))
    assert_allclose([found["gain_low"], found["gain_high"]], [low, high])
    assert found["conf_low"] < found["reliability"] < found["conf_high"]
    assert found["n"] == 20
    assert look.expect_return(rows[(rows["orang"] > 15)], "skor") == {}  # four participants
    assert look.expect_return(rows.assign(skor=1.0), "skor") == {}


def test_shares_of_variance_add_up_and_find_what_is_there() -> None:
    rng = np.random.default_rng(3)
    n, periods = 900, 4
    frame = pd.DataFrame({"orang": np.repeat(range(n), periods), "waktu": np.tile(range(periods), n)})
    unit = frame["orang"] % 30
    rater = unit * 5 + rng.integers(0, 5, len(frame))
    parts = {"person": 0.5, "rater": 0.2, "unit": 0.1, "rest": 0.2}
    skor = (
        np.sqrt(0.5) * rng.normal(size=n)[frame["orang"]]
        + np.sqrt(0.2) * rng.normal(size=150)[rater]
        + np.sqrt(0.1) * rng.normal(size=30)[unit]
        + np.sqrt(0.2) * rng.normal(size=len(frame))
    )
    rows = frame.assign(
        pegawai_id=frame["orang"], unit_id="U" + unit.astype("str"), penilai=rater.astype("str"), skor=skor
    )
    found = look.split_variance(rows, "skor").set_index("source")
    assert found["share"].sum() == pytest.approx(1)
    for source, share in parts.items():
        assert found.loc[source, "conf_low"] - 0.05 < share < found.loc[source, "conf_high"] + 0.05
    assert found["conf_low"].min() >= 0
    assert found["conf_high"].max() <= 1
    assert look.split_variance(rows[rows["unit_id"].isin(["U1", "U2"])], "skor").empty


@pytest.mark.parametrize(
    ("first", "second", "half", "passed"),
    [(0.3, -0.5, 0.2, False), (0.3, -0.1, 0.2, True), (0.3, 0.5, 0.2, True), (-0.3, 0.5, 0.2, False)],
)
def test_the_second_contradicts_only_when_it_is_sure(first: float, second: float, half: float, passed: bool) -> None:
    check = look.check_second(result(first, 0.1), result(second, half))
    assert check.passed is passed
    assert check.values["estimate"] == second
    assert look.check_second(result(first, 0.1), None).passed is None


@pytest.mark.parametrize(("p_value", "passed"), [(0.04, False), (0.06, True), (np.nan, None), (None, None)])
def test_the_time_before_is_the_estimators_own_test(p_value: float | None, passed: bool | None) -> None:
    main = replace(result(0.1, 0.1), diagnostics={} if p_value is None else {"pre_trend_p": p_value})
    assert look.check_pre_trend(main).passed is passed


def test_the_coachs_share_of_ratings() -> None:
    rows = build_rows()
    half = rows.assign(sumber_sama=(rows["waktu"] == 2).astype(float))
    check = look.check_same_source(half, result(0.1, 0.1))
    assert check.values == {"share": 50.0, "n": 20.0}
    assert check.passed is True
    assert look.check_same_source(rows.assign(sumber_sama=1.0), result(0.1, 0.1)).passed is False


def rate(rows: pd.DataFrame) -> Estimate:
    codes = pd.cut(rows["skor"], [-99, -1, 1, 99], labels=["kurang", "cukup", "baik"])
    return estimate_latent(
        rows.assign(rating=codes),
        ratings="rating",
        event="semu",
        fixed="waktu",
        levels="mulai_ikut",
        cluster="pegawai_id",
    )


def test_a_dip_before_the_start_is_seen_and_a_steady_past_is_not() -> None:
    rows = build_rows(people=300, periods=6).assign(
        mulai_ikut=lambda d: np.where(d["orang"] < 100, 4, -1),
        ikut=lambda d: (d["orang"] < 100) & (d["waktu"] >= 4),
    )
    trend, dip = look.check_before(rows, rate)
    assert (trend.name, trend.passed, dip.name, dip.passed) == ("pre_trend", True, "dip", True)
    low = rows.assign(skor=rows["skor"] - 1.2 * ((rows["orang"] < 100) & (rows["waktu"] == 3)))
    trend, dip = look.check_before(low, rate)
    assert (trend.passed, dip.passed) == (False, False)
    assert dip.values["conf_high"] < 0
    assert dip.values["n"] == 100
    high = rows.assign(skor=rows["skor"] + 1.2 * ((rows["orang"] < 100) & (rows["waktu"] == 3)))
    trend, dip = look.check_before(high, rate)
    assert (trend.passed, dip.passed) == (False, True)  # a rise is no dip, yet no parallel past


def test_without_a_past_the_checks_are_left_open() -> None:
    rows = build_rows()
    assert [check.passed for check in look.check_before(rows[rows["waktu"] > 1], rate)] == [None, None]

    def fail(_part: pd.DataFrame) -> Estimate:
        raise DataError("tidak ada")

    long = build_rows(periods=6).assign(mulai_ikut=lambda d: np.where(d["orang"] < 20, 4, -1), ikut=False)
    assert [check.passed for check in look.check_before(long, fail)] == [None, None]


class Kind:
    ordinal = True
    columns = ("skor",)


def test_colleagues_who_change_with_their_unit_are_seen() -> None:
    rows = build_rows(people=600, units=20, seed=4)
    begun = rows["unit_id"].str[1:].astype(int) < 10
    rows = rows.assign(mulai_ikut=np.where(begun & (rows["orang"] < 150), 2, -1))
    rows["ikut"] = (rows["mulai_ikut"] >= 0) & (rows["waktu"] >= 2)
    check = look.check_spillover(rows, Kind)
    assert check is not None
    assert check.passed is True
    assert check.blocking is False
    lifted = rows.assign(skor=rows["skor"] + 1.0 * (begun & (rows["waktu"] >= 2) & ~rows["ikut"]))
    found = look.check_spillover(lifted, Kind)
    assert found is not None
    assert found.passed is False
    assert found.values["conf_low"] > 0
    few = look.check_spillover(rows[rows["unit_id"].isin(["U1", "U2", "U3"])], Kind)
    assert few is not None
    assert few.passed is None


def test_robustness_is_that_of_the_regression_with_person_and_period() -> None:
    rows = build_rows()
    found = look.find_robustness(rows, "skor")
    assert set(found) == {"rv", "rv_alpha", "n"}
    assert 0 <= found["rv_alpha"] <= found["rv"] < 1
    assert found["n"] == len(rows)
    assert look.find_robustness(rows.assign(ikut=False), "skor") == {}
    strong = look.find_robustness(rows.assign(skor=rows["skor"] + 3.0 * rows["ikut"]), "skor")
    assert strong["rv"] > found["rv"]


def test_plain_means_differ_by_hand() -> None:
    rows = build_rows()
    row = look.compare_means(rows, "skor").iloc[0]
    assert row["estimate"] == pytest.approx(
        rows.loc[rows["ikut"], "skor"].mean() - rows.loc[~rows["ikut"], "skor"].mean()
    )


def test_limits_name_the_missing_comparison_first() -> None:
    assert "Tanpa pembanding" in look.say_limits(Study("value", design="pre_post"))[0]
    assert all("Tanpa pembanding" not in text for text in look.say_limits(Study("value", design="comparative")))
