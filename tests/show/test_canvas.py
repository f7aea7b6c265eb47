"""The drawing surface: pixels where they should be, text that stays text, and the same bytes every time."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.show.canvas import NARROW, WIDE, Canvas, Scale, shorten, span, text_width

TakeApart = Callable[[str], Any]
HOSTILE = [
    "<script>alert(1)</script>",
    "</text></svg><script>",
    "]]><!-- -->",
    "&lt;b&gt; &amp; &",
    "\"' onload='alert(1)",
    "$x^2$ \\alpha %",
    "{{ 7*7 }}",
    "http://evil.example",
    "=HYPERLINK(1)",
    "👩🏽‍💻 é 漢字 عربى",
    "font-family: serif",
]
ends = st.floats(-1e6, 1e6)


@given(ends, st.floats(0.01, 1e6), ends)
def test_scale_keeps_to_its_axis(low: float, length: float, value: float) -> None:
    scale = Scale(low, low + length, 100.0, 20.0)
    assert scale(low) == pytest.approx(100)
    assert scale(low + length) == pytest.approx(20)
    assert 20 <= scale(value) <= 100
    assert scale(low + length / 2) == pytest.approx(60)


@given(ends, st.floats(0.01, 1e6), st.integers(3, 8))
def test_ticks_are_few_and_inside(low: float, length: float, most: int) -> None:
    ticks = Scale(low, low + length, 0, 1).ticks(most)
    assert len(ticks) <= most
    assert ticks == sorted(ticks)
    slack = length * 1e-6
    assert all(low - slack <= tick <= low + length + slack for tick in ticks)
    steps = [b - a for a, b in pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps)) if steps else True


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 100, 6, [0, 20, 40, 60, 80, 100]),
        (0, 1, 3, [0, 0.5, 1]),
        (80, 96, 5, [80, 85, 90, 95]),
        (-1, 1, 3, [-1, 0, 1]),
    ],
)
def test_ticks_by_hand(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert Scale(low, high, 0, 1).ticks(most) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("values", "include", "margin", "ends"),
    [
        ([2.0, 4.0, None], [], 0.5, (1.0, 5.0)),
        ([2.0, 4.0], [10.0], 0.0, (2.0, 10.0)),
        ([3.0], [], 0.0, (2.0, 4.0)),
        ([], [], 0.0, (0.0, 1.0)),
        ([None, math.nan, math.inf], [], 0.0, (0.0, 1.0)),
        ([0.0, 0.0], [], 0.5, (-2.0, 2.0)),
    ],
)
def test_span(values: list[float | None], include: list[float], margin: float, ends: tuple[float, float]) -> None:
    assert span(values, include=include, margin=margin) == ends


@given(st.text(max_size=60), st.floats(0, 400), st.sampled_from([12.0, 12.5, 13.0]))
def test_shorten_fits_or_leaves_an_ellipsis(line: str, room: float, size: float) -> None:
    cut = shorten(line, room, size)
    if text_width(line, size) <= room:
        assert cut == line
    else:
        assert cut.endswith("…")
        assert line.startswith(cut[:-1])
        assert text_width(cut, size) <= room or cut == "…"


def test_wider_letters_need_more_room() -> None:
    assert text_width("iiii", 12) < text_width("nnnn", 12) < text_width("MMMM", 12)
    assert text_width("nn", 24) == 2 * text_width("nn", 12)
    assert text_width("", 12) == 0


@pytest.mark.parametrize("words", HOSTILE)
def test_text_is_text(words: str, take_apart: TakeApart) -> None:
    canvas = Canvas(WIDE, 50)
    canvas.text(10, 20, words)
    drawing = take_apart(canvas.svg())
    assert drawing.texts == ((words if words != "font-family: serif" else drawing.words[0], 10, 20),)
    assert (drawing.lines, drawing.areas, drawing.dots) == (0, 0, ())


@pytest.mark.parametrize(
    ("words", "shown"),
    [("a\x00b\x1bc\ud800d\u202ee", "abcde"), ("a\nb\t c  d", "a b c d"), (12, "12"), (" ", None), ("", None)],
)
def test_text_is_one_clean_line(words: object, shown: str | None, take_apart: TakeApart) -> None:
    canvas = Canvas(NARROW, 50)
    canvas.text(10, 20, words)
    assert take_apart(canvas.svg()).words == ([] if shown is None else [shown])


@pytest.mark.parametrize("bold", [False, True])
def test_text_is_cut_where_it_would_leave_its_room(bold: bool, take_apart: TakeApart) -> None:
    canvas = Canvas(NARROW, 50)
    canvas.text(0, 20, "N" * 1000, room=100, bold=bold)
    (words,) = take_apart(canvas.svg()).words
    assert words == "N" * (len(words) - 1) + "…"
    assert text_width(words, 12.5) * (1.08 if bold else 1) <= 100


def draw_all() -> Canvas:
    canvas = Canvas(WIDE, 100)
    canvas.text(1, 2, "teks", anchor="middle", bold=True)
    canvas.line(0, 0, 9, 9, dashed=True)
    canvas.path([(0, 0), (4, 4), (9, 1)])
    canvas.box(1, 1, 5, 5, fill="#ffffff")
    canvas.box(1, 1, 5, 5, fill="#ffffff", hatch="#000000")
    canvas.area([(0, 0), (1, 1), (2, 0)], fill="#d6dce1")
    canvas.dot(5, 6, fill="#0a5a8a")
    return canvas


def test_marks_stand_where_they_were_put(take_apart: TakeApart) -> None:
    drawing = take_apart(draw_all().svg())
    assert (drawing.width, drawing.height) == (WIDE, 100)
    assert drawing.dots == ((5, 6, "#0a5a8a"),)
    assert (drawing.lines, drawing.areas) == (2, 3)


def test_the_same_strokes_give_the_same_text() -> None:
    canvas = draw_all()
    assert draw_all().svg() == draw_all().svg() == canvas.svg() == canvas.svg()


def test_nothing_of_machine_or_clock_is_in_the_file() -> None:
    svg = draw_all().svg()
    assert svg.startswith("<svg")
    for word in ("<!--", "<?xml", "DOCTYPE", "metadata", "DejaVu", "Matplotlib", "<image", "<script", "date"):
        assert word not in svg
    assert "font-family: &apos;Segoe UI&apos;, Roboto" in svg
    assert {part.split('"')[0] for part in svg.split("http")[1:]} <= {
        "://www.w3.org/2000/svg",
        "://www.w3.org/1999/xlink",
    }


def test_many_canvases_leave_nothing_behind() -> None:
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    for _time in range(3):
        draw_all().svg()
    assert plt.get_fignums() == before
