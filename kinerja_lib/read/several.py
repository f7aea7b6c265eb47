"""Several data sets named in one text: folders separated by ";", or a folder whose subfolders are data sets."""

from __future__ import annotations

from pathlib import Path

from kinerja_lib.read.held import SUFFIXES
from kinerja_lib.schema import TABLES

SEPARATOR = ";"


def find_datasets(data: str | Path) -> tuple[Path, ...]:
    """Return where the data sets lie that a text names.

    Parameters
    ----------
    data : str or Path
        A folder with tables or a workbook (that one alone), a folder without tables (its subfolders, by name), or
        several of these separated by ";".

    Returns
    -------
    tuple of Path
        Each once, in order; what does not exist is kept, so that reading it says so.

    Examples
    --------
    >>> [str(place) for place in find_datasets("a; b;a")]
    ['a', 'b']
    """
    found = [place for part in split_places(str(data)) for place in _open_parent(Path(part))]
    once: dict[Path, Path] = {}
    for place in found:
        once.setdefault(place.resolve(), place)
    return tuple(once.values())


def split_places(data: str) -> list[str]:
    """Return the places that a text names, separated by ";"; a folder whose name holds one is one place."""
    if Path(data).exists():
        return [data]
    return [part.strip() for part in data.split(SEPARATOR) if part.strip()] or [data]


def _open_parent(folder: Path) -> list[Path]:
    """Return the visible subfolders of a folder without tables; else the place itself."""
    if not folder.is_dir() or any((folder / f"{name}{suffix}").exists() for name in TABLES for suffix in SUFFIXES):
        return [folder]
    return sorted(place for place in folder.iterdir() if place.is_dir() and place.name[:1] not in "._") or [folder]
