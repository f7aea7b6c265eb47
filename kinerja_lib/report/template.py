"""What an office brings of its own: letterhead and base document, in one folder (`--template FOLDER`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.language import _

LINES, BASE = "kop.txt", "dasar.docx"
LOGOS = ("kop.png", "kop.jpg", "kop.svg")


@dataclass(frozen=True, slots=True)
class Template:
    """Letterhead and base document of an office.

    Attributes
    ----------
    lines : tuple of str
        Lines of the letterhead; the first is the largest.
    logo, logo_kind : bytes and str
        The picture beside them, and "png", "jpg" or "svg"; empty where there is none.
    base : bytes
        The Word file whose styles, page and edges the Word report takes; empty for our own.
    """

    lines: tuple[str, ...] = ()
    logo: bytes = b""
    logo_kind: str = ""
    base: bytes = b""


def read_template(folder: str | Path) -> Template:
    """Read what an office brings of its own.

    Parameters
    ----------
    folder : str or Path
        Holds at least one of ``kop.txt`` (UTF-8), ``kop.png``, ``kop.jpg``, ``kop.svg``, ``dasar.docx``.

    Returns
    -------
    Template

    Raises
    ------
    CallError
        The folder is not there or holds nothing of these.
    """
    place = Path(folder)
    found = {name: place / name for name in (LINES, *LOGOS, BASE) if (place / name).is_file()}
    if not found:
        message = _("{folder}: folder templat tidak berisi {known}.")
        raise CallError(message.format(folder=folder, known=list_values((LINES, *LOGOS, BASE))))
    logo = next((name for name in LOGOS if name in found), "")
    text = found[LINES].read_text(encoding="utf-8-sig") if LINES in found else ""
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    base = found[BASE].read_bytes() if BASE in found else b""
    return Template(lines, found[logo].read_bytes() if logo else b"", logo.rpartition(".")[2], base)
