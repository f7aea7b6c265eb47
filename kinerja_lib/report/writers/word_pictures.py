"""Drawings as pictures for Word, which does not show SVG everywhere: one call of typst for all of a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kinerja_lib.report.writers.word_base import ACCENT, INK, LINE

FONTS = Path(__file__).parent / "fonts"
DOTS = 200  # per inch
PAGES = b"""
#set page(margin: 0pt, height: auto)
#for drawing in json(bytes(sys.inputs.drawings)) {
  page(width: drawing.width * 1cm, image(bytes(drawing.svg), format: "svg", width: 100%))
}
"""


def draw_pictures(drawings: Sequence[tuple[str, float]]) -> list[bytes]:
    """Return each SVG as a PNG of 200 dots per inch.

    Parameters
    ----------
    drawings : sequence of (str, float)
        The SVG and its width in print, in centimetres.

    Returns
    -------
    list of bytes
        In the same order; the same drawing gives the same bytes.
    """
    import typst

    if not drawings:
        return []
    pages = json.dumps([{"svg": svg, "width": width} for svg, width in drawings])
    fonts: dict[str, Any] = {"ignore_system_fonts": True, "font_paths": [str(FONTS)]} if FONTS.is_dir() else {}
    made = typst.compile(PAGES, format="png", ppi=DOTS, sys_inputs={"drawings": pages}, **fonts)
    return [made] if isinstance(made, bytes) else list(made or ())


def draw_strip(strip: dict[str, Any], width: float) -> str:
    """Return the small drawing of a panel: axis, interval, point and what it is compared with.

    Parameters
    ----------
    strip : dict
        ``at``, ``from``, ``width``, ``reference_at`` in per cent of the axis; None where there is none.
    width : float
        In print, in centimetres.

    Returns
    -------
    str
        SVG, without any text.
    """
    wide = width / 2.54 * 96

    def place(name: str) -> float:
        return 5 + float(strip[name]) / 100 * (wide - 10)

    parts = [f'<path d="M5 5v8M5 9H{wide - 5:.2f}M{wide - 5:.2f} 5v8" stroke="#{LINE}" fill="none"/>']
    if strip["from"] is not None:
        length = float(strip["width"]) / 100 * (wide - 10)
        parts.append(f'<rect x="{place("from"):.2f}" y="7.5" width="{length:.2f}" height="3" fill="#{ACCENT}"/>')
    if strip["reference_at"] is not None:
        parts.append(f'<rect x="{place("reference_at") - 0.75:.2f}" y="2.5" width="1.5" height="13" fill="#{INK}"/>')
    parts.append(f'<circle cx="{place("at"):.2f}" cy="9" r="4.5" fill="#{ACCENT}"/>')
    size = f'width="{wide:.2f}" height="18" viewBox="0 0 {wide:.2f} 18"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
