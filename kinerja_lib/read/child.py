"""The process that reads: one file after another, within limits of memory and time, for `sheets` to talk to.

It loads the standard library and python-calamine only, so that it starts in a blink; whatever kills it kills nothing
else. Before calamine reads a workbook its sheets are scanned: how far the cells reach, which hold errors, which
formulas have no stored value. calamine gives "" for both, and ends its process on a cell too far away.
"""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import os
import pickle
import re
import signal
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat
from zipfile import BadZipFile

from kinerja_lib.read import csvfile, guard
from kinerja_lib.read.guard import (
    MAX_CELLS,
    MAX_TEXT,
    Container,
    Pieces,
    Refused,
    Scan,
    parse_xml,
    refuse_entities,
    to_address,
    to_column,
    to_position,
)

MEMORY = 1_200_000_000  # bytes of address space: with what the caller keeps of it, less than 1.5 GB
SECONDS = 17.0
TIRED = 300_000_000  # bytes: a process that grew so large is replaced

Send = Callable[[tuple[Any, ...]], None]


def serve() -> None:
    """Answer requests from standard input on standard output, until there are none."""
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's affair
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _limit_memory()
    gc.disable()  # nothing here runs in circles, and rows are many objects
    sink = os.fdopen(nowhere, "w")

    def send(message: tuple[Any, ...]) -> None:
        pickle.dump(message, out, protocol=5)
        out.flush()

    while True:
        try:
            path = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        faulthandler.dump_traceback_later(SECONDS + 3, exit=True, file=sink)  # should the caller be gone
        sound = answer(Path(path), send)
        faulthandler.cancel_dump_traceback_later()
        tired = not sound or _peak_memory() > TIRED
        send(("done", tired))
        if tired:
            return


def answer(path: Path, send: Send) -> bool:
    """Read one file and send what it holds, or why it is not read; return whether the process is fit for another."""
    try:
        read_file(path, send)
    except Refused as refused:
        send(("refused", refused.rule, refused.details))
    except OSError:
        send(("refused", "file_unreadable", {}))
    except MemoryError:
        send(("refused", "file_memory", {}))
        return False
    except Exception:
        send(("refused", "file_damaged", {}))
    except BaseException:  # a panic of the reader, which is none of Python's errors
        send(("refused", "file_damaged", {}))
        return False
    return True


def read_file(path: Path, send: Send) -> None:
    """Send the sheets of a file: ("sheet", fields), then ("rows", rows, lines) as often as needed.

    Raises
    ------
    Refused
        The file is not read, and why.
    """
    kind = guard.find_kind(path)
    with path.open("rb") as stream:
        send(("hash", hashlib.file_digest(stream, "sha256").hexdigest()))
    if kind == "text":
        csvfile.read_csv(path, send)
    elif kind == "html":
        csvfile.read_html(path, send)
    else:
        scans = guard.scan_xls(guard.read_ole(path)) if kind == "ole" else scan_container(path)
        _check_reach(scans)
        _read_workbook(path, scans, send)


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit: the time limit must do
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _peak_memory() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _read_workbook(path: Path, scans: dict[str, Scan], send: Send) -> None:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    ordered = list(scans.values())  # the names of an old .xls may be spelt in another code page
    try:
        with (
            path.open("rb") as stream,
            CalamineWorkbook.from_filelike(stream) as workbook,
        ):  # a path tells by its suffix
            for place, about in enumerate(workbook.sheets_metadata):
                if about.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = workbook.get_sheet_by_index(place)
                row, column = sheet.start or (0, 0)
                if (sheet.total_height - row) * sheet.width > MAX_CELLS:
                    raise Refused("file_stray_cell", sheet=about.name, cell=to_address(*_end(sheet)))
                scan = scans.get(about.name) or (ordered[place] if place < len(ordered) else Scan())
                facts = {"name": about.name, "hidden": about.visible != SheetVisibleEnum.Visible}
                facts |= {"first_row": row + 1, "first_column": column + 1, "formulas": scan.formulas}
                send(("sheet", facts | {"errors": frozenset(scan.errors), "unstored": frozenset(scan.unstored)}))
                rows = islice(sheet.iter_rows(), row, None)
                csvfile.send_rows(_blank(rows, scan, row + 1, column + 1), send, sheet=about.name)
    except PasswordError:
        raise Refused("file_encrypted") from None
    except CalamineError:
        raise Refused("file_damaged") from None


def _end(sheet: Any) -> tuple[int, int]:
    row, column = sheet.end or (0, 0)
    return row + 1, column + 1


def _blank(rows: Iterator[list[Any]], scan: Scan, row: int, column: int) -> Iterator[tuple[list[Any], int]]:
    """Yield the rows, each with line 0, with "" where a cell holds an error or no value, whatever the reader gave."""
    places: dict[int, list[int]] = {}
    for address in (*scan.errors, *scan.unstored):
        at, place = to_position(address)
        places.setdefault(at - row, []).append(place - column)
    for number, cells in enumerate(rows):
        for place in places.get(number, ()):
            if 0 <= place < len(cells):
                cells[place] = ""
        yield cells, 0


def _check_reach(scans: dict[str, Scan]) -> None:
    for name, scan in scans.items():
        if scan.stretched:
            raise Refused("file_stray_cell", sheet=name, cell=scan.far)
    if sum(scan.cells for scan in scans.values()) > MAX_CELLS:
        raise Refused("file_too_large", reason="cells")


def scan_container(path: Path) -> dict[str, Scan]:
    """Stream a zipped workbook once; return what each sheet holds, by its name.

    Raises
    ------
    Refused
        It is damaged, locked, of another kind, or made to harm its reader.
    """
    container = Container(path)
    scans: dict[str, Scan] = {}
    try:
        names = _sheet_names(container) if container.kind == "xlsx" else {}
        for member in container.members:
            if member in names:
                scans[names[member]] = _scan_sheet(container, member)
            elif container.kind == "ods" and member == "content.xml":
                scans |= ContentXml().read(container.stream(member))
            elif member.endswith((".xml", ".rels")):
                refuse_entities(container.stream(member))
    except (BadZipFile, EOFError, ValueError, struct.error, zlib.error, expat.ExpatError):
        raise Refused("file_damaged") from None
    return scans


def _sheet_names(container: Container) -> dict[str, str]:
    """Return member -> name of the sheet, from the workbook and its relations."""
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relate(tag: str, found: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = found.get("Target", "").replace("\\", "/").removeprefix("./")
            full = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[found.get("Id", "")] = full.lower()

    def name(tag: str, found: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            key = next((value for key, value in found.items() if key.endswith(":id")), "")
            names[targets.get(key, "")] = found.get("name", "")

    if "xl/_rels/workbook.xml.rels" in container.members:
        parse_xml(container.stream("xl/_rels/workbook.xml.rels"), relate)
    parse_xml(container.stream("xl/workbook.xml"), name)
    return names


def _scan_sheet(container: Container, member: str) -> Scan:
    scan = scan_quickly(container.stream(member))
    if scan is None or scan.stretched:
        scan = SheetXml().read(container.stream(member))
    return scan


HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?\s*<worksheet\b")
ENCODING = re.compile(rb"encoding=.(?!utf-8)", re.I)
COLUMNS = re.compile(rb'<c(?: r="([A-Z]{1,3})[1-9]|[\s/>])')
ROWS = re.compile(rb'<c r="[A-Z]+(\d+)"')
CELL = re.compile(rb'<c r="([A-Z]+\d+)"(|[^>]*[^/>])>(.*?)</c>', re.S)
STORED = re.compile(rb"<v[^>]*>[^<]")


def scan_quickly(pieces: Pieces) -> Scan | None:
    """Scan a worksheet as the usual programs write it; None when it is unusual, for `SheetXml` to read.

    Every cell counts as filled here, formatted empty ones too: the reach is an upper bound.
    """
    scan = Scan()
    tail = b""
    for number, piece in enumerate(pieces):
        if number == 0 and not ((head := HEAD.match(piece)) and not ENCODING.search(head[1] or b"")):
            return None
        text = tail + piece
        cut = text.rfind(b"<c ")
        text, tail = (text[:cut], text[cut:]) if cut > 0 else (b"", text)
        if len(tail) > 8 * MAX_TEXT:
            raise Refused("file_cell_size")
        if not _scan_text(text, scan):
            return None
    return scan if _scan_text(tail, scan) else None


def _scan_text(text: bytes, scan: Scan) -> bool:
    """Take in whole cells; False when the way they are written is not the usual one."""
    columns = COLUMNS.findall(text)
    if b"" in columns or (b"!" in text and b"<!" in text):
        return False
    if rows := [int(row) for row in set(ROWS.findall(text))]:
        letters = [to_column(letter.decode()) for letter in set(columns)]
        for row in (min(rows), max(rows)):
            scan.reach(row, min(letters), 0)
            scan.reach(row, max(letters), 0)
        scan.filled += len(columns)
    if scan.formulas or scan.unstored or b"</f>" in text or b' t="e"' in text:
        for address, attributes, inner in CELL.findall(text):
            error, formula = b't="e"' in attributes, b"<f" in inner
            if error or formula:
                stored = bool(STORED.search(inner)) or b't="str"' in attributes  # a formula may well give ""
                scan.note(address.decode(), error=error, stored=stored)
    return True


class SheetXml:
    """Scan a worksheet element by element, however it is written; slower, and only filled cells count."""

    def __init__(self) -> None:
        """Start before the first row."""
        self.scan = Scan()
        self.row = self.column = 0
        self.kind = ""
        self.formula = self.stored = self.inside = False

    def read(self, pieces: Pieces) -> Scan:
        """Return what the worksheet holds."""
        parse_xml(pieces, self._start, self._end, self._text)
        return self.scan

    def _start(self, tag: str, found: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            self.row = int(found["r"]) if found.get("r", "").isdecimal() else self.row + 1
            self.column = 0
        elif tag == "c":
            place = to_position(found.get("r", ""))
            self.row, self.column = place if place[0] else (max(self.row, 1), self.column + 1)
            self.kind = found.get("t", "")
            self.formula = self.stored = False
        elif tag == "f":
            self.formula = True
        self.inside = tag in {"v", "t"}

    def _text(self, text: str) -> None:
        self.stored = self.stored or (self.inside and text != "")

    def _end(self, tag: str) -> None:
        self.inside = False
        if tag.rpartition(":")[2] == "c":
            if self.stored:
                self.scan.reach(self.row, self.column)
            if self.formula or self.kind == "e":
                stored = self.stored or self.kind == "str"
                self.scan.note(to_address(self.row, self.column), error=self.kind == "e", stored=stored)


class ContentXml:
    """Scan the tables of an OpenDocument file, with its repeated rows and cells."""

    def __init__(self) -> None:
        """Start before the first table."""
        self.scans: dict[str, Scan] = {}
        self.scan = Scan()
        self.row = self.column = self.depth = 0
        self.repeat = self.span = 1
        self.cell: dict[str, str] = {}
        self.text = ""
        self.inside = False

    def read(self, pieces: Pieces) -> dict[str, Scan]:
        """Return what each table holds, by its name."""
        parse_xml(pieces, self._start, self._end, self._text)
        return self.scans

    def _start(self, tag: str, found: dict[str, str]) -> None:
        if tag == "table:table":
            self.depth += 1
            if self.depth == 1:
                self.scan = self.scans.setdefault(found.get("table:name", ""), Scan())
                self.row = 0
        elif tag == "table:table-row":
            self.repeat, self.column = _count(found, "table:number-rows-repeated"), 0
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self.span = _count(found, "table:number-columns-repeated")
            self.cell, self.text, self.inside = found, "", True

    def _text(self, text: str) -> None:
        if self.inside and len(self.text) < 20:
            self.text += text

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self.depth -= 1
        elif tag == "table:table-row":
            self.row += self.repeat
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            self.inside = False
            self._finish()
            self.column += self.span

    def _finish(self) -> None:
        kind, formula = self.cell.get("office:value-type", ""), "table:formula" in self.cell
        row, column = self.row + 1, self.column + 1
        if kind or self.text:
            self.scan.reach(row, column)
            self.scan.reach(row + self.repeat - 1, column + self.span - 1, self.repeat * self.span - 1)
        error = self.cell.get("calcext:value-type") == "error" or (formula and self.text.startswith(("#", "Err:")))
        if formula or error:
            self.scan.note(to_address(row, column), error=error, stored=bool(kind or self.text))


def _count(found: dict[str, str], name: str) -> int:
    text = found.get(name, "1")
    return max(1, min(int(text), 1 << 31)) if text.isdecimal() and len(text) < 12 else 1 << 31
