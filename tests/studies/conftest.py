"""An invented office whose every appraisal and event is written by the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.typed import check_table

PERIODS = ("2023-S1", "2023-S2", "2024-S1", "2024-S2")
RATING = ("di_bawah", "sesuai", "di_atas")
Office = Callable[..., Dataset]


def type_tables(tables: Mapping[str, pd.DataFrame], **keterangan: str) -> Dataset:
    """Return frames of anything as a data set, with the types of the canonical tables."""
    typed = {
        name: check_table(name, frame.astype("object").where(frame.notna(), "").astype("str"), locate=str)
        for name, frame in tables.items()
    }
    return Dataset({name: typed[name] for name in TABLES if name in typed}, keterangan=dict(keterangan))


def first_day(period: str) -> str:
    """Return a day in a half-year."""
    return f"{period[:4]}-{'02' if period.endswith('1') else '08'}-10"


def build_office(
    starts: Mapping[str, int],
    *,
    people: int = 60,
    periods: Sequence[str] = PERIODS,
    kind: str = "coaching",
    effect: float = 0.0,
    seed: int = 1,
) -> Dataset:
    """Return an office of `people`; `starts` maps a number of a person to the place of the period of its one event."""
    rng = np.random.default_rng(seed)
    ids = [f"P{number:03d}" for number in range(people)]
    keys = [(person, time) for person in range(people) for time in range(len(periods))]
    frame = pd.DataFrame(keys, columns=["orang", "waktu"])
    start = np.array([starts.get(str(person), 99) for person in range(people)])
    score = rng.normal(size=people)[frame["orang"]] + effect * (frame["waktu"] >= start[frame["orang"]])
    ratings = [pd.cut(score + rng.normal(size=len(frame)), [-99, -0.7, 0.9, 99], labels=list(RATING)) for _ in (1, 2)]
    tables = {
        "unit": pd.DataFrame({"unit_id": ["U1", "U2", "U3"], "nama": ["a", "b", "c"]}),
        "pegawai": pd.DataFrame(
            {
                "pegawai_id": ids,
                "unit_id": [f"U{at % 3 + 1}" for at in range(people)],
                "status": ["PNS", "PPPK"] * (people // 2),
            }
        ),
        "penilaian": pd.DataFrame(
            {
                "pegawai_id": np.array(ids)[frame["orang"]],
                "periode": np.array(periods)[frame["waktu"]],
                "unit_id": "U" + (frame["orang"] % 3 + 1).astype("str"),
                "penilai_id": "R" + (frame["orang"] % 4).astype("str"),
                "rating_hasil": ratings[0],
                "rating_perilaku": ratings[1],
                "nilai": (70 + 5 * score + rng.normal(size=len(frame))).round(3),
                "satuan": "poin",
            }
        ),
    }
    if starts:
        tables["kegiatan"] = pd.DataFrame(
            {
                "kegiatan_id": [f"K{at}" for at in range(len(starts))],
                "pegawai_id": [ids[int(person)] for person in starts],
                "jenis": kind,
                "mulai": [first_day(periods[time]) for time in starts.values()],
            }
        )
    return type_tables(tables)


@pytest.fixture
def office() -> Office:
    return build_office


@pytest.fixture
def typed() -> Callable[..., Dataset]:
    return type_tables
