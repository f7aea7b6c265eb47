"""Blocks: plain JSON whatever goes in, text that is never markup, and tables that do not keep what they hide."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kinerja_lib.show.blocks import (
    KINDS,
    MIME,
    Block,
    Figure,
    PageBreak,
    TableColumn,
    build_table,
    clean,
    compose,
    plain,
    show_value,
)
from kinerja_lib.show.numbers import MISSING, Bound

WILD = "a\x00b\x07c\x1bd\x7fe\x85f\u2028g\u2029h\ud800i\ufffej\u202ek\u2066l\rm"
TAME = "abcdefghijklm"
BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}

texts = st.text(st.one_of(st.characters(exclude_categories=[]), st.sampled_from(WILD)), max_size=30)
scalars = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.floats(width=32).map(np.float32),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.dates(date(1970, 1, 1), date(2200, 1, 1)).map(lambda d: np.datetime64(d, "ns")),
    st.sampled_from([pd.NA, pd.NaT, np.bool_(True), np.datetime64("NaT"), Bound(WILD, math.nan)]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=12,
)


def inert(text: str) -> bool:
    """Tell whether the text holds no control character, half character or change of direction."""
    allowed = {"\t", "\n"}
    return all(
        c in allowed or (unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} and c not in BIDI) for c in text
    )


@given(values)
@example({WILD: [WILD, (WILD,)]})
def test_clean_gives_plain_json_without_control_characters(value: object) -> None:
    result = clean(value)
    text = json.dumps(result, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert json.loads(text) == result
    assert all(inert(part) for part in _texts(result))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


@given(values)
def test_clean_is_idempotent(value: object) -> None:
    assert clean(clean(value)) == clean(value)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (WILD, TAME),
        ("tab\tbaris\nbaru", "tab\tbaris\nbaru"),
        ("é 👩🏽‍💻 \u200e", "é 👩🏽‍💻 \u200e"),  # letters, joined emoji and marks that override nothing stay
        (math.nan, None),
        (math.inf, None),
        (np.float32("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (np.float64(1.5), 1.5),
        (np.int32(3), 3),
        (np.bool_(False), False),
        (True, True),
        (10**30, 10**30),
        (date(2025, 1, 31), "2025-01-31"),
        (datetime(2025, 1, 31, 23, 59), "2025-01-31"),  # noqa: DTZ001
        (pd.Timestamp("2025-01-31 10:00"), "2025-01-31"),
        (np.datetime64("2025-01-31T10:00", "ns"), "2025-01-31"),
        (Bound("1,5", 1.5), "1,5"),
        ((1, [None, (math.nan,)]), [1, [None, [None]]]),
        ({1: {"a\x00": WILD}}, {"1": {"a": TAME}}),
    ],
)
def test_clean_by_hand(value: object, result: object) -> None:
    assert clean(value) == result
    assert type(clean(value)) is type(result)


# compose: what is filled in is text and nothing else.

MARKUP = ["**tebal**", "[[gambar-1]]", "{n}", "{{n}}", "<script>", "*a*", "# b", "[x](javascript:1)", "}{", "{", "%s"]


@given(texts)
@example("**[[t]]** {n} {{n}}")
def test_compose_never_reads_values_as_markup(value: str) -> None:
    assert compose("Unit {unit} **{unit}** [[t]]", unit=value) == (
        {"text": "Unit "},
        {"text": clean(value)},
        {"text": " "},
        {"text": clean(value), "style": "strong"},
        {"text": " "},
        {"text": "", "style": "reference", "target": "t"},
    )


@pytest.mark.parametrize("value", MARKUP)
def test_compose_with_markup_as_a_number_too(value: str) -> None:
    assert compose("{n}", n=Bound(value, value)) == ({"text": value, "value": value, "field": "n"},)


@pytest.mark.parametrize(
    ("template", "runs"),
    [
        ("", []),
        ("polos", [{"text": "polos"}]),
        ("**a** b", [{"text": "a", "style": "strong"}, {"text": " b"}]),
        ("a **{n} c** d", [
            {"text": "a "},
            {"text": "7", "value": 7, "field": "n", "style": "strong"},
            {"text": " c", "style": "strong"},
            {"text": " d"},
        ]),
        ("lihat [[gambar-1]].", [
            {"text": "lihat "},
            {"text": "", "style": "reference", "target": "gambar-1"},
            {"text": "."},
        ]),
        ("{{tetap}} [[Bukan Rujukan]]", [{"text": "{"}, {"text": "tetap}"}, {"text": " [[Bukan Rujukan]]"}]),
        ("{n}{n}", [{"text": "7", "value": 7, "field": "n"}] * 2),
    ],
)  # fmt: skip
def test_compose_by_hand(template: str, runs: list[dict[str, Any]]) -> None:
    found = compose(template, n=Bound("7", 7))
    assert plain(found) == plain(runs)
    assert [run for run in found if len(run) > 1] == [run for run in runs if len(run) > 1]


def test_compose_keeps_the_number_and_says_what_is_missing() -> None:
    assert compose("{n}", n=Bound(MISSING, None)) == ({"text": MISSING, "value": None, "field": "n"},)
    assert compose("{n}", n=Bound("x", math.nan)) == ({"text": "x", "value": None, "field": "n"},)
    assert compose("{n}", n=12) == ({"text": "12"},)
    with pytest.raises(KeyError, match="m"):
        compose("{n} {m}", n=1)


# Every kind of block.


Every = Callable[[str], list[Block]]


def test_every_kind_is_covered(every_block: Every) -> None:
    assert {block.kind for block in every_block("x")} == KINDS
    assert "" not in KINDS


@pytest.mark.parametrize("text", ["biasa", WILD, "<script>alert(1)</script>", "N" * 10_000], ids=["a", "b", "c", "d"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_block_shows_itself_as_plain_json(kind: str, text: str, every_block: Every) -> None:
    block = next(block for block in every_block(text) if block.kind == kind)
    bundle = block._repr_mimebundle_()
    assert list(bundle) == [MIME, "text/html", "text/plain"]
    written = json.dumps(bundle, ensure_ascii=False, allow_nan=False)
    written.encode("utf-8")
    assert all(inert(part) for part in _texts(json.loads(written)))
    assert bundle[MIME] == block.to_dict() == clean(block.to_dict())
    assert set(bundle[MIME]) == {"kind", *(item.name for item in fields(block))}
    assert "<script" not in bundle["text/html"]


@pytest.mark.parametrize("kind", sorted(KINDS - {PageBreak.kind}))
def test_blocks_do_not_change(kind: str, every_block: Every) -> None:
    block = next(block for block in every_block("x") if block.kind == kind)
    with pytest.raises(FrozenInstanceError, match="cannot assign"):
        setattr(block, fields(block)[0].name, "lain")


@pytest.mark.parametrize("alt", ["", " ", "\n\t"])
def test_a_figure_without_words_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match=r"^figure g: alt text is empty; say what a reader would have seen"):
        Figure("g", "t", "s", "c", alt, "<svg/>", "<svg/>")


# Tables.

FRAME = pd.DataFrame(
    {
        "nama": ["A", None, "=1+1"],
        "orang": [1250, 3, 0],
        "nilai": [88.456, float("nan"), -1.0],
        "biaya": [1250000.0, 2.0, float("nan")],
        "tanggal": pd.to_datetime(["2025-01-31", None, "2024-02-29"]),
        "bagian": [12.34, 100.0, None],
    }
)
COLUMNS = [
    TableColumn("nama", "Nama"),
    TableColumn("orang", "Orang", "count"),
    TableColumn("nilai", "Nilai", "number", 2),
    TableColumn("biaya", "Biaya", "rupiah"),
    TableColumn("tanggal", "Tanggal", "date"),
    TableColumn("bagian", "Bagian (%)", "percent", 1),
]


def test_build_table_by_hand() -> None:
    before = FRAME.copy(deep=True)
    table = build_table(FRAME, COLUMNS, id="t", title="Judul")
    assert table.display == (
        ("A", "1.250", "88,46", "Rp1.250.000", "31 Januari 2025", "12,3"),
        (MISSING, "3", MISSING, "Rp2", MISSING, "100,0"),
        ("=1+1", "0", "−1,00", MISSING, "29 Februari 2024", MISSING),
    )
    assert table.to_dict()["rows"] == [
        ["A", 1250, 88.456, 1250000.0, "2025-01-31", 12.34],
        [None, 3, None, 2.0, None, 100.0],
        ["=1+1", 0, -1.0, None, "2024-02-29", None],
    ]
    assert table.columns[2] == {"name": "nilai", "label": "Nilai", "kind": "number", "decimals": 2}
    assert_frame_equal(FRAME, before)


def test_a_hidden_value_is_not_stored() -> None:
    hidden = pd.DataFrame({"orang": [None, "<5", None], "nilai": ["<5", None, None]})
    secret = FRAME.assign(orang=[1250, 3141, 0], nilai=[2718.28, 1.0, 1.0])
    table = build_table(secret, COLUMNS, id="t", title="Judul", hidden=hidden)
    assert (table.display[1][1], table.rows[1][1]) == ("<5", None)
    assert (table.display[0][2], table.rows[0][2]) == ("<5", None)
    written = json.dumps(table._repr_mimebundle_())
    assert not any(number in written for number in ("3141", "3.141", "2718", "2.718"))
    assert table.display[0][1] == "1.250"  # what is not hidden stays


def test_a_table_of_no_rows() -> None:
    table = build_table(FRAME.iloc[:0], COLUMNS, id="t", title="Kosong")
    assert table.rows == table.display == ()
    assert table.to_text() == "Kosong\nNama\tOrang\tNilai\tBiaya\tTanggal\tBagian (%)"


def test_a_table_in_jupyter_escapes_head_body_and_caption() -> None:
    evil = "<script>"
    table = build_table(pd.DataFrame({"a": [evil]}), [TableColumn("a", evil)], id="t", title=evil)
    cell = "&lt;script&gt;"
    assert table.to_html() == (
        f"<table><caption>{cell}</caption><tr><th>{cell}</th></tr><tr><td>{cell}</td></tr></table>"
    )
    assert table.to_text() == f"{evil}\n{evil}\n{evil}"


@pytest.mark.parametrize("kind", ["text", "number", "percent", "rupiah", "date", "count"])
@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT, np.float32("nan")], ids=repr)
def test_a_missing_cell_is_a_dash_in_every_kind(kind: Any, value: object) -> None:
    assert show_value(value, TableColumn("a", "A", kind)) == MISSING
