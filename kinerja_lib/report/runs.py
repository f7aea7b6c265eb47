"""Which folder a run gets: the one asked for, that of the same call before, or a new one; and what came before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.language import _
from kinerja_lib.report.books import MANIFEST, Manifest, read_books
from kinerja_lib.report.files import PART, runs_folder
from kinerja_lib.report.lock import LOCK, hold_folder

LOOKED_AT = 20  # newest runs of a period among which an earlier one is looked for


@dataclass(frozen=True, slots=True)
class Run:
    """A folder that is held for a run.

    Attributes
    ----------
    id : str
        A name for the run, from the clock.
    folder : Path
        Held until the block ends.
    earlier : dict or None
        Books of the folder as they were.
    previous : dict or None
        Books of the last run before it that can be compared; those of the folder itself, where they can.
    """

    id: str
    folder: Path
    earlier: Manifest | None
    previous: Manifest | None


@contextmanager
def open_run(out: str | Path | None, *, like: Manifest, force: bool) -> Iterator[Run]:
    """Hold the folder of a run inside the block.

    Parameters
    ----------
    out : str or Path, optional
        Folder of the run: new, empty or that of an earlier run. None = among the runs of the project: the folder of
        the newest run of the same pages with the same keys, finished or not, else a new one.
    like : mapping
        What the new manifest says of the call: call, period, lang, data.
    force : bool
        With None: always a new folder.

    Raises
    ------
    CallError
        The folder holds files of something else, cannot be written, or another run holds it.
    """
    name = "-".join(filter(None, [f"{datetime.now().astimezone():%Y%m%d-%H%M%S}", like["period"]]))
    alike = _find_alike(like) if out is None else []
    same = next((folder for folder, books in alike if books.get("call") == like["call"] and not force), None)
    with ExitStack() as stack:
        try:
            folder = _make(Path(out)) if out is not None else same or _make_fresh(runs_folder(), name)
            stack.enter_context(hold_folder(folder))
        except OSError as error:
            message = _("out: folder {folder} tidak dapat dipakai ({why}).")
            raise CallError(message.format(folder=out or runs_folder(), why=error.strerror)) from None
        earlier = read_books(folder)
        candidates = [earlier, *(books for other, books in alike if other != folder)]
        previous = next((books for books in candidates if books and _is_alike(books, like)), None)
        yield Run(folder.name if out is None else name, folder, earlier, previous)


def _make(folder: Path) -> Path:
    """Return the folder asked for, when it is free or ours."""
    folder = folder.absolute()
    if folder.exists():
        _require_ours(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _require_ours(folder: Path) -> None:
    """Refuse a folder of anything else; what a run leaves that was killed at once is ours."""
    if not folder.is_dir():
        raise CallError(_("out: {folder} adalah berkas; sebut sebuah folder.").format(folder=folder))
    names = sorted(path.name for path in folder.iterdir() if path.name != LOCK and PART not in path.name)
    if names and read_books(folder) is None:
        message = _("out: folder {folder} berisi berkas lain ({found}); pilih folder baru atau kosong.")
        raise CallError(message.format(folder=folder, found=list_values(names, shown=3)))


def _make_fresh(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        own = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            own.mkdir()
            return own
    raise CallError(_("out: folder {folder} penuh; hapus sebagian.").format(folder=parent))


def _find_alike(like: Manifest) -> list[tuple[Path, Manifest]]:
    """Return the runs of the project on the same data and period, the newest first."""
    with suppress(OSError):
        folders = [path.parent for path in runs_folder().glob(f"*/{MANIFEST}") if like["period"] in path.parent.name]
        newest = sorted(folders, reverse=True)[:LOOKED_AT]
        return [(folder, books) for folder in newest if (books := read_books(folder)) and _is_alike(books, like)]
    return []


def _is_alike(books: Manifest, like: Manifest) -> bool:
    """Tell whether two runs are about the same data and period, in one language."""

    def about(manifest: Manifest) -> tuple[Any, ...]:
        data = manifest.get("data") or {}
        return data.get("title") or data.get("place"), manifest.get("period"), manifest.get("lang")

    return about(books) == about(like)
