"""Time at risk of leaving, before and after a programme began: the rows of a study of exits.

Days are counted from 1970-01-01. A stretch is (entry, stop]: the first day that no longer counts as before, up to and
with the last. The programme begins at the end of the period of the first event, so what decides an exit lies before
it, and nobody has to stay in order to take part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError
from kinerja_lib.language import _
from kinerja_lib.schema import COVARIATE, Dataset
from kinerja_lib.studies.programme import Exposed, kinds_of
from kinerja_lib.vocabulary import KELUAR_SUKARELA, Period

YEAR = 365.25
BINARY = {"perempuan": ("jenis_kelamin", "P"), "pppk": ("status", "PPPK")}


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Who was at risk when.

    Attributes
    ----------
    people : DataFrame
        A row per person: pegawai_id, entry, stop, begins (days; `begins` missing where no event came before `stop`),
        alasan (why the person left at `stop`; missing = did not), keluar (bool: left voluntarily), pernah (bool: had
        an event before `stop`), and the covariates `usia`, `masa_kerja` (years at entry), `perempuan`, `pppk` (0 or
        1), `x_...`.
    periods : DataFrame
        periode, start, end (days, as stretches).
    dropped : mapping of str to int
        People and exits left out, by reason.
    """

    people: pd.DataFrame
    periods: pd.DataFrame
    dropped: dict[str, int]


def count_days(dates: pd.Series) -> pd.Series:
    """Return dates as days since 1970-01-01; missing where there is none."""
    return (pd.to_datetime(dates) - pd.Timestamp(0)) / pd.Timedelta(days=1)


def build_spells(exposed: Exposed, data: Dataset, minimum_service: float = 0.0) -> Spells:
    """Return the time at risk of everybody in the panel.

    At risk begins with the first whole period in service (somebody hired and gone within one period would be seen only
    for having left), with a minimum service once that is over; it ends with the exit or the last period of the person.
    """
    periods = _list_periods(exposed.rows)
    people = _find_stretches(exposed.rows, periods)
    staff = data["pegawai"].drop_duplicates("pegawai_id").set_index("pegawai_id").reindex(people["pegawai_id"])
    people = _add_exits(people, staff)
    people, dropped = _delay_entry(people, staff, periods, minimum_service)
    people["first"] = people["pegawai_id"].map(_find_first(exposed, data))
    people["begins"] = _find_begins(people, periods)
    people["pernah"] = people["first"] <= people["stop"]
    at_risk = people["entry"] < people["stop"]
    if not at_risk.all():
        dropped[_("pegawai yang tidak pernah teramati satu periode utuh")] = int((~at_risk).sum())
    people = _add_covariates(people, staff)[at_risk.to_numpy()].drop(columns=["first"])
    return Spells(people.reset_index(drop=True), periods, dropped)


def _list_periods(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the periods of the commonest length, in order of time."""
    names = rows["periode"].value_counts()
    parsed = {str(name): Period.parse(str(name)) for name in names.index}
    frame = pd.DataFrame({
        "periode": list(parsed),
        "start": count_days(pd.Series([period.start for period in parsed.values()])).to_numpy() - 1,
        "end": count_days(pd.Series([period.end for period in parsed.values()])).to_numpy(),
        "months": [period.months for period in parsed.values()],
        "n": names.to_numpy(),
    })  # fmt: skip
    by_length = frame.groupby("months")["n"].sum()
    kept = frame["months"] == by_length[by_length == by_length.max()].index[-1]
    periods: pd.DataFrame = frame.loc[kept, ["periode", "start", "end"]]
    return periods.sort_values("start").reset_index(drop=True)


def _find_stretches(rows: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Return each person's first and last day in the panel; a pause between two rows counts as service."""
    known = rows["periode"].astype("str").map(periods.set_index("periode")["start"])
    ends = rows["periode"].astype("str").map(periods.set_index("periode")["end"])
    grouped = pd.DataFrame({"pegawai_id": rows["pegawai_id"], "entry": known, "stop": ends}).dropna()
    ends_by = grouped.groupby("pegawai_id")
    return pd.DataFrame({"entry": ends_by["entry"].min(), "stop": ends_by["stop"].max()}).reset_index()


def _add_exits(people: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    day = count_days(staff["tanggal_keluar"]).to_numpy()
    seen = (day > people["entry"]) & (day <= people["stop"])
    reason = pd.Series(staff["alasan_keluar"].astype("object").to_numpy(), index=people.index)
    reason = reason.where(reason.notna(), "tidak_diketahui").where(seen)
    stop = people["stop"].where(~seen, day)
    return people.assign(stop=stop, alasan=reason, keluar=reason.isin(KELUAR_SUKARELA))


def _delay_entry(
    people: pd.DataFrame, staff: pd.DataFrame, periods: pd.DataFrame, minimum_service: float
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return people who come under observation with their first whole period, and after the minimum service."""
    dropped: dict[str, int] = {}
    hired = _read_days(staff, "tmt_cpns")
    begin = np.append(periods["start"].to_numpy(), np.inf)
    whole = begin[np.searchsorted(begin[:-1], np.nan_to_num(hired - 1, nan=-np.inf))]
    entry = np.maximum(people["entry"], whole)
    if minimum_service > 0:
        if np.isnan(hired).all():
            raise DataError(_("minimum_service: tmt_cpns tidak ada pada tabel pegawai; isi kolom itu, atau pakai 0."))
        free = hired + minimum_service * YEAR
        if np.isnan(free).any():
            dropped[_("pegawai tanpa tmt_cpns, sehingga masa kerja minimalnya tidak diketahui")] = int(
                np.isnan(free).sum()
            )
        free = np.where(np.isnan(free), np.inf, free)
        early = people["keluar"] & (free >= people["stop"]) & np.isfinite(free)
        if early.any():
            dropped[_("keluar sebelum masa kerja minimal lewat")] = int(early.sum())
        entry = np.maximum(entry, free)
    return people.assign(entry=entry), dropped


def _read_days(staff: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of dates as days; all missing where there is no such column."""
    if column not in staff:
        return np.full(len(staff), np.nan)
    return count_days(staff[column]).to_numpy(dtype="float64")


def _find_first(exposed: Exposed, data: Dataset) -> pd.Series:
    """Return the day of each person's first event of the programme, whether the panel reaches back to it or not."""
    events = data["kegiatan"]
    events = events[events["jenis"].astype("str").isin(kinds_of(exposed.programme, exposed.rows))]
    return count_days(events["mulai"]).groupby(events["pegawai_id"]).min()


def _find_begins(people: pd.DataFrame, periods: pd.DataFrame) -> pd.Series:
    """Return the end of the period of the first event; before the first period where the event is older."""
    first = people["first"].to_numpy(dtype="float64")
    end = np.append(periods["end"].to_numpy(), np.nan)
    begins = end[np.searchsorted(end[:-1], np.nan_to_num(first, nan=np.inf))]
    begins = np.where(first <= periods["start"].iloc[0], periods["start"].iloc[0], begins)
    return pd.Series(begins, index=people.index).where(begins < people["stop"])


def _add_covariates(people: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    added: dict[str, np.ndarray] = {}
    for name, column in (("usia", "tanggal_lahir"), ("masa_kerja", "tmt_cpns")):
        if column in staff:
            entry = people["entry"].where(np.isfinite(people["entry"])).to_numpy()
            added[name] = (entry - _read_days(staff, column)) / YEAR
    for name, (known, level) in BINARY.items():
        if known in staff:
            values = staff[known].astype("object")
            added[name] = (values == level).astype("float64").where(values.notna()).to_numpy()
    for own in staff:
        if str(own).startswith(COVARIATE):
            added[str(own)] = staff[own].astype("float64").to_numpy()
    return pd.concat([people, pd.DataFrame(added, index=people.index)], axis=1)


def split_states(people: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person and state of treatment: entry, stop, ikut (0 or 1), keluar, alasan.

    Examples
    --------
    >>> people = pd.DataFrame({"entry": [0, 0], "stop": [20, 9], "begins": [12, None], "keluar": [True, False]})
    >>> split_states(people.assign(alasan=None))[["entry", "stop", "ikut", "keluar"]].values.tolist()
    [[0.0, 12.0, 0.0, False], [0.0, 9.0, 0.0, False], [12.0, 20.0, 1.0, True]]
    """
    begins = people["begins"].astype("float64").fillna(np.inf)
    ends = np.minimum(people["stop"], begins)
    last = people["stop"] <= begins
    before = people.assign(
        stop=ends.astype("float64"),
        ikut=0.0,
        keluar=people["keluar"] & last,
        alasan=people["alasan"].where(last),
    )
    after = people.assign(entry=np.maximum(people["entry"], begins), ikut=1.0)
    rows: pd.DataFrame = pd.concat([before, after], ignore_index=True).astype({"entry": "float64"})
    return rows[rows["entry"] < rows["stop"]].reset_index(drop=True)


def split_periods(people: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person and period at risk: periode, entry, stop, ikut (at its start), keluar.

    Examples
    --------
    >>> people = pd.DataFrame({"entry": [0], "stop": [15], "begins": [10], "keluar": [True], "alasan": ["mutasi"]})
    >>> periods = pd.DataFrame({"periode": ["A", "B"], "start": [0, 10], "end": [10, 20]})
    >>> split_periods(people, periods)[["periode", "ikut", "keluar"]].values.tolist()
    [['A', 0.0, False], ['B', 1.0, True]]
    """
    parts: list[pd.DataFrame] = []
    for name, start, end in zip(periods["periode"], periods["start"], periods["end"], strict=True):
        part = people[(people["entry"] < end) & (people["stop"] > start)]
        entry, goes = part["entry"].clip(lower=start), part["stop"] <= end
        parts.append(
            part.assign(
                periode=name,
                entry=entry,
                stop=part["stop"].clip(upper=end),
                ikut=(part["begins"] <= entry).astype("float64"),
                keluar=part["keluar"] & goes,
                alasan=part["alasan"].where(goes),
            )
        )
    rows: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return rows
