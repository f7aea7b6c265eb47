"""Many pages in one call: a run folder with a page per unit, an index, and books of what was done.

`plan.py` settles what to do, `keys.py` what each page hangs on, `runs.py` where it goes, `pool.py` does it side by
side; here a run passes over what is done already, writes down each page as it ends, and closes its books.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from kinerja_lib import __version__
from kinerja_lib.errors import CallError, RunError
from kinerja_lib.language import _, speaking
from kinerja_lib.report import books
from kinerja_lib.report.changes import build_before, summarise_run
from kinerja_lib.report.cluster import run_tasks_on
from kinerja_lib.report.engine import FAILED
from kinerja_lib.report.files import NOTEBOOK, sweep_parts
from kinerja_lib.report.fingerprint import Fingerprint, fingerprint
from kinerja_lib.report.keys import Basis, build_key, digest, read_basis
from kinerja_lib.report.plan import Page, Plan, Units, plan_reports
from kinerja_lib.report.pool import Outcome, Task, count_cores, run_tasks
from kinerja_lib.report.provenance import build_provenance, build_record, describe_basis
from kinerja_lib.report.results import BatchResult, PageResult, describe_page
from kinerja_lib.report.runs import Run, open_run
from kinerja_lib.report.site import INDEX, write_index

Finished = tuple[Task, Outcome]
RunAll = Callable[[Sequence[Task]], Generator[Finished, None, None]]
HISTORY = 20  # runs of a folder that its manifest lists


def run_reports(
    data_path: str | Path | None = None,
    *,
    period: str = "",
    units: Units = (),
    notebooks: Sequence[str] = (),
    lang: str = "id",
    out: str | Path | None = None,
    jobs: int | None = None,
    params: Mapping[str, object] | None = None,
    formats: str = "html",
    template: str | Path | None = None,
    force: bool = False,
    progress: bool = False,
) -> BatchResult:
    """Make the reports of a call: check all of it, then run every notebook, each page whole or not at all.

    Parameters
    ----------
    data_path, period, units, notebooks, lang, params, formats, template
        As in `plan.plan_reports`.
    out, jobs, force, progress
        As in `run_plan`.

    Returns
    -------
    BatchResult

    Raises
    ------
    CallError, DataError
        Nothing was started.
    RunError
        As in `run_plan`.
    """
    plan = plan_reports(
        data_path,
        period=period,
        units=units,
        notebooks=notebooks,
        lang=lang,
        params=params,
        formats=formats,
        template=template,
    )
    return run_plan(plan, out=out, jobs=jobs, force=force, progress=progress)


def run_plan(
    plan: Plan,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: bool = False,
) -> BatchResult:
    """Make the pages of a plan that are not there yet or no longer hold.

    Parameters
    ----------
    plan : Plan
        What to do.
    out : str or Path, optional
        Folder of the run: new, empty, or that of an earlier run, whose pages are replaced one by one where something
        changed and removed where they are not planned. None = among the runs of the project, see `runs.open_run`.
    jobs : int, optional
        Pages at a time; None = as many as there are cores.
    scheduler : str, optional
        Address of a Dask scheduler whose workers make the pages instead, see `cluster.run_tasks_on`.
    force : bool, default False
        Make every page again.
    progress : bool, default False
        Show a bar with the time left on standard error.

    Returns
    -------
    BatchResult

    Raises
    ------
    CallError
        `out` holds files of something else, is held by another run or cannot be written, or `jobs` is below 1.
    RunError
        The disk is full, or the books cannot be written; what was done until then stays.
    KeyboardInterrupt
        The run was stopped; index and manifest tell what was done until then.
    """
    workers = _require_jobs(jobs)
    with speaking(plan.lang):
        basis = read_basis(plan)
        keys = {page.id: build_key(plan, page, basis) for page in plan.pages}
        about = describe_basis(plan, basis, {}) | {"call": digest([keys, plan.formats])}
        with open_run(out, like={"period": plan.period, **about}, force=force) as run, _telling_of_the_disk():
            batch = _Batch(plan, basis, keys, run, about)
            run_all = partial(run_tasks_on, scheduler=scheduler) if scheduler else partial(run_tasks, jobs=workers)
            return batch.make(run_all, force=force, progress=progress)


class _Batch:
    """One run while it goes on: what is known of each page, and the books."""

    def __init__(self, plan: Plan, basis: Basis, keys: Mapping[str, str], run: Run, about: Mapping[str, Any]) -> None:
        self.plan, self.basis, self.keys, self.run = plan, basis, keys, run
        self.earlier = run.earlier or {"pages": []}
        self.entries = {entry["page"]: entry for entry in self.earlier["pages"]}
        self.results: dict[str, PageResult] = {}
        self.stale = False
        self.books = self._open_books(about)

    def _open_books(self, about: Mapping[str, Any]) -> books.Manifest:
        earlier, previous = self.run.earlier, self.run.previous
        goes_on = bool(earlier) and self.earlier.get("call") == about["call"] and not self.earlier.get("finished")
        history = (previous or {}).get("history", []) + ([summarise_run(previous)] if previous else [])
        opened = {
            "program": books.PROGRAM,
            "version": __version__,
            "run": self.run.id,
            "started": _now(),
            "history": history[-HISTORY:],
            "before": build_before(previous),
            "removed": [],
        }
        if goes_on:
            opened |= {name: self.earlier[name] for name in ("run", "started", "history", "before", "removed")}
        place = self.plan.data.source
        return opened | {
            **about,
            "parameters": dict(self.plan.parameters),
            "platform": platform.platform(terse=True),
            "notebooks": dict(self.basis.notebooks),
            "relative": _relative(place, self.run.folder),
        }

    def make(self, run_all: RunAll, *, force: bool, progress: bool) -> BatchResult:
        """Make what is to be made, and close the books."""
        folder = self.run.folder
        sweep_parts(folder)
        kept = set() if force else self._find_kept()
        for page in self.plan.pages:
            self.results[page.id] = self._recall(page) if page.id in kept else self._wait(page)
        self.books["data"] = self.books["data"] | {
            "columns": self._read_columns(is_same=len(kept) == len(self.results))
        }
        tasks = self._build_tasks(kept)
        self._remove_unplanned()
        if tasks or self._is_news():
            self._write_books(finished=None)
            self._run_tasks(tasks, run_all, progress=progress)
        else:  # all is there: the books stay as they were
            self.books = self.earlier
            if not (folder / INDEX).exists():
                write_index(folder, self.books)
        return BatchResult(self.books["run"], folder, folder / INDEX, tuple(self._all_results()), self.stale)

    def _run_tasks(self, tasks: list[Task], run_all: RunAll, *, progress: bool) -> None:
        finished = None
        try:
            with closing(run_all(tasks)) as outcomes:
                for task, outcome in _watch(outcomes, len(tasks), shown=progress):
                    self._note(self.plan.pages[task.position], outcome)
            self.stale = read_basis(self.plan) != self.basis
            finished = _now()
        finally:
            sweep_parts(self.run.folder)
            self._write_books(finished=finished)

    def _read_columns(self, *, is_same: bool) -> Fingerprint:
        """Return what each column holds, for the records; that of before where no page has to be made."""
        known = self.earlier.get("data", {}).get("columns", {})
        return known if is_same and known else fingerprint(self.plan.data)

    def _find_kept(self) -> set[str]:
        """Return the pages that are there, whole, in the formats asked for, with the same key."""
        suffixes = {NOTEBOOK, *(f".{suffix}" for suffix in self.plan.formats)}
        planned = [self.entries[page.id] for page in self.plan.pages if page.id in self.entries]
        same = [
            entry
            for entry in planned
            if entry["status"] == "done"
            and entry["key"] == self.keys[entry["page"]]
            and {Path(name).suffix for name in entry["files"]} == suffixes
        ]
        return books.find_whole(self.run.folder, same)

    def _recall(self, page: Page) -> PageResult:
        entry = self.entries[page.id]
        seconds = self.earlier.get("seconds", {}).get(page.id, 0.0)
        panels = tuple(entry["panels"])
        return PageResult(page, "done", entry["title"], "", seconds, entry["key"], entry["files"], panels, kept=True)

    def _wait(self, page: Page) -> PageResult:
        """Return a page that is to be made; files of an earlier one stay until then."""
        return PageResult(page, "pending", files=self.entries.get(page.id, {}).get("files", {}))

    def _build_tasks(self, kept: set[str]) -> list[Task]:
        plan = self.plan
        return [
            Task(
                position,
                page.notebook,
                self.run.folder / page.folder,
                dict(page.parameters),
                plan.lang,
                build_provenance(plan.data, notebook=page.name, key=self.keys[page.id]),
                plan.formats,
                plan.template,
                build_record(plan, page, self.basis, self.keys[page.id], self.books["data"]["columns"]),
            )
            for position, page in enumerate(plan.pages)
            if page.id not in kept
        ]

    def _remove_unplanned(self) -> None:
        """Remove pages, and files of formats, that this call does not make; the pages are named in the books."""
        endings = (NOTEBOOK, FAILED, *(f".{suffix}" for suffix in self.plan.formats))
        planned = {page.id + ending for page in self.plan.pages for ending in endings}
        older = {name for entry in self.entries.values() for name in (*entry["files"], entry["executed"])}
        books.remove_files(self.run.folder, {name for name in older if name} - planned)
        gone = [entry for entry in self.entries.values() if entry["page"] not in self.keys and entry["files"]]
        told = [{name: entry[name] for name in ("page", "notebook", "title", "unit", "unit_name")} for entry in gone]
        self.books["removed"] = [*self.books["removed"], *told]

    def _is_news(self) -> bool:
        """Tell whether the books have to be written though no page has to be made."""
        ours = [describe_page(result) for result in self._all_results()]
        return not self.earlier.get("finished") or ours != self.earlier["pages"] or bool(self.books["removed"])

    def _note(self, page: Page, outcome: Outcome) -> None:
        """Write down what became of a page; stop when the disk is full."""
        files = {f"{page.folder}/{name}": digest for name, digest in outcome.files.items()}
        result = PageResult(
            page,
            "done" if outcome.done else "failed",
            outcome.title,
            outcome.reason,
            outcome.seconds,
            self.keys[page.id],
            files,
            outcome.panels,
        )
        if outcome.full:
            raise RunError(_full(outcome.reason))
        if not outcome.done:  # a page that was there before holds no longer
            books.remove_files(self.run.folder, self.results[page.id].files)
        self.results[page.id] = result
        entry = describe_page(result, self.run.folder)
        books.add_to_journal(self.run.folder, run=self.books["run"], page=entry, seconds=round(result.seconds, 2))

    def _all_results(self) -> list[PageResult]:
        left_out = [PageResult(page, "skipped", reason=reason) for page, reason in self.plan.skipped]
        return [*self.results.values(), *left_out]

    def _write_books(self, *, finished: str | None) -> None:
        """Write manifest and index; keys of pages are left empty where what they hang on changed meanwhile."""
        pages = [describe_page(result, self.run.folder) for result in self._all_results()]
        seconds = {name: round(result.seconds, 2) for name, result in self.results.items() if result.seconds}
        if self.stale:
            pages = [page | {"key": ""} for page in pages]
        self.books |= {"finished": finished, "stale": self.stale, "seconds": seconds, "pages": pages}
        if self.stale:
            self.books["call"] = ""
        books.write_manifest(self.run.folder, self.books)
        write_index(self.run.folder, self.books)


def _require_jobs(jobs: int | None) -> int:
    if jobs is not None and jobs < 1:
        raise CallError(_("jobs: ditemukan {found}; yang diizinkan: 1 atau lebih.").format(found=jobs))
    return jobs or count_cores()


@contextmanager
def _telling_of_the_disk() -> Iterator[None]:
    """Turn the refusal of a disk into a message that says what is left and what to do."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename or "").name or _("catatan")
        message = _("{file} tidak dapat ditulis ({why}).")
        raise RunError(_full(message.format(file=where, why=error.strerror or error))) from None


def _full(why: str) -> str:
    text = _("Penyusunan berhenti: {why} Halaman yang sudah selesai tetap ada; jalankan lagi perintah yang sama nanti.")
    return text.format(why=why)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _relative(place: str, folder: Path) -> str:
    """Return the way from the run to its data; empty where there is none, as between drives of Windows."""
    try:
        return Path(os.path.relpath(place, folder)).as_posix() if Path(place).exists() else ""
    except ValueError:
        return ""


def _watch(outcomes: Iterator[Finished], total: int, *, shown: bool) -> Iterator[Finished]:
    """Pass the outcomes on, with a bar that shows how many are done and the time left."""
    if not shown:
        yield from outcomes
        return
    from tqdm import tqdm

    often = 0.1 if sys.stderr.isatty() else 10.0  # few lines where the bar goes into a file
    with tqdm(total=total, unit=_(" halaman"), file=sys.stderr, mininterval=often, dynamic_ncols=True) as bar:
        for outcome in outcomes:
            bar.update()
            yield outcome
