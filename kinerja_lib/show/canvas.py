"""A drawing surface in page pixels on matplotlib: what every figure of a page is drawn with.

One unit is one CSS pixel of the page (y grows downward). Text stays text in the SVG and takes the reader's own
sans-serif; nothing of the clock or of chance enters the file.
"""

from __future__ import annotations

import io
import re
import warnings
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Sheet
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D

from kinerja_lib.show.blocks import clean

INK, GREY, ACCENT = "#1a2128", "#56616b", "#0a5a8a"
GROUP, POINT, BAND, BAND_OUTER, PALE = "#3d4852", "#707c87", "#e4eaef", "#f3f6f8", "#a9bccb"
RAMP = ("#0b4a73", "#8db9d8", "#d6e5f0")
ON_RAMP = ("#ffffff", INK, INK)

WIDE, NARROW = 640, 350
STACK = "'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
MEASURED = ("Arial", "Liberation Sans", "Helvetica Neue", "Segoe UI", "DejaVu Sans")
RC: dict[str, Any] = {"svg.fonttype": "none", "svg.hashsalt": "kinerja", "text.parse_math": False}

Anchor = Literal["start", "middle", "end"]
ALIGN = {"start": "left", "middle": "center", "end": "right"}


@cache
def measured_font() -> str:
    """Return the first font of the page's stack that this machine has (matplotlib ships the last)."""
    here = {font.name for font in font_manager.fontManager.ttflist}
    return next(name for name in MEASURED if name in here)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from values to pixels."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the pixel of `value`, kept inside the axis."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.stop - self.start)

    def ticks(self, most: int) -> list[float]:
        """Return at most `most` round values inside the scale."""
        values = MaxNLocator(nbins=max(most - 1, 1), steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-9
        return [float(v) for v in values if self.low - slack <= v <= self.high + slack]


def span(values: Sequence[float | None], *, include: Sequence[float] = (), margin: float = 0.06) -> tuple[float, float]:
    """Return a low and a high end with a margin around the finite `values` and what must be on the axis.

    Examples
    --------
    >>> span([2.0, 4.0, None], margin=0.5)
    (1.0, 5.0)
    """
    finite = [float(v) for v in [*values, *include] if v is not None and np.isfinite(v)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if low == high:
        low, high = low - 1.0, high + 1.0
    room = (high - low) * margin
    return low - room, high + room


class Canvas:
    """A sheet `width` by `height` pixels; draw, then take `svg()`."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._sheet = Sheet(figsize=(width / 72, height / 72), dpi=72)
        FigureCanvasSVG(self._sheet)
        self._place = Affine2D().scale(1, -1).translate(0, height)  # the marks stand on the sheet itself: no axes

    def text(
        self,
        x: float,
        y: float,
        words: object,
        *,
        size: float = 12.5,
        color: str = INK,
        bold: bool = False,
        anchor: Anchor = "start",
        room: float | None = None,
    ) -> None:
        """Write one line with its baseline at `y`; cut with an ellipsis where it would pass `room` pixels."""
        line = " ".join(str(clean(str(words))).split())
        if room is not None:
            line = shorten(line, room / (1.08 if bold else 1.0), size)
        weight = "bold" if bold else "normal"
        style: dict[str, Any] = {"fontsize": size, "color": color, "weight": weight, "zorder": 5}
        self._add(Text(x, y, line, ha=ALIGN[anchor], va="baseline", parse_math=False, **style))

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, color: str = INK, width: float = 1.0, dashed: bool = False
    ) -> None:
        """Draw a straight line."""
        style: Any = (0, (3, 3)) if dashed else "solid"
        self._add(Line2D([x1, x2], [y1, y2], color=color, linewidth=width, linestyle=style, solid_capstyle="butt"))

    def path(self, points: Sequence[tuple[float, float]], *, color: str = INK, width: float = 1.5) -> None:
        """Draw a line through `points`."""
        xs, ys = zip(*points, strict=True)
        self._add(Line2D(xs, ys, color=color, linewidth=width, solid_joinstyle="round"))

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, hatch: str = "", alpha: float = 1.0
    ) -> None:
        """Draw a filled rectangle; with `hatch` it is striped in that colour. A see-through one lies over the dots."""
        patch = Rectangle((x, y), width, height, facecolor=fill, linewidth=0)
        if alpha < 1:
            patch.set(alpha=alpha, zorder=4.5)
        if hatch:
            patch.set(hatch="//", hatchcolor=hatch, hatch_linewidth=4.5)
        self._add(patch)

    def dot(self, x: float, y: float, radius: float = 4.5, *, fill: str = GROUP, edge: str = "#ffffff") -> None:
        """Draw a dot with a thin rim."""
        self._add(Line2D([x], [y], marker="o", ms=2 * radius, mfc=fill, mec=edge, mew=1.2, zorder=4))

    def area(self, points: Sequence[tuple[float, float]], *, fill: str) -> None:
        """Fill a polygon."""
        self._add(Polygon(np.asarray(points), closed=True, facecolor=fill, linewidth=0, zorder=0.5))

    def _add(self, mark: Artist) -> None:
        """Put a mark on the sheet; it keeps its place among those of its height, later ones over earlier ones."""
        mark.set_transform(self._place)
        self._sheet.add_artist(mark)

    def svg(self) -> str:
        """Return the drawing: the same strokes give the same text."""
        font = measured_font()
        buffer = io.StringIO()
        with rc_context(cast("Any", RC | {"font.family": [font]})), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
            for text in self._sheet.findobj(Text):
                text.set_fontfamily([font])
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            self._sheet.savefig(buffer, format="svg", metadata=nothing, transparent=True)
        return _lean(buffer.getvalue(), font)


def shorten(line: str, room: float, size: float) -> str:
    """Return `line`, cut with an ellipsis where it would be wider than `room` pixels at `size`."""
    if text_width(line, size) <= room:
        return line
    fits = bisect(range(1, len(line)), room, key=lambda length: text_width(line[:length] + "…", size))
    return line[:fits].rstrip() + "…"


def text_width(line: str, size: float) -> float:
    """Return about how wide `line` is, from the mean widths of a page's sans-serif letters."""
    narrow = sum(letter in "iljtfrI.,:;'|!()[] -" for letter in line)
    wide = sum(letter.isupper() or letter in "mwMW%@" for letter in line)
    return size * (0.53 * (len(line) - narrow - wide) + 0.31 * narrow + 0.7 * wide)


def _lean(svg: str, font: str) -> str:
    """Take out what a page does not need: the prolog, the metadata, and the one font this machine happened to have."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    stack = STACK.replace("'", "&apos;")
    body = re.sub(rf"font-family: '?{re.escape(font)}'?", f"font-family: {stack}", body)
    body = re.sub(r'(?<=width="|eight=")([\d.]+)pt"', r'\1"', body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*"', "", body)
    return re.sub(r"\n\s*", "\n", body)
