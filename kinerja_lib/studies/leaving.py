"""Who has left since a day and why: the incidence of voluntary exit with other reasons competing, exits by reason.

Nothing here compares like with like; it shows how many left, and keeps small numbers back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from kinerja_lib.estimate import Estimate, estimate_incidence
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share, is_small
from kinerja_lib.studies.spells import YEAR
from kinerja_lib.vocabulary import ALASAN_KELUAR

GROUPS = ("belum", "sudah")  # at the landmark: not yet, already
LEFT, OTHER = "sukarela", "lain"
TENS = 10  # those still under observation are told in whole tens: with the exits, a count would tell of the others


def find_leaving(people: pd.DataFrame, states: pd.DataFrame, periods: pd.DataFrame) -> dict[str, object]:
    """Return the incidence since the landmark and exits by reason, where neither gives a small number away.

    The same exits are counted in several ways (ever took part, state at the exit, state at the landmark, up to each
    time): where two that are shown differ by one to four people, the exits by reason stay out.

    Parameters
    ----------
    people, periods : DataFrame
        As in `Spells`.
    states : DataFrame
        As `split_states` gives it.

    Returns
    -------
    dict
        `landmark` (name of its first period), `incidence` (Estimate: share that left voluntarily up to the end of
        periods, in years since the landmark, by group; `at_risk` in its diagnostics in whole tens, rounded down),
        `competing` (Estimate: share of all who left for another reason up to the last of these times), `exits`
        (reason, before, after; hidden cells missing). What would give a small number away is not there.
    """
    landmark = choose_landmark(people, periods)
    later = follow_from(people, landmark)
    exposed = states.groupby("ikut")["keluar"].sum().to_numpy()
    ever = people.groupby("pernah")["keluar"].sum().reindex([False, True], fill_value=0).to_numpy()
    found: dict[str, object] = {}
    differences = [*(exposed - ever)]
    times = choose_times(later, (periods["end"].to_numpy("float64") - landmark) / YEAR)
    if times:
        found["landmark"] = periods.loc[periods["start"] == landmark, "periode"].iloc[0]
        found["incidence"] = _round_risk(
            estimate_incidence(later, duration="lama", event="sebab", cause=LEFT, at=times, by="kelompok")
        )
        for time in times:
            differences += [*(exposed - _count_until(later, time).to_numpy())]
        gone = later["sebab"].notna() & (later["sebab"] != LEFT)
        if not hide_share(int(gone.sum()), len(later)) and gone.any():
            kinds = later.assign(sebab=later["sebab"].where(~gone, OTHER))
            found["competing"] = estimate_incidence(kinds, duration="lama", event="sebab", cause=OTHER, at=times[-1])
            differences.append(int(states["alasan"].notna().sum() - states["keluar"].sum()) - int(gone.sum()))
    if not any(is_small(abs(difference)) for difference in differences):
        found["exits"] = count_exits(states)
    return found


def choose_landmark(people: pd.DataFrame, periods: pd.DataFrame) -> float:
    """Return the day at which most is to be seen: people in both groups, and time left to follow them.

    Groups are formed by what happened before that day, and followed from it: nobody had to stay in order to be in one.
    """
    best, found = -1.0, float(periods["start"].iloc[0])
    for start in periods["start"]:
        here = people[(people["entry"] <= start) & (people["stop"] > start)]
        began = int((here["begins"] <= start).sum())
        worth = began * (len(here) - began) / max(len(here), 1) * float(periods["end"].max() - start)
        if worth > best:
            best, found = worth, float(start)
    return found


def follow_from(people: pd.DataFrame, landmark: float) -> pd.DataFrame:
    """Return who was at risk at the landmark: kelompok, lama (years since), sebab (missing = end of observation)."""
    here = people[(people["entry"] <= landmark) & (people["stop"] > landmark)]
    began = here["begins"] <= landmark
    kind = here["alasan"].astype("object")
    return here.assign(
        kelompok=np.where(began, GROUPS[1], GROUPS[0]),
        lama=(here["stop"] - landmark) / YEAR,
        sebab=kind.where(~here["keluar"], LEFT),
    )


def _count_until(later: pd.DataFrame, time: float) -> pd.Series:
    """Return the voluntary exits of each group up to a time."""
    left = later["keluar"] & (later["lama"] <= time)
    return left.groupby(later["kelompok"]).sum().reindex(list(GROUPS), fill_value=0)


def choose_times(later: pd.DataFrame, ends: np.ndarray) -> list[float]:
    """Return the ends of periods at which the exits of both groups may be told; none where not even the last may.

    Between two that are told no group has one to four exits: the difference of two shares would tell them.

    Examples
    --------
    >>> later = pd.DataFrame({"kelompok": ["belum"] * 20 + ["sudah"] * 20, "lama": ([1.0] * 6 + [2.0] * 14) * 2})
    >>> choose_times(later.assign(keluar=later["lama"] == 1.0), np.array([0.5, 1.0, 2.0]))
    [0.5, 1.0, 2.0]
    """
    last = float(later["lama"].max()) if len(later) else 0.0
    sizes = later.groupby("kelompok").size().reindex(list(GROUPS), fill_value=0)
    whole = _count_until(later, last)
    if any(hide_share(k, n) for k, n in zip(whole, sizes, strict=True)):
        return []
    kept: list[float] = []
    counts = pd.Series(0, index=whole.index)
    for time in sorted(end for end in ends if 0 < end < last):
        now = _count_until(later, time)
        if not (now - counts).map(is_small).any() and not (whole - now).map(is_small).any():
            kept.append(float(time))
            counts = now
    return [*kept, last]


def _round_risk(estimate: Estimate) -> Estimate:
    """Return the incidence with those still under observation in whole tens, and without counts of exits."""
    risk: pd.DataFrame = estimate.diagnostics["at_risk"]  # type: ignore[assignment]
    risk = risk.drop(columns="n_event").assign(n_risk=risk["n_risk"] // TENS * TENS)
    kept = {name: value for name, value in estimate.diagnostics.items() if name not in ("events", "at_risk")}
    return replace(estimate, diagnostics={**kept, "at_risk": risk})


def count_exits(states: pd.DataFrame) -> pd.DataFrame:
    """Return exits by reason before (or without) the programme and after its start; what is small is missing."""
    counts = states.groupby(["alasan", "ikut"]).size().unstack(fill_value=0)
    table = counts.reindex(index=[*ALASAN_KELUAR, "tidak_diketahui"], columns=[0.0, 1.0], fill_value=0)
    table = table[table.sum(axis=1) > 0].set_axis(["before", "after"], axis=1)
    for column in table:
        counted = table[column]
        table[column] = counted.astype("Int64").mask(hide_counts(counted) | (0 < counted.sum() < MIN_GROUP))
    return table.rename_axis("reason").reset_index()
