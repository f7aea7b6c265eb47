"""Section VI on the page: sentences, tables and notes of retention, unit cost and climate; and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.climate import Climate
from kinerja_lib.outcomes import Costs, Retention
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, Note, Paragraph, Table
from kinerja_lib.show.outcomes import (
    note_climate,
    note_costs,
    note_retention,
    say_climate,
    say_costs,
    say_retention,
    table_climate,
    table_costs,
    table_retention,
)
from kinerja_lib.vocabulary import Period

ONE = pd.DataFrame({"pegawai_id": ["p"], "periode": ["2025-S1"], "predikat": ["Baik"], "mulai": ["2025-01-01"]})
NUMBERS = ("n", "value", "conf_low", "conf_high")


def scope(*tables: str) -> Scope:
    data = Dataset(dict.fromkeys(tables or ("pegawai", "penilaian", "kegiatan"), ONE))
    return Scope(data, Period.parse("2025-S1"), "U", ("U",), "Bidang", is_agency=False)


def words(block: object) -> str:
    assert isinstance(block, Paragraph | Note)
    return block.to_text().replace("\u00a0", " ")


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    empty = {"n": pd.NA, "value": np.nan, "conf_low": np.nan, "conf_high": np.nan}
    full = [{**empty, "hidden": "value" not in row, **row} for row in rows]
    return pd.DataFrame(full).astype({"n": "Int64"})


def level(value: float, low: float = np.nan, high: float = np.nan, n: int = 30) -> dict[str, Any]:
    return dict(zip(NUMBERS, (n, value, low, high), strict=True))


def retention(*rows: dict[str, Any]) -> Retention:
    table = frame(*rows)
    table = table.assign(count=table["count"].astype("Int64"))
    return Retention(table, pd.Timestamp("2024-07-01"), pd.Timestamp("2025-06-30"), Period.parse("2024-S1"))


WILLING = {"key": "sukarela", "label": "Keluar sukarela", "count": 12, **level(5.15, 2.66, 9.0, 1233)}
QUIET = {"key": "sangat_baik", "label": "Terbaik", "count": pd.NA}


def test_retention_in_words_and_rows() -> None:
    found = retention(WILLING, QUIET)
    assert words(say_retention(found, scope())) == (
        "Dalam 12 bulan sampai 30 Juni 2025, 12 pegawai keluar sukarela: 5,2 per 100 pegawai setahun (selang 95 %: 2,7 "
        "sampai 9,0; n = 1.233)."
    )
    table = table_retention(found, scope())
    assert isinstance(table, Table)
    assert table.title == "Pegawai yang keluar, 1 Juli 2024 sampai 30 Juni 2025"
    assert table.display == (("Keluar sukarela", "12", "5,2", "2,7 sampai 9,0", "1.233"), ("Terbaik", *["–"] * 4))
    assert "menurut penilaian Semester I 2024" in words(note_retention(found))
    assert "yang dapat juga atas perintah" in words(note_retention(found))
    alone = words(note_retention(replace(retention(WILLING), before=None)))
    assert "Berpredikat" not in alone


def test_few_leavers_are_not_told() -> None:
    silent = retention({"key": "sukarela", "label": "Keluar sukarela", "count": pd.NA})
    assert words(say_retention(silent, scope())) == (
        "Yang keluar sukarela dalam 12 bulan sampai 30 Juni 2025 tidak ditampilkan, agar tidak menunjuk orang."
    )
    assert table_retention(silent, scope()) == LeftOut(
        "tidak dirinci, agar tidak menunjuk orang", "Pegawai yang keluar"
    )


def costs(*rows: dict[str, Any], total: float = 6_000_000.0) -> Costs:
    return Costs(frame(*rows), total)


PERSON = {"key": "person", "label": "Biaya per peserta", "source": "biaya", **level(2_198_581.4, n=43)}
MEAN = {"key": "person_event", "label": "Rata-rata", "source": "kegiatan", **level(1_711_081, 1_046_937, 2_375_224)}
SHARE = {"key": "nonclassical", "label": "Nonklasikal (%)", "source": "kegiatan", **level(42.345)}


def test_costs_in_words_and_rows() -> None:
    found = costs(PERSON, MEAN, SHARE)
    assert words(say_costs(found, scope())) == (
        "Biaya pembinaan dan pelatihan pada Semester I 2025: Rp2.199.000 per peserta (n = 43), menurut tabel biaya."
    )
    table = table_costs(found, scope())
    assert isinstance(table, Table)
    assert table.display == (
        ("Biaya per peserta", "biaya", "Rp2.199.000", "hitungan penuh", "43"),
        ("Rata-rata", "kegiatan", "Rp1.711.000", "Rp1.047.000 sampai Rp2.375.000", "30"),
        ("Nonklasikal (%)", "kegiatan", "42,3", "hitungan penuh", "30"),
    )
    said = words(note_costs(found))
    assert "bukan penghematan" in said
    assert "Keduanya tidak dijumlahkan." in said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((MEAN, SHARE), "rata-rata Rp1.711.000 per peserta (selang 95 %: Rp1.047.000 sampai Rp2.375.000; n = 30)"),
        ((SHARE,), "Pada Semester I 2025, 42% JP berbentuk nonklasikal (n = 30)."),
    ],
)
def test_costs_are_told_by_what_there_is(rows: tuple[dict[str, Any], ...], said: str) -> None:
    found = costs(*rows, total=np.nan)
    assert said in words(say_costs(found, scope()))
    assert "Tabel biaya tidak memuat unit dan periode ini." in words(note_costs(found))
    assert "Dua sumber" not in words(note_costs(found))


def test_hidden_costs() -> None:
    silent = costs({"key": "person", "label": "Biaya per peserta", "source": "biaya"})
    assert words(say_costs(silent, scope())) == "Biaya pembinaan tidak dirinci, agar tidak menunjuk orang."
    left = LeftOut("tidak dirinci, agar tidak menunjuk orang", "Biaya satuan pembinaan")
    assert table_costs(silent, scope()) == left
    assert note_costs(silent) is None
    mixed = table_costs(costs(PERSON, {"key": "person_event", "label": "R", "source": "kegiatan"}), scope())
    assert isinstance(mixed, Table)
    assert mixed.display[1] == ("R", "kegiatan", "–", "–", "–")


def climate(*rows: dict[str, Any], why: str = "") -> Climate:
    table = frame(*rows) if rows else pd.DataFrame(columns=["key", *NUMBERS])
    periods = Period.parse("2025-S1"), Period.parse("2024-S1")
    return Climate(table, *periods, (1.0, 5.0), 59.3, 59, why, hidden=not rows)


SCORE = {"key": "score", "label": "Skor iklim", **level(63.365, 60.44, 66.29, 156)}
CHANGE = {"key": "change", "label": "Perubahan", **level(5.13, 0.74, 9.52, 309)}
AGREED = {"key": "agreement", "label": "rwg(j)", **level(0.851, 0.818, 0.88, 156)}


def test_climate_in_words_and_rows() -> None:
    found = climate(SCORE, CHANGE, AGREED)
    assert words(say_climate(found, scope())) == (
        "Skor iklim pada survei Semester I 2025: 63 dari 100 (selang 95 %: 60 sampai 66; n = 156). Naik 5,1 poin sejak "
        "Semester I 2024 (0,7 sampai 9,5)."
    )
    table = table_climate(found, scope())
    assert isinstance(table, Table)
    assert table.display == (
        ("Skor iklim", "63,4", "60,4 sampai 66,3", "156"),
        ("Perubahan sejak Semester I 2024 (poin)", "+5,1", "0,7 sampai 9,5", "309"),
        ("rwg(j)", "0,85", "0,82 sampai 0,88", "156"),
    )
    said = words(note_climate(found))
    assert "Yang menjawab: 59% dari 59 pegawai yang dinilai." in said
    assert "Di bawah 0,7" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (level(-6.7, -12.0, -1.0), "Turun 6,7 poin sejak Semester I 2024 (−12,0 sampai −1,0)."),
        (
            level(-6.7, -15.5, 2.0),
            "Sejak Semester I 2024 tidak jelas berubah (selang 95 % perubahan: −15,5 sampai 2,0).",
        ),
    ],
)
def test_a_change_is_told_by_its_interval(change: dict[str, Any], said: str) -> None:
    assert words(say_climate(climate(SCORE, {**CHANGE, **change}), scope())).endswith(said)


def test_climate_without_a_change_says_why() -> None:
    found = climate(SCORE, why="Belum ada survei sebelumnya.")
    assert words(say_climate(found, scope())).endswith("Belum ada survei sebelumnya.")
    assert "Kesepakatan" not in words(note_climate(found))
    assert note_climate(replace(found, response=None)) is None


def test_hidden_climate() -> None:
    assert words(say_climate(climate(), scope())) == (
        "Iklim tidak ditampilkan: menyangkut kurang dari 5 orang, atau semua jawaban sama."
    )
    assert table_climate(climate(), scope()) == LeftOut("tidak dirinci, agar tidak menunjuk orang", "Iklim kerja")
    assert note_climate(climate()) is None


@pytest.mark.parametrize(
    ("make", "tables", "reason"),
    [
        (say_retention, ("indikator_unit",), "hanya untuk data pegawai"),
        (say_retention, (), "kolom tanggal_keluar pada tabel pegawai tidak ada atau kosong"),
        (say_costs, ("pegawai", "penilaian"), "tabel kegiatan tidak ada"),
        (say_costs, (), "biaya dan JP tidak dicatat"),
        (say_climate, (), "tabel survei tidak ada"),
        (say_climate, ("indikator_unit",), "hanya untuk data pegawai"),
    ],
)
def test_left_out_with_its_reason(make: Any, tables: tuple[str, ...], reason: str) -> None:
    assert make(None, scope(*tables)) == LeftOut(reason)


def test_tables_left_out_name_what_is_missing() -> None:
    assert table_retention(None, scope()) == LeftOut(
        "kolom tanggal_keluar pada tabel pegawai tidak ada atau kosong", "Pegawai yang keluar"
    )
    assert table_costs(None, scope()) == LeftOut("biaya dan JP tidak dicatat", "Biaya satuan pembinaan")
    assert table_climate(None, scope()) == LeftOut("tabel survei tidak ada", "Iklim kerja")
    assert [make(None) for make in (note_retention, note_costs, note_climate)] == [None] * 3  # type: ignore[operator]
