"""`Finding` and `Findings`: the one shape of a fault, shared by reading, rules and checks.

Values that identify a person never stand in a message. Nothing here looks for faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, overload

import pandas as pd

from kinerja_lib.errors import require_choice

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, or several of one kind at one place.

    Attributes
    ----------
    rule : str
        Name of the rule, such as "nip_length".
    severity : {"error", "warning", "note"}
        Row rejected or value unusable; kept, look at it; normalised, for information.
    file, sheet, cell : str or None
        Export as it was named, its sheet (None for CSV), the cell in A1 form.
    line : int or None
        CSV: physical line, from 1, on which the record starts.
    table, column : str or None
        Canonical table and column.
    count : int
        How many rows or cells it stands for.
    message, remedy : str
        What was found, without values that identify a person; what to do.
    cells : tuple of str
        All cells in A1 form, where more than one.
    """

    rule: str
    severity: Severity
    file: str | None = None
    sheet: str | None = None
    cell: str | None = None
    line: int | None = None
    table: str | None = None
    column: str | None = None
    count: int = 1
    message: str
    remedy: str
    cells: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a severity that does not exist."""
        require_choice("severity", self.severity, SEVERITIES)


COLUMNS = [f.name for f in fields(Finding)]


@dataclass(frozen=True, slots=True)
class Findings(Sequence[Finding]):
    """An immutable sequence of findings, in the order in which they were found.

    Examples
    --------
    >>> first = Finding(rule="unit_unknown", severity="error", table="pegawai", message="...", remedy="...")
    >>> both = Findings((first,)) + Findings((first,))
    >>> len(both), len(both.errors)
    (2, 2)
    """

    items: tuple[Finding, ...] = ()

    @classmethod
    def collect(cls, parts: Iterable[Iterable[Finding]]) -> Findings:
        """Return all findings of the `parts` as one sequence."""
        return cls(tuple(finding for part in parts for finding in part))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        """Return one finding, or a slice of them as `Findings`."""
        return Findings(self.items[index]) if isinstance(index, slice) else self.items[index]

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self.items)

    def __iter__(self) -> Iterator[Finding]:
        """Iterate in the order of finding."""
        return iter(self.items)

    def __add__(self, other: Findings) -> Findings:
        """Return both, one after the other."""
        return Findings(self.items + other.items)

    @property
    def errors(self) -> Findings:
        """The findings of severity "error"."""
        return Findings(tuple(finding for finding in self.items if finding.severity == "error"))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding, with the fields of `Finding` as columns, `cells` as one text."""
        rows = [{**asdict(finding), "cells": " ".join(finding.cells)} for finding in self.items]
        frame = pd.DataFrame(rows, columns=COLUMNS)
        return frame.astype({"count": "int64", "line": "Int64"})

    def to_json(self) -> dict[str, Any]:
        """Return ``{"version": 1, "findings": [...]}``, plain values only, `cells` only where there are any."""
        rows = [asdict(finding) for finding in self.items]
        for row in rows:
            cells = list(row.pop("cells"))
            if cells:
                row["cells"] = cells
        return {"version": 1, "findings": rows}
