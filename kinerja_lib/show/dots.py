"""Dots with intervals, in rows and facets: groups, comparisons, effects (see `kinerja_lib.show.forms`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinerja_lib.show.canvas import ACCENT, GREY, GROUP, INK, NARROW, PALE, POINT, Canvas, Scale, text_width


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its interval and display string in one facet; `words` alone where it is hidden or missing."""

    words: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DotRow:
    """A row of dots: label, small second line, n, one cell a facet; `gap` sets it apart from the row above."""

    label: str
    cells: tuple[Cell, ...]
    n: str = ""
    under: str = ""
    gap: bool = False
    strong: bool = False
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """One axis of dots: heads, ends, tick text, a reference line (value, words) and a pale line of the whole."""

    title: str
    subtitle: str
    low: float
    high: float
    tick: Callable[[float], str]
    reference: tuple[float, str] | None = None
    pale: float | None = None


def draw_dots(rows: Sequence[DotRow], facets: Sequence[Facet], *, n_head: str, width: int) -> str:
    """Draw rows of dots with intervals, facets side by side on a page and one below the other on a phone.

    Parameters
    ----------
    rows : sequence of DotRow
        From top to bottom.
    facets : sequence of Facet
        From left to right.
    n_head : str
        Head of the column of n; empty for no such column.
    width : int
        640 or 350.

    Returns
    -------
    str
        SVG.
    """
    narrow = width <= NARROW
    pitch = 36 if any(row.under for row in rows) else 22
    body = sum(pitch + (8 if row.gap else 0) for row in rows)
    block = 46 + body + 44
    stacked = facets if narrow else facets[:1]
    canvas = Canvas(width, block * len(stacked))
    label = min(max(map(_label_width, rows), default=0.0) + 8, 116 if narrow else (138 if len(facets) > 1 else 230))
    n_at = label + 28 if n_head else label
    for index, facet in enumerate(facets):
        top = block * index if narrow else 0
        share = (width - n_at) / (1 if narrow else len(facets))
        start = n_at + 14 + (0 if narrow else share * index)
        stop = n_at + share * (1 if narrow else index + 1) - (0 if narrow or index == len(facets) - 1 else 26)
        words = [row.cells[index].words for row in rows if row.cells[index].value is not None]
        value = max((text_width(shown, 12.5) for shown in words), default=0.0) + 12
        if narrow or index == 0:
            _draw_labels(canvas, rows, top, pitch, room=label - 4, n_at=n_at, n_head=n_head)
        _draw_facet(
            canvas,
            rows,
            facet,
            index,
            Scale(facet.low, facet.high, start, stop - value),
            stop=stop,
            top=top,
            pitch=pitch,
        )
    return canvas.svg()


def _label_width(row: DotRow) -> float:
    return max(text_width(row.label, 13) * (1.1 if row.strong else 1.0), text_width(row.under, 12))


def _draw_labels(
    canvas: Canvas, rows: Sequence[DotRow], top: float, pitch: float, *, room: float, n_at: float, n_head: str
) -> None:
    if n_head:
        canvas.text(n_at, top + 28, n_head, size=12, color=GREY, anchor="end")
    y = top + 46.0
    for row in rows:
        y += 8 if row.gap else 0
        color = ACCENT if row.strong else INK
        canvas.text(0, y + 14 - (5 if row.under else 0), row.label, size=13, color=color, bold=row.strong, room=room)
        if row.under:
            canvas.text(0, y + 25, row.under, size=12, color=GREY, room=room)
        if n_head:
            canvas.text(n_at, y + 14, row.n, size=12, color=GREY, anchor="end")
        y += pitch


def _draw_facet(
    canvas: Canvas, rows: Sequence[DotRow], facet: Facet, index: int, x: Scale, *, stop: float, top: float, pitch: float
) -> None:
    bottom = top + 46 + sum(pitch + (8 if row.gap else 0) for row in rows) + 4
    left = 0 if canvas.width <= NARROW else x.start - 2
    canvas.text(left, top + 12, facet.title, bold=True, room=stop - left + 24)
    canvas.text(x.start - 2, top + 28, facet.subtitle, size=12, color=GREY, room=stop - x.start)
    _draw_axis(canvas, facet, x, top + 42, bottom)
    y = top + 46.0
    for row in rows:
        y += 8 if row.gap else 0
        _draw_dot(canvas, row, row.cells[index], x, y=y + (pitch - 22) / 2 + 10, stop=stop)
        y += pitch


def _draw_axis(canvas: Canvas, facet: Facet, x: Scale, top: float, bottom: float) -> None:
    ticks = x.ticks(5 if x.stop - x.start > 170 else 3)
    if facet.pale is not None:
        canvas.line(x(facet.pale), top, x(facet.pale), bottom, color=PALE)
    canvas.line(x.start, bottom, x.stop, bottom, color=POINT)
    reference = facet.reference[0] if facet.reference else None
    for value in ticks:
        canvas.line(x(value), bottom, x(value), bottom + 4, color=POINT)
        canvas.text(
            x(value),
            bottom + 18,
            facet.tick(value),
            size=12,
            color=INK if value == reference else GREY,
            anchor="middle",
        )
    if facet.reference:
        at = x(facet.reference[0])
        canvas.line(at, top, at, bottom, color=INK, width=1.2)
        half = text_width(facet.reference[1], 12) / 2
        middle = min(max(at, x.start - 10 + half), canvas.width - half)
        canvas.text(middle, bottom + 34, facet.reference[1], size=12, anchor="middle")


def _draw_dot(canvas: Canvas, row: DotRow, cell: Cell, x: Scale, *, y: float, stop: float) -> None:
    color = ACCENT if row.strong else GROUP
    if cell.value is None:
        canvas.text(x.start + 4, y + 4, cell.words, size=12, color=GREY)
        return
    if cell.low is not None and cell.high is not None:
        canvas.line(x(cell.low), y, x(cell.high), y, color=color, width=2.2 if row.strong else 1.5)
    canvas.dot(
        x(cell.value),
        y,
        6 if row.strong else 4.5,
        fill="#ffffff" if row.hollow else color,
        edge=POINT if row.hollow else "#ffffff",
    )
    canvas.text(stop, y + 4.5, cell.words, color=ACCENT if row.strong else INK, bold=row.strong, anchor="end")
