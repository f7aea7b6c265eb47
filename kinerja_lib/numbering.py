"""Ids and periods as whole numbers: an id is its place among known ids, a month is counted from year 0.

Text is matched by Arrow, which is some times quicker than Python's own text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kinerja_lib.vocabulary import Period

Ints = np.ndarray[Any, np.dtype[np.int64]]
SPAN = 12 * 10_000  # more than the number of any month: person * SPAN + month sorts by person, then time


def parse_periods(texts: pd.Series) -> tuple[Ints, Ints]:
    """Return first month and length of each period text."""
    codes, distinct = pd.factorize(texts)
    parsed = [Period.parse(text) for text in distinct]
    start = np.array([period.year * 12 + period.first_month - 1 for period in parsed], dtype="int64")
    return start[codes], np.array([period.months for period in parsed], dtype="int64")[codes]


def period_texts(start: Ints, months: Ints) -> pd.api.extensions.ExtensionArray:
    """Return the texts of periods, as `parse_periods` reads them; missing where the first month is negative."""
    there = start[start >= 0]
    low, high = (int(there.min()), int(there.max())) if len(there) else (0, 0)
    lengths = np.flatnonzero(np.bincount(months, minlength=1))
    names = [_period_text(month, int(length)) for length in lengths for month in range(low, high + 1)]
    code = np.searchsorted(lengths, months) * (high - low + 1) + start - low
    return pd.array([*names, None], dtype="str").take(np.where(start < 0, -1, code))


def _period_text(start: int, months: int) -> str | None:
    return str(Period(start // 12, start % 12 + 1, months)) if start % months == 0 else None


def month_numbers(dates: pd.Series) -> Ints:
    """Return the month of each date, counted from year 0."""
    return dates.to_numpy("datetime64[M]").astype("int64") + 1970 * 12


def as_arrow(texts: pd.Series) -> pa.Array:
    """Return a column of text as one Arrow array, missing values as nulls."""
    array = pa.array(texts.astype("str"), type=pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def find_text(texts: pd.Series, known: pa.Array) -> Ints:
    """Return the position of each text in `known`; -1 where it is not there."""
    found: Ints = pc.index_in(as_arrow(texts), value_set=known).fill_null(-1).to_numpy(zero_copy_only=False)
    return found.astype("int64")
