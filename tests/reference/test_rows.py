"""Every row of reference_results.csv that is a target, at its own tolerance; no row is a special case.

Which call makes a row is said by the `ANSWERS` of the modules beside this file; `LEFT_OUT` names the families that the
library leaves out on purpose. `rows.csv` repeats the rows that need no file of that folder: they run everywhere.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from answers import ROWS, Answer, Answers, check

BESIDE = Path(__file__).with_name("rows.csv")
COLUMNS = ["dataset", "estimator", "specification", "quantity", "value", "se", "tolerance"]
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


def read_rows(file: Path) -> pd.DataFrame:
    """Return the rows of a file; "same" in the specification takes that of the row above it."""
    rows = pd.read_csv(file, keep_default_na=False)[COLUMNS]
    rows["specification"] = rows["specification"].mask(rows["specification"] == "same").ffill()
    return rows.assign(**rows[["value", "se"]].apply(pd.to_numeric, errors="coerce"))


def targets() -> list[tuple[object, ...]]:
    """Return the rows of the families that the library has, of the folder where it is there."""
    rows = read_rows(ROWS if ROWS.is_file() else BESIDE).itertuples(index=False, name=None)
    return [row for row in rows if find(LEFT_OUT, row[0], f"{row[1]}: {row[2]}") is None]


@cache
def answer(dataset: str, estimator: str, specification: str) -> Answer:
    key = find(families(), dataset, estimator)
    assert key is not None, f"no call makes the rows of {dataset}, {estimator}"
    return families()[key](estimator, specification)


CASES = [pytest.param(*row, id="-".join(str(part)[:40] for part in row[:4])) for row in targets()]


@pytest.mark.parametrize(COLUMNS, CASES)
def test_row(
    dataset: str, estimator: str, specification: str, quantity: str, value: float, se: float, tolerance: str
) -> None:
    check(answer(dataset, estimator, specification)(quantity), value, se, tolerance)


@pytest.mark.skipif(not ROWS.is_file(), reason="the folder shared/data is not beside the repository")
def test_the_rows_beside_this_file_are_those_of_the_folder() -> None:
    beside, rows = read_rows(BESIDE), read_rows(ROWS)
    same = rows[rows["dataset"].isin(beside["dataset"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, same)
