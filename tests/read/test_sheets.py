"""What was in which cell: types, places, errors, formulas, hidden sheets; texts byte for byte."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import sys
import threading
from pathlib import Path
from typing import Any

import fuzz
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinerja_lib.read import sheets as module
from kinerja_lib.read.sheets import Sheet, find_exports, read_sheets

NIP = "199001012015031001"


needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few users make symbolic links")


def read(path: Path) -> list[Sheet]:
    sheets, findings = read_sheets(path, name=path.name)
    assert not [finding for finding in findings if finding.severity == "error"], findings
    return sheets


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("buku") / "Rekap.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        clock = book.add_format({"num_format": "hh:mm"})
        span = book.add_format({"num_format": "[h]:mm"})
        sheet = book.add_worksheet("Sekretariat")
        sheet.write_string("B3", f" {NIP} ")
        sheet.write_number("C3", float(NIP))
        sheet.write_datetime("D3", dt.date(2025, 1, 2), day)
        sheet.write_datetime("E3", dt.time(1, 30), clock)
        sheet.write_number("F3", 1.25, span)
        sheet.write_boolean("G3", True)
        sheet.write_formula("B4", "=1/0", None, "#DIV/0!")
        sheet.write_formula("C4", "=A1", None, "")
        sheet.write_formula("D4", "=1+1", None, 2)
        sheet.write_formula("E4", '=""', None, "x")
        sheet.merge_range("B5:D6", "gabung")
        sheet.write_blank(900_000, 200, None, day)
        book.add_worksheet("Rahasia").hide()
        hidden = book.get_worksheet_by_name("Rahasia")
        hidden.write_string("A1", "x")
        book.add_worksheet("Sangat").very_hidden()
        book.add_chartsheet("Grafik")
    return path


def test_every_cell_keeps_its_type_and_its_place(workbook: Path) -> None:
    sheet = read(workbook)[0]
    assert (sheet.name, sheet.address(0, 0), sheet.file) == ("Sekretariat", "B3", "Rekap.xlsx")
    assert sheet.rows[0] == [f" {NIP} ", float(NIP), dt.date(2025, 1, 2), dt.time(1, 30), dt.timedelta(hours=30), True]
    assert [type(value) for value in sheet.rows[0][:2]] == [str, float]
    assert sheet.rows[2:] == [["gabung", "", "", "", "", ""]]
    assert sheet.hash == hashlib.sha256(workbook.read_bytes()).hexdigest()
    assert sheet.lines is None
    assert sheet.line(0) is None


def test_errors_and_formulas_are_told_from_empty_cells(workbook: Path) -> None:
    sheet = read(workbook)[0]
    assert sheet.rows[1] == ["", "", 2.0, "x", "", ""]
    assert (sheet.errors, sheet.unstored, sheet.formulas) == ({"B4"}, {"C4"}, 2)


def test_hidden_sheets_are_read_and_flagged_and_charts_are_none(workbook: Path) -> None:
    assert [(sheet.name, sheet.hidden) for sheet in read(workbook)] == [
        ("Sekretariat", False),
        ("Rahasia", True),
        ("Sangat", True),
    ]


WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def with_sheet(path: Path, xml: str) -> Path:
    members = fuzz.unzip(fuzz.make_xlsx([["x"]]))
    return write(path, fuzz.zip_members({**members, "xl/worksheets/sheet1.xml": xml.encode()}))


@pytest.mark.parametrize(
    "xml",
    [
        WORKSHEET.format(
            '<row r="2"><c r="B2" t="e"><v>#N/A</v></c><c r="C2"><f>1</f></c><c r="D2"><v>3</v></c></row>'
        ),
        WORKSHEET.format('<row/><row><c/><c t="e"><v>#N/A</v></c><c><f>1</f><v/></c><c><v>3</v></c></row>'),
        WORKSHEET.format(
            '<!-- --><row r="2"><c t="e" r="B2"><v>#N/A</v></c><c r="C2"><f>1</f></c><c r="D2"><v>3</v></c></row>'
        ),
        (
            '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
            '<x:row r="2"><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c><x:c r="C2"><x:f>1</x:f></x:c>'
            '<x:c r="D2"><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>'
        ),
    ],
    ids=["usual", "no references", "comment", "prefix"],
)
def test_sheets_are_scanned_however_their_program_writes_them(xml: str, tmp_path: Path) -> None:
    sheet = read(with_sheet(tmp_path / "a.xlsx", xml))[0]
    assert (sheet.errors, sheet.unstored, sheet.formulas) == ({"B2"}, {"C2"}, 0)
    assert sheet.rows[-1][-1] == 3.0


def test_formulas_are_found_wherever_the_pieces_of_a_long_sheet_end(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for row in range(40_000):
            sheet.write_string(row, 0, NIP)
            sheet.write_formula(row, 1, "=A1", None, "" if row % 1000 == 0 else "x")
    found = read(tmp_path / "a.xlsx")[0]
    assert found.unstored == {f"B{row + 1}" for row in range(0, 40_000, 1000)}
    assert found.formulas == 40_000 - 40


def test_a_sheet_of_nothing_but_formulas_without_values_says_so(tmp_path: Path) -> None:
    sheet = read(with_sheet(tmp_path / "a.xlsx", WORKSHEET.format('<row r="2"><c r="B2"><f>1</f><v></v></c></row>')))[0]
    assert (sheet.rows, sheet.unstored) == ([], {"B2"})


def test_an_old_workbook_tells_numbers_texts_and_errors(tmp_path: Path) -> None:
    rows: list[list[object]] = [["NIP", "Nama"], [NIP, " 0012"], [float(NIP), "é"]]
    sheet = read(write(tmp_path / "a.xls", fuzz.make_xls(rows, error=True)))[0]
    assert [row[:2] for row in sheet.rows] == rows
    assert sheet.rows[0][9] == ""
    assert (sheet.name, sheet.errors) == ("Rekap", {"J1"})


def test_an_opendocument_sheet_tells_errors_and_formulas(tmp_path: Path) -> None:
    cells = (
        f'<table:table-cell office:value-type="string"><text:p>{NIP}</text:p></table:table-cell>'
        f'<table:table-cell office:value-type="float" office:value="{NIP}"><text:p>{NIP}</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=NA()" office:value-type="string"><text:p>#N/A</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
        '<table:table-cell table:formula="of:=1+1"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT01H30M00S"/>'
    )
    members = fuzz.unzip(fuzz.make_ods([["@"]]))
    old = '<table:table-cell office:value-type="string"><text:p>@</text:p></table:table-cell>'
    members["content.xml"] = members["content.xml"].replace(old.encode(), cells.encode())
    sheet = read(write(tmp_path / "a.ods", fuzz.zip_members(members)))[0]
    assert sheet.rows == [[NIP, float(NIP), "", 2.0, "", dt.time(1, 30)]]
    assert (sheet.errors, sheet.unstored, sheet.formulas) == ({"C1"}, {"E1"}, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_lines_are_physical(delimiter: str, tmp_path: Path) -> None:
    text = 'NIP,NAMA,ALAMAT\r\n"1","Budi, S.Kom","a\r\nb"\r\n\r\n"2","x; y|z","c"\r\n3,kurang\r\n4,a,b,lebih\r\n'
    lines = text.replace(", S", "\0").replace(",", delimiter).replace("\0", ", S")
    sheet = read(write(tmp_path / "a.csv", lines))[0]
    assert sheet.rows == [
        ["NIP", "NAMA", "ALAMAT"],
        ["1", "Budi, S.Kom", "a\r\nb"],
        ["2", "x; y|z", "c"],
        ["3", "kurang"],
        ["4", "a", "b", "lebih"],
    ]
    assert sheet.lines == [1, 2, 5, 6, 7]
    assert (sheet.name, sheet.line(2)) == (None, 5)


def test_the_delimiter_survives_a_head_block_and_commas_in_names() -> None:
    from kinerja_lib.read.csvfile import find_delimiter

    lines = ["Rekap, Sekretariat", "", "NO;NIP;NAMA", *[f"{n};{NIP};Budi, S.Kom" for n in range(20)]]
    assert find_delimiter(lines) == ";"


def test_the_line_in_which_excel_names_the_delimiter_is_no_row(tmp_path: Path) -> None:
    sheet = read(write(tmp_path / "a.csv", "sep=;\r\nNIP;NAMA\r\n1;a,b\r\n"))[0]
    assert (sheet.rows, sheet.lines) == ([["NIP", "NAMA"], ["1", "a,b"]], [2, 3])


@pytest.mark.parametrize(
    ("encoding", "rules"),
    [("utf-8", []), ("utf-8-sig", []), ("utf-16", []), ("cp1252", ["csv_encoding"]), ("latin-1", ["csv_encoding"])],
)
def test_encodings(encoding: str, rules: list[str], tmp_path: Path) -> None:
    name = "Ünal \x81" if encoding == "latin-1" else "Ünal"
    path = write(tmp_path / "a.csv", f"NIP;NAMA\n1;{name}\n".encode(encoding))
    sheets, findings = read_sheets(path, name="a.csv")
    assert sheets[0].rows == [["NIP", "NAMA"], ["1", name]]
    assert [finding.rule for finding in findings] == rules
    assert all(finding.severity == "note" for finding in findings)


def test_an_open_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    text = 'NIP;NAMA\n1;a\n2;"b\n3;c\n4;"d"x;"e ""f"""\n5;"g"\n'
    sheets, findings = read_sheets(write(tmp_path / "a.csv", text), name="a.csv")
    assert sheets[0].rows == [["NIP", "NAMA"], ["1", "a"], ["2", '"b'], ["3", "c"], ["4", '"d"x', 'e "f"'], ["5", "g"]]
    assert [(finding.rule, finding.severity, finding.line) for finding in findings] == [
        ("csv_open", "error", 3),
        ("csv_quote", "warning", 5),
    ]


def test_repairing_never_joins_digits(tmp_path: Path) -> None:
    sheets, _findings = read_sheets(write(tmp_path / "a.csv", f'NIP;NAMA\n"{NIP[:9]}"{NIP[9:]};a\n'), name="a.csv")
    assert sheets[0].rows[1] == [f'"{NIP[:9]}"{NIP[9:]}', "a"]


def test_zero_bytes_and_endless_fields_are_named_by_line(tmp_path: Path) -> None:
    text = "NIP;NAMA\n1;a\0b\n2;" + "x" * 1_500_000 + "\n3;c\n\0\0\0\0"
    sheets, findings = read_sheets(write(tmp_path / "a.csv", text), name="a.csv")
    assert sheets[0].rows == [["NIP", "NAMA"], ["1", "a\0b"], ["3", "c"]]
    assert [(finding.rule, finding.line) for finding in findings] == [("csv_nul", 2), ("csv_nul", 5), ("csv_field", 3)]


def test_many_faults_of_a_text_are_summed_up(tmp_path: Path) -> None:
    text = "NIP;NAMA\n" + 'x;"a"b\n' * 50
    findings = read_sheets(write(tmp_path / "a.csv", text), name="a.csv")[1]
    assert len(findings) == 21
    assert (findings[-1].line, findings[-1].count) == (22, 30)


def test_a_web_page_is_read_as_excel_shows_it(tmp_path: Path) -> None:
    page = f"""<!DOCTYPE html><html><head><title>x</title><style>td {{}}</style></head>
      <body><script>var a = "<td>1</td>"; </script>
      <h3>Periode  Bulanan</h3><table><tr><th colspan=2>NIP &amp; Nama<th rowspan="2">C</th></tr>
      <tr><td> {NIP} </td><td>a<br>b&nbsp;</td></tr><tr><td>1<td>2<td>3</table><p>Jakarta</p></body></html>"""
    sheet = read(write(tmp_path / "Rekap.xls", page))[0]
    assert sheet.rows == [
        ["Periode Bulanan"],
        ["NIP & Nama", "", "C"],
        [NIP, "a\nb\xa0", ""],
        ["1", "2", "3"],
        ["Jakarta"],
    ]


def test_two_tables_of_data_are_two_sheets_with_their_heads(tmp_path: Path) -> None:
    table = "<table>" + "<tr><td>a</td><td>b</td><td>c</td></tr>" * 2 + "</table>"
    page = f"<p>satu</p>{table}<p>dua</p><table><tr><td>{table}</td></tr></table><p>akhir</p>"
    first, second = read(write(tmp_path / "a.html", page))
    assert (len(first.rows), first.rows[0], first.first_row) == (3, ["satu"], 1)
    assert (second.rows[0], second.rows[-1], second.address(0, 0)) == (["dua"], ["akhir"], "A4")


def test_the_content_tells_the_kind_not_the_suffix(tmp_path: Path) -> None:
    rows: list[list[object]] = [["NIP", "NAMA", "X"], ["1", "a", "b"]]
    contents = (
        fuzz.make_xlsx(rows),
        fuzz.make_xls(rows),
        fuzz.make_ods(rows),
        fuzz.make_html(rows),
        b"NIP;NAMA;X\n1;a;b",
    )
    for content in contents:
        for suffix in ("xls", "csv", "txt", "xlsx"):
            assert read(write(tmp_path / f"a.{suffix}", content))[0].rows[-1] == ["1", "a", "b"]


@needs_links
def test_a_folder_is_listed_in_order_without_helper_files(tmp_path: Path) -> None:
    root, outside = tmp_path / "ekspor", tmp_path / "lain"
    for name in ("b/Z.xlsx", "b/a.csv", "A.csv", "~$A.xlsx", ".x.csv", ".git/x.csv", "Thumbs.db", "palsu.xlsx/isi.csv"):
        write_below(root, name)
    write_below(outside, "rahasia.csv")
    (root / "keluar.csv").symlink_to(outside / "rahasia.csv")
    (root / "keluar").symlink_to(outside)
    (root / "dalam.csv").symlink_to(root / "A.csv")
    (root / "b" / "putar").symlink_to(root)
    found = find_exports([root])
    assert [name for _path, name in found] == ["A.csv", "b/Z.xlsx", "b/a.csv", "keluar", "keluar.csv", "palsu.xlsx"]
    rules = {name: read_sheets(path, name=name)[1] for path, name in found}
    assert [(name, found[0].rule) for name, found in rules.items() if found] == [
        ("keluar", "file_link"),
        ("keluar.csv", "file_link"),
        ("palsu.xlsx", "file_folder"),
    ]


def write_below(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("NIP;NAMA\n1;a\n")


@needs_links
def test_files_and_folders_given_twice_or_with_equal_names(tmp_path: Path) -> None:
    for name in ("jan/Rekap.csv", "feb/Rekap.csv", "feb/Lain.csv"):
        write_below(tmp_path, name)
    (tmp_path / "tautan.csv").symlink_to(tmp_path / "jan" / "Rekap.csv")
    names = [name for _path, name in find_exports([tmp_path / "jan", tmp_path / "feb", tmp_path / "feb" / "Lain.csv"])]
    assert names == ["jan/Rekap.csv", "Lain.csv", "feb/Rekap.csv"]
    path, name = find_exports([tmp_path / "tautan.csv"])[0]
    assert name == "tautan.csv"
    assert read(path)[0].rows[0] == ["NIP", "NAMA"]


def test_one_process_serves_many_files_and_each_thread_has_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "NIP;NAMA\n1;a\n")
    read(path)
    before = [reader.process.pid for reader in module._readers.idle]
    read(path)
    assert [reader.process.pid for reader in module._readers.idle] == before
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(read(path)[0].rows)) for _turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[["NIP", "NAMA"], ["1", "a"]]] * 8


texts = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12),
    st.from_regex(r"[ ']?0{0,3}[0-9]{0,18}[ ']?", fullmatch=True),
    st.sampled_from(
        [NIP, f"'{NIP}", "1.99E+17", "_x000D_", "=1+1", " ", "\t", 'a"b', "é\r\nf", "a,b;c|d\te", "\ufeffx", "-"]
    ),
)
tables = st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=8)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(rows=tables)
def test_texts_come_back_byte_for_byte_from_a_workbook(rows: list[tuple[str, ...]], tmp_path: Path) -> None:
    allowed = [[text.translate({0xFFFE: None, 0xFFFF: None}) for text in row] for row in rows]  # no XML holds these
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([["NIP", "NAMA", "X"], *allowed]):
            for column, text in enumerate(row):
                sheet.write_string(at, column, text)
    found = read(tmp_path / "a.xlsx")[0].rows[1:]
    filled = max((at + 1 for at, row in enumerate(allowed) if any(row)), default=0)
    assert found[:filled] == allowed[:filled]
    assert not any(map(any, found[filled:]))


@quick
@given(rows=tables, delimiter=st.sampled_from(",;\t|"), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_texts_come_back_byte_for_byte_from_a_csv(
    rows: list[tuple[str, ...]], delimiter: str, quoting: Any, tmp_path: Path
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)
    writer.writerows([["NIP", "NAMA", "ALAMAT"], *rows])
    path = write(tmp_path / "a.csv", stream.getvalue())
    assert read(path)[0].rows[1:] == [list(row) for row in rows if any(row)]
