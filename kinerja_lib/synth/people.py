"""The invented agency at rest: its periods, units and staff. What happens to them is in `history`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kinerja_lib.synth.effects import PERSON, UNIT, Effects, stream
from kinerja_lib.vocabulary import JENIS_JABATAN, PENDIDIKAN, Period

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

LARGEST = 12.5  # the largest unit has so many times the staff of the smallest
JOIN = 0.02  # share of the staff that is appointed in a period
PPPK = 0.20
MOVE = 0.012  # share that moves to another unit in a period
NEVER = 1_000_000  # start of coaching in a unit that never starts

FIRST_LEVEL = (
    "Sekretariat",
    "Bidang Pengadaan dan Informasi Kepegawaian",
    "Bidang Mutasi dan Promosi",
    "Bidang Pengembangan Kompetensi",
)
SECOND_LEVEL = (
    "Subbagian Umum dan Kepegawaian",
    "Subbagian Perencanaan dan Keuangan",
    "Subbidang Pengadaan dan Pemberhentian",
    "Subbidang Data dan Informasi",
    "Subbidang Mutasi dan Kepangkatan",
    "Subbidang Jabatan dan Karier",
    "Subbidang Diklat Teknis dan Fungsional",
    "Subbidang Diklat Manajerial dan Sertifikasi",
)

EDUCATION = ("SLTA", "D-III", "D-IV", "S-1", "S-2")
EDUCATION_SHARE = (0.18, 0.14, 0.06, 0.47, 0.15)
ENTRY_AGE = np.array([19.0, 21.5, 22.5, 22.5, 25.0])
GOLONGAN = tuple(f"{roman}/{letter}" for roman in ("I", "II", "III") for letter in "abcd") + tuple(
    f"IV/{letter}" for letter in "abcde"
)
FIRST_GOLONGAN = np.array([4, 6, 8, 8, 9])  # by education: II/a, II/c, III/a, III/a, III/b
GRADE = ("V", "VII", "IX", "IX", "X")  # of PPPK, by education

# jenjang, jenis_jabatan, lowest and highest golongan (as places in GOLONGAN), standard of competency
POSTS: tuple[tuple[str, str, int, int, int], ...] = (
    ("Operator", "pelaksana", 4, 9, 1),
    ("Teknisi", "pelaksana", 6, 10, 1),
    ("Klerek", "pelaksana", 8, 11, 1),
    ("Pemula", "fungsional", 4, 4, 1),
    ("Terampil", "fungsional", 5, 7, 1),
    ("Mahir", "fungsional", 8, 9, 2),
    ("Penyelia", "fungsional", 10, 11, 2),
    ("Ahli Pertama", "fungsional", 8, 9, 2),
    ("Ahli Muda", "fungsional", 10, 11, 3),
    ("Ahli Madya", "fungsional", 12, 14, 4),
    ("", "pengawas", 10, 11, 2),
    ("", "administrator", 11, 13, 3),
    ("", "jpt_pratama", 13, 15, 4),
)
POST_KIND = np.array([JENIS_JABATAN.index(post[1]) for post in POSTS])
POST_LOW, POST_HIGH, POST_STANDARD = (np.array([post[place] for post in POSTS]) for place in (2, 3, 4))
EXPERT, PENGAWAS = 7, 10  # first places in POSTS of functional experts, of heads
SENIORITY = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 5])


@dataclass(frozen=True, slots=True)
class Calendar:
    """The periods, with their first and last days."""

    periods: tuple[Period, ...]

    @property
    def start(self) -> Days:
        """First days, by period."""
        return np.array([period.start for period in self.periods], dtype="datetime64[D]")

    @property
    def end(self) -> Days:
        """Last days, by period."""
        return np.array([period.end for period in self.periods], dtype="datetime64[D]")

    @property
    def names(self) -> list[str]:
        """Texts such as 2025-S1."""
        return [str(period) for period in self.periods]

    @property
    def data_date(self) -> np.datetime64:
        """Day on which the data were drawn: two weeks after the last period."""
        return np.datetime64(self.periods[-1].end, "D") + 14

    def __len__(self) -> int:
        """Count the periods."""
        return len(self.periods)


@dataclass(frozen=True, slots=True)
class Units:
    """The units: id, name, place of the parent (-1 for none), staff, stable performance, start of coaching."""

    ids: list[str]
    names: list[str]
    kinds: list[str]
    parent: Ints
    size: Ints
    performance: Floats
    start: Ints

    def __len__(self) -> int:
        """Count the units."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Staff:
    """The people, one place each in every array; `unit` is person by period; `post` is a place in `POSTS`."""

    ids: pd.api.extensions.ExtensionArray
    unit: Ints
    woman: Flags
    born: Days
    tmt: Days
    pppk: Flags
    education: Ints
    post: Ints
    golongan: Ints
    pension: Days
    person: Floats
    interest: Floats
    distance: Floats
    leniency: Floats
    seniority: Floats

    def __len__(self) -> int:
        """Count the people."""
        return len(self.post)


def pick(labels: Sequence[str], codes: npt.NDArray[np.integer]) -> pd.api.extensions.ExtensionArray:
    """Return the label of each code as text; -1 is missing."""
    return pd.array(list(labels), dtype="str").take(codes, allow_fill=True)


def build_units(units: int, people: int, periods: int, seed: int) -> Units:
    """Return units on two levels, whose sizes differ much and which start coaching in steps."""
    rng = stream(seed, "unit")
    first = max(1, round(units / 3))
    second = units - first
    parent = np.concatenate([np.full(first, -1), np.arange(second) * first // max(second, 1)]).astype(np.int64)
    names = [FIRST_LEVEL[k] if k < len(FIRST_LEVEL) else f"Bidang Layanan {k + 1}" for k in range(first)]
    names += [SECOND_LEVEL[k] if k < len(SECOND_LEVEL) else f"Subbidang Layanan {k + 1}" for k in range(second)]
    weight = rng.permutation(np.geomspace(1, LARGEST, units))
    size = 3 + _apportion(people - 3 * units, weight)
    performance = rng.normal(0, UNIT**0.5, units)
    return Units(
        ids=[f"U{k + 1:0{max(2, len(str(units)))}d}" for k in range(units)],
        names=names,
        kinds=[name.partition(" ")[0].lower() for name in names],
        parent=parent,
        size=size,
        performance=performance - np.average(performance, weights=size),
        start=_stagger(size, periods, rng),
    )


def _apportion(total: int, weight: Floats) -> Ints:
    """Share `total` out in whole numbers, largest remainders first."""
    exact: Floats = total * weight / weight.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole


def _stagger(size: Ints, periods: int, rng: np.random.Generator) -> Ints:
    """Return the period in which each unit starts coaching; of five units of like size one never does."""
    starts = np.minimum(np.array([1, 2, 3, 4, NEVER]), np.array([*[max(periods - 1, 1)] * 4, NEVER]))
    by_size = np.argsort(-size, kind="stable")
    start = np.empty(len(size), dtype=np.int64)
    for first in range(0, len(size), len(starts)):
        block = by_size[first : first + len(starts)]
        start[block] = rng.permutation(starts)[: len(block)]
    return start


def build_staff(units: Units, calendar: Calendar, seed: int, effects: Effects) -> Staff:
    """Return the people that the agency has had in these periods."""
    rng = stream(seed, "pegawai")
    home = np.repeat(np.arange(len(units)), units.size)
    n = len(home)
    heads = _heads(home, units)
    pppk = (rng.random(n) < PPPK) & (heads < 0)
    education = rng.choice(len(EDUCATION), n, p=EDUCATION_SHARE)
    education = np.where(heads >= 0, np.maximum(education, EDUCATION.index("S-1")), education)
    born, tmt = _dates(rng, calendar, pppk, education, heads >= 0)
    tenure = (calendar.data_date - tmt).astype(np.float64) / 365.25
    post = np.where(heads >= 0, heads, _posts(rng, education, tenure, pppk))
    woman = rng.random(n) < 0.46
    person = rng.normal(0, 1, n)
    interest = 0.6 * person + 0.8 * rng.normal(0, 1, n)
    return Staff(
        ids=_numbers(born, tmt, woman, pppk),
        unit=_moves(home, units, len(calendar), post >= PENGAWAS, seed),
        woman=woman,
        born=born,
        tmt=tmt,
        pppk=pppk,
        education=education,
        post=post,
        golongan=_golongan(education, tenure, post, pppk),
        pension=_pension(born, post),
        person=person * PERSON**0.5,
        interest=interest,
        distance=np.round(rng.lognormal(2.2, 0.7, n), 1),
        leniency=effects.leniency * rng.normal(0, 1, n),
        seniority=SENIORITY[post] * 100 + tenure,
    )


def _heads(home: Ints, units: Units) -> Ints:
    """Return the post of those who lead: the first of each unit, and the secretary beside the agency's head."""
    heads = np.full(len(home), -1)
    first = np.searchsorted(home, np.arange(len(units)))
    heads[first] = np.where(units.parent < 0, PENGAWAS + 1, PENGAWAS)
    heads[0], heads[1] = PENGAWAS + 2, PENGAWAS + 1
    return heads


def _dates(
    rng: np.random.Generator, calendar: Calendar, pppk: Flags, education: Ints, head: Flags
) -> tuple[Days, Days]:
    """Return dates of birth and of appointment (always the first of a month)."""
    n = len(pppk)
    start = calendar.start[0]
    low = ENTRY_AGE[education]
    age = low + 0.5 + (57.0 - low) * rng.beta(1.3, 1.05, n)
    age = np.where(head, 40 + 14 * rng.random(n), np.where(pppk, np.clip(age, low + 2.5, 54), age))
    entry = low + rng.random(n) * np.minimum(10.0, age - low)
    served = np.where(pppk, (1 + rng.integers(0, 18, n)) / 12, age - entry)
    joined = (rng.random(n) < min(0.5, JOIN * len(calendar))) & ~head
    month = rng.integers(1, 6 * len(calendar), n)
    age_joined = np.where(pppk, low + 12 * rng.random(n), low + 8 * rng.random(n))
    age = np.where(joined, age_joined - month / 12, age)
    born = start - np.ceil(age * 365.25).astype("timedelta64[D]")
    tmt = (start - np.ceil(served * 365.25).astype("timedelta64[D]")).astype("datetime64[M]")
    tmt = np.where(joined, start.astype("datetime64[M]") + month, tmt)
    return born, tmt.astype("datetime64[D]")


def _posts(rng: np.random.Generator, education: Ints, tenure: Floats, pppk: Flags) -> Ints:
    """Return a post below the heads, by education and years of service."""
    expert = education >= EDUCATION.index("D-IV")
    skilled = np.where(education == 0, np.searchsorted([4, 12, 20], tenure), np.searchsorted([10, 18], tenure) + 1)
    functional = np.where(expert, EXPERT + np.searchsorted([8, 18], tenure), 3 + skilled)
    functional = np.where(pppk, np.where(expert, EXPERT, 3 + (education > 0)), functional)
    chance = np.where(pppk, 0.75, np.where(expert, 0.5, 0.3))
    return np.where(rng.random(len(tenure)) < chance, functional, np.minimum(education, 2)).astype(np.int64)


def _golongan(education: Ints, tenure: Floats, post: Ints, pppk: Flags) -> Ints:
    """Return places in GOLONGAN followed by GRADE: a step in five years, between the bounds of the post."""
    steps = FIRST_GOLONGAN[education] + np.maximum(tenure, 0).astype(np.int64) // 5
    return np.where(pppk, len(GOLONGAN) + education, np.clip(steps, POST_LOW[post], POST_HIGH[post]))


def _pension(born: Days, post: Ints) -> Days:
    """Return the first of the month after the birthday that reaches the age limit: 58, or 60."""
    late = np.isin(post, (EXPERT + 2, PENGAWAS + 2))
    months: Days = born.astype("datetime64[M]") + np.where(late, 60, 58) * 12 + 1
    return np.asarray(months, dtype="datetime64[D]")


def _numbers(born: Days, tmt: Days, woman: Flags, pppk: Flags) -> pd.api.extensions.ExtensionArray:
    """Return invented NIP (digits 13-14 = month of appointment) and NIPPPK (21): 18 digits, each once."""
    when = pd.DatetimeIndex(born)
    since = pd.DatetimeIndex(tmt)
    day = np.asarray(when.year * 10_000 + when.month * 100 + when.day, dtype=np.int64)
    month = np.where(pppk, 21, np.asarray(since.month))
    stem = ((day * 10_000 + np.asarray(since.year)) * 100 + month) * 10 + np.where(woman, 2, 1)
    number = stem * 1000 + 1 + pd.Series(stem).groupby(stem).cumcount().to_numpy()
    return pd.Series(number).astype("str").array


def _moves(home: Ints, units: Units, periods: int, fixed: Flags, seed: int) -> Ints:
    """Return the unit of each person in each period; those who lead a unit stay."""
    rng = stream(seed, "mutasi_unit")
    unit = np.repeat(home[:, None], periods, axis=1)
    share = np.cumsum(units.size) / units.size.sum()
    for period in range(1, periods):
        goes = (rng.random(len(home)) < MOVE) & ~fixed
        target = np.minimum(np.searchsorted(share, rng.random(len(home))), len(units) - 1)
        unit[:, period] = np.where(goes, target, unit[:, period - 1])
    return unit


def education_codes(education: Ints) -> Ints:
    """Return places in the vocabulary's PENDIDIKAN."""
    return np.array([PENDIDIKAN.index(name) for name in EDUCATION])[education]
