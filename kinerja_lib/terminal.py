"""The terminal: text that reaches any console, and an argument parser that speaks the language in use.

`cli.py` says what is printed; here it is printed so that neither an old code page nor a closed pipe stops the work.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

from kinerja_lib import __version__
from kinerja_lib.errors import list_values
from kinerja_lib.language import _, current_language

PLAIN = str.maketrans({"−": "-", "\u00a0": " ", "\u2028": " ", "\u2029": " "})  # a minus sign must never turn into "?"

# argparse's own texts, in all Python versions that we run on; in English they stay as they are.
WORDS = {
    "usage: ": "pemakaian: ",
    "positional arguments": "argumen",
    "options": "pilihan",
    "subcommands": "perintah",
    "show this help message and exit": "tampilkan bantuan ini lalu selesai",
    "show program's version number and exit": "tampilkan nomor versi lalu selesai",
    "%(prog)s: error: %(message)s\n": "%(prog)s: galat: %(message)s\n",
    "%(prog)s: warning: %(message)s\n": "%(prog)s: peringatan: %(message)s\n",
    "%(heading)s:": "%(heading)s:",
    " (default: %(default)s)": " (bawaan: %(default)s)",
    "argument %(argument_name)s: %(message)s": "argumen %(argument_name)s: %(message)s",
    "the following arguments are required: %s": "argumen berikut wajib diisi: %s",
    "one of the arguments %s is required": "salah satu dari argumen %s wajib diisi",
    "unrecognized arguments: %s": "argumen tidak dikenal: %s",
    "not allowed with argument %s": "tidak boleh bersama argumen %s",
    "expected one argument": "perlu satu nilai",
    "expected at most one argument": "paling banyak satu nilai",
    "expected at least one argument": "perlu sedikitnya satu nilai",
    "expected %s argument": "perlu %s nilai",
    "expected %s arguments": "perlu %s nilai",
    "invalid choice: %(value)r (choose from %(choices)s)": "ditemukan %(value)r; yang diizinkan: %(choices)s",
    "invalid %(type)s value: %(value)r": "nilai %(value)r bukan %(type)s",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "ditemukan %(parser_name)r; yang diizinkan: %(choices)s",
    "ambiguous option: %(option)s could match %(matches)s": "pilihan %(option)s kurang jelas; mungkin %(matches)s",
    "ignored explicit argument %r": "nilai %r tidak dipakai",
    "unexpected option string: %s": "pilihan tidak terduga: %s",
    "can't open '%(filename)s': %(error)s": "'%(filename)s' tidak dapat dibuka: %(error)s",
    "cannot have multiple subparser arguments": "hanya boleh satu perintah",
    "command '%(parser_name)s' is deprecated": "perintah '%(parser_name)s' akan dihapus",
    "option '%(option)s' is deprecated": "pilihan '%(option)s' akan dihapus",
    "argument '%(argument_name)s' is deprecated": "argumen '%(argument_name)s' akan dihapus",
}


def prepare_streams() -> None:
    """Let every text be printed: what a console cannot show becomes "?" instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print a result."""
    sys.stdout = _write(sys.stdout, text)


def note(text: str) -> None:
    """Print a line about the progress, or a fault, on standard error."""
    sys.stderr = _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> TextIO:
    """Print a line and return the stream for the next; when its reader has gone, the work goes on unheard."""
    try:
        stream.write(text.translate(PLAIN) + "\n")
        stream.flush()
    except (BrokenPipeError, OSError):
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - stays open like the stream it replaces
    return stream


def align_columns(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return a table as lines of text: the first `left` columns to the left, all others to the right.

    Examples
    --------
    >>> align_columns(["unsur", "n"], [["mentoring", "64"]])
    ['unsur       n', 'mentoring  64']
    """
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults take two lines: what is wrong, and where help is."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Print the fault and end with 2."""
        head = argparse_word("%(prog)s: error: %(message)s\n") % {"prog": self.prog, "message": message}
        note(f"{head.rstrip()}\n{argparse_word('usage: ')}{self.prog} --help")
        raise SystemExit(2)


def argparse_word(text: str) -> str:
    """Return one of argparse's texts in the language in use."""
    return WORDS.get(text, text) if current_language() == "id" else text


@contextmanager
def argparse_words() -> Iterator[None]:
    """Let argparse speak the language in use; it takes its texts from two functions of its module."""

    def of_number(one: str, many: str, n: int) -> str:
        return argparse_word(one if n == 1 else many)

    before = {name: vars(argparse)[name] for name in ("_", "ngettext")}
    vars(argparse).update({"_": argparse_word, "ngettext": of_number})
    try:
        yield
    finally:
        vars(argparse).update(before)


def study_lines(study: Any, plan: Any) -> list[str]:
    """Return what a study found as lines of text: verdict, reasons, plan, design, tidy table, checks, limits."""
    from kinerja_lib.show.verdict import DESIGNS, say_study_plan, say_verdict

    lines = [say_verdict(study).to_text(), ""]
    lines += _list_lines(_("Alasan putusan:"), study.reasons)
    lines += [
        say_study_plan(study, plan).to_text(),
        _("Rancangan: {design}").format(design=_(DESIGNS.get(study.design, DESIGNS[""]))),
    ]
    if study.outcome:
        lines.append(_("Hasil yang diukur: {outcome}").format(outcome=study.outcome))
    if len(study.table):
        end = _("Batas bawah dan batas atas: selang kepercayaan 95%.")
        lines += ["", *_estimate_lines(study), "", end]
    if study.checks:
        lines += ["", *_check_lines(study)]
    return [*lines, *(["", *_list_lines(_("Batas kajian:"), study.limits)[:-1]] if study.limits else [])]


def card_lines(card: Any) -> list[str]:
    """Return a card as lines of text: how many claims hold, then each outcome with verdict, effect and reasons."""
    from kinerja_lib.show.card import say_card, table_card
    from kinerja_lib.show.verdict import say_study_plan, say_verdict

    first = next(iter(card.studies.values()))
    lines = [say_card(card).to_text(), "", say_study_plan(first, card.plan).to_text(), "", table_card(card).to_text()]
    for name, study in card.studies.items():
        lines += ["", f"{name}: {say_verdict(study).to_text()}"]
    return lines


def _list_lines(title: str, texts: Sequence[str]) -> list[str]:
    return [title, *(f"- {text}" for text in texts), ""] if texts else []


def _estimate_lines(study: Any) -> list[str]:
    from kinerja_lib.privacy import is_small
    from kinerja_lib.show.blocks import each_row, lower_first
    from kinerja_lib.show.numbers import MISSING, SMALL, number
    from kinerja_lib.show.studies import name_row
    from kinerja_lib.show.verdict import decimals_in
    from kinerja_lib.vocabulary import label

    rows = []
    for row in each_row(study.table):
        few = is_small(int(row.n))
        values = (row.estimate, row.std_error, row.conf_low, row.conf_high)
        shown = [MISSING if few else number(value, decimals_in(row)).text for value in values]
        rows.append(
            [
                lower_first(label(str(row.term))),
                lower_first(name_row(row)),
                row.unit,
                *shown,
                SMALL if few else number(row.n, 0).text,
            ]
        )
    head = [_("program"), _("taksiran"), _("satuan"), _("selisih"), _("galat baku"), _("batas bawah"), _("batas atas")]
    return align_columns([*head, "n"], rows, left=3)


def _check_lines(study: Any) -> list[str]:
    from kinerja_lib.show.studies import say_result
    from kinerja_lib.studies.reasons import say_question

    head = [_("pemeriksaan"), _("hasil")]
    return align_columns(head, [[say_question(check.name), say_result(check)] for check in study.checks], left=2)


CHANGES = 12  # lines of a page that differ and are printed
FAILURES = 10  # failed pages that the terminal shows; the index page has all
FILES, OF_A_FILE = 20, 8  # files, and findings of each, that the terminal shows; findings.csv has all


def finding_lines(findings: Any) -> list[str]:
    """Return errors and warnings as lines of text: by file, the worst first, capped with a count; tables at the end."""
    from kinerja_lib.findings import Findings
    from kinerja_lib.show.quality import group_by_file, hide_numbers

    grave = Findings(tuple(finding for finding in findings if finding.severity != "note"))
    groups = [(hide_numbers(file), group) for file, group in group_by_file(grave)]
    of_tables = Findings(tuple(finding for finding in grave if finding.file is None))
    hidden = groups[FILES:]
    groups = groups[:FILES] + ([(_("Tabel data"), of_tables)] if len(of_tables) else [])
    lines = [line for title, group in groups for line in [*_group_lines(title, group), ""]]
    if hidden:
        n = sum(len(group) for _title, group in hidden)
        lines += [_("... dan {files} berkas lain dengan {n} temuan.").format(files=len(hidden), n=n), ""]
    return lines


def _group_lines(title: str, findings: Any) -> list[str]:
    from kinerja_lib.show.quality import SEVERITY, hide_numbers, say_counts, say_place

    lines = [f"{title}: {say_counts(findings)}"]
    for finding in list(findings.ranked())[:OF_A_FILE]:
        place = say_place(finding)
        where = " ".join(part for part in (finding.sheet, "" if place == "–" else place) if part)
        if finding.file is None:
            where = ".".join(part for part in (finding.table, finding.column) if part)
        head = f"  {_(SEVERITY[finding.severity])}" + (f" [{where}]" if where else "")
        lines += [hide_numbers(f"{head}: {finding.message}"), f"    > {finding.remedy}"]
    rest = len(findings) - OF_A_FILE
    return lines + ([_("  ... dan {n} temuan lain.").format(n=rest)] if rest > 0 else [])


def print_findings(findings: Any) -> int:
    """Print findings and their numbers; return the exit code."""
    from kinerja_lib.show.quality import say_counts

    for line in finding_lines(findings):
        say(line)
    say(_("Jumlah: {counts}.").format(counts=say_counts(findings)))
    return int(bool(findings.errors))


def print_report(result: Any, *, quiet: bool = False, as_json: bool = False) -> int:
    """Print what failed, the counts, and as the last line the index page; or all as JSON. Return the exit code."""
    failed = result.of("failed")
    for page in failed[:FAILURES]:
        about = f" [{page.page.unit}]" if page.page.unit else ""
        note(_("Gagal{about}: {reason}").format(about=about, reason=page.reason))
    if len(failed) > FAILURES:
        note(_("... dan {n} lainnya; lihat daftar laporan.").format(n=len(failed) - FAILURES))
    if result.stale:
        note(_("Data atau program berubah selama penyusunan; jalankan lagi perintah yang sama."))
    if as_json:
        import json

        say(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        for line in _report_lines(result, failed=len(failed), quiet=quiet):
            say(line)
    return int(bool(failed) or result.stale)


def _report_lines(result: Any, *, failed: int, quiet: bool) -> list[str]:
    kept = _(" ({n} sudah ada dan tidak berubah)").format(n=result.kept) if result.kept else ""
    text = _("Selesai {done} halaman{kept}, gagal {failed}, dilewati {skipped}. Buka daftar laporan:")
    counts = {"done": len(result.of("done")), "failed": failed, "skipped": len(result.of("skipped"))}
    return [*([] if quiet else [text.format(kept=kept, **counts)]), str(result.index)]


def verification_lines(found: Any) -> list[str]:
    """Return what differs between a report and what its provenance gives now: inputs, versions, then page by page."""
    if not found.place:
        altered = [line for page in found.pages for line in _page_lines(page)]
        sought = _("Datanya tidak ada lagi, jadi laporan tidak dapat disusun ulang. Dicari di: {places}.")
        remedy = _("Sebut tempatnya sekarang: --data DATA.")
        return [*altered, sought.format(places=list_values(found.sought)), remedy]
    if found.same:
        text = _("Tidak ada yang berbeda: {n} halaman disusun ulang dari {data} dengan hasil yang sama.")
        return [text.format(n=len(found.pages), data=found.place)]
    lines = [_("Masukan: {what}").format(what=what) for what in found.inputs]
    lines += [_("Versi: {what}").format(what=what) for what in found.versions]
    lines += [line for page in found.pages for line in _page_lines(page)]
    same = sum(page.same for page in found.pages)
    return [*lines, _("Halaman yang sama: {same} dari {n}.").format(same=same, n=len(found.pages))]


def _page_lines(page: Any) -> list[str]:
    """Return what differs on one page: why it is not there, altered files, then each sentence, old beside new."""
    lines = (
        [_("{page}: tidak dapat disusun ulang: {why}").format(page=page.name, why=page.reason)] if page.reason else []
    )
    if page.altered:
        text = _("{page}: berkas diubah atau hilang setelah disusun: {names}")
        lines.append(text.format(page=page.name, names=list_values(page.altered)))
    if page.changes:
        lines.append(_("{page}: {n} isi berbeda").format(page=page.name, n=len(page.changes)))
    for change in page.changes[:CHANGES]:
        was, now = (f'"{text}"' if text else _("(tidak ada)") for text in (change.old, change.new))
        lines.append(f"  {change.where}: {was} -> {now}")
    if len(page.changes) > CHANGES:
        lines.append("  " + _("... dan {n} lainnya; semuanya dengan --json.").format(n=len(page.changes) - CHANGES))
    return lines


def import_lines(counts: Any, page: Path) -> list[str]:
    """Return what became of the rows of each table, and where the findings, rejected rows and tables are."""
    from kinerja_lib.show.numbers import count

    parts = ("read", "used", "merged", "rejected")
    head = [_("tabel"), _("dibaca"), _("dipakai"), _("digabung"), _("ditolak")]
    rows = [[name, *(count(row[part]).text for part in parts)] for name, row in counts.items()]
    lines = ["", *align_columns(head, rows), ""] if rows else [""]
    lines.append(_("Temuan: {page}").format(page=page))
    if any(row["rejected"] for row in counts.values()):
        lines.append(_("Baris yang ditolak: {file}").format(file=page.with_name("rejected.csv")))
    return [*lines, _("Folder data:")]


def panel_lines(rows: int, people: int, dropped: Mapping[str, int]) -> list[str]:
    """Return how large a panel is, and what no row of it holds, by reason."""
    from kinerja_lib.show.numbers import count

    text = _("Panel: {rows} baris, {people} pegawai.")
    lines = [text.format(rows=count(rows).text, people=count(people).text)]
    lost = _("Tidak masuk: {reason}: {count}.")
    return lines + [lost.format(reason=reason, count=count(number).text) for reason, number in dropped.items()]


def explain_lines(read: Any) -> list[str]:
    """Return what each sheet of an export was taken for and why, as lines of text."""
    from kinerja_lib.show.quality import hide_numbers

    lines = [hide_numbers(read.file)]
    for sheet in read.seen:
        name = sheet.sheet or _("(isi berkas)")
        mark_hidden = _(" (tersembunyi)") if sheet.hidden else ""
        kind = sheet.kind or _("tidak dikenal")
        lines.append(
            _("  {sheet}{hidden}: {kind}, {n} baris").format(sheet=name, hidden=mark_hidden, kind=kind, n=sheet.rows)
        )
        lines += [f"    - {reason}" for reason in sheet.why]
        if sheet.unknown:
            lines.append(_("    - judul kolom yang tidak dipakai: {names}").format(names=", ".join(sheet.unknown)))
    return lines + [f"  {finding.message} > {finding.remedy}" for finding in read.findings]


def write_json(file: Path, content: object) -> None:
    """Write a result as JSON, whole or not at all."""
    import json

    from kinerja_lib.errors import CallError
    from kinerja_lib.report.files import write_whole

    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"
    try:
        write_whole({file.absolute(): text.encode("utf-8")})
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=file, why=error.strerror)) from None


def write_log(words: Sequence[str]) -> str:
    """Write the traceback of the error in hand into the system's temporary folder and return where."""
    handle, name = tempfile.mkstemp(prefix="kinerja-", suffix=".log")
    with open(handle, "w", encoding="utf-8", errors="replace") as log:  # noqa: PTH123 - an open file, not a path
        log.write(f"kinerja_lib {__version__}, Python {sys.version}\nkinerja {' '.join(words)}\n\n")
        log.write(traceback.format_exc())
    return name
