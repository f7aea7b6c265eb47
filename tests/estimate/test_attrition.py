"""Lee bounds: by hand, against planted truth, and with bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import Estimate, bound_attrition, estimate_difference

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
CALL = {"outcome": "y", "treatment": "d", "observed": "s"}
HAND = pd.DataFrame(
    {"y": [1, 2, 3, 4, 2, 4, 3, np.nan, np.nan, np.nan], "d": [1] * 4 + [0] * 6, "s": [1] * 7 + [0] * 3}
)


def bounds(result: Estimate) -> tuple[float, float]:
    low, high = result.table["estimate"]
    return float(low), float(high)


def trial(seed: int, n: int = 800, effect: float = 0.5) -> pd.DataFrame:
    """Return a trial in which the treatment keeps some of the weakest in sight; who is always seen gains `effect`."""
    rng = np.random.default_rng(seed)
    d, ability = rng.integers(0, 2, n), rng.normal(size=n)
    seen = ability + rng.normal(size=n) > np.where(d == 1, -1.5, -0.6)
    y = np.where(seen, ability + effect * d + rng.normal(size=n), np.nan)
    return pd.DataFrame({"y": y, "d": d, "s": seen})


def test_bounds_by_hand() -> None:
    # shares 4/4 and 3/6: half of 1, 2, 3, 4 goes; 1.5 - 3 and 3.5 - 3
    result = bound_attrition(HAND, **CALL)
    assert bounds(result) == pytest.approx((-1.5, 0.5))
    assert result.diagnostics["trimmed_share"] == pytest.approx(0.5)
    assert result.diagnostics["trimmed_arm"] == 1
    # control: variance 1 over 3. trimmed: variance 1/2 of the two left, edge 1/2 from their mean, share lost 1/2,
    # both over 2; and the edge squared times the relative variance of the share, (1 - 1/2) / (6 / 2)
    trimmed = (1 / 2 + 1 / 4 * 1 / 2) / 2 + 1 / 4 * (1 / 2) / 3
    assert_allclose(result.table["std_error"], np.sqrt(1 / 3 + trimmed), **EXACT)


def test_a_part_of_the_last_value_is_trimmed() -> None:
    # shares 4/4 and 5/6: 4 * 5/6 = 3.333 of the four values stay
    frame = HAND.assign(y=[1, 2, 3, 4, 2, 4, 3, 1, 5, np.nan], s=[1] * 9 + [0])
    low, high = (1 + 2 + 3 + 4 / 3) / (10 / 3), (4 + 3 + 2 + 1 / 3) / (10 / 3)
    assert bounds(bound_attrition(frame, **CALL)) == pytest.approx((low - 3, high - 3))


def test_arms_exchanged_give_the_mirror() -> None:
    here, there = bound_attrition(HAND, **CALL), bound_attrition(HAND.assign(d=1 - HAND["d"]), **CALL)
    assert bounds(there) == pytest.approx((-bounds(here)[1], -bounds(here)[0]))
    assert there.diagnostics["trimmed_arm"] == 0
    assert_allclose(here.table["std_error"], there.table["std_error"][::-1], **EXACT)
    assert here.diagnostics["conf_low"] == pytest.approx(-there.diagnostics["conf_high"])


def test_all_observed_is_the_difference_of_means() -> None:
    data = trial(1).assign(y=lambda frame: frame["y"].fillna(0), s=True)
    result = bound_attrition(data, **CALL)
    plain = estimate_difference(data, outcome="y", group="d", errors="welch").table.iloc[0]
    assert_allclose(result.table["estimate"], [plain["estimate"]] * 2, **EXACT)
    assert_allclose(result.table["std_error"], [plain["std_error"]] * 2, **EXACT)
    # with both bounds in one place, the interval is the usual one
    assert_allclose(result.diagnostics["conf_high"], result.table["conf_high"][1], rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_bounds_hold_the_naive_difference_and_the_interval_holds_the_bounds(seed: int) -> None:
    data = trial(seed, n=200)
    result = bound_attrition(data, **CALL)
    low, high = bounds(result)
    seen = data[data["s"]].groupby("d")["y"].mean()
    assert low - 1e-9 <= seen[1] - seen[0] <= high + 1e-9
    inner, outer = result.diagnostics, result.table
    assert outer["conf_low"].min() - 1e-9 <= inner["conf_low"] < low
    assert high < inner["conf_high"] <= outer["conf_high"].max() + 1e-9


def test_planted_effect_is_covered_where_the_naive_difference_misses_it() -> None:
    covered = naive = 0
    for seed in range(200):
        data = trial(seed)
        found = bound_attrition(data, **CALL).diagnostics
        covered += found["conf_low"] < 0.5 < found["conf_high"]
        row = estimate_difference(data[data["s"]], outcome="y", group="d").table.iloc[0]
        naive += row["conf_low"] < 0.5 < row["conf_high"]
    assert covered / 200 >= 0.93
    assert naive / 200 < 0.8


def test_interval_of_a_bound_covers_that_bound() -> None:
    """The lower bound in the limit: the mean of the lowest shares of a uniform outcome, the share estimated."""
    rng = np.random.default_rng(6)
    covered = 0
    for _repeat in range(400):
        d = np.repeat([1, 0], 300)
        seen = rng.uniform(size=600) < np.where(d == 1, 0.9, 0.6)
        data = pd.DataFrame({"y": np.where(seen, rng.uniform(size=600), np.nan), "d": d, "s": seen})
        row = bound_attrition(data, **CALL).table.iloc[0]
        covered += row["conf_low"] < 1 / 3 - 1 / 2 < row["conf_high"]  # the lower two thirds of (0, 1) have mean 1/3
    assert 0.917 <= covered / 400 <= 0.983  # 0.95 with a simulation error of 0.011, three of them


def test_missing_arms_are_dropped_and_the_input_stays() -> None:
    data = pd.concat(
        [HAND.astype({"d": "Int64"}), pd.DataFrame({"y": [1.0], "d": [None], "s": [1]})], ignore_index=True
    )
    before = data.copy(deep=True)
    result = bound_attrition(data, **CALL)
    assert result.dropped == {"baris dengan nilai kosong pada d": 1}
    assert result.table["n"].tolist() == [10, 10]
    assert bounds(result) == pytest.approx((-1.5, 0.5))
    assert_frame_equal(data, before)


BAD = {
    "no frame": ({"data": None}, CallError, "data: ditemukan NoneType"),
    "missing outcome": ({"outcome": "q"}, CallError, "outcome: kolom q tidak ada"),
    "missing treatment": ({"treatment": "q"}, CallError, "treatment: kolom q tidak ada"),
    "missing observed": ({"observed": "q"}, CallError, "observed: kolom q tidak ada"),
    "three arms": ({"treatment": "arm"}, DataError, "treatment: kolom arm harus berisi 0 dan 1"),
    "one arm": ({"treatment": "one"}, DataError, "treatment: kolom one hanya berisi 1"),
    "text": ({"observed": "name"}, DataError, "observed: kolom name harus berisi 0 dan 1"),
    "seen but missing": (
        {"observed": "one"},
        DataError,
        "observed: 3 baris ditandai teramati pada one, tetapi y kosong",
    ),
    "nobody seen": ({"observed": "none"}, DataError, "tidak ada baris yang teramati pada none"),
    "nobody seen in an arm": ({"observed": "half"}, DataError, "kurang dari dua hasil teramati"),
    "text outcome": ({"outcome": "name"}, DataError, "outcome: kolom name bukan bilangan"),
    "constant outcome": ({"outcome": "one"}, DataError, "outcome: kolom one tidak bervariasi"),
    "no spread left": ({"outcome": "step"}, DataError, "setelah dipangkas tidak bervariasi"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = HAND.assign(
        one=1, arm=[0, 1, 2, 0, 1, 2, 0, 1, 2, 0], name="a", none=0, half=[1] * 4 + [0] * 6, step=[1] * 4 + [2] * 6
    )  # fmt: skip
    with pytest.raises(kind, match=message):
        bound_attrition(**({"data": data, **CALL} | changed))
