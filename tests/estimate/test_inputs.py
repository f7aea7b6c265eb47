"""What all estimators do with names and types of columns, whatever a frame calls and stores them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.estimate import estimate_adjusted, estimate_difference, estimate_mediation, estimate_regression

RNG = np.random.default_rng(5)
FRAME = pd.DataFrame({"y": RNG.normal(size=60), "x": RNG.integers(0, 5, 60), "g": RNG.choice(["a", "b", "c"], 60)})
PLAIN = estimate_regression(FRAME, "y ~ x + g")


@pytest.mark.parametrize("name", ["1", "2", "a", 1])
def test_a_column_that_the_formula_does_not_name_drops_no_row(name: object) -> None:
    gaps = FRAME.assign(other=np.where(np.arange(60) < 30, np.nan, 1.0)).rename(columns={"other": name})
    found = estimate_regression(gaps, "y ~ x + I(x**2) + C(g, contr.treatment('a'))")
    assert found.dropped == {}
    assert found.table["n"].eq(60).all()


@pytest.mark.parametrize(
    "stored",
    [
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype({"x": "object"}),
        lambda frame: frame.assign(x=[Decimal(int(value)) for value in frame["x"]]),
        lambda frame: frame.astype({"g": "string"}),
        lambda frame: frame.astype({"g": "category", "x": "Int8"}),
    ],
)
def test_numbers_are_those_of_the_plain_types(stored) -> None:
    found = estimate_regression(stored(FRAME), "y ~ x + g")
    pd.testing.assert_frame_equal(found.table, PLAIN.table)


@pytest.mark.parametrize("name", ["1", "Intercept", "2.5"])
def test_a_name_that_a_formula_would_take_for_a_number_is_refused(name: str) -> None:
    frame = FRAME.assign(t=(FRAME["x"] > 2).astype(int)).rename(columns={"x": name})
    with pytest.raises(CallError, match=r"kolom '.*': nama ini tidak dapat dibaca dalam formula; ganti nama"):
        estimate_adjusted(frame, outcome="y", treatment="t", confounders=[name])
    with pytest.raises(CallError, match=r"nama ini tidak dapat dibaca dalam formula"):
        estimate_mediation(frame, outcome="y", mediator=name, treatment="t", draws=100)


def test_a_name_that_is_no_text_is_told() -> None:
    with pytest.raises(CallError, match=r"ditemukan 5 sebagai nama kolom; yang diizinkan: teks"):
        estimate_difference(FRAME, outcome="y", group="g", cluster=5)  # type: ignore[arg-type]


def test_the_nearest_name_may_differ_in_capitals() -> None:
    with pytest.raises(CallError, match=r"Maksud Anda Y\?"):
        estimate_difference(FRAME.rename(columns={"y": "Y"}), outcome="y", group="g")
