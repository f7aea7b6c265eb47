"""Every rule of the verdict, and what must hold for all intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, NOT_SUPPORTED, SUPPORTED, VERDICTS, Check
from kinerja_lib.studies.verdict import decide, read_interval

FAILED, PASSED, UNKNOWN = Check("dip", passed=False), Check("quota", passed=True), Check("second", passed=None)
INFORMS = Check("spillover", passed=False, blocking=False)
RULES = {
    "above zero, drawn": ((0.1, 0.4), {"design": "random"}, SUPPORTED, ("good",)),
    "above zero, compared": ((0.1, 0.4), {}, SUPPORTED, ("good", "not_random")),
    "below zero, drawn": ((-0.4, -0.1), {"design": "random"}, CONTRADICTED, ("bad",)),
    "below zero, compared": ((-0.4, -0.1), {}, CONTRADICTED, ("bad", "not_random")),
    "holds zero, rules out": ((-0.1, 0.1), {"smallest": 0.2}, NOT_SUPPORTED, ("small", "not_random")),
    "holds zero, not ruled out": ((-0.1, 0.3), {"smallest": 0.2}, CANNOT_SAY, ("wide",)),
    "ends at the smallest": ((-0.1, 0.2), {"smallest": 0.2}, CANNOT_SAY, ("wide",)),
    "nothing asked of the size": ((-0.1, 0.1), {}, CANNOT_SAY, ("wide",)),
    "begins at zero": ((0.0, 0.4), {}, CANNOT_SAY, ("wide",)),
    "ends at zero": ((-0.4, 0.0), {"smallest": 0.2}, NOT_SUPPORTED, ("small", "not_random")),
    "less is better": ((-0.4, -0.1), {"better": -1}, SUPPORTED, ("good", "not_random")),
    "less is better, more": ((0.1, 0.4), {"better": -1}, CONTRADICTED, ("bad", "not_random")),
    "less is better, small": ((-0.1, 0.9), {"better": -1, "smallest": 0.2}, NOT_SUPPORTED, ("small", "not_random")),
    "a check failed": ((0.1, 0.4), {"checks": (PASSED, FAILED)}, CANNOT_SAY, ("dip",)),
    "a check that informs": ((0.1, 0.4), {"checks": (INFORMS, UNKNOWN, PASSED)}, SUPPORTED, ("good", "not_random")),
    "no estimate": ((np.nan, np.nan), {}, CANNOT_SAY, ("wide",)),
    "half an interval": ((0.1, np.nan), {}, CANNOT_SAY, ("wide",)),
    "no comparison": ((0.1, 0.4), {"design": ""}, CANNOT_SAY, ("no_comparison",)),
    "before and after": ((0.1, 0.4), {"design": "pre_post"}, CANNOT_SAY, ("before_after",)),
    "correlation": ((0.1, 0.4), {"design": "correlational", "checks": (FAILED,)}, CANNOT_SAY, ("correlation", "dip")),
}


@pytest.mark.parametrize("case", RULES)
def test_each_rule(case: str) -> None:
    (low, high), more, verdict, why = RULES[case]
    found = decide({"conf_low": low, "conf_high": high}, **{"better": 1, "design": "comparative", **more})  # type: ignore[arg-type]
    assert found == (verdict, why)


FINITE = st.floats(-5, 5)
WIDTHS = st.floats(0, 5)
DESIGNS = st.sampled_from(["random", "comparative", "pre_post", "correlational", ""])
SMALLEST = st.none() | st.floats(0, 2)


def say(middle: float, below: float, above: float, better: int, design: str, smallest: float | None) -> str:
    row = {"conf_low": middle - below, "conf_high": middle + above}
    return decide(row, better=better, design=design, smallest=smallest).verdict


@given(FINITE, WIDTHS, WIDTHS, st.floats(0, 1), DESIGNS, SMALLEST)
def test_more_data_around_the_same_estimate_never_turn_a_verdict_around(
    middle: float, below: float, above: float, shrink: float, design: str, smallest: float | None
) -> None:
    wide = say(middle, below, above, 1, design, smallest)
    narrow = say(middle, shrink * below, shrink * above, 1, design, smallest)
    assert wide in VERDICTS
    if wide in (SUPPORTED, CONTRADICTED):
        assert narrow == wide
    if wide == NOT_SUPPORTED:  # narrower, it may lie on one side of zero, but it says no more than a small effect
        assert narrow in (NOT_SUPPORTED, CONTRADICTED, SUPPORTED)
        assert middle < smallest  # type: ignore[operator]


@given(FINITE, WIDTHS, WIDTHS, DESIGNS, SMALLEST)
def test_better_is_a_mirror(middle: float, below: float, above: float, design: str, smallest: float | None) -> None:
    assert say(middle, below, above, 1, design, smallest) == say(-middle, above, below, -1, design, smallest)
    opposite = {SUPPORTED: CONTRADICTED, CONTRADICTED: SUPPORTED}
    one, other = (say(middle, below, above, better, design, None) for better in (1, -1))
    assert opposite.get(one, one) == other


@given(FINITE, WIDTHS, WIDTHS)
def test_a_failed_check_silences_every_verdict(middle: float, below: float, above: float) -> None:
    row = {"conf_low": middle - below, "conf_high": middle + above}
    assert decide(row, better=1, design="random", checks=(FAILED,), smallest=9.0).verdict == CANNOT_SAY


@given(FINITE, st.floats(0.01, 5), st.floats(0.0001, 0.5), st.floats(0.0001, 0.5))
def test_a_stricter_level_has_the_wider_interval(middle: float, half: float, one: float, other: float) -> None:
    row = pd.Series({"estimate": middle, "conf_low": middle - half, "conf_high": middle + half})
    strict, loose = (read_interval(row, alpha) for alpha in sorted((one, other)))
    assert strict["conf_low"] <= loose["conf_low"] <= middle <= loose["conf_high"] <= strict["conf_high"]


def test_the_interval_at_the_usual_level_is_the_rows_and_at_others_stretched() -> None:
    row = pd.Series({"estimate": 1.0, "conf_low": 0.02, "conf_high": 2.3})
    assert read_interval(row) == {"conf_low": 0.02, "conf_high": 2.3}
    wide = read_interval(row, 0.01)
    assert wide["conf_low"] == pytest.approx(1 - 0.98 * 2.5758293 / 1.9599640)
    assert wide["conf_high"] == pytest.approx(1 + 1.3 * 2.5758293 / 1.9599640)
