"""A short run of ``benchmarks/fuzz.py``: damaged and hostile files keep every promise."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILES = 150


def load_fuzz() -> ModuleType:
    if "fuzz" not in sys.modules:
        spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[2] / "benchmarks" / "fuzz.py")
        assert spec
        assert spec.loader
        sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["fuzz"])
    return sys.modules["fuzz"]


def test_no_damaged_file_raises_hangs_or_changes_an_identifier(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    verdicts = dict(load_fuzz().run(FILES, tmp_path))
    assert {number: verdict.fault for number, verdict in verdicts.items() if verdict.fault} == {}
    assert {"read", "file_damaged"} < {verdict.outcome for verdict in verdicts.values()}
    assert capfd.readouterr() == ("", "")


def test_the_same_number_gives_the_same_file() -> None:
    fuzz = load_fuzz()
    seeds = fuzz.make_seeds()
    plain = [(suffix, content) for suffix, content in seeds if not content.startswith(b"PK")]
    assert [fuzz.make_case(number, plain)[1] for number in range(30, 40)] == [
        fuzz.make_case(number, plain)[1] for number in range(30, 40)
    ]
