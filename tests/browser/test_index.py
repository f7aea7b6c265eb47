"""The list of a run in a real browser: its script searches, filters and sorts, and nothing is too wide."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.report.site import write_index

MOMENT = "2025-07-14T09:05:00+07:00"
ROWS = (
    ("U02", "Bidang Dua", "9,5", "done"),
    ("U10", "Bidang Sepuluh", "–", "failed"),
    ("U1", "Bidang Satu", "10,1", "done"),
)

# What a reader does, seen from outside in a frame as wide as the window asked for.
WRAPPER = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe src="{page}" style="border:0;width:{width}px;height:900px"></iframe><pre id="found"></pre>
<script>
addEventListener("load", () => {{
  const inside = document.querySelector("iframe").contentWindow, page = inside.document;
  const all = selector => [...page.querySelectorAll(selector)], shown = row => !row.hidden;
  const names = () => all("#daftar tbody tr").filter(shown).map(row => row.querySelector(".id").textContent);
  const set = (field, value) => {{
    page.querySelector(field).value = value;
    page.querySelector(field).dispatchEvent(new inside.Event("input", {{ bubbles: true }}));
    return [names(), page.querySelector("output").value];
  }};
  const heads = all("#daftar thead th"), press = at => {{
    heads[at].querySelector("button").click();
    return [names(), heads.map(head => head.getAttribute("aria-sort"))];
  }};
  const found = {{
    start: [names(), page.querySelector("output").value],
    search: set("input", "bidang SATU"), none: set("input", "tidak ada"), cleared: set("input", ""),
    failed: set("select", "failed"), every: set("select", ""),
    up: press(2), down: press(2), byName: press(0),
    buttons: all("#daftar thead button").length,
    wide: page.documentElement.scrollWidth, box: page.querySelector(".scroll").getBoundingClientRect().right,
  }};
  document.querySelector("#found").textContent = JSON.stringify(found);
}});
</script>"""


def make_manifest() -> dict[str, Any]:
    pages = [
        {
            **dict.fromkeys(("reason", "key", "executed"), ""),
            "page": unit,
            "notebook": "02_laporan_unit",
            "title": "Laporan",
            "unit": unit,
            "unit_name": name,
            "status": status,
            "files": {f"{unit}.html": "", f"{unit}.docx": ""} if status == "done" else {},
            "panels": [{"title": "Kinerja", "number": number, "unit": "%"}],
        }
        for unit, name, number, status in ROWS
    ]
    about = {"version": "1", "run": "a", "started": MOMENT, "finished": MOMENT, "period": "2025-S1", "lang": "id"}
    empty: dict[str, Any] = {"history": [], "before": None, "removed": [], "stale": False, "parameters": {}}
    data = {"place": "data/contoh", "title": "Contoh", "office": "Kantor", "files": {}}
    return {**about, **empty, "formats": ["html", "docx"], "data": data, "pages": pages}


@pytest.mark.parametrize("width", [390, 1100])
def test_the_list_is_searched_filtered_and_sorted(tmp_path: Path, browse: Callable[..., str], width: int) -> None:
    index, wrapper = write_index(tmp_path, make_manifest()), tmp_path / "bingkai.html"
    wrapper.write_text(WRAPPER.format(page=index.as_uri(), width=width), encoding="utf-8")
    dom = browse("--window-size=1300,1000", "--virtual-time-budget=5000", "--dump-dom", wrapper.as_uri())
    text = re.search('<pre id="found">(.+?)</pre>', dom, re.DOTALL)
    assert text, "the page did not load, or its script did not run"
    seen = json.loads(html.unescape(text[1]))
    everything = [["U02", "U10", "U1"], "3 dari 3 halaman"]
    assert seen["start"] == seen["cleared"] == seen["every"] == everything
    assert seen["search"] == [["U1"], "1 dari 3 halaman"]
    assert seen["none"] == [[], "0 dari 3 halaman"]
    assert seen["failed"] == [["U10"], "1 dari 3 halaman"]
    assert seen["up"] == [["U02", "U1", "U10"], ["none", "none", "ascending", None]]  # by value; missing ones last
    assert seen["down"] == [["U1", "U02", "U10"], ["none", "none", "descending", None]]
    assert seen["byName"][1] == ["ascending", "none", "none", None]
    assert seen["buttons"] == 3
    assert seen["wide"] <= width
    assert seen["box"] <= width
