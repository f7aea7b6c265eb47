"""What an office brings of its own: letterhead and base document, in one folder (`--template FOLDER`).

The folder may hold ``kop.txt``, one of ``kop.png``, ``kop.jpg``, ``kop.svg``, and ``dasar.docx``; `docs/templat.md`
says how an office makes them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.language import _
from kinerja_lib.report.writers.word_base import REQUIRED
from kinerja_lib.report.writers.word_pictures import draw_pictures
from kinerja_lib.show.blocks import clean

TEXT, BASE = "kop.txt", "dasar.docx"
LOGOS = {"kop.png": b"\x89PNG\r\n\x1a\n", "kop.jpg": b"\xff\xd8\xff", "kop.svg": b""}  # how each begins
KNOWN = (TEXT, *LOGOS, BASE)
MOST_LINES = 8  # of a letterhead


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
        The folder or a file cannot be read, holds nothing of these, holds two logos, or the base document lacks a
        style: the file and the style are named.

    Examples
    --------
    >>> read_template("tidak-ada")
    Traceback (most recent call last):
    kinerja_lib.errors.CallError: tidak-ada: folder templat tidak ada; beri folder berisi kop.txt, kop.png, ...
    """
    files = _find_files(Path(folder))
    logos = [name for name in LOGOS if name in files]
    if len(logos) > 1:
        message = _("{folder}: ada lebih dari satu logo ({files}); simpan satu saja.")
        raise CallError(message.format(folder=folder, files=list_values(logos)))
    logo = _read_logo(files[logos[0]], logos[0]) if logos else b""
    lines = _read_lines(files[TEXT]) if TEXT in files else ()
    base = _read_base(files[BASE]) if BASE in files else b""
    return Template(lines, logo, logos[0].rpartition(".")[2] if logos else "", base)


def _find_files(folder: Path) -> dict[str, Path]:
    """Return the known files by name; a file that means to be one of them but is named otherwise is refused."""
    known = list_values(KNOWN)
    if not folder.is_dir():
        raise CallError(
            _("{folder}: folder templat tidak ada; beri folder berisi {known}.").format(folder=folder, known=known)
        )
    files = {file.name.lower(): file for file in sorted(folder.iterdir()) if file.is_file()}
    for name, file in files.items():
        if name.partition(".")[0] in {"kop", "dasar"} and name not in KNOWN:
            raise CallError(
                _("{file}: nama berkas templat tidak dikenal; yang diizinkan: {known}.").format(file=file, known=known)
            )
    found = {name: files[name] for name in KNOWN if name in files}
    if not found:
        raise CallError(_("{folder}: folder templat tidak berisi {known}.").format(folder=folder, known=known))
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = _("{file}: tidak dapat dibaca ({why}).")
        raise CallError(message.format(file=file, why=error.strerror or error)) from None


def _read_lines(file: Path) -> tuple[str, ...]:
    try:
        text = _read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        message = _("{file}: bukan teks UTF-8; simpan kembali dengan pengodean UTF-8.")
        raise CallError(message.format(file=file)) from None
    lines = tuple(line for raw in text.splitlines() if (line := clean(raw).strip()))
    if not 0 < len(lines) <= MOST_LINES:
        message = _("{file}: ditemukan {n} baris; yang diizinkan: 1 sampai {most} baris kop.")
        raise CallError(message.format(file=file, n=len(lines), most=MOST_LINES))
    return lines


def _read_logo(file: Path, name: str) -> bytes:
    from docx.image.image import Image

    logo = _read(file)
    kind = name.rpartition(".")[2]
    try:
        if kind == "svg":
            draw_pictures([(logo.decode("utf-8-sig"), 1.0)])
        elif not logo.startswith(LOGOS[name]) or not Image.from_blob(logo).px_height:
            raise ValueError(name)
    except Exception:  # text that is no SVG, a picture that Word would not read: typst and python-docx raise many kinds
        message = _("{file}: isinya bukan gambar {kind}; ekspor kembali logo sebagai PNG, JPG, atau SVG.")
        raise CallError(message.format(file=file, kind=kind.upper())) from None
    return logo


def _read_base(file: Path) -> bytes:
    """Return the base document once Word's styles that a report uses are all in it."""
    import docx

    base = _read(file)
    try:
        names = {str(style.name).casefold() for style in docx.Document(io.BytesIO(base)).styles if style.type == 1}
    except Exception:  # not a zip file, not Word, a template or a file with macros: python-docx raises many kinds
        message = _("{file}: bukan dokumen Word (.docx) biasa; simpan kembali sebagai Dokumen Word (.docx).")
        raise CallError(message.format(file=file)) from None
    missing = [name for name in REQUIRED if name.casefold() not in names]
    if missing:
        message = _(
            "{file}: gaya paragraf {missing} tidak ada. Yang dibutuhkan: {needed}. Buat dasar.docx dari laporan Word "
            "yang disusun program ini, ubah gayanya, lalu simpan."
        )
        needed = list_values(REQUIRED, shown=len(REQUIRED))
        raise CallError(message.format(file=file, missing=list_values(missing), needed=needed))
    return base
