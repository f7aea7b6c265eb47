"""What happens in the invented agency, period by period: raters, development, performance, exits.

People are the rows and periods the columns of every array. Each purpose has random numbers of its own, drawn for
everybody whether used or not: a changed effect moves only what depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinerja_lib.synth.effects import RATING, STATE, TREND, Effects, stream
from kinerja_lib.synth.people import Calendar, Days, Flags, Floats, Ints, Staff, Units
from kinerja_lib.vocabulary import ALASAN_KELUAR

SPAN = 20  # people to a rater
ABOVE, BELOW = 1.18, -2.28  # where a rating turns to di_atas, to di_bawah
UPTAKE = 0.22  # chance of a first coaching session in a unit that has started
GO_ON = 0.60  # chance of sessions in a later period
BY_RATER = 0.80  # share of coaching that one's own rater gives
NEW_STAFF, MENTORED = 5.0, 0.40  # years of service under which mentoring is offered, and taken with this chance
COUNSELLED = 0.02  # share of the staff, the weakest of the period before
COURSES = 0.98  # courses per person and period
SESSIONS = {"coaching": (0.30, 0.35, 0.20, 0.15), "mentoring": (0.4, 0.35, 0.25), "konseling": (0.7, 0.3)}
# Hazards per half-year at age 40, by reason
HAZARD = {"mutasi": 0.018, "pengunduran_diri": 0.003, "meninggal": 0.0012, "pemberhentian": 0.0012}


@dataclass(frozen=True, slots=True)
class History:
    """Arrays of people by periods (`head`: units by periods); a place of -1 is nobody.

    `sessions` and `courses` count events, `first` is the period of first coaching, `rated` the mean rating before
    it is cut into levels, `exit_on` the first day out of service.
    """

    present: Flags
    appraised: Flags
    rater: Ints
    mentor: Ints
    head: Ints
    by_rater: Flags
    sessions: dict[str, Ints]
    first: Ints
    performance: Floats
    rated: Floats
    hasil: Ints
    perilaku: Ints
    exit_on: Days
    reason: Ints

    def coached(self, period: int) -> Flags:
        """Tell who has had coaching up to and with the period."""
        return self.first <= period


@dataclass(frozen=True, slots=True)
class Agency:
    """All that the tables are written from."""

    calendar: Calendar
    units: Units
    staff: Staff
    history: History
    seed: int
    effects: Effects


def build_history(calendar: Calendar, units: Units, staff: Staff, seed: int, effects: Effects) -> Agency:
    """Return the agency after the periods."""
    shape = (len(staff), len(calendar))
    history = _empty(shape, len(units))
    agency = Agency(calendar, units, staff, history, seed, effects)
    history.by_rater[:] = stream(seed, "pembimbing").random(shape) < BY_RATER
    history.sessions["pelatihan"][:] = _courses(staff, shape, seed)
    draws = {name: stream(seed, name) for name in ("keluar", "penilai", *SESSIONS, "kinerja")}
    for period in range(len(calendar)):
        start, end = calendar.start[period], calendar.end[period]
        history.present[:, period] = (staff.tmt <= start) & ~(history.exit_on <= start)
        _leave(agency, period, draws["keluar"])
        history.appraised[:, period] = history.present[:, period] & ~(history.exit_on <= end)
        _assign_raters(agency, period, draws["penilai"].random(len(staff)))
        _develop(agency, period, draws)
        _perform(agency, period, draws["kinerja"])
    retires = history.present[:, -1] & np.isnat(history.exit_on) & (staff.pension <= calendar.data_date)
    history.exit_on[retires] = staff.pension[retires]
    history.reason[retires] = ALASAN_KELUAR.index("pensiun")
    return agency


def _empty(shape: tuple[int, int], units: int) -> History:
    def flags() -> Flags:
        return np.zeros(shape, dtype=np.bool_)

    def ints(fill: int = 0, rows: int = shape[0]) -> Ints:
        return np.full((rows, shape[1]), fill, dtype=np.int64)

    return History(
        present=flags(),
        appraised=flags(),
        rater=ints(-1),
        mentor=ints(-1),
        head=ints(-1, units),
        by_rater=flags(),
        sessions={name: ints() for name in (*SESSIONS, "pelatihan")},
        first=np.full(shape[0], shape[1], dtype=np.int64),
        performance=np.zeros(shape),
        rated=np.zeros(shape),
        hasil=ints(),
        perilaku=ints(),
        exit_on=np.full(shape[0], np.datetime64("NaT"), dtype="datetime64[D]"),
        reason=np.full(shape[0], -1, dtype=np.int64),
    )


def _courses(staff: Staff, shape: tuple[int, int], seed: int) -> Ints:
    """Return courses per person and period: some people take many, PPPK and newcomers fewer."""
    rng = stream(seed, "pelatihan")
    rate = COURSES * rng.gamma(5.0, 1 / 5.0, len(staff)) * np.where(staff.pppk, 0.6, 1.0)
    return np.minimum(rng.poisson(rate[:, None], shape), 4)


def _leave(agency: Agency, period: int, rng: np.random.Generator) -> None:
    """Let people leave: competing reasons, then the age limit where it comes first."""
    history, staff, calendar = agency.history, agency.staff, agency.calendar
    start, end = calendar.start[period], calendar.end[period]
    age = (start - staff.born).astype(np.float64) / 365.25 - 40
    pull = -0.02 * age + 0.25 * np.clip(np.log(staff.distance / 9), -2, 2)
    pull = pull + agency.effects.coaching_exit * history.coached(period - 1)
    hazard = np.column_stack(
        [
            HAZARD["mutasi"] * np.exp(pull) * ~staff.pppk,
            HAZARD["pengunduran_diri"] * np.exp(pull) * np.where(staff.pppk, 2, 1),
            HAZARD["meninggal"] * np.exp(0.07 * age),
            np.full(len(staff), HAZARD["pemberhentian"]),
        ]
    ).cumsum(axis=1)
    goes, why, when = rng.random((3, len(staff)))
    day = start + 1 + (when * int((end - start).astype(int))).astype(np.int64).astype("timedelta64[D]")
    leaves = history.present[:, period] & (goes < -np.expm1(-hazard[:, -1]))
    place = (why[:, None] * hazard[:, -1:] >= hazard).sum(axis=1).clip(max=hazard.shape[1] - 1)
    codes = np.array([ALASAN_KELUAR.index(name) for name in HAZARD])
    retires = history.present[:, period] & (staff.pension <= end) & (~leaves | (staff.pension <= day))
    history.exit_on[leaves] = day[leaves]
    history.reason[leaves] = codes[place[leaves]]
    history.exit_on[retires] = staff.pension[retires]
    history.reason[retires] = ALASAN_KELUAR.index("pensiun")


def _assign_raters(agency: Agency, period: int, draw: Floats) -> None:
    """Give each person a rater: the most senior of a unit share its staff, its head rates them."""
    history, staff, units = agency.history, agency.staff, agency.units
    unit = staff.unit[:, period]
    stays = np.flatnonzero(history.appraised[:, period])
    order = stays[np.lexsort((-staff.seniority[stays], unit[stays]))]
    count = np.bincount(unit[stays], minlength=len(units))
    begin = np.cumsum(count) - count
    raters = 1 + count // SPAN
    padded = np.append(order, -1)  # the place after the last is nobody
    head = np.where(count > 0, padded[np.minimum(begin, len(order))], -1)
    turn = (draw * raters[unit]).astype(np.int64)
    rater = np.where(count[unit] > 0, padded[np.minimum(begin[unit] + turn, len(order))], -1)
    mentor = np.where(count[unit] > 0, padded[np.minimum(begin[unit] + (turn + 1) % raters[unit], len(order))], -1)
    rank = np.full(len(unit), len(unit))
    rank[order] = np.arange(len(order)) - begin[unit[order]]
    rater = np.where((rank > 0) & (rank < raters[unit]), head[unit], rater)
    above = np.where(units.parent >= 0, head[units.parent], head[0])
    rater = np.where(rank == 0, above[unit], rater)
    own = np.arange(len(unit))
    history.head[:, period] = head
    history.rater[:, period] = np.where(rater == own, -1, rater)
    history.mentor[:, period] = np.where(mentor == own, history.rater[:, period], mentor)


def _develop(agency: Agency, period: int, draws: dict[str, np.random.Generator]) -> None:
    """Give coaching where the unit has started, mentoring to newcomers, counselling to the weakest of before."""
    history, staff = agency.history, agency.staff
    here = history.present[:, period]
    uptake = 1 / (1 + np.exp(-(np.log(UPTAKE / (1 - UPTAKE)) + agency.effects.selection * staff.interest)))
    tenure = (agency.calendar.start[period] - staff.tmt).astype(np.float64) / 365.25
    chance = {
        "coaching": np.where(history.coached(period - 1), GO_ON, uptake)
        * (agency.units.start[staff.unit[:, period]] <= period),
        "mentoring": MENTORED * (tenure < NEW_STAFF),
        "konseling": _weakest(history, period).astype(np.float64),
    }
    for name, shares in SESSIONS.items():
        takes, many = draws[name].random((2, len(staff)))
        counts = 1 + np.searchsorted(np.cumsum(shares)[:-1], many, side="right")
        history.sessions[name][:, period] = np.where(here & (takes < chance[name]), counts, 0)
    history.sessions["pelatihan"][:, period] *= here
    new = (history.sessions["coaching"][:, period] > 0) & ~history.coached(period - 1)
    history.first[new] = period


def _weakest(history: History, period: int) -> Flags:
    """Tell who was rated lowest in the period before, COUNSELLED of those appraised then."""
    weakest = np.zeros(len(history.first), dtype=np.bool_)
    if period > 0:
        rated = np.flatnonzero(history.appraised[:, period - 1] & history.present[:, period])
        order = rated[np.argsort(history.rated[rated, period - 1], kind="stable")]
        weakest[order[: round(COUNSELLED * len(order))]] = True
    return weakest


def _perform(agency: Agency, period: int, rng: np.random.Generator) -> None:
    """Add true performance, then the two ratings, each with its rater's leniency and an error."""
    history, staff, units, effects = agency.history, agency.staff, agency.units, agency.effects
    unit = staff.unit[:, period]
    state, error_hasil, error_perilaku = rng.normal(0, 1, (3, len(staff)))
    coached = history.coached(period)
    performance = staff.person + units.performance[unit] + TREND * period + STATE**0.5 * state
    performance += coached * (effects.coaching + effects.coaching_growth * (period - history.first))
    for name in ("mentoring", "konseling"):
        performance += getattr(effects, name) * (history.sessions[name][:, : period + 1] > 0).any(axis=1)
    recent = history.sessions["pelatihan"][:, max(period - 1, 0) : period + 1]
    performance += effects.pelatihan * (recent > 0).any(axis=1)
    rater = history.rater[:, period]
    seen = performance + np.where(rater >= 0, staff.leniency[rater], 0.0)
    coach_rates = (history.sessions["coaching"][:, period] > 0) & history.by_rater[:, period] & (rater >= 0)
    seen += effects.same_source * coach_rates
    seen -= effects.quota * _unit_mean(seen, unit, history.appraised[:, period], len(units))
    for array, error in ((history.hasil, error_hasil), (history.perilaku, error_perilaku)):
        rating = seen + RATING**0.5 * error
        array[:, period] = np.searchsorted([BELOW, ABOVE], rating, side="right")
        history.rated[:, period] += rating / 2
    history.performance[:, period] = performance


def _unit_mean(values: Floats, unit: Ints, counted: Flags, units: int) -> Floats:
    """Return for each person how far the mean of the unit lies from the mean of all."""
    if not counted.any():
        return np.zeros(len(values))
    n = np.bincount(unit[counted], minlength=units)
    total = np.bincount(unit[counted], weights=values[counted], minlength=units)
    mean = np.where(n > 0, total / np.maximum(n, 1), 0.0) - values[counted].mean()
    return np.asarray(mean[unit], dtype=np.float64)
