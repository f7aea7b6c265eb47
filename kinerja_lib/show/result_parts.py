"""What the blocks of results share: names, decimals, values in words, the figure around a drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.show.blocks import Figure, tidy_rows
from kinerja_lib.show.canvas import NARROW, WIDE
from kinerja_lib.show.dots import Cell
from kinerja_lib.show.numbers import interval, number
from kinerja_lib.vocabulary import label

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """What a block is called: id for references, title (empty = made), labels of terms, unit of the outcome."""

    id: str
    title: str
    labels: Labels
    unit: str

    def name(self, term: object) -> str:
        """Return what a reader calls a term or level."""
        return self.labels.get(str(term)) or label(str(term))


def find_decimals(values: Any) -> int:
    """Return decimals enough for numbers of that size: none from 100 on, three below 1."""
    finite = np.abs(np.asarray(values, dtype="float64"))
    largest = float(np.nanmax(finite)) if np.isfinite(finite).any() else 1.0
    return 0 if largest >= 100 else 1 if largest >= 10 else 2 if largest >= 1 else 3


def dot_cell(row: Any, decimals: int) -> Cell:
    """Return a row of a result as a dot with its interval."""
    ends = [None if pd.isna(value) else float(value) for value in (row.conf_low, row.conf_high)]
    return Cell(number(row.estimate, decimals).text, float(row.estimate), *ends)


def tick_of(decimals: int) -> Callable[[float], str]:
    """Return what writes a value on an axis."""
    return lambda value: number(value, decimals).text


def say_value(row: Any, decimals: int) -> str:
    """Return a row's estimate with its interval."""
    ends = "" if pd.isna(row.conf_low) else f" ({interval(row.conf_low, row.conf_high, decimals)})"
    return f"{number(row.estimate, decimals)}{ends}"


def say_ends(row: Any, decimals: int) -> str | None:
    """Return a row's interval; None where it has none."""
    known = pd.notna(row.conf_low) and pd.notna(row.conf_high)
    return interval(row.conf_low, row.conf_high, decimals).text if known else None


def build_figure(
    words: Words,
    title: str,
    *,
    subtitle: str,
    caption: str,
    alt: Sequence[str],
    draw: Callable[[int], str],
    data: pd.DataFrame,
) -> Figure:
    """Return a figure drawn for a page and for a phone; an own title stands in place of the finding."""
    return Figure(
        id=words.id,
        title=words.title or title,
        subtitle=subtitle[:1].upper() + subtitle[1:],
        caption=caption,
        alt=f"{words.title or title}. " + "; ".join(alt) + ".",
        svg=draw(WIDE),
        svg_narrow=draw(NARROW),
        data=tidy_rows(data),
    )
