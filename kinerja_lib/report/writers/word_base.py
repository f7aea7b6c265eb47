"""The A4 base document of a Word report: page, named styles, one list; an office may bring its own (`dasar.docx`).

It is built here from text, so that there is one source of it and no binary file to keep in step. Its styles are what
`docs/templat.md` tells an office; `REQUIRED` is what its own base must have.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import NamedTuple

INK, GREY, LINE, ACCENT = "1A2128", "56616B", "D6DCE1", "0A5A8A"
FONT = "Arial"
TEXT_CM = 16.0  # width of the text column: A4 less two margins of 25 mm
EPOCH = (1980, 1, 1, 0, 0, 0)  # date of every member of a file: the same document gives the same bytes

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


class Style(NamedTuple):
    """A paragraph style: its name, size in points, and looks as WordprocessingML; what it is for: docs/templat.md."""

    name: str
    points: float
    paragraph: str = ""
    text: str = ""


def _space(before: float, after: float, lines: float = 1.15) -> str:
    height = f'w:line="{lines * 240:.0f}" w:lineRule="auto"'
    return f'<w:spacing w:before="{before * 20:.0f}" w:after="{after * 20:.0f}" {height}/>'


KEEP = "<w:keepNext/><w:keepLines/>"
BOLD = "<w:b/>"


def _colour(value: str) -> str:
    return f'<w:color w:val="{value}"/>'


def _line(side: str, colour: str, eighths: int, space: int) -> str:
    line = f'<w:{side} w:val="single" w:sz="{eighths}" w:space="{space}" w:color="{colour}"/>'
    return f"<w:pBdr>{line}</w:pBdr>"


DOTS = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{TEXT_CM / 2.54 * 1440:.0f}"/></w:tabs>'
BULLET = '<w:numPr><w:numId w:val="1"/></w:numPr>'
OUTLINE = '<w:outlineLvl w:val="{level}"/>'

STYLES = (
    Style("Normal", 10.5, _space(0, 6, 1.2)),
    Style("Title", 24, KEEP + _space(4, 2, 1.0), BOLD),
    Style("Subtitle", 14, KEEP + _space(0, 8, 1.0)),
    Style("heading 1", 15, KEEP + _space(20, 5, 1.0) + OUTLINE.format(level=0), BOLD),
    Style("heading 2", 11, KEEP + _space(12, 3, 1.0) + OUTLINE.format(level=1), BOLD),
    Style("caption", 9, "<w:keepLines/>" + _space(4, 8, 1.1), _colour(GREY)),
    Style("List Bullet", 10.5, BULLET + _space(0, 3, 1.2) + '<w:ind w:left="340" w:hanging="340"/>'),
    Style("TOC Heading", 9, KEEP + _space(10, 2), _colour(GREY)),
    Style("toc 1", 10, DOTS + _space(0, 1), _colour(ACCENT)),
    Style("header", 9, _space(0, 0), _colour(GREY)),
    Style("footer", 9, _space(0, 0), _colour(GREY)),
    Style("Kinerja Instansi", 9.5, KEEP + _line("top", ACCENT, 32, 10), _colour(GREY)),
    Style("Kinerja Kop Utama", 15, _space(0, 0, 1.1) + '<w:jc w:val="center"/>', BOLD),
    Style("Kinerja Kop", 11, _space(0, 0, 1.1) + '<w:jc w:val="center"/>'),
    Style("Kinerja Pembuka", 11.5, _space(0, 7, 1.2)),
    Style(
        "Kinerja Catatan",
        9,
        "<w:keepLines/>" + _line("left", LINE, 12, 8) + _space(2, 9) + '<w:ind w:left="340"/>',
        _colour(GREY),
    ),
    Style("Kinerja Keterangan", 9, _space(3, 6), _colour(GREY)),
    Style("Kinerja Judul Gambar", 11, KEEP + _space(12, 1, 1.1), BOLD),
    Style("Kinerja Angka", 25, KEEP + _space(4, 2, 1.0)),
    Style("Kinerja Kepala Kolom", 9, KEEP + _space(0, 0, 1.1), _colour(GREY)),
    Style("Kinerja Sel", 9.5, _space(0, 0, 1.1)),
)
REQUIRED = tuple(style.name for style in STYLES)


@cache
def build_base() -> bytes:
    """Return the base document, a Word file without text.

    Returns
    -------
    bytes
        A4, margins of 24, 25 and 20 mm, the styles of `STYLES`.

    Examples
    --------
    >>> build_base()[:2]
    b'PK'
    """
    members = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations({"officeDocument": "word/document.xml"}, core="docProps/core.xml"),
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties"/>',
        "word/_rels/document.xml.rels": _relations(
            {"styles": "styles.xml", "numbering": "numbering.xml", "settings": "settings.xml"}
        ),
        "word/document.xml": _part("document", f"<w:body>{PAGE}</w:body>"),
        "word/numbering.xml": _part("numbering", LIST),
        "word/settings.xml": _part("settings", SETTINGS),
        "word/styles.xml": _part("styles", _styles()),
    }
    return write_zip({name: (HEAD + text).encode("utf-8") for name, text in members.items()})


def write_zip(members: dict[str, bytes]) -> bytes:
    """Return a zip file of the members in their order, without a date; pictures are packed already and stay as is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 0  # the same on every system
            info.compress_type = zipfile.ZIP_STORED if name.endswith((".png", ".jpg")) else zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return buffer.getvalue()


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1361" w:right="1417" w:bottom="1134" w:left="1417" w:header="680" w:footer="567" w:gutter="0"/>'
    "</w:sectPr>"
)
LIST = (
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="–"/><w:lvlJc w:val="left"/>'
    '<w:pPr><w:ind w:left="340" w:hanging="340"/></w:pPr></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
SETTINGS = (
    '<w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/>'
    '<w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
    'w:val="15"/></w:compat>'
)


def _part(root: str, inside: str) -> str:
    return f'<w:{root} xmlns:w="{NAMESPACE}" xmlns:r="{OFFICE}">{inside}</w:{root}>'


def _content_types() -> str:
    parts = {"document": "document.main", "styles": "styles", "numbering": "numbering", "settings": "settings"}
    lines = [f'<Override PartName="/word/{name}.xml" ContentType="{TYPE}.{kind}+xml"/>' for name, kind in parts.items()]
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    return (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/docProps/core.xml" ContentType="{core}"/>{"".join(lines)}</Types>'
    )


def _relations(targets: dict[str, str], *, core: str = "") -> str:
    kinds = {f"{OFFICE}/{kind}": target for kind, target in targets.items()}
    if core:
        kinds[f"{PACKAGE}/relationships/metadata/core-properties"] = core
    lines = [
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds.items(), start=1)
    ]
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def _styles() -> str:
    fonts = f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>'
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{fonts}{_colour(INK)}"
        '<w:lang w:val="id-ID" w:eastAsia="id-ID" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    table = (
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>'
    )
    return defaults + "".join(_style(style) for style in STYLES) + table


def _style(style: Style) -> str:
    identity = style.name[:1].upper() + style.name[1:].replace(" ", "")
    kind = ' w:customStyle="1"' if style.name.startswith("Kinerja") else ""
    based = '<w:basedOn w:val="Normal"/><w:next w:val="Normal"/>'
    if style.name == "Normal":
        kind, based = ' w:default="1"', ""
    size = f'<w:sz w:val="{style.points * 2:.0f}"/><w:szCs w:val="{style.points * 2:.0f}"/>'
    weight, colour = (style.text, "") if style.text.startswith("<w:b") else ("", style.text)
    return (
        f'<w:style w:type="paragraph"{kind} w:styleId="{identity}"><w:name w:val="{style.name}"/>{based}<w:qFormat/>'
        f"<w:pPr>{style.paragraph}</w:pPr><w:rPr>{weight}{colour}{size}</w:rPr></w:style>"
    )
