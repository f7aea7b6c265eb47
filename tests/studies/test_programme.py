"""Who had a programme, since when: a tiny agency written out, and the designs that data allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import (
    build_exposed,
    choose_design,
    choose_programme,
    find_gaps,
    is_inside,
    kinds_of,
)

TIMES = ("2023-S1", "2023-S2", "2024-S1")
Typed = Callable[..., Dataset]
Office = Callable[..., Dataset]


@pytest.fixture
def tiny(typed: Typed) -> Dataset:
    """Return four people: A coached twice, B mentored, C coached from the start and counselled, D new and without."""
    seen = [("A", TIMES), ("B", TIMES), ("C", TIMES), ("D", TIMES[1:])]
    raters = {"A": "R1", "B": "R1", "C": "R2", "D": "R2"}
    events = [
        ("A", "seminar", "2023-03-01", ""),
        ("A", "coaching", "2023-09-01", "R1"),
        ("A", "coaching", "2024-02-01", "R2"),
        ("B", "mentoring", "2024-02-01", "R1"),
        ("C", "coaching", "2023-02-01", "R2"),
        ("C", "konseling", "2023-08-01", "R9"),
        ("C", "kursus", "2023-08-02", ""),
    ]
    return typed(
        {
            "unit": pd.DataFrame({"unit_id": ["U1", "U2"], "nama": ["a", "b"]}),
            "pegawai": pd.DataFrame({"pegawai_id": list("ABCD"), "unit_id": "U1", "status": ["PNS", "PPPK"] * 2}),
            "penilaian": pd.DataFrame(
                [
                    (who, time, "U2" if who == "D" else "U1", raters[who], "sesuai")
                    for who, times in seen
                    for time in times
                ],
                columns=["pegawai_id", "periode", "unit_id", "penilai_id", "rating_hasil"],
            ).assign(rating_perilaku="sesuai"),
            "kegiatan": pd.DataFrame(
                [(f"K{at}", *event) for at, event in enumerate(events)],
                columns=["kegiatan_id", "pegawai_id", "jenis", "mulai", "pembimbing_id"],
            ),
        }
    )


def test_every_column_of_the_tiny_agency(tiny: Dataset) -> None:
    rows = build_exposed(tiny, StudyPlan(), "coaching").rows
    found = {
        name: dict(zip(rows["pegawai_id"] + rows["waktu"].astype("str"), rows[name].tolist(), strict=True))
        for name in ("mulai_ikut", "masuk", "kejadian", "ikut", "terkirim", "sumber_sama", "penilai_id")
    }
    who = ["A0", "A1", "A2", "B0", "B1", "B2", "C0", "C1", "C2", "D1", "D2"]
    expected = {
        "mulai_ikut": [1, 1, 1, -1, -1, -1, 0, 0, 0, -1, -1],
        "masuk": [0] * 9 + [1, 1],
        "kejadian": [-1, 0, 1, -1, -1, -1, 0, 1, 2, -1, -1],
        "ikut": [False, True, True, False, False, False, True, True, True, False, False],
        "terkirim": [False, True, True, False, False, False, True, False, False, False, False],
        "sumber_sama": [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        "penilai_id": ["R1"] * 6 + ["R2"] * 5,
    }
    assert found == {name: dict(zip(who, values, strict=True)) for name, values in expected.items()}
    assert rows["lain_mentoring"].tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert rows["lain_konseling"].tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0]  # from the first on
    assert rows["lain_pelatihan"].tolist() == [1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0]  # in its period and the next
    assert "lain_coaching" not in rows


def test_courses_are_all_kinds_but_the_dialogues(tiny: Dataset) -> None:
    exposed = build_exposed(tiny, StudyPlan(), "pelatihan")
    assert set(kinds_of("pelatihan", exposed.rows)) == {"kursus", "seminar"}
    assert exposed.people["mulai_ikut"].to_dict() == {"A": 0, "B": -1, "C": 1, "D": -1}
    assert exposed.rows["lain_coaching"].tolist() == [0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]
    assert exposed.rows["sumber_sama"].sum() == 0
    one = build_exposed(tiny, StudyPlan(), "seminar")
    assert one.people["mulai_ikut"].to_dict() == {"A": 0, "B": -1, "C": -1, "D": -1}
    assert one.rows["lain_pelatihan"].tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0]  # the other course alone


def test_the_population_of_the_plan_is_counted(tiny: Dataset) -> None:
    whole = build_exposed(tiny, StudyPlan(), "coaching").rows
    status = build_exposed(tiny, StudyPlan(status="PPPK"), "coaching")
    assert status.rows["pegawai_id"].unique().tolist() == ["B", "D"]
    assert list(status.dropped.values()) == [6]
    units = build_exposed(tiny, StudyPlan(units=("U2",)), "coaching")
    assert units.rows["pegawai_id"].unique().tolist() == ["D"]
    late = build_exposed(tiny, StudyPlan(first_period="2023-S2"), "coaching")
    assert late.rows["waktu"].tolist() == [1, 2] * 4  # the places of the periods stay
    assert late.people["masuk"].to_dict() == dict.fromkeys("ABCD", 1)  # nobody was seen before the plan's first period
    assert late.people["mulai_ikut"].to_dict() == {"A": 1, "B": -1, "C": 0, "D": -1}
    early = build_exposed(tiny, StudyPlan(last_period="2023-S2"), "coaching").rows
    assert len(early) == 7
    assert len(whole) == 11


@pytest.mark.parametrize(
    ("name", "first", "last", "inside"),
    [
        ("2023-S2", "2023-S2", "2023-S2", True),
        ("2023-S1", "2023-S2", "", False),
        ("2024-S1", "", "2023-S2", False),
        ("2023", "2023-S1", "2023-S2", True),  # a year holds both
        ("2023", "2023-S2", "", False),
        ("2023-S1", "2023", "2023", True),
    ],
)
def test_periods_of_the_plan(name: str, first: str, last: str, inside: bool) -> None:
    assert is_inside(name, StudyPlan(first_period=first, last_period=last)) is inside


def test_no_rater_no_coach(tiny: Dataset) -> None:
    bare = {**tiny.tables, "penilaian": tiny["penilaian"].drop(columns="penilai_id")}
    rows = build_exposed(replace(tiny, tables=bare), StudyPlan(), "coaching").rows
    assert rows["penilai_id"].isna().all()
    assert rows["sumber_sama"].eq(0).all()
    bare = {**tiny.tables, "kegiatan": tiny["kegiatan"].drop(columns="pembimbing_id")}
    assert build_exposed(replace(tiny, tables=bare), StudyPlan(), "coaching").rows["sumber_sama"].eq(0).all()


def test_the_programme_is_the_plans_else_the_first_there(tiny: Dataset) -> None:
    assert choose_programme(tiny, StudyPlan(programme="workshop")) == "workshop"
    assert choose_programme(tiny, StudyPlan()) == "coaching"
    events = tiny["kegiatan"]
    for kinds, expected in ((["mentoring", "kursus"], "mentoring"), (["kursus"], "pelatihan"), ([], "")):
        part = events[events["jenis"].isin(kinds)].reset_index(drop=True)
        assert choose_programme(replace(tiny, tables={**tiny.tables, "kegiatan": part}), StudyPlan()) == expected
    assert find_gaps(tiny, "coaching") == ()
    assert find_gaps(Dataset({}), "coaching") == ("no_people", "no_events", "no_outcome")
    assert find_gaps(tiny, "") == ("no_events",)


STARTS = {str(person): 1 + person % 2 for person in range(10)}
DESIGNS = {
    "steps": (STARTS, {}, ("comparative", ())),
    "nobody": ({"0": 1}, {"programme": "mentoring"}, ("", ("no_treated",))),
    "one period": (STARTS, {"last_period": "2023-S1"}, ("correlational", ("one_period",))),
    "all at once": ({str(p): 1 for p in range(60)}, {}, ("pre_post", ("all_at_once",))),
    "everybody, in steps": ({str(p): 1 + p % 2 for p in range(60)}, {}, ("comparative", ())),
    "from the start": ({str(p): 0 for p in range(20)}, {}, ("correlational", ("no_before",))),
    "all from the start": ({str(p): 0 for p in range(60)}, {}, ("", ("no_before",))),
    "four participants": ({str(p): 1 for p in range(4)}, {}, ("", ("few_people",))),
    "four others": ({str(p): 1 for p in range(56)}, {}, ("", ("few_people",))),
    "all after the data": (
        STARTS,
        {"last_period": "2023-S1", "first_period": "2023-S1"},
        ("correlational", ("one_period",)),
    ),
}


@pytest.mark.parametrize("case", DESIGNS)
def test_the_design_follows_the_data(case: str, office: Office) -> None:
    starts, plan, expected = DESIGNS[case]
    asked = StudyPlan(**plan)
    exposed = build_exposed(office(starts), asked, asked.programme or "coaching")
    assert choose_design(exposed) == expected
