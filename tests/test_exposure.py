"""Exposure and pairs against plain loops; sessions and intensity by hand, and what must not show."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.exposure import build_exposure, build_intensity, build_pairs, build_sessions
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import Period


def event(i: int, jenis: str = "coaching", number: int = 0, **others: object) -> dict[str, object]:
    key = f"K{number:03d}-{i:03d}-{jenis}"
    return {"kegiatan_id": key, "pegawai_id": f"P{i:03d}", "jenis": jenis, "mulai": "2025-03-03", **others}


def agency(n: int, events: list[dict[str, object]]) -> Scope:
    """Return a unit of n people whom P900 rates, with their log."""
    ids = [f"P{i:03d}" for i in range(n)]
    rated = {"periode": "2025-S1", "unit_id": "B1", "penilai_id": "P900", "predikat": "Baik"}
    tables: dict[str, list[dict[str, object]]] = {
        "unit": [{"unit_id": "B1", "nama": "Bidang"}],
        "pegawai": [{"pegawai_id": person, "unit_id": "B1"} for person in ids],
        "penilaian": [{"pegawai_id": person, **rated} for person in ids],
        "kegiatan": events,
    }
    frames = {name: pd.DataFrame(rows).astype("str").replace(["None", "nan"], "") for name, rows in tables.items()}
    return build_scope(Dataset({name: check_table(name, frame, locate=str) for name, frame in frames.items()}))


EVENTS = [
    *[event(i, number=1, tindak_lanjut="ya", tahap_grow="goal") for i in range(10)],
    *[event(i, number=2, tindak_lanjut="tidak", tahap_grow="will") for i in range(5)],
    *[event(i, "mentoring") for i in range(8, 14)],
]

PERIODS = ("2024", "2024-S2", "2025-S1", "2025-07")
PEOPLE = ("P1", "P2", "P3")
session = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(("coaching", "konseling", "seminar")),
    st.dates(date(2024, 1, 1), date(2025, 9, 30)),
    st.sampled_from((None, 30.0, 90.0)),
    st.sampled_from((None, "P3", "P4", "P5")),
)
appraisal = st.dictionaries(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PERIODS)), st.sampled_from((None, "P3", "P4")), max_size=8
)


def dataset(sessions: list[tuple[Any, ...]], raters: dict[tuple[str, str], str | None]) -> Dataset:
    log = pd.DataFrame(sessions, columns=["pegawai_id", "jenis", "mulai", "durasi_menit", "pembimbing_id"])
    log = log.astype({"durasi_menit": float, "pembimbing_id": "str"}).assign(mulai=pd.to_datetime(log["mulai"]))
    rated = pd.DataFrame([(p, t, r) for (p, t), r in raters.items()], columns=["pegawai_id", "periode", "penilai_id"])
    return Dataset({"kegiatan": log, "penilaian": rated.astype("str")})


def rater_by_loop(raters: dict[tuple[str, str], str | None], person: str, day: date) -> str | None:
    later = [(Period.parse(t).end, Period.parse(t).months, r) for (p, t), r in raters.items() if p == person]
    later = [row for row in later if row[0] >= day]
    return min(later, key=lambda row: row[:2])[2] if later else None


def any_known(flags: list[bool | None]) -> bool | None:
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None


def is_rater(raters: dict[tuple[str, str], str | None], row: tuple[Any, ...]) -> bool | None:
    rater = rater_by_loop(raters, row[0], row[2])
    return None if rater is None else rater == row[4]


@given(st.lists(session, min_size=1, max_size=15), appraisal)
def test_exposure_is_what_plain_loops_find(
    sessions: list[tuple[Any, ...]], raters: dict[tuple[str, str], str | None]
) -> None:
    data = dataset(sessions, raters)
    before = data["kegiatan"].copy()
    found = build_exposure(data)
    assert len(found) == len({row[:2] for row in sessions})
    for row in found.itertuples():
        own = [one for one in sessions if one[:2] == (row.pegawai_id, row.jenis)]
        days = sorted(one[2] for one in own)
        minutes = [one[3] for one in own if one[3] is not None]
        gaps = [(b - a).days for a, b in pairwise(days)]
        assert (row.first.date(), row.last.date(), row.sessions) == (days[0], days[-1], len(own))
        assert (row.minutes == sum(minutes)) if minutes else np.isnan(row.minutes)
        assert row.gap == pytest.approx(float(np.mean(gaps)) if gaps else np.nan, nan_ok=True)
        if minutes and sum(gaps):
            assert row.intensity == pytest.approx(sum(minutes) / len(own) * 30 / np.mean(gaps))
        else:
            assert np.isnan(row.intensity)
        guided = [one for one in own if one[4] is not None]
        assert row.guides == len({one[4] for one in guided})
        wanted = any_known([is_rater(raters, one) for one in guided])
        assert (None if row.same_source is pd.NA else row.same_source) == wanted
    pd.testing.assert_frame_equal(data["kegiatan"], before)


@given(st.lists(session, min_size=1, max_size=15), appraisal)
def test_pairs_are_what_plain_loops_find(
    sessions: list[tuple[Any, ...]], raters: dict[tuple[str, str], str | None]
) -> None:
    found = build_pairs(dataset(sessions, raters))
    guided = [row for row in sessions if row[4] is not None]
    assert len(found) == len({(row[1], row[4], row[0]) for row in guided})
    for pair in found.itertuples():
        own = [r for r in guided if (r[1], r[4], r[0]) == (pair.jenis, pair.pembimbing_id, pair.pegawai_id)]
        assert pair.sessions == len(own)
        wanted = any_known([is_rater(raters, one) for one in own])
        assert (None if pair.is_rater is pd.NA else pair.is_rater) == wanted


def test_a_log_without_guides_minutes_and_appraisals_has_exposure_all_the_same() -> None:
    log = pd.DataFrame(
        {"pegawai_id": ["P1", "P1"], "jenis": ["coaching"] * 2, "mulai": pd.to_datetime(["2025-01-01"] * 2)}
    )
    row: Any = build_exposure(Dataset({"kegiatan": log})).iloc[0]
    assert (row["sessions"], row["gap"], row["guides"], row["kelompok"]) == (2, 0.0, 0, "nonklasikal")
    assert row[["minutes", "jp", "intensity", "same_source"]].isna().all()
    assert build_pairs(Dataset({"kegiatan": log})).empty


def cells(table: pd.DataFrame | None, *keys: str) -> dict[tuple[str, ...], Any]:
    assert table is not None
    return {tuple(getattr(row, key) for key in keys): row for row in table.itertuples()}


def test_stages_hide_few_people() -> None:
    found = cells(build_sessions(agency(40, EVENTS)), "jenis", "level")
    goal, will = found["coaching", "goal"], found["coaching", "will"]
    assert (goal.sessions, will.sessions, found["coaching", "options"].sessions) == (10, 5, 0)
    assert goal.share == pytest.approx(100 * 10 / 15)
    assert (goal.follow_up, will.follow_up) == (100.0, 0.0)
    few = [*EVENTS, event(20, number=5, tahap_grow="reality")]
    found = cells(build_sessions(agency(40, few)), "level")
    assert [level for (level,), row in found.items() if row.hidden] == ["reality", "will"]
    assert build_sessions(agency(40, [event(0, "kursus")])) is None
    alone = build_sessions(agency(40, [event(0, tahap_grow="goal"), event(1, "mentoring", tahap_grow="will")]))
    assert alone is not None
    assert alone["hidden"].all()
    assert set(alone["jenis"]) == {"coaching"}  # the stages are those of coaching


def test_topics_are_what_stands_before_the_colon() -> None:
    topics = ["kompetensi:3"] * 6 + ["Kompetensi:1"] * 2 + ["skp:2"] * 8 + ["ngobrol santai"] * 5 + [None] * 5
    log = [event(i, "mentoring", tindak_lanjut="ya", topik=topic) for i, topic in enumerate(topics)]
    found = cells(build_sessions(agency(40, log)), "level")
    assert {level: row.sessions for (level,), row in found.items()} == {"kompetensi": 8, "skp": 8, "topik_lain": 5}
    assert found["skp",].share == pytest.approx(100 * 8 / 21)
    assert found["topik_lain",].label == "Topik lain"


def test_follow_up_of_few_people_is_not_told_nor_given_back() -> None:
    stages = {"goal": (10, 5), "will": (7, 0), "options": (9, 8)}  # sessions, those done
    log = [
        event(i, number=at, tahap_grow=stage, tindak_lanjut="ya" if i < done else "tidak")
        for at, (stage, (n, done)) in enumerate(stages.items())
        for i in range(n)
    ]
    found = cells(build_sessions(agency(40, [row for row in log if row["tahap_grow"] != "options"])), "level")
    assert (found["goal",].follow_up, found["will",].follow_up) == (50.0, 0.0)
    found = cells(build_sessions(agency(40, log)), "level")  # one person's options were not done
    assert (found["options",].sessions, found["options",].hidden) == (9, False)
    assert pd.isna([row.follow_up for row in found.values()]).all()


@pytest.mark.parametrize("kind", ["kursus", "coaching"])
def test_sessions_without_a_topic_are_no_error(kind: str) -> None:
    log = [event(i, kind, topik=None) for i in range(9)] + [event(9, "kursus", topik="skp:1")]
    assert build_sessions(agency(40, log)) is None


def test_intensity_by_hand() -> None:
    log = [event(i, number=1, durasi_menit=60, pembimbing_id="P900" if i < 8 else f"P{901 + i}") for i in range(20)]
    log += [event(i, number=2, durasi_menit=30, mulai="2025-03-23", pembimbing_id="P950") for i in range(10)]
    found = cells(build_intensity(agency(40, log)), "jenis", "measure")
    sessions, minutes, gap = (found["coaching", name] for name in ("sessions", "minutes", "gap"))
    assert (sessions.value, sessions.n) == (1.5, 20)
    assert (minutes.value, minutes.n) == (75.0, 20)
    assert (gap.value, gap.n) == (20.0, 10)
    guided = found["coaching", "guided"]
    assert (guided.n, guided.value) == (14, pytest.approx(30 / 14))
    assert (guided.median, guided.highest) == (1.0, 10)
    source = found["coaching", "same_source"]
    assert (source.value, source.n) == (40.0, 20)
    assert source.conf_low < 40 < source.conf_high
    assert found["mentoring", "sessions"].hidden
    assert pd.isna(found["mentoring", "sessions"].n)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_no_cell_of_intensity_rests_on_one_to_four_people(coached: int, again: int, same: int) -> None:
    guide = ["P900" if i < same else f"P{901 + i}" for i in range(30)]
    log = [
        event(0, "mentoring"),
        *[event(i, number=1, durasi_menit=60, pembimbing_id=guide[i]) for i in range(coached)],
    ]
    log += [event(i, number=2, mulai="2025-04-01", pembimbing_id=guide[i]) for i in range(min(again, coached))]
    table = build_intensity(agency(30, log))
    assert table is not None
    for row in table[~table["hidden"]].itertuples():
        assert row.n == 0 or row.n >= 5
        assert coached - row.n not in range(1, 5) or row.measure == "guided"
        if row.measure == "same_source":
            k = round(row.value * row.n / 100) if row.n else 0
            assert k not in range(1, 5)
            assert row.n - k not in range(1, 5)
    hidden = table[table["hidden"]]
    assert hidden[["value", "conf_low", "conf_high", "n", "median", "highest"]].isna().all(axis=None)


def test_without_tables_there_is_nothing() -> None:
    bare = agency(10, [event(0)])
    tables = {name: frame for name, frame in bare.data.tables.items() if name != "kegiatan"}
    scope = build_scope(Dataset(tables))
    assert build_sessions(scope) is None
    assert build_intensity(scope) is None
    assert build_intensity(agency(10, [event(i, "kursus") for i in range(9)])) is None
