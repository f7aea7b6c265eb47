"""Section VI of a report in numbers: who left in the last twelve months, and what development cost a participant.

Leaving of one's own will is a move to another agency or a resignation; retirement, death and dismissal are apart. Cost
is unit cost at the output that there was, never budget saved. A number that would tell of one to four people is missing
and flagged. Climate is in `kinerja_lib.climate`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinerja_lib.development import (
    build_events,
    event_group,
    find_people,
    find_staff,
    gives_sibling_back,
    last_units,
    scope_events,
    tells_few,
)
from kinerja_lib.intervals import Level, mean_interval, rate_interval
from kinerja_lib.language import _, mark
from kinerja_lib.measures import GROUPS, add_predikat, has_people
from kinerja_lib.privacy import MIN_GROUP, hide_share, is_small
from kinerja_lib.scope import Scope, find_appraised
from kinerja_lib.vocabulary import KELUAR_SUKARELA, PREDIKAT, Period, label

REASONS = ("pensiun", "meninggal", "pemberhentian")
WILLING, REGRETTED, UNTOLD = "sukarela", "sangat_baik", "tidak_dicatat"
LABELS = {
    WILLING: mark("Keluar sukarela: mutasi atau mengundurkan diri"),
    REGRETTED: mark("Keluar sukarela, berpredikat Sangat Baik"),
    UNTOLD: mark("Alasan tidak dicatat"),
}
YEAR_DAYS = 365.25
MONTHS = 12
ANY = "any"
COSTS = {
    "person": mark("Biaya per peserta"),
    "jp": mark("Biaya per JP"),
    "person_event": mark("Biaya per peserta, rata-rata"),
    "jp_event": mark("Biaya per JP"),
    "nonclassical": mark("Bagian JP nonklasikal (%)"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Retention:
    """Who left a scope in up to twelve months.

    Attributes
    ----------
    table : DataFrame
        One row a kind of leaving: `key` (sukarela; sangat_baik: those of them who had the highest predikat before;
        pensiun, meninggal, pemberhentian; tidak_dicatat where some have no reason), `label`, `count`, `n` (mean
        number of staff; of the people with that predikat), `value` with `conf_low`, `conf_high` (leavers per 100
        years of service), `hidden`.
    start, end : Timestamp
        First and last day counted.
    before : Period or None
        The period whose predikat counts for sangat_baik.
    """

    table: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp
    before: Period | None


@dataclass(frozen=True, slots=True)
class _Left:
    """One kind of leaving, before small numbers are taken out."""

    key: str
    count: int
    level: Level
    hidden: bool


def build_retention(scope: Scope) -> Retention | None:
    """Return who left in the twelve months up to the end of the scope's period, or the date of the data.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. A person belongs to the unit of the last appraisal, else of the table `pegawai`. Months
        before the first period of the data do not count: who left then is not in it.

    Returns
    -------
    Retention or None
        None where the data do not tell when and why people left.

    Examples
    --------
    >>> from kinerja_lib.scope import build_scope
    >>> from kinerja_lib.synth import build_agency
    >>> found = build_retention(build_scope(build_agency(people=300, units=3, periods=3)))
    >>> found.table["key"].tolist()
    ['sukarela', 'sangat_baik', 'pensiun', 'meninggal', 'pemberhentian']
    """
    data = scope.data
    if not has_people(data) or not data.has("pegawai", "tanggal_keluar", "alasan_keluar"):
        return None
    start, end = _window(scope)
    staff = _serve(scope, start, end)
    own = staff if scope.is_agency else staff[staff["unit_id"].isin(scope.members)]
    years = max((end - start).days + 1, 1) / YEAR_DAYS
    rows = [_willing_row(scope, staff, own, years)]
    before = _period_before(scope, start)
    if before is not None and data.has("penilaian"):
        rows += _regretted_row(scope, before, staff, years=years, whole=rows[0])
    keys = [*REASONS, *([UNTOLD] if (own["reason"] == UNTOLD).any() else [])]
    rows += [_reason_row(scope, staff, own, years, key) for key in keys]
    return Retention(_hide_left(rows), start, end, before if len(rows) > len(keys) + 1 else None)


def _window(scope: Scope) -> tuple[pd.Timestamp, pd.Timestamp]:
    end = pd.Timestamp(scope.period.end)
    start = end + pd.Timedelta(days=1) - pd.DateOffset(months=MONTHS)
    start = max(start, pd.Timestamp(min(Period.parse(text).start for text in scope.periods)))
    taken = pd.to_datetime(scope.data.keterangan.get("tanggal_data", ""), format="%Y-%m-%d", errors="coerce")
    return start, end if pd.isna(taken) else max(min(end, taken), start)


def _serve(scope: Scope, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return who was employed: `pegawai_id`, `unit_id`, `years` of service in the window, `reason` of leaving in it.

    `moved`: the reason is a move.
    """
    people = scope.data["pegawai"]
    joined = people["tmt_cpns"] if "tmt_cpns" in people else pd.Series(pd.NaT, index=people.index)
    first, gone = joined.where(joined > start, start), people["tanggal_keluar"]
    days = (gone.where(gone < end, end) - first).dt.days + 1
    willing = people["alasan_keluar"].isin(KELUAR_SUKARELA)
    reason = people["alasan_keluar"].astype("object").fillna(UNTOLD).mask(willing, WILLING)
    staff = pd.DataFrame(
        {
            "pegawai_id": people["pegawai_id"],
            "unit_id": last_units(scope, scope.period),
            "years": days / YEAR_DAYS,
            "reason": reason.where(gone.between(start, end)),
            "moved": (people["alasan_keluar"] == KELUAR_SUKARELA[0]).fillna(value=False).astype(bool),
        }
    )
    there: pd.DataFrame = staff[(days > 0) & (gone.isna() | (gone >= start))]
    return there.reset_index(drop=True)


def _left_row(key: str, k: int, exposure: float, years: float, *, hidden: bool) -> _Left:
    level = rate_interval(k, exposure, round(exposure / years))
    return _Left(key, k, level, hidden or level.n < MIN_GROUP or is_small(k))


def _reason_row(scope: Scope, staff: pd.DataFrame, own: pd.DataFrame, years: float, key: str) -> _Left:
    k = int((own["reason"] == key).sum())
    back = not scope.is_agency and gives_sibling_back(scope, staff.assign(left=staff["reason"] == key))
    return _left_row(key, k, float(own["years"].sum()), years, hidden=back)


def _willing_row(scope: Scope, staff: pd.DataFrame, own: pd.DataFrame, years: float) -> _Left:
    """Return those who left of their own will; hidden too beside the resignations of the period in the summary."""
    row = _reason_row(scope, staff, own, years, WILLING)
    now = find_staff(scope, scope.period)
    now = now if scope.is_agency else now[now["unit_id"].isin(scope.members)]
    resigned, moved = int(now["left"].sum()), int((own["moved"] & (own["reason"] == WILLING)).sum())
    told = is_small(moved) or (not is_small(resigned) and is_small(row.count - resigned))
    return replace(row, hidden=row.hidden or told)


def _period_before(scope: Scope, start: pd.Timestamp) -> Period | None:
    """Return the last period that ended before the window."""
    ended = [period for period in map(Period.parse, scope.periods) if pd.Timestamp(period.end) < start]
    return max(ended, key=lambda period: period.end) if ended else None


def _regretted_row(scope: Scope, before: Period, staff: pd.DataFrame, *, years: float, whole: _Left) -> list[_Left]:
    """Return the row of people with the highest predikat before the window; none where nobody had it."""
    rated = add_predikat(find_appraised(scope.data, [str(before)]))
    rated = rated.loc[rated["predikat"].notna(), ["pegawai_id", "unit_id", "predikat"]]
    rated = rated.merge(staff[["pegawai_id", "years", "reason"]], on="pegawai_id")
    rated = rated.assign(best=rated["predikat"] == PREDIKAT[-1])
    rated = rated.assign(left=rated["best"] & (rated["reason"] == WILLING))
    own = rated if scope.is_agency else rated[rated["unit_id"].isin(scope.members)]
    k, n = int(own["left"].sum()), int(own["best"].sum())
    if not n:
        return []
    groups = [int(own["predikat"].isin(group).sum()) for group in GROUPS]
    hidden = any(map(is_small, groups)) or hide_share(k, n) or whole.hidden
    hidden = hidden or is_small(whole.count - k)
    hidden = hidden or (not scope.is_agency and gives_sibling_back(scope, rated))
    return [_left_row(REGRETTED, k, float(own.loc[own["best"], "years"].sum()), years, hidden=hidden)]


def _hide_left(rows: list[_Left]) -> pd.DataFrame:
    counts = [pd.NA if row.hidden else row.count for row in rows]
    names = [_(LABELS[row.key]) if row.key in LABELS else label(row.key) for row in rows]
    table = pd.DataFrame({"key": [row.key for row in rows], "label": names, "count": pd.array(counts, dtype="Int64")})
    return table.join(_show_levels([row.level for row in rows], [row.hidden for row in rows]))


def _show_levels(levels: list[Level], hidden: list[bool]) -> pd.DataFrame:
    """Return `n`, `value`, `conf_low`, `conf_high`, `hidden`; all numbers missing where hidden."""
    names = ("n", "value", "conf_low", "conf_high")
    table = pd.DataFrame([[getattr(level, name) for name in names] for level in levels], columns=names)
    table = table.astype({"n": "Int64"}).assign(hidden=hidden)
    table[list(names)] = table[list(names)].mask(table["hidden"])
    return table


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What the development of a scope's people cost in its period.

    Attributes
    ----------
    table : DataFrame
        One row a measure: `key`, `label`, `source` ("biaya" or "kegiatan"), `value` (rupiah; per cent for
        "nonclassical") with `conf_low`, `conf_high` (a mean over people only; missing for a quotient of totals, which
        is no sample), `n` (people with a finished event behind it), `hidden`. Keys: "person" and "jp" (all of
        the table `biaya` by participants, and by JP), "person_event" (mean over participants of the column
        `kegiatan.biaya`), "jp_event" (that column by the JP of the same events), "nonclassical".
    total : float
        Rupiah of the table `biaya`; missing where there is none for the scope and period.
    """

    table: pd.DataFrame
    total: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cost:
    """One measure of cost with the events that it rests on, before small numbers are taken out."""

    key: str
    source: str
    level: Level
    events: pd.DataFrame
    hidden: bool = False


def build_costs(scope: Scope) -> Costs | None:
    """Return the unit cost of development in the scope's period; counselling is left out.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. A participant is a person with at least one event that ended by the end of the period (an
        event without a recorded end counts).

    Returns
    -------
    Costs or None
        None without events, or where neither costs nor JP are recorded.

    Examples
    --------
    >>> from kinerja_lib.scope import build_scope
    >>> from kinerja_lib.synth import build_agency
    >>> build_costs(build_scope(build_agency(people=300, units=3, periods=3))).table["key"].tolist()
    ['person', 'jp', 'person_event', 'jp_event', 'nonclassical']
    """
    people, forms = find_people(scope, "kegiatan"), build_events(scope)
    if people is None or forms is None:
        return None
    events = scope_events(scope, people)
    events = events[events["jenis"] != "konseling"]
    done = events[_is_finished(scope, events)]
    if done.empty:
        return None
    quiet = _tells_unfinished(events, done, forms, n=len(people))
    total = _sum_costs(scope)
    rows = [*_table_rows(done, total), *_event_rows(done), *_form_rows(done)]
    if not rows:
        return None
    levels = [replace(row.level, n=row.events["pegawai_id"].nunique()) for row in rows]
    hidden = [
        quiet or row.hidden or level.n < MIN_GROUP or tells_few(level.n, row.events["jenis"].unique(), forms)
        for row, level in zip(rows, levels, strict=True)
    ]
    table = pd.DataFrame([(row.key, _(COSTS[row.key]), row.source) for row in rows], columns=["key", "label", "source"])
    return Costs(table.join(_show_levels(levels, hidden)), total)


def _is_finished(scope: Scope, events: pd.DataFrame) -> pd.Series:
    if "selesai" not in events:
        return pd.Series(data=True, index=events.index)
    return events["selesai"].isna() | (events["selesai"] <= pd.Timestamp(scope.period.end))


def _tells_unfinished(events: pd.DataFrame, done: pd.DataFrame, forms: pd.DataFrame, *, n: int) -> bool:
    """Tell whether participants, beside those with any event and all people, would tell of one to four people."""
    people, reached = done["pegawai_id"].nunique(), events["pegawai_id"].nunique()
    still = events.loc[~events.index.isin(done.index), "pegawai_id"].nunique()
    few = [is_small(reached - people), is_small(still), hide_share(people, n)]
    return any(few) or bool(forms.loc[forms["jenis"] == ANY, "hidden"].iloc[0])


def _sum_costs(scope: Scope) -> float:
    """Return the rupiah of `biaya` for the scope's units: of its period, else of the periods within it."""
    if not scope.data.has("biaya"):
        return np.nan
    rows = scope.data["biaya"]
    rows = rows[rows["unit_id"].isin(scope.members)]
    same = pick_costs(rows, scope.period)
    return float(same["jumlah"].sum()) if len(same) else np.nan


def pick_costs(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the rows of `biaya` of a period, else of the periods within it."""
    same = rows[rows["periode"] == str(period)]
    if len(same):
        return same
    within = {text: Period.parse(text) in period for text in rows["periode"].unique()}
    return rows[rows["periode"].map(within).astype(bool)]


def _quotient(key: str, source: str, top: float, bottom: float, events: pd.DataFrame, *, hidden: bool = False) -> _Cost:
    return _Cost(key, source, Level(top / bottom, np.nan, np.nan, 0), events, hidden)


def _with(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the events for which more than nothing is recorded in a column."""
    return events[events[column] > 0] if column in events else events.iloc[:0]


def _table_rows(done: pd.DataFrame, total: float) -> list[_Cost]:
    if np.isnan(total):
        return []
    rows = [_quotient("person", "biaya", total, done["pegawai_id"].nunique(), done)]
    jp = _with(done, "jp")
    return [*rows, _quotient("jp", "biaya", total, float(jp["jp"].sum()), jp)] if len(jp) else rows


def _event_rows(done: pd.DataFrame) -> list[_Cost]:
    paid = _with(done, "biaya")
    if paid.empty:
        return []
    row = _Cost("person_event", "kegiatan", mean_interval(paid.groupby("pegawai_id")["biaya"].sum()), paid)
    jp = _with(paid, "jp")
    if jp.empty:
        return [row]
    return [row, _quotient("jp_event", "kegiatan", float(jp["biaya"].sum()), float(jp["jp"].sum()), jp)]


def _form_rows(done: pd.DataFrame) -> list[_Cost]:
    jp = _with(done, "jp")
    if jp.empty:
        return []
    outside = event_group(jp["jenis"]) == "nonklasikal"
    few = any(is_small(jp.loc[rows, "pegawai_id"].nunique()) for rows in (outside, ~outside))
    share = 100 * float(jp.loc[outside, "jp"].sum())
    return [_quotient("nonclassical", "kegiatan", share, float(jp["jp"].sum()), jp, hidden=few)]
