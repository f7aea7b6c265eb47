"""Predikat beside development: by hand, against plain loops, and what must not show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.development import build_events
from kinerja_lib.intervals import mean_difference, share_difference, share_interval
from kinerja_lib.links import BEST, MOVED, build_links
from kinerja_lib.privacy import is_small
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table

LEVELS = {"S": "Sangat Baik", "B": "Baik", "P": "Butuh Perbaikan"}


def unit(now: str, before: str = "", had: dict[str, Any] | None = None, rezim: dict[str, str] | None = None) -> Scope:
    """Return a unit whose people have the predikat spelt by letters, now and before, and who have had what when."""
    ids = [f"P{i:03d}" for i in range(len(now))]
    rows = [
        {
            "pegawai_id": who,
            "periode": period,
            "unit_id": "B1",
            "predikat": LEVELS[letter],
            "rezim": (rezim or {}).get(key, ""),
        }
        for key, period, letters in (("then", "2024-S2", before), ("now", "2025-S1", now))
        for who, letter in zip(ids, letters, strict=False)
        if letter in LEVELS
    ]
    log = [
        {"kegiatan_id": f"K{kind}{i}-{day}", "pegawai_id": ids[i], "jenis": kind, "mulai": day}
        for kind, (people, day) in (had or {}).items()
        for i in people
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "unit": [{"unit_id": "B1", "nama": "Bidang"}],
        "pegawai": [{"pegawai_id": who, "unit_id": "B1"} for who in ids],
        "penilaian": rows,
        "kegiatan": log,
    }
    frames = {name: pd.DataFrame(part).astype("str") for name, part in tables.items() if part}
    data = Dataset({name: check_table(name, frame, locate=str) for name, frame in frames.items()})
    return build_scope(data, period="2025-S1", unit="B1")


def rows(scope: Scope) -> dict[tuple[str, str], Any]:
    table = build_links(scope)
    assert table is not None
    return {(row.measure, row.jenis): row for row in table.itertuples()}


# 20 people guided before the period: 10 of them Sangat Baik; 40 others: 8
NOW = "S" * 10 + "B" * 10 + "S" * 8 + "B" * 32
OLD = "2024-09-01"
COACHED = {"coaching": (range(20), OLD)}


def test_shares_and_their_difference_by_hand() -> None:
    row = rows(unit(NOW, had=COACHED))[BEST, "coaching"]
    assert (row.n_had, row.had, row.n_rest, row.rest, row.difference) == (20, 50.0, 40, 20.0, 30.0)
    assert (row.had_low, row.had_high) == (share_interval(10, 20).conf_low, share_interval(10, 20).conf_high)
    # Wilson: 10 of 20 from 29.93 to 70.07, 8 of 40 from 10.50 to 34.76; Newcombe: 30 -/+ as the roots of squares
    assert row.difference_low == pytest.approx(30 - np.hypot(50 - 29.93, 34.76 - 20), abs=0.02)
    assert row.difference_high == pytest.approx(30 + np.hypot(70.07 - 50, 20 - 10.50), abs=0.02)


def test_what_came_after_the_period_does_not_count() -> None:
    later = unit(NOW, had={"coaching": (range(20), "2025-07-01"), "seminar": (range(30), OLD)})
    assert set(rows(later)) == {(BEST, "pelatihan")}
    assert rows(later)[BEST, "pelatihan"].n_had == 30


def test_movement_is_those_who_rose_less_those_who_fell() -> None:
    then = "B" * 10 + "S" * 5 + "B" * 5 + "S" * 8 + "P" * 6 + "B" * 26
    row = rows(unit(NOW, then, had=COACHED))[MOVED, "coaching"]
    assert (row.n_had, row.had) == (20, pytest.approx(100 * (10 - 5) / 20))
    assert (row.n_rest, row.rest) == (40, pytest.approx(100 * 6 / 40))
    signs = np.array([1] * 10 + [-1] * 5 + [0] * 5) * 100.0, np.array([0] * 8 + [1] * 6 + [0] * 26) * 100.0
    level = mean_difference(*signs)
    assert (row.difference, row.difference_low, row.difference_high) == pytest.approx(
        (level.value, level.conf_low, level.conf_high)
    )


@pytest.mark.parametrize(
    ("before", "rezim"), [("", {}), (NOW, {"then": "pp30_8", "now": "p6_2022"})], ids=["none before", "another rule"]
)
def test_movement_needs_a_period_before_under_the_same_rule(before: str, rezim: dict[str, str]) -> None:
    assert set(rows(unit(NOW, before, had=COACHED, rezim=rezim))) == {(BEST, "coaching")}


def test_a_rule_that_is_not_recorded_bars_nothing() -> None:
    found = rows(unit(NOW, NOW, had=COACHED, rezim={"now": "p6_2022"}))
    assert (MOVED, "coaching") in found


@pytest.mark.parametrize(
    ("now", "people", "day", "why"),
    [
        ("S" * 3 + "B" * 17 + "S" * 8 + "B" * 32, range(20), OLD, "3 of the guided are best"),
        ("S" * 17 + "B" * 3 + "S" * 8 + "B" * 32, range(20), OLD, "3 of the guided are not best"),
        ("S" * 10 + "B" * 10 + "S" * 2 + "B" * 38, range(20), OLD, "2 of the others are best"),
        (NOW, range(4), OLD, "4 guided"),
        (NOW, range(57), OLD, "3 not guided"),
        ("S" * 60, range(20), OLD, "all on one level"),
        ("S" * 56 + "BBBB", range(20), OLD, "4 below the best, merged on the page"),
    ],
)
def test_few_people_hide_both_sides(now: str, people: range, day: str, why: str) -> None:
    row = rows(unit(now, had={"coaching": (people, day)}))[BEST, "coaching"]
    assert row.hidden, why
    numbers = ("n_had", "had", "had_low", "had_high", "n_rest", "rest", "rest_low", "rest_high", "difference")
    assert all(pd.isna(getattr(row, name)) for name in (*numbers, "difference_low", "difference_high"))


def test_a_count_beside_that_of_the_period_tells_nobody() -> None:
    """Of 20 ever coached 18 were in the period, which section IV shows: two others must not be told."""
    scope = unit(NOW, had={"coaching": (range(20), OLD), "mentoring": (range(20), "2025-02-01")})
    both = scope.data["kegiatan"]
    extra = both[both["jenis"] == "coaching"].head(18).assign(mulai=pd.Timestamp("2025-03-01"))
    extra = extra.assign(kegiatan_id=extra["kegiatan_id"] + "x")
    tables = {**scope.data.tables, "kegiatan": pd.concat([both, extra], ignore_index=True)}
    found = rows(build_scope(Dataset(tables), period="2025-S1", unit="B1"))
    assert found[BEST, "coaching"].hidden
    assert not found[BEST, "mentoring"].hidden


def test_movers_are_not_told() -> None:
    one_rose = unit("S" * 10 + "B" * 50, "S" * 9 + "B" * 51, had={"coaching": (range(20), OLD)})
    assert rows(one_rose)[MOVED, "coaching"].hidden
    few_new = unit(NOW, "x" * 2 + NOW[2:], had=COACHED)
    assert rows(few_new)[MOVED, "coaching"].hidden
    assert not rows(unit(NOW, NOW, had=COACHED))[MOVED, "coaching"].hidden


def test_counselling_is_not_compared() -> None:
    assert build_links(unit(NOW, had={"konseling": (range(20), OLD)})) is None


def test_nothing_to_compare() -> None:
    assert build_links(unit(NOW)) is None


@given(st.text("SBP", min_size=8, max_size=40), st.data())
def test_no_shown_number_tells_of_few(now: str, data: st.DataObject) -> None:
    before = data.draw(st.text("SBPx", min_size=len(now), max_size=len(now)))
    n = data.draw(st.integers(1, len(now)))
    scope = unit(now, before, had={"coaching": (range(n), OLD)})
    source = scope.data["penilaian"].copy()
    for (measure, _kind), row in rows(scope).items():
        if row.hidden:
            continue
        arms = now[:n], now[n:]
        assert not any(map(is_small, (row.n_had, row.n_rest, len(now) - row.n_had, len(now) - row.n_rest)))
        if measure == BEST:
            counts = [part.count("S") for part in arms]
            assert not any(is_small(k) or is_small(len(part) - k) for k, part in zip(counts, arms, strict=True))
            wanted = share_difference((counts[0], counts[1]), (n, len(now) - n))
            assert row.difference == pytest.approx(wanted.value)
    pd.testing.assert_frame_equal(scope.data["penilaian"], source)


def test_the_sample_agency_has_no_crossing_count() -> None:
    """What section IV counts is never within one to four of what section V shows for the same form."""
    from kinerja_lib.synth import build_agency

    agency = build_agency(people=400, units=4, periods=4)
    for name in (None, *agency.unit_ids):
        scope = build_scope(agency, unit=name)
        table, events = build_links(scope), build_events(scope)
        assert table is not None
        assert events is not None
        people = events.set_index("jenis")["people"]
        for row in table[~table["hidden"] & table["jenis"].isin(["coaching", "mentoring"])].itertuples():
            shown = people.get(row.jenis)
            if row.measure == BEST and pd.notna(shown):
                assert not is_small(row.n_had - shown)
