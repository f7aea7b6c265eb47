"""Text files as rows: CSV with whatever delimiter and encoding, and HTML tables that sites call a workbook.

Fields stay as they are written. Records that cannot be read as CSV are named by their physical line and kept as well as
one line allows. Standard library only (see `child`).
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import IO, Any

from kinerja_lib.read.guard import MAX_CELLS, MAX_TEXT, PIECE, Refused

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 100  # records that decide on the delimiter
BATCH = 20_000  # cells sent at a time
MAX_AGAIN = 2_000_000  # lines of broken records that are read once more
MAX_COLUMNS = 16_384
MAX_WEIGHT = 1_000_000_000  # bytes, roughly, that the rows take where they are kept
BLOCKS = frozenset(
    ["p", "div", "center", "h1", "h2", "h3", "h4", "h5", "h6", "li", "br", "hr", "tr", "caption", "section", "header"]
)
SILENT = frozenset({"script", "style", "title", "template", "noscript", "xml", "select"})
LOOKED_AT = 5_000  # characters of a line
QUOTED = re.compile(r'"(?:[^"]|"")*"')
SPACE = re.compile(r"[ \t\r\n\f]+")

Send = Callable[[tuple[Any, ...]], None]


def read_csv(path: Path, send: Send) -> None:
    """Send the one sheet of a CSV: every record that holds anything, with the line on which it starts.

    Raises
    ------
    Refused
        The file holds nothing, or too many cells.
    """
    encoding = find_encoding(path)
    if encoding in {"cp1252", "latin-1"}:
        send(("found", "csv_encoding", {}))
    csv.field_size_limit(MAX_TEXT)
    with path.open(encoding=encoding, newline="") as stream:
        lines = _Lines(stream)
        delimiter = _skip_hint(lines) or find_delimiter(lines.peek(SAMPLE))
        send(("sheet", {"name": None}))
        if not send_rows(_records(lines, delimiter, send), send):
            raise Refused("file_empty")


def send_rows(rows: Iterable[tuple[list[Any], int]], send: Send, *, sheet: str | None = None) -> int:
    """Send rows with their lines (0: no lines) in batches, equal texts of a batch once; return how many there were.

    Raises
    ------
    Refused
        There are too many cells, or one holds too long a text.
    """
    total, cells, weight = 0, 0, 0
    for batch in _batches(rows):
        texts: dict[str, str] = {}
        once = texts.setdefault
        found = [[once(value, value) if type(value) is str else value for value in row] for row, _line in batch]
        if max(map(len, texts), default=0) > MAX_TEXT:
            raise Refused("file_cell_size", sheet=sheet)
        total += len(found)
        cells += sum(map(len, found))
        if cells > MAX_CELLS:
            raise Refused("file_too_large", reason="cells")
        weight += sum(map(len, texts)) + 64 * len(texts) + 130 * len(found)
        if weight + 8 * cells > MAX_WEIGHT:
            raise Refused("file_memory")
        send(("rows", found, [line for _row, line in batch] if batch[0][1] else None))
    return total


def _batches(rows: Iterable[tuple[list[Any], int]]) -> Iterator[list[tuple[list[Any], int]]]:
    batch: list[tuple[list[Any], int]] = []
    left = BATCH
    for row in rows:
        batch.append(row)
        left -= len(row[0]) + 1
        if left < 0:
            yield batch
            batch, left = [], BATCH
    if batch:
        yield batch


def find_encoding(path: Path) -> str:
    """Return the encoding: UTF-8 or UTF-16 by its mark, UTF-8 when all of it is, else that of Windows."""
    with path.open("rb") as stream:
        head = stream.read(3)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16" if _decodes(path, "utf-16") else _give_up()
    for encoding in ("utf-8-sig", "cp1252"):
        if _decodes(path, encoding):
            return encoding
    return "latin-1"


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as stream:
            while stream.read(PIECE):
                pass
    except UnicodeError:
        return False
    return True


def _give_up() -> str:
    raise Refused("file_damaged")


class _Lines:
    """Physical lines, with a way to look ahead and to put lines back."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []  # lines of the record at hand

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self.stream.readline()
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def peek(self, count: int) -> list[str]:
        while len(self.waiting) < count and (line := self.stream.readline()):
            self.waiting.append(line)
        return list(islice(self.waiting, count))

    def keep_first(self) -> str:
        """Put the lines of the record back but for the first, and return that one."""
        first, *others = self.taken
        self.waiting.extendleft(reversed(others))
        self.taken = []
        return first


def _skip_hint(lines: _Lines) -> str:
    """Return the delimiter that Excel's own first line `sep=;` names, and leave that line to the reader."""
    first = "".join(lines.peek(1)).strip('\r\n "')
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") and first[4] in DELIMITERS else ""


def find_delimiter(lines: Iterable[str]) -> str:
    """Return the delimiter whose fields are the most even over the lines, quoted fields respected.

    Examples
    --------
    >>> find_delimiter(["NIP;NAMA", '1;"Budi, S.Kom"', '2;"Siti, M.M"'])
    ';'
    """
    sample = [line[:LOOKED_AT] for line in lines]
    scores = {delimiter: _evenness(sample, delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter])


def _evenness(sample: list[str], delimiter: str) -> tuple[bool, float]:
    try:
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if any(row))
    except csv.Error:
        return False, 0.0
    usual, count = max(((w, n) for w, n in widths.items() if w > 1), key=lambda pair: pair[1], default=(1, 0))
    share = count / max(widths.total(), 1)
    return share == 1, share * math.log(usual)


def _records(lines: _Lines, delimiter: str, send: Send) -> Iterator[tuple[list[Any], int]]:
    """Yield each record that holds anything, with its first line; name those that are broken."""
    line = 1 + sum(1 for _hint in islice(lines, bool(_skip_hint(lines))))
    again = 0
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken = []
        try:
            row = next(reader)
            used = len(lines.taken)
        except StopIteration:
            return
        except csv.Error:
            again += len(lines.taken) - 1
            several = len(lines.taken) > 1
            row, used = _repair(lines.keep_first(), delimiter), 1
            send(("found", ("csv_open" if several else "csv_quote") if row else "csv_field", {"line": line}))
            if again > MAX_AGAIN:
                raise Refused("file_damaged") from None
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        if any("\0" in field for field in row):
            send(("found", "csv_nul", {"line": line}))
        if any(field.strip("\0") for field in row):
            yield row, line
        line += used


def _repair(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line, as far as they can be told; nothing when one of them is too long.

    Only a field that is quoted as it should be loses its quotes: digits are never joined by dropping what is between.
    """
    try:
        row = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    except csv.Error:
        return []
    return [field[1:-1].replace('""', '"') if QUOTED.fullmatch(field) else field for field in row]


def read_html(path: Path, send: Send) -> None:
    """Send the tables of an HTML page as rows, text between them as rows of one cell.

    One sheet holds everything, as Excel shows it; with several tables of data each begins a sheet of its own. Only
    the first cell of a span holds the value. White space is what a browser shows.

    Raises
    ------
    Refused
        The page holds no table, or too many cells.
    """
    encoding = find_encoding(path)
    if encoding in {"cp1252", "latin-1"}:
        send(("found", "csv_encoding", {}))
    page = _Page()
    with path.open(encoding=encoding, newline="") as stream:
        while piece := stream.read(PIECE):
            page.feed(piece)
    page.close()
    page.finish()
    if not any(tabular for tabular, _rows in page.blocks):
        raise Refused("file_type", reason="no_table")
    row = 1
    for rows in _group(page.blocks):
        send(("sheet", {"name": None, "first_row": row}))
        row += send_rows(((cells, 0) for cells in rows), send)


Block = tuple[bool, list[list[Any]]]


def _group(blocks: list[Block]) -> list[list[list[Any]]]:
    """Return rows of sheets: small blocks go with the table of data after them, the last ones with the one before."""
    sheets: list[list[list[Any]]] = []
    waiting: list[list[Any]] = []
    for tabular, rows in blocks:
        waiting += rows
        if tabular and len(rows) > 1 and max(map(len, rows)) > 2:
            sheets.append(waiting)
            waiting = []
    if waiting or not sheets:
        sheets = [*sheets[:-1], (sheets[-1] if sheets else []) + waiting]
    return sheets


class _Table:
    """The rows of one table while it is read; a span leaves "" behind."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.row: list[Any] | None = None
        self.below: dict[int, int] = {}  # column -> rows that a span still covers
        self.text: list[str] | None = None
        self.spans = (1, 1)

    def open_cell(self, across: int, down: int) -> None:
        self.close_cell()
        if self.row is None:
            self.row = []
        self._pass_spans(self.row)
        self.text, self.spans = [], (across, down)

    def _pass_spans(self, row: list[Any]) -> None:
        while self.below.get(len(row), 0):
            self.below[len(row)] -= 1
            row.append("")

    def close_cell(self) -> None:
        if self.text is None or self.row is None:
            return
        across, down = self.spans
        across = min(across, MAX_COLUMNS - len(self.row))
        for place in range(len(self.row), len(self.row) + across) if down > 1 else ():
            self.below[place] = down - 1
        self.row += [_shown("".join(self.text)), *[""] * (across - 1)][: max(across, 0)]
        self.text = None

    def close_row(self) -> int:
        """End the row, if there is one; return its number of cells."""
        self.close_cell()
        if self.row is None:
            return 0
        self._pass_spans(self.row)
        self.rows.append(self.row)
        self.row = None
        return len(self.rows[-1])


def _shown(text: str) -> str:
    """Return text as a browser shows it: white space is one space, a line break a line break."""
    return "\n".join(SPACE.sub(" ", line).strip(" ") for line in text.split("\v")).strip("\n")


class _Page(HTMLParser):
    """Tables and the text between them, in the order of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.tables: list[_Table] = []
        self.loose: list[str] = []
        self.silent = ""
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.silent:
            return
        table = self.tables[-1] if self.tables else None
        if tag in SILENT:
            self.silent = tag
        elif tag == "table":
            self._flush()
            self.tables.append(_Table())
        elif table and tag == "tr":
            self._end_row(table)
            table.row = []
        elif table and tag in {"td", "th"}:
            found = dict(attrs)
            table.open_cell(_span(found.get("colspan"), 1_000), _span(found.get("rowspan"), 65_534))
        elif tag in BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        table = self.tables[-1] if self.tables else None
        if self.silent:
            self.silent = "" if tag == self.silent else self.silent
        elif tag == "table" and table:
            self._close_table()
        elif table and tag == "tr":
            self._end_row(table)
        elif table and tag in {"td", "th"}:
            table.close_cell()
        elif tag in BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        table = self.tables[-1] if self.tables else None
        if table and table.text is not None:
            table.text.append(data.replace("\v", " "))
        elif not table or data.strip():
            self.loose.append(data)

    def _break(self) -> None:
        table = self.tables[-1] if self.tables else None
        if table and table.text is not None:
            if any(text.strip() for text in table.text):
                table.text.append("\v")
        else:
            self._flush()

    def _flush(self) -> None:
        text = _shown("".join(self.loose))
        self.loose = []
        if text:
            self.blocks.append((False, [[text]]))

    def _end_row(self, table: _Table) -> None:
        self.cells += table.close_row()
        if self.cells > MAX_CELLS:
            raise Refused("file_too_large", reason="cells")

    def _close_table(self) -> None:
        table = self.tables.pop()
        self._end_row(table)
        self._flush()
        if any(any(row) for row in table.rows):
            self.blocks.append((True, table.rows))

    def finish(self) -> None:
        """Close what the page left open."""
        while self.tables:
            self._close_table()
        self._flush()


def _span(text: str | None, most: int) -> int:
    return max(1, min(int(text), most)) if text and text.isdecimal() and len(text) < 8 else 1
