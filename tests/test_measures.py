"""Scores of people, data quality, distribution and trend: small cases by hand."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.measures import (
    CAPAIAN_CAP,
    build_distribution,
    build_person_scores,
    build_quality,
    build_trend,
    missing_reason,
    performance_measure,
)
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope
from kinerja_lib.typed import check_table


def make_data(**tables: Iterable[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    return Dataset(
        {
            name: check_table(name, pd.DataFrame(list(rows)).astype("str").replace("None", ""), locate=str)
            for name, rows in tables.items()
        }
    )


UNITS = [{"unit_id": "B1", "nama": "Bidang Satu"}, {"unit_id": "B2", "nama": "Bidang Dua"}]


def people(n: int, unit: str = "B1") -> list[dict[str, object]]:
    return [{"pegawai_id": f"{unit}{i:02d}", "unit_id": unit} for i in range(n)]


def appraisals(unit: str, period: str, predikat: dict[str, int]) -> list[dict[str, object]]:
    levels = [level for level, n in predikat.items() for _i in range(n)]
    return [
        {"pegawai_id": f"{unit}{i:02d}", "periode": period, "unit_id": unit, "predikat": level}
        for i, level in enumerate(levels)
    ]


BASE = {"unit": UNITS, "pegawai": people(30) + people(30, "B2")}
SKP = [
    {"pegawai_id": "B100", "periode": "2025-S1", "rhk": "a", "iki": "x", "target": 10, "realisasi": 20, "bobot": 3},
    {"pegawai_id": "B100", "periode": "2025-S1", "rhk": "a", "iki": "y", "target": 10, "realisasi": 8, "bobot": 1},
    {"pegawai_id": "B101", "periode": "2025-S1", "rhk": "a", "iki": "x", "target": 10, "realisasi": 30, "bobot": 1},
    {"pegawai_id": "B101", "periode": "2025-S1", "rhk": "a", "iki": "y", "target": 10, "realisasi": None, "bobot": 9},
    {"pegawai_id": "B102", "periode": "2025-S1", "rhk": "a", "iki": "x", "target": 0, "realisasi": 30, "bobot": 1},
]


def with_kondisi(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**row, "kondisi": "khusus" if row["realisasi"] == 30 else None} for row in rows]


def test_achievement_is_weighted_capped_and_never_negative() -> None:
    data = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", {"Baik": 3}), skp=SKP)
    scores = build_person_scores(build_scope(data, unit="B1"))
    assert scores is not None
    # (3 x 120 + 1 x 80) / 4; one indicator without realisation left out; a target of 0 cannot be scored
    assert scores["capaian_skp"].tolist()[:2] == [110.0, CAPAIAN_CAP]
    assert np.isnan(scores["capaian_skp"][2])
    low = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", {"Baik": 3}), skp=with_kondisi(SKP))
    scores = build_person_scores(build_scope(low, unit="B1"))
    assert scores is not None
    assert scores["capaian_skp"].tolist()[:2] == [110.0, 0.0]  # khusus: 30 of 10 is -100 per cent, counted as 0


def test_an_indicator_without_weight_counts_as_the_mean_of_its_plan() -> None:
    rows = [{**row, "bobot": None if row["iki"] == "y" else row["bobot"]} for row in SKP]
    data = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", {"Baik": 3}), skp=rows)
    scores = build_person_scores(build_scope(data, unit="B1"))
    assert scores is not None
    assert scores["capaian_skp"][0] == pytest.approx((3 * 120 + 3 * 80) / 6)


def test_the_predikat_comes_from_the_ratings_and_the_reported_one_is_kept() -> None:
    rows = appraisals("B1", "2025-S1", {"Sangat Baik": 2})
    rows[0] |= {"rating_hasil": "sesuai", "rating_perilaku": "di_bawah"}
    rows[1] |= {"rating_hasil": "sesuai", "rating_perilaku": None}
    scores = build_person_scores(build_scope(make_data(**BASE, penilaian=rows), unit="B1"))
    assert scores is not None
    assert scores["predikat"].tolist() == ["Kurang", "Sangat Baik"]
    assert scores["predikat_dilaporkan"].tolist() == ["Sangat Baik", "Sangat Baik"]


def test_jp_is_that_of_the_period_and_nobody_is_missing_for_having_none() -> None:
    events = [
        {"kegiatan_id": "K1", "pegawai_id": "B100", "jenis": "seminar", "mulai": "2025-06-30", "jp": 4},
        {"kegiatan_id": "K2", "pegawai_id": "B100", "jenis": "kursus", "mulai": "2025-01-01", "jp": 10},
        {"kegiatan_id": "K3", "pegawai_id": "B100", "jenis": "kursus", "mulai": "2025-07-01", "jp": 99},
        {"kegiatan_id": "K4", "pegawai_id": "B101", "jenis": "coaching", "mulai": "2025-05-01", "jp": None},
    ]
    data = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", {"Baik": 3}), kegiatan=events)
    tables = {name: frame.copy() for name, frame in data.tables.items()}
    scores = build_person_scores(build_scope(data, unit="B1"))
    assert scores is not None
    assert scores["jp"].tolist() == [14.0, 0.0, 0.0]
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(data[name], frame)


def test_the_measure_is_the_finest_that_the_data_allow() -> None:
    rated = appraisals("B1", "2025-S1", {"Baik": 3})
    valued = [{**row, "nilai": 1200, "satuan": "KES"} for row in rated]
    indicators = [{"unit_id": "B1", "periode": "2025", "indikator": "ikm", "nilai": 80, "satuan": "persen"}]
    cases = [
        (make_data(**BASE, penilaian=valued, skp=SKP), ("capaian_skp", "%", False)),
        (make_data(**BASE, penilaian=valued), ("nilai", "KES", False)),
        (make_data(**BASE, penilaian=rated), ("predikat_baik", "%", True)),
        (make_data(unit=UNITS, indikator_unit=indicators), ("indikator", "%", False)),
    ]
    mixed = [{**row, "rezim": regime} for row, regime in zip(valued, ("pp46", "pp30_8", None), strict=True)]
    alike = [{**row, "rezim": regime} for row, regime in zip(valued, ("pp46", "pp46", None), strict=True)]
    cases += [  # numbers of different regulations are never averaged
        (make_data(**BASE, penilaian=mixed), ("predikat_baik", "%", True)),
        (make_data(**BASE, penilaian=alike), ("nilai", "KES", False)),
    ]
    for data, expected in cases:
        measure = performance_measure(data)
        assert measure is not None
        assert (measure.key, measure.unit, measure.is_share) == expected
    assert performance_measure(make_data(unit=UNITS)) is None


def test_every_row_left_out_is_counted_once_with_its_reason() -> None:
    rows = [
        *appraisals("B1", "2025-S1", {"Baik": 6}),
        {"pegawai_id": "hantu", "periode": "2025-S1", "unit_id": "B1", "predikat": "Baik"},
        {"pegawai_id": "B110", "periode": "2025-S1", "unit_id": "B1", "predikat": None},
        {"pegawai_id": "B111", "periode": "2025-S1", "unit_id": "B9", "predikat": None},
        {"pegawai_id": "B112", "periode": "2024-S2", "unit_id": "B1", "predikat": "Baik"},
    ]
    data = make_data(**BASE, penilaian=rows)
    unit, agency = build_quality(build_scope(data, unit="B1")), build_quality(build_scope(data))
    assert unit is not None
    assert agency is not None
    assert (unit.rows_in, unit.rows_used) == (8, 6)
    assert dict(unit.dropped.itertuples(index=False)) == {
        "pegawai tidak ada pada tabel pegawai": 1,
        "belum ada predikat, rating, maupun nilai": 1,
    }
    assert (agency.rows_in, agency.rows_used, int(agency.dropped["count"].sum())) == (9, 6, 3)
    assert "unit tidak ada pada tabel unit" in set(agency.dropped["reason"])


@pytest.mark.parametrize(
    ("counts", "segments"),
    [
        ({"Sangat Baik": 6, "Baik": 14, "Kurang": 3, "Butuh Perbaikan": 2}, [(1, 6), (1, 14), (3, 5)]),
        ({"Sangat Baik": 6, "Baik": 14, "Kurang": 3}, [(1, 6), (4, 17)]),
        ({"Baik": 20}, [(5, 20)]),
        ({"Baik": 3, "Kurang": 1}, [(5, None)]),
    ],
)
def test_levels_are_merged_until_nobody_shows(counts: dict[str, int], segments: list[tuple[int, int | None]]) -> None:
    found = build_distribution(build_scope(make_data(**BASE, penilaian=appraisals("B1", "2025-S1", counts)), unit="B1"))
    assert found is not None
    sizes = [None if pd.isna(n) else int(n) for n in found.table["count"]]
    assert list(zip(found.table["levels"].map(len), sizes, strict=True)) == segments
    total = sum(counts.values())
    if total >= 5:
        assert found.table["n"].unique().tolist() == [total]
        assert found.table["share"].sum() == pytest.approx(100)
    else:
        assert found.table["n"].isna().all()
        assert found.organisation["verdict"].tolist() == ["tidak ditampilkan (di bawah 5 pegawai)"]


def organisation(level: str | None) -> list[dict[str, object]]:
    return [{"unit_id": "B1", "periode": "2025-S1", "predikat_organisasi": level, "capaian": 90}]


@pytest.mark.parametrize(
    ("counts", "level", "kept", "verdict"),
    [
        ({"Sangat Baik": 6, "Baik": 14, "Kurang": 5}, "Baik", True, "sesuai pola"),
        ({"Sangat Baik": 0, "Baik": 20, "Kurang": 5}, "Baik", False, "Baik di atas 70 %"),
        ({"Sangat Baik": 3, "Baik": 20, "Kurang": 5}, "Baik", False, "tidak sesuai pola"),  # a level is hidden
        ({"Baik": 5, "Kurang": 1}, "Baik", None, "tidak dinilai (di bawah 10 pegawai)"),
        ({"Baik": 25}, None, None, "predikat organisasi tidak ada"),
    ],
)
def test_the_verdict_holds_no_count(counts: dict[str, int], level: str | None, kept: bool | None, verdict: str) -> None:
    data = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", counts), kinerja_unit=organisation(level))
    found = build_distribution(build_scope(data, unit="B1"))
    assert found is not None
    row = found.organisation.iloc[-1]
    assert (None if pd.isna(row["kept"]) else row["kept"], row["verdict"]) == (kept, verdict)


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        ({"Sangat Baik": 6, "Baik": 14, "Kurang": 5}, 0),
        ({"Baik": 20, "Kurang": 5}, 3),  # 17 of 25 are the most that 70 % allow
        ({"Baik": 20, "Kurang": 3, "Butuh Perbaikan": 3}, None),  # six below Baik show, not how many at which
        ({"Baik": 5, "Kurang": 1}, None),
    ],
)
def test_how_many_would_have_to_differ(counts: dict[str, int], changes: int | None) -> None:
    data = make_data(**BASE, penilaian=appraisals("B1", "2025-S1", counts), kinerja_unit=organisation("Baik"))
    found = build_distribution(build_scope(data, unit="B1"))
    assert found is not None
    last = found.organisation["changes"].iloc[-1]
    assert (None if pd.isna(last) else last) == changes


def test_only_the_last_periods_with_appraisals_are_shown() -> None:
    periods = ["2022-S2", "2023-S2", "2024-S1", "2025-S1"]
    rows = [row for period in periods for row in appraisals("B1", period, {"Baik": 20, "Sangat Baik": 6})]
    found = build_distribution(build_scope(make_data(**BASE, penilaian=rows), unit="B1"))
    assert found is not None
    assert found.organisation["periode"].tolist() == ["2023-S2", "2024-S1", "2025-S1"]


def test_a_trend_keeps_its_gaps_and_hides_small_groups() -> None:
    rows = [
        row
        for unit, period, n in (("B1", "2023-S2", 8), ("B1", "2024-S2", 4), ("B1", "2025-S1", 8), ("B2", "2025-S1", 12))
        for row in appraisals(unit, period, {"Baik": n})
    ]
    rows = [{**row, "nilai": 50 + i % 3} for i, row in enumerate(rows)]
    trend = build_trend(build_scope(make_data(**BASE, penilaian=rows), unit="B1"))
    assert trend is not None
    unit = trend[trend["group"] == "unit"].set_index("periode")
    assert list(unit.index) == ["2023-S2", "2024-S1", "2024-S2", "2025-S1"]
    assert unit["hidden"].tolist() == [False, False, True, False]
    assert unit["value"].isna().tolist() == [False, True, True, False]
    assert unit["n"].tolist() == [8, pd.NA, pd.NA, 8]
    agency = trend[trend["group"] == "instansi"].set_index("periode")
    assert agency.loc["2025-S1", "n"] == 20
    only = build_trend(build_scope(make_data(**BASE, penilaian=rows)))
    assert only is not None
    assert only["group"].unique().tolist() == ["instansi"]


@pytest.mark.parametrize("regimes", [("pp46", "pp30_8", "pp30_8"), ("pp46", None, "pp30_8"), (None, None, None)])
def test_a_trend_of_numbers_stops_where_the_regulation_changes(regimes: tuple[str | None, ...]) -> None:
    rows = [
        {**row, "nilai": 80 + at, "rezim": regime}
        for at, (period, regime) in enumerate(zip(("2024-S1", "2024-S2", "2025-S1"), regimes, strict=True))
        for row in appraisals("B1", period, {"Baik": 10})
    ]
    trend = build_trend(build_scope(make_data(**BASE, penilaian=rows)))
    assert trend is not None
    values = dict(zip(trend["periode"], trend["value"], strict=True))
    assert (values["2024-S2"], values["2025-S1"]) == (81, 82)
    assert pd.isna(values["2024-S1"]) == (regimes[0] is not None)


def test_a_share_that_leaves_few_over_is_hidden_in_the_trend() -> None:
    rows = appraisals("B1", "2024-S2", {"Baik": 18, "Kurang": 2}) + appraisals(
        "B1", "2025-S1", {"Baik": 15, "Kurang": 5}
    )
    trend = build_trend(build_scope(make_data(**BASE, penilaian=rows), unit="B1"))
    assert trend is not None
    unit = trend[trend["group"] == "unit"]
    assert unit["hidden"].tolist() == [True, False]
    assert unit["value"].tolist()[1] == 75.0


def test_reasons_are_words() -> None:
    data = make_data(**BASE)
    assert missing_reason(data, "skp") == "tabel skp tidak ada"
    assert missing_reason(data, "pegawai.status") == "kolom status pada tabel pegawai tidak ada atau kosong"
    assert missing_reason(data, "pegawai.unit_id") == ""


def test_few_without_a_value_are_not_given_back_by_n() -> None:
    rows = [
        {**row, "nilai": 50 + i if i >= 3 else None} for i, row in enumerate(appraisals("B1", "2025-S1", {"Baik": 20}))
    ]
    trend = build_trend(build_scope(make_data(**BASE, penilaian=rows)))
    assert trend is not None
    assert trend["n"].isna().all()
    assert trend["value"].notna().all()
