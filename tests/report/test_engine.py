from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import CallError, RunError
from kinerja_lib.language import current_language
from kinerja_lib.report import engine, pool, writers
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.template import Template

CELL = 'data: str = "data/contoh"  # data\nn: int = 1  # n\nlang: str = "id"  # bahasa\n'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def english(put_catalogue: Callable[[str], None]) -> None:
    """A catalogue that knows one Markdown cell and one word of the page."""
    text = 'msgid "# Judul"\nmsgstr "# Title"\n\nmsgid "Daftar isi"\nmsgstr "Contents"\n'
    put_catalogue(text)


@pytest.mark.usefixtures("english")
def test_page_and_notebook_appear_whole_in_the_language_asked_for(
    tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = make_notebook(tmp_path / "a{b}.ipynb", CELL, "print(data, n, lang)")
    before = source.read_bytes()
    out = tmp_path / "hasil {x}"

    run = run_notebook(source, out, {"n": 3, "data": "relatif"}, lang="en", footer=("Sumber <x>",))
    page = run.page.read_bytes()
    again = run_notebook(source, out, {"n": 3, "data": "relatif"}, lang="en", footer=("Sumber <x>",))

    assert (run.name, run.title, again.page.read_bytes()) == ("a{b}", "Title", page)
    assert 'lang="en"' in page.decode()
    assert "Contents" in page.decode()
    assert "Sumber &lt;x&gt;" in page.decode()
    assert names(out) == ["a{b}.html", "a{b}.ipynb"]
    executed = json.loads(run.notebook.read_text(encoding="utf-8"))
    printed = [output["text"] for cell in executed["cells"] for output in cell.get("outputs", [])]
    assert "".join(printed[0]) == f"{tmp_path / 'relatif'} 3 en\n"
    assert executed["metadata"]["papermill"]["output_path"] == "a{b}.ipynb"
    assert source.read_bytes() == before
    assert current_language() == "id"


STOPS = {
    "our own error": (
        "from kinerja_lib.errors import DataError\nraise DataError('unit kosong.\\nIsi dahulu.')",
        "buku, sel [3]: unit kosong. Isi dahulu.",
    ),
    "sys.exit": (
        "import sys; sys.exit(0)",
        "buku, sel [3]: notebook berhenti di sini (SystemExit) sebelum sel terakhir.",
    ),
    "dead kernel": (
        "import os; os._exit(1)",
        "buku, sel [3]: kernel berhenti, mungkin karena memori habis (DeadKernelError: Kernel died)",
    ),
}


@pytest.mark.parametrize(("code", "message"), STOPS.values(), ids=STOPS.keys())
def test_a_run_that_stops_leaves_no_page(tmp_path: Path, make_notebook: Any, code: str, message: str) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, code, "sesudah = 1")
    out = tmp_path / "hasil"
    out.mkdir()
    for older in ("buku.html", "buku.ipynb"):
        (out / older).write_text("lama", encoding="utf-8")

    with pytest.raises(RunError, match=f"^{re.escape(message)}$"):
        run_notebook(source, out, {"n": 1})

    assert names(out) == ["buku.gagal.ipynb"]
    assert json.loads((out / "buku.gagal.ipynb").read_text(encoding="utf-8"))["cells"]


def test_a_refused_parameter_starts_nothing(tmp_path: Path, make_notebook: Any) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL)
    with pytest.raises(CallError, match=r"^buku: parameter m tidak dikenal; yang ada: data, n, lang.$"):
        run_notebook(source, tmp_path / "hasil", {"m": 1})
    assert names(tmp_path / "hasil") == []


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"^lang: ditemukan 'fr'; yang diizinkan: id, en.$"):
        run_notebook(tmp_path / "buku.ipynb", tmp_path, {}, lang="fr")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, make_notebook: Any) -> None:
    (tmp_path / "berkas").write_text("", encoding="utf-8")
    source = make_notebook(tmp_path / "buku.ipynb", CELL)
    with pytest.raises(RunError, match=r"^buku: hasil tidak dapat ditulis \("):
        run_notebook(source, tmp_path / "berkas" / "hasil", {})


def test_all_formats_are_written_together_or_none(
    tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(document: Any, name: str, **more: Any) -> bytes:
        if name == "xlsx" and document.title == "Rusak":
            raise RunError("lembar penuh.")
        return f"{name} {document.title} {more['footer']} {more['template']}".encode()

    monkeypatch.setattr(writers, "write_document", write)
    out, formats = tmp_path / "hasil", ("pdf", "docx", "xlsx")
    good = make_notebook(tmp_path / "buku.ipynb", CELL)
    run = run_notebook(good, out, {}, footer=("kaki",), formats=formats, template=Template(("KOP",)))
    assert names(out) == ["buku.docx", "buku.ipynb", "buku.pdf", "buku.xlsx"]
    assert run.page == out / "buku.pdf"
    assert run.page.read_text() == f"pdf Judul ('kaki',) {Template(('KOP',))}"
    assert run.files == {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names(out)}
    bad = make_notebook(tmp_path / "buku.ipynb", CELL, title="# Rusak")
    with pytest.raises(RunError, match=r"^buku, halaman: lembar penuh\.$"):
        run_notebook(bad, out, {}, formats=formats)
    assert names(out) == ["buku.gagal.ipynb"]


def test_the_executed_notebook_has_the_same_bytes_each_time(tmp_path: Path, make_notebook: Any) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, "import kinerja_lib as kl; print(n)")
    runs = [run_notebook(source, tmp_path / "hasil", {"n": 3}, record={"key": "abc"}) for _again in range(2)]
    assert runs[0].files == runs[1].files
    metadata = json.loads(runs[0].notebook.read_text(encoding="utf-8"))["metadata"]
    assert metadata["kinerja"] == {"key": "abc", "outputs": {"buku.html": runs[0].files["buku.html"]}}
    assert metadata["papermill"]["parameters"]["n"] == 3
    assert not {"start_time", "end_time", "duration"} & metadata["papermill"].keys()


def test_a_full_disk_is_told_with_its_cause(
    tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = make_notebook(tmp_path / "buku.ipynb", CELL), tmp_path / "hasil"
    run_notebook(source, out, {})
    before = {name: (out / name).read_bytes() for name in names(out)}

    def refuse(_contents: object) -> None:
        raise OSError(errno.ENOSPC, "penuh", "buku.html")

    monkeypatch.setattr(engine, "write_whole", refuse)
    outcome = pool.make_page(pool.Task(0, source, out, {}, "id", ()))
    assert (outcome.done, outcome.full, outcome.reason) == (False, True, "buku: buku.html tidak dapat ditulis (penuh).")
    assert {name: (out / name).read_bytes() for name in names(out)} == before
