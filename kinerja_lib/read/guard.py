"""Look at a file before any reader does: what it is, and whether reading it can harm; standard library only.

Containers are streamed once, by what they hold and not by what they declare; the caller scans the sheets on the way.
What slips through still meets the memory and time limits of the process that reads (`child`).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

MAX_FILE = 200_000_000  # bytes on disk
MAX_STREAMED = 500_000_000  # bytes of a container once unpacked: more takes too long to read
MAX_CELLS = 10_000_000  # of all sheets, with the empty ones between; a full height of Excel is nine columns wide
MANY_CELLS = 1_000_000  # from here on a sheet that is nearly empty is stretched by a stray cell
SPARSE = 200  # cells laid out for each one filled
MAX_TEXT = 1_000_000  # characters of one cell; Excel itself stops at 32,767
MAX_MEMBERS = 5_000
MAX_RATIO = 400
SMALL = 10_000_000  # bytes below which no ratio matters
PIECE = 1 << 20

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WIDE = 702  # columns up to ZZ
END_OF_CHAIN = 0xFFFFFFFA  # from here on a sector number is a mark
FOREIGN = (
    *(
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x1f\x8b",
        b"PAR1",
        b"{\\rtf",
        b"SQLite",
    ),
    *(b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"),  # Excel before 1993
)
HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|meta|body|table|style|div|center|script|title|h\d|p)\b",
    re.I | re.S,
)
Pieces = Iterator[bytes]


class Refused(Exception):  # noqa: N818 - it says what happened to the file
    """A file that is not read: the rule, and what its message needs (`sheets` words it)."""

    def __init__(self, rule: str, **details: Any) -> None:
        """Keep rule and details."""
        super().__init__(rule)
        self.rule = rule
        self.details = details


@dataclass(slots=True)
class Scan:
    """What one sheet holds, seen without its values: rows and columns from 1, addresses in A1 form."""

    errors: list[str] = field(default_factory=list)
    unstored: list[str] = field(default_factory=list)
    formulas: int = 0
    filled: int = 0
    rows: tuple[int, int] = (0, 0)
    columns: tuple[int, int] = (0, 0)
    lowest: tuple[int, int] = (0, 0)
    rightmost: tuple[int, int] = (0, 0)

    @property
    def cells(self) -> int:
        """Cells of the rectangle that a reader will lay out."""
        return (self.rows[1] - self.rows[0] + 1) * (self.columns[1] - self.columns[0] + 1) if self.rows[1] else 0

    @property
    def stretched(self) -> bool:
        """Whether so much of the rectangle is empty, or it is so large, that a stray cell must be the cause."""
        return self.cells > MAX_CELLS or self.cells > max(MANY_CELLS, SPARSE * self.filled)

    @property
    def far(self) -> str:
        """The cell that stretches the sheet: wide sheets by their last column, others by their last row."""
        return to_address(*(self.rightmost if self.columns[1] > WIDE else self.lowest))

    def reach(self, row: int, column: int, times: int = 1) -> None:
        """Count a filled cell in, with its repetitions."""
        self.filled += times
        if not self.rows[1]:
            self.rows, self.columns = (row, row), (column, column)
        if row >= self.rows[1]:
            self.lowest = row, column
        if column >= self.columns[1]:
            self.rightmost = row, column
        self.rows = min(row, self.rows[0]), max(row, self.rows[1])
        self.columns = min(column, self.columns[0]), max(column, self.columns[1])

    def note(self, address: str, *, error: bool, stored: bool) -> None:
        """Keep an error cell, or a formula: with its stored value or without."""
        if error:
            self.errors.append(address)
        elif stored:
            self.formulas += 1
        else:
            self.unstored.append(address)


def to_address(row: int, column: int) -> str:
    """Return the A1 form of a row and a column, both from 1.

    Examples
    --------
    >>> to_address(5, 28)
    'AB5'
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def to_position(address: str) -> tuple[int, int]:
    """Return row and column, both from 1, of an address such as "AB5"; (0, 0) when it is none.

    Examples
    --------
    >>> to_position("AB5"), to_position("XFD1048576")
    ((5, 28), (1048576, 16384))
    """
    match = re.fullmatch(r"([A-Z]{1,6})([1-9]\d{0,17})", address.upper())
    return (int(match[2]), to_column(match[1])) if match else (0, 0)


def to_column(letters: str) -> int:
    """Return the number of a column, from 1: "A" is 1, "XFD" is 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def find_kind(path: Path) -> str:
    """Return "zip", "ole", "html" or "text" by the first bytes; the suffix says nothing.

    Raises
    ------
    Refused
        The file is empty, too large, or of a kind that holds no tables.
    """
    size = path.stat().st_size
    if not size:
        raise Refused("file_empty")
    if size > MAX_FILE:
        raise Refused("file_too_large", reason="bytes")
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(OLE):
        return "ole"
    if head.startswith(FOREIGN):
        raise Refused("file_type", reason="foreign")
    return _text_kind(head)


def _text_kind(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    else:
        text = head.removeprefix(b"\xef\xbb\xbf")
        odd = len(text) - len(text.translate(None, bytes(range(9)) + bytes(range(14, 32))))
        if odd * 10 > len(text):
            raise Refused("file_type", reason="binary")
    start = text[:2000].lstrip().lower()
    if start.startswith(b"mime-version:"):
        raise Refused("file_type", reason="web_archive")
    if HTML.match(text) or (start.startswith(b"<") and b"<table" in text.lower()):
        return "html"
    if start.startswith(b"<?xml"):
        raise Refused("file_type", reason="xml")
    return "text"


class Container:
    """A zip of a workbook: its members are known to be sane by number, name, ratio and declared size."""

    def __init__(self, path: Path) -> None:
        """Look at the directory of the zip.

        Raises
        ------
        Refused
            It is damaged, locked, of another kind, or made to harm its reader.
        """
        self.path = path
        try:
            with ZipFile(path) as file:
                self.members = _check_members(file.infolist())
            self.kind = self._find_kind()
        except (BadZipFile, EOFError, NotImplementedError, ValueError, struct.error, zlib.error):
            raise Refused("file_damaged") from None

    def read(self, member: str, *, most: int = SMALL) -> bytes:
        """Return a small member whole."""
        found = b""
        for piece in self.stream(member):
            found += piece
            if len(found) > most:
                raise Refused("file_unsafe", reason="declared")
        return found

    def stream(self, member: str) -> Pieces:
        """Yield what a member holds; refuse it when that is not what it declares."""
        with self.path.open("rb") as raw:
            yield from _inflate(raw, self.members[member])

    def _find_kind(self) -> str:
        names = self.members
        if "xl/workbook.xml" in names:
            return "xlsx"
        if "xl/workbook.bin" in names:
            raise Refused("file_type", reason="xlsb")
        kind = self.read("mimetype") if "mimetype" in names else b""
        if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet") and "content.xml" in names:
            manifest = "meta-inf/manifest.xml"
            if manifest in names and b"encryption-data" in self.read(manifest):
                raise Refused("file_encrypted")
            return "ods"
        office = kind or any(name.startswith(("word/", "ppt/")) for name in names)
        raise Refused("file_type", reason="foreign" if office else "archive")


def _check_members(infos: list[ZipInfo]) -> dict[str, ZipInfo]:
    """Return the members by name in small letters, as calamine looks for them."""
    if len(infos) > MAX_MEMBERS:
        raise Refused("file_unsafe", reason="members")
    if any(info.flag_bits & 0x1 for info in infos):
        raise Refused("file_encrypted")
    members = {info.filename.replace("\\", "/").lower(): info for info in infos}
    if len(members) < len(infos):
        raise Refused("file_unsafe", reason="double")
    if any(name.startswith("/") or ".." in name.split("/") or name[1:2] == ":" for name in members):
        raise Refused("file_unsafe", reason="path")
    if any(info.file_size > max(SMALL, MAX_RATIO * info.compress_size) for info in infos):
        raise Refused("file_unsafe", reason="ratio")
    if sum(info.file_size for info in infos) > MAX_STREAMED:
        raise Refused("file_too_large", reason="unpacked")
    if any(info.compress_type not in {0, 8} for info in infos):
        raise Refused("file_damaged")
    return members


def _inflate(raw: IO[bytes], info: ZipInfo) -> Pieces:
    raw.seek(max(info.header_offset, 0))
    head = raw.read(30)
    if head[:4] != b"PK\x03\x04":
        raise BadZipFile
    raw.seek(sum(struct.unpack("<HH", head[26:30])), 1)
    left, total, rest = info.compress_size, 0, b""
    inflater = zlib.decompressobj(-15) if info.compress_type else None
    while left or rest:
        piece = rest or raw.read(min(left, 1 << 16 if inflater else PIECE))
        if not piece:
            raise EOFError
        left -= 0 if rest else len(piece)
        out, rest = (inflater.decompress(piece, PIECE), inflater.unconsumed_tail) if inflater else (piece, b"")
        total += len(out)
        if total > info.file_size:
            raise Refused("file_unsafe", reason="declared")
        if out:
            yield out
    if total != info.file_size or (inflater and not inflater.eof):
        raise EOFError


def refuse_entities(pieces: Pieces) -> None:
    """Read XML through without keeping it; refuse declarations that a parser would expand, and odd encodings."""
    tail = b""
    for piece in pieces:
        text = tail + piece
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise Refused("file_unsafe", reason="doctype")
        if not tail and text[:2] in {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}:
            raise Refused("file_unsafe", reason="encoding")
        tail = piece[-16:]


def parse_xml(
    pieces: Pieces,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk through XML in one pass; a document type is refused before anything of it is expanded."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    for piece in pieces:
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_declared: object) -> None:
    raise Refused("file_unsafe", reason="doctype")


def read_ole(path: Path) -> bytes:
    """Return the workbook's stream of an OLE file (.xls).

    Raises
    ------
    Refused
        The file is locked, damaged, or holds something else than a workbook.
    """
    try:
        streams = _Ole(path.read_bytes())
        if any(name in streams.entries for name in ("encryptedpackage", "encryptioninfo")):
            raise Refused("file_encrypted")
        for name in ("workbook", "book"):
            if name in streams.entries:
                return streams.read(name)
    except (struct.error, IndexError, ValueError, UnicodeDecodeError):
        raise Refused("file_damaged") from None
    raise Refused("file_type", reason="foreign")


class _Ole:
    """The streams of a compound file; chains that run in circles or out of the file are refused."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in {9, 12} or mini_shift != 6:
            raise ValueError
        self.size = 1 << shift
        first, _mark, self.cutoff, mini, _count, extra, extras = struct.unpack_from("<7I", data, 48)
        sectors = list(struct.unpack_from("<109I", data, 76))
        for _turn in range(min(extras, len(data) >> shift)):
            *more, extra = struct.unpack(f"<{self.size // 4}I", self.sector(extra))
            sectors += more
        table = b"".join(self.sector(number) for number in sectors if number < END_OF_CHAIN)
        self.table = struct.unpack(f"<{len(table) // 4}I", table)
        self.entries = self._read_entries(self.chain(first))
        _start, small = self.entries.get("root entry", (END_OF_CHAIN, 0))
        self.small = self.chain(_start)[:small] if _start < END_OF_CHAIN else b""
        table = self.chain(mini) if mini < END_OF_CHAIN else b""
        self.small_table = struct.unpack(f"<{len(table) // 4}I", table)

    def sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        if start >= len(self.data):
            raise ValueError
        return self.data[start : start + self.size].ljust(self.size, b"\0")

    def chain(self, number: int) -> bytes:
        numbers = self._follow(self.table, number)
        return b"".join(self.sector(number) for number in numbers)

    @staticmethod
    def _follow(table: tuple[int, ...], number: int) -> list[int]:
        numbers = []
        while number < END_OF_CHAIN:
            numbers.append(number)
            if len(numbers) > len(table):
                raise ValueError
            number = table[number]
        return numbers

    @staticmethod
    def _read_entries(directory: bytes) -> dict[str, tuple[int, int]]:
        entries: dict[str, tuple[int, int]] = {}
        for at in range(0, len(directory), 128):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
            if kind in {2, 5}:
                start, size = struct.unpack_from("<II", directory, at + 116)
                entries.setdefault(name, (start, size))
        return entries

    def read(self, name: str) -> bytes:
        start, size = self.entries[name]
        if size >= self.cutoff:
            return self.chain(start)[:size]
        pieces = [self.small[number * 64 : number * 64 + 64] for number in self._follow(self.small_table, start)]
        return b"".join(pieces)[:size]


FILLED = {0x203, 0x204, 0x205, 0x27E, 0xFD, 0xD6, 0xBD, 0x06, 0x206, 0x406}  # records of cells that hold something
BOUNDSHEET, FILEPASS, END, START = 0x85, 0x2F, 0x0A, 0x809


def scan_xls(book: bytes) -> dict[str, Scan]:
    """Return what each sheet of a workbook's stream (.xls) holds, by its name, in the order of the workbook.

    Raises
    ------
    Refused
        The workbook is locked.
    """
    scans = {}
    wide = book[4:6] == b"\x00\x06"  # since Excel 97 names are Unicode
    for kind, at, length in _records(book, 0):
        if kind == FILEPASS:
            raise Refused("file_encrypted")
        if kind == BOUNDSHEET and length >= 8:
            (place,) = struct.unpack_from("<I", book, at)
            name = book[at + 7 + wide : at + length]
            scans[name.decode("utf-16-le" if wide and book[at + 7] else "cp1252", "replace")] = _scan_sheet(book, place)
    return scans


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield kind, place and length of the records of one substream; charts within it are passed over."""
    depth = 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        if at + 4 + length > len(book):
            return
        depth += (kind == START) - (kind == END)
        if depth <= 1:
            yield kind, at + 4, length
        at += 4 + length
        if depth <= 0 and kind == END:
            return


def _scan_sheet(book: bytes, place: int) -> Scan:
    scan = Scan()
    for kind, at, length in _records(book, place):
        if kind not in FILLED or length < 6:
            continue
        row, column = (number + 1 for number in struct.unpack_from("<HH", book, at))
        scan.reach(row, column)
        if kind == 0xBD:  # several numbers side by side
            scan.reach(row, column + max(0, (length - 6) // 6 - 1), (length - 6) // 6)
        elif kind == 0x205 and length >= 8 and book[at + 7]:
            scan.note(to_address(row, column), error=True, stored=False)
        elif kind & 0xFF == 0x06 and length >= 14:
            failed = book[at + 6] == 2 and book[at + 12 : at + 14] == b"\xff\xff"
            scan.note(to_address(row, column), error=failed, stored=True)
    return scan
