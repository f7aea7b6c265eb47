"""Sheets of cells from the files of an office: what was in which cell, nothing guessed and nothing repaired.

Every file is read by a process of its own kind (`child`), within limits of memory and time, since a file from outside
may be made to harm its reader. That process serves one file after another and is replaced when it dies.
"""

from __future__ import annotations

import atexit
import os
import pickle
import stat
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinerja_lib.findings import Finding, Severity
from kinerja_lib.language import _, mark
from kinerja_lib.read.guard import to_address

SECONDS = 17.0  # for one file; with starting and stopping less than twenty
TABULAR = frozenset((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".txt", ".html", ".htm"))
IGNORED = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
SHOWN = 20  # lines that a finding names one by one


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet of a workbook, one CSV file, or the table of an HTML page.

    Attributes
    ----------
    file : str
        Name as given, relative to the imported folder, with "/".
    name : str or None
        Name of the sheet; None for CSV and HTML.
    rows : list of list
        Values as the file holds them: text, float, int, bool, date, datetime, time, timedelta; "" where empty.
    first_row, first_column : int
        Where `rows[0][0]` stands, from 1.
    lines : list of int or None
        CSV: physical line on which each row starts.
    hidden : bool
        Whether the sheet is hidden.
    errors, unstored : frozenset of str
        Addresses of error cells (#N/A), and of formulas without a stored value; both are "" in `rows`.
    formulas : int
        Formulas whose stored value is in `rows`.
    hash : str
        SHA-256 of the file.
    """

    file: str
    name: str | None
    rows: list[list[object]]
    first_row: int = 1
    first_column: int = 1
    lines: list[int] | None = None
    hidden: bool = False
    errors: frozenset[str] = frozenset()
    unstored: frozenset[str] = frozenset()
    formulas: int = 0
    hash: str = ""

    def address(self, row: int, column: int) -> str:
        """Return where a value of `rows` stands, such as "B17".

        Examples
        --------
        >>> Sheet("a.xlsx", "Satu", [["x"]], first_row=5).address(0, 27)
        'AB5'
        """
        return to_address(self.first_row + row, self.first_column + column)

    def line(self, row: int) -> int | None:
        """Return the physical line of a CSV on which a row starts."""
        return None if self.lines is None else self.lines[row]


def read_sheets(path: Path, *, name: str) -> tuple[list[Sheet], list[Finding]]:
    """Read every sheet of a workbook (XLSX, XLSM, XLS, ODS), a CSV, or the tables of an HTML page.

    The kind is told by the content, not by the suffix. Hidden sheets are read too, and flagged.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What findings call it: its name relative to the imported folder.

    Returns
    -------
    sheets : list of Sheet
        In the order of the file; none when it is not read.
    findings : list of Finding
        Why it is not read (`file_...`, one error), or what to know about its text (`csv_...`).

    Examples
    --------
    >>> sheets, findings = read_sheets(Path("tidak/ada.xlsx"), name="ada.xlsx")
    >>> sheets, findings[0].rule
    ([], 'file_unreadable')
    """
    fault = _look_at(path)
    if fault:
        return [], [_to_finding(name, fault, {})]
    sheets: list[Sheet] = []
    notes: list[tuple[str, dict[str, Any]]] = []
    digest, refused = "", None
    for kind, *content in _ask(path):
        if kind == "hash":
            digest = content[0]
        elif kind == "sheet":
            sheets.append(Sheet(name, rows=[], hash=digest, **content[0]))
        elif kind == "rows":
            rows, lines = content
            sheets[-1].rows.extend(rows)
            if lines:
                _extend_lines(sheets, lines)
        elif kind == "found":
            notes.append((content[0], content[1]))
        elif kind == "refused":
            refused = _to_finding(name, content[0], content[1])
    if not refused and not any(sheet.rows or sheet.errors or sheet.unstored for sheet in sheets):
        refused = _to_finding(name, "file_empty", {})
    if not refused:
        return sheets, _sum_up(name, notes)
    broken = [(rule, details) for rule, details in notes if SEVERITIES.get(rule, "error") == "error"]
    return [], _sum_up(name, broken) if broken and refused.rule == "file_empty" else [refused]


OPEN_AGAIN = mark("Buka berkas di Excel, lalu simpan ulang sebagai .xlsx (Save As).")
ASK_AGAIN = mark("Unduh atau minta ulang berkas ini dari sumbernya.")

TEXTS: dict[str, tuple[str, str]] = {
    "file_unreadable": (
        mark("Berkas tidak dapat dibuka."),
        mark("Periksa apakah berkas masih ada dan boleh dibaca; tutup program lain yang sedang memakainya."),
    ),
    "file_folder": (
        mark("Ini folder, padahal namanya seperti nama berkas."),
        mark("Ganti nama folder itu, atau sebutkan berkas di dalamnya."),
    ),
    "file_link": (
        mark("Tautan simbolis ke luar folder; tidak diikuti."),
        mark("Salin berkas aslinya ke dalam folder."),
    ),
    "file_empty": (mark("Berkas kosong: tidak ada satu pun sel berisi."), ASK_AGAIN),
    "file_type": (mark("Tidak dibaca: {reason}."), mark("Simpan datanya sebagai .xlsx atau .csv.")),
    "file_encrypted": (
        mark("Berkas terkunci kata sandi."),
        mark("Buka di Excel, hapus kata sandinya (File, Info, Protect Workbook), lalu simpan ulang."),
    ),
    "file_damaged": (mark("Berkas rusak atau terpotong, sehingga isinya tidak dapat dibaca."), OPEN_AGAIN),
    "file_unsafe": (
        mark("Berkas ditolak demi keamanan: {reason}."),
        mark("Bila berkas ini memang dari sumber tepercaya, buka di Excel dan simpan ulang sebagai .xlsx."),
    ),
    "file_too_large": (
        mark("Berkas terlalu besar: {reason}."),
        mark("Bagi menjadi beberapa berkas, misalnya satu untuk setiap unit atau periode."),
    ),
    "file_stray_cell": (
        mark(
            "Sel {cell} pada lembar {sheet} terletak jauh di luar data, sehingga lembar itu terlalu besar untuk dibaca."
        ),
        mark("Di Excel, hapus baris atau kolom tempat sel itu berada (Delete), lalu simpan."),
    ),
    "file_cell_size": (
        mark("Ada sel yang isinya lebih dari satu juta huruf."),
        mark("Kosongkan sel itu, lalu simpan; Excel sendiri hanya memuat 32.767 huruf per sel."),
    ),
    "file_slow": (
        mark("Pembacaan dihentikan karena memakan waktu terlalu lama."),
        mark("Simpan ulang sebagai .xlsx di Excel, atau bagi menjadi beberapa berkas."),
    ),
    "file_memory": (
        mark("Pembacaan dihentikan karena membutuhkan memori terlalu banyak; berkas terlalu besar atau rusak."),
        mark("Simpan ulang di Excel sebagai .xlsx; bila datanya memang banyak, bagi menjadi beberapa berkas."),
    ),
    "csv_encoding": (
        mark("Teks bukan UTF-8; dibaca sebagai Windows-1252."),
        mark("Bila ada huruf yang keliru, simpan ulang sebagai CSV UTF-8."),
    ),
    "csv_quote": (
        mark("Tanda kutip di tengah isian; isian itu dibaca apa adanya."),
        mark("Periksa baris itu; gandakan tanda kutip di dalam isian, atau hapus."),
    ),
    "csv_open": (
        mark("Tanda kutip dibuka tetapi tidak ditutup dengan benar; hanya baris itu sendiri yang dibaca."),
        mark("Tutup atau hapus tanda kutip pada baris itu."),
    ),
    "csv_field": (
        mark("Baris dilewati: ada isian yang lebih dari satu juta huruf."),
        mark("Periksa baris itu; biasanya tanda kutip atau akhir baris hilang."),
    ),
    "csv_nul": (
        mark("Ada byte NUL dalam teks, tanda berkas rusak; baris lain tetap dibaca."),
        ASK_AGAIN,
    ),
}
SEVERITIES: dict[str, Severity] = {"csv_encoding": "note", "csv_quote": "warning", "csv_nul": "warning"}
REASONS = {
    "foreign": mark("isinya bukan tabel Excel, ODS, CSV, atau HTML"),
    "binary": mark("isinya bukan teks dan bukan buku kerja"),
    "web_archive": mark("arsip halaman web (MHTML)"),
    "xml": mark("berkas XML; Excel dapat membukanya"),
    "xlsb": mark("buku kerja biner (.xlsb)"),
    "archive": mark("arsip ZIP, bukan buku kerja; ekstrak dahulu"),
    "no_table": mark("halaman web tanpa tabel"),
    "members": mark("berisi terlalu banyak bagian"),
    "double": mark("dua bagian bernama sama"),
    "path": mark("nama bagian menunjuk ke luar berkas"),
    "ratio": mark("mengembang berlebihan saat dibuka"),
    "declared": mark("ukuran yang tertulis tidak sama dengan isinya"),
    "doctype": mark("berisi deklarasi entitas XML"),
    "encoding": mark("XML dengan pengodean yang tidak lazim"),
    "bytes": mark("lebih dari 200 MB"),
    "unpacked": mark("lebih dari 500 MB setelah dibuka"),
    "cells": mark("lebih dari sepuluh juta sel"),
}


def _to_finding(name: str, rule: str, details: Mapping[str, Any]) -> Finding:
    """Return the finding of a rule; a file that was no table by its name either is only worth a warning."""
    message, remedy = TEXTS[rule]
    sheet, cell, line = (details.get(key) for key in ("sheet", "cell", "line"))
    foreign = rule == "file_type" and Path(name).suffix.lower() not in TABULAR
    why = details.get("reason")
    reason = "" if why is None else _(REASONS[why])
    return Finding(
        rule=rule,
        severity="warning" if foreign else SEVERITIES.get(rule, "error"),
        file=name,
        sheet=sheet,
        cell=cell,
        line=line,
        count=details.get("count", 1),
        message=_(message).format(reason=reason, sheet=sheet, cell=cell),
        remedy=_(remedy),
    )


def _sum_up(name: str, notes: list[tuple[str, dict[str, Any]]]) -> list[Finding]:
    """Return a finding for each fault of the text; from the twenty-first line on one for all that follow."""
    findings = []
    for rule in dict.fromkeys(rule for rule, _details in notes):
        found = [details for other, details in notes if other == rule]
        findings += [_to_finding(name, rule, details) for details in found[:SHOWN]]
        if len(found) > SHOWN:
            findings.append(_to_finding(name, rule, {**found[SHOWN], "count": len(found) - SHOWN}))
    return findings


def _extend_lines(sheets: list[Sheet], lines: list[int]) -> None:
    if sheets[-1].lines is None:
        sheets[-1] = replace(sheets[-1], lines=[])
    if (kept := sheets[-1].lines) is not None:
        kept.extend(lines)


def _look_at(path: Path) -> str:
    """Return the rule that a path breaks before it is opened, or nothing."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return "file_link"
        if stat.S_ISDIR(mode):
            return "file_folder"
        return "" if stat.S_ISREG(mode) else "file_unreadable"
    except (OSError, ValueError):
        return "file_unreadable"


def find_exports(paths: Iterable[str | Path]) -> list[tuple[Path, str]]:
    """Return the files to read, each with the name that findings give it, in sorted order.

    Hidden files, lock files of an open Excel (``~$``) and helper files of systems are passed over. A symbolic link is
    followed where it is named itself; inside a folder only those are listed that lead out of it, and folders whose
    name is that of a file, for `read_sheets` to name them.

    Parameters
    ----------
    paths : iterable of path
        Files and folders; folders are searched with all below them.

    Returns
    -------
    list of (Path, str)
        Names are relative to the folder, with "/"; files of several folders with equal names get the folder's name
        before theirs.

    Examples
    --------
    >>> find_exports(["tidak/ada.csv"])[0][1]
    'ada.csv'
    """
    found: dict[Path, tuple[str, str]] = {}
    for path in map(Path, paths):
        root = path.resolve() if path.is_symlink() else path
        if not root.is_dir() or root.suffix.lower() in TABULAR:
            found.setdefault(root, (path.name, str(path)))
            continue
        for file in _walk(root, root.resolve()):
            inner = file.relative_to(root).as_posix()
            found.setdefault(file, (inner, f"{root.resolve().name}/{inner}"))
    names = [short for short, _long in found.values()]
    return [(file, short if names.count(short) == 1 else long) for file, (short, long) in found.items()]


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith((".", "~$")) or entry.name.lower() in IGNORED:
            continue
        if entry.is_symlink():
            if not entry.resolve().is_relative_to(root):  # what it names inside the folder is found there
                yield entry
        elif entry.is_dir() and entry.suffix.lower() not in TABULAR:
            yield from _walk(entry, root)
        else:
            yield entry


BOOT = """
import pickle, sys, types
sys.path[:], folders = pickle.load(sys.stdin.buffer)
for name, folder in folders:
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from kinerja_lib.read import child
child.serve()
"""  # the packages' own start would load pandas, which the process never uses


class _Reader:
    """A process that reads, and the way to it."""

    def __init__(self) -> None:
        flags = int(getattr(subprocess, "CREATE_NO_WINDOW", 0))  # Windows only
        command = [sys.executable, "-I", "-S", "-c", BOOT]
        self.late = False
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=flags
        )
        here = Path(__file__).parent
        self.tell((sys.path, [("kinerja_lib", str(here.parent)), ("kinerja_lib.read", str(here))]))

    def tell(self, message: object) -> None:
        stream = self.process.stdin
        if stream is not None:
            pickle.dump(message, stream)
            stream.flush()

    def hear(self) -> Any:
        return pickle.load(self.process.stdout)  # type: ignore[arg-type]  # its own pipe, there by construction

    def expire(self) -> None:
        self.late = True
        self.process.kill()

    def close(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()


class _Readers:
    """The readers that wait for a file: as many as threads read at the same time; a fork starts its own."""

    def __init__(self) -> None:
        self.idle: list[_Reader] = []
        self.owner = os.getpid()

    def take(self) -> _Reader:
        if self.owner != os.getpid():
            for reader in self.idle:
                reader.process.returncode = 0  # the parent's, and not to be waited for
            self.idle, self.owner = [], os.getpid()
        while True:
            try:
                reader = self.idle.pop()
            except IndexError:
                return _Reader()
            if reader.process.poll() is None:
                return reader
            reader.close()

    def close(self) -> None:
        while self.idle and self.owner == os.getpid():
            self.idle.pop().close()


_readers = _Readers()
atexit.register(_readers.close)


def _ask(path: Path) -> Iterator[Sequence[Any]]:
    """Yield what the reader says about a file; its death or delay is a refusal like others."""
    try:
        reader = _readers.take()
    except OSError:
        yield "refused", "file_memory", {}
        return
    timer = threading.Timer(SECONDS, reader.expire)
    timer.daemon = True
    timer.start()
    tired = True
    try:
        reader.tell(str(path))
        while (message := reader.hear())[0] != "done":
            yield message
        tired = message[1]
    except (EOFError, OSError, pickle.UnpicklingError):
        yield "refused", "file_slow" if reader.late else "file_memory", {}
    finally:
        timer.cancel()
        if tired or reader.late:
            reader.close()
        else:
            _readers.idle.append(reader)
