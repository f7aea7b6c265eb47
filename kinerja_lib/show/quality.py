"""Data quality on the page: what the data hold, and every finding with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from kinerja_lib.errors import list_values
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.language import _, mark
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import (
    Head,
    ItemList,
    LeftOut,
    Note,
    Paragraph,
    Table,
    TableColumn,
    build_table,
    compose,
)
from kinerja_lib.show.numbers import count, date_or_text
from kinerja_lib.vocabulary import Period

SEVERITY = {"error": mark("galat"), "warning": mark("peringatan"), "note": mark("catatan")}
ROWS = 40  # findings about tables that a page lists at most
ROWS_A_FILE = 15  # findings of one file
FILES = 60  # files with a table of their own
CELLS = 6  # cells that one finding shows
LONG_NUMBER = re.compile("[0-9]{15,}")


def say_data_head(data: Dataset) -> Head:
    """Return the head of the data-quality report."""
    notes = data.keterangan
    facts = []
    if data.periods:
        first, last = Period.parse(data.periods[0]).label, Period.parse(data.periods[-1]).label
        facts.append((_("Periode"), first if first == last else _("{a} sampai {b}").format(a=first, b=last)))
    if notes.get("tanggal_data"):
        facts.append((_("Data per"), date_or_text(notes["tanggal_data"])))
    facts.append((_("Jumlah tabel"), count(len(data.tables)).text))
    office = notes.get("instansi") or notes.get("judul") or ""
    return Head(office, _("Mutu Data"), notes.get("judul") or "", tuple(facts), running=office)


def say_findings(findings: Findings) -> Paragraph:
    """Return whether the data can be trusted, in one sentence with the numbers of findings."""
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = sum(finding.severity == "warning" for finding in findings)
    if errors:
        text = _("Data belum dapat dipercaya sepenuhnya: {errors} galat dan {warnings} peringatan.")
    elif warnings:
        text = _("Data dapat dipakai, dengan {warnings} peringatan yang perlu dibaca.")
    else:
        text = _("Data dapat dipakai: tidak ada galat maupun peringatan.")
    return Paragraph(compose(text, errors=count(errors), warnings=count(warnings)), role="lead")


def table_inventory(inventory: pd.DataFrame, *, id: str = "isi") -> Table:
    """Return the tables that the data hold: rows, periods, share of empty cells."""
    first = [_period(text) for text in inventory["first_period"]]
    last = [_period(text) for text in inventory["last_period"]]
    span = [a if a == b else _("{a} sampai {b}").format(a=a, b=b) for a, b in zip(first, last, strict=True)]
    frame = inventory.assign(span=span)
    columns = (
        TableColumn("table", _("Tabel")),
        TableColumn("rows", _("Baris"), "count"),
        TableColumn("span", _("Periode"), "text"),
        TableColumn("missing", _("Sel kosong (%)"), "number", 1),
    )
    return build_table(frame, columns, id=id, title=_("Isi data"))


def _period(text: object) -> str:
    if not isinstance(text, str):
        return "–"
    return Period.parse(text).label


def table_findings(findings: Findings, *, id: str = "temuan") -> Table | LeftOut:
    """Return the findings about tables, the gravest first: where, how many rows, what was found, what to do.

    Those that name the file of an export stand in `table_files`.
    """
    ranked = [finding for finding in findings.ranked() if finding.file is None]
    if not ranked:
        return LeftOut(_("tidak ada temuan"), _("Daftar temuan"))
    frame = pd.DataFrame(
        {
            "severity": [_(SEVERITY[finding.severity]) for finding in ranked],
            "where": [".".join(part for part in (finding.table, finding.column) if part) or "–" for finding in ranked],
            "count": [finding.count for finding in ranked],
            "message": [finding.message for finding in ranked],
            "remedy": [finding.remedy for finding in ranked],
        }
    ).head(ROWS)
    columns = (
        TableColumn("severity", _("Jenis")),
        TableColumn("where", _("Letak"), "text"),
        TableColumn("count", _("Baris"), "count"),
        TableColumn("message", _("Yang ditemukan"), "text"),
        TableColumn("remedy", _("Yang perlu dilakukan"), "text"),
    )
    notes = []
    if len(ranked) > ROWS:
        notes.append(compose(_("{n} temuan lain tidak dimuat di sini."), n=count(len(ranked) - ROWS)))
    return build_table(frame, columns, id=id, title=_("Daftar temuan, yang terberat lebih dulu"), notes=notes)


def say_files(findings: Findings) -> ItemList | LeftOut:
    """Return the files with findings, the worst first, each with what it has and a reference to its table."""
    groups = group_by_file(findings)
    if not groups:
        return LeftOut(_("tidak ada temuan pada berkas ekspor"))
    grave = [(file, group) for file, group in groups if _is_grave(group)]
    items = [
        compose("**{file}**: {counts}, [[" + file_id(at) + "]]", file=hide_numbers(file), counts=say_counts(group))
        for at, (file, group) in enumerate(grave[:FILES])
    ]
    for n, words in (
        (len(grave) - FILES, _("{n} berkas lain tidak dimuat di sini; semuanya ada pada findings.csv.")),
        (
            len(groups) - len(grave),
            _("{n} berkas hanya bercatatan; tidak ada yang perlu dibenahi (lihat findings.csv)."),
        ),
    ):
        items += [compose(words, n=count(n))] if n > 0 else []
    return ItemList(tuple(items))


def table_files(findings: Findings) -> tuple[Table, ...]:
    """Return a table a file, the worst first: kind, sheet, cell or line, what was found, what to type.

    A file that has nothing but notes has none.
    """
    groups = [(file, group) for file, group in group_by_file(findings) if _is_grave(group)][:FILES]
    return tuple(_table_of_file(file, group, file_id(at)) for at, (file, group) in enumerate(groups))


def _is_grave(findings: Findings) -> bool:
    return any(finding.severity != "note" for finding in findings)


def group_by_file(findings: Findings) -> list[tuple[str, Findings]]:
    """Return the findings of each file that is named, the gravest first; the worst file first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings.ranked():
        if finding.file is not None:
            groups.setdefault(finding.file, []).append(finding)
    worst = sorted(groups.items(), key=lambda item: ([-_count(item[1], name) for name in SEVERITY], item[0]))
    return [(file, Findings(tuple(group))) for file, group in worst]


def _count(findings: Iterable[Finding], severity: str) -> int:
    return sum(finding.severity == severity for finding in findings)


def say_counts(findings: Findings) -> str:
    """Return how many errors, warnings and notes there are, in words; kinds without any are left out."""
    parts = [(_count(findings, name), _(word)) for name, word in SEVERITY.items()]
    return ", ".join(f"{count(n).text} {word}" for n, word in parts if n) or _("tidak ada temuan")


def file_id(position: int) -> str:
    """Return the id of the table of a file."""
    return f"temuan-berkas-{position + 1}"


def hide_numbers(text: str) -> str:
    """Return a text (the name of a file, say) without the middle of any number that may be a NIP.

    Examples
    --------
    >>> hide_numbers("SKP_198001012010041001.xlsx")
    'SKP_1980…001.xlsx'
    """
    return LONG_NUMBER.sub(lambda found: f"{found[0][:4]}…{found[0][-3:]}", text)


def say_place(finding: Finding) -> str:
    """Return the cells, or the line of a CSV, that a finding names; a dash for the whole sheet or file."""
    if finding.line is not None:
        return _("baris {n}").format(n=finding.line)
    cells = finding.cells or ((finding.cell,) if finding.cell else ())
    return list_values(cells, shown=CELLS) if cells else "–"


def _table_of_file(file: str, findings: Findings, id: str) -> Table:
    ranked = list(findings.ranked())
    frame = pd.DataFrame(
        {
            "severity": [_(SEVERITY[finding.severity]) for finding in ranked],
            "sheet": [hide_numbers(finding.sheet or "–") for finding in ranked],
            "place": [say_place(finding) for finding in ranked],
            "message": [hide_numbers(finding.message) for finding in ranked],
            "remedy": [finding.remedy for finding in ranked],
        }
    ).head(ROWS_A_FILE)
    columns = (
        TableColumn("severity", _("Jenis")),
        TableColumn("sheet", _("Lembar")),
        TableColumn("place", _("Sel")),
        TableColumn("message", _("Yang ditemukan")),
        TableColumn("remedy", _("Yang perlu diketik atau dilakukan")),
    )
    notes = []
    if len(ranked) > ROWS_A_FILE:
        words = _("{n} temuan lain pada berkas ini ada di findings.csv.")
        notes.append(compose(words, n=count(len(ranked) - ROWS_A_FILE)))
    title = f"{hide_numbers(file)}: {say_counts(findings)}"
    return build_table(frame, columns, id=id, title=title, notes=notes)


def note_findings() -> Note:
    """Return what the three kinds of finding mean."""
    return Note(
        (
            compose(_("**Galat**: nilai tidak dapat dipakai sampai dibenahi.")),
            compose(_("**Peringatan**: dipakai, tetapi periksa dulu. **Catatan**: untuk diketahui.")),
        )
    )
