"""Errors: one base, and messages that name argument, found, allowed and the nearest name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib import errors
from kinerja_lib.errors import (
    SHOWN,
    CallError,
    DataError,
    KinerjaError,
    RunError,
    list_values,
    nearest,
    require_choice,
)
from kinerja_lib.language import use_language


@pytest.mark.parametrize("kind", [CallError, DataError, RunError])
def test_each_error_is_a_kinerja_error_with_a_docstring(kind: type[KinerjaError]) -> None:
    assert issubclass(kind, KinerjaError)
    assert issubclass(kind, ValueError)
    assert kind.__doc__


def test_no_error_stands_outside_the_family() -> None:
    own = {n for n, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert own == {"KinerjaError", "CallError", "DataError", "RunError", "KinerjaWarning"}


@pytest.mark.parametrize(
    ("values", "shown", "line"),
    [
        ([], 10, ""),
        (["a"], 10, "a"),
        (["a", "b"], 10, "a, b"),
        ([1, None], 10, "1, None"),
        (range(10), 10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (range(11), 10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 dan 1 lainnya"),
        (range(5), 3, "0, 1, 2 dan 2 lainnya"),
        ((letter for letter in "ab"), 1, "a dan 1 lainnya"),
    ],
)
def test_list_values(values: list[object], shown: int, line: str) -> None:
    assert list_values(values, shown=shown) == line


@given(st.lists(st.integers(), max_size=30))
def test_list_values_shows_no_more_than_ten(values: list[int]) -> None:
    line = list_values(values)
    head, _, rest = line.partition(" dan ")
    assert len(head.split(", ")) == max(1, min(len(values), SHOWN))
    assert rest == (f"{len(values) - SHOWN} lainnya" if len(values) > SHOWN else "")


@pytest.mark.parametrize(
    ("name", "allowed", "text"),
    [
        ("periodee", ["periode", "unit_id"], " Maksud Anda periode?"),
        ("Periode", ["periode"], " Maksud Anda periode?"),
        ("xyz", ["periode"], ""),
        ("periode", [], ""),
        ("", ["periode"], ""),
        (2025, ["2025-S1", "2024"], " Maksud Anda 2024?"),
        ("unit", ["unit_id", "units"], " Maksud Anda units?"),
    ],
)
def test_nearest(name: object, allowed: list[object], text: str) -> None:
    assert nearest(name, allowed) == text


def test_require_choice_passes_what_is_allowed() -> None:
    assert require_choice("moda", "luring", ("luring", "daring")) is None
    assert require_choice("n", 1, iter([1, 2])) is None


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("lurng", "moda: ditemukan 'lurng'; yang diizinkan: luring, daring. Maksud Anda luring?"),
        ("xyz", "moda: ditemukan 'xyz'; yang diizinkan: luring, daring."),
        (None, "moda: ditemukan None; yang diizinkan: luring, daring."),
        ("{n}", "moda: ditemukan '{n}'; yang diizinkan: luring, daring."),
    ],
)
def test_require_choice_says_what_was_found_and_what_is_allowed(found: object, text: str) -> None:
    with pytest.raises(CallError, match=f"^{re.escape(text)}$"):
        require_choice("moda", found, ("luring", "daring"))


def test_every_message_is_made_when_it_is_needed_so_the_language_can_change() -> None:
    use_language("en")
    with pytest.raises(CallError, match=r"moda: .*'x'.*: luring, daring\.$"):
        require_choice("moda", "x", ("luring", "daring"))


def test_an_empty_text_that_is_allowed_is_told_last_in_words() -> None:
    with pytest.raises(
        CallError, match=r"^status: ditemukan 'PN'; yang diizinkan: PNS, PPPK, atau kosong\. Maksud .* PNS"
    ):
        require_choice("status", "PN", ("", "PNS", "PPPK"))
    assert require_choice("status", "", ("", "PNS")) is None
