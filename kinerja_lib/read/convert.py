"""Cells of a recognised sheet -> rows of canonical tables as text, rows kept apart, findings.

Each kind has its family: `convert_penilaian`, `convert_pegawai`, `convert_kegiatan`, `convert_form`, `convert_own`.
What one cell says is in `values`; what a rule means for its row is in `convert_faults`. Nothing is repaired, and no row
goes without a word: it is in a table, among the rejected, or named as no data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from kinerja_lib.findings import Finding
from kinerja_lib.language import _
from kinerja_lib.read.convert_batch import Batch, Work
from kinerja_lib.read.convert_faults import FAULTS, build_findings, mask
from kinerja_lib.read.convert_form import convert_assessment, convert_form
from kinerja_lib.read.convert_kegiatan import convert_courses, convert_log
from kinerja_lib.read.convert_own import apply_constants, convert_canonical, convert_mapped
from kinerja_lib.read.convert_pegawai import convert_staff
from kinerja_lib.read.convert_penilaian import convert_recap, convert_records
from kinerja_lib.read.kinds import Recognised, read_kinds
from kinerja_lib.read.sheets import Sheet
from kinerja_lib.read.values import clean_words, plain
from kinerja_lib.typed import known_columns

REJECTED = ("row", "cell", "table", "column", "rule", "reason", "content")

FAMILIES: dict[str, Callable[[Work], None]] = {
    "ekinerja": convert_recap,
    "siasn_penilaian": convert_records,
    "siasn_pegawai": convert_staff,
    "siasn_kursus": convert_courses,
    "log_pembinaan": convert_log,
    "skp_2021": convert_form,
    "skp_2022": convert_form,
    "asesmen": convert_assessment,
    "kanonik": convert_canonical,
    "peta": convert_mapped,
}


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """What one sheet gave.

    Attributes
    ----------
    rows : mapping of str to DataFrame
        Canonical table -> rows of text as the canonical CSV would hold them ("" is missing), and `_row`: the row in
        `sheet.rows`, from 0.
    cells : mapping of str to mapping
        Table -> canonical column -> column in `sheet.rows`, from 0, that it came from.
    rejected : DataFrame
        Rows kept apart: `row` (of the sheet, from 1; CSV: physical line), `cell`, `table`, `column`, `rule`, `reason`
        (words), `content` (the raw values, "header=value | ..."; for the user's own data folder only).
    findings : tuple of Finding
        By kind of fault and column, with all cells; in a CSV one a line.
    """

    rows: Mapping[str, pd.DataFrame]
    cells: Mapping[str, Mapping[str, int]]
    rejected: pd.DataFrame
    findings: tuple[Finding, ...]


def convert(sheet: Sheet, found: Recognised, *, accept_warnings: bool = False) -> Extract:
    """Return the canonical rows of a recognised sheet, what was kept apart, and why.

    Parameters
    ----------
    sheet : Sheet
        Cells of one sheet. Not changed.
    found : Recognised
        What `recognise` says of it.
    accept_warnings : bool
        Whether values that can be read but hardly be true (more than 24 hours a day, more JP than days can hold, a
        bare duration below 5) stay; otherwise they are left empty. Both is said.

    Returns
    -------
    Extract
    """
    work = Work(sheet, found, accept_warnings)
    family = FAMILIES[found.kind.partition(":")[0]]
    if found.kind.startswith("peta:") and found.table == "kegiatan":
        family = convert_log
    family(work)
    rows, cells = _collect(work)
    _note_sheet(work)
    findings = [one for places in work.places.values() for one in build_findings(sheet, found.headers, places)]
    return Extract(rows, cells, _build_rejected(work), (*findings, *_sheet_findings(work)))


def _collect(work: Work) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, int]]]:
    frames: dict[str, list[pd.DataFrame]] = {}
    cells: dict[str, dict[str, int]] = {}
    for batch in work.batches:
        apply_constants(batch)
        names = _names(batch)
        frames.setdefault(batch.table, []).append(batch.frame(names))
        cells.setdefault(batch.table, {}).update({n: c for n, c in batch.cells.items() if n in names})
    rows = {}
    for table, parts in frames.items():
        joined = pd.concat(parts, ignore_index=True).fillna("") if len(parts) > 1 else parts[0]
        if len(parts) > 1:
            joined = joined.sort_values("_row", kind="stable", ignore_index=True)
        rows[table] = joined
    return rows, cells


def _names(batch: Batch) -> list[str]:
    return known_columns(batch.table, list(batch.values))


def _build_rejected(work: Work) -> pd.DataFrame:
    sheet, headers = work.sheet, work.found.headers
    lines = []
    for row, column, table, name, rule in work.rejected:
        cell = sheet.address(row, column) if column is not None and sheet.lines is None else ""
        number = sheet.line(row) or sheet.first_row + row
        content = " | ".join(
            f"{headers.get(c, '?')}={value if isinstance(value, str) else plain(value)}"
            for c, value in enumerate(sheet.rows[row])
            if value != ""
        )
        lines.append((number, cell, table, name, rule, _(FAULTS[rule].text), _encodable(content)))
    frame = pd.DataFrame(lines, columns=list(REJECTED))
    return frame.astype({"row": "int64"} | dict.fromkeys(REJECTED[1:], "str"))


def _encodable(text: str) -> str:
    """Return text that a file can hold: half characters become "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _note_sheet(work: Work) -> None:
    """Name broken cells in rows of data that no column reads."""
    used = {column for batch in work.batches for column in batch.cells.values()}
    for row, column in sorted(work.broken):
        if row in work.data and column not in used:
            work.note("cell_error_unused", row, column)


def _sheet_findings(work: Work) -> Iterator[Finding]:
    """Yield what is said of a whole sheet: columns left out, hidden, formulas."""
    sheet, found = work.sheet, work.found
    used = set(found.columns.values()) | {c for batch in work.batches for c in batch.cells.values()}
    settings = read_kinds()
    personal, ignored = {*settings["personal"], *settings["free"]}, set(settings["ignored"])
    rest = {c: clean_words(text) for c, text in found.headers.items() if c not in used}
    kept_out = [c for c, words in rest.items() if words in personal]
    unused = [c for c, words in rest.items() if words not in personal and words not in ignored]
    for rule, columns in (("columns_personal", kept_out), ("columns_unused", unused)):
        if columns:
            yield _of_sheet(work, rule, columns)
    if sheet.hidden:
        yield _of_sheet(work, "sheet_hidden", [])
    if sheet.formulas:
        yield _of_sheet(work, "formula_cells", [], sheet.formulas)


def _of_sheet(work: Work, rule: str, columns: list[int], count: int = 1) -> Finding:
    fault, sheet = FAULTS[rule], work.sheet
    cells = tuple(sheet.address(work.found.header, c) for c in columns)
    words = ", ".join(mask(work.found.headers[c]) for c in columns)
    text = _(fault.text)
    text = text[:1].upper() + text[1:]
    if words:
        message = _("{what}: {words}.").format(what=text, words=words)
    else:
        message = _("{what}: {n} kali.").format(what=text, n=count) if count > 1 else f"{text}."
    csv = sheet.lines is not None
    return Finding(
        rule=rule,
        severity=fault.severity,
        file=sheet.file,
        sheet=sheet.name,
        cell=cells[0] if cells and not csv else None,
        line=sheet.line(work.found.header) if csv else None,
        table=work.found.table or None,
        count=len(columns) or count,
        message=message,
        remedy=_(fault.remedy),
        cells=cells if len(cells) > 1 and not csv else (),
    )
