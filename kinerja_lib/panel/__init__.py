"""Person x period panel: outcome, exposure and exit of everybody, one row a person and period.

`build_panel` does it in memory. `build_rows` is the same work for some of the people, given an `Outline` of the whole:
`kinerja_lib.panel.buckets` calls it for one bucket of people after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from kinerja_lib.errors import CallError
from kinerja_lib.language import _, mark
from kinerja_lib.numbering import Ints, find_text, parse_periods, period_texts
from kinerja_lib.panel.doses import build_exposure_columns
from kinerja_lib.panel.spine import People, Spine, build_spine
from kinerja_lib.rules import ordinal, score_predikat
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import ALASAN_KELUAR, JENIS_KEGIATAN, PREDIKAT, RATING, sort_periods

UNKNOWN = "tidak_diketahui"  # reason of an exit where the data hold none
LEVELS = {"rating_hasil": RATING, "rating_perilaku": RATING, "predikat": PREDIKAT}
CELL = ["unit_id", "periode"]
NO_ROW = mark("kegiatan pegawai yang tidak pernah dinilai")
TOO_LATE = mark("kegiatan sesudah periode terakhir pegawainya")
OUTSIDE = mark("pegawai keluar di luar rentang periode data")


@dataclass(frozen=True, slots=True)
class Outline:
    """What the rows of some people must know of the whole data.

    Attributes
    ----------
    window : tuple of int
        First and last month of the data's periods, counted from year 0.
    grain : int
        Months of the commonest period: an exit of somebody never appraised falls into a period of this length.
    kinds : tuple of str
        Kinds of development present, in the order of `JENIS_KEGIATAN`.
    """

    window: tuple[int, int]
    grain: int
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, counts: Mapping[str, int], kinds: Iterable[str]) -> Outline:
        """Return the outline of data with so many appraisals in each period and these kinds of development."""
        periods = sort_periods(counts)
        start, months = parse_periods(pd.Series(periods, dtype="str"))
        by_length = pd.Series([counts[period] for period in periods]).groupby(months).sum()
        found = set(kinds)
        return cls(
            window=(int(start.min()), int((start + months).max()) - 1),
            grain=int(by_length[by_length == by_length.max()].index[-1]),
            kinds=tuple(kind for kind in JENIS_KEGIATAN if kind in found),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PanelRows:
    """The rows of some people.

    Attributes
    ----------
    frame : DataFrame
        As `build_panel` returns it, without `status_cell`.
    cells : Series of int
        How many of them by `unit_id` and `periode`.
    dropped : mapping of str to int
        Events and exits that no row holds, by reason (marked texts).
    """

    frame: pd.DataFrame
    cells: pd.Series
    dropped: Mapping[str, int]


def build_panel(data: Dataset) -> pd.DataFrame:
    """Build the panel under every study: one row a person and period, people who move kept.

    A row is an appraisal; somebody who leaves in a period without one has a row there too, with no rating. An event
    counts in the period in which it began. Periods may differ in length, even of one person; an event then counts in
    each that holds it. Nothing in a row comes from a later period, but for the labels `first_` and `status_`, which
    by nature look at the whole record.

    Parameters
    ----------
    data : Dataset
        `penilaian` and `pegawai`; `kegiatan` where there is one. Not changed.

    Returns
    -------
    DataFrame
        Sorted by `pegawai_id` and time, with the columns

        - `pegawai_id`, `periode`, `unit_id` (of the appraisal, else of the person);
        - `rating_hasil`, `rating_perilaku`, `predikat` (from the two ratings where both are there, PermenPANRB
          6/2022, else as reported), `predikat_dilaporkan`, `ordinal` (5 best ... 1), `nilai` (the user's own number),
          `lag_predikat` (of the person's last row that ended before this one began);
        - for each kind of development present: `n_<jenis>` (events in the period), `dose_<jenis>` (minutes in it;
          missing where there were events but no length is known), `dose_<jenis>_total` (minutes up to and with it,
          those of periods without a row too), `first_<jenis>` (period of the first, in all rows of the person),
          `status_<jenis>` (never, not_yet, treated, always = from the person's first row on);
        - `jp` (in the period, all kinds), `keluar` (why the person left in this period, `tidak_diketahui` where that
          is not known; missing = did not leave), `status_cell` (people of this unit and period: show nothing of a
          cell under five).

        ``attrs["dropped"]`` counts the events and exits that no row holds, by reason.

    Raises
    ------
    CallError
        The data hold no appraisals of people.
    DataError
        A person has two appraisals with one period.

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> panel = build_panel(build_agency(people=60, units=3, periods=2))
    >>> list(panel.columns[:4]), bool(panel["keluar"].notna().any())
    (['pegawai_id', 'periode', 'unit_id', 'rating_hasil'], True)
    """
    if not isinstance(data, Dataset):
        message = _("data: ditemukan {found}; yang diizinkan: Dataset, seperti dari read_dataset.")
        raise CallError(message.format(found=type(data).__name__))
    if not (data.has("penilaian") and data.has("pegawai")):
        raise CallError(_("panel: tabel penilaian dan pegawai harus ada dan berisi; lengkapi data itu dahulu."))
    kinds = data["kegiatan"]["jenis"].unique() if data.has("kegiatan") else ()
    counts = {str(period): int(count) for period, count in data["penilaian"]["periode"].value_counts().items()}
    rows = build_rows(data.tables, Outline.of(counts, kinds))
    frame = add_cells(rows.frame, rows.cells)
    frame.attrs["dropped"] = {_(reason): count for reason, count in rows.dropped.items() if count}
    return frame


def build_rows(tables: Mapping[str, pd.DataFrame], outline: Outline) -> PanelRows:
    """Return the rows of the people in `tables`, whatever people the whole holds besides."""
    appraisals, staff = tables["penilaian"], tables["pegawai"]
    people = People.of(appraisals, staff)
    spine, outside = build_spine(appraisals, staff, people, window=outline.window, grain=outline.grain)
    frame = _build_outcomes(appraisals, staff, people, spine)
    no_row = late = 0
    if "kegiatan" in tables:
        columns, no_row, late = build_exposure_columns(tables["kegiatan"], people, spine, outline.kinds)
        frame = frame.assign(**columns)
    else:
        frame["jp"] = np.nan
    frame["keluar"] = pd.Categorical.from_codes(spine.reason, dtype=pd.CategoricalDtype([*ALASAN_KELUAR, UNKNOWN]))
    return PanelRows(frame, _count_cells(frame), {NO_ROW: no_row, TOO_LATE: late, OUTSIDE: outside})


def _build_outcomes(appraisals: pd.DataFrame, staff: pd.DataFrame, people: People, spine: Spine) -> pd.DataFrame:
    """Return ids, period, unit and outcome of each row."""
    taken = {name: _take_levels(appraisals, name, levels, spine) for name, levels in LEVELS.items()}
    derived = score_predikat(taken["rating_hasil"], taken["rating_perilaku"])
    predikat = derived.where(derived.notna(), taken["predikat"])
    nilai = appraisals["nilai"] if "nilai" in appraisals else pd.Series(np.nan, index=appraisals.index)
    return pd.DataFrame(
        {
            "pegawai_id": pd.array(people.ids, dtype="str").take(spine.person),
            "periode": period_texts(spine.start, spine.months),
            "unit_id": _build_units(appraisals, staff, people, spine),
            "rating_hasil": taken["rating_hasil"],
            "rating_perilaku": taken["rating_perilaku"],
            "predikat": predikat,
            "predikat_dilaporkan": taken["predikat"],
            "ordinal": ordinal(predikat).astype("Int8"),
            "nilai": nilai.array.take(spine.source, allow_fill=True),
            "lag_predikat": predikat.array.take(_find_previous(spine), allow_fill=True),
        }
    )


def _take_levels(appraisals: pd.DataFrame, name: str, levels: tuple[str, ...], spine: Spine) -> pd.Series:
    dtype = pd.CategoricalDtype(list(levels), ordered=True)
    column = appraisals[name] if name in appraisals else pd.Series(np.nan, index=appraisals.index, dtype="object")
    return pd.Series(column.astype(dtype).array.take(spine.source, allow_fill=True))


def _build_units(appraisals: pd.DataFrame, staff: pd.DataFrame, people: People, spine: Spine) -> pd.Series:
    """Return the unit of each row: that of the appraisal, else that of the person."""
    unknown = pd.Series(pd.NA, index=appraisals.index, dtype="str")
    own = pd.Series(appraisals.get("unit_id", unknown).array.take(spine.source, allow_fill=True))
    if not own.isna().any():
        return own
    return own.fillna(pd.Series(staff["unit_id"].array.take(people.staff[spine.person], allow_fill=True)))


def _find_previous(spine: Spine) -> Ints:
    """Return for each row the person's last row before it that ended before it began; -1 where there is none."""
    at = np.arange(len(spine)) - 1
    while True:
        at[(at >= 0) & (spine.person[at] != spine.person)] = -1
        meets = (at >= 0) & (spine.end[at] >= spine.start)
        if not meets.any():
            return at
        at[meets] -= 1


def _count_cells(frame: pd.DataFrame) -> pd.Series:
    """Return how many rows each unit and period has."""
    there = frame["unit_id"].notna().to_numpy()
    (unit, units), (period, periods) = (pd.factorize(frame.loc[there, name]) for name in CELL)
    sizes = np.bincount(unit * len(periods) + period, minlength=len(units) * len(periods))
    index = pd.MultiIndex.from_product([units, periods], names=CELL)
    return pd.Series(sizes, index=index)[sizes > 0]


def add_cells(frame: pd.DataFrame, cells: pd.Series) -> pd.DataFrame:
    """Add `status_cell`: how many people the row's unit and period hold; missing where the unit is."""
    units, periods = (cells.index.get_level_values(name).unique() for name in CELL)
    sizes = cells.unstack().reindex(index=units, columns=periods).fillna(0).to_numpy("int32")
    unit, period = (find_text(frame[name], pa.array(known)) for name, known in zip(CELL, (units, periods), strict=True))
    return frame.assign(status_cell=pd.arrays.IntegerArray(sizes[unit, period], unit < 0))
