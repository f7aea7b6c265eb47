"""Dots with intervals, in rows and facets: groups, comparisons, effects (see `kinerja_lib.show.forms`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinerja_lib.show.canvas import ACCENT, GREY, GROUP, INK, NARROW, PALE, POINT, Canvas, Scale, text_width


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its interval and display string in one facet; `words` alone where it is hidden or missing.

    `before` is drawn as a second, hollow dot.
    """

    words: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    before: float | None = None


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
    label = min(max(map(_label_width, rows), default=0.0) + 8, 116 if narrow else (138 if len(facets) > 1 else 230))
    n_at = label + max([28.0, *(text_width(row.n, 12) + 8 for row in rows)]) if n_head else label
    places = _place_rows(rows, room=label - 4)
    block = places[-1][1] + 44 if places else 90
    canvas = Canvas(width, block * (len(facets) if narrow else 1))
    for index, facet in enumerate(facets):
        top = block * index if narrow else 0
        share = (width - n_at) / (1 if narrow else len(facets))
        start = n_at + 14 + (0 if narrow else share * index)
        stop = n_at + share * (1 if narrow else index + 1) - (0 if narrow or index == len(facets) - 1 else 26)
        words = [row.cells[index].words for row in rows if row.cells[index].value is not None]
        value = max((text_width(shown, 12.5) for shown in words), default=0.0) + 12
        if narrow or index == 0:
            _draw_labels(canvas, rows, top, places, room=label - 4, n_at=n_at, n_head=n_head)
        _draw_facet(
            canvas,
            rows,
            facet,
            index,
            Scale(facet.low, facet.high, start, stop - value),
            stop=stop,
            top=top,
            places=places,
        )
    return canvas.svg()


def _label_width(row: DotRow) -> float:
    return max(text_width(row.label, 13) * (1.1 if row.strong else 1.0), text_width(row.under, 12))


def _place_rows(rows: Sequence[DotRow], *, room: float) -> list[tuple[float, float]]:
    """Return where each row begins and ends below the top of its facet; a row of two lines is higher."""
    places: list[tuple[float, float]] = []
    y = 46.0
    for row in rows:
        y += 8 if row.gap else 0
        high = 36 if row.under or len(_label_lines(row, room)) > 1 else 22
        places.append((y, y + high))
        y += high
    return places


def _label_lines(row: DotRow, room: float) -> list[str]:
    """Return the label in one line, or broken at a space into two where it is too long."""
    if row.under or _label_width(row) <= room + 0.5:
        return [row.label]
    words = row.label.split(" ")
    fits = [n for n in range(1, len(words)) if text_width(" ".join(words[:n]), 13) <= room]
    return [" ".join(words[: fits[-1]]), " ".join(words[fits[-1] :])] if fits else [row.label]


def _draw_labels(
    canvas: Canvas,
    rows: Sequence[DotRow],
    top: float,
    places: Sequence[tuple[float, float]],
    *,
    room: float,
    n_at: float,
    n_head: str,
) -> None:
    if n_head:
        canvas.text(n_at, top + 28, n_head, size=12, color=GREY, anchor="end")
    for row, (start, end) in zip(rows, places, strict=True):
        color, middle = ACCENT if row.strong else INK, top + (start + end) / 2 + 3
        lines = _label_lines(row, room)
        first = middle - (5 if row.under else 7.5 * (len(lines) - 1))
        for index, line in enumerate(lines):
            canvas.text(0, first + 15 * index, line, size=13, color=color, bold=row.strong, room=room)
        if row.under:
            canvas.text(0, middle + 10, row.under, size=12, color=GREY, room=room)
        if n_head:
            canvas.text(n_at, middle, row.n, size=12, color=GREY, anchor="end")


def _draw_facet(
    canvas: Canvas,
    rows: Sequence[DotRow],
    facet: Facet,
    index: int,
    x: Scale,
    *,
    stop: float,
    top: float,
    places: Sequence[tuple[float, float]],
) -> None:
    left = 0 if canvas.width <= NARROW else x.start - 2
    canvas.text(left, top + 12, facet.title, bold=True, room=stop - left + 24)
    canvas.text(x.start - 2, top + 28, facet.subtitle, size=12, color=GREY, room=stop - x.start)
    _draw_axis(canvas, facet, x, top + 42, top + (places[-1][1] if places else 46) + 4)
    for row, (start, end) in zip(rows, places, strict=True):
        _draw_dot(canvas, row, row.cells[index], x, y=top + (start + end) / 2 - 1, stop=stop)


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
    if cell.before is not None:
        canvas.line(x(cell.before), y, x(cell.value), y, color=PALE)
        canvas.dot(x(cell.before), y, fill="#ffffff", edge=POINT)
    canvas.dot(
        x(cell.value),
        y,
        6 if row.strong else 4.5,
        fill="#ffffff" if row.hollow else color,
        edge=POINT if row.hollow else "#ffffff",
    )
    canvas.text(stop, y + 4.5, cell.words, color=ACCENT if row.strong else INK, bold=row.strong, anchor="end")
