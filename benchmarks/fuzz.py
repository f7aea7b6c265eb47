"""Damaged and hostile files through the readers: ``python benchmarks/fuzz.py [N]``.

Every file is made from a sound one by a seeded mutation. None may raise, hang, or bring out an identifier that did not
stand in it as text. Prints what became of the files; returns 1 where one of them broke a promise.
"""

from __future__ import annotations

import io
import random
import re
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import xlsxwriter

from kinerja_lib.read.convert import convert
from kinerja_lib.read.kinds import recognise
from kinerja_lib.read.sheets import Sheet, read_sheets

FILES = 10_000
SECONDS = 20.0
HEADER = ["No", "NIP", "Nama", "Jabatan", "Rating Hasil Kerja", "Rating Perilaku Kerja", "Predikat Kinerja Periodik"]
TITLES = ["9999 - Kementerian Contoh", "Sekretariat", "Periode Bulanan 3 Tahun 2025"]
HOSTILE = (
    *(
        "=cmd|' /C calc'!A0",
        "\0",
        "'199001012015031001",
        "1.99001E+17",
        "<script>alert(1)</script>",
        "\u202e9901",
        "&#49;",
    ),
    *("9" * 400, "x" * 40_000, "\ufeff", "1990 0101 2015 031001", "199001012015031001\n", "=1+1", '"', ";;;", "|\t,"),
)
SILENT = re.compile(r"<(script|style|title|xml)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|<[^>]*>", re.I | re.S)
REFERENCES = ("XFD1048576", "A1048576", "ZZZZ9", "A0", "", "a1", "B2", "XFD1", "$A$1", "A99999999999")


def make_rows(people: int = 12) -> list[list[object]]:
    """Return the rows of an invented recap; the last person's NIP is a number, as Excel would have it."""
    rng = random.Random(5)
    rows: list[list[object]] = [[title] for title in TITLES] + [[], list(HEADER)]
    for number in range(1, people + 1):
        born = f"19{rng.randint(70, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
        nip = f"{born}2015{rng.randint(1, 12):02}1{number:03}"
        ratings = ["Sesuai Ekspektasi", "Diatas Ekspektasi", "Baik"]
        rows.append([number, float(nip) if number == people else nip, f"Pegawai Ünal {number}", "Analis", *ratings])
    return rows


def make_xlsx(rows: list[list[object]], *, formulas: bool = False) -> bytes:
    """Return a workbook of one sheet, with formulas and an error cell beside the rows where asked for."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2025, 7, 14, tzinfo=UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet("Rekap")
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                (sheet.write_string if isinstance(value, str) else sheet.write_number)(at, column, value)
        if formulas:
            sheet.write_formula(0, 9, "=1/0", None, "#DIV/0!")
            sheet.write_formula(1, 9, "=A1", None, "")
            sheet.write_formula(2, 9, "=1+1", None, 2)
    return stream.getvalue()


def make_xls(rows: list[list[object]], *, error: bool = False) -> bytes:
    """Return an Excel 97 workbook: texts in the shared table, numbers, an error cell at J1 where asked for."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    texts = list(dict.fromkeys(value for row in rows for value in row if isinstance(value, str)))
    table = struct.pack("<II", len(texts), len(texts))
    table += b"".join(struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in texts)
    cells = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", at, column, 0)
            if isinstance(value, str):
                cells += record(0xFD, place + struct.pack("<I", texts.index(value)))
            else:
                cells += record(0x203, place + struct.pack("<d", float(str(value))))
    if error:
        cells += record(0x205, struct.pack("<HHHBB", 0, 9, 0, 0x2A, 1))
    cells += record(0x0A, b"")
    head = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0)) + record(0x42, struct.pack("<H", 1200))
    tail = record(0xFC, table) + record(0x0A, b"")
    name = struct.pack("<BB", 5, 0) + b"Rekap"
    start = len(head) + 4 + 6 + len(name) + len(tail)
    return make_ole({"Workbook": head + record(0x85, struct.pack("<IBB", start, 0, 0) + name) + tail + cells})


def make_ole(streams: dict[str, bytes]) -> bytes:
    """Return an OLE file of the streams, each at least 4096 bytes long once padded."""
    end, body, chain = 0xFFFFFFFE, b"", []
    entries = [("Root Entry", 5, end, 0)]
    for name, content in streams.items():
        padded = content.ljust(4096, b"\0")
        padded += b"\0" * (-len(padded) % 512)
        entries.append((name, 2, len(chain), len(padded)))
        chain += [*range(len(chain) + 1, len(chain) + len(padded) // 512), end]
        body += padded
    directory = b""
    for at, (name, kind, start, size) in enumerate(entries):
        text = name.encode("utf-16-le")
        links = struct.pack("<III", 0xFFFFFFFF, at + 1 if 0 < at < len(entries) - 1 else 0xFFFFFFFF, 0xFFFFFFFF)
        if at == 0:
            links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 1)
        directory += text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, kind, 1) + links
        directory += b"\0" * 36 + struct.pack("<III", start, size, 0)
    directory += b"\0" * (-len(directory) % 512)
    first = len(chain)
    chain += [*range(first + 1, first + len(directory) // 512), end]
    count = -(-(len(chain) + 1) // 127)
    chain += [0xFFFFFFFD] * count
    table = struct.pack(f"<{len(chain)}I", *chain)
    table += b"\xff" * (-len(table) % 512)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    head += struct.pack("<IIIIIIII", count, first, 0, 4096, end, 0, end, 0)
    difat = list(range(len(chain) - count, len(chain))) + [0xFFFFFFFF] * (109 - count)
    return head + struct.pack("<109I", *difat) + body + directory + table


def make_ods(rows: list[list[object]]) -> bytes:
    """Return an OpenDocument sheet with the thousand empty columns that LibreOffice adds."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    filler = '<table:table-cell table:number-columns-repeated="1000"/>'
    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}{filler}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Rekap">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zip_members(
        {"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    )


def make_csv(rows: list[list[object]], delimiter: str, encoding: str = "utf-8") -> bytes:
    """Return a CSV of the rows, texts quoted."""
    lines = [delimiter.join(f'"{value}"' if isinstance(value, str) else str(value) for value in row) for row in rows]
    return "\r\n".join(lines).encode(encoding)


def make_html(rows: list[list[object]]) -> bytes:
    """Return the table of a web page."""
    lines = "".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return (
        f"<html><head><title>x</title></head><body><h3>Rekap</h3><table border=1>{lines}</table></body></html>".encode()
    )


def zip_members(members: dict[str, bytes]) -> bytes:
    """Return a zip of the members, all of one fixed date."""
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return stream.getvalue()


def unzip(data: bytes) -> dict[str, bytes]:
    """Return the members of a sound zip."""
    with ZipFile(io.BytesIO(data)) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def make_seeds() -> list[tuple[str, bytes]]:
    """Return sound files of every kind, each with the suffix that it usually has."""
    rows = make_rows()
    seeds = [("xlsx", make_xlsx(rows)), ("xlsx", make_xlsx(rows, formulas=True)), ("xls", make_xls(rows, error=True))]
    seeds += [("ods", make_ods(rows)), ("xls", make_html(rows))]
    seeds += [("csv", make_csv(rows, delimiter)) for delimiter in ",;|\t"]
    return [*seeds, ("csv", make_csv(rows, ";", "utf-16")), ("csv", make_csv(rows, ",", "cp1252"))]


def flip(data: bytes, rng: random.Random) -> bytes:
    """Change up to 40 bits."""
    found = bytearray(data)
    for _turn in range(rng.randint(1, 40)):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Keep the beginning, or lose a part from the middle."""
    start, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    return data[:start] if rng.random() < 0.5 else data[:start] + data[end:]


def smear(data: bytes, rng: random.Random) -> bytes:
    """Write zeros, ones or noise over a part."""
    start, length = rng.randrange(len(data)), rng.randint(1, 600)
    return data[:start] + rng.choice((b"\0" * length, b"\xff" * length, rng.randbytes(length))) + data[start + length :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Write a part of it once more somewhere else."""
    start, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    place = rng.randrange(len(data))
    return data[:place] + data[start:end] + data[place:]


def inject(data: bytes, rng: random.Random) -> bytes:
    """Put something hostile into it."""
    extra = rng.choice(
        (*HOSTILE, "\r", "\n", ",", '"\n"', "<table>", "</td>", '<td colspan="99999999" rowspan=9999999>', "<!--")
    )
    place = rng.randrange(len(data))
    return data[:place] + extra.encode() + data[place:]


def mutate_xml(data: bytes, rng: random.Random) -> bytes:
    """Change references, numbers, attributes or structure of XML."""
    kind = rng.randrange(6)
    if kind == 0:
        found = list(re.finditer(rb' r="[^"]*"', data))
        if found:
            match = rng.choice(found)
            return data[: match.start()] + f' r="{rng.choice(REFERENCES)}"'.encode() + data[match.end() :]
    if kind == 1:
        found = list(re.finditer(rb'(?<=")\d+(?=")|(?<=>)\d+(?=<)', data))
        if found:
            match = rng.choice(found)
            number = str(rng.choice((0, -1, 1 << 31, 1 << 32, 1 << 63, 10**30, rng.randrange(100), "x")))
            return data[: match.start()] + number.encode() + data[match.end() :]
    if kind == 2:
        place = max(data.find(b"?>") + 2, 0)
        return (
            data[:place]
            + b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
            + data[place:].replace(b"<t>", b"<t>&b;", 1)
        )
    if kind == 3:
        found = list(re.finditer(rb"<[^>]+>", data))
        if found:
            match = rng.choice(found)
            return data[: match.start()] + rng.choice((b"", match[0] * 2, match[0] * 5_000)) + data[match.end() :]
    if kind == 4:
        return re.sub(
            rb' t="\w+"',
            rng.choice((b' t="e"', b' t="str"', b' t="d"', b"", b' t="inlineStr"')).replace(b"\\", b""),
            data,
        )
    return rng.choice((flip, cut, smear, repeat, inject))(data, rng)


def mutate_zip(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Change a member, or take one from another file."""
    members = unzip(data)
    name = rng.choice(list(members))
    if rng.random() < 0.15:
        guests = unzip(rng.choice(others))
        guest = rng.choice(list(guests))
        members[rng.choice((name, guest, "../" + guest))] = guests[guest]
    elif rng.random() < 0.1:
        del members[name]
    else:
        sheets = [member for member in members if "sheet" in member.lower() or member.endswith("content.xml")]
        name = rng.choice(sheets) if rng.random() < 0.6 else name
        members[name] = mutate_xml(members[name], rng) if members[name] else b""
    return zip_members(members)


def place_hostile(rng: random.Random) -> tuple[str, bytes]:
    """Return a sound file with hostile cells."""
    rows = make_rows()
    for _turn in range(rng.randint(1, 5)):
        row = rng.choice([row for row in rows if len(row) > 3])
        row[rng.randrange(len(row))] = rng.choice([text for text in HOSTILE if len(text) < 32_000])
    makers: tuple[tuple[str, Callable[[list[list[object]]], bytes]], ...] = (
        ("xlsx", make_xlsx),
        ("xls", make_xls),
        ("ods", make_ods),
        ("html", make_html),
        ("csv", lambda found: make_csv(found, rng.choice(",;|\t"))),
    )
    suffix, make = rng.choice(makers)
    return suffix, make(rows)


def make_case(number: int, seeds: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return suffix and content of the file of this number: always the same."""
    rng = random.Random(number)
    if rng.random() < 0.1:
        return place_hostile(rng)
    suffix, data = rng.choice(seeds)
    zips = [content for _suffix, content in seeds if content.startswith(b"PK")]
    if data.startswith(b"PK") and rng.random() < 0.75:
        return suffix, mutate_zip(data, rng, zips)
    for _turn in range(rng.randint(1, 3)):
        data = rng.choice((flip, cut, smear, repeat, inject))(data or b"x", rng)
    return suffix, data


def list_texts(data: bytes) -> str:
    """Return all that stands in a file as text, in every reading of its bytes."""
    parts = [data]
    try:
        parts += unzip(data).values()
    except (BadZipFile, ValueError, EOFError, NotImplementedError, OSError, RuntimeError):
        pass
    except Exception as error:  # zlib has its own
        if type(error).__name__ != "error":
            raise
    texts = [part.decode("latin-1") for part in parts]
    texts.append(data.decode("utf-8", "replace"))
    texts += [data[odd:].decode("utf-16-le", "replace") for odd in (0, 1)]
    texts += [data[odd:].decode("utf-16-be", "replace") for odd in (0, 1)]
    return "\n".join([*texts, *(SILENT.sub("", text) for text in texts)])  # what a browser shows counts as text


@dataclass
class Verdict:
    """What became of one file."""

    outcome: str
    seconds: float
    fault: str = ""


def judge(path: Path, data: bytes) -> Verdict:
    """Read one file and say what became of it; `fault` where a promise is broken."""
    start = time.perf_counter()
    try:
        sheets, findings = read_sheets(path, name=path.name)
        seconds = time.perf_counter() - start
        outcome = findings[0].rule if findings and not sheets else "read"
        texts = list_texts(data)
        fault = "; ".join(_changed(sheets, texts))
    except Exception as error:
        return Verdict("raised", time.perf_counter() - start, f"{type(error).__name__}: {error}")
    if not sheets and not any(finding.severity in {"error", "warning"} for finding in findings):
        fault = "nothing read and nothing said"
    if seconds > SECONDS:
        fault = f"{seconds:.0f} s"
    return Verdict(outcome, seconds, fault)


def _changed(sheets: list[Sheet], texts: str) -> Iterator[str]:
    joined = re.sub(r"[\s'\u2019\u2018`\ufeff\u200b-\u200f\u202a-\u202e\x00-\x1f\x7f]", "", texts)
    for sheet in sheets:
        for row in sheet.rows:
            for value in row:
                if isinstance(value, str) and re.fullmatch(r"[0-9]{18}", value) and value not in texts:
                    yield "a cell holds a number that the file does not"
        found = recognise(sheet)
        if found is None:
            continue
        for table, frame in convert(sheet, found).rows.items():
            if "pegawai_id" in frame and not all(value in joined for value in frame["pegawai_id"]):
                yield f"{table}: an identifier that the file does not hold"


def run(count: int, folder: Path) -> Iterator[tuple[int, Verdict]]:
    """Yield the verdict on every file."""
    seeds = make_seeds()
    for number in range(count):
        suffix, data = make_case(number, seeds)
        path = folder / f"kasus.{suffix}"
        path.write_bytes(data)
        yield number, judge(path, data)


def main() -> int:
    """Print what became of the files; return 1 where a promise was broken."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    outcomes: Counter[str] = Counter()
    slowest, faults, start = 0.0, 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number, verdict in run(count, Path(folder)):
            outcomes[verdict.outcome] += 1
            slowest = max(slowest, verdict.seconds)
            if verdict.fault:
                faults += 1
                print(f"file {number}: {verdict.fault}")
    print(f"{count} files in {time.perf_counter() - start:.0f} s, slowest {slowest:.2f} s, broken promises: {faults}")
    for outcome, times in outcomes.most_common():
        print(f"{times:7} {outcome}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
