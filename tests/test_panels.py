"""The four panels: a number, or a sentence that says why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.panels import Panel, build_panels, choose_axis
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope
from kinerja_lib.typed import check_table


def make_data(keterangan: dict[str, str] | None = None, **tables: Iterable[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    typed = {
        name: check_table(name, pd.DataFrame(list(rows)).astype("str").replace("None", ""), locate=str)
        for name, rows in tables.items()
    }
    return Dataset(typed, keterangan=keterangan or {})


UNITS = [{"unit_id": "B1", "nama": "Bidang Satu"}, {"unit_id": "B2", "nama": "Bidang Dua"}]
PERIODS = ("2024-S1", "2024-S2", "2025-S1")


def staff(n: int, unit: str = "B1", leavers: int = 0, on: str = "2025-05-05") -> list[dict[str, object]]:
    return [
        {
            "pegawai_id": f"{unit}{i:02d}",
            "unit_id": unit,
            "tanggal_keluar": on if i < leavers else None,
            "alasan_keluar": "pengunduran_diri" if i < leavers else None,
        }
        for i in range(n)
    ]


def scores(n: int, unit: str = "B1", periods: Iterable[str] = PERIODS, **others: object) -> list[dict[str, object]]:
    rng = np.random.default_rng(5)
    return [
        {"pegawai_id": f"{unit}{i:02d}", "periode": p, "unit_id": unit, "nilai": 60 + 3 * at + rng.normal(), **others}
        for at, p in enumerate(periods)
        for i in range(n)
    ]


def courses(n: int, jp: float, on: str = "2025-02-01") -> list[dict[str, object]]:
    return [
        {"kegiatan_id": f"K{on}{i}", "pegawai_id": f"B1{i:02d}", "jenis": "kursus", "mulai": on, "jp": jp + i % 2}
        for i in range(n)
    ]


def answers(n: int, period: str, form: str = "iklim", items: Iterable[str] = "ab") -> list[dict[str, object]]:
    return [
        {"responden_id": f"R{i}", "periode": period, "unit_id": "B1", "instrumen": form, "butir": b, "skor": 1 + i % 5}
        for i in range(n)
        for b in items
    ]


def panels(**tables: Iterable[dict[str, object]]) -> dict[str, Panel]:
    keterangan = {"tanggal_data": "2025-07-14"}
    people = {"pegawai": staff(20), "penilaian": scores(20), **tables}
    built = build_panels(build_scope(make_data(keterangan, unit=UNITS, **people), unit="B1", period="2025-S1"))
    for panel in built:
        for name in (f.name for f in fields(panel)):  # no NaN where a reason belongs
            value = getattr(panel, name)
            assert not (isinstance(value, float) and math.isnan(value)), (panel.key, name)
        assert panel.value is not None or panel.reasons
        assert panel.change is not None or panel.reasons
        assert (panel.change is None) == (panel.since is None)
    return {panel.key: panel for panel in built}


def test_performance_and_its_change() -> None:
    panel = panels()["kinerja"]
    assert (panel.n, panel.n_label, str(panel.since), panel.reference_label) == (
        20,
        "pegawai",
        "2024-S2",
        "Semester II 2024",
    )
    assert panel.value is not None
    assert panel.reference is not None
    assert panel.change == pytest.approx(panel.value - panel.reference)
    assert panel.change_low is not None
    assert panel.change_high is not None
    assert panel.change_low < 3 < panel.change_high  # the rise that was planted
    assert panel.low is not None
    assert panel.high is not None
    assert panel.low <= panel.reference < panel.value <= panel.high


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            scores(20, periods=("2024-S1", "2025-S1")),
            "Tidak ada penilaian Semester II 2024.",
        ),
        (
            scores(20, periods=("2025-S1",)) + scores(9, "B2"),
            "Unit ini tidak dinilai pada Semester II 2024.",
        ),
        (
            scores(20, periods=("2025-S1",)) + scores(4, periods=("2024-S2",)),
            "Data Semester II 2024 menyangkut kurang dari 5 orang.",
        ),
        (
            scores(20, periods=("2025-S1",), rezim="p6_2022") + scores(20, periods=("2024-S2",), rezim="pp30_8"),
            "Aturan penilaian berganti sejak Semester II 2024.",
        ),
    ],
)
def test_a_change_that_cannot_be_shown_says_why(rows: list[dict[str, object]], reason: str) -> None:
    panel = panels(penilaian=rows, pegawai=staff(20) + staff(20, "B2"))["kinerja"]
    assert panel.value is not None
    assert panel.reasons == (reason,)
    assert panel.reference is None


def test_fewer_than_five_people_are_hidden() -> None:
    panel = panels(penilaian=scores(4))["kinerja"]
    assert (panel.hidden, panel.value, panel.n, panel.change) == (True, None, None, None)
    assert panel.reasons == ("Tidak ditampilkan: menyangkut kurang dari 5 orang.",)


def test_one_value_for_all_has_no_interval_and_says_so() -> None:
    rows = [{**row, "nilai": 70} for row in scores(20, periods=("2024-S2", "2025-S1"))]
    panel = panels(penilaian=rows)["kinerja"]
    assert (panel.value, panel.conf_low, panel.change, panel.change_low) == (70.0, None, 0.0, None)
    assert panel.reasons == (
        "Selang tidak dapat dihitung: semua nilai sama.",
        "Selang perubahan tidak dapat dihitung: semua nilai sama.",
    )


def test_a_share_that_leaves_few_over_is_hidden() -> None:
    rows = [
        {"pegawai_id": f"B1{i:02d}", "periode": "2025-S1", "unit_id": "B1", "predikat": "Kurang" if i < 3 else "Baik"}
        for i in range(20)
    ]
    panel = panels(penilaian=rows)["kinerja"]
    assert (panel.unit, panel.hidden, panel.value, panel.n) == ("%", True, None, 20)


def test_development_is_compared_with_the_same_part_of_the_year_before() -> None:
    panel = panels(kegiatan=courses(20, 10) + courses(20, 6, "2024-03-01") + courses(20, 50, "2024-09-01"))[
        "pengembangan"
    ]
    assert (panel.value, panel.change, str(panel.since), panel.low) == (10.5, 4.0, "2024-S1", 0.0)
    assert panel.reasons[-1].startswith("Dibandingkan dengan masa yang sama setahun sebelumnya")
    early = panels(kegiatan=courses(20, 10))["pengembangan"]
    assert early.reasons == ("Tidak ada catatan kegiatan Semester I 2024.",)


def test_missing_tables_are_named() -> None:
    found = panels()
    assert found["pengembangan"].reasons == ("Tabel kegiatan tidak ada.",)
    assert found["iklim"].reasons == ("Tabel survei tidak ada.",)
    assert found["retensi"].reasons == ("Kolom tanggal_keluar pada tabel pegawai tidak ada atau kosong.",)


@pytest.mark.parametrize(("leavers", "value"), [(3, None), (6, 30.0)])
def test_few_who_left_are_never_counted(leavers: int, value: float | None) -> None:
    panel = panels(pegawai=staff(20, leavers=leavers))["retensi"]
    assert (panel.value, panel.hidden, panel.n) == (value, value is None, 20)
    if value is None:
        assert panel.reasons == ("Tidak ditampilkan: menyangkut kurang dari 5 orang.",)
    else:
        assert panel.conf_low is not None
        assert panel.change == 30.0


def test_a_sister_that_would_give_a_hidden_count_back_is_hidden_too() -> None:
    both = staff(20, leavers=6) + staff(20, "B2", leavers=2)
    panel = panels(pegawai=both, penilaian=scores(20) + scores(20, "B2"))["retensi"]
    assert panel.hidden


def test_climate_needs_the_same_form() -> None:
    level = panels(survei=answers(10, "2025-S1") + answers(10, "2024-S1"))["iklim"]
    assert (level.value, level.n, level.unit, level.low, level.high) == (3.0, 10, "dari 5", 1.0, 5.0)
    assert (level.change, str(level.since)) == (0.0, "2024-S1")
    form = panels(survei=answers(10, "2025-S1") + answers(10, "2024-S1", "lama"))["iklim"]
    assert form.reasons == ("Instrumen survei Semester I 2024 berbeda.",)
    items = panels(survei=answers(10, "2025-S1") + answers(10, "2024-S1", items="abc"))["iklim"]
    assert items.reasons == ("Butir survei berganti sejak Semester I 2024.",)
    few = panels(survei=answers(4, "2025-S1"))["iklim"]
    assert (few.hidden, few.value, few.n) == (True, None, None)
    first = panels(survei=answers(10, "2025-S1"))["iklim"]
    assert first.reasons == ("Belum ada survei sebelumnya.",)
    old = panels(survei=answers(10, "2024-S1"))["iklim"]
    assert old.reasons == ("Tidak ada survei pada 2025.",)


def test_an_unfinished_period_says_so() -> None:
    data = make_data({"tanggal_data": "2025-05-01"}, unit=UNITS, pegawai=staff(20, leavers=6), penilaian=scores(20))
    panel = {panel.key: panel for panel in build_panels(build_scope(data))}["retensi"]
    assert "Data diambil sebelum periode ini berakhir." in panel.reasons


def survey(values: dict[tuple[str, str, str], float]) -> Dataset:
    rows = [
        {"unit_id": unit, "periode": period, "indikator": name, "nilai": value, "satuan": "persen"}
        for (unit, period, name), value in values.items()
    ]
    return make_data(unit=[{"unit_id": u, "nama": u} for u in "ABC"], indikator_unit=rows)


def test_indicators_of_units_have_a_change_and_a_reference_but_no_interval() -> None:
    values = {(u, p, "i"): 50.0 + at for at, (u, p) in enumerate((u, p) for u in "ABC" for p in ("2022", "2023"))}
    values |= {("A", "2023", "j"): 8.0, ("A", "2023", "meta_response_rate"): 103.4}
    first, second = build_panels(build_scope(survey(values), unit="A"))
    assert (first.value, first.change, str(first.since), first.unit, first.n) == (51.0, 1.0, "2022", "%", None)
    assert (first.reference, first.reference_label, first.response_rate) == (53.0, "median 3 unit", 103.4)
    assert first.reasons == ("Selang tidak dihitung: jumlah penjawab tidak ada dalam data.",)
    assert second.reasons[1] == "Butir tidak ditanyakan pada 2022."
    whole = build_panels(build_scope(survey(values)))[0]
    assert (whole.value, whole.n, whole.n_label, whole.reference) == (53.0, 3, "unit", None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_an_axis_holds_its_points(points: list[float]) -> None:
    low, high = choose_axis(points, (-math.inf, None))
    assert low <= min(points)
    assert max(points) <= high
    assert low < high


def test_an_axis_keeps_to_its_bounds() -> None:
    assert choose_axis([0.0, 2.0], (0.0, None))[0] == 0.0
    assert choose_axis([97.0, 100.0], (0.0, 100.0))[1] == 100.0


def test_few_who_left_the_agency_are_hidden_too() -> None:
    data = make_data(unit=UNITS, pegawai=staff(20, leavers=3), penilaian=scores(20))
    panel = {panel.key: panel for panel in build_panels(build_scope(data))}["retensi"]
    assert (panel.hidden, panel.value) == (True, None)


def test_few_without_a_value_or_an_appraisal_are_not_given_back_by_n() -> None:
    rows = scores(20)
    blank = [{**row, "nilai": None if row["pegawai_id"] < "B103" else row["nilai"], "predikat": "Baik"} for row in rows]
    found = panels(pegawai=staff(23, leavers=6), penilaian=blank)
    assert (found["kinerja"].n, found["retensi"].n) == (None, None)
    assert found["kinerja"].value is not None
    assert found["retensi"].value is not None
    assert panels(pegawai=staff(25, leavers=6), penilaian=rows)["retensi"].n == 25
