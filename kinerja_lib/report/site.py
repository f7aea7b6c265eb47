"""The index page of a run: what was run, on what data, when; failures first; a link to every page.

It is made from the manifest alone, so that it can be made again from a folder that was moved or copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kinerja_lib.language import _
from kinerja_lib.report.files import write_whole
from kinerja_lib.report.writers import html
from kinerja_lib.show.blocks import clean
from kinerja_lib.show.numbers import count, day
from kinerja_lib.vocabulary import Period

INDEX = "index.html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_index(folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the index page of a run.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    manifest : mapping
        As `batch` writes it: data, period, started, pages with status, reason, file.

    Returns
    -------
    Path
        The file written.
    """
    manifest = clean(manifest)
    pages = manifest["pages"]
    text = (
        _environment()
        .get_template("index.html.j2")
        .render(
            manifest=manifest,
            policy=POLICY,
            css=Markup((html.HERE / "page.css").read_text(encoding="utf-8")),
            facts=_facts(manifest),
            counts={status: _count(pages, status) for status in ("done", "failed", "skipped", "pending")},
            groups={status: [page for page in pages if page["status"] == status] for status in ("failed", "skipped")},
            listed=[page for page in pages if page["status"] != "skipped"],
            labels={
                "done": _("selesai"),
                "failed": _("gagal"),
                "skipped": _("dilewati"),
                "pending": _("belum dikerjakan"),
            },
            has_units=any(page["unit"] for page in pages),
        )
    )
    write_whole({folder / INDEX: html.without_addresses(text).encode("utf-8")})
    return folder / INDEX


def _count(pages: list[Mapping[str, Any]], status: str) -> str:
    return count(sum(page["status"] == status for page in pages)).text


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of the head: name, value."""
    started = datetime.fromisoformat(manifest["started"])
    period = Period.parse(manifest["period"]).label if manifest["period"] else ""
    own = ", ".join(f"{name} = {value}" for name, value in manifest["parameters"].items())
    facts = [
        (_("Periode"), period),
        (_("Data"), manifest["data"]["source"]),
        (_("Disusun"), f"{day(started.date()).text} {started:%H.%M}"),
        (_("Parameter"), own),
    ]
    return [(name, value) for name, value in facts if value]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    return environment
