"""Stacked shares, funnel and lines: the marks are those of the data, the words are there, and gaps stay gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from kinerja_lib.show.canvas import ACCENT, INK, NARROW, POINT, WIDE
from kinerja_lib.show.forms import (
    Bar,
    Box,
    FunnelLines,
    FunnelPoint,
    Segment,
    Series,
    draw_funnel,
    draw_grid,
    draw_lines,
    draw_shares,
)

TakeApart = Callable[[str], Any]
HOSTILE = [
    "<script>alert(1)</script>",
    "]]> & \"' </svg>",
    "N" * 1500,
    "👩🏽‍💻 é",
    "a\x00\ud800b\u202ec",
    "$x$ {{ 7*7 }}",
]
both_widths = pytest.mark.parametrize("width", [WIDE, NARROW])


# Grid.


@both_widths
def test_a_grid_draws_each_box_with_its_words(width: int, take_apart: TakeApart) -> None:
    plain, hidden = Box("1", "12", "4%", ("satu", "dua")), Box("2", "tidak dirinci", hidden=True)
    svg = draw_grid(
        [[plain, hidden], [hidden, plain]], rows=("atas", "ba\nwah"), columns=("a", "b"), axes=("x", "y"), width=width
    )
    drawing = take_apart(svg)
    assert drawing.width == width
    assert drawing.areas == 4 + 2 * 2  # the boxes, and white fields under the name and the words of the hidden ones
    for words in ("1", "12", "4%", "tidak dirinci", "atas", "ba", "wah", "a", "b", "x", "y"):
        assert words in drawing.words
    assert svg == draw_grid(
        [[plain, hidden], [hidden, plain]], rows=("atas", "ba\nwah"), columns=("a", "b"), axes=("x", "y"), width=width
    )


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_stay_words_in_a_grid(words: str, take_apart: TakeApart) -> None:
    box = Box(words, words, words, (words,))
    take_apart(draw_grid([[box]], rows=(words,), columns=(words,), axes=(words, words), width=WIDE))


# Stacked shares.

HEADS, BESIDE = ("Kurang", "Baik", "Sangat\nBaik"), ("n", "Nilai\nrata-rata")
BARS = [
    Bar(
        "2024-S2", "n 40", (Segment(0.2, "20%", 0), Segment(0.5, "50%", 1), Segment(0.3, "30%", 2)), ("40", "3,1"), 0.9
    ),
    Bar(
        "2025-S1", "n 44", (Segment(0.6, "60%", 0), Segment(0.4, "<5", 1, hidden=True)), ("44", "3,2"), 0.8, strong=True
    ),
]


def shares(bars: list[Bar], width: int, **changes: Any) -> str:
    return draw_shares(bars, **{"heads": HEADS, "beside": BESIDE, "notch": "batas", "width": width, **changes})


@both_widths
def test_shares_draw_every_part_with_its_words(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(shares(BARS, width))
    assert drawing.width == width
    assert drawing.areas == 5 + 1  # the parts, and the white field under the words of the hidden one
    assert drawing.lines == 2 * 2  # a notch has two strokes
    for words in ("20%", "50%", "30%", "60%", "<5", "2024-S2", "n 44", "Kurang", "Baik", "Sangat", "batas"):
        assert words in drawing.words
    assert ("3,2" in drawing.words) == ("rata-rata" in drawing.words) == (width == WIDE)


@both_widths
def test_parts_of_a_bar_lie_side_by_side_in_proportion(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(shares([replace(BARS[0], notch=None)], width, beside=()))
    x = {words: x for words, x, _y in drawing.texts}
    left, right = (0, width) if width == NARROW else (122, width)
    middles = [left + share * (right - left) for share in (0.1, 0.45, 0.85)]
    assert [x["20%"], x["50%"], x["30%"]] == pytest.approx(middles, abs=0.1)


@both_widths
def test_a_part_of_nothing_is_not_drawn_and_a_thin_one_has_no_words(width: int, take_apart: TakeApart) -> None:
    parts = (Segment(0.0, "nol", 0), Segment(0.01, "tipis", 1), Segment(0.99, "99%", 2))
    drawing = take_apart(shares([Bar("a", "b", parts)], width))
    assert drawing.areas == 2
    assert "nol" not in drawing.words
    assert "tipis" not in drawing.words
    assert "99%" in drawing.words


@both_widths
def test_hidden_parts_are_drawn_alike_whatever_their_level(width: int) -> None:
    made = {
        shares([Bar("a", "b", (Segment(0.6, "60%", 0), Segment(0.4, "<5", level, hidden=True)))], width)
        for level in (0, 1, 2)
    }
    assert len(made) == 1


@both_widths
@pytest.mark.parametrize(
    "bars",
    [
        pytest.param([BARS[0]], id="one period"),
        pytest.param([Bar("a", "b", ())], id="no parts"),
        pytest.param([Bar("", "", (Segment(1.0, "", 0),))], id="no words"),
        pytest.param(BARS * 10, id="many"),
        pytest.param([], id="none"),
    ],
)
def test_shares_of_little_or_much(bars: list[Bar], width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(shares(bars, width))
    assert all(0 <= y <= drawing.height for _words, _x, y in drawing.texts)


@both_widths
@pytest.mark.parametrize("words", HOSTILE)
def test_shares_with_hostile_words(words: str, width: int, take_apart: TakeApart) -> None:
    short = words[:30]
    bar = Bar(words, short, (Segment(1.0, words, 0),), (words, words), 0.5, strong=True)
    drawing = take_apart(shares([bar], width, heads=(short,) * 3, beside=(short, short), notch=short))
    assert drawing.areas == 1


# Funnel.

LINES = FunnelLines((10, 50, 100), (1, 2, 2.5), (5, 4, 3.5), (0, 1.5, 2), (6, 4.5, 4), 3.0, ("99,8%", "95%", "semua"))
POINTS = [
    FunnelPoint(20, 3.1),
    FunnelPoint(40, 5.5, outside=True),
    FunnelPoint(60, 2.9, highlighted=True),
    FunnelPoint(80, 3.0),
]


def funnel(points: list[FunnelPoint], width: int, lines: FunnelLines = LINES, **changes: Any) -> str:
    options = {
        "highlight": ("Biro A", "2,9 dari 5"),
        "outside": "1 di luar",
        "x_label": "pegawai",
        "tick": "{:g}".format,
    }
    return draw_funnel(points, lines, width=width, **{**options, **changes})


@both_widths
def test_funnel_has_a_dot_a_unit_and_names_only_one(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(funnel(POINTS, width))
    fills = [fill for _x, _y, fill in drawing.dots]
    assert fills == [POINT, INK, POINT, ACCENT]  # the one reported lies on top
    assert drawing.areas == 2 + 1  # the bands, and the pale field under the name
    for words in ("Biro A", "2,9 dari 5", "1 di luar", "pegawai", "semua"):
        assert drawing.words.count(words) == 1
    assert ("95%" in drawing.words) == (width == WIDE)
    assert ("95%, 99,8%" in drawing.words) == (width == NARROW)


@both_widths
def test_funnel_goes_right_with_size_and_up_with_value(width: int, take_apart: TakeApart) -> None:
    points = [FunnelPoint(20, 2.0), FunnelPoint(50, 3.0), FunnelPoint(80, 4.0)]
    dots = take_apart(funnel(points, width)).dots
    (dx1, dy1), (dx2, dy2) = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(dots)]
    assert (dx1, dy1) == pytest.approx((dx2, dy2), abs=0.01)
    assert dx1 > 0 > dy1


@both_widths
def test_funnel_of_an_agency_highlights_none(width: int, take_apart: TakeApart) -> None:
    points = [replace(point, highlighted=False) for point in POINTS]
    drawing = take_apart(funnel(points, width, highlight=("", ""), outside=""))
    assert ACCENT not in [fill for _x, _y, fill in drawing.dots]
    assert "1 di luar" not in drawing.words


FLAT = replace(LINES, **dict.fromkeys(("low", "high", "low_outer", "high_outer"), (3.0,) * 3))
ONE_SIZE = FunnelLines((10,), (1,), (5,), (0,), (6,), 3.0, LINES.names)


@both_widths
@pytest.mark.parametrize(
    ("points", "lines"),
    [
        pytest.param([], LINES, id="no units"),
        pytest.param(POINTS[2:3], LINES, id="one unit"),
        pytest.param([FunnelPoint(60, 1e6, highlighted=True)], LINES, id="far above"),
        pytest.param([FunnelPoint(60, -1e6, highlighted=True)], LINES, id="far below"),
        pytest.param([FunnelPoint(1e9, 3.0, highlighted=True)], LINES, id="beyond the limits"),
        pytest.param([FunnelPoint(60, 3.0)], FLAT, id="no spread"),
        pytest.param([FunnelPoint(10, 3.0)], ONE_SIZE, id="one size"),
    ],
)
def test_funnel_of_little(points: list[FunnelPoint], lines: FunnelLines, width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(funnel(points, width, lines))
    assert len(drawing.dots) == len(points)
    assert all(0 <= x <= width and 0 <= y <= drawing.height for x, y, _fill in drawing.dots)


@both_widths
@pytest.mark.parametrize("words", HOSTILE)
def test_funnel_with_hostile_words(words: str, width: int, take_apart: TakeApart) -> None:
    short = words[:30]
    drawing = take_apart(funnel(POINTS, width, highlight=(words, short), outside=short, x_label=short))
    assert len(drawing.dots) == 4


# Lines over time.

SERIES = [
    Series("Biro A", (1.0, None, 3.0, 4.0), (0.5, None, 2.5, 3.0), (1.5, None, 3.5, 5.0), strong=True, last="4,0"),
    Series("Instansi", (2.0, 2.0, None, 2.5)),
]
PERIODS = ["S1\n2024", "S2\n2024", "S1\n2025", "S2\n2025"]


def lines(series: list[Series], labels: list[str], width: int, **changes: Any) -> str:
    return draw_lines(series, labels, tick="{:g}".format, width=width, **changes)


@both_widths
def test_lines_have_a_dot_a_value_and_gaps_where_none_is(width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(lines(SERIES, PERIODS, width))
    assert [fill for _x, _y, fill in drawing.dots] == [POINT] * 3 + [ACCENT] * 3
    bare = take_apart(lines([replace(s, values=(None,) * 4, low=(), high=()) for s in SERIES], PERIODS, width))
    full = take_apart(lines([Series("a", (1.0, 2.0, 3.0, 4.0))], PERIODS, width))
    gap = take_apart(lines([Series("a", (1.0, 2.0, None, 4.0))], PERIODS, width))
    lone = take_apart(lines([Series("a", (1.0, None, 3.0, None))], PERIODS, width))
    assert bare.dots == ()
    assert (len(full.dots), len(gap.dots), len(lone.dots)) == (4, 3, 2)
    assert "Biro A 4,0" in drawing.words
    assert "Instansi" in drawing.words
    for words, times in (("2024", 2), ("2025", 2), ("S1", 2)):
        assert drawing.words.count(words) == times


def test_a_gap_breaks_the_line(take_apart: TakeApart) -> None:
    def strokes(values: tuple[float | None, ...]) -> int:
        frame = [Series("rangka", (0.0, None, None, None, None, 10.0))]  # the same axis for all; no stroke of its own
        labels = list("abcdef")
        made = take_apart(lines([*frame, Series("a", values)], labels, WIDE)).lines
        return made - take_apart(lines(frame, labels, WIDE)).lines

    assert strokes((1.0, 2.0, 3.0, 4.0, 5.0, 6.0)) == 1
    assert strokes((1.0, 2.0, None, 4.0, 5.0, 6.0)) == 2
    assert strokes((1.0, None, 3.0, None, 5.0, None)) == 0


@both_widths
def test_lines_go_up_with_the_value_and_right_with_time(width: int, take_apart: TakeApart) -> None:
    dots = take_apart(lines([Series("a", (1.0, 2.0, 3.0))], ["a", "b", "c"], width)).dots
    (dx1, dy1), (dx2, dy2) = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(dots)]
    assert (dx1, dy1) == pytest.approx((dx2, dy2), abs=0.01)
    assert dx1 > 0 > dy1


@both_widths
@pytest.mark.parametrize("n", [1, 2, 12, 60])
@pytest.mark.parametrize(("label", "wide"), [("{}", 28), ("Sem. II\n{}", 44)])
def test_labels_do_not_run_into_each_other(label: str, wide: int, n: int, width: int, take_apart: TakeApart) -> None:
    years = [str(2000 + i) for i in range(n)]
    drawing = take_apart(lines([Series("a", (1.0,) * n)], [label.format(year) for year in years], width))
    at = sorted(x for words, x, _y in drawing.texts if words in years)
    assert years[-1] in drawing.words  # the newest is always named
    assert all(b - a >= wide for a, b in pairwise(at))


def test_names_at_the_end_keep_apart(take_apart: TakeApart) -> None:
    series = [Series(f"seri {i}", (1.0, 1.0)) for i in range(4)]
    drawing = take_apart(lines(series, ["a", "b"], WIDE))
    at = sorted(y for words, _x, y in drawing.texts if words.startswith("seri"))
    assert len(at) == 4
    assert all(b - a >= 14 for a, b in pairwise(at))


@both_widths
@pytest.mark.parametrize(
    ("series", "labels"),
    [
        pytest.param([], ["2025"], id="no series"),
        pytest.param([Series("a", (1.0,), (0.5,), (1.5,), strong=True)], ["2025"], id="one period"),
        pytest.param([Series("a", (None, None))], ["a", "b"], id="no value"),
        pytest.param([Series("a", (2.0, 2.0))], ["a", "b"], id="constant"),
        pytest.param([Series("a", (1.0, 2.0), (None, 1.0), (2.0, None))], ["a", "b"], id="half an interval"),
        pytest.param([], [], id="no period"),
    ],
)
def test_lines_of_little(series: list[Series], labels: list[str], width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(lines(series, labels, width))
    assert len(drawing.dots) == sum(value is not None for item in series for value in item.values)


@both_widths
@pytest.mark.parametrize("words", HOSTILE)
def test_lines_with_hostile_words(words: str, width: int, take_apart: TakeApart) -> None:
    drawing = take_apart(lines([Series(words, (1.0, 2.0), strong=True, last=words)], [words[:30], "b"], width))
    assert len(drawing.dots) == 2
    assert all(len(found) <= 200 for found in drawing.words)


# All of them.

FORMS: list[Callable[[int], str]] = [
    lambda width: shares(BARS, width),
    lambda width: funnel(POINTS, width),
    lambda width: lines(SERIES, PERIODS, width),
]


@both_widths
@pytest.mark.parametrize("form", FORMS)
def test_the_same_numbers_give_the_same_bytes(form: Callable[[int], str], width: int) -> None:
    assert form(width) == form(width)


@pytest.mark.parametrize("form", FORMS)
def test_a_page_and_a_phone_have_drawings_of_their_own(form: Callable[[int], str], take_apart: TakeApart) -> None:
    wide, narrow = take_apart(form(WIDE)), take_apart(form(NARROW))
    assert (wide.width, narrow.width) == (640, 350)
    assert len(wide.dots) == len(narrow.dots)
    assert wide.areas == narrow.areas
