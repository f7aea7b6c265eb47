"""Times to an event: reading and checking them, and who is at risk when.

Sorting, counting and cumulative sums over event times (T) by groups (G); nothing here knows an estimator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.estimate.inputs import as_label, sort_levels
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.estimate.scalars import as_numbers
from kinerja_lib.language import _

CENSORED = "0"
SINGULAR = 1e-10  # directions in which a test's variance is below this share of the largest are none


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """One row per spell (n): duration, entry or None, event as the text of its code, group number; names of groups."""

    duration: np.ndarray
    entry: np.ndarray | None
    event: np.ndarray
    group: np.ndarray
    groups: list[str]


@dataclass(frozen=True, slots=True)
class Curve:
    """Event times (T); people at risk just before and events at each; estimate, error and interval (all T by G)."""

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


def read_lifetimes(
    whole: pd.DataFrame, *, duration: str, event: str, entry: str | None = None, by: str | None = None
) -> Lifetimes:
    """Return the spells of complete rows: durations above 0, entries before them, at least two groups."""
    codes, groups = (np.zeros(len(whole), dtype="int64"), [""]) if by is None else _group_codes(whole[by])
    if by is not None and len(groups) < 2:
        message = _("by: kolom {name} hanya berisi satu kelompok ({found}); diperlukan paling sedikit dua.")
        raise DataError(message.format(name=by, found=list_values(groups)))
    kinds, found = pd.factorize(whole[event])
    spells = Lifetimes(
        duration=_require_numbers(whole[duration], "duration"),
        entry=None if entry is None else _require_numbers(whole[entry], "entry"),
        event=np.array([label(value) for value in found], dtype=object)[kinds],
        group=codes,
        groups=groups,
    )
    short = int((spells.duration <= 0).sum())
    if short:
        message = _("duration: kolom {name} bernilai 0 atau kurang pada {n} baris. Periksa tanggalnya, atau keluarkan.")
        raise DataError(message.format(name=duration, n=short))
    late = 0 if spells.entry is None else int((spells.entry >= spells.duration).sum())
    if late:
        message = _("entry: kolom {name} tidak mendahului {end} pada {n} baris. Periksa tanggalnya, atau keluarkan.")
        raise DataError(message.format(name=entry, end=duration, n=late))
    return spells


def label(value: object) -> str:
    """Return how a level, code or time is written: 1 for 1.0 and True."""
    return as_label(int(value) if isinstance(value, (bool, np.bool_)) else value)


def find_events(spells: Lifetimes, event: str, cause: object = None) -> np.ndarray:
    """Return who had the event (n): that of code `cause`, or 1 in a column that holds 0 and 1 only."""
    found = sorted(set(spells.event.tolist()) - {CENSORED})
    if not found:
        message = _("event: kolom {name} tidak memuat satu kejadian pun; perpanjang masa pengamatan.")
        raise DataError(message.format(name=event))
    if cause is not None:
        require_choice("cause", label(cause), found)
    elif found != ["1"]:
        message = _(
            "event: kolom {name} berisi {found}; yang diizinkan 0 (tersensor) dan 1 (kejadian). "
            "Buat kolom 0/1, atau pakai estimate_incidence untuk beberapa sebab."
        )
        raise DataError(message.format(name=event, found=list_values(found)))
    return np.asarray(spells.event == ("1" if cause is None else label(cause)))


def count_at_risk(spells: Lifetimes, times: np.ndarray) -> np.ndarray:
    """Return how many of each group entered before and did not leave before each time (T by G)."""
    counts = np.zeros((len(times), len(spells.groups)))
    for g in range(len(spells.groups)):
        own = spells.group == g
        counts[:, g] = own.sum() - np.searchsorted(np.sort(spells.duration[own]), times)
        if spells.entry is not None:
            counts[:, g] -= own.sum() - np.searchsorted(np.sort(spells.entry[own]), times)
    return counts


def count_events(spells: Lifetimes, times: np.ndarray, happened: np.ndarray) -> np.ndarray:
    """Return how many of each group `happened` at each time (T by G)."""
    shape = (len(times), len(spells.groups))
    place = np.searchsorted(times, spells.duration[happened]) * shape[1] + spells.group[happened]
    return np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape).astype("float64")


def read_times(argument: str, asked: float | Iterable[float]) -> np.ndarray:
    """Return the times asked for, sorted, each once."""
    several = isinstance(asked, Iterable) and not isinstance(asked, str)
    times = np.unique(as_numbers(asked if several else [asked]))  # type: ignore[arg-type]
    if not bool((np.isfinite(times) & (times >= 0)).all()):
        message = _("{argument}: ditemukan {found}; yang diizinkan: bilangan dari 0 ke atas, dalam satuan durasi.")
        raise CallError(message.format(argument=argument, found=repr(asked)))
    return times


def read_curve(spells: Lifetimes, curve: Curve, at: np.ndarray, start: float) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return table and diagnostics at the times `at`, or at each group's own event times when there are none.

    Before its first event a curve is at `start`, without an interval; after the last time of a group nothing is known.
    """
    pieces, said = [], []
    total, asked = np.cumsum(curve.events, axis=0), count_at_risk(spells, at)
    for g, name in enumerate(spells.groups):
        own = spells.group == g
        last, happened = spells.duration[own].max(), curve.events[:, g] > 0
        times = at[at <= last] if len(at) else curve.times[happened]
        place = np.searchsorted(curve.times, times, "right")
        values = {
            key: np.concatenate([[first], getattr(curve, key)[:, g]])[place]
            for key, first in zip(COLUMNS[2:6], (start, np.nan, np.nan, np.nan), strict=True)
        }
        risk = asked[at <= last, g] if len(at) else curve.at_risk[happened, g]
        counts = {"n": own.sum(), "n_risk": risk, "n_event": np.concatenate([[0.0], total[:, g]])[place]}
        pieces.append(pd.DataFrame({"group": name, "time": times, **values, "p_value": np.nan, **counts}))
        if len(times) < len(at):
            message = _("Waktu {times} di luar data{group} (pengamatan terakhir {last}); tidak ditaksir.")
            group = _(" kelompok {name}").format(name=name) if name else ""
            beyond = list_values(label(time) for time in at[at > last].tolist())
            said.append(message.format(times=beyond, group=group, last=label(float(last))))
    rows = pd.concat(pieces, ignore_index=True).astype({"n_risk": "int64", "n_event": "int64"})
    if rows.empty:
        message = _("at: semua waktu di luar data; pengamatan terakhir pada {last}.")
        raise CallError(message.format(last=label(float(spells.duration.max()))))
    if rows["conf_low"].isna().any():
        said.append(_("Sebelum kejadian pertama, dan bila tidak ada yang tersisa, selang tidak dapat dihitung."))
    rows["term"] = [label(time) for time in rows["time"].tolist()]
    at_risk = rows[["term", "group", "time", "n_risk", "n_event"]]
    return rows[list(COLUMNS)], {"at_risk": at_risk, "warnings": tuple(said)}


def chi_square(score: np.ndarray, variance: np.ndarray, by: str) -> pd.Series:
    """Return statistic, df and p of G scores that sum to zero: one of them is redundant."""
    from scipy import stats

    values, vectors = np.linalg.eigh(variance[:-1, :-1])
    kept = values > SINGULAR * max(float(variance.max()), SINGULAR)
    if not kept.any():
        message = _("by: kelompok pada kolom {name} tidak pernah berisiko bersama pada waktu kejadian; tidak ada uji.")
        raise DataError(message.format(name=by))
    statistic = float(((vectors[:, kept].T @ score[:-1]) ** 2 / values[kept]).sum())
    df = int(kept.sum())
    return pd.Series({"statistic": statistic, "df": df, "p": float(stats.chi2.sf(statistic, df))})


def _group_codes(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return the group number of each row, and the names in the declared or sorted order."""
    levels = sort_levels(values)
    places = {level: place for place, level in enumerate(levels)}
    return values.astype("object").map(places).to_numpy("int64"), [label(level) for level in levels]


def _require_numbers(values: pd.Series, argument: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        message = _("{argument}: kolom {name} bukan bilangan. Hitung lamanya dalam hari atau bulan lebih dahulu.")
        raise DataError(message.format(argument=argument, name=values.name))
    return values.to_numpy(dtype="float64")
