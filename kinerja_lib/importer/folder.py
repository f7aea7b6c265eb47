"""The folder that an import makes: tables, side tables, and what each export gave, written whole or not at all.

What each export gave is kept (`impor/`), so that a corrected export replaces its own rows and nothing else, and a row
that another export had already brought comes back when that one is corrected.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from kinerja_lib import __version__
from kinerja_lib.check.origin import ORIGIN, PROGRAM, RECORD, read_record
from kinerja_lib.errors import CallError, list_values
from kinerja_lib.findings import Findings, write_csv
from kinerja_lib.importer.merge import Merged
from kinerja_lib.importer.reading import REJECTED, FileRead, Part, Seen
from kinerja_lib.language import _
from kinerja_lib.read import write_dataset
from kinerja_lib.schema import TABLES, Dataset

KEPT = "impor"  # folder of what each export gave
REJECTS = "rejected.csv"
FINDINGS_JSON, FINDINGS_CSV, FINDINGS_HTML = "findings.json", "findings.csv", "findings.html"
PART, OLD, READY = ".part", "lama", "siap"  # an unfinished folder, what it replaced, and that it may be put in place


def load_reads(out: Path) -> dict[str, FileRead]:
    """Return what earlier imports into a folder read, by the names of their files.

    Raises
    ------
    CallError
        The folder holds something else.
    """
    restore_interrupted(out, sweep=True)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}
    record = read_record(out) if out.is_dir() else None
    if record is None:
        found = list_values(sorted(path.name for path in out.iterdir()), shown=3) if out.is_dir() else out.name
        message = _("out: {out} bukan hasil kinerja import (berisi {found}); sebut folder baru atau kosong.")
        raise CallError(message.format(out=out, found=found))
    try:
        reads = [_load(out / KEPT / _kept_name(file["file"])) for file in record["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = _("out: {out}: catatan impor rusak ({why}); impor semua berkas ke folder baru.")
        raise CallError(message.format(out=out, why=type(error).__name__)) from None
    return {read.file: read for read in reads}


def _kept_name(file: str) -> str:
    return hashlib.sha256(file.encode("utf-8", "replace")).hexdigest()[:24] + ".json.gz"


def _load(file: Path) -> FileRead:
    content = json.loads(gzip.decompress(file.read_bytes()))
    parts = [
        Part(**{**part, "frame": pd.DataFrame(part["frame"]["rows"], columns=part["frame"]["columns"], dtype="str")})
        for part in content["parts"]
    ]
    seen = [
        Seen(**{**sheet, "why": tuple(sheet["why"]), "unknown": tuple(sheet["unknown"])}) for sheet in content["seen"]
    ]
    findings = Findings.from_json(content)
    return FileRead(content["file"], content["hash"], tuple(seen), tuple(parts), content["rejected"], findings.items)


def _dump(read: FileRead) -> bytes:
    parts = [
        {
            "sheet": part.sheet,
            "kind": part.kind,
            "table": part.table,
            "columns": part.columns,
            "frame": {"columns": list(part.frame.columns), "rows": part.frame.to_numpy().tolist()},
            "rows": part.rows,
            "lines": part.lines,
        }
        for part in read.parts
    ]
    content = {
        "file": read.file,
        "hash": read.hash,
        "seen": [asdict(sheet) for sheet in read.seen],
        "parts": parts,
        "rejected": read.rejected,
        "findings": Findings(read.findings).to_json()["findings"],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode("utf-8", "replace"), compresslevel=3, mtime=0)


def write_folder(out: Path, merged: Merged, dataset: Dataset, reads: Sequence[FileRead], findings: Findings) -> None:
    """Write all files of an import into a folder: those of an earlier import are replaced together or not at all.

    Parameters
    ----------
    out : Path
        The folder; made when it is not there.
    merged, dataset, reads, findings
        What was imported, and all that was found.

    Raises
    ------
    CallError
        A file cannot be written; the folder is as it was.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(f".{out.name}.{uuid4().hex[:12]}{PART}")
        (part / KEPT).mkdir(parents=True)
        try:
            _fill(part, merged, dataset, reads, findings)
            _put_in_place(part, out)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        message = _("{out}: tidak dapat ditulis ({why}). Tutup berkasnya di program lain, lalu ulangi.")
        where = Path(error.filename).name if error.filename else out
        raise CallError(message.format(out=where, why=error.strerror or error)) from None


def _fill(part: Path, merged: Merged, dataset: Dataset, reads: Sequence[FileRead], findings: Findings) -> None:
    """Write all files of the result into the unfinished folder."""
    write_dataset(dataset, part / "tabel")
    for file in (part / "tabel").iterdir():
        file.replace(part / file.name)
    (part / "tabel").rmdir()
    merged.origin.to_csv(part / ORIGIN, index=False, lineterminator="\n", encoding="utf-8")
    contents = {
        REJECTS: write_csv(REJECTED, merged.rejected),
        FINDINGS_JSON: findings.json_bytes(),
        FINDINGS_CSV: findings.csv_bytes(),
        RECORD: _record(merged, reads),
        **{f"{KEPT}/{_kept_name(read.file)}": _dump(read) for read in reads},
    }
    for name, content in contents.items():
        (part / name).write_bytes(content)


def _record(merged: Merged, reads: Sequence[FileRead]) -> bytes:
    """Return the record: which files with which hash gave which rows, and what was found while they were read."""
    files = [
        {
            "file": read.file,
            "hash": read.hash,
            "rows": {table: sum(len(p.frame) for p in read.parts if p.table == table) for table in _tables(read)},
            "rejected": len(read.rejected),
        }
        for read in reads
    ]
    content: dict[str, Any] = {"program": PROGRAM, "version": __version__, "files": files, "tables": merged.counts}
    content["findings"] = Findings(tuple(merged.findings)).to_json()["findings"]
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _tables(read: FileRead) -> list[str]:
    return [name for name in TABLES if any(part.table == name for part in read.parts)]


def _put_in_place(part: Path, out: Path) -> None:
    """Move the files of the unfinished folder into place; where one cannot be moved, all earlier ones come back."""
    new = sorted(file.relative_to(part) for file in part.rglob("*") if file.is_file())
    (part / OLD / KEPT).mkdir(parents=True)
    (part / READY).write_text("\n".join(file.as_posix() for file in new), encoding="utf-8")
    (out / KEPT).mkdir(parents=True, exist_ok=True)
    try:
        for file in _own_files(out):
            os.replace(out / file, part / OLD / file)  # noqa: PTH105 - rename over what is there, on Windows too
        for file in new:
            os.replace(part / file, out / file)  # noqa: PTH105
    except BaseException:
        _put_back(part, out)
        raise
    (part / READY).unlink()


def _own_files(out: Path) -> list[Path]:
    """Return the files that an import writes and that are there, relative to the folder."""
    names = [f"{name}.csv" for name in TABLES]
    names += [ORIGIN, REJECTS, FINDINGS_JSON, FINDINGS_CSV, FINDINGS_HTML, RECORD]
    kept = sorted((out / KEPT).glob("*.json.gz"))
    return [Path(name) for name in names if (out / name).is_file()] + [file.relative_to(out) for file in kept]


def _put_back(part: Path, out: Path) -> None:
    """Undo a move that ended in the middle."""
    for name in (part / READY).read_text(encoding="utf-8").split("\n"):
        if not (part / name).exists():  # it had been moved
            with suppress(FileNotFoundError):
                (out / name).unlink()
    for file in sorted(path for path in (part / OLD).rglob("*") if path.is_file()):
        os.replace(file, out / file.relative_to(part / OLD))  # noqa: PTH105


def restore_interrupted(out: Path, *, sweep: bool = False) -> None:
    """Give a folder its earlier files back after an import that was killed while it put new ones in place.

    Parameters
    ----------
    out : Path
        The folder.
    sweep : bool, default False
        Take away what other killed imports left beside it too.
    """
    beside = sorted(out.parent.iterdir()) if out.parent.is_dir() else []
    for part in (path for path in beside if path.name.startswith(f".{out.name}.") and path.suffix == PART):
        ready = (part / READY).is_file()
        if ready:
            with suppress(OSError):
                _put_back(part, out)
        if ready or sweep:
            shutil.rmtree(part, ignore_errors=True)
