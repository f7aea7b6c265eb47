"""Small statistics: by hand, against statsmodels, and where there is nothing to compute."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import proportion_confint

from kinerja_lib.intervals import (
    change_interval,
    cluster_share_interval,
    mean_difference,
    mean_interval,
    mean_intervals,
    rate_interval,
    share_difference,
    share_interval,
    share_intervals,
)


def test_a_mean_by_hand() -> None:
    level = mean_interval(pd.Series([90.0, 94.0, 98.0, np.nan]))
    assert (level.value, level.n) == (94.0, 3)
    # t(0.975, 2) = 4.30265273; sd 4 / sqrt 3
    assert level.conf_high - level.value == pytest.approx(4.30265273 * 4 / 3**0.5, abs=1e-7)


@pytest.mark.parametrize(("values", "n"), [([], 0), ([3.0], 1), ([3.0, 3.0], 2)])
def test_one_value_or_no_spread_has_no_interval(values: list[float], n: int) -> None:
    level = mean_interval(np.array(values))
    assert level.n == n
    assert np.isnan([level.conf_low, level.conf_high]).all()
    assert np.isnan(level.value) == (n == 0)


@given(st.integers(1, 400), st.data())
def test_a_share_is_wilsons(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    level = share_interval(k, n)
    low, high = proportion_confint(k, n, method="wilson")
    # two ways of writing one formula: equal to rounding of doubles
    assert (level.conf_low, level.conf_high) == pytest.approx((100 * low, 100 * high), abs=1e-9)
    assert 0 <= level.conf_low <= level.value + 1e-9
    assert level.value <= level.conf_high + 1e-9 <= 100 + 1e-9


def test_a_share_of_nobody_is_missing() -> None:
    assert share_interval(0, 0).n == 0
    assert np.isnan(share_interval(0, 0).value)


# Newcombe (1998), Statistics in Medicine 17: 873, table II, method 10 (ends printed with four decimals)
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        ((56, 48), (70, 80), 0.0524, 0.3339),
        ((9, 3), (10, 10), 0.1705, 0.8090),
        ((10, 0), (10, 10), 0.6075, 1.0),
        ((0, 0), (10, 10), -0.2775, 0.2775),
    ],
)
def test_a_difference_of_shares_is_newcombes(k: tuple[int, int], n: tuple[int, int], low: float, high: float) -> None:
    level = share_difference(k, n)
    assert level.value == pytest.approx(100 * (k[0] / n[0] - k[1] / n[1]))
    assert (level.conf_low, level.conf_high) == pytest.approx((100 * low, 100 * high), abs=0.006)
    assert level.n == sum(n)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_a_difference_of_shares_turned_round_has_its_signs_turned(n: int, m: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    there, back = share_difference((a, b), (n, m)), share_difference((b, a), (m, n))
    assert (there.value, there.conf_low, there.conf_high) == pytest.approx(
        (-back.value, -back.conf_high, -back.conf_low), abs=1e-9
    )
    assert -100 - 1e-9 <= there.conf_low <= there.value + 1e-9 <= there.conf_high + 2e-9 <= 100 + 1e-8


def test_a_difference_with_an_empty_group_is_missing() -> None:
    assert np.isnan(share_difference((1, 0), (4, 0)).value)
    assert np.isnan(mean_difference(np.array([1.0]), np.array([])).value)


def test_a_difference_of_means_is_welchs() -> None:
    first, second = np.array([90.0, 94.0, 98.0, np.nan]), np.array([80.0, 81.0, 85.0, 86.0])
    level = mean_difference(first, second)
    assert (level.value, level.n) == (11.0, 7)
    known = ttest_ind(first[:3], second, equal_var=False).confidence_interval(0.95)
    assert (level.conf_low, level.conf_high) == pytest.approx((known.low, known.high))
    assert np.isnan(mean_difference(np.array([2.0, 2.0]), np.array([1.0, 1.0])).conf_low)
    assert np.isnan(mean_difference(np.array([2.0]), np.array([1.0, 3.0])).conf_low)


@pytest.mark.parametrize(("k", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_a_rate_is_garwoods(k: int, low: float, high: float) -> None:
    """The ends for counts as printed in tables of the Poisson distribution."""
    level = rate_interval(k, 50.0, 55)
    assert (level.value, level.n) == (2.0 * k, 55)
    assert (level.conf_low, level.conf_high) == pytest.approx((2 * low, 2 * high), abs=2e-4)


def test_a_rate_without_time_is_missing() -> None:
    assert np.isnan(rate_interval(0, 0.0, 3).value)


def frames(seed: int, stay: int, leave: int, join: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    lasting = rng.normal(0, 3, stay + leave + join)
    people = np.array([f"P{i}" for i in range(stay + leave + join)])
    then, now = np.r_[0 : stay + leave], np.r_[0:stay, stay + leave : stay + leave + join]
    return tuple(  # type: ignore[return-value]
        pd.DataFrame({"person": people[at], "value": 90 + lasting[at] + rng.normal(extra, 1, len(at))})
        for at, extra in ((then, 0.0), (now, 0.5))
    )


@pytest.mark.parametrize(("stay", "leave", "join"), [(30, 5, 4), (0, 8, 9), (12, 0, 0)])
def test_a_change_is_the_clustered_regression(stay: int, leave: int, join: int) -> None:
    before, after = frames(1, stay, leave, join)
    copies = before.copy(), after.copy()
    change = change_interval(before, after)
    both = pd.concat([before.assign(post=0.0), after.assign(post=1.0)], ignore_index=True)
    codes = pd.factorize(both["person"])[0]
    fit = sm.OLS(both["value"], sm.add_constant(both[["post"]])).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    low, high = fit.conf_int().loc["post"]
    # the same closed form: equal to rounding of doubles
    assert change.value == pytest.approx(fit.params["post"], abs=1e-10)
    assert (change.conf_low, change.conf_high) == pytest.approx((low, high), abs=1e-9)
    assert change.n == stay + leave + join
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])


def test_people_in_both_periods_make_a_change_more_certain() -> None:
    before, after = frames(2, 40, 0, 0)
    strangers = after.assign(person=[f"Q{i}" for i in range(len(after))])
    same, other = change_interval(before, after), change_interval(before, strangers)
    assert same.value == other.value
    assert same.conf_high - same.conf_low < other.conf_high - other.conf_low


def test_a_change_without_spread_or_side_has_no_interval() -> None:
    one = pd.DataFrame({"person": ["a", "b"], "value": [3.0, 3.0]})
    assert change_interval(one, one).value == 0
    assert np.isnan(change_interval(one, one).conf_low)
    assert np.isnan(change_interval(one.iloc[:0], one).value)
    assert np.isnan(change_interval(one.iloc[:1], one).conf_low)


def test_groups_at_once_give_what_each_gives_alone() -> None:
    frame = pd.DataFrame({"g": pd.Categorical(list("aabbbc"), list("abcd")), "v": [1.0, 2, 3, 3, 3, 5]})
    table = mean_intervals(frame, "g", "v")
    assert list(table.index) == list("abcd")
    assert table["n"].tolist() == [2, 3, 1, 0]
    alone = mean_interval(frame.loc[frame["g"] == "a", "v"])
    assert table.loc["a", "conf_low"] == pytest.approx(alone.conf_low)
    assert table.loc[["b", "c", "d"], ["conf_low", "conf_high"]].isna().all(axis=None)
    shares = share_intervals(pd.Series([5, 0]), pd.Series([10, 0]))
    assert shares["value"].tolist()[0] == 50
    assert shares.iloc[1].isna().all()


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_with_one_case_each_clusters_change_nothing(outcomes: list[bool]) -> None:
    found = cluster_share_interval(np.array(outcomes, dtype=int), np.ones(len(outcomes), dtype=int))
    wanted = share_interval(sum(outcomes), len(outcomes))
    assert [found.value, found.conf_low, found.conf_high] == pytest.approx(
        [wanted.value, wanted.conf_low, wanted.conf_high]
    )
    assert found.n == wanted.n


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_an_interval_of_clusters_holds_its_value_and_is_never_narrower_than_that_of_the_cases(
    pairs: list[tuple[int, int]],
) -> None:
    k, m = np.array([min(p) for p in pairs], dtype=int), np.array([max(p) for p in pairs], dtype=int)
    found = cluster_share_interval(k, m)
    assert found.n == int((m > 0).sum())
    if found.n:
        assert 0 <= found.conf_low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.conf_high <= 100
        cases = share_interval(int(k.sum()), int(m.sum()))
        assert found.conf_high - found.conf_low >= cases.conf_high - cases.conf_low - 1e-9
