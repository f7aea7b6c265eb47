"""The time line of a panel: period labels as numbers whose step is one period, and numbers back to labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.estimate.inputs import as_label
from kinerja_lib.language import _
from kinerja_lib.vocabulary import Period

NEVER = ("", "0", "inf")  # besides a missing value: labels of a start that never comes


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods of a data set in order: `times` with their `labels`; `months` of a period, 0 for plain numbers."""

    times: np.ndarray
    labels: list[str]
    months: int

    def place(self, value: object, argument: str) -> float:
        """Return the time of a label, which need not occur in the data; a gap in the calendar stays a gap."""
        label = as_label(value).strip()
        try:
            if not self.months:
                return float(label)
            period = Period.parse(label)
            if period.months == self.months:
                return float((period.year * 12 + period.first_month - 1) // self.months)
        except ValueError:  # also what `Period.parse` raises
            pass
        message = _(
            "{argument}: {found} tidak sejenis dengan periode lain ({allowed}). Pakai bilangan, atau satu panjang."
        )
        raise CallError(message.format(argument=argument, found=repr(value), allowed=list_values(self.labels)))

    def name(self, time: float) -> str:
        """Return the label of a time."""
        if not self.months:
            return as_label(float(time))
        month = int(time) * self.months
        return str(Period(month // 12, month % 12 + 1, self.months))


def read_calendar(periods: pd.Series) -> tuple[Calendar, np.ndarray]:
    """Return the calendar of a column without gaps, and the position of each row's period in it."""
    codes, found = pd.factorize(periods)
    labels = [as_label(value).strip() for value in found]
    months = 0 if pd.api.types.is_numeric_dtype(periods.dtype) else Period.parse(labels[0]).months
    parser = Calendar(np.empty(0), labels, months)
    times, where = np.unique([parser.place(label, "period") for label in labels], return_inverse=True)
    return Calendar(times, [parser.name(time) for time in times], months), where[codes]


def read_starts(labels: Iterable[object], calendar: Calendar) -> np.ndarray:
    """Return the first treated time of each label, infinite for those that mean never, and infinite at the end."""
    never = [as_label(label).strip() in NEVER for label in labels]
    placed = [np.inf if no else calendar.place(label, "first_treated") for label, no in zip(labels, never, strict=True)]
    return np.array([*placed, np.inf])
