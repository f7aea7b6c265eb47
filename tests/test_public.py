"""The public list: each name resolves, stands in one module, and is documented for someone who only reads its help."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import pytest

import kinerja_lib

NAMES = [name for name in kinerja_lib.__all__ if name != "__version__"]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(kinerja_lib, name))]
FUNCTIONS = [name for name in NAMES if name not in CLASSES]
# The first word of a function names its layer (style.md 1.4); these few are named by what they are.
LAYERS = {"read", "write", "open", "import", "explain", "use", "check", "build", "estimate", "study", "choose"}
LAYERS |= {"bound", "expect", "sensitivity"}
LAYERS |= {"plan", "plot", "table", "say", "show", "note", "find", "sign"}
NAMED_BY_THING = {"jp_bounds", "performance_measure", "sources"}
NAMED_BY_THING |= {"benefit_cost", "internal_rate", "present_value", "recompute_check", "to_block"}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_resolves_to_what_its_module_holds(name: str) -> None:
    home = kinerja_lib._HOME[name]
    assert getattr(kinerja_lib, name) is getattr(import_module(f"kinerja_lib.{home}"), name)


def test_dir_lists_the_public_names() -> None:
    assert set(dir(kinerja_lib)) == set(kinerja_lib.__all__)
    assert len(set(kinerja_lib.__all__)) == len(kinerja_lib.__all__)


def test_no_name_stands_in_two_modules() -> None:
    listed = [name for names in kinerja_lib._MODULES.values() for name in names]
    assert sorted(listed) == sorted(set(listed))
    assert {"__version__", *listed} == set(kinerja_lib.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"^module 'kinerja_lib' has no attribute 'plot_semua'$"):
        kinerja_lib.plot_semua  # noqa: B018 - the look-up is the test


def test_the_version_is_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", kinerja_lib.__version__)


def test_each_name_can_be_called() -> None:
    assert [name for name in NAMES if not callable(getattr(kinerja_lib, name))] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_first_word_names_the_layer(name: str) -> None:
    assert name.partition("_")[0] in LAYERS or name in NAMED_BY_THING


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_signature_is_typed(name: str) -> None:
    signature = inspect.signature(getattr(kinerja_lib, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty] == []


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_every_name_has_a_docstring_that_opens_with_one_line(name: str) -> None:
    text = inspect.getdoc(getattr(kinerja_lib, name))
    assert text
    first, *rest = text.split("\n")
    assert first.endswith((".", ":"))
    assert not rest or not rest[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sections_of_a_docstring_are_those_of_numpy(name: str) -> None:
    """A section has its line of dashes; one on parameters names all of them, and stands beside what is returned."""
    function = getattr(kinerja_lib, name)
    sections = read_sections(function)
    assert set(sections) <= {"Parameters", "Returns", "Raises", "Examples", "References"}
    if "Parameters" in sections:
        described = [part.strip() for line in heads(sections["Parameters"]) for part in line.split(":")[0].split(",")]
        assert [p for p in inspect.signature(function).parameters if p not in described] == []
        assert [p for p in described if p not in inspect.signature(function).parameters] == []


COMPUTE = ("read", "write", "open", "check", "build", "estimate", "study", "plot")


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name.startswith(COMPUTE)])
def test_what_computes_or_draws_tells_what_it_takes_and_gives(name: str) -> None:
    function = getattr(kinerja_lib, name)
    needed = {"Parameters"} if inspect.signature(function).parameters else set()
    needed |= {"Returns"} if inspect.signature(function).return_annotation not in (None, "None") else set()
    assert needed - set(read_sections(function)) == set()


def read_sections(function: Any) -> dict[str, list[str]]:
    lines = (inspect.getdoc(function) or "").split("\n")
    starts = [i for i in range(len(lines) - 1) if re.fullmatch("-{3,}", lines[i + 1])]
    assert all(len(lines[i]) == len(lines[i + 1]) for i in starts)
    ends = [*starts, len(lines)][1:]
    return {lines[start]: lines[start + 2 : end] for start, end in zip(starts, ends, strict=True)}


def heads(lines: list[str]) -> list[str]:
    return [line for line in lines if line and not line.startswith(" ")]
