"""Section II and the achievement by aspect, in words, tables and a figure; why a part is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.intervals import Level
from kinerja_lib.planning import HIDDEN, Plans
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Figure, LeftOut, Note, Paragraph, Table
from kinerja_lib.show.planning import (
    note_cascade,
    note_plans,
    plot_aspects,
    say_aspects,
    say_cascade,
    say_plans,
    table_cascade,
    table_plans,
)
from kinerja_lib.vocabulary import Period


def scope(**tables: dict[str, list[object]]) -> Scope:
    people = {"penilaian": {"pegawai_id": ["P1"]}, "pegawai": {"pegawai_id": ["P1"]}}
    data = Dataset({name: pd.DataFrame(frame) for name, frame in {**people, **tables}.items()})
    return Scope(data, Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)


SCOPE = scope()


def said(block: object) -> str:
    assert isinstance(block, Paragraph | Note)
    return block.to_text().replace("\u00a0", " ")


def made(block: object) -> Table:
    assert isinstance(block, Table)
    return block


def aspect_rows(*rows: tuple[str, int | None, float, float, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["label", "indicators", "share", "khusus", "people"])
    return frame.assign(hidden=frame["indicators"].isna()).astype({"indicators": "Int64", "people": "Int64"})


PLANS = Plans(
    "2025",
    Level(90.0, 79.9, 95.3, 60),
    Level(2.25, 2.0, 2.5, 54),
    Level(12.5, 5.9, 24.7, 54),
    aspect_rows(("Kualitas", 100, 82.6, 0.0, 50), ("Waktu", 21, 17.4, np.nan, None)),
)


def test_how_many_have_a_plan() -> None:
    assert said(say_plans(PLANS, SCOPE)) == (
        "Rencana kinerja (SKP) dimiliki 90% dari 60 pegawai yang dinilai (selang 95 %: 80 sampai 95); rata-rata 2,3 "
        "indikator tiap orang (selang 95 %: 2,0 sampai 2,5)."
    )
    equal = replace(PLANS, indicators=Level(2.0, np.nan, np.nan, 54))
    assert said(say_plans(equal, SCOPE)).endswith("; rata-rata 2,0 indikator tiap orang.")


def test_few_without_a_plan_are_not_counted() -> None:
    hidden = replace(PLANS, planned=HIDDEN, indicators=HIDDEN)
    assert said(say_plans(hidden, SCOPE)).endswith("tidak dirinci, agar tidak menunjuk orang.")


def test_the_table_of_aspects() -> None:
    table = made(table_plans(PLANS, SCOPE))
    assert table.title == "Indikator dalam rencana kinerja menurut aspek, 2025"
    assert table.display == (("Kualitas", "100", "82,6", "0,0", "50"), ("Waktu", "21", "17,4", "–", "–"))
    few = replace(PLANS, table=aspect_rows(("Kualitas", None, np.nan, np.nan, None)))
    assert table_plans(few, SCOPE) == LeftOut("tidak dirinci, agar tidak menunjuk orang", "Indikator menurut aspek")


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        (PLANS.weights, "Bobot indikator tidak berjumlah 100 pada 13% rencana (selang 95 %: 6 sampai 25; n = 54)."),
        (Level(0.0, 0.0, 6.6, 54), "Bobot indikator berjumlah 100 pada setiap rencana (n = 54)."),
        (HIDDEN, "Dasar. Empat aspek indikator: PP 30/2019 Pasal 8-25 (BAB III)."),
    ],
)
def test_weights_and_articles(weights: Level, text: str) -> None:
    lines = said(note_plans(replace(PLANS, weights=weights))).split("\n")
    assert lines[0] == text
    assert lines[-1] == "Dasar. Empat aspek indikator: PP 30/2019 Pasal 8-25 (BAB III)."


def cascade(*rows: tuple[str, str, float, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["measure", "label", "value", "n"]).astype({"n": "Int64"})
    return frame.assign(conf_low=frame["value"] - 5, conf_high=frame["value"] + 5)


CASCADE = cascade(("traced", "Tertelusur", 90.0, 54), ("gap", "Belum", 10.0, 54), ("carried", "Didukung", np.nan, None))


def test_the_cascade_in_words_and_as_a_table() -> None:
    assert said(say_cascade(CASCADE, SCOPE)) == (
        "Dari seluruh rencana hasil kerja, 90% tertelusur ke hasil kerja atasan (selang 95 %: 85 sampai 95; n = 54)."
    )
    table = made(table_cascade(CASCADE, SCOPE))
    assert table.title == "Kaitan rencana dari pegawai sampai pimpinan puncak, Semester I 2025"
    assert table.display == (
        ("Tertelusur", "90", "85 sampai 95", "54"),
        ("\u2003Belum", "10", "5 sampai 15", "54"),
        ("Didukung", "–", "–", "–"),
    )
    assert "SKP atasan langsung: PP 30/2019 Pasal 8-25 (BAB III)." in said(note_cascade(CASCADE))


def test_a_hidden_cascade() -> None:
    hidden = cascade(("traced", "Tertelusur", np.nan, None))
    assert note_cascade(hidden) is None
    assert said(say_cascade(hidden, SCOPE)) == "Kaitan dengan rencana atasan tidak dirinci, agar tidak menunjuk orang."
    assert table_cascade(hidden, SCOPE) == LeftOut(
        "tidak dirinci, agar tidak menunjuk orang", "Kaitan rencana dari pegawai sampai pimpinan puncak"
    )


PLAN = {"pegawai_id": ["P1"], "rhk_atasan": ["Tata kelola"], "target": [1.0], "realisasi": [1.0]}


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        ({}, "tabel skp tidak ada"),
        ({"skp": PLAN | {"rhk_atasan": [None]}}, "kolom rhk_atasan pada tabel skp tidak ada atau kosong"),
        ({"skp": PLAN}, "kolom penilai_id pada tabel penilaian tidak ada atau kosong"),
        ({"skp": PLAN, "penilaian": {"penilai_id": ["P2"]}}, "tidak ada rencana kinerja pada Semester I 2025"),
        ({"penilaian": {}}, "hanya untuk data pegawai"),
    ],
)
def test_why_the_cascade_is_left_out(tables: dict[str, Any], reason: str) -> None:
    about = scope(**tables)
    assert say_cascade(None, about) == LeftOut(reason, "Kaitan rencana dengan rencana atasan")
    assert table_cascade(None, about) == LeftOut(reason, "Kaitan rencana dari pegawai sampai pimpinan puncak")


def test_the_rest_left_out() -> None:
    assert say_plans(None, SCOPE) == LeftOut("tabel skp tidak ada")
    assert table_plans(None, SCOPE) == LeftOut("tabel skp tidak ada", "Indikator menurut aspek")
    assert plot_aspects(None, SCOPE) == LeftOut("tabel skp tidak ada", "Capaian SKP menurut aspek")
    assert note_plans(None) is None
    assert note_cascade(None) is None
    assert say_aspects(None) is None


def aspects(*rows: tuple[str, str, float, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["aspek", "label", "value", "n"]).astype({"n": "Int64"})
    return frame.assign(conf_low=frame["value"] - 1, conf_high=frame["value"] + 1, hidden=frame["value"].isna())


WHOLE = ("", "Semua indikator", 94.0, 60)


def test_an_aspect_that_lies_clear_below_another_is_the_title() -> None:
    frame = aspects(WHOLE, ("kualitas", "Kualitas", 96.0, 50), ("waktu", "Waktu (khusus)", 91.0, 20))
    figure = plot_aspects(frame, SCOPE)
    assert isinstance(figure, Figure)
    assert figure.title == "Capaian SKP aspek waktu (khusus) lebih rendah daripada kualitas"
    assert "Waktu (khusus) (n = 20): 91,0% (90,0 sampai 92,0)" in figure.alt.replace("\u00a0", " ")
    assert said(say_aspects(frame)) == (
        "Capaian SKP terendah pada aspek waktu (khusus): 91,0% dari target (selang 95 %: 90,0 sampai 92,0; n = 20). "
        "Capaian tiap indikator dihitung menurut PermenPANRB 8/2021 Lampiran BAB VI huruf A, paling tinggi 120 %."
    )


def test_aspects_that_overlap_are_not_told_apart_and_hidden_ones_not_drawn() -> None:
    frame = aspects(
        WHOLE, ("kualitas", "Kualitas", 95.0, 50), ("waktu", "Waktu", 94.0, 20), ("biaya", "B", np.nan, None)
    )
    figure = plot_aspects(frame, SCOPE)
    assert isinstance(figure, Figure)
    assert figure.title == "Capaian SKP tidak jelas berbeda antaraspek"
    assert "tidak dirinci" in figure.svg
    assert "B: –" in figure.alt
    assert "; selangnya bertumpang tindih dengan aspek yang tertinggi. Capaian" in said(say_aspects(frame))


@pytest.mark.parametrize("other", [{"value": 95.0}, {"conf_low": np.nan, "conf_high": np.nan}])
def test_of_aspects_that_are_equal_or_without_interval_none_is_the_lowest(other: dict[str, float]) -> None:
    frame = aspects(WHOLE, ("kualitas", "Kualitas", 95.0, 50), ("waktu", "Waktu", 94.0, 50)).assign(**other)
    assert said(say_aspects(frame)).startswith("Capaian SKP tidak jelas berbeda antaraspek. Capaian tiap indikator")


def test_nothing_to_draw() -> None:
    alone = aspects(WHOLE, ("waktu", "Waktu", np.nan, None))
    assert plot_aspects(alone, SCOPE) == LeftOut("tidak ada aspek yang dapat ditampilkan", "Capaian SKP menurut aspek")
    assert say_aspects(alone) is None
