"""Dots with intervals: how many marks, where they stand, and what is not drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from kinerja_lib.show.canvas import ACCENT, GROUP, NARROW, WIDE
from kinerja_lib.show.dots import Cell, DotRow, Facet, draw_dots

TakeApart = Callable[[str], Any]
WIDTHS = [WIDE, NARROW]
FACET = Facet("Rating", "persen", 0.0, 100.0, lambda value: f"{value:g}%", (50.0, "rata-rata"), 60.0)
ROWS = [
    DotRow("Biro A", (Cell("10", 10.0, 5.0, 20.0), Cell("2", 2.0)), "n 12", "kecil", strong=True),
    DotRow("Biro B", (Cell("<5", None, 1.0, 99.0), Cell("3", 3.0, 1.0, 4.0)), "n 7", gap=True),
    DotRow("Sekretariat", (Cell("90", 90.0, None, 95.0), Cell("tidak ada")), "n 9", hollow=True),
]
TWO = [FACET, Facet("Jam", "JP", 0.0, 10.0, str)]


def first(rows: list[DotRow]) -> list[DotRow]:
    return [replace(row, cells=row.cells[:1]) for row in rows]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_dot_and_a_word_for_every_cell_that_is_shown(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(draw_dots(ROWS, TWO, n_head="n", width=width))
    assert drawing.width == width
    assert len(drawing.dots) == 4
    for words in ("10", "2", "<5", "3", "90", "tidak ada", "Rating", "persen", "Jam", "JP", "rata-rata"):
        assert words in drawing.words
    times = 1 if width == WIDE else 2  # on a phone the facets stand below each other, each with its labels
    for words in ("Biro A", "Biro B", "Sekretariat", "kecil", "n", "n 12", "n 7", "n 9"):
        assert drawing.words.count(words) == times, words


@pytest.mark.parametrize("width", WIDTHS)
def test_dots_stand_in_order_on_the_axis(width: int, take_apart: TakeApart) -> None:
    rows = [DotRow(f"r{v}", (Cell(str(v), float(v)),)) for v in (0, 25, 50, 75, 100)]
    drawing = take_apart(draw_dots(rows, [FACET], n_head="", width=width))
    xs = [x for x, _y, _fill in drawing.dots]
    steps = [b - a for a, b in pairwise(xs)]
    assert steps == pytest.approx([steps[0]] * 4, abs=0.01)
    assert steps[0] > 0
    ys = [y for _x, y, _fill in drawing.dots]
    assert ys == sorted(ys)
    at = next(x for words, x, _y in drawing.texts if words == "50%")
    assert at == pytest.approx(xs[2], abs=0.01)  # the axis and the dots share one scale


@pytest.mark.parametrize("width", WIDTHS)
def test_colours_tell_the_reported_row(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(draw_dots(first(ROWS), [FACET], n_head="n", width=width))
    assert [fill for _x, _y, fill in drawing.dots] == [ACCENT, "#ffffff"]
    plain = take_apart(draw_dots(first([replace(row, strong=False) for row in ROWS]), [FACET], n_head="n", width=width))
    assert plain.dots[0][2] == GROUP


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(DotRow("Biro A", (Cell("5", 5.0),), strong=True), id="bold"),
        pytest.param(
            DotRow("Biro", (Cell("5", 5.0),), under="12 pegawai"),
            id="second line",
        ),
    ],
)
def test_a_label_that_has_room_is_not_cut(row: DotRow, width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(draw_dots([row], [FACET], n_head="", width=width))
    assert not any("…" in words for words in drawing.words)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hidden_cell_shows_no_value(width: int) -> None:
    def hidden(cell: Cell) -> str:
        rows = [DotRow("A", (cell,)), DotRow("B", (Cell("50", 50.0, 40.0, 60.0),))]
        return draw_dots(rows, [FACET], n_head="", width=width)

    assert hidden(Cell("<5", None, 12.0, 34.0)) == hidden(Cell("<5", None, 56.0, 78.0)) == hidden(Cell("<5"))


@pytest.mark.parametrize("width", WIDTHS)
def test_an_interval_with_one_end_is_not_drawn(width: int, take_apart: TakeApart) -> None:
    def lines(cell: Cell) -> int:
        return take_apart(draw_dots([DotRow("A", (cell,))], [FACET], n_head="", width=width)).lines

    assert lines(Cell("5", 5.0, 1.0, None)) == lines(Cell("5", 5.0)) == lines(Cell("5", 5.0, 1.0, 9.0)) - 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("value", [-1e9, 1e9])
def test_a_value_off_the_axis_stays_at_its_end(value: float, width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(draw_dots([DotRow("A", (Cell("x", value, value, value),))], [FACET], n_head="", width=width))
    assert 0 <= drawing.dots[0][0] <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "]]> & \"'", "N" * 1500, "👩🏽‍💻", "a\x00\ud800b\u202e"]
)
def test_hostile_words(words: str, width: int, take_apart: TakeApart) -> None:
    facet = replace(FACET, title=words, subtitle=words, reference=(50.0, words[:40]))
    rows = [DotRow(words, (Cell(words[:20], 5.0),), words[:5], words), DotRow(words, (Cell(words[:20]),))]
    drawing = take_apart(draw_dots(rows, [facet], n_head=words[:5], width=width))
    assert len(drawing.dots) == 1
    assert all(len(found) <= 200 for found in drawing.words)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_same_rows_give_the_same_bytes(width: int) -> None:
    made = [draw_dots(ROWS, TWO, n_head="n", width=width) for _time in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([DotRow("A", (Cell("5", 5.0),))], id="one row"),
        pytest.param([DotRow("", (Cell("", 5.0),))], id="no words"),
        pytest.param([], id="no rows"),
        pytest.param([DotRow("A", (Cell("<5"),))], id="all hidden"),
    ],
)
def test_little_to_draw(rows: list[DotRow], width: int, take_apart: TakeApart) -> None:
    assert len(take_apart(draw_dots(rows, [FACET], n_head="n", width=width)).dots) == sum(
        row.cells[0].value is not None for row in rows
    )
