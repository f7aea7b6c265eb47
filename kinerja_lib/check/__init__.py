"""Checks of a whole `Dataset`: one small function a rule, each giving faults with a remedy.

The schema already refuses single values out of range; here is what needs more than one value to see. No message holds
an id or a name. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from kinerja_lib.check import appraisals, events, plans, tables
from kinerja_lib.check.faults import Fault
from kinerja_lib.check.origin import Origin, read_import_findings, read_origin
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.vocabulary import sort_periods

__all__ = ["CHECKS", "Origin", "build_inventory", "check_dataset", "read_import_findings", "read_origin"]

CHECKS: tuple[Callable[[Dataset], Iterator[Fault]], ...] = (
    tables.check_units,
    tables.check_parents,
    tables.check_people,
    tables.check_spellings,
    appraisals.check_predikat,
    appraisals.check_direction,
    appraisals.check_service,
    events.check_event_dates,
    events.check_amounts,
    plans.check_targets,
    plans.check_standards,
    tables.check_missing,
    tables.check_periods,
    appraisals.check_overlaps,
    appraisals.check_regimes,
    appraisals.check_regime_periods,
    appraisals.check_raters,
    appraisals.check_pattern,
    tables.check_numbers,
    tables.check_ignored,
)


def check_dataset(data: Dataset, origin: Origin | None = None, told: Findings | None = None) -> Findings:
    """Return all that is found wrong or odd in the tables, errors first.

    Parameters
    ----------
    data : Dataset
        The canonical tables. Not changed.
    origin : Origin, optional
        Where the rows came from, see `read_origin`: a finding then names file, sheet and cells of the export.
    told : Findings, optional
        What was found while exports were read, see `read_import_findings`: it is part of the result, and not told
        again where the tables show it too.

    Returns
    -------
    Findings
        Errors, warnings, notes, each in the order of the rules.
    """
    told = told if told is not None else Findings()
    places = {place for finding in told for place in _places(finding)}
    faults = (fault for check in CHECKS for fault in check(data))
    found = (finding for fault in faults for finding in fault.tell(data, origin))
    new = (finding for finding in found if not _places(finding) or not _places(finding) <= places)
    return Findings.collect([told, new]).ranked()


def _places(finding: Finding) -> set[tuple[object, ...]]:
    """Return the rule with each cell or line that the finding names."""
    cells = finding.cells or ((finding.cell,) if finding.cell else ())
    lines = (finding.line,) if finding.line else ()
    return {(finding.rule, finding.file, finding.sheet, place) for place in (lines or cells)}


def build_inventory(data: Dataset) -> pd.DataFrame:
    """Return what the data hold.

    Parameters
    ----------
    data : Dataset
        The canonical tables.

    Returns
    -------
    DataFrame
        One row a table, in the order of the schema: `table`, `rows`, `columns` (names of those present, one text),
        `first_period`, `last_period` (for events the months; missing where the table has no time), `missing` (empty
        cells, per cent of all).
    """
    rows = []
    for name in (name for name in TABLES if name in data.tables):
        frame = data[name]
        first, last = _span(frame)
        missing = 100 * float(frame.isna().to_numpy().mean()) if frame.size else float("nan")
        rows.append([name, len(frame), ", ".join(frame.columns), first, last, missing])
    return pd.DataFrame(rows, columns=["table", "rows", "columns", "first_period", "last_period", "missing"])


def _span(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    if "periode" in frame:
        periods = sort_periods(frame["periode"].dropna().unique())
        return (periods[0], periods[-1]) if periods else (None, None)
    if "mulai" in frame and frame["mulai"].notna().any():
        ends = frame["mulai"].min(), frame["mulai"].max()
        return f"{ends[0]:%Y-%m}", f"{ends[1]:%Y-%m}"
    return None, None
