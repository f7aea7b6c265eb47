"""What pages say, searched: no verb that the design forbids, no number that is not bound, no percentage without n.

Every notebook is run in this process, on every data set that it may meet, in both languages.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.language import use_language
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.report.document import Document, read_document
from kinerja_lib.report.engine import translate_cells
from kinerja_lib.report.parameters import load_nbformat
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import Block
from kinerja_lib.studies import Study
from kinerja_lib.synth import build_agency

ROOT = Path(__file__).parents[2]
STUDIES = ("11_nilai", "12_biaya", "13_retensi", "14_iklim")
REPORTS = ("02_laporan_unit", "03_laporan_instansi")
COMPARED = {"random", "comparative"}  # designs whose sentences may speak of an effect

CAUSAL = {
    "id": r"berdampak|berpengaruh|mem?pengaruhi|menyebabkan|mengakibatkan|meningkatkan|menaikkan|akibatnya|berkat",
    "en": r"affect(?:s|ed)?|causes|caused|had an effect|has an effect|improves|improved|increas(?:es|ed)|thanks to",
}
DENIED = re.compile(
    r"(?:bukan|tidak|belum dapat dikatakan apakah [\w ]+|not|nor|cannot be said whether [\w ]+) (?:yet )?\W*$",
    re.IGNORECASE,
)
# Digits that are no finding: the level of an interval, law, periods and dates, names of columns, rules of errors.
NO_FINDING = re.compile(
    r"95[\s\u00a0]?%|\bn[\s\u00a0]=[\s\u00a0]$|\b(?:19|20)\d\d(?:-[ST]\d|-\d\d)?\b|\d{1,2}/20\d\d|\w*[A-Za-z_]\d\w*|"
    r"G - 1|Nomor \d+|No\. \d+|Regulation \d+|[Ll]ambda 6|\d+ (?:per|of)(?= ?\d)|ICC\(\d\)|"
    r"di bawah 4 pada|Fewer than 4 degrees"
)
BLOCKS_WITH_RUNS = ("paragraph", "list", "note")


def each_text(block: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Iterate over the runs of each paragraph of a block that was computed."""
    if block["kind"] == "paragraph":
        yield block["runs"]
    yield from block.get("items", []) if block["kind"] == "list" else []
    yield from block.get("paragraphs", []) if block["kind"] == "note" else []


def words_of(block: dict[str, Any]) -> Iterator[str]:
    """Iterate over all that a reader sees of a block as text."""
    for runs in each_text(block):
        yield "".join(run["text"] for run in runs)
    yield from (block[name] for name in ("title", "subtitle", "caption", "alt", "reason") if block.get(name))
    for row in block.get("display", []):
        yield from row


def find_verbs(document: Document, design: str) -> list[str]:
    """Return the places where a page speaks of a cause that its design does not allow."""
    if design in COMPARED:
        return []
    verb = re.compile(rf"\b(?:{CAUSAL[document.lang]})\b", re.IGNORECASE)
    texts = [text for block in document.blocks() for text in words_of(block)]
    return [text for text in texts for hit in verb.finditer(text) if not DENIED.search(text[: hit.start()])]


def find_unbound(document: Document) -> list[str]:
    """Return the texts of computed sentences that hold a number which is bound to no field."""
    found = []
    for block in document.blocks():
        if not block.get("computed") or block["kind"] not in BLOCKS_WITH_RUNS:
            continue
        for runs in each_text(block):
            loose = [run["text"] for run in runs if "field" not in run and run.get("style") != "reference"]
            found += [text for text in loose if re.search(r"\d", NO_FINDING.sub("", text))]
    return found


def find_shares(document: Document) -> list[str]:
    """Return the texts with a percentage where the same block names no n."""
    found = []
    for block in document.blocks():
        texts = list(words_of(block))
        whole = " ".join(texts)
        named = re.search(r"\bn[\s\u00a0]*=[\s\u00a0]*[\d<]|\b(?:dari|of|n|among|pada) [\d<]", whole)
        heads = " ".join(str(column["label"]) for column in block.get("columns", []))
        if not named and not re.search(r"\bn\b", heads):
            found += [text for text in texts if re.search(r"\d%", text)]
    return found


def run(book: str, data: Path, lang: str, **parameters: str) -> tuple[Document, Study | None]:
    """Run the cells of a notebook in this process; return its page and the study that it made."""
    use_language("en" if lang == "en" else "id")
    notebook = load_nbformat().read(ROOT / "notebooks" / f"{book}.ipynb", as_version=4)
    translate_cells(notebook, lang)
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = run_cell(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"data": str(data), "lang": lang, **parameters}
            if isinstance(shown, Block):
                cell["outputs"] = [{"data": shown._repr_mimebundle_()}]
    return read_document(notebook), names.get("study")


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run one cell; return the value of its last line where that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def drop(*tables: str) -> Callable[[Dataset], Dataset]:
    return lambda data: replace(data, tables={name: data[name] for name in data if name not in tables})


def one_period(data: Dataset) -> Dataset:
    rows = data["penilaian"]
    last = rows[rows["periode"] == rows["periode"].max()].reset_index(drop=True)
    return replace(data, tables={**data.tables, "penilaian": last})


def all_in(data: Dataset) -> Dataset:
    """Return the data with participants alone: nobody is left to compare with."""
    joined = set(data["kegiatan"]["pegawai_id"])
    kept = {
        name: frame[frame["pegawai_id"].isin(joined)].reset_index(drop=True) if "pegawai_id" in frame else frame
        for name, frame in data.tables.items()
    }
    return replace(data, tables=kept)


def drawn(data: Dataset) -> Dataset:
    """Return the data as if the programme had been drawn by lot, with a numeric outcome."""
    rows = data["penilaian"]
    scores = rows["predikat"].cat.codes.astype("float64") * 10 + rows.index % 7
    tables = {**data.tables, "penilaian": rows.assign(nilai=scores, satuan="poin").drop(columns=["rating_hasil"])}
    return replace(data, tables=tables, keterangan={**data.keterangan, "rancangan": "acak"})


SHAPES: dict[str, Callable[[Dataset], Dataset]] = {
    "small": lambda data: data,
    "drawn by lot": drawn,
    "one period": one_period,
    "participants alone": all_in,
    "no events": drop("kegiatan"),
    "no people": drop("pegawai"),
    "appraisals alone": drop("kegiatan", "skp", "survei", "biaya", "kompetensi", "indikator_unit", "kinerja_unit"),
}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of all data sets: the sample agency, a tiny one, and one spoiled in each way."""
    root = tmp_path_factory.mktemp("bentuk")
    whole = build_agency(people=160, units=5, periods=4, seed=5)
    found = {"sample": ROOT / "data" / "contoh"}
    for name, spoil in SHAPES.items():
        found[name] = root / name.replace(" ", "-")
        write_dataset(spoil(whole), found[name])
    return found


def check(document: Document, design: str) -> None:
    assert find_verbs(document, design) == []
    assert find_unbound(document) == []
    assert find_shares(document) == []


PAGES = [*((shape, "id") for shape in ("sample", *SHAPES)), ("sample", "en"), ("one period", "en"), ("no events", "en")]


@pytest.mark.parametrize(("shape", "lang"), PAGES)
@pytest.mark.parametrize("book", STUDIES)
def test_a_study_says_what_its_design_allows(book: str, shape: str, lang: str, folders: dict[str, Path]) -> None:
    document, study = run(book, folders[shape], lang)
    assert study is not None
    check(document, study.design)
    shown = [block["kind"] for block in document.blocks()]
    assert "paragraph" in shown
    if study.verdict == "cannot_say":  # a whole page all the same: what cannot be said, and why
        said = " ".join(text for block in document.blocks() for text in words_of(block))
        assert all(reason in said for reason in study.reasons)


@pytest.mark.parametrize(("programme", "lang"), [("mentoring", "id"), ("konseling", "en"), ("pelatihan", "id")])
def test_every_programme_of_the_sample_agency(programme: str, lang: str, folders: dict[str, Path]) -> None:
    document, study = run("11_nilai", folders["sample"], lang, programme=programme)
    assert study is not None
    assert study.programme == programme
    check(document, study.design)


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("book", REPORTS)
def test_a_report_speaks_of_no_effect(book: str, lang: str, folders: dict[str, Path]) -> None:
    units = read_dataset(folders["sample"])["unit"]["unit_id"]
    more = {"unit": str(units.iloc[-1])} if book == "02_laporan_unit" else {}
    document, _study = run(book, folders["sample"], lang, **more)
    assert find_verbs(document, "correlational") == []


@pytest.mark.parametrize(
    ("book", "lang", "design"),
    [
        ("00_mulai", "id", "correlational"),
        ("15_kartu_empat_hasil", "id", "comparative"),
        ("15_kartu_empat_hasil", "en", "comparative"),
    ],
)
def test_the_first_page_and_the_card_keep_to_it_too(
    book: str, lang: str, design: str, folders: dict[str, Path]
) -> None:
    document, _study = run(book, folders["sample"], lang)
    check(document, design)


def page(*blocks: dict[str, Any]) -> Document:
    notebook = {"cells": [{"cell_type": "code", "outputs": [{"data": {MIME: block}}]} for block in blocks]}
    return read_document(notebook)


MIME = "application/vnd.kinerja.block.v1+json"


def sentence(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "paragraph", "runs": list(runs), "role": "body"}


def test_the_search_finds_what_it_looks_for() -> None:
    text = sentence({"text": "Coaching berdampak pada nilai: 3 poin, 12%."})
    assert len(find_verbs(page(text), "correlational")) == 1
    assert find_verbs(page(text), "comparative") == []
    assert find_verbs(page(sentence({"text": "Berkaitan, bukan menyebabkan."})), "correlational") == []
    assert len(find_unbound(page(text))) == 1
    bound = sentence({"text": "Nilai "}, {"text": "3", "field": "n", "value": 3}, {"text": " (selang 95\u00a0%)"})
    assert find_unbound(page(bound)) == []
    assert len(find_shares(page(text))) == 1
    assert find_shares(page(sentence({"text": "12% (n\u00a0=\u00a040)"}))) == []
