"""Reports of units: ``python benchmarks/batch.py [PAGES ROUNDS]``, and ``python benchmarks/batch.py soak [PAGES]``.

Three ways to the same pages of the sample agency, one after the other in each round, each a fresh process: plain
papermill and nbconvert in sequence, ours with two workers, and the bare code of the notebook in one warm process. CPU
and wall a page as ratios, how our time divides, and the memory of a worker: its own, its warm parent's and its
kernel's, shared pages counted once. ``soak`` runs so many pages through one worker and shows what has grown.
"""

from __future__ import annotations

import ast
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from kinerja_lib.report.batch import run_plan
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.files import find_notebook, sample_data
from kinerja_lib.report.kernels.client import close_parent, use_parent
from kinerja_lib.report.parameters import load_papermill
from kinerja_lib.report.plan import plan_reports

BOOK = "02_laporan_unit"
JOBS = 2
FASTER, AIM_FASTER = 5.0, 10.0  # than plain papermill and nbconvert
SLOWER, AIM_SLOWER = 2.5, 1.5  # than the bare code divided by the cores
MEMORY = 450  # MB a worker
LOOK = 0.2  # seconds between looks at memory
DRAWS = re.compile(r"\bkl\.(plot_|show_panels)")


def choose_units(pages: int) -> list[str]:
    """Return so many units of the sample agency, from the start again where there are fewer."""
    found = [page.unit for page in plan_reports(units="all", notebooks=[BOOK]).pages]
    return list(islice(cycle(found), pages))


# -- the three ways ----------------------------------------------------------------------------------------------------


def run_plain(units: list[str], out: Path) -> dict[str, float]:
    """Run papermill, then nbconvert, for each unit in turn."""
    papermill = load_papermill()
    from nbconvert import HTMLExporter

    start = time.perf_counter()
    for number, unit in enumerate(units):
        executed = out / f"{number}.ipynb"
        values = {"data": str(sample_data()), "unit": unit}
        papermill.execute_notebook(str(find_notebook(BOOK)), str(executed), values, progress_bar=False)
        page, _resources = HTMLExporter().from_filename(str(executed))
        executed.with_suffix(".html").write_text(page, encoding="utf-8")
    return {"wall": (time.perf_counter() - start) / len(units)}


def run_ours(units: list[str], out: Path) -> dict[str, float]:
    """Run a batch with two workers: plan, workers, warm parents, pages, index and manifest are all in it."""
    start = time.perf_counter()
    distinct = len(set(units))
    parts: list[dict[str, float]] = []
    for first in range(0, len(units), distinct):
        part = list(dict.fromkeys(units[first : first + distinct]))
        plan = plan_reports(units=part, notebooks=[BOOK])
        with watch_memory() as peak:
            result = run_plan(plan, out=out / str(first), jobs=JOBS)
        assert all(page.status == "done" for page in result.results), result.results
        times = [divide(result.folder / page.file, page.seconds) for page in result.results]
        parts += times
    spent = {f"{kind} (wall)": median(one[kind] for one in parts) for kind in parts[0]}
    return {"wall": (time.perf_counter() - start) / len(units), "memory": peak["worker"], **spent}


def divide(page: Path, seconds: float) -> dict[str, float]:
    """Return how the seconds of a page divide, from what papermill wrote into the notebook."""
    book = json.loads(page.with_suffix(".ipynb").read_text(encoding="utf-8"))
    whole = book["metadata"]["papermill"]["duration"]
    cells = [
        (cell["metadata"]["papermill"]["duration"] or 0.0, "".join(cell["source"]))
        for cell in book["cells"]
        if cell["cell_type"] == "code"
    ]
    figures = sum(spent for spent, code in cells if DRAWS.search(code))
    compute = sum(spent for spent, code in cells) - figures
    return {
        "start and end": whole - compute - figures,
        "compute": compute,
        "figures": figures,
        "documents": seconds - whole,
    }


def run_bare(units: list[str], _out: Path) -> dict[str, float]:
    """Run the cells of the notebook in this process, each block turned into what a notebook would hold."""
    book = json.loads(find_notebook(BOOK).read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    run_cells(cells, units[0])  # warm
    before, start = cpu_seconds(), time.perf_counter()
    for unit in units:
        run_cells(cells, unit)
    wall = (time.perf_counter() - start) / len(units)
    return {"wall": wall, "cpu": (cpu_seconds() - before) / len(units)}


def run_cells(cells: list[str], unit: str) -> None:
    """Run the cells in a fresh set of names."""
    names: dict[str, Any] = {}
    for number, source in enumerate(cells):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        if number == 0:
            names |= {"data": str(sample_data()), "unit": unit}
        if isinstance(last, ast.Expr):
            block = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
            if hasattr(block, "_repr_mimebundle_"):
                block._repr_mimebundle_()


# -- measuring ---------------------------------------------------------------------------------------------------------


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all below it that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


class watch_memory:  # noqa: N801 - a context manager
    """Keep the peak memory (MB, shared pages in shares) of a worker with all below it."""

    def __enter__(self) -> dict[str, float]:
        self.peak = {"worker": 0.0}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self.peak

    def __exit__(self, *_error: object) -> None:
        self.stop.set()
        self.thread.join()

    def look(self) -> None:
        """Look again and again."""
        while not self.stop.wait(LOOK):
            for worker in psutil.Process().children():
                whole = sum(map(share_of_memory, [worker, *below(worker)]))
                self.peak["worker"] = max(self.peak["worker"], whole)


def below(process: psutil.Process) -> list[psutil.Process]:
    """Return all processes below one."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def share_of_memory(process: psutil.Process) -> float:
    """Return the memory of a process in MB, a page that several share counted in parts; 0 when it has ended."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(re.findall(r"^Pss: +(\d+)", rollup, re.MULTILINE)[0]) / 1024


WAYS: dict[str, Callable[[list[str], Path], dict[str, float]]] = {
    "plain": run_plain,
    "ours": run_ours,
    "bare": run_bare,
}


def run_way(name: str, units: list[str]) -> dict[str, float]:
    """Run one way in a process of its own and return what it measured, with its CPU seconds a page."""
    command = [sys.executable, __file__, "way", name, *units]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def print_way(name: str, units: list[str]) -> None:
    """Print what one way measured, for `run_way`."""
    with tempfile.TemporaryDirectory() as out:
        found = WAYS[name](units, Path(out))
    close_parent()
    print(json.dumps({"cpu": cpu_seconds() / len(units)} | found))


def compare(pages: int, rounds: int) -> bool:
    """Run the three ways so many rounds, print the ratios, and tell whether they hold."""
    units = choose_units(pages)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in (*WAYS, "further")}
    for number in range(rounds):
        few = run_way("ours", units[:JOBS])
        for name in WAYS:
            runs[name].append(run_way(name, units if name == "ours" else units[: max(2, pages // 4)]))
        runs["further"].append({kind: further(runs["ours"][-1][kind], few[kind], pages) for kind in ("cpu", "wall")})
        for name, found in runs.items():
            one = found[-1]
            print(f"round {number + 1}  {name:8} CPU {one['cpu']:5.2f} s  wall {one['wall']:5.2f} s a page", flush=True)
    print(f"\n{BOOK}, batches of {pages} pages, {JOBS} workers, medians of {rounds} rounds")
    print("further: a page of a batch once its workers have started; their start is in ours")
    for kind in [key for key in runs["ours"][0] if "(wall)" in key]:
        print(f"  {kind:22} {median(one[kind] for one in runs['ours']):6.2f} s a page in its worker")
    faster, slower = 0.0, 0.0
    for name in ("ours", "further"):
        faster = ratio(runs["plain"], runs[name], "wall", "wall")
        slower = ratio(runs[name], runs["bare"], "wall", "wall") * JOBS
        work, over = (ratio(*pair, "cpu", "cpu") for pair in ((runs["plain"], runs[name]), (runs[name], runs["bare"])))
        print(f"{name:8} plain papermill + nbconvert / it: wall {faster:5.2f}, CPU {work:5.2f}")
        print(f"{name:8} it / bare code: wall {slower:5.2f} (bare divided by {JOBS} cores), CPU {over:5.2f}")
    memory = max(one["memory"] for one in runs["ours"])
    print(f"peak memory of a worker: {memory:.0f} MB")
    print(f"bars: {FASTER} (aim {AIM_FASTER}), {SLOWER} (aim {AIM_SLOWER}), {MEMORY} MB")
    return faster >= FASTER and slower <= SLOWER and memory <= MEMORY


def further(whole: float, few: float, pages: int) -> float:
    """Return what each page costs beyond the first of each worker."""
    return (whole * pages - few * JOBS) / (pages - JOBS)


def ratio(above: list[dict[str, float]], under: list[dict[str, float]], one: str, other: str) -> float:
    """Return the median over the rounds of a ratio of two ways of the same round."""
    return median(a[one] / b[other] for a, b in zip(above, under, strict=True))


# -- soak --------------------------------------------------------------------------------------------------------------


def soak(pages: int) -> bool:
    """Run so many pages through one worker; tell whether processes, descriptors or temporary files grew."""
    with tempfile.TemporaryDirectory() as own:
        os.environ["TMPDIR"] = os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.tempdir = own
        out = Path(own) / "out"
        before: dict[str, int] = {}
        start = time.perf_counter()
        for number, unit in enumerate(islice(cycle(choose_units(pages)), pages), start=1):
            run_notebook(find_notebook(BOOK), out, {"data": str(sample_data()), "unit": unit})
            if number == 5:  # what stays for good is there by now
                before = count_leavings(Path(own), out)
            if number % 100 == 0:
                print(f"{number} pages, {(time.perf_counter() - start) / number:.2f} s a page", flush=True)
        after = count_leavings(Path(own), out)
        grown = {what: (before[what], after[what]) for what in before}
        for what, (first, last) in grown.items():
            print(f"{what:34} {first:6} after 5 pages {last:6} after {pages}")
        close_parent()
        left = [*psutil.Process().children(recursive=True)]
        print(f"{'processes when the parent is closed':34} {len(left):6}")
        return not left and all(last <= first for what, (first, last) in grown.items() if "MB" not in what)


def count_leavings(own: Path, out: Path) -> dict[str, int]:
    """Count what a run could leave behind."""
    me, parent = psutil.Process(), psutil.Process(use_parent().process.pid)
    files = [path for path in own.rglob("*") if not path.is_relative_to(out)]
    return {
        "processes": len(me.children(recursive=True)),
        "descriptors": me.num_fds(),
        "descriptors of the warm parent": parent.num_fds(),
        "threads": me.num_threads(),
        "temporary files": len(files),
        "memory, MB": round(me.memory_info().rss / 2**20),
        "memory of the warm parent, MB": round(parent.memory_info().rss / 2**20),
    }


def main() -> int:
    """Do what the arguments ask."""
    match sys.argv[1:]:
        case ["way", name, *units]:
            print_way(name, units)
            return 0
        case ["soak", *pages]:
            return 0 if soak(int(pages[0]) if pages else 1000) else 1
        case sizes:
            pages, rounds = [*map(int, sizes), *(12, 3)[len(sizes) :]]
            return 0 if compare(pages, rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
