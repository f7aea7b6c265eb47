"""Forms that the figures of a report take: stacked shares, funnel, lines over time, a grid (dots: `show.dots`).

A form receives finished numbers and their display strings, and draws them at a given width (640 for a page, 350 for a
phone). It computes no statistic, chooses no words and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinerja_lib.show.canvas import (
    ACCENT,
    BAND,
    BAND_OUTER,
    GREY,
    GROUP,
    INK,
    NARROW,
    ON_RAMP,
    POINT,
    RAMP,
    Canvas,
    Scale,
    span,
    text_width,
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar: share (0-1), words on it, place on the ramp; hidden parts are hatched."""

    share: float
    words: str
    level: int
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar: label, second line, parts from left to right, texts of the columns beside it, notch (0-1)."""

    label: str
    under: str
    segments: tuple[Segment, ...]
    beside: tuple[str, ...] = ()
    notch: float | None = None
    strong: bool = False


def draw_shares(bars: Sequence[Bar], *, heads: Sequence[str], beside: Sequence[str], notch: str, width: int) -> str:
    """Draw stacked bars, one a period: first part from the left, last from the right, the notch a limit.

    Parameters
    ----------
    bars : sequence of Bar
        From top to bottom.
    heads : sequence of str
        Three names of the parts: over the left end, the middle and the right end.
    beside : sequence of str
        Heads of the text columns at the right (a page only; a phone leaves them to the note).
    notch : str
        What the notch is.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    left, right = (0, width) if narrow else (122, 444 if beside else width)
    pitch, bar, top = (62, 28, 62) if narrow else (45, 30, 44)
    canvas = Canvas(width, top + pitch * max(len(bars) - 1, 0) + bar + (24 if notch else 6))
    for words, at, anchor in zip(heads, (left, (left + right) / 2, right), ("start", "middle", "end"), strict=True):
        lines = words.split("\n")
        for index, line in enumerate(lines):
            y = (30 if narrow else 24) - 14 * (len(lines) - 1 - index)
            canvas.text(at, y, line, size=12.5, anchor=anchor)  # type: ignore[arg-type]
    for index, words in enumerate(() if narrow else beside):
        for row, line in enumerate(words.split("\n")):
            canvas.text(right + 22 + index * 76, 10 + 14 * row, line, color=GREY)
    for index, item in enumerate(bars):
        _draw_bar(canvas, item, top + pitch * index, Scale(0, 1, left, right), bar, narrow=narrow)
    last = bars[-1].notch if bars else None
    if notch and last is not None:
        at = Scale(0, 1, left, right)(last)
        end = top + pitch * (len(bars) - 1) + bar + 19
        canvas.text(min(at, width - text_width(notch, 12) / 2), end, notch, size=12, color=GREY, anchor="middle")
    return canvas.svg()


def _draw_bar(canvas: Canvas, item: Bar, y: float, scale: Scale, height: float, *, narrow: bool) -> None:
    if narrow:
        canvas.text(0, y - 8, item.label, bold=item.strong)
        canvas.text(canvas.width, y - 8, item.under, size=12, color=GREY, anchor="end")
    else:
        canvas.text(0, y + 12, item.label, size=13, bold=item.strong, room=116)
        canvas.text(0, y + 27, item.under, size=12, color=GREY)
    start = 0.0
    for segment in item.segments:
        x1, x2 = scale(start), scale(start + segment.share)
        _draw_segment(canvas, segment, x1, x2, y=y, height=height, bold=item.strong)
        start += segment.share
    if item.notch is not None:
        at = scale(item.notch)
        for y1, y2 in ((y - 6, y), (y + height, y + height + 6)):
            canvas.line(at, y1, at, y2, width=1.8)
    if not narrow:
        for index, words in enumerate(item.beside):
            canvas.text(scale.stop + 22 + index * 76, y + 20, words, size=13, bold=item.strong, room=72 + 46 * index)


def _draw_segment(
    canvas: Canvas, segment: Segment, x1: float, x2: float, *, y: float, height: float, bold: bool
) -> None:
    if x2 - x1 < 0.5:
        return
    edge = min(1.0, (x2 - x1) / 3)
    canvas.box(
        x1,
        y,
        x2 - x1 - edge,
        height,
        fill=RAMP[2] if segment.hidden else RAMP[segment.level],
        hatch=RAMP[1] if segment.hidden else "",
    )
    needs = text_width(segment.words, 12.5)
    if needs + 4 > x2 - x1:
        return
    middle = (x1 + x2) / 2
    if segment.hidden:
        canvas.box(middle - needs / 2 - 8, y + 5, needs + 16, height - 10, fill="#ffffff")
    color = INK if segment.hidden else ON_RAMP[segment.level]
    canvas.text(
        middle, y + height / 2 + 4.5, segment.words, color=color, bold=bold and not segment.hidden, anchor="middle"
    )


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """A unit in a funnel: size, value, whether it is the one that the report is about."""

    n: float
    value: float
    outside: bool = False
    highlighted: bool = False


@dataclass(frozen=True, slots=True)
class FunnelLines:
    """The limits of a funnel at growing sizes, the centre, and what to call them."""

    n: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    low_outer: tuple[float, ...]
    high_outer: tuple[float, ...]
    centre: float
    names: tuple[str, str, str]  # outer limits, inner limits, centre


def draw_funnel(
    points: Sequence[FunnelPoint],
    lines: FunnelLines,
    *,
    highlight: tuple[str, str],
    outside: str,
    x_label: str,
    tick: Callable[[float], str],
    width: int,
) -> str:
    """Draw units against their size within limits; the reporting unit is named, the rest are not.

    Parameters
    ----------
    points : sequence of FunnelPoint
        The units.
    lines : FunnelLines
        Limits and centre.
    highlight : tuple of str
        Name of the highlighted unit and its numbers; empty for an agency.
    outside : str
        Words on how many units lie outside the outer limits; empty where none does.
    x_label : str
        What the size is.
    tick : callable
        Value -> display string for the vertical axis.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    height, left, right = (270, 38, width - 4) if narrow else (256, 40, width - 92)
    bottom, top = height - 46, 14 if not narrow else 42
    canvas = Canvas(width, height)
    low, high = span([p.value for p in points], include=[*lines.low, *lines.high, lines.centre])
    outer = [v for v in (*lines.low_outer, *lines.high_outer) if low - (high - low) <= v <= high + (high - low)]
    low, high = span([low, high, *outer], margin=0.02)
    x = Scale(0 if min(lines.n) < 0.3 * max(lines.n) else min(lines.n), max(lines.n), left, right)
    y = Scale(low, high, bottom, top)
    _draw_bands(canvas, lines, x, y)
    _draw_frame(canvas, x, y, tick=tick, x_tick=lambda v: f"{v:g}", bottom=bottom, left=left)
    canvas.line(left, y(lines.centre), right, y(lines.centre), color=GROUP, width=1.2)
    _name_lines(canvas, lines, y, right, narrow=narrow)
    canvas.text((left + right) / 2, bottom + 37, x_label, color=GREY, anchor="middle")
    for point in sorted(points, key=lambda p: p.highlighted):
        if not point.highlighted:
            canvas.dot(x(point.n), y(point.value), fill=INK if point.outside else POINT)
    for point in points:
        if point.highlighted:
            _name_highlight(canvas, highlight, x(point.n), y(point.value), (left, right, top, bottom))
    if outside:
        canvas.text(right - 6, bottom - 8, outside, size=12, color=GREY, anchor="end")
    return canvas.svg()


def _draw_bands(canvas: Canvas, lines: FunnelLines, x: Scale, y: Scale) -> None:
    for lows, highs, fill in (
        (lines.low_outer, lines.high_outer, BAND_OUTER),
        (lines.low, lines.high, BAND),
    ):
        upper = [(x(n), y(v)) for n, v in zip(lines.n, highs, strict=True)]
        lower = [(x(n), y(v)) for n, v in zip(lines.n, lows, strict=True)]
        canvas.area([*upper, *reversed(lower)], fill=fill)


def _name_lines(canvas: Canvas, lines: FunnelLines, y: Scale, right: float, *, narrow: bool) -> None:
    outer, inner, centre = lines.names
    if narrow:
        canvas.text(canvas.width, 14, f"{inner}, {outer}", size=12, color=GREY, anchor="end")
        canvas.text(canvas.width, 30, centre, size=12, color=INK, anchor="end")
        return
    at = y(lines.centre) + 4
    inner_at = min(y(lines.high[-1]) + 4, at - 15)
    outer_at = min(y(lines.high_outer[-1]) + 4, inner_at - 15)
    for words, where, color in ((outer, outer_at, GREY), (inner, inner_at, GREY), (centre, at, INK)):
        canvas.text(right + 7, where, words, size=12, color=color)


def _name_highlight(
    canvas: Canvas, words: tuple[str, str], x: float, y: float, frame: tuple[float, float, float, float]
) -> None:
    left, right, top, bottom = frame
    above = y - top > 58
    base = y - 34 if above else min(y + 44, bottom - 22)
    canvas.line(x, y, x, base + (8 if above else -26), color=ACCENT, width=1.2)
    canvas.dot(x, y, 7, fill=ACCENT)
    room = 250 if right - left > 300 else 200
    wide = min(max(text_width(words[0], 13) * 1.12, text_width(words[1], 12.5)), room)
    start = min(max(x - 4, left + 4), right - wide)
    top_line = base - 14 if above else base
    canvas.box(start - 3, top_line - 14, wide + 6, 34, fill="#ffffff", alpha=0.8)
    canvas.text(start, top_line, words[0], size=13, color=ACCENT, bold=True, room=room)
    canvas.text(start, top_line + 16, words[1], color=ACCENT)


def _draw_frame(
    canvas: Canvas,
    x: Scale,
    y: Scale,
    *,
    tick: Callable[[float], str],
    x_tick: Callable[[float], str] | None,
    bottom: float,
    left: float,
) -> None:
    canvas.line(left, y.stop, left, bottom, color=POINT)
    canvas.line(left, bottom, x.stop, bottom, color=POINT)
    for value in y.ticks(5):
        canvas.line(left - 5, y(value), left, y(value), color=POINT)
        canvas.text(left - 8, y(value) + 4, tick(value), size=12, color=GREY, anchor="end")
    for value in x.ticks(6) if x_tick else []:
        canvas.line(x(value), bottom, x(value), bottom + 4, color=POINT)
        canvas.text(x(value), bottom + 18, x_tick(value) if x_tick else "", size=12, color=GREY, anchor="middle")


@dataclass(frozen=True, slots=True)
class Series:
    """A line over time: name, values (None leaves a gap), ends of the intervals, whether it is the one reported."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    strong: bool = False
    last: str = ""


def draw_lines(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    tick: Callable[[float], str],
    width: int,
) -> str:
    """Draw lines with points over periods; a missing period leaves a gap; names stand at the line's end.

    Parameters
    ----------
    series : sequence of Series
        The lines; the strong one is drawn last, with its intervals.
    labels : sequence of str
        The periods; a newline breaks a label.
    tick : callable
        Value -> display string for the vertical axis.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    height, left, right = 230, 42, width - (10 if narrow else 150)
    bottom, top = height - 40, 40 if narrow else 14
    canvas = Canvas(width, height)
    ends = [v for item in series for v in (*item.values, *item.low, *item.high)]
    y = Scale(*span(ends), bottom, top)
    x = Scale(-0.35, len(labels) - 0.65, left, right)
    _draw_frame(canvas, x, y, tick=tick, x_tick=None, bottom=bottom, left=left)
    step = max(1, -(-len(labels) * (52 if any("\n" in text for text in labels) else 30) // int(right - left)))
    for index in range(len(labels) - 1, -1, -step):
        for row, line in enumerate(labels[index].split("\n")):
            canvas.text(x(index), bottom + 17 + 14 * row, line, size=12, color=GREY, anchor="middle")
    for item in sorted(series, key=lambda s: s.strong):
        _draw_series(canvas, item, x, y)
    _name_series(canvas, series, x, y, narrow=narrow)
    return canvas.svg()


def _draw_series(canvas: Canvas, item: Series, x: Scale, y: Scale) -> None:
    color = ACCENT if item.strong else POINT
    run: list[Point] = []
    for index, value in enumerate([*item.values, None]):
        if value is not None:
            run.append((x(index), y(value)))
            continue
        if len(run) > 1:
            canvas.path(run, color=color, width=2.2 if item.strong else 1.5)
        run = []
    for index, (low, high) in enumerate(zip(item.low, item.high, strict=True)):
        if low is not None and high is not None:
            canvas.line(x(index), y(low), x(index), y(high), color=color, width=1.5)
    for index, value in enumerate(item.values):
        if value is not None:
            canvas.dot(x(index), y(value), 4.5 if item.strong else 3.5, fill=color)


def _name_series(
    canvas: Canvas,
    series: Sequence[Series],
    x: Scale,
    y: Scale,
    *,
    narrow: bool,
) -> None:
    """Write each line's name at its end (on a phone above the drawing), far enough apart to read."""
    names = [
        (y(next(v for v in reversed(s.values) if v is not None)), f"{s.name} {s.last}".strip(), s.strong)
        for s in series
        if any(v is not None for v in s.values)
    ]
    if narrow:
        for row, (_at, words, strong) in enumerate(sorted(names, key=lambda n: not n[2])[:2]):
            canvas.text(
                0, 12 + 15 * row, words, size=12, color=ACCENT if strong else GREY, bold=strong, room=canvas.width
            )
        return
    floor = -1e9
    for at, words, strong in sorted(names):
        floor = max(at + 4, floor + 16)
        canvas.text(x.stop + 8, floor, words, size=12, color=ACCENT if strong else GREY, bold=strong, room=142)


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of a grid: small name, number, second number, small words below it (a line each); hatched where hidden."""

    name: str
    words: str
    under: str = ""
    tags: tuple[str, ...] = ()
    hidden: bool = False


def draw_grid(
    boxes: Sequence[Sequence[Box]], *, rows: Sequence[str], columns: Sequence[str], axes: tuple[str, str], width: int
) -> str:
    """Draw boxes in rows and columns, the names of the rows at the left and of the columns below.

    Parameters
    ----------
    boxes : sequence of sequences of Box
        Rows from top to bottom.
    rows, columns : sequence of str
        Their names; a newline breaks a row's.
    axes : tuple of str
        What the rows are, what the columns are.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    left, top, high, gap = (74, 22, 88, 3) if narrow else (128, 22, 74, 3)
    wide = (width - left) / len(columns)
    bottom = top + (high + gap) * len(boxes)
    canvas = Canvas(width, bottom + 38)
    canvas.text(0, 12, axes[0], size=12, color=GREY)
    canvas.text(width, bottom + 33, axes[1], size=12, color=GREY, anchor="end")
    for index, name in enumerate(rows):
        for line, words in enumerate(name.split("\n")):
            canvas.text(0, top + (high + gap) * index + high / 2 + 15 * line - 2, words, size=12.5, room=left - 6)
    for index, name in enumerate(columns):
        canvas.text(left + wide * (index + 0.5) - gap / 2, bottom + 15, name, anchor="middle", room=wide)
    for r, line_of_boxes in enumerate(boxes):
        for c, box in enumerate(line_of_boxes):
            _draw_box(canvas, box, (left + wide * c, top + (high + gap) * r), (wide - gap, high), narrow=narrow)
    return canvas.svg()


def _draw_box(canvas: Canvas, box: Box, corner: Point, size: Point, *, narrow: bool) -> None:
    (x, y), (width, height) = corner, size
    canvas.box(x, y, width, height, fill=RAMP[2] if box.hidden else BAND, hatch=RAMP[1] if box.hidden else "")
    if box.hidden:
        needs = text_width(box.words, 12.5) + 16
        canvas.box(x + 1, y + 1, 18, 18, fill="#ffffff")
        canvas.box(x + (width - needs) / 2, y + 23, needs, 22, fill="#ffffff")
    canvas.text(x + 6, y + 15, box.name, size=12, color=GREY)
    if box.hidden:
        canvas.text(x + width / 2, y + 38, box.words, anchor="middle")
    else:
        canvas.text(x + (8 if narrow else 26), y + 42, box.words, size=20)
        beside = (x + width - 6, y + 15) if narrow else (x + width - 8, y + 42)
        canvas.text(*beside, box.under, size=12.5, color=GREY, anchor="end")
    lines = box.tags if narrow else (", ".join(box.tags),) if box.tags else ()
    for index, words in enumerate(lines):
        at = y + height - 8 - 14 * (len(lines) - 1 - index)
        if box.hidden:
            canvas.box(x + 4, at - 11, text_width(words, 12) + 8, 15, fill="#ffffff")
        canvas.text(x + 8, at, words, size=12, color=INK)
