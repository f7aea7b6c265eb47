"""The gate of a report folder: no page and no executed notebook with a NIP in it passes.

Whatever a notebook shows or prints is searched as bytes, drawings inside the page and the parts of a Word or Excel
file too; a PDF packs its text, but says only what the notebook beside it says. What looks like a NIP is refused, and so
is any other number of 18 digits that is an id of the data.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from kinerja_lib.errors import KinerjaError, RunError
from kinerja_lib.language import _
from kinerja_lib.read import find_datasets, read_dataset
from kinerja_lib.rules import parse_nip

DIGITS = 18
RUNS = re.compile(rb"[0-9]{18,}|[0-9]{8}[ .-][0-9]{6}[ .-][0-9][ .-][0-9]{3}(?![0-9])")
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
    numbers = {number for part in _open_members(content) for number in _find_numbers(part)}
    return any(not parse_nip(number).faults for number in numbers) or bool(numbers and numbers & _read_ids(data))


def _open_members(content: bytes) -> Iterator[bytes]:
    """Yield a file, or what is packed in it where it is a Word or Excel file."""
    if not content.startswith(b"PK"):
        yield content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            yield packed.read(name)


def _find_numbers(content: bytes) -> Iterator[str]:
    """Yield every number of 18 digits, also from drawings and pictures that are embedded."""
    for found in RUNS.finditer(content):
        digits = re.sub(rb"[ .-]", b"", found[0]).decode("ascii")
        yield from (digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))
    for found in ENCODED.finditer(content):
        with suppress(binascii.Error):
            yield from _find_numbers(base64.b64decode(found[1], validate=True))


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
