"""Which files an import reads, and under which names its findings call them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinerja_lib.errors import CallError, list_values
from kinerja_lib.findings import Finding
from kinerja_lib.language import _
from kinerja_lib.read import sheets

READ = (".xlsx", ".xls", ".ods", ".csv", ".html")  # told where nothing is found; more are read


@dataclass(frozen=True, slots=True)
class Export:
    """A file to read, and its name in findings: relative to the imported folder, with "/"."""

    path: Path
    name: str


def find_exports(paths: Sequence[str | Path], *, out: Path | None = None) -> tuple[list[Export], list[Finding]]:
    """Return the files to read, by name, and findings about those in a folder that are of no kind that is read.

    Parameters
    ----------
    paths : sequence of str or Path
        Files, and folders that are searched with all their folders.
    out : Path, optional
        Folder of the result, which is never read.

    Raises
    ------
    CallError
        A path is not there, or there is nothing to read.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not path.exists() and not path.is_symlink():
            raise CallError(_("{path}: folder atau berkas tidak ada. Periksa ejaan dan letaknya.").format(path=path))
    exports: list[Export] = []
    findings: list[Finding] = []
    for path, name in sheets.find_exports(given):
        if out is not None and path.absolute().is_relative_to(out):
            continue
        export = Export(path, os.fsencode(name).decode("utf-8", "replace"))
        if path.suffix.lower() in sheets.TABULAR or path in given or not path.is_file() or path.is_symlink():
            exports.append(export)
        else:
            findings.append(_skip(export.name))
    if not exports and not findings:
        message = _("{path}: tidak ada berkas yang dapat dibaca; yang dibaca: {suffixes}.")
        names = list_values(paths, shown=3) or "-"
        raise CallError(message.format(path=names, suffixes=list_values(READ)))
    return sorted(exports, key=lambda export: export.name), findings


def _skip(name: str) -> Finding:
    return Finding(
        rule="file_skipped",
        severity="note",
        file=name,
        message=_("Jenis berkas ini tidak dibaca."),
        remedy=_("Tidak perlu apa-apa bila bukan ekspor; bila ekspor, simpan sebagai .xlsx atau .csv."),
    )
