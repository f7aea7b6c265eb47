"""The books of a run folder: a manifest of what was done, and a journal of the pages that came after it.

The manifest is written when a run begins and when it ends; in between each finished page is a line of the journal,
forced to the disk. Read together they tell what is done, wherever the run was stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from kinerja_lib.read.held import hash_file
from kinerja_lib.report.files import NOTEBOOK, write_whole
from kinerja_lib.report.writers import FORMATS

MANIFEST, JOURNAL = "manifest.json", "journal.jsonl"
PROGRAM = "kinerja_lib"  # marks a manifest as ours
ENTRY = {"page", "notebook", "title", "unit", "unit_name", "status", "reason", "key", "files", "executed", "panels"}
READERS = 4  # files that are hashed at once

Manifest = dict[str, Any]


def read_books(folder: Path) -> Manifest | None:
    """Return the manifest of a run folder with what the journal adds; None when it is not there or not ours."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("program") != PROGRAM:
        return None
    pages = {page["page"]: page for page in found.get("pages", []) if isinstance(page, dict) and page.keys() >= ENTRY}
    seconds = dict(found.get("seconds", {}))
    for line in _read_journal(folder / JOURNAL, run=str(found.get("run", ""))):
        seconds[line["page"]["page"]] = line["seconds"]
        pages[line["page"]["page"]] = line["page"]
    return found | {"pages": list(pages.values()), "seconds": seconds}


def _read_journal(file: Path, *, run: str) -> list[dict[str, Any]]:
    """Return the whole lines of a run; the last one may have been cut."""
    lines: list[dict[str, Any]] = []
    with suppress(OSError):
        for text in file.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                line = json.loads(text)
                if line["run"] == run and line["page"]["page"]:
                    lines.append(line)
    return lines


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all; the journal is part of it from then on."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n"
    write_whole({folder / MANIFEST: text.encode("utf-8", "replace")})
    (folder / JOURNAL).unlink(missing_ok=True)


def add_to_journal(folder: Path, *, run: str, page: Mapping[str, Any], seconds: float) -> None:
    """Write down what became of a page, so that it is known whatever happens next."""
    line = json.dumps({"run": run, "page": page, "seconds": seconds}, ensure_ascii=False, default=str)
    with (folder / JOURNAL).open("ab") as stream:
        stream.write(f"\n{line}\n".encode("utf-8", "replace"))  # on a line of its own, even after one that was cut
        stream.flush()
        os.fsync(stream.fileno())


def find_whole(folder: Path, pages: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the pages whose files are all there and hold what the books say."""
    files = {name: digest for page in pages for name, digest in page["files"].items()}
    with ThreadPoolExecutor(READERS) as pool:
        found = dict(zip(files, pool.map(lambda name: hash_now(folder, name), files), strict=True))
    good = {name for name, digest in files.items() if found[name] == digest}
    return {page["page"] for page in pages if page["files"] and good.issuperset(page["files"])}


def hash_now(folder: Path, name: str) -> str:
    """Return the SHA-256 of a file of a run as it is now; empty where it is not there."""
    try:
        return hash_file(folder / name)
    except OSError:
        return ""


def remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove files that a run of ours wrote, and the folders that are empty without them; nothing outside `folder`."""
    inside = folder.resolve()
    suffixes = {NOTEBOOK, *(f".{suffix}" for suffix in FORMATS)}
    for name in names:
        file = (folder / name).resolve()
        if file.is_relative_to(inside) and file != inside and file.suffix in suffixes:
            with suppress(OSError):  # open in Word on Windows, or its folder holds more
                file.unlink(missing_ok=True)
                if file.parent != inside:
                    file.parent.rmdir()
