"""A short run of ``benchmarks/fuzz.py``: damaged and hostile files keep every promise."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import fuzz
import pytest

FILES = 150


def test_no_damaged_file_raises_hangs_or_changes_an_identifier(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    verdicts = dict(fuzz.run(FILES, tmp_path))
    assert {number: verdict.fault for number, verdict in verdicts.items() if verdict.fault} == {}
    assert {"read", "file_damaged"} < {verdict.outcome for verdict in verdicts.values()}
    assert capfd.readouterr() == ("", "")


def test_the_same_number_gives_the_same_file() -> None:
    first, second = fuzz.make_seeds(), fuzz.make_seeds()
    assert [fuzz.make_case(number, first) for number in range(100)] == [
        fuzz.make_case(number, second) for number in range(100)
    ]


def test_no_sound_file_holds_the_time_of_its_making() -> None:
    zips = [content for _suffix, content in fuzz.make_seeds() if content.startswith(b"PK")]
    assert len(zips) == 3
    for content in zips:
        with ZipFile(BytesIO(content)) as file:
            assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            stamps = {stamp for name in file.namelist() for stamp in re.findall(rb"\d{4}-\d\d-\d\dT", file.read(name))}
            assert stamps <= {b"2025-07-14T"}
