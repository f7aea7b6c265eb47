"""Who and when of each row of the panel, as whole numbers.

A person is the place of the id among the sorted ids. A period is its first month (counted from year 0) and its length
in months, which here is its grain: a month lies in the period of a grain that starts at `month // grain * grain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kinerja_lib.errors import DataError
from kinerja_lib.language import _
from kinerja_lib.numbering import SPAN, Ints, as_arrow, find_text, month_numbers, parse_periods
from kinerja_lib.vocabulary import ALASAN_KELUAR

UNKNOWN_REASON = len(ALASAN_KELUAR)  # code of an exit whose reason the data do not hold


@dataclass(frozen=True, slots=True, eq=False)
class Spine:
    """The rows of a panel, by person, first month, and the longer of two periods that start together first.

    Attributes
    ----------
    person, start, months : array of int
        Number of the person; first month and length of the period.
    source : array of int
        Row of `penilaian`; -1 where the person left without an appraisal in the period.
    reason : array of int
        Code of the reason for leaving in the period; -1 where nobody left.
    """

    person: Ints
    start: Ints
    months: Ints
    source: Ints
    reason: Ints

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.person)

    @property
    def end(self) -> Ints:
        """Last month of each row."""
        return self.start + self.months - 1

    @property
    def first(self) -> Ints:
        """Position of the first row of each row's person."""
        new = np.append(True, self.person[1:] != self.person[:-1])[: len(self)]
        return np.maximum.accumulate(np.where(new, np.arange(len(self)), 0))

    def take(self, rows: Ints) -> Spine:
        """Return some of the rows, in the order asked for."""
        return Spine(*(values[rows] for values in self._arrays()))

    def join(self, other: Spine) -> Spine:
        """Return the rows of both, sorted."""
        pairs = zip(self._arrays(), other._arrays(), strict=True)
        return Spine(*(np.concatenate(pair) for pair in pairs)).sort()

    def sort(self) -> Spine:
        """Return the rows in the order of the panel."""
        key = (self.person * SPAN + self.start) * 16 - self.months
        return self if bool((key[1:] >= key[:-1]).all()) else self.take(np.argsort(key, kind="stable"))

    def by_grain(self) -> Iterator[tuple[int, Ints]]:
        """Iterate over the lengths of period and the positions of their rows."""
        lengths = np.flatnonzero(np.bincount(self.months))
        for grain in lengths:
            yield int(grain), np.flatnonzero(self.months == grain) if len(lengths) > 1 else np.arange(len(self))

    def find(self, rows: Ints, grain: int, person: Ints, month: Ints) -> Ints:
        """Return the first of `rows` (positions, of one grain) that ends in `month` or later; -1 where there is none.

        The month lies in that row where the row has begun by then.
        """
        keys = self.person[rows] * SPAN + self.start[rows]
        place = np.searchsorted(keys, person * SPAN + month // grain * grain)
        found = np.append(rows, -1)[place]
        return np.where(np.append(self.person, -1)[found] == person, found, -1)

    def _arrays(self) -> tuple[Ints, ...]:
        return self.person, self.start, self.months, self.source, self.reason


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody in the panel: sorted `ids`, and the row of `pegawai` of each (-1 = not on that table)."""

    ids: pa.Array
    staff: Ints

    @classmethod
    def of(cls, appraisals: pd.DataFrame, staff: pd.DataFrame) -> People:
        """Return those who were appraised or left, in the order of the ids."""
        texts = [as_arrow(appraisals["pegawai_id"])]
        if "tanggal_keluar" in staff:
            texts.append(as_arrow(staff["pegawai_id"][staff["tanggal_keluar"].notna()]))
        ids = pc.unique(pa.concat_arrays(texts)).drop_null()
        ids = ids.take(pc.sort_indices(ids))
        known = find_text(staff["pegawai_id"], ids)
        rows = np.full(len(ids), -1)
        rows[known[known >= 0]] = np.flatnonzero(known >= 0)
        return cls(ids, rows)


def build_spine(
    appraisals: pd.DataFrame, staff: pd.DataFrame, people: People, *, window: tuple[int, int], grain: int
) -> tuple[Spine, int]:
    """Return the rows - every appraisal, and every exit in a period without one - and how many left outside them.

    Parameters
    ----------
    appraisals, staff : DataFrame
        `penilaian` and `pegawai`.
    people : People
        Of these tables.
    window : tuple of int
        First and last month of the data; an exit outside is not seen.
    grain : int
        Length of the period of an exit of somebody who was never appraised.
    """
    person = find_text(appraisals["pegawai_id"], people.ids)
    start, months = parse_periods(appraisals["periode"])
    spine = Spine(person, start, months, np.arange(len(start)), np.full(len(start), -1)).sort()
    _require_single(spine)
    if "tanggal_keluar" not in staff:
        return spine, 0
    leaver, month, why = _find_leavers(staff, people)
    inside = (month >= window[0]) & (month <= window[1])
    leaver, month, why = leaver[inside], month[inside], why[inside]
    met = np.zeros(len(leaver), dtype=bool)
    for span, rows in spine.by_grain():
        at = spine.find(rows, span, leaver, month)
        at = np.where((at >= 0) & (spine.start[at] <= month), at, -1)
        spine.reason[at[at >= 0]] = why[at >= 0]
        met |= at >= 0
    own = np.full(len(people.ids), grain)
    own[spine.person] = spine.months  # that of the last appraisal stays
    length = own[leaver[~met]]
    nothing = np.full(len(length), -1)
    exits = Spine(leaver[~met], month[~met] // length * length, length, nothing, why[~met])
    return spine.join(exits), int((~inside).sum())


def _find_leavers(staff: pd.DataFrame, people: People) -> tuple[Ints, Ints, Ints]:
    """Return number, month and code of the reason of everybody with a date of leaving."""
    rows = staff[staff["tanggal_keluar"].notna()]
    reason = np.full(len(rows), UNKNOWN_REASON)
    if "alasan_keluar" in rows:
        codes = rows["alasan_keluar"].astype(pd.CategoricalDtype(list(ALASAN_KELUAR))).cat.codes.to_numpy("int64")
        reason = np.where(codes < 0, UNKNOWN_REASON, codes)
    return find_text(rows["pegawai_id"], people.ids), month_numbers(rows["tanggal_keluar"]), reason


def _require_single(spine: Spine) -> None:
    same = spine.person[1:] == spine.person[:-1]
    again = same & (spine.start[1:] == spine.start[:-1]) & (spine.months[1:] == spine.months[:-1])
    if again.any():
        message = _(
            "panel: {n} baris penilaian mengulang pegawai dan periode yang sama (yang pertama: baris {row}); "
            "sisakan satu penilaian bagi satu pegawai dalam satu periode."
        )
        raise DataError(message.format(n=int(again.sum()), row=int(spine.source[1:][again].min()) + 1))
