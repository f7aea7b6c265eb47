"""Every code that a study can give has its sentence, and no sentence holds a number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kinerja_lib.studies
from kinerja_lib.studies.reasons import CHECKS, REASONS, say_question, say_reason
from kinerja_lib.studies.verdict import NO_ANSWER

HERE = Path(kinerja_lib.studies.__file__).parent
MODULES = sorted(path for path in HERE.glob("*.py") if path.name != "reasons.py")


def texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def find_codes(path: Path) -> tuple[set[str], set[str]]:
    """Return the codes of reasons and the names of checks in a module: why=, gaps, found.append(), Check()."""
    reasons: set[str] = set()
    checks: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "Check" and node.args and isinstance(node.args[0], ast.Constant):
                checks.add(node.args[0].value)
            if name == "Verdict":
                reasons |= {text for text in texts(node.args[1]) if text}
            if (
                name == "append"
                and isinstance(node.args[0], ast.Constant)
                and getattr(node.func.value, "id", "") == "found"
            ):  # type: ignore[attr-defined]
                reasons.add(node.args[0].value)
            for word in node.keywords:
                if word.arg == "why" and isinstance(word.value, ast.Tuple):
                    reasons |= set(texts(word.value))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            last = node.value.elts[1]
            if isinstance(last, ast.Tuple) and all(isinstance(part, ast.Constant) for part in last.elts):
                reasons |= set(texts(last))
    return reasons, checks


FOUND = {path.stem: find_codes(path) for path in MODULES}


def test_the_codes_are_found_at_all() -> None:
    """The search sees those that are known to be there."""
    reasons = set().union(*(found[0] for found in FOUND.values()))
    checks = set().union(*(found[1] for found in FOUND.values()))
    assert {"no_treated", "all_at_once", "few_people", "one_level", "no_people", "several_rules", "wide"} <= reasons
    assert {"pre_trend", "dip", "quota", "same_source", "spillover", "second", "attrition"} <= checks


@pytest.mark.parametrize("module", FOUND)
def test_every_code_has_a_sentence(module: str) -> None:
    reasons, checks = FOUND[module]
    assert {code for code in reasons if say_reason(code) == code} == set()
    assert checks - set(CHECKS) == set()
    assert set(NO_ANSWER.values()) <= set(REASONS)


SENTENCES = [*REASONS.values(), *(text for pair in CHECKS.values() for text in pair)]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_one_without_numbers(text: str) -> None:
    assert not re.search(r"\d|[{}%]", text)
    assert text[0].isupper()
    assert text[-1] in ".?"
    assert SENTENCES.count(text) == 1


def test_questions_ask_and_failures_state() -> None:
    assert all(say_question(name).endswith("?") for name in CHECKS)
    assert all(say_reason(name).endswith(".") for name in (*REASONS, *CHECKS))
    assert set(REASONS) & set(CHECKS) == set()
    assert say_reason("Kolom x tidak ada.") == "Kolom x tidak ada."  # an error's words
    with pytest.raises(KeyError):
        say_question("tidak_ada")
