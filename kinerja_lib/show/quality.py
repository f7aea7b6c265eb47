"""Data quality on the page: what the data hold, and every finding with its remedy."""

from __future__ import annotations

import pandas as pd

from kinerja_lib.findings import Findings
from kinerja_lib.language import _, mark
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import (
    Head,
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
ROWS = 40  # findings that a page lists at most


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
    """Return the findings, the gravest first: rule, where, how many rows, what was found, what to do."""
    if not len(findings):
        return LeftOut(_("tidak ada temuan"), _("Daftar temuan"))
    order = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(findings, key=lambda finding: order[finding.severity])
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


def note_findings() -> Note:
    """Return what the three kinds of finding mean."""
    return Note(
        (
            compose(_("**Galat**: nilai tidak dapat dipakai sampai dibenahi.")),
            compose(_("**Peringatan**: dipakai, tetapi periksa dulu. **Catatan**: untuk diketahui.")),
        )
    )
