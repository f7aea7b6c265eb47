"""Files made to harm, or broken: one finding each, soon, and the process that asked lives on."""

from __future__ import annotations

import os
import re
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import fuzz
import pytest

from kinerja_lib.read import sheets as module
from kinerja_lib.read.guard import Scan, to_address, to_position
from kinerja_lib.read.sheets import REASONS, TEXTS, read_sheets

BOOK = fuzz.make_xlsx(fuzz.make_rows())
SHEET = "xl/worksheets/sheet1.xml"


def with_member(name: str, content: bytes) -> bytes:
    made: bytes = fuzz.zip_members({**fuzz.unzip(BOOK), name: content})
    return made


def in_sheet(old: bytes, new: bytes) -> bytes:
    content = fuzz.unzip(BOOK)[SHEET]
    assert old in content
    return with_member(SHEET, content.replace(old, new, 1))


def with_row(cells: str) -> bytes:
    return in_sheet(b"</sheetData>", f"{cells}</sheetData>".encode())


def stray(address: str) -> bytes:
    row = re.sub(r"\D", "", address)
    return with_row(f'<row r="{row}"><c r="{address}"><v>1</v></c></row>')


def lie_about_size(data: bytes) -> bytes:
    """Declare a tenth of what the sheet holds, in both places."""
    size = len(fuzz.unzip(data)[SHEET])
    return data.replace(struct.pack("<I", size), struct.pack("<I", size // 10))


def double_member() -> bytes:
    stream = BytesIO(BOOK)
    with zipfile.ZipFile(stream, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(SHEET, b"<worksheet/>")
    return stream.getvalue()


def set_flag(data: bytes) -> bytes:
    """Mark every member as encrypted."""
    data = re.sub(rb"(PK\x03\x04..)..", lambda found: found[1] + b"\1\0", data, flags=re.S)
    return re.sub(rb"(PK\x01\x02....)..", lambda found: found[1] + b"\1\0", data, flags=re.S)


def locked_xls() -> bytes:
    book = struct.pack("<HHHHHHII", 0x809, 16, 0x600, 5, 0, 0, 0, 0) + struct.pack("<HHH", 0x2F, 2, 0)
    made: bytes = fuzz.make_ole({"Workbook": book + struct.pack("<HH", 0x0A, 0)})
    return made


def far_xls() -> bytes:
    made: bytes = fuzz.make_xls([["x"], ["y"]])
    place = made.find(struct.pack("<HHHHHI", 0xFD, 10, 1, 0, 0, 1))
    return made[: place + 4] + struct.pack("<HH", 65_535, 255) + made[place + 8 :]


def circle_ole() -> bytes:
    """Let the table of sectors run in a circle."""
    made = fuzz.make_ole({"Workbook": b"x"})
    return made.replace(struct.pack("<III", 1, 2, 3), struct.pack("<III", 1, 0, 3))


def ods(cell: str) -> bytes:
    members = fuzz.unzip(fuzz.make_ods([["@"]]))
    text = b'<table:table-cell office:value-type="string">'
    members["content.xml"] = members["content.xml"].replace(text, cell.encode(), 1)
    made: bytes = fuzz.zip_members(members)
    return made


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "zero bytes": (lambda: b"", "file_empty"),
    "blank lines": (lambda: b"\n\r\n\n", "file_empty"),
    "nothing filled": (lambda: fuzz.make_xlsx([]), "file_empty"),
    "truncated": (lambda: BOOK[: len(BOOK) // 2], "file_damaged"),
    "truncated table": (lambda: BOOK[:-30], "file_damaged"),
    "head only": (lambda: BOOK[:40], "file_damaged"),
    "wrong checksum": (lambda: in_place(BOOK), "file_damaged"),
    "sheet cut short": (lambda: in_sheet(b"</sheetData>", b""), "file_damaged"),
    "no such text": (lambda: in_sheet(b"<v>0</v>", b"<v>99999999</v>"), "file_damaged"),
    "one endless field": (lambda: b"x" * 3_000_000, "csv_field"),
    "stray cell": (lambda: stray("XFD1048576"), "file_stray_cell"),
    "stray row": (lambda: stray("A1048576"), "file_stray_cell"),
    "stray row of many digits": (lambda: stray("A99999999999"), "file_stray_cell"),
    "stray column": (
        lambda: with_row("".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in (20, 99_999)) + far(100_000)),
        "file_stray_cell",
    ),
    "stray in a hidden way": (
        lambda: with_row("<row r='1048576'><c t='n' r='XFD1048576'><v>1</v></c></row>"),
        "file_stray_cell",
    ),
    "stray in small letters": (lambda: with_row('<row r="9"><c r="xfd1048576"><v>1</v></c></row>'), "file_stray_cell"),
    "stray old": (far_xls, "file_stray_cell"),
    "repeated without end": (
        lambda: ods('<table:table-cell table:number-columns-repeated="99999999" office:value-type="string">'),
        "file_stray_cell",
    ),
    "huge repetition": (
        lambda: ods(
            '<table:table-cell table:number-columns-repeated="9999999999999999999" office:value-type="string">'
        ),
        "file_stray_cell",
    ),
    "zip bomb": (lambda: with_member("xl/media/a.xml", bytes(60_000_000)), "file_unsafe"),
    "xml bomb": (lambda: in_sheet(b"<worksheet", DOCTYPE + b"<worksheet"), "file_unsafe"),
    "xml bomb in texts": (lambda: with_member("xl/sharedStrings.xml", DOCTYPE + b"<sst>&b;</sst>"), "file_unsafe"),
    "xml bomb in utf-16": (lambda: with_member(SHEET, (DOCTYPE + b"<x/>").decode().encode("utf-16")), "file_unsafe"),
    "xml bomb in ods": (
        lambda: fuzz.zip_members({**fuzz.unzip(fuzz.make_ods([["a"]])), "content.xml": DOCTYPE + b"<x/>"}),
        "file_unsafe",
    ),
    "path": (lambda: with_member("../../etc/x.xml", b"<x/>"), "file_unsafe"),
    "absolute path": (lambda: with_member("/etc/x.xml", b"<x/>"), "file_unsafe"),
    "members": (lambda: fuzz.zip_members({f"a{n}": b"" for n in range(6_000)}), "file_unsafe"),
    "double member": (double_member, "file_unsafe"),
    "size declared too small": (lambda: lie_about_size(BOOK), "file_unsafe"),
    "huge cell": (
        lambda: with_row(f'<row r="90"><c r="A90" t="inlineStr"><is><t>{"x" * 5_000_000}</t></is></c></row>'),
        "file_cell_size",
    ),
    "huger cell": (
        lambda: with_row(
            f'<row r="90"><c r="A90" t="inlineStr"><is><t>{os.urandom(6_000_000).hex()}</t></is></c></row>'
        ),
        "file_cell_size",
    ),
    "encrypted workbook": (lambda: fuzz.make_ole({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}), "file_encrypted"),
    "encrypted zip": (lambda: set_flag(BOOK), "file_encrypted"),
    "encrypted xls": (locked_xls, "file_encrypted"),
    "circle": (circle_ole, "file_damaged"),
    "ole cut short": (lambda: fuzz.make_xls(fuzz.make_rows())[:700], "file_damaged"),
    "word": (lambda: fuzz.make_ole({"WordDocument": b"x"}), "file_type"),
    "new word": (lambda: fuzz.zip_members({"word/document.xml": b"<x/>"}), "file_type"),
    "nested zip": (lambda: fuzz.zip_members({"Rekap.xlsx": BOOK}), "file_type"),
    "xlsb": (lambda: fuzz.zip_members({"xl/workbook.bin": b"x"}), "file_type"),
    "pdf": (lambda: b"%PDF-1.7\n...", "file_type"),
    "noise": (lambda: bytes(range(256)) * 50, "file_type"),
    "web archive": (lambda: b"MIME-Version: 1.0\r\n\r\n<table>", "file_type"),
    "xml": (
        lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "file_type",
    ),
    "page without a table": (lambda: b"<html><body>Sesi berakhir</body></html>", "file_type"),
    "page that never ends": (
        lambda: b"<table><tr>" + b'<td colspan="1000" rowspan="65534">' * 15 + b"<tr></tr>" * 2_000,
        "file_too_large",
    ),
}


def far(row: int) -> str:
    return f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>'


def in_place(data: bytes) -> bytes:
    """Change the checksums of all members."""
    return re.sub(rb"(PK\x01\x02.{12})....", rb"\1\0\0\0\0", data, flags=re.S)


@pytest.mark.parametrize("case", list(CASES))
def test_one_finding_and_nothing_else(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make, rule = CASES[case]
    path = tmp_path / "berkas.xlsx"
    path.write_bytes(make())
    start = time.monotonic()
    sheets, findings = read_sheets(path, name="berkas.xlsx")
    assert time.monotonic() - start < 20
    assert sheets == []
    assert [(finding.rule, finding.severity, finding.file) for finding in findings] == [(rule, "error", "berkas.xlsx")]
    assert findings[0].message
    assert findings[0].remedy
    assert "\n" not in findings[0].message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", ["XFD1048576", "A1048576", "C2000000"])
def test_a_stray_cell_is_named_with_its_sheet(address: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(stray(address))
    finding = read_sheets(path, name="a.xlsx")[1][0]
    assert (finding.sheet, finding.cell) == ("Rekap", address)
    assert address in finding.message


@pytest.mark.parametrize(
    "data",
    [
        in_sheet(b"</worksheet>", b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'),
        in_sheet(b"<sheetViews>", b'<dimension ref="A1:XFD1048576"/><sheetViews>'),
        with_row('<row r="1048576" s="1" customFormat="1"><c r="A1048576" s="0"/><c r="XFD1048576" s="0"/></row>'),
        with_member("xl/embeddings/buku.xlsx", BOOK),
        with_member("xl/media/gambar.png", os.urandom(100_000)),
    ],
    ids=["merged", "dimension", "formatted", "embedded", "picture"],
)
def test_what_looks_odd_but_harms_nobody_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    sheets, findings = read_sheets(path, name="a.xlsx")
    assert findings == []
    assert len(sheets[0].rows) == len(fuzz.make_rows())


def test_a_foreign_file_is_an_error_only_under_the_name_of_a_table(tmp_path: Path) -> None:
    for name, severity in (("Rekap.xlsx", "error"), ("surat.pdf", "warning")):
        (tmp_path / name).write_bytes(b"%PDF-1.7")
        assert read_sheets(tmp_path / name, name=name)[1][0].severity == severity


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(tmp_path / "a.csv")
    assert read_sheets(tmp_path / "a.csv", name="a.csv")[1][0].rule == "file_unreadable"


def test_a_reader_that_hangs_is_stopped_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("NIP;NAMA\n1;a\n")
    module._readers.close()
    with monkeypatch.context() as patch:
        patch.setattr(module, "SECONDS", 0.5)
        patch.setattr(module, "BOOT", "import time, sys; time.sleep(60)")
        assert read_sheets(tmp_path / "a.csv", name="a.csv")[1][0].rule == "file_slow"
    assert read_sheets(tmp_path / "a.csv", name="a.csv")[0][0].rows == [["NIP", "NAMA"], ["1", "a"]]


@pytest.mark.parametrize("end", ["import os; os.abort()", "print('x')", "raise SystemExit"])
def test_a_reader_that_dies_is_a_finding(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("NIP;NAMA\n1;a\n")
    module._readers.close()
    with monkeypatch.context() as patch:
        patch.setattr(module, "BOOT", end)
        assert read_sheets(tmp_path / "a.csv", name="a.csv")[1][0].rule == "file_memory"
    assert read_sheets(tmp_path / "a.csv", name="a.csv")[1] == []


WORKSHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
WHOLE = WORKSHEET.format('<sheetData><row r="1">{}</row></sheetData>')


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of memory for a process")
def test_a_reader_that_wants_too_much_memory_is_stopped(tmp_path: Path) -> None:
    cells = "".join(
        f'<c r="{to_address(1, n)}" t="inlineStr"><is><t>{"x" * 900_000}</t></is></c>' for n in range(1, 400)
    )
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in fuzz.unzip(BOOK).items():
            file.writestr(name, WHOLE.format(cells).encode() if name == SHEET else content)
        file.writestr("xl/media/a.bin", os.urandom(1_000_000))
    (tmp_path / "a.xlsx").write_bytes(data.getvalue())
    assert read_sheets(tmp_path / "a.xlsx", name="a.xlsx")[1][0].rule in {"file_memory", "file_unsafe"}


def test_every_text_speaks() -> None:
    for rule, (message, remedy) in TEXTS.items():
        assert rule.startswith(("file_", "csv_"))
        assert message.format(reason="r", cell="c", sheet="s").endswith(".")
        assert remedy.endswith(".")
    assert all(not text.endswith(".") for text in REASONS.values())


def test_reach_and_addresses() -> None:
    scan = Scan()
    scan.reach(5, 3)
    scan.reach(2, 10)
    assert (scan.rows, scan.columns, scan.cells, scan.far) == ((2, 5), (3, 10), 32, "C5")
    scan.reach(1, 16_384)
    assert scan.far == "XFD1"
    for number in (1, 26, 27, 702, 703, 16_384):
        assert to_position(to_address(7, number)) == (7, number)
    assert to_position("A0") == to_position("") == to_position("$A$1") == (0, 0)
