"""`Finding` and `Findings`: the one shape of a fault, shared by reading, rules and checks.

Values that identify a person never stand in a message. Nothing here looks for faults.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that starts so


def guard_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it opens a CSV.

    Examples
    --------
    >>> guard_cell("=1+1"), guard_cell("Rekap.xlsx")
    ("'=1+1", 'Rekap.xlsx')
    """
    return "'" + text if text.startswith(FORMULA) else text


def write_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV that a spreadsheet opens as it is: UTF-8 with its mark, nothing that would run."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([guard_cell("" if value is None else str(value)) for value in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig", "replace")


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

    def ranked(self) -> Findings:
        """Return errors, then warnings, then notes, each in the order of finding."""
        return Findings(tuple(sorted(self.items, key=lambda finding: SEVERITIES.index(finding.severity))))

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

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Findings:
        """Return what `to_json` gave."""
        return cls(tuple(Finding(**{**row, "cells": tuple(row.get("cells", ()))}) for row in content["findings"]))

    def json_bytes(self) -> bytes:
        """Return the content of a ``findings.json``."""
        return (json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")

    def csv_bytes(self) -> bytes:
        """Return the content of a ``findings.csv``: a row a finding, the gravest first, to open in a spreadsheet."""
        rows = ({**asdict(finding), "cells": " ".join(finding.cells)} for finding in self.ranked())
        return write_csv(COLUMNS, (list(row.values()) for row in rows))
