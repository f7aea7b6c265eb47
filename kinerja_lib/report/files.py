"""Places and files of runs: where the project keeps things, names that are safe on every system, whole files.

A file that a run writes is written beside its place, forced to the disk and renamed, so that a reader finds the whole
file or none. Nothing here knows what is in the files.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from kinerja_lib.errors import CallError, list_values, nearest
from kinerja_lib.language import _

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOK = ".ipynb"
PART = ".part"  # in the name of every file that is not finished

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices of Windows, with any suffix
NAME_LENGTH = 48  # leaves room for the rest of the path within the 260 characters of Windows


def project_folder() -> Path:
    """Return the folder of the project."""
    return PROJECT


def notebooks_folder() -> Path:
    """Return the folder of the project's notebooks."""
    return PROJECT / "notebooks"


def sample_data() -> Path:
    """Return the folder of the sample agency."""
    return PROJECT / "data" / "contoh"


def runs_folder() -> Path:
    """Return the folder in which each run gets one of its own."""
    return PROJECT / "reports" / "runs"


def list_notebooks() -> dict[str, Path]:
    """Return name -> file of the project's notebooks, such as ``02_laporan_unit`` or ``studi_kasus/nsw``."""
    folder = notebooks_folder()
    files = sorted(file for file in folder.rglob("*" + NOTEBOOK) if ".ipynb_checkpoints" not in file.parts)
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


def find_notebook(name: str, *, own: bool = False) -> Path:
    """Return the file of a notebook.

    Parameters
    ----------
    name : str
        Name of a notebook of the project, with or without its folder and ``.ipynb``.
    own : bool, default False
        Whether `name` may also be the path of any other notebook.

    Returns
    -------
    Path

    Raises
    ------
    CallError
        No such notebook, or several.
    """
    known = list_notebooks()
    wanted = name.replace("\\", "/").removesuffix(NOTEBOOK).removeprefix("notebooks/")
    found = [file for key, file in known.items() if wanted in (key, key.rpartition("/")[2])]
    if len(found) == 1:
        return found[0]
    if own and name.endswith(NOTEBOOK) and Path(name).is_file():
        return Path(name).absolute()
    if found:
        both = list_values(file.relative_to(notebooks_folder()).with_suffix("").as_posix() for file in found)
        raise CallError(_("notebook: {name} ada pada {found}; sebut dengan foldernya.").format(name=name, found=both))
    message = _("notebook: ditemukan {found}; yang ada: {known}.")
    names = list_values(known) or _("tidak ada")
    raise CallError(message.format(found=repr(name), known=names) + nearest(wanted, known))


def folder_names(ids: Iterable[str]) -> dict[str, str]:
    """Return id -> folder name that is safe on Windows, macOS and Linux; distinct ids get distinct names.

    Plain ids stay as they are. Any other gets a short form with a piece of its SHA-256, and so do ids that differ
    only in upper and lower case, which some systems take for one name.

    Examples
    --------
    >>> folder_names(["U01", "../etc"])
    {'U01': 'U01', '../etc': '_etc-f7f9121f'}
    """
    names = {unit: _safe_name(unit) for unit in ids}
    while twins := {name for name, times in Counter(name.casefold() for name in names.values()).items() if times > 1}:
        names = {
            unit: f"{name[:NAME_LENGTH]}-{_digest(unit)}" if name.casefold() in twins else name
            for unit, name in names.items()
        }
    return names


def _safe_name(text: str) -> str:
    safe = UNSAFE.sub("_", text)[:NAME_LENGTH].strip(".") or "_"
    if RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    if safe == text:
        return safe
    return f"{safe}-{_digest(text)[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def part_of(target: Path) -> Path:
    """Return a fresh name beside `target` for what is not finished."""
    return target.with_name(f".{target.stem}.{uuid4().hex[:12]}{PART}{target.suffix}")


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write the files so that all appear whole or, when one cannot be written, none of them is left.

    Parameters
    ----------
    files : mapping of Path to bytes
        Place -> content; folders are made.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    parts = {target: part_of(target) for target in files}
    placed: list[Path] = []
    try:
        for target, content in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            with parts[target].open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        for target, part in parts.items():
            part.replace(target)
            placed.append(target)
    except BaseException:
        for path in [*placed, *parts.values()]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def sweep_parts(folder: Path) -> None:
    """Remove what interrupted runs left unfinished in `folder`."""
    for part in folder.rglob(f".*{PART}*"):
        with suppress(OSError):
            part.unlink(missing_ok=True)
