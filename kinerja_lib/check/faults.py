"""`Fault`: what a check reports of a table, and how it becomes findings that name the cells of exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from kinerja_lib.check.origin import Origin, row_keys
from kinerja_lib.findings import Finding, Severity
from kinerja_lib.schema import Dataset

MOST_CELLS = 1000  # cells that one finding lists
MOST_LINES = 100  # records of one CSV that get a finding of their own; a CSV has lines, not cells


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """A fault of a table.

    Attributes
    ----------
    rule, severity, remedy : str
        As in `Finding`.
    place : str
        "table.column", or the table alone.
    words : str
        What was found; ``{n}``, ``{table}``, ``{column}`` and the names of `values` are filled in.
    count : int
        How many rows or cases.
    rows : Series of bool or None
        Which rows of the table; None where it is not about single rows.
    values : mapping
        For the words.
    """

    rule: str
    severity: Severity
    place: str
    words: str
    remedy: str
    count: int
    rows: pd.Series | None
    values: Mapping[str, object]

    def tell(self, data: Dataset, origin: Origin | None) -> Iterator[Finding]:
        """Yield one finding or, where the origin of the rows is known, one for each sheet with its cells."""
        if origin is None or self.rows is None:
            yield self._finding(self.count)
            return
        table, _dot, column = self.place.partition(".")
        bad = data[table][self.rows]
        places = origin.find(table, row_keys(table, bad), column)
        for (file, sheet), group in places.groupby(["file", "sheet"], dropna=False, sort=False):
            where = {"file": _text(file), "sheet": _text(sheet)}
            if group["line"].isna().all():
                yield self._of_cells(group["cell"].dropna().tolist(), len(group), where)
            else:
                yield from self._of_lines(group, where)

    def _finding(self, count: int, **where: object) -> Finding:
        table, _dot, column = self.place.partition(".")
        return Finding(
            rule=self.rule,
            severity=self.severity,
            table=table,
            column=column or None,
            count=count,
            message=self.words.format(n=count, table=table, column=column, **self.values),
            remedy=self.remedy,
            **where,  # type: ignore[arg-type]
        )

    def _of_cells(self, cells: list[str], count: int, where: Mapping[str, object]) -> Finding:
        listed = tuple(cells[:MOST_CELLS]) if len(cells) > 1 else ()
        return self._finding(count, cell=cells[0] if cells else None, cells=listed, **where)

    def _of_lines(self, group: pd.DataFrame, where: Mapping[str, object]) -> Iterator[Finding]:
        for line in group["line"].head(MOST_LINES):
            yield self._finding(1, line=None if pd.isna(line) else int(line), **where)
        if len(group) > MOST_LINES:
            yield self._finding(len(group) - MOST_LINES, **where)


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def fault(
    rule: str, severity: Severity, place: str, bad: pd.Series | int, words: str, *, remedy: str, **values: object
) -> Iterator[Fault]:
    """Yield the fault of the `bad` rows (or of so many cases), unless there are none.

    Parameters
    ----------
    rule, severity, place, words, remedy
        As in `Fault`.
    bad : Series of bool or int
        The rows of the table at fault, or a number of cases that are not rows.
    **values : object
        For the words.
    """
    if isinstance(bad, int):
        count, rows = bad, None
    else:
        rows = bad.fillna(value=False).astype(bool)
        count = int(rows.sum())
    if count:
        yield Fault(rule, severity, place, words, remedy, count, rows, values)
