"""One module a format; each takes a `Document` and returns bytes, the same for the same document."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.language import _

if TYPE_CHECKING:
    from kinerja_lib.report.document import BlockDict, Document
    from kinerja_lib.report.template import Template

MOST_ROWS = 60  # of a table in print: one of 3,000 rows costs seconds and hundreds of pages
FORMATS = ("html", "pdf", "docx", "xlsx")  # the name of a format is the suffix of its files


def say_rest(table: BlockDict) -> str:
    """Return where the rows are that print does not show; nothing where it shows all."""
    from kinerja_lib.show.numbers import count

    rows = len(table["display"])
    if rows <= MOST_ROWS:
        return ""
    return _("Daftar lengkap ({n} baris) ada pada berkas Excel.").format(n=count(rows))


def read_formats(text: str) -> tuple[str, ...]:
    """Return the formats that a text names, each once, in the order of `FORMATS`.

    Raises
    ------
    CallError
        A name that is none of them, or no name.

    Examples
    --------
    >>> read_formats("docx, html,docx")
    ('html', 'docx')
    """
    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    if not names:
        raise CallError(_("--format: sebut sedikitnya satu dari {formats}.").format(formats=", ".join(FORMATS)))
    for name in names:
        require_choice("--format", name, FORMATS)
    return tuple(name for name in FORMATS if name in names)


def write_document(
    document: Document,
    format: str,
    *,
    footer: tuple[str, ...] = (),
    template: Template | None = None,
    record: tuple[str, ...] = (),
) -> bytes:
    """Return a report in one format.

    Parameters
    ----------
    document : Document
        What the report says.
    format : {"html", "pdf", "docx", "xlsx"}
        Of the file; its writer is loaded on first use.
    footer : tuple of str
        Lines of provenance at the foot.
    template : Template, optional
        Letterhead and base document of the office.
    record : tuple of str
        What the page was made from and says, see `record.pack_record`; no reader sees it.

    Returns
    -------
    bytes
        The file.
    """
    require_choice("format", format, FORMATS)
    writer = getattr(import_module(f"{__name__}.{format}"), f"write_{format}")
    return bytes(writer(document, footer=footer, template=template, record=record))
