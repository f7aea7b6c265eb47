"""Many pages in one call: a run folder with a page per unit, an index, and a manifest of what was done.

`plan.py` settles what to do, `pool.py` does it side by side; here a run gets its folder and keeps its books.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from kinerja_lib import __version__
from kinerja_lib.errors import CallError, list_values
from kinerja_lib.language import _, current_language, use_language
from kinerja_lib.report.engine import FAILED
from kinerja_lib.report.files import NOTEBOOK, project_folder, runs_folder, sweep_parts, write_whole
from kinerja_lib.report.plan import Page, Plan, Units, plan_reports
from kinerja_lib.report.pool import Outcome, Task, count_cores, run_tasks
from kinerja_lib.report.provenance import build_provenance
from kinerja_lib.report.site import write_index

Finished = tuple[Task, Outcome]
Status = Literal["done", "failed", "skipped", "pending"]

MANIFEST = "manifest.json"
PROGRAM = "kinerja_lib"  # marks a manifest as ours
PACKAGES = ("ipykernel", "numpy", "pandas", "papermill", "pyfixest", "scipy", "statsmodels")


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of one page.

    Attributes
    ----------
    page : Page
        As planned.
    status : {"done", "failed", "skipped", "pending"}
        "pending" when the run was stopped before it.
    title, reason : str
        Title of a page that is there; why it is not there.
    seconds : float
        How long it took.
    """

    page: Page
    status: Status
    title: str = ""
    reason: str = ""
    seconds: float = 0.0

    @property
    def file(self) -> str:
        """The page, relative to the folder of the run; empty where there is none."""
        return f"{self.page.folder}/{self.page.name}.html" if self.status == "done" else ""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """A run of reports.

    Attributes
    ----------
    run_id : str
        Name of the run.
    folder, index : Path
        Folder of the run, and its index page.
    results : tuple of PageResult
        In the order of the plan, those left out last.
    """

    run_id: str
    folder: Path
    index: Path
    results: tuple[PageResult, ...]

    def of(self, status: Status) -> list[PageResult]:
        """Return the pages with a status."""
        return [result for result in self.results if result.status == status]


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
    progress: bool = False,
) -> BatchResult:
    """Make the reports of a call: check all of it, then run every notebook, each page whole or not at all.

    Parameters
    ----------
    data_path, period, units, notebooks, lang, params
        As in `plan.plan_reports`.
    out, jobs, progress
        As in `run_plan`.

    Returns
    -------
    BatchResult

    Raises
    ------
    CallError, DataError
        Nothing was started.
    """
    plan = plan_reports(data_path, period=period, units=units, notebooks=notebooks, lang=lang, params=params)
    return run_plan(plan, out=out, jobs=jobs, progress=progress)


def run_plan(
    plan: Plan, *, out: str | Path | None = None, jobs: int | None = None, progress: bool = False
) -> BatchResult:
    """Make the pages of a plan.

    Parameters
    ----------
    plan : Plan
        What to do.
    out : str or Path, optional
        Folder of the run: new, empty, or that of an earlier run, whose pages are replaced. None = a new folder in
        ``reports/runs`` of the project.
    jobs : int, optional
        Pages at a time; None = as many as there are cores.
    progress : bool, default False
        Show a bar with the time left on standard error.

    Returns
    -------
    BatchResult

    Raises
    ------
    CallError
        `out` holds files of something else or cannot be written, or `jobs` is below 1.
    KeyboardInterrupt
        The run was stopped; index and manifest tell what was done until then.
    """
    workers = _require_jobs(jobs)
    run_id, folder = _claim_folder(out, plan.period)
    books = {"run": run_id, "started": _now(), "finished": None}
    with _speaking(plan.lang):
        tasks = _build_tasks(plan, folder)
        results = {task.position: PageResult(plan.pages[task.position], "pending") for task in tasks}
        skipped = [PageResult(page, "skipped", reason=reason) for page, reason in plan.skipped]
        _write_manifest(folder, plan, books, [*results.values(), *skipped])
        try:
            for task, outcome in _watch(run_tasks(tasks, jobs=workers), len(tasks), shown=progress):
                results[task.position] = _judge(plan.pages[task.position], outcome)
            books["finished"] = _now()
        finally:
            sweep_parts(folder)
            final = [*results.values(), *skipped]
            index = write_index(folder, _write_manifest(folder, plan, books, final))
    return BatchResult(run_id, folder, index, tuple(final))


def _require_jobs(jobs: int | None) -> int:
    if jobs is not None and jobs < 1:
        raise CallError(_("jobs: ditemukan {found}; yang diizinkan: 1 atau lebih.").format(found=jobs))
    return jobs or count_cores()


@contextmanager
def _speaking(lang: str) -> Iterator[None]:
    """Use a language inside the block only."""
    before = current_language()
    use_language(lang)
    try:
        yield
    finally:
        use_language(before)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _build_tasks(plan: Plan, folder: Path) -> list[Task]:
    footers = {page.name: build_provenance(plan.data, notebook=page.name) for page in plan.pages}
    return [
        Task(position, page.notebook, folder / page.folder, dict(page.parameters), plan.lang, footers[page.name])
        for position, page in enumerate(plan.pages)
    ]


def _judge(page: Page, outcome: Outcome) -> PageResult:
    return PageResult(page, "done" if outcome.done else "failed", outcome.title, outcome.reason, outcome.seconds)


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


def _claim_folder(out: str | Path | None, period: str) -> tuple[str, Path]:
    """Return run id and folder: a new one among the runs, or the one asked for when it is free or ours."""
    name = "-".join(filter(None, [f"{datetime.now().astimezone():%Y%m%d-%H%M%S}", period]))
    folder = Path(out).absolute() if out is not None else runs_folder()
    try:
        if out is None:
            return _make_fresh(folder, name)
        if folder.exists():
            _clear_earlier(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = _("out: folder {folder} tidak dapat dipakai ({why}).")
        raise CallError(message.format(folder=folder, why=error.strerror)) from None
    return name, folder


def _make_fresh(parent: Path, name: str) -> tuple[str, Path]:
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        own = name if number == 1 else f"{name}-{number}"
        with suppress(FileExistsError):
            (parent / own).mkdir()
            return own, parent / own
    raise CallError(_("out: folder {folder} penuh; hapus sebagian.").format(folder=parent))


def _clear_earlier(folder: Path) -> None:
    """Take away the pages of an earlier run of ours; refuse a folder of anything else."""
    if not folder.is_dir():
        raise CallError(_("out: {folder} adalah berkas; sebut sebuah folder.").format(folder=folder))
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return
    earlier = _read_manifest(folder / MANIFEST)
    if earlier is None:
        message = _("out: folder {folder} berisi berkas lain ({found}); pilih folder baru atau kosong.")
        raise CallError(message.format(folder=folder, found=list_values(names, shown=3)))
    inside = folder.resolve()
    for page in earlier.get("pages", []):
        for name in (page.get("file"), page.get("executed")):
            file = (folder / str(name)).resolve() if name else inside
            if file != inside and file.is_relative_to(inside) and file.suffix in (".html", NOTEBOOK):
                file.unlink(missing_ok=True)


def _read_manifest(file: Path) -> dict[str, Any] | None:
    """Return a manifest of ours; None when the file is not there or is something else."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else None


def _write_manifest(
    folder: Path, plan: Plan, books: Mapping[str, Any], results: Sequence[PageResult]
) -> dict[str, Any]:
    """Write what the run was asked to do and what became of each page."""
    manifest = {
        "program": PROGRAM,
        "version": __version__,
        **books,
        "data": {
            "source": _source(plan.data.source),
            "title": plan.data.keterangan.get("judul", ""),
            "office": plan.data.keterangan.get("instansi", ""),
            "files": dict(plan.data.hashes),
        },
        "period": plan.period,
        "lang": plan.lang,
        "parameters": dict(plan.parameters),
        "versions": _versions(),
        "pages": [_describe(folder, result) for result in results],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n"
    write_whole({folder / MANIFEST: text.encode("utf-8", "replace")})
    return manifest


def _source(named: str) -> str:
    """Return the data's place as it was named; what belongs to the project is named from there."""
    path, project = Path(named), project_folder()
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else named


def _describe(folder: Path, result: PageResult) -> dict[str, Any]:
    page = result.page
    suffix = {"done": NOTEBOOK, "failed": FAILED}.get(result.status, "")
    executed = f"{page.folder}/{page.name}{suffix}" if suffix else ""
    return {
        "notebook": page.name,
        "title": result.title,
        "unit": page.unit,
        "unit_name": page.unit_name,
        "status": result.status,
        "reason": result.reason,
        "file": result.file,
        "executed": executed if executed and (folder / executed).is_file() else "",
        "seconds": round(result.seconds, 2),
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
