"""Hostile text in every field of a document and of the data: harmless in every format, and no person in any file.

Every writer that is there is tried, by name; one that comes later is tried as soon as its module can be imported.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import openpyxl
import pytest

from kinerja_lib.errors import RunError
from kinerja_lib.language import use_language
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.report.document import Document, read_document
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.privacy_gate import open_layers, refuse_ids
from kinerja_lib.report.template import Template
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import Block, LeftOut, clean
from kinerja_lib.synth import build_agency
from kinerja_lib.synth.export_words import invented_name

ROOT = Path(__file__).parents[2]
FORMATS = [name for name in ("html", "pdf", "docx", "xlsx") if find_spec(f"kinerja_lib.report.writers.{name}")]

TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "**tebal** [x](javascript:alert(1)) [[tabel-1]] # judul `kode`",
    "hyperlink": '=HYPERLINK("http://evil.example";"klik")',
    "command": "+cmd|' /C calc'!A0",
    "sum": "@SUM(1+1)*cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "array": "{=SUM(A1:A9)}",
    "control": "a\x00b\x07c\x1bd\x85e\u2028f\x0cg\r\n=1+1",
    "escaped": "_x003D_1+1 _x0000_",
    "long": "N" * 10_000,
    "direction": "\u202e5,88\u2066 \u202d שלום مرحبا",
    "surrogate": "x\ud800y\udfffz",
    "typst": '#read("/etc/passwd") $ x $ @label <label> #import "x": * \\u{1F600} /* // */',
    "entity": '&lt;b&gt; &amp; &#60; <!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]> &e; ]]> <![CDATA[',
    "template": "{{ 7*7 }} {% for x in y %} ${7*7} %(x)s {0}",
    "field": ' { INCLUDETEXT "c:\\\\x" } \\h DDEAUTO c:\\\\windows',
    "header": "&L&\"Arial\"&G &P &N &[Path] 'a'!A1",
    "address": "http://evil.example HTTPS://evil.example file:///etc/passwd \\\\evil\\x mailto:a@b.c",
    "emoji": "👩🏽‍💻 🇮🇩 e\u0301",
}
IN_A_FILE = {name: text for name, text in TEXTS.items() if name not in {"surrogate", "control"}}  # what CSV can hold
FIELDS = re.compile(r"\s*(SEQ|REF|PAGE|NUMPAGES|SECTIONPAGES|TOC|STYLEREF)\b[^\"]*(\"[\w ,.;-]*\"[^\"]*)*\s*")


def write(document: Document, format: str, **more: Any) -> bytes:
    return bytes(getattr(import_module(f"kinerja_lib.report.writers.{format}"), f"write_{format}")(document, **more))


def make_document(blocks: list[Block], text: str) -> Document:
    """Return the document of a notebook that shows the blocks, the text in its Markdown too."""
    show = [{"output_type": "display_data", "data": block._repr_mimebundle_()} for block in blocks]
    left = [{"output_type": "display_data", "data": LeftOut(text, text)._repr_mimebundle_()}]
    words = f"## II Isi\n\nTeks {text}\n\n> {text}\n\n- {text}\n"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": words},
        {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": show},
        {"cell_type": "markdown", "metadata": {}, "source": f"### {text}\n\nAkhir."},
        {"cell_type": "markdown", "metadata": {}, "source": "## III Biaya"},
        {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": left},
    ]
    return read_document({"cells": cells})


# What each format holds, read back.


class Page(HTMLParser):
    """An HTML page: its text, and nothing in it that can act or call out."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.inside = ""
        self.feed(page.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "iframe", "object", "embed", "form", "input", "base", "link", "svg"}
        self.inside = tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in {"href", "src", "srcset", "action", "data"}:
                assert re.match(r"#|data:image/(svg\+xml|png);base64,[A-Za-z0-9+/=]+$", str(value)), value
            if name in {"alt", "aria-label"}:
                self.words.append(str(value))

    def handle_data(self, data: str) -> None:
        if self.inside != "style":
            self.words.append(data)


def read_html(page: bytes) -> str:
    assert re.search(rb"https?://", page, re.IGNORECASE) is None
    return "\n".join(Page(page).words)


def read_parts(file: bytes) -> dict[str, ET.Element]:
    """Return the XML parts of a Word or Excel file; none may fetch or run anything."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for name in archive.namelist():
            assert not re.search(r"\.\.|^/|\\|vba|macro|activeX|embeddings|externalLink", name), name
            if name.endswith((".xml", ".rels")):
                assert b"<!DOCTYPE" not in archive.read(name).split(b"<", 3)[2], name
                parts[name] = ET.fromstring(archive.read(name))
    for name, root in parts.items():
        for element in root.iter():
            assert element.get("TargetMode") != "External", (name, element.attrib)
    return parts


def read_xlsx(file: bytes) -> str:
    for name, root in read_parts(file).items():
        assert not {e.tag.rpartition("}")[2] for e in root.iter()} & {"f", "dataValidation", "oleObject"}, name
        for element in root.iter():
            if element.tag.endswith("}hyperlink"):
                assert re.fullmatch(r"'[^'!]+'!A1", element.get("location", "")), element.attrib
    book = openpyxl.load_workbook(io.BytesIO(file))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    return "\n".join([*book.sheetnames, *(str(cell.value) for cell in cells)])


def read_docx(file: bytes) -> str:
    docx = pytest.importorskip("docx")
    words = []
    for name, root in read_parts(file).items():
        for element in root.iter():
            tag = element.tag.rpartition("}")[2]
            assert tag not in {"object", "OLEObject", "altChunk", "subDoc", "control"}, (name, tag)
            if tag == "instrText":
                assert FIELDS.fullmatch(element.text or ""), (name, element.text)
            if tag == "fldSimple":
                assert any(FIELDS.fullmatch(value) for value in element.attrib.values()), (name, element.attrib)
            words += [element.text or ""] if tag == "t" else ["\n"] if tag in {"p", "br", "tab"} else []
            words += [element.get("descr", "")]
    docx.Document(io.BytesIO(file))
    return "".join(words)


def read_pdf(file: bytes) -> str:
    """Return the text that pdftotext finds, empty where it is not installed; no object of the file may act."""
    assert file.startswith(b"%PDF-")
    bare = re.sub(rb"stream\r?\n.*?endstream", b"", file, flags=re.DOTALL)
    packed = [inner for inner in list(open_layers(file, depth=1))[1:] if re.match(rb"\s*(\d+ \d+\s+)+<<", inner)]
    for part in [bare, *packed]:
        found = re.search(rb"/(JavaScript|JS|Launch|URI|SubmitForm|ImportData|EmbeddedFile|RichMedia|AA)\b", part)
        assert found is None, found
    program = shutil.which("pdftotext")
    if program is None:
        return ""
    return subprocess.run([program, "-", "-"], input=file, capture_output=True, check=True).stdout.decode()


READERS: dict[str, Callable[[bytes], str]] = {
    "html": read_html,
    "xlsx": read_xlsx,
    "docx": read_docx,
    "pdf": read_pdf,
}


def squeeze(text: str) -> str:
    """Return `text` without what a format may change: spaces and the schemes of addresses."""
    return re.sub(r"\s|https?://", "", str(clean(text)), flags=re.IGNORECASE)


# A document.


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_in_every_field_of_a_document(
    format: str, name: str, every_block: Callable[[str], list[Block]]
) -> None:
    text = TEXTS[name]
    document = make_document(every_block(text), text)
    more: dict[str, Any] = {"footer": (text,)}
    if format != "html":
        more["template"] = Template((str(clean(text)),) * 2)  # a letterhead is cleaned when it is read
    file = write(document, format, **more)
    found = READERS[format](file)
    if format != "pdf":  # a page of paper breaks lines inside words; pdftotext itself marks the direction of words
        assert not re.search("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", found)
        assert squeeze(found).count(squeeze(text)) >= 12
    elif found and name not in {"direction", "emoji", "long"}:
        assert re.sub(r"[-\u00ad]", "", squeeze(text)) in re.sub(r"[-\u00ad]", "", squeeze(found))
    assert write(document, format, **more) == file


# Data, through the real notebooks.


def rename(data: Dataset) -> Dataset:
    """Return the data with a hostile text wherever an office may write what it likes, and names of people."""
    texts = list(IN_A_FILE.values())
    tables = {name: frame.copy() for name, frame in data.tables.items()}
    tables["unit"]["nama"] = [texts[i % len(texts)] + f" {i}" for i in range(len(tables["unit"]))]
    people = tables["pegawai"]
    people["nama"] = [f"{invented_name(who)} Zyx{number}" for number, who in enumerate(people["pegawai_id"])]
    free = {
        "unit": ("jenis",),
        "indikator_unit": ("indikator", "satuan"),
        "pegawai": ("golongan", "jenjang"),
        "skp": ("rhk", "rhk_atasan", "iki"),
        "kompetensi": ("kompetensi",),
        "kegiatan": ("topik",),
        "survei": ("instrumen", "butir"),
        "biaya": ("komponen",),
    }
    for table, columns in free.items():
        for column in columns:
            levels = tables[table][column].dropna().unique()
            own = {level: f"{texts[i % len(texts)]} {level}" for i, level in enumerate(levels)}
            tables[table][column] = tables[table][column].map(own).astype(tables[table][column].dtype)
    keys = ("judul", "instansi", "tempat", "catatan", "sumber", "kutipan", "lisensi")
    notes = {key: texts[i % len(texts)] for i, key in enumerate(keys)}
    return replace(data, tables=tables, keterangan={**data.keterangan, **notes})


WRITTEN = {  # what of the data must be seen on a page: the test would prove nothing on a page that leaves it out
    "01_mutu_data": [IN_A_FILE["markdown"]],
    "02_laporan_unit": [f"{IN_A_FILE['markdown']} 1", IN_A_FILE["script"]],
    "03_laporan_instansi": [IN_A_FILE["markdown"], IN_A_FILE["script"]],
}


@dataclass(frozen=True)
class Ran:
    """A folder with reports in all formats, and what must not stand in it."""

    folder: Path
    documents: tuple[Document, ...]
    ids: frozenset[str]
    names: frozenset[str]


def run_all(folder: Path, place: Path, data: Dataset, notebooks: dict[str, dict[str, object]]) -> Ran:
    documents = []
    for name, parameters in notebooks.items():
        run = run_notebook(ROOT / "notebooks" / f"{name}.ipynb", folder, {"data": str(place), **parameters})
        documents.append(read_document(nbformat.read(run.notebook, as_version=4)))
        for suffix in set(FORMATS) - {"html"}:
            run.page.with_suffix(f".{suffix}").write_bytes(write(documents[-1], suffix, footer=("Sumber: data",)))
    people = data.tables["pegawai"]
    ids = {str(who) for who in people["pegawai_id"]} | {str(who) for who in data.tables["survei"]["responden_id"]}
    names = {part for name in people.get("nama", []) for part in [name, *name.split()[-1:]]}
    return Ran(folder, tuple(documents), frozenset(ids), frozenset(names))


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    use_language("id")
    root = tmp_path_factory.mktemp("jahat")
    data = rename(build_agency(people=240, units=4, periods=4, seed=5))
    write_dataset(data, root / "data")
    unit: dict[str, object] = {"unit": "U02"}
    return run_all(
        root / "run", root / "data", data, {"01_mutu_data": {}, "02_laporan_unit": unit, "03_laporan_instansi": {}}
    )


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    use_language("id")
    place = ROOT / "data" / "contoh"
    unit: dict[str, dict[str, object]] = {"02_laporan_unit": {"unit": "U03"}}
    return run_all(tmp_path_factory.mktemp("contoh"), place, read_dataset(place), unit)


def test_hostile_data_stay_harmless_in_every_format(hostile_run: Ran) -> None:
    pages = [file for file in hostile_run.folder.iterdir() if file.suffix != ".ipynb"]
    assert len(pages) == 3 * len(FORMATS)
    for page in pages:
        found = squeeze(READERS[page.suffix[1:]](page.read_bytes()))
        for words in WRITTEN[page.stem]:
            if page.suffix != ".pdf":
                assert squeeze(words) in found, (page.name, words)


def find_words(folder: Path, words: frozenset[str]) -> set[tuple[str, str]]:
    """Return the words that stand in a file of the folder, with its name: inside packed parts and PDF text too."""
    found = set()
    for file in (file for file in folder.rglob("*") if file.is_file()):
        layers = [file.name.encode(), *open_layers(file.read_bytes())]
        layers += [read_pdf(file.read_bytes()).encode()] if file.suffix == ".pdf" else []
        found |= {(word, file.name) for word in words if any(word.encode() in layer for layer in layers)}
    return found


@pytest.mark.parametrize("run", ["hostile_run", "sample_run"])
def test_no_identifier_in_any_file_of_a_run(run: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(run)
    assert len(ran.ids) > 200
    assert len(ran.names) > 200 or run == "sample_run"  # the sample has no names
    assert len(list(ran.folder.iterdir())) >= 1 + len(FORMATS)
    assert find_words(ran.folder, ran.ids | ran.names) == set()


NIP = "198001012010041001"


@pytest.mark.parametrize("format", FORMATS)
def test_an_identifier_in_a_page_is_found_and_refused(
    format: str, tmp_path: Path, every_block: Callable[[str], list[Block]]
) -> None:
    text = f"Budi Zyx7 {NIP}"
    file = write(make_document(every_block(text), text), format)
    (tmp_path / f"x.{format}").write_bytes(file)
    if format != "pdf" or shutil.which("pdftotext"):
        assert find_words(tmp_path, frozenset({NIP, "Zyx7", "Zyx8"})) == {(NIP, f"x.{format}"), ("Zyx7", f"x.{format}")}
    if format != "pdf":  # its text is numbers of glyphs: the notebook beside it is what the gate reads
        with pytest.raises(RunError, match=rf"^x\.{format} memuat NIP"):
            refuse_ids({f"x.{format}": file})
