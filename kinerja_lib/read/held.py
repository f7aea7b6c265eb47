"""Data sets that this process holds, so that those who read the same files again get them without reading.

The parent of the kernels holds the data of a batch (`report/kernels`); each kernel, a copy of it, shares the pages. A
held data set is given out only while its files have the bytes that it was read from.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from kinerja_lib.schema import TABLES, Dataset

SUFFIXES = (".csv", ".parquet")

_held: dict[Path, Dataset] = {}


def hold_datasets(datasets: dict[str, Dataset]) -> None:
    """Hold these data sets, by the folder or workbook they were read from, and no others."""
    _held.clear()
    _held.update({Path(place).absolute(): dataset for place, dataset in datasets.items()})


def find_held(place: str | Path) -> Dataset | None:
    """Return the data set that was read from a place, if it is held and not one byte there has changed since.

    Its tables are copies: what is written into one reaches nobody else.
    """
    held = _held.get(Path(place).absolute())
    if held is None or held.hashes != hash_place(Path(place)):
        return None
    tables = {name: frame.copy(deep=False) for name, frame in held.tables.items()}
    return replace(held, tables=tables, keterangan=dict(held.keterangan), source=str(place), hashes=dict(held.hashes))


def find_files(place: Path) -> list[Path]:
    """Return the files of the canonical tables in a folder; a workbook is its own file."""
    if not place.is_dir():
        return [place]
    files = (place / f"{name}{suffix}" for name in TABLES for suffix in SUFFIXES)
    return [file for file in files if file.is_file()]


def hash_place(place: Path) -> dict[str, str]:
    """Return name -> SHA-256 of each file of a data set."""
    return {file.name: hash_file(file) for file in find_files(place)}


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
