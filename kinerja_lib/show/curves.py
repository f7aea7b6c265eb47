"""Curves over a measured axis: survival, event study, acceptability, contours (see `kinerja_lib.show.forms`)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinerja_lib.show.canvas import ACCENT, BAND, GREY, GROUP, INK, NARROW, PALE, POINT, Canvas, Scale, text_width

Tick = Callable[[float], str]
SHADES = (ACCENT, GROUP, POINT, PALE)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line or dots: name, where, ends of the interval at each place; `step` keeps a level to the next place.

    The first curve of a drawing is the one that it is about. `line` draws the line, `dots` a dot at each place.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    step: bool = False
    line: bool = True
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """A reference line across the drawing, named: at a height, or upright at a place."""

    value: float
    words: str
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its ends, how a value is written, and what it measures; `turned` puts the low end on top."""

    low: float
    high: float
    tick: Tick
    label: str = ""
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Beneath:
    """A row of numbers under the axis, such as how many are at risk: its name, places and words."""

    name: str
    x: tuple[float, ...]
    words: tuple[str, ...]


def draw_curves(
    curves: Sequence[Curve],
    x: Axis,
    y: Axis,
    *,
    guides: Sequence[Guide] = (),
    beneath: Sequence[Beneath] = (),
    head: str = "",
    width: int,
) -> str:
    """Draw curves with their intervals, named at their ends (on a phone above), with rows of numbers beneath.

    Parameters
    ----------
    curves : sequence of Curve
        The first is drawn last, in the accent.
    x, y : Axis
        The two axes.
    guides : sequence of Guide
        Reference lines.
    beneath : sequence of Beneath
        Rows under the axis.
    head : str
        What those rows are.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    named = [curve for curve in curves if curve.name and curve.line]
    top = 26 + (15 * len(named) if narrow else 0)
    left = max(46.0, *(text_width(y.tick(v), 12) + 14 for v in Scale(y.low, y.high, 0, 1).ticks(5)))
    right = width - (12 if narrow or not named else min(150, max(text_width(c.name, 12) for c in named) + 16))
    bottom = top + (220 if narrow else 236)
    rows = 24 + 16 * len(beneath) if beneath else 0
    canvas = Canvas(width, bottom + (44 if x.label else 26) + rows)
    across = Scale(x.low, x.high, left, right)
    up = Scale(y.low, y.high, top, bottom) if y.turned else Scale(y.low, y.high, bottom, top)
    canvas.text(0, 12, y.label, size=12, color=GREY, room=width)
    for at, curve in enumerate(curves):
        if curve.low and curve.line and (at == 0 or len(curves) == 2):
            _fill(canvas, curve, across, up)
    _draw_axes(canvas, x, y, across, up, bottom=bottom)
    for guide in guides:
        _draw_guide(canvas, guide, across, up)
    for at in range(len(curves) - 1, -1, -1):
        _draw_curve(canvas, curves[at], across, up, color=SHADES[min(at, len(SHADES) - 1)], strong=at == 0)
    _name_curves(canvas, curves, across, up, narrow=narrow)
    _write_rows(canvas, beneath, head, across, bottom + (56 if x.label else 38))
    return canvas.svg()


def _places(curve: Curve, values: Sequence[float], x: Scale, y: Scale) -> list[tuple[float, float]]:
    points = [(x(a), y(b)) for a, b in zip(curve.x, values, strict=True) if b == b]  # noqa: PLR0124 - not missing
    if not curve.step:
        return points
    corners = [(after[0], before[1]) for before, after in itertools.pairwise(points)]
    paired = [point for pair in zip(points, corners, strict=False) for point in pair]
    return [*paired, points[-1]] if points else []


def _fill(canvas: Canvas, curve: Curve, x: Scale, y: Scale) -> None:
    outline = [*_places(curve, curve.high, x, y), *reversed(_places(curve, curve.low, x, y))]
    if len(outline) > 2:
        canvas.area(outline, fill=BAND)


def _draw_axes(canvas: Canvas, x: Axis, y: Axis, across: Scale, up: Scale, *, bottom: float) -> None:
    canvas.line(across.start, up.start, across.start, up.stop, color=POINT)
    canvas.line(across.start, bottom, across.stop, bottom, color=POINT)
    for value in up.ticks(5):
        canvas.line(across.start - 5, up(value), across.start, up(value), color=POINT)
        canvas.text(across.start - 8, up(value) + 4, y.tick(value), size=12, color=GREY, anchor="end")
    many = [value for value in across.ticks(7) if x.tick(value)]
    fits = sum(text_width(x.tick(value), 12) + 16 for value in many) < across.stop - across.start
    for value in many if fits else across.ticks(4):
        canvas.line(across(value), bottom, across(value), bottom + 4, color=POINT)
        half = text_width(x.tick(value), 12) / 2
        at = min(across(value), canvas.width - half)
        canvas.text(at, bottom + 18, x.tick(value), size=12, color=GREY, anchor="middle")
    middle = (across.start + across.stop) / 2
    canvas.text(middle, bottom + 37, x.label, color=GREY, anchor="middle", room=2 * min(middle, canvas.width - middle))


def _draw_guide(canvas: Canvas, guide: Guide, x: Scale, y: Scale) -> None:
    low, high = min(y.start, y.stop), max(y.start, y.stop)
    if guide.upright:
        canvas.line(x(guide.value), low, x(guide.value), high, color=GREY, dashed=True)
        canvas.text(x(guide.value) + 5, low + 11, guide.words, size=12, color=GREY)
        return
    canvas.line(x.start, y(guide.value), x.stop, y(guide.value), color=INK)
    canvas.text(x.stop, y(guide.value) - 5, guide.words, size=12, color=GREY, anchor="end")


def _draw_curve(canvas: Canvas, curve: Curve, x: Scale, y: Scale, *, color: str, strong: bool) -> None:
    points = _places(curve, curve.y, x, y)
    if curve.line and len(points) > 1:
        if curve.dashed:
            for (x1, y1), (x2, y2) in itertools.pairwise(points):
                canvas.line(x1, y1, x2, y2, color=color, dashed=True)
        else:
            canvas.path(points, color=color, width=2.2 if strong else 1.5)
    if not curve.dots:
        return
    for index, (at, value) in enumerate(zip(curve.x, curve.y, strict=True)):
        if value != value:  # noqa: PLR0124 - missing
            continue
        if curve.low and curve.low[index] == curve.low[index]:
            canvas.line(x(at), y(curve.low[index]), x(at), y(curve.high[index]), color=color, width=1.5)
        canvas.dot(x(at), y(value), 4.5 if strong else 3.5, fill=color)


def _name_curves(canvas: Canvas, curves: Sequence[Curve], x: Scale, y: Scale, *, narrow: bool) -> None:
    """Write each name at the end of its curve (on a phone above the drawing), far enough apart to read."""
    ends = []
    for at, curve in enumerate(curves):
        points = _places(curve, curve.y, x, y)
        if not (curve.name and points):
            continue
        if curve.line:
            ends.append((points[-1][1], at, curve.name))
        else:
            _name_dot(canvas, curve.name, *points[-1])
    for row, (_end, at, name) in enumerate(sorted(ends, key=lambda end: end[1]) if narrow else []):
        color = SHADES[min(at, len(SHADES) - 1)]
        canvas.line(0, 24 + 15 * row, 14, 24 + 15 * row, color=color, width=2.2)
        canvas.text(20, 28 + 15 * row, name, size=12, color=color, bold=at == 0, room=canvas.width - 20)
    floor = -1e9
    for end, at, name in [] if narrow else sorted(ends):
        floor = max(end + 4, floor + 16)
        color = ACCENT if at == 0 else GREY
        canvas.text(x.stop + 8, floor, name, size=12, color=color, bold=at == 0, room=canvas.width - x.stop - 8)


def _name_dot(canvas: Canvas, name: str, x: float, y: float) -> None:
    canvas.box(x + 7, y - 8, text_width(name, 12) + 4, 16, fill="#ffffff", alpha=0.85)
    canvas.text(x + 9, y + 4, name, size=12, color=GREY)


def _write_rows(canvas: Canvas, rows: Sequence[Beneath], head: str, x: Scale, top: float) -> None:
    if not rows:
        return
    canvas.text(0, top, head, size=12, color=GREY, room=canvas.width)
    for index, row in enumerate(rows):
        y = top + 16 * (index + 1)
        canvas.text(0, y, row.name, size=12, room=x.start - 8)
        for at, words in zip(row.x, row.words, strict=True):
            canvas.text(x(at), y, words, size=12, anchor="middle")
