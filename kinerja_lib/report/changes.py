"""What changed since the last run: the numbers and the status of each page, beside those of the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinerja_lib.show.numbers import MISSING


def build_before(previous: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a later run is compared with: when it was, and status and numbers of each page.

    Of a run that was stopped, what it was itself compared with.
    """
    if previous is None:
        return None
    if not previous.get("finished"):
        before: dict[str, Any] | None = previous.get("before")
        return before
    pages = [page for page in previous["pages"] if page.get("status") in ("done", "failed")]
    return {
        "started": previous["started"],
        "pages": {page["page"]: {"status": page["status"], "panels": page["panels"]} for page in pages},
    }


def summarise_run(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of the history of runs: name, when, and how many pages by status."""
    status = [page.get("status") for page in manifest["pages"]]
    return {
        **{name: manifest.get(name) for name in ("run", "started", "finished")},
        **{name: status.count(name) for name in ("done", "failed", "skipped", "pending")},
    }


def find_changes(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pages whose numbers or status are not those of the run before, in the order of the manifest.

    Returns
    -------
    list of dict
        page : the page; kind : "new", "status" or "numbers"; was : status before; numbers : those that changed, each
        with title, before and after as they are shown.
    """
    before = manifest.get("before")
    found = [_compare(page, before["pages"].get(page["page"])) for page in manifest["pages"]] if before else []
    return [change for change in found if change is not None]


def _compare(page: Mapping[str, Any], was: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if page["status"] not in ("done", "failed"):
        return None
    if was is None:
        return {"page": page, "kind": "new", "was": "", "numbers": []}
    if was["status"] != page["status"]:
        return {"page": page, "kind": "status", "was": was["status"], "numbers": []}
    older = {panel["title"]: show_number(panel) for panel in was["panels"]}
    numbers = [
        {"title": panel["title"], "before": older.get(panel["title"], MISSING), "after": show_number(panel)}
        for panel in page["panels"]
        if older.get(panel["title"]) != show_number(panel)
    ]
    return {"page": page, "kind": "numbers", "was": "", "numbers": numbers} if numbers else None


def show_number(panel: Mapping[str, str]) -> str:
    """Return the number of a panel with its unit, or the mark of a missing one alone."""
    return MISSING if panel["number"] == MISSING else f"{panel['number']} {panel['unit']}".strip()
