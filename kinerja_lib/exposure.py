"""From the log of `kegiatan` to exposure: when, how often and how much a person was developed, and who guided whom.

Two frames for computing (`build_exposure`, `build_pairs`: never shown by person), and two summaries of a scope that
may be shown: what its sessions were about, and how intense guidance was. Counselling is in no summary.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinerja_lib.development import GUIDED, event_group, find_people, scope_events, tells_done
from kinerja_lib.intervals import Level, mean_interval, share_interval
from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.vocabulary import TAHAP_GROW, Period, label

TOPICS = ("kompetensi", "perilaku", "skp", "karier")  # what a code of `topik` says before its colon
OTHER_TOPIC = "topik_lain"
PER_DAYS = 30
MEASURES = {
    "sessions": mark("Sesi per pegawai"),
    "minutes": mark("Menit per pegawai"),
    "gap": mark("Hari antara dua sesi"),
    "guided": mark("Pegawai per pembimbing"),
    "same_source": mark("Dibimbing penilainya sendiri (%)"),
}
SPAN = 1 << 20  # more days than any calendar of the data has
FIRST_DAY = pd.Timestamp("1700-01-01")


def build_exposure(data: Dataset) -> pd.DataFrame:
    """Return each person's exposure to each kind of development. For computing only: never shown by person.

    Parameters
    ----------
    data : Dataset
        With the table `kegiatan`; `penilaian` tells who rates whom.

    Returns
    -------
    DataFrame
        One row a person and kind, sorted: `pegawai_id`, `jenis`, `kelompok` (klasikal, nonklasikal, konseling),
        `first`, `last` (days on which the first and the last event began), `sessions`, `minutes`, `jp` (sums of what
        is recorded; missing where nothing is), `gap` (mean days from one event to the next, missing with one event),
        `intensity` (minutes per 30 days between the first event and the last: mean length times frequency, the
        intensity of Warren, Fey and Yoder 2007; missing with one event or all on one day), `guides` (different
        `pembimbing_id`), `same_source` (a guide is also the person's rater; missing where no guide or no rater is
        known). The rater is that of the first appraisal that ends on the day of the event or later.

    Examples
    --------
    >>> log = pd.DataFrame({"pegawai_id": ["P1", "P1"], "mulai": pd.to_datetime(["2025-03-01", "2025-03-16"])})
    >>> log = log.assign(jenis="coaching", durasi_menit=60.0)
    >>> build_exposure(Dataset({"kegiatan": log}))[["sessions", "gap", "intensity"]].values.tolist()
    [[2.0, 15.0, 120.0]]
    """
    return measure_exposure(data, data["kegiatan"])


def measure_exposure(data: Dataset, events: pd.DataFrame) -> pd.DataFrame:
    """Return `build_exposure` of some rows of `kegiatan` only; the raters are those of `data`."""
    keys = ["pegawai_id", "jenis"]
    groups = _measured(events).groupby(keys, observed=True)
    table = pd.DataFrame(groups["mulai"].agg(first="min", last="max", sessions="size"))
    table = table.join(groups[["minutes", "jp"]].sum(min_count=1))
    days = (table["last"] - table["first"]).dt.days
    table["gap"] = (days / (table["sessions"] - 1).where(table["sessions"] > 1)).astype("float64")
    length = table["minutes"] / table["sessions"]
    table["intensity"] = length * PER_DAYS / table["gap"].where(table["gap"] > 0)
    pairs = measure_pairs(data, events).groupby(keys, observed=True)
    guides = pairs.size().reindex(table.index, fill_value=0)
    raters = pairs["is_rater"].max().reindex(table.index).astype("boolean")
    table = table.assign(guides=guides.astype("int64"), same_source=raters).reset_index()
    table.insert(2, "kelompok", event_group(table["jenis"]))
    return table


def build_pairs(data: Dataset) -> pd.DataFrame:
    """Return who guided whom. For computing only: never shown by person.

    Parameters
    ----------
    data : Dataset
        With the table `kegiatan`; `penilaian` tells who rates whom.

    Returns
    -------
    DataFrame
        One row a kind, guide and person, sorted: `jenis`, `pembimbing_id`, `pegawai_id`, `sessions`, `minutes`
        (missing where none is recorded), `is_rater` (the guide was the person's rater for one of the events, as in
        `build_exposure`; missing where no rater is known). Events without a guide are left out.

    Examples
    --------
    >>> log = pd.DataFrame({"pegawai_id": ["P1"], "mulai": pd.to_datetime(["2025-03-01"]), "jenis": "coaching"})
    >>> rated = pd.DataFrame({"pegawai_id": ["P1"], "periode": ["2025-S1"], "penilai_id": ["P9"]})
    >>> data = Dataset({"kegiatan": log.assign(pembimbing_id="P9"), "penilaian": rated})
    >>> build_pairs(data)[["pembimbing_id", "pegawai_id", "is_rater"]].values.tolist()
    [['P9', 'P1', True]]
    """
    return measure_pairs(data, data["kegiatan"])


def measure_pairs(data: Dataset, events: pd.DataFrame) -> pd.DataFrame:
    """Return `build_pairs` of some rows of `kegiatan` only; the raters are those of `data`."""
    rows = _measured(events)
    rows["pembimbing_id"] = events.get("pembimbing_id", pd.NA)
    rows = rows[rows["pembimbing_id"].notna()]
    rater = find_raters(data, rows)
    rows["is_rater"] = (rows["pembimbing_id"] == rater).astype("boolean").mask(rater.isna())
    groups = rows.groupby(["jenis", "pembimbing_id", "pegawai_id"], observed=True)
    table = pd.DataFrame({"sessions": groups.size(), "minutes": groups["minutes"].sum(min_count=1)})
    return table.assign(is_rater=groups["is_rater"].max().astype("boolean")).reset_index()


def _measured(events: pd.DataFrame) -> pd.DataFrame:
    """Return what exposure needs of the events; a measure that the log lacks is missing."""
    rows = events[["pegawai_id", "jenis", "mulai"]].copy()
    for name, column in (("minutes", "durasi_menit"), ("jp", "jp")):
        rows[name] = events[column].astype("float64") if column in events else np.nan
    return rows


def find_raters(data: Dataset, events: pd.DataFrame) -> pd.Series:
    """Return for each event the `penilai_id` of the person's first appraisal that ends on its day or later."""
    nobody = pd.Series(pd.NA, index=events.index, dtype="object")
    if events.empty or not data.has("penilaian", "penilai_id"):
        return nobody
    rows = data["penilaian"]
    codes, people = pd.factorize(events["pegawai_id"])
    person = pd.Index(people).get_indexer(pd.Index(rows["pegawai_id"]))
    periods = {text: Period.parse(text) for text in rows["periode"].unique()}
    ends = rows["periode"].map({text: _day_number(period.end) for text, period in periods.items()})
    lengths = rows["periode"].map({text: period.months for text, period in periods.items()})
    keys = person.astype("int64") * SPAN + ends.to_numpy("int64")
    order = np.lexsort((lengths.to_numpy(), keys))  # of two that end together the shorter is the nearer
    order = order[person[order] >= 0]
    days = (events["mulai"] - FIRST_DAY).dt.days.to_numpy("int64")
    at = np.searchsorted(keys[order], codes.astype("int64") * SPAN + days)
    there = at < len(order)
    appraisal = order[at[there]]
    there[there] = person[appraisal] == codes[there]
    nobody[there] = rows["penilai_id"].to_numpy(dtype="object")[order[at[there]]]
    return nobody


def _day_number(day: object) -> int:
    return int((pd.Timestamp(day) - FIRST_DAY).days)  # type: ignore[arg-type]


def build_sessions(scope: Scope) -> pd.DataFrame | None:
    """Return what the coaching and mentoring sessions of a scope were about, and whether follow-up was done.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a kind, grouping and level: `jenis` (coaching, mentoring), `group` (tahap_grow, topik,
        peran_pembimbing), `level`, `label`, `sessions`, `share` (per cent of the sessions for which the grouping is
        recorded), `follow_up` (per cent of those known; missing where one to four people
        had it done, or not), `hidden` (fewer than five people behind it, or needed to
        hide another). A topic is what its code says before the colon. Groupings that no session records are left out.
        None without coaching and mentoring.
    """
    people = find_people(scope, "kegiatan")
    if people is None:
        return None
    events = scope_events(scope, people)
    events = events[events["jenis"].isin(GUIDED)]
    if events.empty:
        return None
    parts = [
        _levels(events[events["jenis"] == kind], values, levels).assign(jenis=kind, group=name)
        for name, (values, levels) in _session_groups(events).items()
        for kind in GUIDED
    ]
    parts = [part for part in parts if len(part)]
    order = ["jenis", "group", "level", "label", "sessions", "share", "follow_up", "hidden"]
    return pd.concat(parts, ignore_index=True)[order] if parts else None


def _session_groups(events: pd.DataFrame) -> dict[str, tuple[pd.Series, list[str]]]:
    """Return for each grouping that the log records the level of every session, and the levels in their order."""
    found: dict[str, tuple[pd.Series, list[str]]] = {}
    if "tahap_grow" in events:
        found["tahap_grow"] = (events["tahap_grow"].where(events["jenis"] == "coaching"), list(TAHAP_GROW))
    if "topik" in events:
        topic = events["topik"].astype("object").str.split(":").str[0].str.strip().str.casefold()
        topic = topic.where(topic.isin(TOPICS) | topic.isna(), OTHER_TOPIC)
        found["topik"] = (topic, [level for level in (*TOPICS, OTHER_TOPIC) if (topic == level).any()])
    if "peran_pembimbing" in events:
        role = events["peran_pembimbing"].astype("object")
        found["peran_pembimbing"] = (role, sorted(role.dropna().unique()))
    return found


def _levels(events: pd.DataFrame, values: pd.Series, levels: list[str]) -> pd.DataFrame:
    """Return sessions, share and follow-up of each level, hidden so that no group under five shows."""
    stage = values.reindex(events.index).astype(pd.CategoricalDtype(levels))
    whole, events = events, events[stage.notna()]
    if events.empty:
        return pd.DataFrame()
    groups = events.groupby(stage[stage.notna()], observed=False)
    hidden = hide_counts(groups["pegawai_id"].nunique()).astype(bool)
    if events["pegawai_id"].nunique() < MIN_GROUP:
        hidden = hidden | True
    sessions = groups.size()
    table = pd.DataFrame({"sessions": sessions.astype("Int64"), "share": 100 * sessions / len(events)})
    done = events["tindak_lanjut"].astype("Float64") if "tindak_lanjut" in events else None
    follow_up = np.nan if done is None else 100 * done.groupby(stage[stage.notna()], observed=False).mean()
    untold = hidden | pd.Series({level: tells_done(events[stage[stage.notna()] == level]) for level in levels})
    table["follow_up"] = pd.Series(follow_up, index=table.index).astype("float64").mask(untold)
    if tells_done(whole[~stage.isin(list(untold.index[~untold]))]):  # taken from all sessions of the kind
        table["follow_up"] = np.nan
    table = table.mask(hidden).assign(hidden=hidden, label=[label(level) for level in levels])
    return table.rename_axis("level").reset_index().astype({"level": "str"})


def build_intensity(scope: Scope) -> pd.DataFrame | None:
    """Return how intense coaching and mentoring were in a scope's period, and how often the guide also rates.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a kind and measure: `jenis` (coaching, mentoring), `measure`, `label`, `value` with `conf_low`,
        `conf_high`, `n`, `median`, `highest`, `hidden`. Measures: "sessions" and "minutes" (mean of the people
        guided), "gap" (mean days from one session to the next, of people with two or more), "guided" (mean people of
        a guide; `n` = guides; `median` and `highest` are of it alone, the latter only from five on), "same_source"
        (per cent of people whose guide is also their rater). Missing where one to four people would show. None
        without coaching and mentoring.
    """
    people = find_people(scope, "kegiatan")
    if people is None:
        return None
    events = scope_events(scope, people)
    events = events[events["jenis"].isin(GUIDED)]
    if events.empty:
        return None
    exposure, pairs = measure_exposure(scope.data, events), measure_pairs(scope.data, events)
    rows = []
    for kind in GUIDED:
        own = exposure[exposure["jenis"] == kind]
        loads = pairs[pairs["jenis"] == kind].groupby("pembimbing_id").size()
        rows += [{"jenis": kind, "measure": name, **row} for name, row in _intensities(own, loads, len(people))]
    table = pd.DataFrame(rows).astype({"n": "Int64"})
    table.insert(2, "label", [_(MEASURES[name]) for name in table["measure"]])
    return table


def _intensities(own: pd.DataFrame, loads: pd.Series, n: int) -> list[tuple[str, dict[str, object]]]:
    """Return the measures of one kind: `own` one row a person with it, `loads` people of each guide."""
    quiet = hide_share(len(own), n)
    rows = []
    for name in ("sessions", "minutes", "gap"):
        level = mean_interval(own[name])
        rows.append((name, _shown(level, hidden=quiet or hide_share(level.n, len(own)))))
    few = quiet or len(loads) < MIN_GROUP
    row = _shown(mean_interval(loads), hidden=few)
    if not few:
        top = int(loads.max())
        row |= {"median": float(loads.median()), "highest": top if top >= MIN_GROUP else np.nan}
    rows.append(("guided", row))
    known = own["same_source"].dropna().astype(bool)
    hidden = quiet or hide_share(int(known.sum()), len(known)) or hide_share(len(known), len(own))
    rows.append(("same_source", _shown(share_interval(int(known.sum()), len(known)), hidden=hidden)))
    return rows


def _shown(level: Level, *, hidden: bool) -> dict[str, object]:
    """Return the columns of one measure; all numbers missing where it is hidden."""
    names = ("value", "conf_low", "conf_high", "n")
    numbers = {name: np.nan if hidden else getattr(level, name) for name in names}
    return {**numbers, "median": np.nan, "highest": np.nan, "hidden": hidden}
