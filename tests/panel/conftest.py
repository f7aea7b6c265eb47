"""An agency at random for the tests of the panel, and a maker of canonical tables from plain rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.schema import Dataset
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import ALASAN_KELUAR, PREDIKAT, RATING, Period

Rows = list[dict[str, Any]]
KINDS = ("coaching", "mentoring", "konseling", "seminar")
GRAINS = (6, 6, 6, 3, 1, 12)
UNITS = ("U1", "U2", "U3", "U4")


def make_table(name: str, rows: Rows) -> pd.DataFrame:
    """Return a canonical table as a file would give it."""
    text = pd.DataFrame(rows).map(lambda value: "" if pd.isna(value) else str(value)).astype("str")
    return check_table(name, text, locate=lambda row: f"{name}, baris {row + 1}")


def make_dataset(**tables: Rows) -> Dataset:
    return Dataset({name: make_table(name, rows) for name, rows in tables.items() if rows})


class Draw:
    """Random values of one agency."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def some(self, values: Any, missing: float) -> Any:
        return None if self.rng.random() < missing else self.rng.choice(values)

    def day(self) -> str:
        return str((pd.Timestamp("2022-01-01") + pd.Timedelta(days=int(self.rng.integers(0, 4 * 365)))).date())

    def appraisal(self, person: str, period: Period) -> dict[str, Any]:
        ratings = {name: self.some(RATING, 0.15) for name in ("rating_hasil", "rating_perilaku")}
        row = {"pegawai_id": person, "periode": str(period), "unit_id": self.some(UNITS, 0.1), **ratings}
        return {**row, "predikat": self.some(PREDIKAT, 0.2), "nilai": self.some([70.5, 88.25, 91.0], 0.3)}

    def event(self, person: str) -> dict[str, Any]:
        row = {"pegawai_id": person, "jenis": self.rng.choice(KINDS), "mulai": self.day()}
        return {**row, "durasi_menit": self.some([30, 45, 60.5, 90], 0.15), "jp": self.some([1, 2.5, 8], 0.4)}

    def person(self, name: str) -> dict[str, Any]:
        left = self.day() if self.rng.random() < 0.25 else None
        reason = self.some(ALASAN_KELUAR, 0.2) if left else None
        return {"pegawai_id": name, "unit_id": self.rng.choice(UNITS), "tanggal_keluar": left, "alasan_keluar": reason}


def make_agency(seed: int, people: int = 300) -> Dataset:
    """Return an agency at random in which people start late, pause, move, leave, come back and are logged by month."""
    draw = Draw(seed)
    main, mixed = int(draw.rng.choice(GRAINS)), bool(draw.rng.random() < 0.5)
    names = [f"P{number:04d}" for number in draw.rng.permutation(people)]
    staff = [draw.person(name) for name in names if draw.rng.random() < 0.97]
    appraisals = []
    for name in names:
        for months in {main, int(draw.rng.choice(GRAINS))} if mixed else {main}:
            periods = [Period(2023, 1, months).shift(step) for step in range(24 // months)]
            share = 0.6 if months > 1 else 0.2
            appraisals += [draw.appraisal(name, period) for period in periods if draw.rng.random() < share]
    events = [draw.event(name) for name in names for _event in range(int(draw.rng.poisson(2.5)))]
    log = [{"kegiatan_id": f"K{number}", **event} for number, event in enumerate(events)]
    return make_dataset(pegawai=staff, penilaian=appraisals, kegiatan=log)


@pytest.fixture(scope="session")
def build_random() -> Callable[..., Dataset]:
    return make_agency


@pytest.fixture(scope="session")
def dataset() -> Callable[..., Dataset]:
    return make_dataset
