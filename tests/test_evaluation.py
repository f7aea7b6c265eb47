"""Appraisal by the rules of law: numbers by hand, windows to the day, and what must not show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.evaluation import (
    SEMINAR_MONTHS,
    WHOLE_POINTS,
    build_angka_kredit,
    build_boxes,
    build_deadline,
    build_ip_asn,
    build_jpm,
)
from kinerja_lib.rules import score_ip_asn
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import HUKDIS, POTENSIAL, RATING

UNIT = [{"unit_id": "B1", "nama": "Bidang"}]


def make_data(**tables: Iterable[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    return Dataset(
        {
            name: check_table(name, pd.DataFrame(list(rows)).astype("str").replace("None", ""), locate=str)
            for name, rows in tables.items()
        }
    )


def agency(people: Iterable[dict[str, object]], **others: Iterable[dict[str, object]]) -> Scope:
    """Return a unit of people; what is known of each goes to `pegawai` or to `penilaian`."""
    staff, appraisals = [], []
    for i, given_ in enumerate(people):
        own = {"jenis_jabatan": "pelaksana", "jenjang": None, "pendidikan": "S-1"} | given_
        judged = {"predikat": "Baik", "rating_hasil": None, "potensial": None, "hukdis": None} | given_
        key = {"pegawai_id": f"P{i:03d}"}
        staff.append({**key, "unit_id": "B1", **{k: own[k] for k in ("jenis_jabatan", "jenjang", "pendidikan")}})
        rest = {k: judged[k] for k in ("predikat", "rating_hasil", "potensial", "hukdis")}
        appraisals.append({**key, "periode": "2025-S1", "unit_id": "B1", **rest})
    return build_scope(make_data(unit=UNIT, pegawai=staff, penilaian=appraisals, **others), unit="B1")


def event(i: int, jenis: str, mulai: str = "2025-03-03", number: int = 0, jp: float | None = None) -> dict[str, object]:
    key = f"K{i:03d}-{jenis}-{mulai}-{number}"
    return {"kegiatan_id": key, "pegawai_id": f"P{i:03d}", "jenis": jenis, "mulai": mulai, "jp": jp}


def levels(i: int, *given_: int, standard: int = 3, period: str = "2025-S1") -> list[dict[str, object]]:
    names = ("Integritas", "Kerja Sama", "Komunikasi")
    return [
        {"pegawai_id": f"P{i:03d}", "periode": period, "kompetensi": k, "level": v, "level_standar": standard}
        for k, v in zip(names, given_, strict=True)
    ]


def row(table: pd.DataFrame | None, item: str) -> Any:
    assert table is not None
    return table[table["item"] == item].iloc[0]


def pick(table: pd.DataFrame | None, item: str, column: str) -> list[Any]:
    assert table is not None
    return list(table.loc[table["item"] == item, column])


# -- Job Person Match --------------------------------------------------------------------------------------------------


def test_job_person_match_by_hand() -> None:
    good, surplus, short = (3, 3, 3), (5, 2, 2), (2, 2, 2)  # 100; 100 and 77,8 without the surplus; 66,7
    rows = [r for i in range(18) for r in levels(i, *(good, surplus, short)[i % 3])]
    table = build_jpm(agency([{}] * 18, kompetensi=rows))
    assert row(table, "jpm")["value"] == pytest.approx((100 + 100 + 200 / 3) / 3)
    assert row(table, "jpm_terbatas")["value"] == pytest.approx((100 + 700 / 9 + 200 / 3) / 3)
    assert pick(table, "pita", "levels") == [("O",), ("CO",), ("KO",)]
    assert pick(table, "pita", "value") == [pytest.approx(200 / 3), 0, pytest.approx(100 / 3)]
    first = row(table, "jpm")
    assert first["conf_low"] < first["value"] < first["conf_high"]
    assert (first["n"], first["periode"]) == (18, "2025-S1")


def test_bands_of_few_are_merged_and_four_people_are_nobody() -> None:
    rows = [r for i in range(15) for r in levels(i, *((3, 3, 3) if i < 12 else (2, 2, 2)))]
    table = build_jpm(agency([{}] * 15, kompetensi=rows))
    assert pick(table, "pita", "levels") == []  # all bands in one: nothing to tell
    four = build_jpm(agency([{}] * 4, kompetensi=rows[:12]))
    assert four is not None
    assert four["hidden"].all()
    assert four[["n", "value", "conf_low", "conf_high"]].isna().all(axis=None)


def test_few_who_were_not_assessed_are_not_given_back_by_n() -> None:
    rows = [r for i in range(18) for r in levels(i, *((3, 3, 3), (2, 2, 2))[i % 2])]
    table = build_jpm(agency([{}] * 20, kompetensi=rows))
    assert table is not None
    assert table["n"].isna().all()
    assert row(table, "jpm")["value"] > 0
    assert row(build_jpm(agency([{}] * 23, kompetensi=rows)), "jpm")["n"] == 18


def test_the_last_assessment_before_the_period_is_used() -> None:
    rows = [r for i in range(6) for r in levels(i, 3, 3, 3, period="2024-S1")]
    rows += [r for i in range(6) for r in levels(i, 1, 1, 1, period="2025-S2")]
    table = build_jpm(agency([{}] * 6, kompetensi=rows))
    assert (row(table, "jpm")["value"], row(table, "jpm")["periode"]) == (100, "2024-S1")
    assert build_jpm(agency([{}] * 6, kompetensi=[r for r in rows if r["periode"] == "2025-S2"])) is None


# -- nine boxes --------------------------------------------------------------------------------------------------------


def boxed(counts: dict[tuple[str, str], int], events: Iterable[dict[str, object]] = ()) -> Scope:
    people = [{"rating_hasil": k, "potensial": p} for (k, p), n in counts.items() for _i in range(n)]
    return agency([*people, *[{"rating_hasil": "sesuai"}] * 6], kegiatan=[*events, event(99, "coaching")])


def test_boxes_and_who_got_the_help_they_call_for() -> None:
    counts = {("sesuai", "menengah"): 20, ("di_bawah", "tinggi"): 6, ("di_atas", "tinggi"): 7, ("sesuai", "rendah"): 9}
    events = [event(i, jenis) for i, jenis in ((0, "coaching"), (1, "mentoring"), (2, "kursus"), (3, "e_learning"))]
    events += [event(i, "coaching", number=n) for i in (4, 5) for n in (1, 2)]
    events += [event(i, "konseling") for i in (20, 6)]  # P020 is the first of box 6; P006 stands in box 5
    events += [event(7, "coaching", "2024-12-31")]  # before the period
    found = build_boxes(boxed(counts, events))
    assert found is not None
    cells = found.table.set_index("kotak")
    assert cells["people"].tolist() == [0, 9, 0, 0, 20, 6, 0, 0, 7]
    assert cells["share"].sum() == pytest.approx(100)
    assert (found.n, found.appraised) == (42, 48)
    help_ = found.guidance.set_index("kind")
    assert help_.loc["bimbingan", "boxes"] == (2, 3, 5, 6, 8)
    assert (help_.loc["bimbingan", "n"], help_.loc["bimbingan", "received"]) == (35, 6)
    assert help_.loc["bimbingan", "share"] == pytest.approx(100 * 6 / 35)
    assert help_.loc["bimbingan", "conf_low"] < help_.loc["bimbingan", "share"] < help_.loc["bimbingan", "conf_high"]
    assert help_.loc["konseling", "boxes"] == (3, 6)
    assert (help_.loc["konseling", "n"], help_.loc["konseling", "share_hidden"]) == (6, True)  # one of six
    assert pd.isna(help_.loc["konseling", "received"])


def test_help_is_counted_over_the_boxes_that_show() -> None:
    counts = {("sesuai", "menengah"): 20, ("di_bawah", "menengah"): 2, ("di_bawah", "rendah"): 3}
    found = build_boxes(boxed(counts))
    assert found is not None
    assert found.table.loc[found.table["hidden"], "kotak"].tolist() == [1, 3]
    help_ = found.guidance.set_index("kind")
    assert (help_.loc["bimbingan", "boxes"], help_.loc["bimbingan", "n"]) == ((2, 5, 6, 8), 20)
    assert (help_.loc["konseling", "boxes"], help_.loc["konseling", "n"]) == ((6,), 0)


def test_few_with_both_axes_show_nothing() -> None:
    found = build_boxes(boxed({("sesuai", "menengah"): 4}))
    assert found is not None
    assert found.table["hidden"].all()
    assert found.table["people"].isna().all()
    assert found.guidance["hidden"].all()
    assert (found.n, found.appraised) == (None, None)
    assert build_boxes(agency([{"rating_hasil": "sesuai"}] * 6)) is None
    assert build_boxes(agency([{"potensial": "tinggi"}] * 6)) is None


@given(st.lists(st.integers(0, 7), min_size=9, max_size=9))
def test_no_box_of_few_shows_or_follows_from_the_rest(numbers: list[int]) -> None:
    found = build_boxes(boxed(dict(zip(product(RATING, POTENSIAL), numbers, strict=True))))
    if found is None:
        assert sum(numbers) == 0
        return
    shown = found.table.loc[~found.table["hidden"], "people"].astype(int)
    assert not shown.between(1, 4).any()
    if found.n is not None and len(shown) < 9:
        assert 9 - len(shown) > 1
        assert found.n - shown.sum() > 9 - len(shown) or not len(shown)
        assert found.n - shown.sum() >= 5
    for axis in ("kinerja", "potensial"):  # a row or column is known where no box outside it, or inside it, is hidden
        for _level, boxes in found.table.groupby(axis):
            outside = found.table.drop(boxes.index)
            if found.n is not None and not outside["hidden"].any():
                assert found.n - outside["people"].sum() not in range(1, 5)
            if not boxes["hidden"].any():
                assert boxes["people"].sum() not in range(1, 5)
    for one in found.guidance.itertuples():
        assert one.hidden or one.n == shown[found.table["kotak"].isin(one.boxes)[shown.index]].sum()
        assert pd.isna(one.received) or not (0 < one.received < 5 or 0 < one.n - one.received < 5)


# -- angka kredit ------------------------------------------------------------------------------------------------------


def functional(jenjang: str, **counts: int) -> list[dict[str, object]]:
    return [
        {"jenis_jabatan": "fungsional", "jenjang": jenjang, "predikat": name.replace("_", " ")}
        for name, n in counts.items()
        for _i in range(n)
    ]


def test_angka_kredit_of_half_a_year() -> None:
    people = functional("Ahli Pertama", Baik=10, Sangat_Baik=5) + functional("Terampil", Baik=8, Sangat_Baik=8)
    table = build_angka_kredit(agency([*people, *[{}] * 6]))  # six without a functional post
    assert table is not None
    assert table["jenjang"].tolist() == ["Ahli Pertama", "Terampil"]  # keahlian first
    first = table.iloc[0]
    mean = (10 * 6.25 + 5 * 9.38) / 15
    assert (first["n"], first["koefisien"]) == (15, 12.5)
    assert first["value"] == pytest.approx(mean)
    assert first["share"] == pytest.approx(100 * mean / 12.5)
    assert first["conf_low"] < mean < first["conf_high"]


@pytest.mark.parametrize(
    "counts",
    [{"Baik": 20, "Sangat_Baik": 2}, {"Baik": 12}, {"Baik": 4}, {"Baik": 9, "Sangat_Baik": 9, "Kurang": 1}],
    ids=["two of them", "all the same", "four people", "one of them"],
)
def test_a_mean_that_would_tell_of_a_few_is_hidden(counts: dict[str, int]) -> None:
    table = build_angka_kredit(agency(functional("Mahir", **counts) + [{}] * 6))
    assert table is not None
    assert table["hidden"].tolist() == [True]
    assert table[["value", "conf_low", "conf_high", "share"]].isna().all(axis=None)
    assert table["n"].isna().tolist() == [sum(counts.values()) < 5]


def test_the_size_of_a_small_jenjang_does_not_follow_from_the_others() -> None:
    people = functional("Ahli Muda", Baik=10, Sangat_Baik=10) + functional("Mahir", Baik=3)
    table = build_angka_kredit(agency(people + functional("Terampil", Baik=6, Sangat_Baik=6)))
    assert table is not None
    assert dict(zip(table["jenjang"], table["hidden"], strict=True)) == {
        "Ahli Muda": False,
        "Mahir": True,
        "Terampil": True,
    }
    assert table["n"].isna().tolist() == table["hidden"].tolist()


def test_a_jenjang_without_a_coefficient_counts_nowhere() -> None:
    assert build_angka_kredit(agency(functional("Klerek", Baik=9))) is None
    assert build_angka_kredit(agency([{}] * 9)) is None


# -- IP ASN ------------------------------------------------------------------------------------------------------------

HEAD = {"jenis_jabatan": "pengawas", "pendidikan": "S-2", "hukdis": "tidak ada"}
EXPERT = {"jenis_jabatan": "fungsional", "jenjang": "Ahli Muda", "pendidikan": "S-1", "hukdis": "tidak ada"}
CLERK = {"jenis_jabatan": "pelaksana", "pendidikan": "SLTA", "hukdis": "tidak ada"}


def competency(person: dict[str, object], *events: dict[str, object]) -> float:
    """Return the mean points for competency of ten such people, each with these events."""
    own = [
        {**one, "pegawai_id": f"P{i:03d}", "kegiatan_id": f"{i}-{k}"} for i in range(10) for k, one in enumerate(events)
    ]
    full = [event(i, jenis, jp=20) for i in range(10, 20) for jenis in ("bimbingan_teknis", "workshop")]  # 40 each
    scope = agency([person] * 10 + [CLERK] * 20, kegiatan=[*own, *full])  # and ten without any
    return 3 * float(row(build_ip_asn(scope), "kompetensi")["value"]) - 40


@pytest.mark.parametrize(
    ("person", "events", "points"),
    [
        (HEAD, [event(0, "pelatihan_manajerial", "2010-01-01")], 15),
        (HEAD, [event(0, "diklat_struktural", "2025-06-30")], 15),
        (HEAD, [event(0, "diklat_fungsional")], 0),
        (HEAD, [event(0, "diklat_struktural", "2025-07-01")], 0),  # after the period
        (EXPERT, [event(0, "diklat_fungsional", "2010-01-01")], 15),
        (EXPERT, [event(0, "diklat_struktural", "2010-01-01")], 0),
        (CLERK, [event(0, "diklat_fungsional")], 0),
        (EXPERT, [event(0, "diklat_teknis", "2024-07-01", jp=20)], 15),
        (EXPERT, [event(0, "diklat_teknis", "2024-06-30", jp=20)], 0),  # a day too early
        (EXPERT, [event(0, "diklat_teknis", jp=10), event(0, "e_learning", jp=10)], 15),
        (EXPERT, [event(0, "diklat_teknis", jp=19.5)], 0),
        (EXPERT, [event(0, "seminar", "2023-07-01", jp=40)], 10),  # its JP are of no technical form
        (EXPERT, [event(0, "workshop", "2023-06-30")], 0),
        (CLERK, [event(0, "bimbingan_teknis", jp=20), event(0, "workshop")], 40),
        (CLERK, [event(0, "konseling", jp=40)], 0),
    ],
)
def test_courses_count_within_their_windows(
    person: dict[str, object], events: list[dict[str, object]], points: float
) -> None:
    assert competency(person, *events) == pytest.approx(points)


def test_the_window_of_seminars_is_the_callers() -> None:
    days = ["2024-05-01"] * 10 + ["2025-05-01"] * 5
    people = agency([EXPERT] * 20, kegiatan=[event(i, "workshop", day, jp=5) for i, day in enumerate(days)])
    assert SEMINAR_MONTHS == 24
    assert [row(build_ip_asn(people, seminar_months=m), "kompetensi")["value"] for m in (12, 24)] == [2.5, 7.5]


def test_ip_asn_agrees_with_the_rule_person_by_person() -> None:
    people = [(HEAD, EXPERT, CLERK)[i % 3] | {"predikat": ("Baik", "Sangat Baik")[i % 2]} for i in range(60)]
    table = build_ip_asn(agency(people, kegiatan=[event(i, "seminar", jp=4) for i in range(24)]))
    said = [
        score_ip_asn(
            p["jenis_jabatan"],
            pendidikan=p["pendidikan"],
            diklat=False,
            teknis_20jp=False,
            seminar=i < 24,
            predikat=p["predikat"],
            hukdis=p["hukdis"],
        )
        for i, p in enumerate(people)
    ]
    for part in ("kualifikasi", "kompetensi", "kinerja", "disiplin"):
        assert row(table, part)["value"] == pytest.approx(sum(getattr(one, part) for one in said) / 60)
    assert row(table, "total")["value"] == round(sum(one.total for one in said) / 60)
    assert pick(table, "total", "maximum") + pick(table, "kualifikasi", "maximum") == [100, 25]
    assert pick(table, "disiplin", "maximum") + pick(table, "pita", "n")[:1] == [5, 60]


def test_a_few_sanctions_are_not_given_back() -> None:
    def built(sanctioned: int, n: int = 20, **others: str) -> pd.DataFrame:
        people = [{**CLERK, **others, "hukdis": HUKDIS[2] if i < sanctioned else HUKDIS[0]} for i in range(n)]
        table = build_ip_asn(agency(people, kegiatan=[event(0, "kursus", jp=4)]))
        assert table is not None
        return table

    assert not row(built(0), "disiplin")["hidden"]
    assert not row(built(6), "disiplin")["hidden"]
    few = built(1)
    assert row(few, "disiplin")["hidden"]
    assert row(few, "total")["value"] == row(built(0), "total")["value"]  # in whole points one sanction is lost
    assert row(few, "kinerja")["hidden"]  # all have the same predikat
    assert row(built(1, n=WHOLE_POINTS - 1), "total")["hidden"]
    assert not row(built(1, n=WHOLE_POINTS), "total")["hidden"]


@pytest.mark.parametrize(("few", "hidden"), [(0, True), (3, True), (5, False), (17, True)])
def test_a_few_diplomas_and_courses_are_not_given_back(few: int, hidden: bool) -> None:
    people = [{**CLERK, "pendidikan": "S-2" if i < few else "SLTA"} for i in range(20)]
    table = build_ip_asn(agency(people, kegiatan=[event(i, "seminar", jp=4) for i in range(few or 20)]))
    for part in ("kualifikasi", "kompetensi"):
        assert row(table, part)["hidden"] == hidden
        assert pd.isna(row(table, part)["value"]) == hidden


def test_who_lacks_a_part_is_not_counted() -> None:
    people = [CLERK] * 10 + [{**CLERK, "hukdis": None}] * 5 + [{**CLERK, "pendidikan": None}] * 5
    table = build_ip_asn(agency(people, kegiatan=[event(0, "kursus", jp=4)]))
    assert row(table, "total")["n"] == 10
    assert build_ip_asn(agency([{**CLERK, "hukdis": None}] * 9, kegiatan=[event(0, "kursus", jp=4)])) is None
    assert build_ip_asn(agency([CLERK] * 9)) is None  # no log


# -- time to improve ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "people"),
    [
        ({"Baik": 20}, 0),
        ({"Baik": 20, "Kurang": 6}, 6),
        ({"Baik": 20, "Kurang": 4, "Sangat Kurang": 2}, 6),
        ({"Baik": 20, "Kurang": 2}, None),
        ({"Baik": 3, "Kurang": 9}, None),  # three would be left
        ({"Baik": 20, "Kurang": 6, "Butuh Perbaikan": 2}, None),  # the distribution shows eight below Baik
    ],
)
def test_the_deadline_is_a_date_with_a_number_that_may_show(counts: dict[str, int], people: int | None) -> None:
    found = build_deadline(agency([{"predikat": name} for name, n in counts.items() for _i in range(n)]))
    assert found is not None
    assert (found.day, found.people, found.n) == (date(2025, 12, 30), people, sum(counts.values()))
    assert found.predikat == ("Kurang", "Sangat Kurang")


def test_no_predikat_no_deadline() -> None:
    data = make_data(
        unit=UNIT,
        pegawai=[{"pegawai_id": "P1", "unit_id": "B1"}],
        penilaian=[{"pegawai_id": "P1", "periode": "2025-S1", "nilai": 3}],
    )
    assert build_deadline(build_scope(data)) is None
    few = build_deadline(agency([{"predikat": "Kurang"}] * 3))
    assert few is not None
    assert (few.people, few.n) == (None, None)


# -- all ---------------------------------------------------------------------------------------------------------------


def test_tables_stay_as_they_were_and_indicators_alone_give_nothing() -> None:
    people = [CLERK | {"rating_hasil": "sesuai", "potensial": "tinggi"}] * 9 + functional("Mahir", Baik=6)
    rows = [r for i in range(9) for r in levels(i, 3, 3, 3)]
    scope = agency(people, kompetensi=rows, kegiatan=[event(0, "kursus", jp=4)])
    before = {name: frame.copy() for name, frame in scope.data.tables.items()}
    for build in (build_jpm, build_boxes, build_angka_kredit, build_ip_asn, build_deadline):
        assert build(scope) is not None
    for name, frame in scope.data.tables.items():
        pd.testing.assert_frame_equal(frame, before[name])
    indicators = [{"unit_id": "B1", "periode": "2025-S1", "indikator": "ikm", "nilai": 80}]
    alone = build_scope(make_data(unit=UNIT, indikator_unit=indicators))
    for build in (build_jpm, build_boxes, build_angka_kredit, build_ip_asn, build_deadline):
        assert build(alone) is None
