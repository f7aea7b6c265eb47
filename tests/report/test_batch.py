from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.language import current_language
from kinerja_lib.report import batch, pool
from kinerja_lib.report.batch import run_plan, run_reports
from kinerja_lib.report.engine import Run
from kinerja_lib.report.files import folder_names
from kinerja_lib.report.plan import plan_reports

HOSTILE = "../../luar"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Replace the run of a notebook by a written page; the calls are kept."""
    made: list[tuple[str, dict[str, Any]]] = []

    def run(source: Path, folder: Path, parameters: dict[str, Any], **more: Any) -> Run:
        made.append((source.stem, parameters))
        if parameters.get("unit") == "U02":
            raise ZeroDivisionError("nol")
        folder.mkdir(parents=True, exist_ok=True)
        contents = {f"{source.stem}.{suffix}": "\n".join(more["footer"]) for suffix in (*more["formats"], "ipynb")}
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
        page, notebook = folder / f"{source.stem}.html", folder / f"{source.stem}.ipynb"
        hashes = {name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in contents.items()}
        panels = ({"title": "Kinerja", "number": "95,1", "unit": "%"},) if parameters.get("unit") else ()
        return Run(source.stem, f"Judul {source.stem}", page, notebook, 0.1, hashes, panels)

    monkeypatch.setattr(pool, "run_notebook", run)
    return made


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_without_units_quality_and_agency_are_planned(project: Path) -> None:
    plan = plan_reports()
    assert [(page.name, page.folder) for page in plan.pages] == [
        ("01_mutu_data", "instansi"),
        ("03_laporan_instansi", "instansi"),
    ]
    data = str(project / "data" / "contoh")
    assert plan.pages[0].parameters == {"data": data, "period": "2025-S1", "lang": "id"}


def test_all_units_get_a_page_and_those_without_people_are_skipped(project: Path) -> None:
    plan = plan_reports(units="all", notebooks=["02_laporan_unit"], params={"ambang": "0.25"})
    assert [page.unit for page in plan.pages] == ["U01", "U02", HOSTILE]
    assert plan.pages[0].parameters["ambang"] == 0.25
    ((page, reason),) = plan.skipped
    assert (page.unit, page.unit_name) == ("U04", "Bidang Empat")
    assert reason == "Bidang Empat: tidak ada pegawai yang dinilai pada 2025-S1. Pilih periode atau unit lain."


def test_folders_of_other_notebooks_are_theirs(project: Path) -> None:
    plan = plan_reports(notebooks=["nsw", "03_laporan_instansi", "nsw"])
    assert [page.folder for page in plan.pages] == ["studi_kasus", "instansi"]


REFUSED = {
    "period": ({"period": "2019"}, "periode: ditemukan '2019'; yang ada pada data: 2025-S1, 2024-S2."),
    "unit": ({"units": ["U1"]}, "unit: ditemukan 'U1'; "),
    "empty unit": ({"units": [""]}, "unit: ditemukan teks kosong; sebut id unit"),
    "notebook": ({"notebooks": ["01_mutu"]}, "notebook: ditemukan '01_mutu'; yang ada: 01_mutu_data"),
    "no units": (
        {"notebooks": ["02_laporan_unit"]},
        "notebook: 02_laporan_unit dibuat per unit; tambahkan --unit ID atau --all-units.",
    ),
    "units for nothing": (
        {"notebooks": ["01_mutu_data"], "units": ["U01"]},
        "unit: notebook 01_mutu_data tidak dibuat per unit; hapus --unit atau --all-units.",
    ),
    "parameter": (
        {"units": "all", "params": {"ambnag": "1"}},
        (
            "parameter ambnag: tidak ada pada notebook 01_mutu_data, 02_laporan_unit, 03_laporan_instansi; "
            "yang ada: ambang. Maksud Anda ambang?"
        ),
    ),
    "own option": ({"params": {"unit": "U01"}}, "parameter unit: punya pilihan sendiri; pakai --unit."),
    "type": (
        {"units": "all", "params": {"ambang": "banyak"}},
        "02_laporan_unit, parameter ambang: ditemukan 'banyak'; yang diizinkan: bilangan.",
    ),
    "language": ({"lang": "fr"}, "lang: ditemukan 'fr'; yang diizinkan: id, en."),
    "jobs": ({"jobs": 0}, "jobs: ditemukan 0; yang diizinkan: 1 atau lebih."),
    "format": ({"formats": "html,odt"}, "--format: ditemukan 'odt'; yang diizinkan: html, pdf, docx, xlsx."),
    "no format": ({"formats": ","}, "--format: sebut sedikitnya satu dari html, pdf, docx, xlsx."),
}


@pytest.mark.parametrize(("wrong", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_call_is_refused_before_anything_is_written(
    project: Path, calls: list[Any], wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(CallError, match=f"^{re.escape(message)}"):
        run_reports(out=project / "hasil", **wrong)
    assert not (project / "hasil").exists()
    assert calls == []


def test_a_unit_asked_for_by_name_is_never_skipped(project: Path, calls: list[Any]) -> None:
    with pytest.raises(DataError, match=r"^Bidang Empat: tidak ada pegawai yang dinilai pada 2025-S1"):
        run_reports(units=["U01", "U04"], out=project / "hasil")
    assert not (project / "hasil").exists()


def test_one_failing_page_stops_no_other_and_the_books_tell(project: Path, calls: list[Any]) -> None:
    result = run_reports(units="all", out=project / "hasil", jobs=1)
    folder = project / "hasil"
    third = f"unit/{folder_names([HOSTILE])[HOSTILE]}/02_laporan_unit"
    made = {"instansi/01_mutu_data", "unit/U01/02_laporan_unit", third, "instansi/03_laporan_instansi"}
    assert files_in(folder) == {"index.html", "manifest.json"} | {f"{m}{s}" for m in made for s in (".html", ".ipynb")}
    assert [(r.page.unit, r.status) for r in result.results] == [
        ("", "done"),
        ("", "done"),
        ("U01", "done"),
        ("U02", "failed"),
        (HOSTILE, "done"),
        ("U04", "skipped"),
    ]
    assert result.of("failed")[0].reason == "02_laporan_unit, ZeroDivisionError: nol"
    books = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (books["program"], books["period"], books["lang"]) == ("kinerja_lib", "2025-S1", "id")
    assert books["data"]["title"] == "Contoh kecil"
    assert books["data"]["place"] == "data/contoh"
    assert books["relative"] == "../data/contoh"
    assert set(books["data"]["files"]) == {"unit.csv", "pegawai.csv", "penilaian.csv", "keterangan.csv"}
    assert books["versions"]["python"]
    assert books["finished"] is not None
    assert [page["status"] for page in books["pages"]] == [r.status for r in result.results]
    third_page = books["pages"][2]
    assert third_page.pop("files").keys() == {f"unit/U01/02_laporan_unit.{suffix}" for suffix in ("html", "ipynb")}
    assert re.fullmatch(r"[0-9a-f]{64}", third_page.pop("key"))
    assert third_page == {
        "page": "unit/U01/02_laporan_unit",
        "notebook": "02_laporan_unit",
        "title": "Judul 02_laporan_unit",
        "unit": "U01",
        "unit_name": "Bidang Satu",
        "status": "done",
        "reason": "",
        "executed": "unit/U01/02_laporan_unit.ipynb",
        "panels": [{"title": "Kinerja", "number": "95,1", "unit": "%"}],
    }
    assert books["seconds"]["unit/U01/02_laporan_unit"] == 0.1
    assert 'href="unit/U01/02_laporan_unit.html"' in result.index.read_text(encoding="utf-8")
    assert (folder / "instansi" / "01_mutu_data.html").read_text(encoding="utf-8").startswith("Sumber: e-Kinerja\n")


def test_ids_in_the_data_never_lead_out_of_the_folder(project: Path, calls: list[Any]) -> None:
    before = files_in(project.parent)
    run_reports(units=[HOSTILE], out=project / "hasil", jobs=1)
    assert all(name.startswith("proyek/hasil/") for name in files_in(project.parent) - before)


def test_runs_get_folders_that_never_collide(project: Path, calls: list[Any]) -> None:
    runs = [run_reports(jobs=1, force=True) for _again in range(3)]
    assert len({run.folder for run in runs}) == 3
    for run in runs:
        assert run.folder.parent == project / "reports" / "runs"
        assert run.folder.name == run.run_id
        assert re.fullmatch(r"\d{8}-\d{6}-2025-S1(-\d+)?", run.run_id)


def test_a_folder_of_ours_is_used_again_without_its_older_pages(project: Path, calls: list[Any]) -> None:
    out = project / "hasil"
    run_reports(units=["U01"], out=out, jobs=1)
    (out / "catatan.txt").write_text("punya saya", encoding="utf-8")
    run_reports(out=out, jobs=1)
    made = {"instansi/01_mutu_data", "instansi/03_laporan_instansi"}
    pages = {f"{m}{s}" for m in made for s in (".html", ".ipynb")}
    assert files_in(out) == {"index.html", "manifest.json", "catatan.txt"} | pages


def test_a_manifest_cannot_send_us_to_files_elsewhere(project: Path, calls: list[Any]) -> None:
    out, outside = project / "hasil", project / "luar.html"
    out.mkdir()
    outside.write_text("", encoding="utf-8")
    page = dict.fromkeys(("notebook", "title", "unit", "unit_name", "reason", "key"), "")
    page |= {"page": "x", "status": "done", "files": {"../luar.html": ""}, "executed": str(outside), "panels": []}
    books = {"program": "kinerja_lib", "pages": [page, {}, 3]}
    (out / "manifest.json").write_text(json.dumps(books), encoding="utf-8")
    run_reports(out=out, jobs=1)
    assert outside.exists()


@pytest.mark.parametrize("content", [None, "{}", "[]", "bukan json", '{"program": "lain"}'])
def test_a_folder_of_something_else_is_refused(project: Path, calls: list[Any], content: str | None) -> None:
    out = project / "hasil"
    out.mkdir()
    (out / "skripsi.docx").touch()
    if content is not None:
        (out / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(
        CallError, match=r"^out: folder .*hasil berisi berkas lain \(.*skripsi.docx\); pilih folder baru"
    ):
        run_reports(out=out, jobs=1)
    assert calls == []


def test_a_file_is_no_folder(project: Path, calls: list[Any]) -> None:
    (project / "hasil").touch()
    with pytest.raises(CallError, match=r"^out: .*hasil adalah berkas; sebut sebuah folder.$"):
        run_reports(out=project / "hasil", jobs=1)
    with pytest.raises(CallError, match=r"^out: folder .* tidak dapat dipakai \("):
        run_reports(out=project / "hasil" / "dalam", jobs=1)


def test_a_stopped_run_leaves_only_whole_files(
    project: Path, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, run = project / "hasil", pool.run_notebook

    def stop_at_unit(source: Path, folder: Path, parameters: dict[str, Any], **more: Any) -> Run:
        if parameters.get("unit"):
            folder.mkdir(parents=True)
            (folder / ".02_laporan_unit.abc.part.ipynb").touch()
            raise KeyboardInterrupt
        return run(source, folder, parameters, **more)

    monkeypatch.setattr(pool, "run_notebook", stop_at_unit)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        run_reports(units=["U01"], out=out, jobs=1)
    shared = {"instansi/01_mutu_data", "instansi/03_laporan_instansi"}
    pages = {f"{made}{suffix}" for made in shared for suffix in (".html", ".ipynb")}
    assert files_in(out) == {"index.html", "manifest.json"} | pages
    books = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [page["status"] for page in books["pages"]] == ["done", "done", "pending"]
    assert books["finished"] is None
    assert current_language() == "id"


def test_progress_goes_to_standard_error(project: Path, calls: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    run_plan(plan_reports(), jobs=1, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2" in shown.err
    assert "halaman" in shown.err


def test_two_workers_make_real_pages(project: Path) -> None:
    result = run_reports(units=["U01", "U02"], notebooks=["02_laporan_unit"], out=project / "hasil", jobs=2)
    assert {(r.page.unit, r.status) for r in result.results} == {("U01", "done"), ("U02", "failed")}
    assert result.of("failed")[0].reason == "02_laporan_unit, sel [3]: AssertionError: unit buruk"
    assert result.of("done")[0].title == "Unit"
    assert files_in(project / "hasil") == {
        "index.html",
        "manifest.json",
        "unit/U01/02_laporan_unit.html",
        "unit/U01/02_laporan_unit.ipynb",
        "unit/U02/02_laporan_unit.gagal.ipynb",
    }


def test_a_worker_that_dies_takes_only_its_page_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_work", eval)
    tasks: Any = ["__import__('os')._exit(3)", "__import__('time').sleep(1)", "'selesai'"]

    def outcomes() -> Iterator[tuple[Any, Any]]:
        yield from pool.run_tasks(tasks, jobs=2)

    found = dict(outcomes())
    assert set(found) == set(tasks)
    assert found["'selesai'"] == "selesai"
    assert found[tasks[0]].reason.startswith("proses yang mengerjakannya berhenti mendadak")
    assert not found[tasks[0]].done


def test_as_many_jobs_as_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pool.count_cores() >= 1
    monkeypatch.setattr(batch, "count_cores", lambda: 7)
    assert batch._require_jobs(None) == 7
    assert batch._require_jobs(3) == 3
