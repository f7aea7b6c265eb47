"""The HTML writer: one self-contained page per report that opens from a folder, without network or script.

Text reaches the page through autoescape only; drawings are embedded as images, so that nothing in them can act.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kinerja_lib.language import _
from kinerja_lib.report.document import Document
from kinerja_lib.show.blocks import clean

if TYPE_CHECKING:
    from kinerja_lib.report.template import Template

HERE = Path(__file__).parent
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LOGOS = {"png": "png", "jpg": "jpeg", "svg": "svg+xml"}
SCHEME = re.compile(r"https?://", re.IGNORECASE)


def write_html(
    document: Document,
    *,
    footer: tuple[str, ...] = (),
    template: Template | None = None,
    record: tuple[str, ...] = (),
) -> bytes:
    """Return the report as one HTML file.

    Parameters
    ----------
    document : Document
        What the report says.
    footer : tuple of str
        Lines of provenance at the foot: licence, data, run.
    template : Template, optional
        The office's letterhead, put over the head.
    record : tuple of str
        See `record.pack_record`.

    Returns
    -------
    bytes
        UTF-8; the same document gives the same bytes.
    """
    left, right = document.running_heads
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            head=document.shown_head,
            footer=clean(footer),
            letterhead=clean(template.lines) if template else [],
            logo=data_uri(template.logo, LOGOS[template.logo_kind]) if template and template.logo else "",
            record=record,
            policy=POLICY,
            css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            running=Markup(_running_heads(left or document.title, right)),
        )
    )
    return without_addresses(page).encode("utf-8")


def without_addresses(page: str) -> str:
    """Take every ``http://`` out: a page holds no address that a program could call."""
    while SCHEME.search(page):
        page = SCHEME.sub("", page)
    return page


def _running_heads(left: str, right: str) -> str:
    return f"@page {{ @top-left {{ content: {css_text(left)} }} @top-right {{ content: {css_text(right)} }} }}"


def css_text(text: str) -> str:
    r"""Return `text` as a CSS string in which nothing but letters and digits stands bare.

    Examples
    --------
    >>> css_text('a"b</style>')
    '"a\\22 b\\3c \\2f style\\3e "'
    """
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\{ord(c):x} " for c in text[:200]) + '"'


def data_uri(picture: str | bytes, kind: str = "svg+xml") -> str:
    """Return a drawing or a picture as an address that needs no network."""
    content = picture.encode("utf-8") if isinstance(picture, str) else picture
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    environment.filters["data_uri"] = data_uri
    return environment
