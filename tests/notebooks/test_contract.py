"""What every notebook keeps to: prose first, one parameters cell, no outputs, no typed findings, one figure a cell."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import kinerja_lib
from kinerja_lib.report.parameters import ANNOTATION, load_nbformat, load_papermill

ROOT = Path(__file__).parents[2]
BOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
LONGEST = 15  # lines of a code cell
DRAWS = ("plot_", "table_")
TELLS = ("say_", "note_")
HEADING = re.compile(r"^#+ (?:[IVX]+ )?", re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
ABSOLUTE = re.compile(r"(?<![\w.])/(?:home|work|tmp|Users|mnt|usr)\b|[A-Za-z]:\\\\|file://")
ALLOWED_DIGITS: tuple[str, ...] = (
    "DeMik (2007)",
)  # names of laws and titles with a year, where a notebook has to name one

each_book = pytest.mark.parametrize("book", BOOKS, ids=lambda file: str(file.relative_to(ROOT / "notebooks")))


@cache
def read(book: Path) -> Any:
    return load_nbformat().reads(book.read_text(encoding="utf-8"), as_version=4)


def code_cells(book: Path) -> list[Any]:
    return [cell for cell in read(book).cells if cell.cell_type == "code"]


def parameters_cell(book: Path) -> Any:
    return next(cell for cell in code_cells(book) if "parameters" in cell.metadata.get("tags", []))


def calls(cell: Any, prefixes: tuple[str, ...]) -> list[str]:
    names = [node.attr for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Attribute)]
    return [name for name in names if name.startswith(prefixes)]


def test_there_are_notebooks() -> None:
    names = {str(book.relative_to(ROOT / "notebooks").with_suffix("")) for book in BOOKS}
    assert {"00_mulai", "01_mutu_data", "02_laporan_unit", "03_laporan_instansi", "11_nilai", "16_gabungan"} <= names


@each_book
def test_it_begins_with_prose(book: Path) -> None:
    first = read(book).cells[0]
    assert first.cell_type == "markdown"
    assert len(first.source) > 40


@each_book
def test_one_cell_holds_the_parameters(book: Path) -> None:
    tagged = [cell for cell in read(book).cells if "parameters" in cell.metadata.get("tags", [])]
    assert [cell.cell_type for cell in tagged] == ["code"]


@each_book
def test_papermill_finds_every_parameter_as_it_is_written(book: Path) -> None:
    source = parameters_cell(book).source
    body = ast.parse(source).body
    assert all(isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) for line in body)
    names = [line.target.id for line in body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)]
    found = load_papermill().inspect_notebook(str(book))
    assert list(found) == names
    assert len(source.splitlines()) == len(names)
    for line, one in zip(source.splitlines(), found.values(), strict=True):
        assert line.count("=") == 1
        assert ANNOTATION.fullmatch(one["inferred_type_name"])
        assert one["help"]
    values = [line.value for line in body if isinstance(line, ast.AnnAssign)]
    assert all(isinstance(value, ast.Constant) for value in values)
    assert {"data", "lang"} <= set(names)


@each_book
def test_nothing_of_a_run_is_kept(book: Path) -> None:
    assert [cell.outputs for cell in code_cells(book)] == [[]] * len(code_cells(book))
    assert {cell.execution_count for cell in code_cells(book)} == {None}
    assert set().union(*(cell.metadata for cell in read(book).cells)) <= {"tags"}
    assert set(read(book).metadata) <= {"kernelspec", "language_info"}


@each_book
def test_the_library_computes(book: Path) -> None:
    banned = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for cell in code_cells(book):
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, banned)]
        assert len(cell.source.splitlines()) <= LONGEST
        assert not cell.source.lstrip().startswith(("%", "!"))


@each_book
def test_one_figure_or_table_a_cell(book: Path) -> None:
    assert [cell.source for cell in code_cells(book) if len(calls(cell, DRAWS)) > 1] == []


@each_book
def test_every_figure_is_explained(book: Path) -> None:
    """The next cell says what it shows; a note may stand between, since it goes to the margin."""
    cells = read(book).cells
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or not calls(cell, ("plot_",)):
            continue
        after = cells[index + 1]
        assert after.cell_type == "markdown" or calls(after, TELLS), cell.source
        assert after.cell_type == "code" or not after.source.startswith("#"), cell.source


@each_book
def test_no_number_is_typed_into_prose(book: Path) -> None:
    for cell in read(book).cells:
        if cell.cell_type == "markdown":
            text = CODE.sub("", HEADING.sub("", cell.source))
            for allowed in ALLOWED_DIGITS:
                text = text.replace(allowed, "")
            assert not re.search(r"\d", text), text


@each_book
def test_headings_number_the_sections_without_a_gap(book: Path) -> None:
    prose = "\n".join(cell.source for cell in read(book).cells if cell.cell_type == "markdown")
    numerals = re.findall(r"^## ([IVX]+) ", prose, re.MULTILINE)
    assert numerals == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"][: len(numerals)]
    assert len(re.findall(r"^# ", prose, re.MULTILINE)) <= 1


@each_book
def test_kernel_and_places_are_those_of_no_machine(book: Path) -> None:
    assert read(book).metadata.kernelspec.name == "python3"
    assert not ABSOLUTE.search(book.read_text(encoding="utf-8"))


@each_book
def test_only_public_names_are_used(book: Path) -> None:
    used: set[str] = set()
    for cell in code_cells(book):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert ast.unparse(node) == "import kinerja_lib as kl"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "kl":
                used.add(node.attr)
    assert used
    assert sorted(used - set(kinerja_lib.__all__)) == []


@each_book
def test_the_language_is_set_before_anything_speaks(book: Path) -> None:
    code = [cell for cell in code_cells(book) if cell is not parameters_cell(book)]
    assert code[0].source.startswith("import kinerja_lib as kl\n\nkl.use_language(lang)\n")


@each_book
def test_the_file_is_as_nbformat_writes_it(book: Path) -> None:
    assert book.read_text(encoding="utf-8") == load_nbformat().writes(read(book)) + "\n"
    assert [cell.id for cell in read(book).cells] == [str(index) for index in range(len(read(book).cells))]
