"""The history of the invented agency, written down as an office would: the canonical tables.

Every function returns columns of one table, in codes where the table holds levels; `to_frame` gives them the types
of the schema. Texts are short, and never about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.rules import score_predikat
from kinerja_lib.schema import TABLES
from kinerja_lib.synth.effects import PERSON, stream
from kinerja_lib.synth.history import Agency
from kinerja_lib.synth.people import (
    GOLONGAN,
    GRADE,
    POST_KIND,
    POST_STANDARD,
    POSTS,
    Flags,
    Floats,
    Ints,
    education_codes,
    pick,
)
from kinerja_lib.vocabulary import ASPEK, KONDISI, PREDIKAT, PREDIKAT_ORGANISASI, RATING, REZIM

Columns = dict[str, Any]

CAPAIAN = 93.4  # mean achievement of a plan, per cent
CAPAIAN_PER_SD = 4.0  # points for each SD of true performance
CAPAIAN_ERROR = 2.4  # SD of an indicator's own error, points
SECOND_HALF = 0.6  # points more in the second half of a year, when plans are closed
GAP = 0.08  # share of lines that name no superior's result
STRAY = 0.02  # share of lines that name a result which the superior does not have
MISSION = "Birokrasi melayani"  # the organisation's own result: what the head of the agency serves
# rhk, rhk of one who rates others, aspek, iki, target, decimals of realisasi, kondisi
PLANS: tuple[tuple[str, str, str, str, float, int, str], ...] = (
    ("Berkas selesai", "Layanan prima", "kuantitas", "Jumlah berkas", 120, 0, "normal"),
    ("Data mutakhir", "Data andal", "kualitas", "Persen valid", 80, 1, "normal"),
    ("Laporan tepat", "Tata kelola", "kuantitas", "Jumlah laporan", 60, 0, "normal"),
    ("Arsip tertib", "Tata kelola", "kualitas", "Persen rapi", 80, 1, "normal"),
    ("Peserta terlatih", "ASN kompeten", "kuantitas", "Jumlah peserta", 150, 0, "normal"),
    ("Anggaran terserap", "Tata kelola", "biaya", "Persen serapan", 80, 1, "normal"),
    ("Aduan tuntas", "Layanan prima", "kualitas", "Persen tuntas", 80, 1, "normal"),
    ("Proses cepat", "Layanan prima", "waktu", "Hari proses", 12, 1, "khusus"),
)
RESULTS = tuple(dict.fromkeys(plan[1] for plan in PLANS))
TITLES = (*(plan[0] for plan in PLANS), *RESULTS, MISSION)
SHARES = np.array([60.0, 50.0, 70.0])  # bobot of the first line

COMPETENCIES = (
    ("Integritas", 0.4),
    ("Kerja Sama", 0.3),
    ("Komunikasi", 0.0),
    ("Orientasi pada Hasil", 0.1),
    ("Pelayanan Publik", 0.3),
    ("Pengembangan Diri dan Orang Lain", -0.5),
    ("Mengelola Perubahan", -0.7),
    ("Pengambilan Keputusan", -0.4),
    ("Perekat Bangsa", 0.3),
)  # and how far it lies from the standard, SD
ASSESSED = 0.60
CUTS = (-2.1, -0.9, 1.2)  # two levels below the standard, one below, at it, one above

MAPPED = 0.66  # share of the staff whose potential has been mapped
POTENTIAL_CUTS = (-0.8, 0.7)  # below menengah, above it; SD of the potential
PERSON_IN_POTENTIAL = 0.6  # its correlation with the stable part of a person's performance
SANCTIONED = (0.98, 0.992, 0.998)  # where no sanction, ringan, sedang end

ITEMS = (("IK1", 3.6), ("IK2", 3.4), ("IK3", 3.7), ("IK4", 3.2), ("IK5", 3.5))  # and mean score
ITEM_SD, COMMON, UNIT_CLIMATE = 0.95, 0.49, 0.12  # share of an item's variance that is climate; share of units in it


def to_frame(name: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame that `read_dataset` would give: levels and booleans come in as codes, -1 missing."""
    typed: Columns = {}
    for column_name, values in columns.items():
        column = TABLES[name].column(column_name)
        if column.kind == "level":
            dtype = pd.CategoricalDtype(list(column.levels), ordered=True)
            typed[column_name] = pd.Categorical.from_codes(values, dtype=dtype)
        elif column.kind == "boolean":
            typed[column_name] = pd.array(values > 0, dtype="boolean")
            typed[column_name][values < 0] = pd.NA
        elif column.kind == "integer":
            typed[column_name] = pd.array(values, dtype="Int64")
        elif column.kind == "number":
            typed[column_name] = np.asarray(values, dtype=np.float64)
        elif column.kind == "date":
            typed[column_name] = np.asarray(values, dtype="datetime64[us]")
        else:
            typed[column_name] = values
    return pd.DataFrame(typed)


def unit_table(agency: Agency) -> Columns:
    """Return the columns of `unit`."""
    units = agency.units
    names = {"unit_id": units.ids, "nama": units.names, "jenis": units.kinds}
    columns: Columns = {name: pd.array(values, dtype="str") for name, values in names.items()}
    return {
        "unit_id": columns["unit_id"],
        "nama": columns["nama"],
        "induk_id": pick(units.ids, units.parent),
        "jenis": columns["jenis"],
    }


def pegawai_table(agency: Agency) -> Columns:
    """Return the columns of `pegawai`, with two covariates."""
    staff, units, history = agency.staff, agency.units, agency.history
    last = np.where(history.present, np.arange(history.present.shape[1]), 0).max(axis=1)
    return {
        "pegawai_id": staff.ids,
        "unit_id": pick(units.ids, staff.unit[np.arange(len(staff)), last]),
        "jenis_kelamin": staff.woman.astype(np.int8),
        "tanggal_lahir": staff.born,
        "tmt_cpns": staff.tmt,
        "status": staff.pppk.astype(np.int8),
        "golongan": pick([*GOLONGAN, *GRADE], staff.golongan),
        "jenis_jabatan": POST_KIND[staff.post],
        "jenjang": pick([post[0] for post in POSTS], np.where(staff.post >= len(POSTS) - 3, -1, staff.post)),
        "pendidikan": education_codes(staff.education),
        "tanggal_keluar": history.exit_on,
        "alasan_keluar": history.reason,
        "x_minat_belajar": np.clip(np.round(60 + 12 * staff.interest), 0, 100),
        "x_jarak_km": staff.distance,
    }


def penilaian_table(agency: Agency) -> Columns:
    """Return the columns of `penilaian`: nobody is appraised in the period in which they come or leave."""
    staff, history = agency.staff, agency.history
    period, person = np.nonzero(history.appraised.T)
    hasil, perilaku = history.hasil[person, period], history.perilaku[person, period]
    sanctions = stream(agency.seed, "hukdis").random(hasil.size)
    return {
        "pegawai_id": staff.ids.take(person),
        "periode": pick(agency.calendar.names, period),
        "unit_id": pick(agency.units.ids, staff.unit[person, period]),
        "penilai_id": staff.ids.take(history.rater[person, period], allow_fill=True),
        "rezim": np.full(len(person), REZIM.index("p6_2022")),
        "rating_hasil": hasil,
        "rating_perilaku": perilaku,
        "predikat": predikat_matrix()[hasil, perilaku],
        "potensial": _potential(agency)[person],
        "hukdis": np.searchsorted(SANCTIONED, sanctions),
    }


def _potential(agency: Agency) -> Ints:
    """Return the potential of each person as a code, -1 where nobody has mapped it."""
    rng = stream(agency.seed, "potensial")
    own, share = agency.staff.person / PERSON**0.5, PERSON_IN_POTENTIAL
    latent = share * own + (1 - share**2) ** 0.5 * rng.normal(0, 1, len(own))
    return np.where(rng.random(len(own)) < MAPPED, np.searchsorted(POTENTIAL_CUTS, latent), -1)


@cache
def predikat_matrix() -> np.ndarray:
    """Return the law's nine cells: rating_hasil by rating_perilaku, from di_bawah to di_atas; places in `PREDIKAT`."""
    return np.array([[PREDIKAT.index(score_predikat(hasil, perilaku)) for perilaku in RATING] for hasil in RATING])


def skp_table(agency: Agency) -> Columns:
    """Return the columns of `skp`: two lines a person and period, of the same indicators in every period."""
    staff, calendar, history = agency.staff, agency.calendar, agency.history
    rng = stream(agency.seed, "skp")
    n = len(staff)
    first, step = rng.integers(0, len(PLANS), n), rng.integers(1, len(PLANS), n)
    kinds = np.column_stack([first, (first + step) % len(PLANS)])
    weight = SHARES[rng.integers(0, len(SHARES), n)]
    gap = rng.random((n, 2)) < GAP
    error = CAPAIAN_ERROR * rng.normal(0, 1, (*history.appraised.shape, 2))
    period, person = (np.repeat(places, 2) for places in np.nonzero(history.appraised.T))
    line = np.arange(len(person)) % 2
    kind = kinds[person, line]
    target, special = np.array([plan[4] for plan in PLANS])[kind], np.array([p[6] == "khusus" for p in PLANS])[kind]
    late = np.array([p.part == 2 for p in calendar.periods])[period]
    capaian = CAPAIAN + CAPAIAN_PER_SD * history.performance[person, period] + SECOND_HALF * late
    capaian = np.clip(capaian + error[person, period, line], 40, 120) / 100
    exact = target * np.where(special, 2 - capaian, capaian)
    whole = np.array([plan[5] == 0 for plan in PLANS])[kind]
    titles, served = _results(agency, kinds, gap)
    return {
        "pegawai_id": staff.ids.take(person),
        "periode": pick(calendar.names, period),
        "rhk": pick(TITLES, titles[person, period, line]),
        "rhk_atasan": pick(TITLES, served[person, period, line]),
        "aspek": np.array([ASPEK.index(plan[2]) for plan in PLANS])[kind],
        "iki": pick([plan[3] for plan in PLANS], kind),
        "target": target,
        "realisasi": np.where(whole, np.round(exact), np.round(exact, 1)),
        "bobot": np.where(line == 0, weight[person], 100 - weight[person]),
        "kondisi": np.array([KONDISI.index(plan[6]) for plan in PLANS])[kind],
    }


def _results(agency: Agency, kinds: Ints, gap: Flags) -> tuple[Ints, Ints]:
    """Return the places in `TITLES` of each line's result and of the rater's result that it serves; -1 is none.

    People by periods by lines. Who rates others has a result of `RESULTS`; a line serves the rater's result of its own
    subject, else the rater's of the same line.
    """
    rater = agency.history.rater
    subject = np.array([len(PLANS) + RESULTS.index(plan[1]) for plan in PLANS])[kinds]
    served, titles = np.empty((2, *rater.shape, 2), dtype=np.int64)
    stray = stream(agency.seed, "skp telusur").random(served.shape) < STRAY
    for period, above in enumerate(rater.T):
        leads = np.isin(np.arange(len(kinds)), above[agency.history.appraised[:, period]])
        titles[:, period] = np.where(leads[:, None], subject, kinds)
        own, theirs = subject[:, :, None], subject[above][:, None, :]
        served[:, period] = np.where((own == theirs).any(axis=2), subject, subject[above])
        others = np.arange(len(PLANS), len(TITLES) - 1)
        absent = (others != subject[above][:, :, None]).all(axis=1).argmax(axis=1) + len(PLANS)
        served[:, period] = np.where(stray[:, period], absent[:, None], served[:, period])
    served = np.where(rater[:, :, None] < 0, len(TITLES) - 1, served)
    return titles, np.where(gap[:, None, :], -1, served)


def kompetensi_table(agency: Agency) -> Columns:
    """Return the columns of `kompetensi`: the last period and one two years before it."""
    staff, calendar, history = agency.staff, agency.calendar, agency.history
    rng = stream(agency.seed, "kompetensi")
    shape = (len(staff), len(COMPETENCIES))
    assessed = rng.random(len(staff)) < ASSESSED
    lasting = 0.5 * rng.normal(0, 1, (len(staff), 1)) + 0.7 * rng.normal(0, 1, shape)
    distance = np.array([value for _name, value in COMPETENCIES])
    last = len(calendar) - 1
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    for period in sorted({max(0, last - 4), last}):
        latent = lasting + 0.5 * rng.normal(0, 1, shape) + distance
        latent = latent + agency.effects.coaching_competency * history.coached(period)[:, None]
        person = np.repeat(np.flatnonzero(assessed & history.appraised[:, period]), len(distance))
        which = np.arange(len(person)) % len(distance)
        gap = np.searchsorted(CUTS, latent[person, which]) - 2
        parts.append((person, np.full(len(person), period), which, gap))
    person, periods, which, gap = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    standard = POST_STANDARD[staff.post[person]]
    return {
        "pegawai_id": staff.ids.take(person),
        "periode": pick(calendar.names, periods),
        "kompetensi": pick([name for name, _distance in COMPETENCIES], which),
        "level": np.clip(standard + gap, 0, 5),
        "level_standar": standard,
    }


def survei_table(agency: Agency) -> Columns:
    """Return the columns of `survei`: once a year, anonymous (an id holds in its period alone)."""
    staff, units, calendar, history = agency.staff, agency.units, agency.calendar, agency.history
    rng = stream(agency.seed, "survei")
    climate = UNIT_CLIMATE**0.5 * rng.normal(0, 1, len(units))
    rate = rng.uniform(0.62, 0.78, len(units))
    means = np.array([mean for _item, mean in ITEMS])
    answers: list[tuple[Ints, Ints, Ints, Ints, Floats]] = []
    for period in (place for place, p in enumerate(calendar.periods) if p.part == 1):
        unit = staff.unit[:, period]
        own, error = rng.normal(0, 1, len(staff)), rng.normal(0, 1, (len(staff), len(ITEMS)))
        common = (
            climate[unit] + (1 - UNIT_CLIMATE) ** 0.5 * own + agency.effects.coaching_climate * history.coached(period)
        )
        score = means + ITEM_SD * (COMMON**0.5 * common[:, None] + (1 - COMMON) ** 0.5 * error)
        replies = history.appraised[:, period] & (rng.random(len(staff)) < rate[unit])
        shuffled = rng.permutation(np.flatnonzero(replies))
        person = np.repeat(shuffled[np.argsort(unit[shuffled], kind="stable")], len(ITEMS))
        item = np.arange(len(person)) % len(ITEMS)
        reply, skor = np.arange(len(person)) // len(ITEMS), np.clip(np.round(score[person, item]), 1, 5)
        answers.append((unit[person], np.full(len(person), period), reply, item, skor))
    if not answers:
        return {}
    unit, periods, reply, item, skor = (np.concatenate(arrays) for arrays in zip(*answers, strict=True))
    return {
        "responden_id": pd.Series(periods * 1_000_000 + reply + 1_000_001).astype("str").radd("R").array,
        "periode": pick(calendar.names, periods),
        "unit_id": pick(units.ids, unit),
        "instrumen": pick(["iklim_kerja"], np.zeros(len(unit), dtype=np.int64)),
        "butir": pick([name for name, _mean in ITEMS], item),
        "skor": skor,
    }


def unit_tables(agency: Agency) -> dict[str, Columns]:
    """Return the columns of `kinerja_unit`, `indikator_unit` and `biaya`: results and costs by unit and period."""
    staff, units, calendar, history = agency.staff, agency.units, agency.calendar, agency.history
    periods, places = (axis.ravel() for axis in np.mgrid[0 : len(calendar), 0 : len(units)])
    cell = staff.unit + np.arange(len(calendar)) * len(units)

    def count(values: Floats | Ints | Flags) -> Floats:
        weights = values.ravel().astype(np.float64)
        return np.bincount(cell.ravel(), weights=weights, minlength=len(places)).astype(np.float64)

    people = count(history.appraised)
    mean = count(history.performance * history.appraised) / np.maximum(people, 1)
    sessions, courses = count(history.sessions["coaching"]), count(history.sessions["pelatihan"])
    rng = stream(agency.seed, "hasil_unit")
    errors = rng.normal(0, 1, (3, len(places)))
    patrons = rng.integers(60, 400, len(places)).astype(np.float64)
    capaian = np.round(94.5 + 6 * mean + 1.5 * errors[0], 2)
    keys = {"unit_id": pick(units.ids, places), "periode": pick(calendar.names, periods)}
    twice = {name: values.take(np.repeat(np.arange(len(places)), 2)) for name, values in keys.items()}
    even = np.tile([0, 1], len(places))
    ikm, absence = np.round(83 + 5 * mean + 1.2 * errors[1], 2), np.round(3.2 - 0.8 * mean + 0.4 * errors[2], 2)
    return {
        "kinerja_unit": {
            **keys,
            "predikat_organisasi": PREDIKAT_ORGANISASI.index("Kurang") + np.searchsorted([86, 91, 98.5], capaian),
            "capaian": capaian,
        },
        "indikator_unit": {
            **twice,
            "indikator": pick(["ikm", "ketidakhadiran"], even),
            "nilai": np.column_stack([ikm, np.maximum(absence, 0.2)]).ravel(),
            "satuan": pick(["indeks", "persen"], even),
            "n": np.column_stack([patrons, people]).ravel(),
        },
        "biaya": _costs(keys, people, agency.effects.coaching_cost * sessions, courses, stream(agency.seed, "biaya")),
    }


def _costs(keys: Columns, people: Floats, coaching: Floats, courses: Floats, rng: np.random.Generator) -> Columns:
    """Return the columns of `biaya`; `coaching` is the rupiah paid to coaches."""
    skewed = rng.lognormal(0, 0.35, (4, len(people)))
    parts = np.array(
        [
            400_000 * people * skewed[0] + coaching,
            900_000 * courses * skewed[1] + 150_000 * people,
            120_000 * people * skewed[2] + 75_000 * courses,
            2_000_000 + 250_000 * courses * skewed[3],
        ]
    )
    places = np.repeat(np.arange(len(people)), len(parts))
    return {
        **{name: values.take(places) for name, values in keys.items()},
        "komponen": pick(["honor", "perjalanan", "bahan", "sewa"], np.tile(np.arange(4), len(people))),
        "jumlah": np.round(parts.T.ravel() / 1000) * 1000,
    }
