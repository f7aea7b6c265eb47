"""One export -> what each of its sheets gave; many exports side by side, none of which can stop the others."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kinerja_lib.findings import Finding
from kinerja_lib.importer.files import Export
from kinerja_lib.language import _, use_language
from kinerja_lib.read.convert import convert
from kinerja_lib.read.kinds import ColumnMap, Recognised, recognise
from kinerja_lib.read.sheets import Sheet, read_sheets
from kinerja_lib.typed import IDENTIFYING

REJECTED = ["file", "sheet", "row", "cell", "table", "reason", "content"]
RECAP = "ekinerja"
MOST_WORKERS = 61 if sys.platform == "win32" else 256  # Windows waits for no more handles at once


@dataclass(frozen=True, slots=True)
class Options:
    """How exports are read: a user's maps, hidden sheets too, values that only earn a warning too, the language."""

    maps: tuple[ColumnMap, ...] = ()
    hidden: bool = False
    accept_warnings: bool = False
    explain: bool = False
    lang: str = "id"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The rows that one sheet gave to one table.

    Attributes
    ----------
    sheet : str or None
        Name of the sheet; None for CSV and HTML.
    kind, table : str
        What the sheet is, and the table of the rows.
    columns : str
        Which column of the sheet each column of the table came from: "pegawai_id:B predikat:G".
    frame : DataFrame
        The rows as text, an empty text for a missing value.
    rows : list of int
        Row of the sheet, from 1, of each.
    lines : list of int or None
        CSV: physical line of each.
    """

    sheet: str | None
    kind: str
    table: str
    columns: str
    frame: pd.DataFrame
    rows: list[int]
    lines: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A sheet as an explanation tells it: what it was taken for and why, and the header words that nothing uses."""

    sheet: str | None
    hidden: bool
    rows: int
    kind: str = ""
    why: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FileRead:
    """What one export gave.

    Attributes
    ----------
    file, hash : str
        Its name in findings, and the SHA-256 of its bytes.
    seen : tuple of Seen
        Its sheets.
    parts : tuple of Part
        Rows for the tables.
    rejected : list of list of str
        Rows kept apart, with the columns of `REJECTED`.
    findings : tuple of Finding
        What is wrong with it.
    """

    file: str
    hash: str = ""
    seen: tuple[Seen, ...] = ()
    parts: tuple[Part, ...] = ()
    rejected: list[list[str]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()


def read_exports(exports: Sequence[Export], options: Options, *, jobs: int = 1) -> Iterator[FileRead]:
    """Yield what each export gave, as they are read; a file that ends its process is told as a finding.

    Parameters
    ----------
    exports : sequence of Export
        The files.
    options : Options
        How to read them.
    jobs : int, default 1
        Processes; with 1 everything is read in this one.
    """
    workers = min(jobs, len(exports), MOST_WORKERS)
    if workers <= 1:
        yield from (read_export(export, options) for export in exports)
        return
    alone: list[Export] = []
    pool = _pool(workers)
    try:
        waiting = {pool.submit(read_export, export, options): export for export in exports}
        for future in as_completed(waiting):
            if isinstance(future.exception(), BrokenProcessPool):
                alone.append(waiting[future])
            else:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    yield from (_read_alone(export, options) for export in alone)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _read_alone(export: Export, options: Options) -> FileRead:
    """Read one of the files that were in hand when a process ended: one of them did it."""
    with _pool(1) as pool:
        future: Future[FileRead] = pool.submit(read_export, export, options)
        try:
            return future.result()
        except BrokenProcessPool:
            words = _("Berkas ini menghentikan pembacanya; tidak dibaca.")
            remedy = _("Buka di Excel lalu simpan ulang sebagai .xlsx.")
            return FileRead(export.name, findings=(_finding("file_crash", export.name, words, remedy),))


def _finding(rule: str, file: str, words: str, remedy: str) -> Finding:
    return Finding(rule=rule, severity="error", file=file, message=words, remedy=remedy)


def read_export(export: Export, options: Options) -> FileRead:
    """Return what one export gave; a fault that nobody foresaw is told as a finding of the file."""
    use_language(options.lang)
    try:
        return _read(export, options)
    except Exception as error:  # one file never stops the others
        words = _("Berkas ini tidak dapat dibaca ({kind}).").format(kind=type(error).__name__)
        remedy = _("Buka di Excel lalu simpan ulang sebagai .xlsx; bila tetap gagal, laporkan.")
        return FileRead(export.name, findings=(_finding("file_unreadable", export.name, words, remedy),))


def _read(export: Export, options: Options) -> FileRead:
    sheets, faults = read_sheets(Path(export.path), name=export.name)
    findings = list(faults)
    seen: list[Seen] = []
    parts: list[Part] = []
    rejected: list[list[str]] = []
    for sheet in (sheet for sheet in sheets if _is_filled(sheet)):
        found = recognise(sheet, options.maps)
        seen.append(_see(sheet, found))
        if sheet.hidden and not options.hidden:
            findings.append(_tell_hidden(sheet))
        elif found is not None and not options.explain:
            extract = convert(sheet, found, accept_warnings=options.accept_warnings)
            parts += _split(sheet, found, _name_units(sheet, found, extract.rows), extract.cells)
            rejected += _list_rejected(sheet, extract.rejected)
            findings += extract.findings
    findings += _tell_unknown(export.name, seen)
    digest = next((sheet.hash for sheet in sheets), "")
    return FileRead(export.name, digest, tuple(seen), tuple(parts), rejected, tuple(findings))


def _is_filled(sheet: Sheet) -> bool:
    return any(cell not in ("", None) for row in sheet.rows for cell in row)


def _see(sheet: Sheet, found: Recognised | None) -> Seen:
    if found is None:
        return Seen(sheet.name, sheet.hidden, len(sheet.rows))
    return Seen(sheet.name, sheet.hidden, len(sheet.rows), found.kind, tuple(found.why), tuple(found.unknown))


def _name_units(sheet: Sheet, found: Recognised, rows: Mapping[str, pd.DataFrame]) -> Mapping[str, pd.DataFrame]:
    """Return the rows of a recap with the sub-unit of its head block, for people whom no list knows."""
    if found.kind != RECAP or "penilaian" not in rows or "unit_id" in rows["penilaian"]:
        return rows
    return {**rows, "penilaian": rows["penilaian"].assign(unit_id=_head_unit(sheet, found))}


def _head_unit(sheet: Sheet, found: Recognised) -> str:
    """Return the second line of a recap's head block: the first names the agency, the next the period."""
    at = found.period_cell[0] if found.period_cell is not None else found.header
    texts = [next((str(cell).strip() for cell in row if cell != ""), "") for row in sheet.rows[: min(at, found.header)]]
    lines = [text for text in texts if text and not text.casefold().startswith(("rekap", "laporan", "periode"))]
    return lines[1] if len(lines) > 1 and sum(map(str.isdigit, lines[1])) < IDENTIFYING else ""


def _split(
    sheet: Sheet, found: Recognised, rows: Mapping[str, pd.DataFrame], cells: Mapping[str, Mapping[str, int]]
) -> Iterator[Part]:
    """Yield the rows of each table with the place that each came from."""
    for table, frame in rows.items():
        if len(frame):
            columns = " ".join(f"{name}:{_letters(sheet, at)}" for name, at in cells.get(table, {}).items())
            at = frame["_row"].astype("int64").tolist()
            lines = None if sheet.lines is None else [sheet.lines[row] for row in at]
            text = frame.drop(columns="_row").astype("str").reset_index(drop=True)
            yield Part(sheet.name, found.kind, table, columns, text, [sheet.first_row + row for row in at], lines)


def _letters(sheet: Sheet, column: int) -> str:
    return sheet.address(0, column).rstrip("0123456789")


def _list_rejected(sheet: Sheet, rejected: pd.DataFrame) -> list[list[str]]:
    """Return the rows kept apart as text, with the columns of `REJECTED`."""
    rows = rejected.assign(file=sheet.file, sheet=sheet.name or "").reindex(columns=REJECTED)
    text = rows.astype("object").where(rows.notna(), "").astype("str")
    return [list(row) for row in text.itertuples(index=False, name=None)]


def _tell_hidden(sheet: Sheet) -> Finding:
    return Finding(
        rule="sheet_hidden",
        severity="warning",
        file=sheet.file,
        sheet=sheet.name,
        count=len(sheet.rows),
        message=_("Lembar tersembunyi berisi {n} baris; tidak dibaca.").format(n=len(sheet.rows)),
        remedy=_("Bila isinya diperlukan, tampilkan lembar itu di Excel, atau tambahkan --hidden."),
    )


def _tell_unknown(file: str, seen: Sequence[Seen]) -> Iterator[Finding]:
    """Yield a finding for each sheet that nobody knows: an error where the file gives nothing at all."""
    nothing = not any(sheet.kind for sheet in seen)
    for sheet in (sheet for sheet in seen if not sheet.kind and not sheet.hidden):
        yield Finding(
            rule="sheet_unknown",
            severity="error" if nothing else "note",
            file=file,
            sheet=sheet.sheet,
            count=sheet.rows,
            message=_("Tidak ada judul kolom yang dikenal; {n} baris tidak dibaca.").format(n=sheet.rows),
            remedy=_("Periksa apakah ini ekspor yang benar; bila ya, sebut nama kolomnya dalam berkas peta (--map)."),
        )
