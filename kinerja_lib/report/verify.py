"""A report proves itself: it is made again from what it says of its making, and all that differs is listed.

The claims come from the books of a run folder, or from the record that a file of any format carries. They are made
again beside, never in place; nothing of the report or its data is changed.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kinerja_lib import __version__
from kinerja_lib.errors import CallError, KinerjaError
from kinerja_lib.language import _, speaking
from kinerja_lib.read.several import split_places
from kinerja_lib.report.batch import run_plan
from kinerja_lib.report.books import MANIFEST, hash_now, read_books
from kinerja_lib.report.document import read_document
from kinerja_lib.report.files import NOTEBOOK, project_folder
from kinerja_lib.report.fingerprint import compare_fingerprints, fingerprint
from kinerja_lib.report.keys import read_basis
from kinerja_lib.report.parameters import load_nbformat
from kinerja_lib.report.plan import OPTIONS, Plan, plan_reports
from kinerja_lib.report.provenance import describe_basis
from kinerja_lib.report.record import Change, Line, compare_lines, find_record, list_lines
from kinerja_lib.report.writers import FORMATS

UP = 4  # folders above a file in which the books of its run are looked for
BOOKS = {
    "data",
    "period",
    "lang",
    "formats",
    "template",
    "parameters",
    "library",
    "versions",
    "rules",
}  # what a record has to hold


@dataclass(frozen=True, slots=True)
class Claim:
    """What one page says.

    Attributes
    ----------
    name : str
        The page as a reader knows it: its file.
    notebook, unit : str
        What it was made by and of which unit; empty for the agency.
    lines : tuple of Line
        All that it tells.
    files : mapping of str to str
        Format -> SHA-256 of the file as it is now.
    """

    name: str
    notebook: str
    unit: str
    lines: tuple[Line, ...]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageCheck:
    """What came of one page: lines that differ, formats altered after they were made, why it was not made again."""

    name: str
    changes: tuple[Change, ...] = ()
    altered: tuple[str, ...] = ()
    reason: str = ""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.changes or self.altered or self.reason)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of making a report again.

    Attributes
    ----------
    place : str
        Where its data are; empty where they are no longer there.
    sought : tuple of str
        Where the data were looked for.
    inputs, versions : tuple of str
        Input files and columns, and versions, rules and notebooks that differ, in words.
    pages : tuple of PageCheck
        Of each page.
    """

    place: str
    sought: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    pages: tuple[PageCheck, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the report was made again with nothing that differs."""
        return bool(self.place) and not self.inputs and not self.versions and all(page.same for page in self.pages)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        pages = [
            {
                "name": page.name,
                "changes": [{"where": c.where, "old": c.old, "new": c.new} for c in page.changes],
                "altered": list(page.altered),
                "reason": page.reason,
            }
            for page in self.pages
        ]
        told = {"same": self.same, "data": self.place, "inputs": list(self.inputs), "versions": list(self.versions)}
        return {**told, "pages": pages}


def verify_report(
    report: str | Path,
    *,
    data: str | Path | None = None,
    template: str | Path | None = None,
    jobs: int | None = None,
    progress: bool = False,
) -> Verification:
    """Make a report again from its own provenance and return what differs.

    Parameters
    ----------
    report : str or Path
        Folder of a run, or one file of it: HTML, PDF, Word, Excel, or the executed notebook.
    data : str or Path, optional
        Where the data are now, if not where the report says.
    template : str or Path, optional
        The office's letterhead and base document, where it was made with one.
    jobs, progress
        As in `batch.run_plan`.

    Returns
    -------
    Verification

    Raises
    ------
    CallError
        `report` is no report of ours, or does not say what it was made from.
    """
    path = Path(report)
    record, claims, altered = _read_folder(path) if path.is_dir() else _read_file(path)
    place, sought = (str(data), ()) if data is not None else _find_data(path, record)
    if not place:
        return Verification("", sought, pages=_tell_altered(claims, altered))
    with speaking(record["lang"]):
        try:
            plan = _plan_again(record, claims, place, template)
        except KinerjaError as error:  # data that no longer hold, a unit that is gone
            return Verification(place, pages=tuple(PageCheck(claim.name, reason=str(error)) for claim in claims))
        basis = read_basis(plan)
        now = describe_basis(plan, basis, fingerprint(plan.data)) | {"notebooks": basis.notebooks}
        inputs = _compare_inputs(record, now)
        versions = (*_compare_versions(record, now), *(_compare_templates(record, now) if plan.template else ()))
        exact = not inputs and not versions and record["template"] == now["template"]
        pages = _make_again(plan, claims, altered, jobs=jobs, progress=progress, exact=exact)
    return Verification(place, (), inputs, versions, pages)


# -- what the report says ----------------------------------------------------------------------------------------------


def _read_folder(folder: Path) -> tuple[dict[str, Any], list[Claim], dict[str, tuple[str, ...]]]:
    """Return the record of a run, its pages, and for each the files that are not as the run wrote them."""
    manifest = read_books(folder)
    if manifest is None or not manifest.keys() >= BOOKS:
        message = _("{folder}: bukan folder laporan ({manifest} tidak ada atau bukan milik program ini).")
        raise CallError(message.format(folder=folder, manifest=MANIFEST))
    claims, altered = [], {}
    with speaking(str(manifest["lang"])):
        for page in manifest["pages"]:
            if page["status"] != "done":
                continue
            files = {Path(name).suffix[1:]: digest for name, digest in page["files"].items()}
            lines = _read_notebook(folder / page["executed"])[1] if (folder / page["executed"]).is_file() else ()
            claims.append(Claim(page["page"], page["notebook"], page["unit"], lines, files))
            odd = [name for name, digest in page["files"].items() if hash_now(folder, name) != digest]
            if odd:
                altered[page["page"]] = tuple(Path(name).name for name in odd)
    if not claims:
        raise CallError(_("{folder}: tidak ada halaman yang selesai pada folder ini.").format(folder=folder))
    return manifest, claims, altered


def _read_file(file: Path) -> tuple[dict[str, Any], list[Claim], dict[str, tuple[str, ...]]]:
    """Return the record inside one file and what it says."""
    try:
        content = file.read_bytes()
    except OSError as error:
        message = _("{file}: tidak dapat dibaca ({why}).")
        raise CallError(message.format(file=file, why=error.strerror or error)) from None
    if file.suffix == NOTEBOOK:
        record, lines = _read_notebook(file)
    else:
        record = find_record(content)
        lines = tuple(Line(*line) for line in record.get("lines", ())) if record else ()
    if record is None or not record.keys() >= BOOKS:
        message = _(
            "{file}: tidak memuat asal-usul; yang dapat diperiksa: folder atau berkas laporan dari program ini."
        )
        raise CallError(message.format(file=file))
    suffix = file.suffix[1:]
    files = {suffix: hashlib.sha256(content).hexdigest()} if suffix in FORMATS else {}
    return record, [Claim(file.name, record["notebook"]["name"], record["unit"], lines, files)], {}


def _read_notebook(file: Path) -> tuple[dict[str, Any] | None, tuple[Line, ...]]:
    nbformat = load_nbformat()
    try:
        notebook = nbformat.read(file, as_version=4)
        record = notebook.metadata.get("kinerja")
        with speaking(str((record or {}).get("lang", "id"))):
            return record, list_lines(read_document(notebook))
    except (KinerjaError, ValueError, AttributeError, nbformat.ValidationError):
        return None, ()


def _find_data(report: Path, record: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return where the data of a report are, or where they were looked for."""
    named = str(record["data"]["place"])
    sought = [str(project_folder() / part) if not Path(part).is_absolute() else part for part in (named,)]
    sought += [named]
    above = [report.absolute(), *report.absolute().parents][: UP + 1]
    for folder in above:
        books = read_books(folder) if (folder / MANIFEST).is_file() else None
        if books is not None:
            places = [str(books["data"]["place"])] + (
                [str(folder / books["relative"])] if books.get("relative") else []
            )
            sought += places
    once = tuple(dict.fromkeys(place for place in sought if place))
    there = (place for place in once if all(Path(part).exists() for part in split_places(place)))
    return next(there, ""), once


# -- making it again ---------------------------------------------------------------------------------------------------


def _plan_again(record: Mapping[str, Any], claims: Sequence[Claim], place: str, template: str | Path | None) -> Plan:
    """Return the plan of the pages that a report claims."""
    own = {name: value for name, value in record["parameters"].items() if name not in OPTIONS}
    plan = plan_reports(
        place,
        period=record["period"],
        units=list(dict.fromkeys(claim.unit for claim in claims if claim.unit)),
        notebooks=list(dict.fromkeys(claim.notebook for claim in claims)),
        lang=record["lang"],
        params=own,
        formats=",".join(record["formats"]),
        template=template,
    )
    claimed = {(claim.notebook, claim.unit) for claim in claims}
    pages = tuple(page for page in plan.pages if (page.name, page.unit) in claimed)
    named = replace(plan.data, source=record["data"]["place"])  # as the report names it, wherever it is now
    return replace(plan, data=named, pages=pages, skipped=())


def _make_again(
    plan: Plan,
    claims: Sequence[Claim],
    altered: Mapping[str, tuple[str, ...]],
    *,
    jobs: int | None,
    progress: bool,
    exact: bool,
) -> tuple[PageCheck, ...]:
    """Make the pages beside and compare; where nothing else differs, the files have to be the same to the byte."""
    with tempfile.TemporaryDirectory(prefix="kinerja-", ignore_cleanup_errors=True) as place:
        folder = Path(place) / "run"
        result = run_plan(plan, out=folder, jobs=jobs, force=True, progress=progress)
        made = {(page.page.name, page.page.unit): page for page in result.results}
        checks = []
        for claim in claims:
            page = made.get((claim.notebook, claim.unit))
            if page is None or page.status != "done":
                reason = page.reason if page is not None else _("halaman ini tidak lagi direncanakan")
                checks.append(PageCheck(claim.name, altered=altered.get(claim.name, ()), reason=reason))
                continue
            _record, lines = _read_notebook(folder / (page.page.id + NOTEBOOK))
            changes = compare_lines(claim.lines, lines) if claim.lines else ()
            odd = altered.get(claim.name, ())
            if exact and not changes and claim.name not in altered:
                fresh = {Path(name).suffix[1:]: digest for name, digest in page.files.items()}
                odd = tuple(suffix for suffix, digest in claim.files.items() if fresh.get(suffix, digest) != digest)
                odd = tuple(suffix for suffix in odd if suffix in FORMATS)
            checks.append(PageCheck(claim.name, changes, odd))
    return tuple(checks)


def _tell_altered(claims: Iterable[Claim], altered: Mapping[str, tuple[str, ...]]) -> tuple[PageCheck, ...]:
    return tuple(PageCheck(claim.name, altered=altered.get(claim.name, ())) for claim in claims)


# -- what it was made from ---------------------------------------------------------------------------------------------


def _compare_inputs(record: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return in words which input files, and of them which columns, differ."""
    old, new = record["data"]["files"], now["data"]["files"]
    words = []
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            text = _("{file}: isi berubah")
            text = _("{file}: tidak ada lagi") if name not in new else _("{file}: baru") if name not in old else text
            words.append(text.format(file=name))
    columns = compare_fingerprints(record["data"].get("columns", {}), now["data"].get("columns", {}))
    return (*words, *(columns if words else ()))


def _compare_versions(record: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return in words which versions, notebooks and tables of rules differ."""
    missing = _("tidak ada")
    words = [
        _("{name}: {old}, sekarang {new}").format(name=name, old=old or missing, new=new or missing)
        for name, old, new in _differ(record["versions"], now["versions"])
    ]
    if record["library"]["sha256"] != now["library"]["sha256"] and record["library"]["version"] == __version__:
        words.append(_("kinerja_lib {version}: kode program berbeda").format(version=__version__))
    made_by = record.get("notebooks") or {record["notebook"]["name"]: record["notebook"]["sha256"]}
    changed = [name for name, old, new in _differ(made_by, now["notebooks"]) if old and new]
    words += [_("notebook {name}: isi berubah").format(name=name) for name in changed]
    rules = _differ(record["rules"], now["rules"])
    return (*words, *(_("tabel aturan {name}: isi berubah").format(name=name) for name, *_rest in rules))


def _compare_templates(record: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    return (_("templat kantor: isi berubah"),) if record["template"] != now["template"] else ()


def _differ(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [
        (name, old.get(name, ""), new.get(name, "")) for name in sorted({*old, *new}) if old.get(name) != new.get(name)
    ]
