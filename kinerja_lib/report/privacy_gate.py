"""The gate of a report folder: no page in any format and no executed notebook with a NIP in it passes.

Whatever a notebook shows or prints is searched as bytes: drawings inside a page, the parts of a Word or Excel file and
the streams of a PDF too. What looks like a NIP is refused, and so is any other number of 18 digits that is an id of the
data. The running text of a PDF is numbers of glyphs; the notebook beside it, which is searched, holds the same text.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from kinerja_lib.errors import KinerjaError, RunError
from kinerja_lib.language import _
from kinerja_lib.read import find_datasets, read_dataset
from kinerja_lib.rules import parse_nip

DIGITS = 18
RUNS = re.compile(
    rb"[0-9]{18,}|[0-9]{8}[ .-][0-9]{6}[ .-][0-9][ .-][0-9]{3}(?![0-9])|"
    rb"(?<![0-9])[0-9]{3}(?:[.,][0-9]{3}){5}(?![0-9])"  # a NIP that was taken for an amount
)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
DEPTH = 3  # of files inside files
ENCODED = re.compile(rb"base64,([A-Za-z0-9+/=]{24,})")
ID_COLUMNS = ("pegawai_id", "penilai_id", "pembimbing_id")


def refuse_ids(contents: dict[str, bytes], *, data: str = "") -> None:
    """Refuse files in which a NIP stands.

    Parameters
    ----------
    contents : dict of str to bytes
        What a report would write, by name.
    data : str
        The data that the report is made from; only read when a number of 18 digits is in doubt.

    Raises
    ------
    RunError
        A NIP, or another id of the data with 18 digits, stands in one of them; the message does not show it.
    """
    for name, content in contents.items():
        if holds_id(content, data=data):
            message = _(
                "{file} memuat NIP, jadi tidak ditulis: laporan tidak boleh menunjuk orang. "
                "Hapus sel notebook yang menampilkan pegawai satu per satu."
            )
            raise RunError(message.format(file=name))


def holds_id(content: bytes, *, data: str = "") -> bool:
    """Tell whether a NIP, or an id of the data with 18 digits, stands in `content`."""
    numbers = set(_find_numbers(content))
    return any(not parse_nip(number).faults for number in numbers) or bool(numbers and numbers & _read_ids(data))


def _find_numbers(content: bytes) -> Iterator[str]:
    """Yield every number of 18 digits, wherever in the file it stands."""
    for layer in open_layers(content):
        for found in RUNS.finditer(layer):
            digits = re.sub(rb"[ .,-]", b"", found[0]).decode("ascii")
            yield from (digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))


def open_layers(content: bytes, *, depth: int = DEPTH, most: int = 0) -> Iterator[bytes]:
    """Iterate over what a file holds: its bytes, the files packed in it, streams and drawings unpacked.

    Parameters
    ----------
    content : bytes
        A page in any format, or a notebook.
    depth : int
        How deep files inside files are opened.
    most : int
        Bytes that one packed file may give, for files of unknown origin; 0 = all.

    Yields
    ------
    bytes
        First `content` itself. Text of two bytes a letter also comes with one byte a letter.

    Examples
    --------
    >>> list(open_layers(b"data:image/png;base64," + base64.b64encode(b"sebuah gambar kecil")))[1]
    b'sebuah gambar kecil'
    """
    yield content
    if b"\x00" in content:
        yield content.replace(b"\x00", b"")
    if depth:
        for inner in _unpack(content, most):
            yield from open_layers(inner, depth=depth - 1, most=most)


def _unpack(content: bytes, most: int) -> Iterator[bytes]:
    """Yield what is packed in the bytes; what cannot be unpacked is passed over."""
    if content.startswith(b"PK"):
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode("utf-8", "surrogatepass")
                with archive.open(name) as member:
                    yield member.read(most or -1)
    if content.startswith(b"%PDF"):
        for found in STREAM.finditer(content):
            with suppress(zlib.error):
                yield zlib.decompressobj().decompress(found[1], most)
    for found in ENCODED.finditer(content):
        with suppress(binascii.Error):
            yield base64.b64decode(found[1], validate=True)


@cache
def _read_ids(data: str) -> frozenset[str]:
    """Return the ids of people in the data; none where they cannot be read."""
    return frozenset().union(*map(_read_own_ids, find_datasets(data) if data else ()))


def _read_own_ids(folder: Path) -> frozenset[str]:
    try:
        tables = read_dataset(folder).tables.values()
    except (KinerjaError, OSError):
        return frozenset()
    return frozenset(
        str(value)
        for frame in tables
        for column in ID_COLUMNS
        if column in frame
        for value in frame[column].dropna().unique()
    )
