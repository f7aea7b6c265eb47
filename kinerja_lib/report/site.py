"""The index page of a run: what was run, on what data, when; failures first; a row for every page, with its numbers.

It is made from the manifest alone, so that it can be made again from a folder that was moved or copied. Its script
searches, filters and sorts the table; without it the table is complete all the same.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kinerja_lib.language import _, current_language
from kinerja_lib.report.changes import find_changes, summarise_run
from kinerja_lib.report.files import write_whole
from kinerja_lib.report.writers import FORMATS, html
from kinerja_lib.show.blocks import clean
from kinerja_lib.show.numbers import MISSING, count, day
from kinerja_lib.vocabulary import Period

INDEX = "index.html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
HERE = Path(__file__).parent
NAMES = {"html": "HTML", "pdf": "PDF", "docx": "Word", "xlsx": "Excel"}
COLUMNS = 4  # numbers of a page that its row shows
NUMBER = re.compile(r"[−-]?\d[\d.,]*")
LISTED = 8  # lines of a list that are open from the start; longer ones open on a click


def write_index(folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the index page of a run.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    manifest : mapping
        As `batch` writes it.

    Returns
    -------
    Path
        The file written.
    """
    text = _environment().get_template("index.html.j2").render(_fill(clean(manifest)))
    write_whole({folder / INDEX: html.without_addresses(text).encode("utf-8")})
    return folder / INDEX


def _fill(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what the template shows."""
    pages = manifest["pages"]
    changes = find_changes(manifest)
    changed = {change["page"]["page"] for change in changes}
    script = (HERE / "index.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    titles = _find_titles(pages)
    units = any(page["unit"] for page in pages)
    titled = len({page["title"] for page in pages if page["unit"] and page["title"]}) > 1
    return {
        "manifest": manifest,
        "policy": POLICY.format(digest=digest),
        "script": Markup(script),
        "css": Markup((html.HERE / "page.css").read_text(encoding="utf-8")),
        "own_css": Markup((HERE / "index.css").read_text(encoding="utf-8")),
        "facts": _facts(manifest),
        "counts": {status: _count(pages, status) for status in ("done", "failed", "skipped", "pending")},
        "failed": [page for page in pages if page["status"] == "failed"],
        "skipped": [page for page in pages if page["status"] == "skipped"],
        "rows": [
            _row(page, titles, changed, units=units, titled=titled) for page in pages if page["status"] != "skipped"
        ],
        "titles": titles,
        "labels": _labels(),
        "total": count(len(pages) - sum(page["status"] == "skipped" for page in pages)).text,
        "changes": changes,
        "changed": count(len(changes)).text,
        "since": _moment(manifest["before"]["started"]) if manifest["before"] else "",
        "history": [_history_row(run) for run in _runs(manifest)],
        "listed": LISTED,
    }


def _labels() -> dict[str, str]:
    return {
        "done": _("selesai"),
        "failed": _("gagal"),
        "skipped": _("dilewati"),
        "pending": _("belum dikerjakan"),
        "changed": _("berubah"),
    }


def _count(pages: Sequence[Mapping[str, Any]], status: str) -> str:
    return count(sum(page["status"] == status for page in pages)).text


def _find_titles(pages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the titles of the numbers that the rows show, in the order of the summaries."""
    return list(dict.fromkeys(panel["title"] for page in pages for panel in page["panels"]))[:COLUMNS]


def _row(
    page: Mapping[str, Any], titles: Sequence[str], changed: set[str], *, units: bool, titled: bool
) -> dict[str, Any]:
    """Return a row of the table; `titled` adds the title of the page to the name of its unit."""
    files = {Path(name).suffix[1:]: name for name in page["files"]}
    panels = {panel["title"]: panel for panel in page["panels"]}
    title = page["title"] or page["notebook"]
    return {
        "page": page,
        "name": page["unit_name"] or title,
        "about": page["unit"] or (_("seluruh instansi") if units else ""),
        "title": title if page["unit"] and titled else "",
        "is_changed": page["page"] in changed,
        "is_old": page["status"] == "pending" and bool(files),
        "numbers": [_cell(panels.get(name)) for name in titles],
        "links": [(NAMES[suffix], files[suffix]) for suffix in FORMATS if suffix in files],
    }


def _cell(panel: Mapping[str, str] | None) -> dict[str, str]:
    """Return a number as it is shown, with the value to sort by."""
    if panel is None or panel["number"] == MISSING:
        return {"number": MISSING, "unit": "", "value": ""}
    found = NUMBER.fullmatch(panel["number"])
    thousands, decimal = (".", ",") if current_language() == "id" else (",", ".")
    plain = found[0].replace(thousands, "").replace(decimal, ".").replace("−", "-") if found else ""
    return {"number": panel["number"], "unit": panel["unit"], "value": plain}


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of the head: name, value."""
    period = Period.parse(manifest["period"]).label if manifest["period"] else ""
    own = ", ".join(f"{name} = {value}" for name, value in manifest["parameters"].items())
    facts = [
        (_("Periode"), period),
        (_("Data"), manifest["data"]["place"]),
        (_("Disusun"), _moment(manifest["started"])),
        (_("Format"), ", ".join(NAMES[name] for name in manifest["formats"])),
        (_("Parameter"), own),
    ]
    return [(name, value) for name, value in facts if value]


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{day(moment.date()).text} {moment:%H.%M}"


def _runs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the runs of the folder, this one first."""
    return [summarise_run(manifest), *reversed(manifest["history"])]


def _history_row(run: Mapping[str, Any]) -> dict[str, str]:
    shown = {name: count(run[name]).text for name in ("done", "failed", "skipped", "pending")}
    return {"when": _moment(run["started"]), "run": run["run"], **shown}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    return environment
