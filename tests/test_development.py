"""Development that people got: counts by hand, and what must not show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.development import (
    build_events,
    build_gaps,
    build_jp,
    build_reach,
    find_staff,
    last_period,
)
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import Period


def make_data(**tables: Iterable[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    return Dataset(
        {
            name: check_table(name, pd.DataFrame(list(rows)).astype("str").replace("None", ""), locate=str)
            for name, rows in tables.items()
        }
    )


def person(i: int, **others: object) -> dict[str, object]:
    golongan = ("II/c", "III/a", "IV/b", "IX")[i % 4]
    return {
        "pegawai_id": f"P{i:03d}",
        "unit_id": "B1",
        "jenis_kelamin": "PL"[i % 2],
        "status": "PPPK" if golongan == "IX" else "PNS",
        "golongan": golongan,
        "jenis_jabatan": ("pelaksana", "fungsional", "pengawas")[i % 3],
        **others,
    }


def event(i: int, jenis: str = "coaching", number: int = 0, **others: object) -> dict[str, object]:
    return {
        "kegiatan_id": f"K{number:03d}-{i:03d}-{jenis}",
        "pegawai_id": f"P{i:03d}",
        "jenis": jenis,
        "mulai": "2025-03-03",
        "jp": 6 if jenis == "kursus" else None,
        **others,
    }


def agency(n: int, events: Iterable[dict[str, object]], **others: Iterable[dict[str, object]]) -> Scope:
    appraisals = [
        {"pegawai_id": f"P{i:03d}", "periode": "2025-S1", "unit_id": "B1", "predikat": "Baik"} for i in range(n)
    ]
    tables = {"pegawai": [person(i) for i in range(n)], "penilaian": appraisals, "kegiatan": list(events), **others}
    return build_scope(make_data(unit=[{"unit_id": "B1", "nama": "Bidang"}], **tables), unit="B1")


EVENTS = [
    *[event(i, number=1, tindak_lanjut="ya", tahap_grow="goal") for i in range(10)],
    *[event(i, number=2, tindak_lanjut="tidak", tahap_grow="will") for i in range(5)],
    *[event(i, "mentoring", tindak_lanjut=None) for i in range(8, 14)],
    *[event(i, "kursus") for i in range(20)],
    *[event(i, "konseling") for i in range(2)],
    event(0, "kursus", 3, mulai="2024-12-31"),
    event(99, "coaching", 4),
]


def rows(table: pd.DataFrame | None, by: str) -> dict[str, Any]:
    assert table is not None
    return dict(zip(table[by], table.itertuples(index=False), strict=True))


def test_events_are_counted_by_hand() -> None:
    found = rows(build_events(agency(40, EVENTS)), "jenis")
    assert (found["coaching"].events, found["coaching"].people, found["coaching"].share) == (15, 10, 25.0)
    assert found["coaching"].follow_up == pytest.approx(100 * 10 / 15)
    assert (found["mentoring"].events, found["mentoring"].people) == (6, 6)
    assert pd.isna(found["mentoring"].follow_up)
    assert (found["kursus"].events, found["kursus"].people, found["kursus"].share) == (20, 20, 50.0)
    assert (found["klasikal"].events, found["klasikal"].people) == (20, 20)
    assert (found["nonklasikal"].events, found["nonklasikal"].people, found["nonklasikal"].share) == (21, 14, 35.0)
    assert list(found) == ["nonklasikal", "coaching", "mentoring", "klasikal", "kursus", "konseling", "any"]
    assert (found["any"].events, found["any"].people) == (41, 20)


def test_counselling_is_counted_only_and_never_given_back_by_a_sum() -> None:
    counselled = rows(build_events(agency(40, EVENTS)), "jenis")["konseling"]
    assert counselled.hidden
    assert pd.isna(counselled.people)
    assert pd.isna(counselled.events)
    many = [*EVENTS, *[event(i, "konseling", 7) for i in range(30, 38)]]
    found = rows(build_events(agency(40, many)), "jenis")
    assert (found["konseling"].people, found["konseling"].events) == (10, 10)
    assert pd.isna(found["konseling"].share)
    assert pd.isna(found["konseling"].follow_up)
    assert found["any"].people == 20  # those who were only counselled are not in it


def test_follow_up_of_few_people_is_not_told_nor_given_back() -> None:
    done = [event(i, tindak_lanjut="ya" if i < 10 else "tidak") for i in range(20)]
    few = [event(i, "mentoring", tindak_lanjut="ya" if i < 19 else "tidak") for i in range(10, 20)]
    found = rows(build_events(agency(40, [*done, *few])), "jenis")
    assert found["coaching"].follow_up == 50.0
    assert pd.isna([found[kind].follow_up for kind in ("mentoring", "nonklasikal", "any")]).all()
    courses = [event(i, "kursus", tindak_lanjut="ya" if i < 10 else "tidak") for i in range(20)]
    found = rows(build_events(agency(40, [*done, *few, *courses])), "jenis")
    assert (found["klasikal"].follow_up, pd.isna(found["any"].follow_up)) == (50.0, True)
    found = rows(build_events(agency(40, [*done, *courses])), "jenis")
    assert (found["nonklasikal"].follow_up, found["any"].follow_up) == (50.0, 50.0)
    known = rows(build_events(agency(40, [event(i, tindak_lanjut="ya" if i < 3 else None) for i in range(9)])), "jenis")
    assert pd.isna(known["coaching"].follow_up)


@given(st.integers(0, 30))
def test_no_row_of_events_shows_one_to_four(coached: int) -> None:
    table = build_events(agency(30, [event(0, "kursus"), *[event(i) for i in range(coached)]]))
    assert table is not None
    for row in table.itertuples():
        if not row.hidden:
            assert row.people not in range(1, 5)
            assert row.n - row.people not in range(1, 5)
        else:
            assert pd.isna(row.people)
            assert pd.isna(row.share)


def test_forms_beyond_four_and_small_ones_are_one_row() -> None:
    sizes = {"seminar": 20, "kursus": 15, "workshop": 12, "penataran": 9, "sosialisasi": 7, "diklat_teknis": 3}
    log = [event(i, jenis) for jenis, size in sizes.items() for i in range(size)]
    table = build_events(agency(40, [*log, *[event(i, "magang") for i in range(20, 26)], event(0, "coaching")]))
    found = rows(table, "jenis")
    klasikal = [row for row in found.values() if row.kelompok == "klasikal"]
    assert [row.people for row in klasikal] == [20, 20, 15, 12, 9, 7]
    assert klasikal[-1].jenis == "sosialisasi+diklat_teknis"
    assert klasikal[-1].label == "Sosialisasi, diklat teknis"
    assert klasikal[-1].events == 10
    # one person was coached: with magang in one row, nobody can tell
    assert [row.jenis for row in found.values() if row.kelompok == "nonklasikal"] == ["nonklasikal", "magang+coaching"]
    assert found["magang+coaching"].people == 7


KINDS = ("coaching", "mentoring", "e_learning", "kursus", "seminar", "diklat_teknis")
LOG = st.lists(st.tuples(st.integers(0, 19), st.sampled_from(KINDS)), max_size=60, unique=True)


@given(LOG)
def test_no_row_and_no_difference_of_groups_shows_one_to_four(log: list[tuple[int, str]]) -> None:
    table = build_events(agency(20, [event(19, "konseling"), *[event(i, jenis) for i, jenis in log]]))
    assert table is not None
    who = {kind: {i for i, jenis in log if jenis in kind.split("+")} for kind in table["jenis"]}
    for row in table[~table["hidden"] & ~table["jenis"].isin(["any", "klasikal", "nonklasikal"])].itertuples():
        assert row.people == len(who[row.jenis]) or row.jenis == "konseling"
        assert row.people not in range(1, 5)
    found = rows(table, "jenis")
    groups = [found[name] for name in ("klasikal", "nonklasikal") if name in found]
    shown = [row for row in groups if not row.hidden]
    if not found["any"].hidden and len(groups) == 2 and len(shown) == 1:
        assert found["any"].people - shown[0].people not in range(1, 5)
    for group in shown:
        forms = table[(table["kelompok"] == group.kelompok) & (table["jenis"] != group.kelompok)]
        assert forms["people"].notna().all() or forms.empty
        assert pd.isna(group.events) or forms.empty or forms["events"].sum() == group.events


def test_reach_by_hand() -> None:
    table = build_reach(agency(40, EVENTS))
    assert table is not None
    whole = table.iloc[0]
    assert (whole["group"], whole["n"], whole["share"]) == ("semua", 40, 100 * 14 / 40)
    assert whole["jp"] == pytest.approx(6 * 20 / 40)
    sex = table[table["group"] == "jenis_kelamin"]
    assert sex["label"].tolist() == ["Perempuan", "Laki-laki"]
    assert sex["share"].tolist() == [35.0, 35.0]
    grade = table[table["group"] == "golongan"]
    assert grade["level"].tolist() == ["II", "III", "IV"]  # PPPK have no such grade
    assert grade["share_hidden"].all()  # 4, 4 and 3 of 10 were reached
    assert grade["share"].isna().all()
    assert grade["jp"].notna().all()
    post = table[table["group"] == "jenis_jabatan"]
    assert post["level"].tolist() == ["pelaksana", "fungsional", "struktural"]
    assert post["n"].sum() == 40


def test_a_grouping_with_one_small_level_and_one_other_is_left_out_whole() -> None:
    staff = [person(i, status="PPPK" if i < 3 else "PNS", golongan=None) for i in range(30)]
    table = build_reach(agency(30, EVENTS[:20], pegawai=staff))
    assert table is not None
    status = table[table["group"] == "status"]
    assert status["label"].tolist() == ["PNS dan PPPK"]
    assert status["hidden"].all()
    assert status[["n", "share", "jp"]].isna().all(axis=None)
    assert "golongan" not in set(table["group"])


def test_a_small_level_among_three_takes_the_next_smallest_with_it() -> None:
    posts = ["pelaksana"] * 3 + ["pengawas"] * 8 + ["fungsional"] * 19
    staff = [person(i, jenis_jabatan=post) for i, post in enumerate(posts)]
    table = build_reach(agency(30, EVENTS[:20], pegawai=staff))
    assert table is not None
    post = table[table["group"] == "jenis_jabatan"]
    assert post["label"].tolist() == ["Pelaksana, Fungsional dan Struktural"]  # one level alone is no comparison


def test_the_quantum_counts_the_calendar_year() -> None:
    courses = [event(i, "kursus", 1, jp=20) for i in range(10)] + [event(i, "kursus", 2, jp=5) for i in range(30)]
    courses += [event(i, "kursus", 3, jp=99, mulai="2024-12-31") for i in range(30)]
    found = build_jp(agency(40, courses))
    assert found is not None
    table = rows(found, "status")
    assert (table["PNS"].n, table["PNS"].count, table["PNS"].jp) == (30, 8, 20.0)
    assert table["PNS"].share == pytest.approx(100 * 8 / 30)
    assert pd.isna(table["PPPK"].count)  # two went over 24
    assert table["PPPK"].hidden
    # everybody minus PNS would tell that two PPPK reached 20
    assert pd.isna(table["ASN"].count)
    assert table["ASN"].mean == pytest.approx((10 * 20 + 30 * 5) / 40)


def test_those_between_the_two_bounds_do_not_follow_from_three_counts() -> None:
    def statuses(between: int) -> dict[str, Any]:
        hours = [30] * 10 + [0] * 20 + [30] * 8 + [22] * between + [0] * (22 - between)  # 30 PNS, 30 PPPK
        staff = [person(i, status="PNS" if i < 30 else "PPPK") for i in range(60)]
        return rows(
            build_jp(agency(60, [event(i, "kursus", jp=h) for i, h in enumerate(hours)], pegawai=staff)), "status"
        )

    few = statuses(3)
    assert (few["PNS"].count, few["PPPK"].count) == (10, 8)
    assert few["ASN"].hidden
    assert pd.isna(few["ASN"].count)
    assert [row.count for row in statuses(0).values()] == [18, 10, 8]
    assert [row.count for row in statuses(6).values()] == [24, 10, 8]


KINDS_OF_PEOPLE = [("PNS", "II/a"), ("PNS", "III/a"), ("PNS", "IV/a"), ("PNS", None), ("PPPK", "IX"), (None, None)]
SIZES = st.tuples(st.sampled_from((0, 2, 6, 11)), st.sampled_from((0, 1, 3, 5, 9)))  # guided, others


@given(st.lists(SIZES, min_size=6, max_size=6).filter(lambda sizes: sum(map(sum, sizes)) > 0))
def test_no_reach_of_a_few_is_left_over(sizes: list[tuple[int, int]]) -> None:
    people = [
        (status, grade, at < guided)
        for (status, grade), (guided, others) in zip(KINDS_OF_PEOPLE, sizes, strict=True)
        for at in range(guided + others)
    ]
    staff = [person(i, status=status, golongan=grade) for i, (status, grade, _guided) in enumerate(people)]
    log = [event(i) for i, (*_person, guided) in enumerate(people) if guided]
    table = build_reach(agency(len(people), [*log, event(999)], pegawai=staff))
    assert table is not None
    table = table.assign(k=(table["share"] * table["n"].astype("Float64") / 100).round())
    status = table[(table["group"] == "status") & ~table["hidden"]].set_index("level")
    totals = [table.iloc[0], *([status.loc["PNS"]] if "PNS" in status.index else [])]
    for name in ("status", "golongan"):
        levels = table[(table["group"] == name) & ~table["hidden"]]
        for total in totals[: 2 if name == "golongan" else 1]:
            if table[(table["group"] == name) & (table["level"] == "")].empty and len(levels):
                assert total["n"] - levels["n"].sum() not in range(1, 5)
            told = levels[~levels["share_hidden"]]
            if len(told) and pd.notna(total["share"]):
                rest = total["k"] - told["k"].sum()
                assert rest not in range(1, 5)
                assert total["n"] - told["n"].sum() - rest not in range(1, 5)


def test_a_grade_is_not_given_back_through_the_pppk() -> None:
    staff = [person(i, status="PPPK" if i < 3 else "PNS", golongan="IX" if i < 3 else "III/a") for i in range(20)]
    staff += [person(i, status="PNS", golongan=("II/a", "IV/a")[i % 2]) for i in range(20, 50)]
    table = build_reach(agency(50, [event(i) for i in range(20)], pegawai=staff))
    assert table is not None
    shown = table[(table["group"] == "golongan") & ~table["hidden"]]
    assert 50 - shown["n"].sum() >= 5


def test_a_small_status_is_not_given_back_by_its_sister() -> None:
    staff = [person(i, status="PPPK" if i < 3 else "PNS") for i in range(40)]
    table = rows(build_jp(agency(40, [event(i, "kursus", jp=30) for i in range(20)], pegawai=staff)), "status")
    assert (table["ASN"].count, table["ASN"].n) == (20, 40)
    for status in ("PNS", "PPPK"):
        assert table[status].hidden
        assert pd.isna(table[status].n)
        assert pd.isna(table[status].mean)


def test_gaps_by_hand() -> None:
    levels = [
        {"pegawai_id": f"P{i:03d}", "periode": "2024", "kompetensi": name, "level": level, "level_standar": 3}
        for name, values in (("Kerja Sama", [2] * 6 + [4] * 6), ("Integritas", [2] * 2 + [3] * 10), ("Baru", [3] * 4))
        for i, level in enumerate(values)
    ]
    found = build_gaps(agency(12, [], kompetensi=levels, kegiatan=[event(0)]))
    assert found is not None
    table = found.set_index("kompetensi")
    assert list(table.index) == ["Kerja Sama", "Integritas", "Baru"]
    assert table.loc["Kerja Sama", ["n", "share", "gap"]].tolist() == [12, 50.0, 0.0]
    assert table.loc["Kerja Sama", "gap_low"] < 0 < table.loc["Kerja Sama", "gap_high"]
    assert table["share_hidden"].tolist() == [False, True, True]
    assert table.loc["Integritas", ["gap", "gap_low", "gap_high"]].isna().all()  # -2/12 would tell of two
    assert table["hidden"].tolist() == [False, False, True]
    assert table.loc["Baru", ["n", "gap"]].isna().all()
    assert table["periode"].unique().tolist() == ["2024"]


def test_few_who_were_not_assessed_are_not_given_back_by_n() -> None:
    levels = [
        {"pegawai_id": f"P{i:03d}", "periode": "2025-S1", "kompetensi": name, "level": 2 + i % 2, "level_standar": 3}
        for name, n in (("Kerja Sama", 18), ("Integritas", 20), ("Baru", 14))
        for i in range(n)
    ]
    table = build_gaps(agency(20, [event(0)], kompetensi=levels))
    assert table is not None
    assert table["n"].isna().tolist() == [True, False, False]
    assert table["share"].tolist() == [50.0, 50.0, 50.0]


def test_without_tables_there_is_nothing() -> None:
    bare = agency(10, [event(0)])
    tables = {name: frame for name, frame in bare.data.tables.items() if name != "kegiatan"}
    scope = build_scope(Dataset(tables), unit="B1")
    for build in (build_events, build_reach, build_jp, build_gaps):
        assert build(scope) is None


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        (["2024-S2", "2025-S1"], "2025-S1", "2025-S1"),
        (["2024", "2025"], "2025-S1", "2025"),
        (["2024-S1", "2025-S1"], "2025-S2", "2025-S1"),
        (["2025-T1"], "2025-S1", "2025-T1"),
        (["2026"], "2025-S1", None),
    ],
)
def test_the_period_that_a_table_has(found: list[str], wanted: str, expected: str | None) -> None:
    assert last_period(pd.Series(found), Period.parse(wanted)) == expected


def test_staff_of_a_period_stand_where_they_were_last_appraised() -> None:
    units = [{"unit_id": "B1", "nama": "a"}, {"unit_id": "B2", "nama": "b"}]
    staff = [
        {"pegawai_id": "P1", "unit_id": "B2", "tmt_cpns": "2020-01-01"},
        {"pegawai_id": "P2", "unit_id": "B1", "tanggal_keluar": "2025-02-01", "alasan_keluar": "pengunduran_diri"},
        {"pegawai_id": "P3", "unit_id": "B1", "tanggal_keluar": "2025-02-01", "alasan_keluar": "pensiun"},
        {"pegawai_id": "P4", "unit_id": "B1", "tanggal_keluar": "2024-12-31", "alasan_keluar": "pengunduran_diri"},
        {"pegawai_id": "P5", "unit_id": "B1", "tmt_cpns": "2025-07-01"},
    ]
    moves = [("P1", "2024-S2", "B1"), ("P1", "2025-S1", "B2"), ("P1", "2025-S2", "B1"), ("P2", "2024-S2", "B2")]
    appraisals = [{"pegawai_id": p, "periode": t, "unit_id": u, "predikat": "Baik"} for p, t, u in moves]
    columns = {"tmt_cpns": None, "tanggal_keluar": None, "alasan_keluar": None}
    data = make_data(unit=units, pegawai=[{**columns, **row} for row in staff], penilaian=appraisals)
    found = find_staff(build_scope(data, period="2025-S1"), Period.parse("2025-S1")).set_index("pegawai_id")
    assert found["unit_id"].to_dict() == {"P1": "B2", "P2": "B2", "P3": "B1"}
    assert found["left"].to_dict() == {"P1": False, "P2": True, "P3": False}


def test_the_quantum_is_reached_at_exactly_its_floor_and_runs_from_january() -> None:
    courses = [event(i, "kursus", 1, jp=20) for i in range(8)]
    courses += [event(i, "kursus", jp=12, mulai="2025-02-01") for i in range(20, 30)]
    courses += [event(i, "kursus", 2, jp=8, mulai="2025-08-01") for i in range(20, 30)]
    scope = agency(40, courses, pegawai=[person(i, status="PNS") for i in range(40)])
    half = rows(build_jp(scope), "status")
    assert half["PNS"].count == 8
    later = [{"pegawai_id": f"P{i:03d}", "periode": "2025-S2", "predikat": "Baik"} for i in range(40)]
    year = make_data(
        unit=[{"unit_id": "B1", "nama": "Bidang"}],
        pegawai=[person(i, status="PNS") for i in range(40)],
        penilaian=later,
        kegiatan=courses,
    )
    assert rows(build_jp(build_scope(year, unit="B1")), "status")["PNS"].count == 18
