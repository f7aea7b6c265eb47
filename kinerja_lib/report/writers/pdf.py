"""The PDF writer: one A4 document per report, tagged for PDF/UA-1, set by typst with fonts that the package ships.

The template ``page.typ`` is fixed and gets all words and drawings as strings in one JSON text: nothing of a report can
become markup, read a file or reach a network. No clock enters the file.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from kinerja_lib.errors import RunError
from kinerja_lib.language import _
from kinerja_lib.report.document import BlockDict, Document, Row
from kinerja_lib.report.template import Template
from kinerja_lib.report.writers import MOST_ROWS, say_rest
from kinerja_lib.show.blocks import clean

HERE = Path(__file__).parent
STANDARD: Literal["ua-1"] = "ua-1"  # typst refuses a document with a drawing that has no alternative text
LONG, LONG_BLOCK = 600, 2_400  # characters of one text, or of all, from which a page may cut their block
UNBROKEN = re.compile(r"[^\s\u200b-]{31,}")
PLACE, BREAK = "\ue000", "\u200b"  # a line may end here: the template takes the first out again, but not thousands
OUT = {ord(sign): None for sign in (PLACE, "\ufeff")}
SPACE = re.compile(r"[\t\n]+")
WHOLE = {"svg", "alt", "id", "target", "anchor"}  # what no line of text holds
BOX = "□"  # stands for a sign that no font at hand can show
REFUSED = re.compile(r'the text (?:`"(?P<text>.+?)"` could not|contains the disallowed codepoint `"(?P<code>.+?)"`)')
ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
TRIES = 4
LATIN = 0x17F  # up to here the shipped fonts have every letter


def write_pdf(
    document: Document,
    *,
    footer: tuple[str, ...] = (),
    template: Template | None = None,
    record: tuple[str, ...] = (),
) -> bytes:
    """Return the report as one PDF file.

    Parameters
    ----------
    document : Document
        What the report says.
    footer : tuple of str
        Lines of provenance at the foot: licence, data, run.
    template : Template, optional
        Letterhead of the office.
    record : tuple of str
        What the report was made from and says, see `record.pack_record`; attached to the file.

    Returns
    -------
    bytes
        PDF/UA-1 on A4; the same document gives the same bytes.

    Raises
    ------
    RunError
        The document cannot be set: the message of typst is named.

    Examples
    --------
    >>> write_pdf(Document("id", None, "Judul", (), ()))[:5]
    b'%PDF-'
    """
    data = _tidy(_collect(document, footer, template))
    data["record"] = {"text": "\n".join(record), "about": _("Asal-usul laporan, untuk kinerja verify")}
    logo = list(template.logo) if template else []
    if data["letterhead"]:
        data["letterhead"]["logo"] = logo
    return _compile(json.dumps(data, ensure_ascii=False))


def _collect(document: Document, footer: tuple[str, ...], template: Template | None) -> dict[str, Any]:
    """Return all that the template shows."""
    head = document.shown_head
    left, right = document.running_heads
    letterhead = {"lines": template.lines, "logo_kind": template.logo_kind} if template else None
    return {
        "lang": document.lang,
        "title": document.title.strip() or _("Laporan"),
        "head": {key: head[key] for key in ("office", "subtitle", "facts")},
        "running": (left or head["title"], right),
        "letterhead": letterhead if template and (template.lines or template.logo) else None,
        "sections": [
            {
                "numeral": section.numeral,
                "title": section.title,
                "anchor": section.anchor,
                "label": section.label,
                "blocks": list(_flatten(section.rows, last=bool(footer) and section is document.sections[-1])),
            }
            for section in document.sections
        ],
        "left_out": [{"label": section.label, "why": section.left_out} for section in document.left_out],
        "footer": footer,
        "words": {
            "left_out": _("Tidak dimuat:"),
            "no_change": _("Perubahan tidak ditampilkan"),
            "source": _("Sumber:"),
            "logo": _("Logo instansi"),
        },
    }


def _flatten(rows: list[Row], *, last: bool) -> Iterator[BlockDict]:
    """Yield the blocks in reading order; `keep` tells which stay on the page of the next, `loose` which may be cut."""
    blocks = [block for row in rows for block in (*row.main, *row.notes)]
    for block, following in zip(blocks, [*blocks[1:], {"kind": "foot" if last else ""}], strict=True):
        noted = following["kind"] == "note"
        keep = following["kind"] in {"sign_off", "foot"} or (noted and block["kind"] != "table")
        whole = block | (_shorten(block) if block["kind"] == "table" else {})
        lengths = [len(text) for text in _texts(whole)]
        loose = max(lengths, default=0) > LONG or sum(lengths) > LONG_BLOCK
        yield whole | {"keep": keep, "noted": noted, "loose": loose}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a block but its drawings and raw values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in {"svg", "svg_narrow", "alt", "rows", "data"}:
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _shorten(table: BlockDict) -> BlockDict:
    """Return what the template shows of a table: at most `MOST_ROWS` rows, the total among them."""
    rows = table["display"]
    more = say_rest(table)
    if more:
        rows = [*rows[: MOST_ROWS - 1], rows[-1]] if table["total"] else rows[:MOST_ROWS]
    return {"rows": [], "display": rows, "more": more, "heads": 2 if table["spanners"] else 1}


def _tidy(value: Any, key: str = "") -> Any:
    """Return `value` with control characters out and with places to break in words that no line could hold."""
    if isinstance(value, str):
        text = clean(value).translate(OUT)
        return text if key in WHOLE else UNBROKEN.sub(_breakable, SPACE.sub(" ", text))
    if isinstance(value, dict):
        return {name: _tidy(item, name) for name, item in value.items() if name not in {"svg_narrow", "data"}}
    if isinstance(value, list | tuple):
        return [_tidy(item, key) for item in value]
    return value


def _breakable(word: re.Match[str]) -> str:
    parts = [word[0][at : at + 10] for at in range(0, len(word[0]), 10)]
    return (PLACE if len(parts) < 30 else BREAK).join(parts)


def _compile(data: str) -> bytes:
    """Set the document; signs that no font can show become a box, since PDF/UA-1 refuses them."""
    import typst

    for _attempt in range(TRIES):
        compiler = typst.Compiler(HERE / "page.typ", root=HERE, font_paths=_fonts(), ignore_system_fonts=True)
        try:
            pdf = compiler.compile(format="pdf", sys_inputs={"data": data}, pdf_standards=[STANDARD])
        except typst.TypstError as error:
            refused = _refused(error.diagnostic)
            if not refused:
                raise RunError(_("PDF tidak dapat disusun: {why}").format(why=error.message)) from None
            data = data.translate({ord(sign): _stand_in(sign) for sign in refused})
        else:
            return cast("bytes", pdf)
    raise RunError(_("PDF tidak dapat disusun: {why}").format(why=_("huruf tidak dikenal")))


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[HERE / "fonts"])


def _refused(diagnostic: str) -> set[str]:
    """Return the signs that typst could not show, but no plain letter: it names the one under a mark too."""
    found = "".join(match["text"] or match["code"] for match in REFUSED.finditer(diagnostic))
    signs = ESCAPE.sub(lambda code: chr(int(code[1], 16)), found)
    return {sign for sign in signs if ord(sign) > LATIN}


def _stand_in(sign: str) -> str:
    """Return a box, or nothing for a sign that only changes the one before it."""
    return "" if unicodedata.category(sign) in {"Cf", "Mn", "Me", "Mc"} else BOX
