"""A study's figures, tables and lists: what is drawn, what is hidden, what is said where there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import Figure, Head, ItemList, LeftOut, Paragraph, Table, plain
from kinerja_lib.show.studies import (
    plot_events,
    plot_study,
    say_checks,
    say_dropped,
    say_limits,
    say_naive,
    say_study_head,
    table_checks,
    table_study,
)
from kinerja_lib.show.study_detail import (
    plot_pomp,
    say_pomp,
    say_return,
    say_second,
    say_sensitivity,
    table_changes,
    table_sources,
)
from kinerja_lib.studies import Check, Study

Make = Callable[..., Study]
CHECKS = (
    Check("pre_trend", True, values={"p_value": 0.4, "n": 455.0}),
    Check("dip", False, values={"estimate": -0.31, "conf_low": -0.5, "conf_high": -0.12, "p_value": 0.001, "n": 455.0}),
    Check("same_source", None, values={"share": 62.0, "n": 448.0}),
    Check("spillover", None, blocking=False),
    Check("quota", True, values={"estimate": 1.0, "conf_low": 0.5, "conf_high": 1.5, "n": 4.0}),
)
CANNOT = Study("climate", why=("no_survey",))


def said(block: object) -> str:
    assert isinstance(block, Paragraph | ItemList)
    return block.to_text().replace("\u00a0", " ")


def cells(block: object) -> list[tuple[str, ...]]:
    assert isinstance(block, Table)
    return list(block.display)


def test_the_naive_answers_come_with_interval_and_n(study_of: Make) -> None:
    assert said(say_naive(study_of())) == (
        "Peserta saja, sesudah dan sebelum: +0,90 poin (selang 95 %: 0,70 sampai 1,10; n = 400); "
        "Peserta dan bukan peserta, pada akhir: +1,50 poin (selang 95 %: 1,20 sampai 1,80; n = 300)."
    )


def test_the_figure_of_the_answer(study_of: Make, take_apart: Any) -> None:
    figure = plot_study(study_of())
    assert isinstance(figure, Figure)
    assert figure.title == "Selisihnya mengecil setelah ada pembanding yang layak"
    assert figure.subtitle == "Nilai: poin, selang 95 %, n = 900"
    assert "Taksiran utama: +0,41 poin (0,21 sampai 0,61; n = 900)" in figure.alt
    page = take_apart(figure.svg)
    assert {"Taksiran utama", "+0,41", "+0,90", "+1,50"} <= set(page.words)
    assert len(page.dots) == len(take_apart(figure.svg_narrow).dots) == 3  # the second is in another unit
    assert sum(fill == "#ffffff" for _x, _y, fill in page.dots) == 2


@pytest.mark.parametrize(
    ("main", "title"),
    [
        ((0.8, 0.6, 1.0), "Dengan coaching: di atas pembanding"),
        ((-0.8, -1.0, -0.6), "Dengan coaching: di bawah pembanding"),
        ((0.1, -0.1, 0.3), "Tidak ada selisih yang dapat dipastikan"),
    ],
)
def test_the_title_is_the_finding(main: tuple[float, float, float], title: str, study_of: Make) -> None:
    study = study_of(main)
    kept = study.table[study.table["group"] != "peserta_bukan"]
    figure = plot_study(study_of(main, table=kept))
    assert isinstance(figure, Figure)
    assert figure.title == title


def test_a_ratio_is_drawn_beside_one(study_of: Make, take_apart: Any) -> None:
    figure = plot_study(study_of((-0.4, -0.7, -0.1), name="retention", unit="log rasio"))
    assert isinstance(figure, Figure)
    assert "Taksiran utama: 0,67 kali (0,50 sampai 0,90; n = 900)" in figure.alt
    assert {"0,67", "1 = laju sama"} <= set(take_apart(figure.svg).words)


def test_the_figure_over_time(study_of: Make, take_apart: Any) -> None:
    figure = plot_events(study_of())
    assert isinstance(figure, Figure)
    assert figure.title == "Pada 2 dari 2 waktu sejak mulai, nol berada di luar selang"
    assert "1 periode sebelum: +0,02 poin (−0,10 sampai 0,14; n = 900)" in figure.alt
    assert len(take_apart(figure.svg).dots) == 3


def test_a_difference_before_the_start_is_the_title(study_of: Make) -> None:
    study = study_of()
    table = study.table
    table.loc[table["group"] == "-1", "conf_low"] = 0.01
    figure = plot_events(study)
    assert isinstance(figure, Figure)
    assert figure.title == "Selisih sudah ada sebelum mulai: bacalah dengan curiga"


def test_the_table_of_estimates(study_of: Make) -> None:
    block = table_study(study_of())
    assert isinstance(block, Table)
    assert block.title == "Semua taksiran, nilai (poin)"
    assert cells(block)[0] == ("Taksiran utama", "+0,41", "0,21 sampai 0,61", "900")
    assert [row[0] for row in cells(block)[1:5]] == [
        "1 periode sebelum",
        "Periode mulai",
        "1 periode sesudah",
        "Cara menaksir kedua (poin SKP)",
    ]


def test_rows_of_fewer_than_five_are_hidden(study_of: Make) -> None:
    study = study_of()
    study.table.loc[study.table["role"] != "main", "n"] = 4
    assert cells(table_study(study))[1] == ("1 periode sebelum", "–", "–", "<5")
    assert plot_events(study) == LeftOut("kurang dari dua waktu yang dapat ditaksir", "Taksiran menurut waktu")
    assert isinstance(say_naive(study), LeftOut)
    assert isinstance(say_second(study), LeftOut)


def test_the_table_of_checks(study_of: Make) -> None:
    block = table_checks(study_of(checks=CHECKS))
    assert isinstance(block, Table)
    assert [row[1:] for row in cells(block)] == [
        ("lulus", "–", "–", "455"),
        ("tidak lulus", "−0,310", "−0,500 sampai −0,120", "455"),
        ("sekadar keterangan", "62%", "–", "448"),
        ("tidak dapat", "–", "–", "–"),
        ("lulus", "–", "–", "<5"),
    ]
    assert [plain(note) for note in block.notes] == [
        "Peserta sedang turun tepat sebelum mulai ikut; sebagian kenaikannya adalah pemulihan yang akan terjadi juga."
    ]
    assert said(say_checks(study_of(checks=CHECKS))) == (
        "Dari 3 pemeriksaan yang dapat dijalankan, 2 lulus; 1 yang gagal menggugurkan simpulan."
    )
    assert said(say_checks(study_of(checks=CHECKS[:1]))).endswith("1 lulus; tidak ada yang menggugurkan simpulan.")


def test_what_was_left_out_without_telling_of_single_people(study_of: Make) -> None:
    study = study_of(dropped={"tanpa nilai": 30, "keluar": 3, "tidak ada": 0}, limits=("Batas satu.",))
    assert said(say_dropped(study)) == "- tanpa nilai: 30\n- keluar: <5"
    assert said(say_limits(study)) == "- Batas satu."


def test_a_study_without_estimates_still_says_why() -> None:
    blocks = [plot_study(CANNOT), table_study(CANNOT), say_limits(CANNOT)]
    assert blocks == [LeftOut("kajian ini tidak memberi angka")] * 3
    assert all(
        isinstance(block(CANNOT), LeftOut)
        for block in (say_naive, plot_events, say_checks, table_checks, say_dropped, say_second, say_sensitivity)
    )
    assert all(isinstance(block(CANNOT), LeftOut) for block in (say_return, table_changes, table_sources))


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((1.2, 0.4, 2.0), "menunjuk arah yang sama: +1,20 poin SKP (selang 95 %: 0,40 sampai 2,00; n = 900)"),
        ((-1.2, -2.0, -0.4), "menunjuk arah lain: −1,20 poin SKP"),
        ((0.2, -0.4, 0.8), "tidak menunjuk arah pasti: +0,20 poin SKP"),
    ],
)
def test_the_second_estimator(ends: tuple[float, float, float], words: str, study_of: Make) -> None:
    study = study_of()
    study.table.loc[study.table["role"] == "second", ["estimate", "conf_low", "conf_high"]] = ends
    assert words in said(say_second(study))


WAVES = pd.DataFrame(
    [("2023", 60.6, 59.3, 61.9, 702), ("2024", 60.9, 59.6, 62.2, 725), ("2025", 63.6, 62.3, 64.9, 704)],
    columns=["periode", "estimate", "conf_low", "conf_high", "n"],
)


def test_the_score_of_the_survey(take_apart: Any) -> None:
    study = Study("climate", detail={"pomp": WAVES, "scale": (1.0, 5.0)})
    assert (
        said(say_pomp(study))
        == "Pada survei 2025, skor iklim 63,6 dari 100 (selang 95 %: 62,3 sampai 64,9; n = 704 jawaban)."
    )
    figure = plot_pomp(study)
    assert isinstance(figure, Figure)
    assert figure.title == "Skor iklim pada survei terakhir lebih tinggi daripada yang pertama"
    assert figure.subtitle.endswith("n = 2.131 jawaban")
    assert "semua menjawab 1; seratus: semua menjawab 5" in figure.caption
    assert len(take_apart(figure.svg).dots) == 3
    take_apart(figure.svg_narrow)
    for kept, title in ((WAVES[:2], "tidak jelas berubah"), (WAVES[:1], "satu survei"), (WAVES[::-1], "lebih rendah")):
        other = plot_pomp(Study("climate", detail={"pomp": kept.reset_index(drop=True), "scale": (1.0, 5.0)}))
        assert isinstance(other, Figure)
        assert title in other.title
    for block in (say_pomp(CANNOT), plot_pomp(CANNOT), plot_pomp(Study("climate", detail={"pomp": WAVES[:0]}))):
        assert isinstance(block, LeftOut)


def test_details_of_a_study_of_value(study_of: Make) -> None:
    back = {"reliability": 0.31, "conf_low": 0.29, "conf_high": 0.34, "pairs": 3904.0, "start": -1.2, "expected": 0.83}
    back |= {"gain": 0.9, "gain_low": 0.7, "gain_high": 1.1, "remainder": 0.07, "n": 60.0}
    sources = pd.DataFrame(
        {"source": ["person", "rest"], "share": [0.3, 0.7], "conf_low": 0.2, "conf_high": 0.8, "n": 50}
    )
    changes = pd.DataFrame(
        {"group": ["Baik"], "estimate": [0.039], "conf_low": [-0.01], "conf_high": [0.088], "n": [70]}
    )
    detail = {"sensitivity": {"rv": 0.126, "n": 610.0}, "regression_to_mean": back, "sources": sources}
    study = study_of(detail=detail | {"probability_change": changes})
    assert "sedikitnya 12,6% dari sisa ragam" in said(say_sensitivity(study))
    assert "berkorelasi 0,31 (selang 95 %: 0,29 sampai 0,34; n = 3.904 pasangan)" in said(say_return(study))
    assert "berada −1,20 simpangan baku" in said(say_return(study))
    assert cells(table_sources(study))[0] == ("Orangnya sendiri", "30%", "20 sampai 80", "50")
    assert cells(table_changes(study)) == [("Baik", "+3,9", "−1,0 sampai 8,8", "70")]
    checks = (Check("sensitivity", None, values={"point": 1.55, "limit": 1.0, "n": 1177.0}),)
    assert "masing-masing sedikitnya 1,55 kali (n = 1.177)" in said(say_sensitivity(study_of(checks=checks)))
    few = study_of(detail={"regression_to_mean": back | {"n": 4.0}, "probability_change": changes.assign(n=4)})
    assert isinstance(say_return(few), LeftOut)
    assert isinstance(table_changes(few), LeftOut)


@pytest.mark.parametrize(("design", "words"), [("acak", "acak (random)"), ("", "tidak acak"), ("lain", "tidak acak")])
def test_the_head_names_source_licence_and_design(design: str, words: str, study_of: Make) -> None:
    notes = {"judul": "Uji", "instansi": "Kenya", "tanggal_data": "2018", "lisensi": "CC BY 4.0", "rancangan": design}
    facts = (("Data per", "2018"), ("Lisensi", "CC BY 4.0"), ("Rancangan", words))
    data = Dataset({}, keterangan=notes)
    assert say_study_head(data) == Head("Kenya", "", "Uji", facts, "Uji")
    assert ("Program", "Coaching") in say_study_head(data, study_of()).facts


def test_the_head_of_data_that_say_nothing() -> None:
    assert say_study_head(Dataset({})) == Head("", "", "", (("Data per", "–"), ("Rancangan", "tidak acak")), "")
