"""What a page hangs on: one key for all of it, so that a page is made again when something changed, and only then.

A page of a unit shows the whole agency beside it, so every input file counts for every page; with them the notebook,
the library, the packages, the parameters, the language and the office's template. No clock and no path counts. What a
notebook of one's own reads beside its data counts when a parameter names that file or folder.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from kinerja_lib import __version__
from kinerja_lib.check.events import data_day
from kinerja_lib.check.origin import ORIGIN, RECORD
from kinerja_lib.importer.folder import FINDINGS_JSON
from kinerja_lib.read import find_datasets
from kinerja_lib.read.held import find_files, hash_file
from kinerja_lib.report.files import project_folder
from kinerja_lib.report.plan import Page, Plan
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import Period

LIBRARY = Path(__file__).resolve().parents[1]
BESIDE_DATA = (ORIGIN, RECORD, FINDINGS_JSON)  # what an import leaves beside the tables, and reports read
PACKAGES = (  # those that a page's content can hang on
    "babel",
    "duckdb",
    "formulaic",
    "ipykernel",
    "jinja2",
    "matplotlib",
    "mistune",
    "nbclient",
    "nbformat",
    "numpy",
    "numpy-financial",
    "pandas",
    "papermill",
    "pyarrow",
    "pyfixest",
    "python-calamine",
    "python-docx",
    "scipy",
    "statsmodels",
    "typst",
    "xlsxwriter",
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the pages of a plan hang on, as SHA-256 in hexadecimal.

    Attributes
    ----------
    inputs, notebooks, rules : mapping of str to str
        Of each input file, notebook and table of rules, by name.
    library, template : str
        Of the library's files, and of the office's letterhead and base document (empty without).
    versions : mapping of str to str
        Python, this library and the packages.
    day : str
        Today, where the data reach beyond it and do not say their own day; else empty.
    """

    inputs: Mapping[str, str]
    notebooks: Mapping[str, str]
    rules: Mapping[str, str]
    library: str
    template: str
    versions: Mapping[str, str]
    day: str


def read_basis(plan: Plan) -> Basis:
    """Read what the pages of a plan hang on."""
    files = {page.name: page.notebook for page in plan.pages}
    rules = LIBRARY / "rules"
    return Basis(
        inputs=read_inputs(plan),
        notebooks={name: hash_file(file) for name, file in sorted(files.items())},
        rules={file.name: hash_file(file) for file in sorted(rules.glob("*.csv"))},
        library=_hash_folder(LIBRARY),
        template=digest([repr(part) for part in astuple(plan.template)]) if plan.template else "",
        versions=read_versions(),
        day=_open_day(plan.data),
    )


def read_inputs(plan: Plan) -> dict[str, str]:
    """Return the SHA-256 of the input files as they are now, by name; of several data sets with their folder."""
    named = {str(page.parameters["data"]) for page in plan.pages if page.parameters.get("data")}
    places = find_datasets(next(iter(named))) if named else ()
    found: dict[str, str] = {}
    for place in places:
        prefix = f"{place.name}/" if len(places) > 1 else ""
        found |= {prefix + file.name: hash_file(file) for file in _input_files(place)}
    return dict(sorted(found.items()))


def build_key(plan: Plan, page: Page, basis: Basis) -> str:
    """Return the key of a page: the same when its content has to be the same."""
    own = {name: value for name, value in page.parameters.items() if name != "data"}
    return digest(
        {
            "inputs": basis.inputs,
            "notebook": basis.notebooks[page.name],
            "library": basis.library,
            "versions": basis.versions,
            "template": basis.template,
            "day": basis.day,
            "lang": plan.lang,
            "parameters": own,
            "named": {name: named for name, value in own.items() if (named := _hash_named(value))},
        }
    )


def digest(content: Any) -> str:
    """Return the SHA-256 of plain content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_versions() -> dict[str, str]:
    """Return the versions of Python, of this library and of the packages that are there."""
    found = {"python": platform.python_version(), "kinerja_lib": __version__}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _input_files(place: Path) -> list[Path]:
    return [file for file in (*find_files(place), *(place / name for name in BESIDE_DATA)) if file.is_file()]


def _hash_folder(folder: Path) -> str:
    """Return the SHA-256 of names and contents of all that belongs to a folder."""
    files = {file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
    return digest(
        {
            path.as_posix(): hash_file(files[path])
            for path in sorted(files)
            if not any(part == "__pycache__" or part.startswith(".") for part in path.parts)
        }
    )


def _hash_named(value: Any) -> str:
    """Return the SHA-256 of the file, or of the files of the folder, that a parameter names; else nothing."""
    if not isinstance(value, str) or not value:
        return ""
    with suppress(OSError, ValueError):  # too long for a path, or no path at all
        place = project_folder() / value
        if place.is_file():
            return hash_file(place)
        if place.is_dir():
            return digest({file.name: hash_file(file) for file in sorted(place.iterdir()) if file.is_file()})
    return ""


def _open_day(data: Dataset) -> str:
    """Return today where a report on the data can change with the day: they reach beyond it, and say no day."""
    today, is_said = data_day(data)
    if is_said:
        return ""
    starts = [pd.Timestamp(Period.parse(period).start) for period in data.periods]
    starts += [data["kegiatan"]["mulai"].max()] if data.has("kegiatan", "mulai") else []
    return f"{datetime.now().astimezone():%Y-%m-%d}" if any(start >= today for start in starts) else ""
