"""A report proves itself: nothing differs in an untouched run, and every change of input, version or file is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.report import keys, provenance
from kinerja_lib.report.batch import run_reports
from kinerja_lib.report.verify import verify_report
from kinerja_lib.terminal import verification_lines

VALUES = """data: str = "data/contoh"  # folder data
period: str = ""  # periode
unit: str = ""  # unit
lang: str = "id"  # bahasa
"""
TELL = """from kinerja_lib.read import read_dataset
from kinerja_lib.show.blocks import Paragraph, compose
from kinerja_lib.show.numbers import count

rows = read_dataset(data)["penilaian"]
good = rows[(rows["unit_id"] == unit) & (rows["predikat"] == "Baik")]
Paragraph(compose("Yang dinilai Baik: {n} orang.", n=count(len(good))))"""


@pytest.fixture
def run(project: Path, make_notebook: Callable[..., Path], tmp_path: Path) -> Path:
    """Return the folder of a run over two units."""
    make_notebook(project / "notebooks" / "02_laporan_unit.ipynb", VALUES, TELL, title="# Unit")
    run_reports(
        project / "data" / "contoh",
        period="2025-S1",
        units=["U01", "U02"],
        notebooks=["02_laporan_unit"],
        out=tmp_path / "run",
        jobs=1,
    )
    return tmp_path / "run"


@pytest.fixture
def page(run: Path) -> Path:
    return run / "unit" / "U01" / "02_laporan_unit.html"


def change_cell(project: Path) -> None:
    file = project / "data" / "contoh" / "penilaian.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("p1,2025-S1,U01,Baik", "p1,2025-S1,U01,Kurang"), encoding="utf-8")


def test_nothing_differs_in_an_untouched_run(run: Path, page: Path) -> None:
    whole = verify_report(run, jobs=1)
    assert whole.same
    assert [check.name for check in whole.pages] == ["unit/U01/02_laporan_unit", "unit/U02/02_laporan_unit"]
    assert verification_lines(whole)[0].startswith("Tidak ada yang berbeda: 2 halaman disusun ulang dari ")
    for file in (page, page.with_suffix(".ipynb")):
        assert verify_report(file, jobs=1).same


def test_one_changed_cell_of_an_input_is_found_with_the_sentences_it_changes(
    project: Path, run: Path, page: Path
) -> None:
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    change_cell(project)
    for report in (run, page, page.with_suffix(".ipynb")):
        found = verify_report(report, jobs=1)
        assert not found.same
        assert found.inputs == ("penilaian.csv: isi berubah", "tabel penilaian: kolom predikat berubah")
        assert found.versions == ()
        own = next(check for check in found.pages if "U02" not in check.name)
        assert [(change.old, change.new) for change in own.changes] == [
            ("Yang dinilai Baik: 2 orang.", "Yang dinilai Baik: 1 orang.")
        ]
    assert {file: file.read_bytes() for file in before} == before
    lines = verification_lines(verify_report(run, jobs=1))
    assert lines[:2] == ["Masukan: penilaian.csv: isi berubah", "Masukan: tabel penilaian: kolom predikat berubah"]
    assert lines[2] == "unit/U01/02_laporan_unit: 1 isi berbeda"
    assert lines[3].endswith('"Yang dinilai Baik: 2 orang." -> "Yang dinilai Baik: 1 orang."')
    assert lines[4:] == ["Halaman yang sama: 1 dari 2."]


def test_a_page_that_was_sent_away_finds_its_data_where_it_is_told(
    project: Path, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    alone = tmp_path / "surat" / "laporan.html"
    alone.parent.mkdir()
    shutil.copy(page, alone)
    moved = (project / "data" / "contoh").rename(tmp_path / "pindah")
    lost = verify_report(alone)
    assert (lost.same, lost.place) == (False, "")
    assert verification_lines(lost)[0].startswith("Datanya tidak ada lagi, jadi laporan tidak dapat disusun ulang.")
    assert verify_report(alone, data=moved, jobs=1).same


def test_one_changed_version_is_found(run: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = keys.read_versions()
    monkeypatch.setattr(keys, "read_versions", lambda: now | {"pandas": "9.9.9"})
    for report in (run, page):
        found = verify_report(report, jobs=1)
        assert not found.same
        assert found.inputs == ()
        assert found.versions == (f"pandas: {now['pandas']}, sekarang 9.9.9",)


def test_a_changed_notebook_and_library_are_found(run: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project / "notebooks" / "02_laporan_unit.ipynb"
    book = nbformat.read(file, as_version=4)
    book.cells[-1]["source"] += "\n\nKalimat baru."
    nbformat.write(book, file)
    monkeypatch.setattr(keys, "_hash_folder", lambda _folder: "beda")
    found = verify_report(run, jobs=1)
    assert found.versions == ("kinerja_lib 0.1.0: kode program berbeda", "notebook 02_laporan_unit: isi berubah")
    assert [change.new for change in found.pages[0].changes] == ["Kalimat baru."]


def test_a_file_that_was_edited_after_it_was_made_is_found(run: Path, page: Path) -> None:
    page.write_bytes(page.read_bytes().replace(b"Baik: 2", b"Baik: 9"))
    alone = verify_report(page, jobs=1)
    assert [(check.changes, check.altered) for check in alone.pages] == [((), ("html",))]
    whole = verify_report(run, jobs=1)
    assert [check.altered for check in whole.pages] == [("02_laporan_unit.html",), ()]
    text = "unit/U01/02_laporan_unit: berkas diubah atau hilang setelah disusun: 02_laporan_unit.html"
    assert text in verification_lines(whole)


def test_data_that_no_longer_hold_are_a_reason_not_an_error(project: Path, run: Path) -> None:
    file = project / "data" / "contoh" / "penilaian.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Baik", "Bagus"), encoding="utf-8")
    found = verify_report(run, jobs=1)
    assert not found.same
    assert all("predikat" in check.reason for check in found.pages)


def test_the_result_is_plain_json(project: Path, page: Path) -> None:
    change_cell(project)
    found = json.loads(json.dumps(verify_report(page, jobs=1).to_json()))
    assert found["same"] is False
    assert found["pages"][0]["changes"][0]["new"] == "Yang dinilai Baik: 1 orang."


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("lain.html", b"<html></html>", "lain.html: tidak memuat asal-usul"),
        ("lain.ipynb", b"{}", "lain.ipynb: tidak memuat asal-usul"),
        ("tiada.pdf", None, "tiada.pdf: tidak dapat dibaca"),
    ],
)
def test_what_is_no_report_of_ours_is_refused(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CallError, match=told):
        verify_report(tmp_path / name)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="bukan folder laporan"):
        verify_report(tmp_path)


def test_no_path_of_this_machine_is_in_a_page(page: Path, project: Path) -> None:
    from kinerja_lib.report.record import find_record

    record = find_record(page.read_bytes())
    assert record is not None
    assert record["data"]["place"] == "data/contoh"
    assert str(project) not in json.dumps(record)
    assert provenance.name_place(str(project / "data" / "contoh")) == "data/contoh"
