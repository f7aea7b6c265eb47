"""The words by which exports are known (``kinds.toml``), and a user's mapping file for shapes nobody foresaw."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kinerja_lib.errors import CallError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.read.times import parse_period
from kinerja_lib.read.values import clean_words
from kinerja_lib.schema import COVARIATE, TABLES

SETTINGS = ("ignored", "personal", "free", "competencies", "competency_parts")  # of kinds.toml, beside the kinds


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A user's names for the columns of a shape nobody foresaw.

    Attributes
    ----------
    name : str
        Name of the mapping file without its ending; with a `table` the kind is "peta:<name>".
    table : str
        Canonical table that the rows belong to; empty where `kind` says what the sheet is.
    kind : str
        A kind that `recognise` knows, which this file gives further words and constants.
    columns : mapping of str to str
        Header words, cleaned -> canonical column, or field of the kind.
    constants : mapping of str to str
        Column -> the value of every row that has none of its own, such as periode.
    files : tuple of str
        Patterns of the file names it is meant for; empty for all.
    """

    name: str
    table: str = ""
    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@cache
def read_kinds() -> dict[str, Any]:
    """Return the content of ``kinds.toml``."""
    return tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8"))


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of the kinds of export that have words of their own."""
    return tuple(name for name in read_kinds() if name not in SETTINGS)


KEYS = ("table", "kind", "columns", "constants", "files")


def read_map(path: Path) -> ColumnMap:
    """Read a user's mapping file.

    Parameters
    ----------
    path : Path
        A TOML file with `table` (a canonical table) or `kind` (a kind of export), ``[columns]`` ("words of the
        header" = "canonical column"), ``[constants]`` (column = "value of every row"), and `files`, patterns of the
        file names that it is meant for.

    Returns
    -------
    ColumnMap

    Raises
    ------
    CallError
        The file cannot be read, or names a table, kind, column or period that does not exist.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = _("{file}: berkas peta tidak dapat dibaca ({why}).")
        raise CallError(message.format(file=path.name, why=str(error).splitlines()[0][:80])) from None
    _require(path, "", content, KEYS)
    table, kind = (str(content.get(name, "")) for name in ("table", "kind"))
    if bool(table) == bool(kind):
        raise CallError(_("{file}: isi salah satu: table atau kind.").format(file=path.name))
    _require(path, "table" if table else "kind", [table or kind], list(TABLES) if table else kinds())
    pairs, constants = (_texts(path, name, content.get(name, {})) for name in ("columns", "constants"))
    if table and not pairs:
        raise CallError(
            _("{file}: bagian [columns] kosong; sebutkan judul kolom dan kolom tujuannya.").format(file=path.name)
        )
    allowed = [c.name for c in TABLES[table].columns] if table else list(read_kinds()[kind]["columns"])
    if kind:
        allowed += [c.name for c in TABLES[read_kinds()[kind]["table"]].columns if c.name not in allowed]
    for section, names in (("columns", pairs.values()), ("constants", constants)):
        _require(
            path, f"[{section}]", [n for n in names if not (table == "pegawai" and n.startswith(COVARIATE))], allowed
        )
    _require_once(path, list(pairs.values()))
    if "periode" in constants and parse_period(constants["periode"]) is None:
        message = _("{file}: periode {found} tidak dikenal; yang diizinkan: 2025, 2025-S1, 2025-T3, 2025-07.")
        raise CallError(message.format(file=path.name, found=repr(constants["periode"])))
    _require_levels(path, table or read_kinds()[kind]["table"], constants)
    files = content.get("files", [])
    files = [files] if isinstance(files, str) else files
    return ColumnMap(
        path.stem, table, kind, {clean_words(k): v for k, v in pairs.items()}, constants, tuple(map(str, files))
    )


def _texts(path: Path, section: str, found: object) -> dict[str, str]:
    if not isinstance(found, dict) or any(isinstance(value, (dict, list)) for value in found.values()):
        raise CallError(
            _("{file}: bagian [{section}] harus berisi baris nama = nilai.").format(file=path.name, section=section)
        )
    return {str(key): str(value) for key, value in found.items()}


def _require(path: Path, place: str, found: object, allowed: Sequence[str]) -> None:
    for name in found if isinstance(found, (list, dict)) else []:
        if name not in allowed:
            message = _("{file} {place}: ditemukan {found}; yang diizinkan: {allowed}.")
            text = message.format(file=path.name, place=place, found=repr(name), allowed=list_values(allowed, shown=40))
            raise CallError(text.replace(" :", ":") + nearest(name, allowed))


def _require_once(path: Path, names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CallError(_("{file}: kolom {name} ada dua kali; sisakan satu.").format(file=path.name, name=twice))


def _require_levels(path: Path, table: str, constants: Mapping[str, str]) -> None:
    levels = {column.name: column.levels for column in TABLES[table].columns if column.levels}
    for name, value in constants.items():
        if name in levels:
            _require(path, f"[constants] {name}", [value], levels[name])
