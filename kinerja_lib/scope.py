"""`Scope`: what one report is about - a unit with all below it, or the whole agency, in one period.

Also the two questions that every measure asks of a scope: which people were appraised in it, and which period came
before. Numbers are computed further right, in `measures` and its siblings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset
from kinerja_lib.tree import find_members, find_parents, require_tree
from kinerja_lib.vocabulary import Period

Build = TypeVar("Build", bound=Callable[..., "pd.DataFrame | None"])


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One unit (or the agency) in one period.

    Attributes
    ----------
    data : Dataset
        All tables, of all units: peers are needed too.
    period : Period
        The period reported on.
    unit : str or None
        The unit's id; None for the whole agency.
    members : tuple of str
        The unit and all units below it; all units for the agency.
    name : str
        Name of the unit, or of the agency.
    is_agency : bool
        Whether the scope is the whole agency.
    periods : tuple of str
        All periods in the data that can be reported, in the order of time.
    kept : dict
        What `keep_per_scope` has computed.
    """

    data: Dataset
    period: Period
    unit: str | None
    members: tuple[str, ...]
    name: str
    is_agency: bool
    periods: tuple[str, ...] = ()
    kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def has_people(self) -> bool:
        """Whether the data hold appraisals of people (else only indicators of units)."""
        return self.data.has("penilaian") and self.data.has("pegawai")


def keep_per_scope(build: Build) -> Build:
    """Decorate the maker of a scope's frame: it is computed once for a scope, and each caller gets an own copy."""

    @wraps(build)
    def build_once(scope: Scope, *arguments: Any) -> pd.DataFrame | None:
        key = (build, *arguments)
        if key not in scope.kept:
            scope.kept[key] = build(scope, *arguments)
        frame = scope.kept[key]
        return None if frame is None else frame.copy(deep=False)

    return build_once  # type: ignore[return-value]


def build_scope(data: Dataset, *, period: str = "", unit: str | None = None) -> Scope:
    """Return the scope of a report.

    Parameters
    ----------
    data : Dataset
        The canonical tables.
    period : str, default ""
        Such as "2025-S1"; empty = the latest in the data.
    unit : str, optional
        Id of a unit; None or empty = the whole agency.

    Returns
    -------
    Scope
        With `members` = the unit and all below it, in the order of the file.

    Raises
    ------
    CallError
        The data lack the period or the unit.
    DataError
        `induk_id` runs in a circle, or nobody of the unit was appraised in the period (for data with only
        indicators: the unit has none in the period).
    """
    known = tuple(data.periods)
    chosen = _choose_period(known, period)
    require_tree(data)
    if not unit:
        scope = Scope(data, chosen, None, tuple(data.unit_ids), _agency_name(data), is_agency=True, periods=known)
    else:
        if unit not in data.unit_ids:
            message = _("unit: ditemukan {found}; yang ada pada tabel unit: {known}.")
            text = message.format(found=repr(unit), known=list_values(data.unit_ids))
            raise CallError(text + (nearest(unit, data.unit_ids) or nearest(unit, data["unit"]["nama"])))
        names = data["unit"].set_index("unit_id")["nama"]
        members = find_members(data, unit)
        scope = Scope(data, chosen, unit, members, str(names[unit]), is_agency=False, periods=known)
    _require_rows(scope)
    return scope


def _choose_period(known: tuple[str, ...], period: str) -> Period:
    if not known:
        raise DataError(_("data: tidak ada satu pun periode pada tabel penilaian atau indikator_unit."))
    if not period:
        return Period.parse(known[-1])
    wanted = Period.parse(period)
    if str(wanted) not in known:
        message = _("periode: ditemukan {found}; yang ada pada data: {known}.")
        raise CallError(message.format(found=repr(period), known=list_values(known[::-1])))
    return wanted


def _agency_name(data: Dataset) -> str:
    if data.keterangan.get("instansi"):
        return data.keterangan["instansi"]
    parents = find_parents(data)
    roots = [unit for unit, above in parents.items() if above is None]
    if len(roots) == 1 and len(parents) > 1:
        return str(data["unit"].set_index("unit_id")["nama"][roots[0]])
    return data.keterangan.get("judul") or _("Seluruh instansi")


def find_reported(data: Dataset, period: str) -> set[str]:
    """Return the units that a report of the period can be about: they, or one below them, have rows in it."""
    agency = build_scope(data, period=period)
    parents = find_parents(data)
    found: set[str] = set()
    for unit in _find_rows(agency)["unit_id"].dropna().unique():
        at = str(unit) if unit in parents else None
        while at is not None and at not in found:
            found.add(at)
            at = parents[at]
    return found


def _find_rows(scope: Scope) -> pd.DataFrame:
    """Return the appraisals of a scope; for data without people, its indicators."""
    if scope.has_people:
        return find_appraised(scope.data, [str(scope.period)], scope.members)
    rows = scope.data["indikator_unit"]
    here = (rows["periode"] == str(scope.period)) & rows["unit_id"].isin(scope.members) & rows["nilai"].notna()
    return rows[here]


def _require_rows(scope: Scope) -> None:
    period = str(scope.period)
    if scope.has_people:
        if _find_rows(scope).empty:
            message = _("{name}: tidak ada pegawai yang dinilai pada {period}. Pilih periode atau unit lain.")
            raise DataError(message.format(name=scope.name, period=period))
        return
    if _find_rows(scope).empty:
        message = _("{name}: tidak ada indikator pada {period}. Pilih periode atau unit lain.")
        raise DataError(message.format(name=scope.name, period=period))


def find_appraised(data: Dataset, periods: list[str], members: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return the appraisals of the `periods` whose unit is among `members` (None: of all units known or not).

    The unit of an appraisal without one is that of the person's row in `pegawai`.

    Returns
    -------
    DataFrame
        The columns of `penilaian`, `unit_id` filled, index from 0.
    """
    rows = data["penilaian"]
    rows = rows[rows["periode"].isin(periods)]
    if "unit_id" not in rows or rows["unit_id"].isna().any():
        units = rows["pegawai_id"].map(data["pegawai"].set_index("pegawai_id")["unit_id"])
        rows = rows.assign(
            unit_id=rows["unit_id"].where(rows["unit_id"].notna(), units) if "unit_id" in rows else units
        )
    if members is not None:
        rows = rows[rows["unit_id"].isin(members)]
    return rows.reset_index(drop=True)


def under_one_rezim(rows: pd.DataFrame) -> bool:
    """Tell whether the numbers of appraisals may be averaged: not when they stand under several regulations."""
    return "rezim" not in rows or rows.loc[rows["nilai"].notna(), "rezim"].nunique() <= 1


def find_alike(rows: pd.DataFrame, period: str) -> list[str]:
    """Return the periods whose numbers can stand beside those of `period`: not known to be under another regulation."""
    periods = [str(name) for name in rows["periode"].unique()]
    if "rezim" not in rows:
        return periods
    known = rows[rows["nilai"].notna() & rows["rezim"].notna()].groupby("periode")["rezim"].first()
    own = known.get(period)
    return [name for name in periods if own is None or known.get(name, own) == own]
