"""The funnel and the tables of units and indicators: what they say, what they keep back, that they rank nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.measures import Measure
from kinerja_lib.peers import Funnel, funnel_limits
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Figure, LeftOut, Note, Table, plain
from kinerja_lib.show.peers import INDICATORS, ROWS, note_funnel, plot_funnel, table_indicators, table_units
from kinerja_lib.vocabulary import Period

SCOPE = Scope(Dataset({}), Period.parse("2025-S1"), "B", ("B",), "Unit B", is_agency=False)
AGENCY = Scope(Dataset({}), Period.parse("2025-S1"), None, ("A", "B"), "Badan", is_agency=True)
CAPAIAN = Measure("capaian_skp", "Capaian SKP", "%")
INDEX = Measure("indikator", "Indeks keterikatan", "indeks", indikator="theme_engagement_index")
CENTRE, SD = 90.0, 10.0


def funnel(
    own: float = 90.0, *, measure: Measure = CAPAIAN, highlighted: bool = True, hidden: int = 0, centre: float = CENTRE
) -> Funnel:
    """Five units of 100 around the centre; the limits of 95 % are 1.96 away from it, those of 99.8 % 3.09."""
    values = [centre, own, centre + 1, centre - 1, centre + 0.5]
    table = pd.DataFrame(
        {
            "unit_id": list("ABCDE"),
            "nama": [f"Unit {u}" for u in "ABCDE"],
            "n": 100,
            "value": values,
        }
    )
    limits = funnel_limits(table["n"], centre=centre, sd=SD)
    table["inside95"] = table["value"].between(limits["low95"], limits["high95"])
    table["inside998"] = table["value"].between(limits["low998"], limits["high998"])
    table["highlighted"] = highlighted & (table["unit_id"] == "B")
    return Funnel(
        table, centre, SD, 0.0, False, measure, "Pegawai dinilai per unit", "Makin kecil, makin lebar.", hidden
    )


def drawn(block: object) -> Figure:
    assert isinstance(block, Figure)
    return block


def made(block: object) -> Table:
    assert isinstance(block, Table)
    return block


@pytest.mark.parametrize(
    ("own", "title"),
    [
        (90.0, "Unit ini di dalam batas 95 % di antara 5 unit"),
        (92.5, "Unit ini di atas batas 95 % di antara 5 unit"),
        (87.5, "Unit ini di bawah batas 95 % di antara 5 unit"),
        (94.0, "Unit ini di atas batas 99,8 % di antara 5 unit"),
        (86.0, "Unit ini di bawah batas 99,8 % di antara 5 unit"),
    ],
)
def test_the_title_says_where_the_unit_lies(own: float, title: str) -> None:
    assert drawn(plot_funnel(funnel(own), SCOPE)).title == title


@pytest.mark.parametrize(
    ("own", "title"),
    [
        (92.5, "Semua dari 5 unit berada di dalam batas 99,8 %"),
        (94.0, "1 dari 5 unit berada di luar batas 99,8 %"),
    ],
)
def test_the_title_of_an_agency_counts(own: float, title: str, take_apart: Any) -> None:
    figure = drawn(plot_funnel(funnel(own, highlighted=False), AGENCY))
    assert figure.title == title
    assert "Unit B" not in figure.alt
    assert ("1 unit di luar batas 99,8 %" in take_apart(figure.svg).words) == (own == 94.0)


def test_the_funnel_in_words(take_apart: Any) -> None:
    figure = drawn(plot_funnel(funnel(92.5), SCOPE))
    assert figure.subtitle == "Capaian SKP menurut pegawai dinilai per unit, Semester I 2025, n = 500"
    assert figure.alt == (
        "Diagram corong 5 unit; pusat 90,0%; di luar batas 95 %: 1; di luar batas 99,8 %: 0. "
        "Unit B: 92,5%, 100 pegawai."
    )
    assert figure.caption == "5 unit dalam diagram corong."
    page = take_apart(figure.svg)
    assert len(page.dots) == 5
    assert {"Unit B", "92,5%, 100 pegawai", "batas 95 %", "batas 99,8 %", "rata-rata 90,0%"} <= set(page.words)
    assert not {"Unit A", "Unit C", "Unit D", "Unit E"} & set(page.words)  # the others are not named


def test_indicators_speak_of_points_and_periods(take_apart: Any) -> None:
    indicator = replace(funnel(3.8, measure=INDEX, centre=0.2), x_label="Banyaknya periode yang diikuti")
    figure = drawn(plot_funnel(indicator, SCOPE))
    assert figure.subtitle == (
        "Indeks keterikatan, rata-rata selisih dari median menurut banyaknya periode yang diikuti, Semester I 2025"
    )
    assert "pusat +0,2 poin" in figure.alt
    assert figure.alt.endswith("Unit B: +3,8 poin, 100 periode.")
    assert "rata-rata +0,2" in take_apart(figure.svg).words


def test_too_few_units() -> None:
    assert plot_funnel(None, SCOPE) == LeftOut("kurang dari tiga unit dapat dibandingkan", "Unit di antara sesamanya")
    assert note_funnel(None) is None


def test_the_note_tells_of_hidden_units_and_of_no_ranking() -> None:
    note = note_funnel(funnel(hidden=2))
    assert isinstance(note, Note)
    assert [plain(runs).replace("\u00a0", " ") for runs in note.paragraphs] == [
        "Cara membaca. Makin kecil, makin lebar.",
        "Bukan peringkat. Titik di dalam batas 95 % belum menunjukkan perbedaan dari rata-rata.",
        "2 unit tidak digambar, karena di bawah 5 pegawai atau agar yang kecil tidak dapat dihitung balik.",
    ]
    assert len(note_funnel(funnel()).paragraphs) == 2  # type: ignore[union-attr]


def units(count: int, **cells: Any) -> pd.DataFrame:
    row = {"value": 94.25, "conf_low": 93.0, "conf_high": 95.5, "coached": 40.0, "coached_low": 30.0}
    row |= {"coached_high": 51.0, "jp": 12.5, "jp_low": 10.0, "jp_high": 15.0}
    row |= {"hidden": False, "value_hidden": False, "coached_hidden": False}
    frame = pd.DataFrame([{"unit_id": f"U{i}", "nama": f"Unit {i}", "n": 20 + i} | row for i in range(count)])
    frame = frame.astype({"n": "Int64"})
    for name, value in cells.items():
        frame.loc[1, name] = value
    return frame


def test_units_side_by_side_in_the_order_of_the_file() -> None:
    table = made(table_units(units(3).iloc[::-1], AGENCY, CAPAIAN))
    assert [row[0] for row in table.display] == ["Unit 2", "Unit 1", "Unit 0"]
    assert table.display[0] == (
        "Unit 2",
        "22",
        "94,3",
        "93,0 sampai 95,5",
        "40",
        "30 sampai 51",
        "12,5",
        "10,0 sampai 15,0",
    )
    assert table.title == "Unit berdampingan, Semester I 2025"
    assert [column["label"] for column in table.columns][2:5] == ["%", "selang 95 %", "%"]
    assert [spanner["span"] for spanner in table.spanners] == [2, 2, 2, 2]
    assert [plain(runs) for runs in table.notes] == [
        "Urutan menurut berkas, bukan peringkat. Unit di bawah 5 pegawai tidak dirinci."
    ]


NUMBERS = ("value", "conf_low", "conf_high", "coached", "coached_low", "coached_high", "jp", "jp_low", "jp_high")


def test_a_hidden_unit_shows_no_number() -> None:
    small = units(3, **dict.fromkeys(NUMBERS, np.nan), n=pd.NA, hidden=True, value_hidden=True, coached_hidden=True)
    table = made(table_units(small, AGENCY, CAPAIAN))
    assert table.display[1] == ("Unit 1", "<5", "–", "–", "–", "–", "–", "–")
    assert table.rows[1][1] is None


def test_a_hidden_share_leaves_the_rest() -> None:
    quiet = units(3, coached=np.nan, coached_low=np.nan, coached_high=np.nan, coached_hidden=True)
    table = made(table_units(quiet, AGENCY, CAPAIAN))
    assert table.display[1] == ("Unit 1", "21", "94,3", "93,0 sampai 95,5", "–", "–", "12,5", "10,0 sampai 15,0")


@pytest.mark.parametrize(
    ("count", "shown", "note"), [(ROWS, ROWS, ""), (ROWS + 3, 40, "3 unit lain tidak dimuat di sini.")]
)
def test_at_most_forty_units_stand_on_a_page(count: int, shown: int, note: str) -> None:
    table = made(table_units(units(count), AGENCY, CAPAIAN))
    assert len(table.rows) == len(table.display) == shown
    assert [plain(runs) for runs in table.notes][1:] == ([note] if note else [])


def test_one_unit_and_none() -> None:
    assert len(made(table_units(units(1), AGENCY, CAPAIAN)).rows) == 1
    assert made(table_units(units(1).iloc[:0], AGENCY, CAPAIAN)).rows == ()
    nothing = LeftOut("tidak ada penilaian pegawai", "Unit berdampingan")
    assert table_units(None, AGENCY, CAPAIAN) == table_units(units(1), AGENCY, None) == nothing


def indicators(count: int = 2, **cells: Any) -> pd.DataFrame:
    rows = [
        {
            "indikator": f"i{i}",
            "label": f"Indikator {i}",
            "value": 62.04 + i,
            "satuan": "indeks",
            "n": pd.NA,
            "change": -0.76,
            "reason": "",
            "median": 63.93,
            "median_units": 105,
            "decimals": 1,
            "hidden": False,
        }
        for i in range(count)
    ]
    frame = pd.DataFrame(rows)
    for name, value in cells.items():
        frame[name] = [value, *frame[name].iloc[1:]]
    return frame


YEAR = replace(SCOPE, period=Period.parse("2023"))


def test_indicators_with_change_and_median() -> None:
    table = made(table_indicators(indicators(), YEAR))
    assert table.title == "Indikator, 2023"
    assert table.columns[3]["label"] == "Perubahan sejak 2022"
    assert table.display[0] == ("Indikator 0", "indeks", "62,0", "−0,8", "63,9", "105")
    assert table.rows[0][2] == 62.04


def test_the_reason_stands_where_the_change_would() -> None:
    frame = indicators(change=np.nan, reason="tidak ada data 2022", satuan=None)
    assert made(table_indicators(frame, YEAR)).display[0][1:4] == ("", "62,0", "tidak ada data 2022")


def test_a_reason_that_all_share_stands_below() -> None:
    frame = indicators().assign(change=np.nan, reason="tidak ada data 2022", satuan="indeks 0-100")
    table = made(table_indicators(frame, YEAR))
    assert [row[3] for row in table.display] == ["–", "–"]
    assert plain(table.notes[1]) == "Perubahan tidak ditampilkan: tidak ada data 2022."
    assert table.display[0][1] == "indeks\u00a00\u2011100"  # not broken over two lines


def test_values_have_the_decimals_that_they_were_given_with() -> None:
    table = made(table_indicators(indicators(decimals=2), YEAR))
    assert table.display[0] == ("Indikator 0", "indeks", "62,04", "−0,76", "63,93", "105")


def test_under_five_answers_the_value_is_hidden() -> None:
    frame = indicators(value=3.21, hidden=True, change=np.nan, reason="di bawah 5 penjawab")
    table = made(table_indicators(frame, YEAR))
    assert table.display[0][2] == "<5"
    assert table.rows[0][2] is None
    assert "3,2" not in str(table.display)


def test_the_section_shows_the_first_and_the_appendix_all() -> None:
    many = indicators(INDICATORS + 24)
    section = made(table_indicators(many, YEAR))
    assert len(section.rows) == INDICATORS
    assert plain(section.notes[1]) == "24 indikator lain ada pada Lampiran."
    appendix = made(table_indicators(many, YEAR, id="semua", appendix=True))
    assert (appendix.id, len(appendix.rows), len(appendix.notes)) == ("semua", INDICATORS + 24, 1)


def test_no_appendix_that_only_repeats() -> None:
    assert table_indicators(indicators(INDICATORS), YEAR, appendix=True) is None
    assert len(made(table_indicators(indicators(INDICATORS), YEAR)).notes) == 1
    assert table_indicators(None, YEAR) == LeftOut("tabel indikator_unit tidak ada", "Indikator unit")
