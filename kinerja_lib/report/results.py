"""What came of a run: each page with its status, as Python, as plain values and as the books tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from kinerja_lib.report.engine import FAILED
from kinerja_lib.report.files import NOTEBOOK
from kinerja_lib.report.plan import Page

Status = Literal["done", "failed", "skipped", "pending"]


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
    key : str
        Of its content, see `keys.build_key`.
    files : mapping of str to str
        SHA-256 of each of its files, by their place in the folder of the run.
    panels : tuple of dict
        The numbers of its summary as they are shown: title, number, unit.
    kept : bool
        Whether it was there already, and nothing that it hangs on has changed.
    """

    page: Page
    status: Status
    title: str = ""
    reason: str = ""
    seconds: float = 0.0
    key: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    panels: tuple[dict[str, str], ...] = ()
    kept: bool = False


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
    stale : bool
        Whether data, notebook or program changed while the run went on; the next run makes its pages again.
    """

    run_id: str
    folder: Path
    index: Path
    results: tuple[PageResult, ...]
    stale: bool = False

    def of(self, status: Status) -> list[PageResult]:
        """Return the pages with a status."""
        return [result for result in self.results if result.status == status]

    @property
    def kept(self) -> int:
        """How many pages were there already and did not change."""
        return sum(result.kept for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values: run, folder, index, number of pages by status, pages."""
        return {
            "run": self.run_id,
            "folder": str(self.folder),
            "index": str(self.index),
            **{name: len(self.of(name)) for name in get_args(Status)},
            "kept": self.kept,
            "stale": self.stale,
            "pages": [
                {**describe_page(result), "seconds": round(result.seconds, 2), "kept": result.kept}
                for result in self.results
            ],
        }


def describe_page(result: PageResult, folder: Path | None = None) -> dict[str, Any]:
    """Return a page as the books tell it."""
    page = result.page
    failed = page.id + FAILED
    is_kept = result.status == "failed" and (folder is None or (folder / failed).is_file())
    return {
        "page": page.id,
        "notebook": page.name,
        "title": result.title,
        "unit": page.unit,
        "unit_name": page.unit_name,
        "status": result.status,
        "reason": result.reason,
        "key": result.key,
        "files": dict(result.files),
        "executed": failed if is_kept else page.id + NOTEBOOK if result.status == "done" else "",
        "panels": list(result.panels),
    }
