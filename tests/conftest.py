"""What tests share: Indonesian at the start of each, hypothesis that draws the same cases each time, blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import settings

from kinerja_lib import language
from kinerja_lib.language import use_language
from kinerja_lib.show.blocks import (
    Block,
    Figure,
    Head,
    ItemList,
    LeftOut,
    Note,
    PageBreak,
    Panels,
    Paragraph,
    SignOff,
    TableColumn,
    build_table,
    compose,
)
from kinerja_lib.studies.result import TABLE, Study, join_rows

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="10"><text x="1" y="2">a</text></svg>'

settings.register_profile("kinerja", derandomize=True, deadline=None, database=None, max_examples=60)
settings.load_profile("kinerja")


@pytest.fixture(autouse=True)
def _indonesian() -> Iterator[None]:
    """Leave no language behind: the one in use belongs to the context, and tests share theirs."""
    use_language("id")
    yield
    use_language("id")


@pytest.fixture
def put_catalogue(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Return what puts a small English catalogue, given as the text of its file, in place of the real one."""

    def put(text: str) -> None:
        folder = tmp_path_factory.mktemp("locale")
        (folder / "en.po").write_text(text, encoding="utf-8")
        monkeypatch.setattr(language, "CATALOGUES", folder)
        language.read_catalogue.cache_clear()

    yield put
    language.read_catalogue.cache_clear()


@pytest.fixture(scope="session")
def every_block() -> Callable[[str], list[Block]]:
    """Return the maker of one block of each kind with a text in every field that holds words."""
    return make_blocks


def make_blocks(text: str) -> list[Block]:
    runs = compose("{t} **{t}**", t=text)
    strip = {"alt": text, "from": 10.0, "width": 20.0, "at": 15.0, "reference_at": 50.0}
    panel = dict.fromkeys(
        ("title", "measure", "number", "unit", "change", "change_detail", "interval", "n", "reason"), text
    )
    columns = [TableColumn("a", text), TableColumn("b", text, "number", 1)]
    return [
        Head(text, text, text, ((text, text),), text),
        Paragraph(runs, "lead"),
        ItemList((runs, runs)),
        Note((runs,)),
        Panels(({**panel, "strip": {**strip, "low": text, "reference": text, "high": text}},), runs),
        build_table(
            pd.DataFrame({"a": pd.Series([text], dtype="object"), "b": [1.5]}),
            columns,
            id="tabel-1",
            title=text,
            notes=[runs],
            source=text,
            spanners=[{"label": text, "first": 0, "span": 2}],
        ),
        Figure("gambar-1", text, text, text, f"Teks: {text}", SVG, SVG, text, ({"label": text, "value": 1.0},)),
        SignOff(text, (text, text), (text,)),
        LeftOut(text, text),
        PageBreak(),
    ]


@dataclass(frozen=True)
class Drawing:
    """An SVG taken apart: its size, its texts with where they stand, and how many marks of each kind it has."""

    width: float
    height: float
    texts: tuple[tuple[str, float, float], ...]
    dots: tuple[tuple[float, float, str], ...]
    lines: int
    areas: int

    @property
    def words(self) -> list[str]:
        return [words for words, _x, _y in self.texts]


PARTS = {"svg", "defs", "style", "g", "path", "use", "text", "clipPath", "rect", "pattern"}
PLACES = {"x", "y", "d", "width", "height", "viewBox", "transform", "points"}


@pytest.fixture(scope="session")
def take_apart() -> Callable[[str], Drawing]:
    """Return the reader of drawings; it refuses one that holds what no drawing needs, or a place that is no number."""
    return take_apart_svg


def take_apart_svg(svg: str) -> Drawing:
    root = ET.fromstring(svg)
    for element in root.iter():
        assert element.tag.partition("}")[2] in PARTS, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert not name.endswith("href") or value.startswith("#"), value
            assert name not in PLACES or not re.search("nan|inf|None", value), (name, value)
            assert "url(" not in value.replace("url(#", ""), value
    groups = {kind: [g for g in root.iter() if g.get("id", "").startswith(kind)] for kind in ("line2d_", "patch_")}
    uses = [e for e in root.iter() if e.tag.endswith("use")]
    texts = [e for e in root.iter() if e.tag.endswith("text")]
    return Drawing(
        float(root.get("width", "")),
        float(root.get("height", "")),
        tuple(("".join(e.itertext()), float(e.get("x", "nan")), float(e.get("y", "nan"))) for e in texts),
        tuple((float(e.get("x", "")), float(e.get("y", "")), _fill(e)) for e in uses),
        len(groups["line2d_"]) - len(uses),
        len(groups["patch_"]) - 1,  # the sheet itself
    )


def _fill(element: ET.Element) -> str:
    found = re.search("fill: (#[0-9a-f]{6})", element.get("style", ""))
    return found[1] if found else ""


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    """Return the maker of a study by hand: a comparison of coaching with rows of every role."""
    return make_study


def study_row(
    role: str, ends: tuple[float, float, float], *, group: str = "", unit: str = "poin", n: int = 900
) -> dict[str, Any]:
    """Return a row of the table of a study: estimate, lower and upper end."""
    cells = dict(zip(("estimate", "conf_low", "conf_high"), ends, strict=True))
    whole = {"term": "coaching", "group": group, **cells, "std_error": 0.1, "p_value": 0.04, "n": n}
    return whole | {"headline": role == "main", "naive": role == "naive", "role": role, "unit": unit, "months": None}


EVENTS = ((-1, (0.02, -0.1, 0.14)), (0, (0.3, 0.1, 0.5)), (1, (0.5, 0.2, 0.8)))


def make_study(
    main: tuple[float, float, float] | None = (0.41, 0.21, 0.61),
    *,
    name: str = "value",
    unit: str = "poin",
    **more: Any,
) -> Study:
    rows = [] if main is None else [study_row("main", main, unit=unit)]
    if main is not None:
        rows += [study_row("event", ends, group=str(at), unit=unit) for at, ends in EVENTS]
        rows += [study_row("second", (1.2, 0.4, 2.0), unit="poin SKP"), *_naive_rows(unit)]
    known: dict[str, Any] = {
        "programme": "coaching",
        "design": "comparative",
        "outcome": "nilai",
        "unit": unit,
        "verdict": "supported",
        "why": ("good", "not_random"),
        "table": join_rows([pd.DataFrame(rows, columns=list(TABLE))]) if rows else Study("value").table,
    }
    return Study(name, **(known | more))


def _naive_rows(unit: str) -> list[dict[str, Any]]:
    return [
        study_row("naive", (0.9, 0.7, 1.1), group="sebelum_sesudah", unit=unit, n=400),
        study_row("naive", (1.5, 1.2, 1.8), group="peserta_bukan", unit=unit, n=300),
    ]
