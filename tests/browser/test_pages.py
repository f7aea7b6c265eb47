"""Pages in a real browser, opened from a folder: nothing too wide, nothing called, A4 sheets with a running head."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.report.engine import run_notebook

ROOT = Path(__file__).parents[2]
PHONE, DESK = 390, 1100

# A page holds no script; this one looks at it from outside, in a frame as wide as the window asked for.
WRAPPER = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe src="{page}" style="border:0;width:{width}px;height:900px"></iframe><pre id="found"></pre>
<script>
addEventListener("load", () => {{
  const inside = document.querySelector("iframe"), page = inside.contentDocument;
  const style = e => inside.contentWindow.getComputedStyle(e);
  const shown = [...page.body.querySelectorAll("*")].filter(e => e.getClientRects().length);
  const right = e => e.getBoundingClientRect().right;
  document.querySelector("#found").textContent = JSON.stringify({{
    width: inside.contentWindow.innerWidth,
    scroll: page.documentElement.scrollWidth,
    outside: shown.filter(e => !e.closest(".scroll") && right(e) > {width} + 0.5).map(e => e.outerHTML.slice(0, 90)),
    left: shown.filter(e => !e.closest(".scroll") && e.getBoundingClientRect().left < -0.5).length,
    boxes: [...page.querySelectorAll(".scroll")].map(e => right(e)),
    images: [...page.images].map(e => [e.complete, e.naturalWidth, Math.round(e.getBoundingClientRect().width)]),
    smallest: Math.min(...shown.filter(e => e.textContent.trim()).map(e => parseFloat(style(e).fontSize))),
    columns: style(page.querySelector(".panels")).gridTemplateColumns.split(" ").length,
  }});
}});
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the sample agency: panels, every kind of figure, the widest tables."""
    source, out = ROOT / "notebooks" / "03_laporan_instansi.ipynb", tmp_path_factory.mktemp("halaman")
    return run_notebook(source, out, {"data": str(ROOT / "data" / "contoh")}, footer=("Kaki halaman.",)).page


def measure(page: Path, width: int, folder: Path, browse: Callable[..., str]) -> dict[str, Any]:
    wrapper = folder / "bingkai.html"
    wrapper.write_text(WRAPPER.format(page=page.as_uri(), width=width), encoding="utf-8")
    dom = browse("--window-size=1300,1000", "--virtual-time-budget=5000", "--dump-dom", wrapper.as_uri())
    found = re.search('<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found, "the page did not load"
    return dict(json.loads(html.unescape(found[1])))


@pytest.mark.parametrize(("width", "columns", "natural"), [(PHONE, 1, 350), (DESK, 4, 640)])
def test_nothing_is_wider_than_the_window(
    page: Path, tmp_path: Path, browse: Callable[..., str], width: int, columns: int, natural: int
) -> None:
    seen = measure(page, width, tmp_path, browse)
    assert seen["width"] == width
    assert seen["outside"] == []
    assert seen["scroll"] <= width
    assert seen["left"] == 0
    assert max(seen["boxes"]) <= width  # wide tables scroll inside their own box
    assert seen["columns"] == columns  # panels stack on a phone
    assert len(seen["images"]) == 7
    for complete, size, shown in seen["images"]:
        assert complete
        assert size == natural  # the drawing made for this width
        assert natural * 0.9 < shown <= natural + 1
    assert seen["smallest"] >= 12


def addresses(page: Path, folder: Path, browse: Callable[..., str]) -> set[str]:
    """Return every address on a network that the page asked for; no name resolves, so none is reached.

    What the browser asks for by itself (its clock, its updates) has no origin.
    """
    log = folder / "jaringan.json"
    browse(f"--log-net-log={log}", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.as_uri())
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if {"url", "initiator"} <= set(event.get("params", {}))]
    own = {str(request["url"]) for request in asked if request["initiator"] != "not an origin"}
    return {url for url in own if re.match("(https?|wss?|ftp):", url)}


def test_opening_a_page_calls_nobody(page: Path, tmp_path: Path, browse: Callable[..., str]) -> None:
    assert addresses(page, tmp_path, browse) == set()
    caller = tmp_path / "pemanggil.html"
    caller.write_text('<img src="http://gambar.invalid/x.png">', encoding="utf-8")
    assert addresses(caller, tmp_path, browse) == {"http://gambar.invalid/x.png"}  # one that calls is seen


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext on the path")
def test_print_gives_a4_sheets_with_running_head_and_number(
    page: Path, tmp_path: Path, browse: Callable[..., str]
) -> None:
    sheet = tmp_path / "cetak.pdf"
    browse("--no-pdf-header-footer", f"--print-to-pdf={sheet}", page.as_uri())
    text = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.removesuffix("\f").split("\f")
    assert 4 <= len(pages) <= 18
    for number, lines in enumerate((sheet.split("\n") for sheet in pages), start=1):
        words = [line.strip() for line in lines if line.strip()]
        head = [re.split(r" {3,}", line) for line in words[:2]]
        assert head == [
            ["Badan Kepegawaian dan Pengembangan Sumber Daya Manusia,", "Laporan Pembinaan Kinerja,"],
            ["Kabupaten Tirta Kencana", "Semester I 2025"],
        ]
        assert words[-1].replace(" ", "") == f"{number}/{len(pages)}"
        assert len(words) > 3  # no empty sheet
    box = re.search(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", sheet.read_bytes())
    assert box
    assert [round(float(side)) for side in box.groups()] in ([595, 842], [596, 842], [595, 841])
