"""What a run passes over, what it makes again, and where it goes on after it was stopped."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import CallError, RunError
from kinerja_lib.report import books, keys, pool
from kinerja_lib.report.batch import run_reports
from kinerja_lib.report.engine import Run
from kinerja_lib.report.files import write_whole
from kinerja_lib.report.keys import build_key, read_basis
from kinerja_lib.report.lock import LOCK, hold_folder
from kinerja_lib.report.plan import plan_reports
from kinerja_lib.report.results import BatchResult

UNITS = ["U01", "U02"]
PAGES = ["01_mutu_data", "03_laporan_instansi", "U01", "U02"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the run of a notebook by written files; the pages made are listed."""
    names: list[str] = []

    def run(source: Path, folder: Path, parameters: dict[str, Any], **more: Any) -> Run:
        unit = parameters.get("unit", "")
        names.append(unit or source.stem)
        contents = {
            folder / f"{source.stem}.{suffix}": f"{suffix} {more['record']['key']}".encode()
            for suffix in (*more["formats"], "ipynb")
        }
        try:
            write_whole(contents)
        except OSError as error:
            raise RunError(f"{source.stem}: {error.strerror}") from error
        hashes = {path.name: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
        page, *_more, notebook = contents
        panels = ({"title": "Kinerja", "number": "95,1", "unit": "%"},) if unit else ()
        return Run(source.stem, source.stem, page, notebook, 0.1, hashes, panels)

    monkeypatch.setattr(pool, "run_notebook", run)
    return names


Report = Callable[..., BatchResult]


@pytest.fixture
def report(project: Path) -> Report:
    def run(**more: Any) -> BatchResult:
        return run_reports(**{"units": UNITS, "out": project / "hasil", "jobs": 1, **more})

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_makes_nothing_and_writes_nothing(report: Report, made: list[str], project: Path) -> None:
    first = report()
    assert (made, first.kept) == (PAGES, 0)
    before = contents(project / "hasil")
    second = report()
    assert made == PAGES
    assert (second.kept, len(second.of("done")), second.run_id) == (4, 4, first.run_id)
    assert contents(project / "hasil") == before
    (project / "hasil" / "index.html").unlink()
    report()
    assert contents(project / "hasil") == before


def test_force_makes_all_again(report: Report, made: list[str]) -> None:
    report()
    assert report(force=True).kept == 0
    assert made == PAGES * 2


Change = Callable[[Path, pytest.MonkeyPatch], object]


def write_input(name: str, text: str) -> Change:
    return lambda project, _patch: (project / "data" / "contoh" / name).write_text(text, encoding="utf-8")


CHANGES: dict[str, Change] = {
    "a cell of the data": write_input("pegawai.csv", "pegawai_id,unit_id\np1,U01\np2,U02\np3,../../luar\np4,U02\n"),
    "a word of the office": write_input("keterangan.csv", "kunci,isi\njudul,Lain\n"),
    "what an import left": write_input("impor.json", "{}"),
    "the library": lambda _project, patch: patch.setattr(keys, "_hash_folder", lambda _folder: "lain"),
    "a package": lambda _project, patch: patch.setattr(keys, "version", lambda _package: "99"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_every_page_hangs_on_makes_all_again(
    report: Report,
    made: list[str],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
) -> None:
    report()
    change(project, monkeypatch)
    assert report().kept == 0
    assert made == PAGES * 2


def test_a_changed_notebook_makes_its_own_pages_again(report: Report, made: list[str], project: Path) -> None:
    report()
    book = project / "notebooks" / "01_mutu_data.ipynb"
    book.write_text(book.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert report().kept == 3
    assert made == [*PAGES, "01_mutu_data"]


def test_parameters_formats_language_and_template_count(
    report: Report, made: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    assert report(params={"ambang": 0.25}).kept == 2  # only the unit report takes it
    assert report(params={"ambang": 0.25}, formats="html,pdf").kept == 0
    folder = project / "kop"
    folder.mkdir()
    (folder / "kop.txt").write_text("KANTOR", encoding="utf-8")
    assert report(params={"ambang": 0.25}, formats="html,pdf", template=folder).kept == 0
    assert report(params={"ambang": 0.25}, formats="html,pdf", template=folder).kept == 4
    assert report(params={"ambang": 0.25}, formats="html,pdf", template=folder, lang="en").kept == 0


def test_a_file_that_a_parameter_names_counts(report: Report, made: list[str], project: Path) -> None:
    book = project / "notebooks" / "01_mutu_data.ipynb"
    add_parameter = book.read_text(encoding="utf-8").replace(
        "# bahasa\\n", '# bahasa\\nplan: str = \\"\\"  # rencana\\n'
    )
    book.write_text(add_parameter, encoding="utf-8")
    plan = project / "rencana.toml"
    plan.write_text("a", encoding="utf-8")
    report(params={"plan": str(plan)})
    plan.write_text("b", encoding="utf-8")
    assert report(params={"plan": str(plan)}).kept == 3
    assert made == [*PAGES, "01_mutu_data"]


def test_data_that_reach_beyond_today_count_the_day(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        plan = plan_reports()
        return build_key(plan, plan.pages[0], read_basis(plan))

    def let_it_be(day: str) -> None:
        import pandas as pd

        monkeypatch.setattr(keys, "data_day", lambda _data: (pd.Timestamp(day), False))

    keys_by_day = []
    for day in ("2026-01-01", "2026-01-02", "2025-01-01"):  # the last appraisals begin on 1 January 2025
        let_it_be(day)
        keys_by_day.append(key())
    assert keys_by_day[0] == keys_by_day[1] != keys_by_day[2]


def test_the_place_of_the_data_does_not_count(report: Report, made: list[str], project: Path) -> None:
    report()
    (project / "data" / "contoh").rename(project / "data" / "lain")
    assert report(data_path=project / "data" / "lain").kept == 4


@pytest.mark.parametrize("harm", [lambda file: file.unlink(), lambda file: file.write_text("x", encoding="utf-8")])
def test_a_damaged_page_is_made_again(
    report: Report, made: list[str], project: Path, harm: Callable[[Path], object]
) -> None:
    report(formats="html,xlsx")
    before = contents(project / "hasil")
    harm(project / "hasil" / "unit" / "U01" / "02_laporan_unit.xlsx")
    assert report(formats="html,xlsx").kept == 3
    after = contents(project / "hasil")
    for name in ("manifest.json", "index.html"):  # the clock
        assert before.pop(name) != after.pop(name)
    assert after == before


def test_pages_and_formats_that_are_not_asked_for_go(report: Report, made: list[str], project: Path) -> None:
    report(formats="html,pdf")
    out = project / "hasil"
    (out / "unit" / "U02" / "catatan.txt").write_text("punya saya", encoding="utf-8")
    report(formats="html", units=["U01"])
    unit = {"unit/U01/02_laporan_unit.html", "unit/U01/02_laporan_unit.ipynb"}
    assert {name for name in contents(out) if name.startswith("unit/")} == {*unit, "unit/U02/catatan.txt"}
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["removed"]
    assert [page["page"] for page in told] == ["unit/U02/02_laporan_unit"]
    assert "Bidang Dua" in (out / "index.html").read_text(encoding="utf-8").partition("Dihapus")[2]


def test_a_page_that_fails_takes_the_older_one_along(
    report: Report, made: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report()

    def fail(*_arguments: object, **_more: object) -> Run:
        raise ZeroDivisionError("nol")

    monkeypatch.setattr(pool, "run_notebook", fail)
    assert len(report(force=True).of("failed")) == 4
    assert set(contents(project / "hasil")) == {"index.html", "manifest.json"}


def test_what_failed_is_tried_again(report: Report, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run = pool.run_notebook

    def fail_once(source: Path, folder: Path, parameters: dict[str, Any], **more: Any) -> Run:
        if parameters.get("unit") == "U01" and made.count("U01") == 0:
            made.append("U01")
            raise RunError("sel [3]: nol")
        return run(source, folder, parameters, **more)

    monkeypatch.setattr(pool, "run_notebook", fail_once)
    first = report()
    assert [result.page.unit for result in first.of("failed")] == ["U01"]
    second = report()
    assert (second.kept, len(second.of("done"))) == (3, 4)
    history = json.loads((second.folder / "manifest.json").read_text(encoding="utf-8"))["history"]
    assert [(run["run"], run["done"], run["failed"]) for run in history] == [(first.run_id, 3, 1)]
    assert "dahulu gagal, kini selesai" in second.index.read_text(encoding="utf-8")


def test_a_full_disk_stops_the_run_and_leaves_what_was_there(
    report: Report, made: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report()
    before = contents(project / "hasil")
    fsync = os.fsync

    def refuse(handle: int) -> None:
        if len(made) > 5 and made[-1] == "03_laporan_instansi":
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(
        RunError, match=r"^Penyusunan berhenti: .*No space left on device.*jalankan lagi perintah yang sama"
    ):
        report(force=True)
    assert made == [*PAGES, "01_mutu_data", "03_laporan_instansi"]  # no page was tried after it
    monkeypatch.setattr(os, "fsync", fsync)
    after = contents(project / "hasil")
    pages = {name for name in before if "/" in name}
    assert {name: after[name] for name in pages} == {name: before[name] for name in pages}
    result = report()
    assert result.kept == 1  # the page that was whole before the disk was full
    assert len(result.of("done")) == 4


def test_data_that_change_meanwhile_are_told_and_made_again(
    report: Report, made: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pool.run_notebook

    def change(*arguments: Any, **more: Any) -> Run:
        (project / "data" / "contoh" / "impor.json").write_text("{}", encoding="utf-8")
        return run(*arguments, **more)

    monkeypatch.setattr(pool, "run_notebook", change)
    assert report().stale
    assert "Data atau program berubah" in (project / "hasil" / "index.html").read_text(encoding="utf-8")
    again = report()
    assert (again.kept, again.stale) == (0, False)
    assert report().kept == 4


def test_the_same_call_goes_on_in_its_own_folder(project: Path, made: list[str]) -> None:
    first = run_reports(units=UNITS, jobs=1)
    assert run_reports(units=UNITS, jobs=1).folder == first.folder
    assert run_reports(units=["U01"], jobs=1).folder != first.folder
    assert run_reports(units=UNITS, jobs=1, force=True).folder != first.folder


def test_new_data_get_a_new_folder_that_tells_what_changed(project: Path, made: list[str]) -> None:
    first = run_reports(units=UNITS, jobs=1)
    (project / "data" / "contoh" / "impor.json").write_text("{}", encoding="utf-8")
    second = run_reports(units=[*UNITS, "../../luar"], jobs=1)
    assert first.folder != second.folder
    assert (first.folder / "unit" / "U01" / "02_laporan_unit.html").exists()
    page = second.index.read_text(encoding="utf-8")
    assert "1 dari 5 halaman berubah sejak penyusunan" in page
    assert "halaman baru" in page
    manifest = json.loads((second.folder / "manifest.json").read_text(encoding="utf-8"))
    assert [run["run"] for run in manifest["history"]] == [first.run_id]


def test_another_period_or_data_set_is_not_compared(project: Path, made: list[str]) -> None:
    run_reports(units=["U01"], jobs=1)
    for more in ({"period": "2024-S2"}, {"lang": "en"}):
        result = run_reports(units=["U01"], jobs=1, **more)  # type: ignore[arg-type]
        manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
        assert (manifest["before"], manifest["history"]) == (None, [])


# Locks


def test_two_runs_do_not_write_one_folder(report: Report, made: list[str], project: Path) -> None:
    out = project / "hasil"
    out.mkdir()
    with (
        hold_folder(out),
        pytest.raises(CallError, match=rf"^out: folder .*hasil sedang ditulis .*\(proses {os.getpid()} di "),
    ):
        report()
    assert made == []
    report()
    assert not (out / LOCK).exists()


def test_the_lock_of_a_dead_process_holds_nothing(report: Report, made: list[str], project: Path) -> None:
    out = project / "hasil"
    out.mkdir()
    code = f"""if True:
        import os, signal
        from pathlib import Path
        from kinerja_lib.report.lock import hold_folder
        with hold_folder(Path({str(out)!r})):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert (out / LOCK).is_file()
    assert len(report().of("done")) == 4


def test_a_lock_that_its_holder_removes_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    with hold_folder(tmp_path):
        (tmp_path / LOCK).unlink()
        with hold_folder(tmp_path):
            assert (tmp_path / LOCK).is_file()


# Books


def test_a_line_of_the_journal_that_was_cut_is_passed_over(report: Report, made: list[str], project: Path) -> None:
    out = project / "hasil"
    report()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    pages = {page["page"]: page for page in manifest["pages"]}
    manifest["pages"] = [page | {"status": "pending", "files": {}} for page in pages.values()]
    manifest["finished"] = None
    books.write_manifest(out, manifest)
    first, second = list(pages.values())[:2]
    books.add_to_journal(out, run=manifest["run"], page=first, seconds=0.1)
    with (out / books.JOURNAL).open("ab") as stream:
        stream.write(json.dumps({"run": manifest["run"], "page": second}).encode()[:60])
    books.add_to_journal(out, run="lain", page=second, seconds=0.1)
    read = books.read_books(out)
    assert read is not None
    assert [page["status"] for page in read["pages"]] == ["done", "pending", "pending", "pending"]
    assert report().kept == 1
    assert not (out / books.JOURNAL).exists()


def test_a_folder_that_was_left_before_its_first_manifest_is_ours(
    report: Report, made: list[str], project: Path
) -> None:
    out = project / "hasil"
    out.mkdir()
    for name in (LOCK, ".manifest.0123456789ab.part.json"):
        (out / name).touch()
    assert len(report().of("done")) == 4
    assert not list(out.glob(".*"))


def test_provenance_is_in_books_and_notebooks(project: Path) -> None:
    result = run_reports(units=["U01"], notebooks=["02_laporan_unit"], out=project / "hasil", jobs=1)
    (page,) = result.of("done")
    notebook = json.loads((result.folder / page.page.folder / "02_laporan_unit.ipynb").read_text(encoding="utf-8"))
    record = notebook["metadata"]["kinerja"]
    manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
    assert record["key"] == page.key == manifest["pages"][0]["key"]
    for name in ("data", "period", "lang", "formats", "template", "library", "versions", "rules"):
        assert record[name] == manifest[name]
    assert record["parameters"] == {"period": "2025-S1", "lang": "id", "unit": "U01"}
    assert record["notebook"]["sha256"] == manifest["notebooks"]["02_laporan_unit"]
    html = (result.folder / page.page.folder / "02_laporan_unit.html").read_bytes()
    assert record["outputs"] == {"02_laporan_unit.html": hashlib.sha256(html).hexdigest()}
    assert f"kunci isi {page.key[:12]}" in html.decode("utf-8")
    assert set(record["rules"]) >= {"predikat.csv", "bup.csv"}


# Killed


DRIVER = """if True:
    import sys
    from pathlib import Path
    from kinerja_lib.report import files
    files.PROJECT = Path(sys.argv[1])
    from kinerja_lib.report.batch import run_reports
    run_reports(units=["U01", "U04", "../../luar"], notebooks=["02_laporan_unit"], out=sys.argv[2],
                jobs=int(sys.argv[3]))
"""


def stable(folder: Path) -> dict[str, bytes]:
    """Return what has to be equal: all but the clock of manifest and index."""
    found = contents(folder)
    manifest = json.loads(found.pop("manifest.json"))
    del found["index.html"]
    for name in ("run", "started", "finished", "seconds", "history", "relative"):
        del manifest[name]
    return found | {"manifest.json": json.dumps(manifest).encode()}


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are of POSIX")
def test_a_run_killed_at_any_moment_ends_like_an_unbroken_one(project: Path) -> None:
    data = project / "data" / "contoh" / "penilaian.csv"
    data.write_text(data.read_text(encoding="utf-8") + "p4,2025-S1,U04,Baik\n", encoding="utf-8")

    def start(out: str, jobs: int = 2) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", DRIVER, str(project), str(project / out), str(jobs)]
        return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    began = time.monotonic()
    assert start("utuh", jobs=1).wait(timeout=120) == 0
    whole = time.monotonic() - began
    moments, ends = random.Random(7), []
    for share in (0.3, 0.6, 0.8):
        killed = start("patah")
        time.sleep(whole * share * moments.uniform(0.8, 1.2))
        os.killpg(killed.pid, signal.SIGKILL)
        ends.append(killed.wait(timeout=30))
    assert -signal.SIGKILL in ends
    assert start("patah").wait(timeout=120) == 0
    assert stable(project / "patah") == stable(project / "utuh")
    assert len(list((project / "patah").rglob("*.html"))) == 4
