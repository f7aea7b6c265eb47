"""Development in the rows of a panel: events, minutes and JP of each period, totals so far, the first of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.numbering import Ints, find_text, month_numbers, period_texts
from kinerja_lib.panel.spine import People, Spine
from kinerja_lib.vocabulary import JENIS_KEGIATAN

Columns = dict[str, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]

STATUS = ("never", "not_yet", "treated", "always")
NEVER = np.iinfo("int64").max  # month of a first event that never came
STEP = 2.0**20  # minutes and JP are added as whole numbers of this part, so that their order does not matter


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """The events of known people and where they fall: one array an event, one `Landing` a length of period.

    `person` and `month` are numbers as in `Spine`; `minutes` and `jp` are missing where not known; `kind` is the code
    of the kind.
    """

    person: Ints
    month: Ints
    minutes: Floats
    jp: Floats
    kind: Ints
    landings: tuple[Landing, ...]

    def of_kind(self, code: int) -> Log:
        """Return the events of one kind."""
        own = np.flatnonzero(self.kind == code)
        landings = tuple(Landing(way.rows, way.before, way.at[own], way.inside[own]) for way in self.landings)
        return Log(self.person[own], self.month[own], self.minutes[own], self.jp[own], self.kind[own], landings)


@dataclass(frozen=True, slots=True, eq=False)
class Landing:
    """Where events fall among the rows of one length of period.

    `rows` are these rows, `before` the position among them of the person's first; `at` is for each event the first
    row that ends in its month or later (-1 = none), `inside` whether that row had begun by then.
    """

    rows: Ints
    before: Ints
    at: Ints
    inside: np.ndarray[Any, np.dtype[np.bool_]]


def build_exposure_columns(
    events: pd.DataFrame, people: People, spine: Spine, kinds: tuple[str, ...]
) -> tuple[Columns, int, int]:
    """Return the columns of exposure, and how many events no row holds.

    Parameters
    ----------
    events : DataFrame
        `kegiatan`.
    people : People
        Who the numbers of the spine are.
    spine : Spine
        Who and when of the rows.
    kinds : tuple of str
        Which kinds of development get columns.

    Returns
    -------
    tuple
        `n_`, `dose_`, `dose_..._total`, `first_` and `status_` of each kind, and `jp`; the number of events of people
        without a row; the number of those after the person's last row.
    """
    person = find_text(events["pegawai_id"], people.ids)
    log = _build_log(events[person >= 0], person[person >= 0], spine)
    columns: Columns = {}
    for kind in kinds:
        columns |= _kind_columns(kind, log.of_kind(JENIS_KEGIATAN.index(kind)), spine, len(people.ids))
    n, _count = _add(log, spine, np.ones(len(log.person)))
    columns["jp"] = _known_sum(log, spine, log.jp, n)[0]
    lost = np.logical_and.reduce([way.at < 0 for way in log.landings])
    return columns, int((person < 0).sum()), int(lost.sum())


def _build_log(events: pd.DataFrame, person: Ints, spine: Spine) -> Log:
    month = month_numbers(events["mulai"])
    unknown = np.full(len(events), np.nan)
    minutes, jp = (events[name].to_numpy("float64") if name in events else unknown for name in ("durasi_menit", "jp"))
    kind = events["jenis"].astype(pd.CategoricalDtype(list(JENIS_KEGIATAN), ordered=True))
    codes: Ints = np.asarray(kind.cat.codes, dtype="int64")
    return Log(person, month, minutes, jp, codes, tuple(_land(spine, person, month)))


def _land(spine: Spine, person: Ints, month: Ints) -> Iterator[Landing]:
    for grain, rows in spine.by_grain():
        at = spine.find(rows, grain, person, month)
        own = spine.person[rows]
        new = np.append(True, own[1:] != own[:-1])[: len(own)]
        before = np.maximum.accumulate(np.where(new, np.arange(len(own)), 0))
        yield Landing(rows, before, at, (at >= 0) & (spine.start[at] <= month))


def _kind_columns(kind: str, log: Log, spine: Spine, people: int) -> Columns:
    n, so_far = _add(log, spine, np.ones(len(log.person)))
    dose, total = _known_sum(log, spine, log.minutes, n, so_far)
    first = np.full(people, NEVER)
    np.minimum.at(first, log.person, log.month)
    began = first[spine.person]
    never = began == NEVER
    start = np.where(never, -1, began // spine.months * spine.months)
    status = np.where(began <= spine.end, 2, 1)
    status = np.where(never, 0, np.where(began <= spine.end[spine.first], 3, status))
    return {
        f"n_{kind}": n.astype("int32"),
        f"dose_{kind}": dose,
        f"dose_{kind}_total": total,
        f"first_{kind}": period_texts(start, spine.months),
        f"status_{kind}": pd.Categorical.from_codes(status, dtype=pd.CategoricalDtype(list(STATUS))),
    }


def _known_sum(log: Log, spine: Spine, values: Floats, n: Ints, so_far: Ints | None = None) -> tuple[Floats, Floats]:
    """Return the sum of known values in each row's period, and up to its end; missing where no event's is known."""
    known = ~np.isnan(values)
    within, total = (sums / STEP for sums in _add(log, spine, np.where(known, np.round(values * STEP), 0)))
    if not known.all():
        counted, counted_so_far = _add(log, spine, known.astype("float64"))
        within[(n > 0) & (counted == 0)] = np.nan
        if so_far is not None:
            total[(so_far > 0) & (counted_so_far == 0)] = np.nan
    return within, total


def _add(log: Log, spine: Spine, whole: Floats) -> tuple[Ints, Ints]:
    """Add whole numbers of events by row: of those in its period, and of all up to its end."""
    within, total = np.zeros(len(spine), dtype="int64"), np.zeros(len(spine), dtype="int64")
    for way in log.landings:
        sums = np.bincount(way.at[way.inside], weights=whole[way.inside], minlength=len(spine))
        within += sums.astype("int64")
        landed = way.at >= 0
        gained = np.bincount(way.at[landed], weights=whole[landed], minlength=len(spine)).astype("int64")[way.rows]
        running = np.cumsum(gained)
        total[way.rows] = running - running[way.before] + gained[way.before]
    return within, total
