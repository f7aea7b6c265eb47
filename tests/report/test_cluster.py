"""Pages on a Dask cluster of processes: the same pages, also when a worker is killed in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.report import cluster, pool
from kinerja_lib.report.cluster import run_tasks_on
from kinerja_lib.report.pool import Task

distributed = pytest.importorskip("distributed", reason="dask.distributed belongs to the extra cluster")

VALUES = 'data: str = "data/contoh"  # folder data\nlang: str = "id"  # bahasa\nunit: str = ""  # unit\n'


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0", silence_logs=50
    ) as found:
        yield found


@pytest.fixture
def build_tasks(tmp_path: Path, make_notebook: Callable[..., Path]) -> Callable[..., list[Task]]:
    """Return a maker of tasks of one notebook, a folder each."""

    def build(n: int, *code: str) -> list[Task]:
        notebook = make_notebook(tmp_path / "buku.ipynb", VALUES, *code, title="# Buku")
        return [
            Task(number, notebook, tmp_path / f"unit-{number}", {"unit": f"U{number}"}, "id", ()) for number in range(n)
        ]

    return build


def test_every_task_ends_with_its_page_and_a_failure_stops_nothing(workers: Any, build_tasks: Any) -> None:
    tasks = build_tasks(4, "assert unit != 'U2', 'unit buruk'")
    found = {task.position: outcome for task, outcome in run_tasks_on(tasks, scheduler=workers.scheduler_address)}
    assert [found[at].done for at in range(4)] == [True, True, False, True]
    assert found[2].reason.endswith("AssertionError: unit buruk")
    assert [(task.folder / "buku.html").is_file() for task in tasks] == [True, True, False, True]


def test_pages_are_those_of_this_machine(workers: Any, build_tasks: Any) -> None:
    (task,) = build_tasks(1)
    assert [outcome.done for _task, outcome in pool.run_tasks([task], jobs=1)] == [True]
    here = (task.folder / "buku.html").read_bytes()
    (task.folder / "buku.html").unlink()
    assert [outcome.done for _task, outcome in run_tasks_on([task], scheduler=workers.scheduler_address)] == [True]
    assert (task.folder / "buku.html").read_bytes() == here


def test_tasks_of_a_killed_worker_run_elsewhere(workers: Any, build_tasks: Any) -> None:
    tasks = build_tasks(5, "import time\n\ntime.sleep(0.5)")
    found = {}
    for task, outcome in run_tasks_on(tasks, scheduler=workers.scheduler_address):
        if not found:
            os.kill(next(iter(workers.workers.values())).pid, signal.SIGKILL)
        found[task.position] = outcome
    assert {at: outcome.reason for at, outcome in found.items() if not outcome.done} == {}
    assert sorted(found) == list(range(5))
    assert all((task.folder / "buku.html").is_file() for task in tasks)


def test_a_worker_with_another_version_is_refused(
    workers: Any, build_tasks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "0.0.1")
    with pytest.raises(
        CallError, match=r"--scheduler: pekerja tcp://\S+ memakai kinerja_lib \S+; pasang versi 0\.0\.1"
    ):
        list(run_tasks_on(build_tasks(1), scheduler=workers.scheduler_address))


def test_a_cluster_without_workers_is_refused(build_tasks: Any) -> None:
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0", protocol="tcp") as empty,
        pytest.raises(CallError, match="--scheduler: klaster belum mempunyai pekerja"),
    ):
        list(run_tasks_on(build_tasks(1), scheduler=empty.scheduler_address))


def test_without_any_worker_for_long_the_rest_has_failed(build_tasks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    monkeypatch.setattr(cluster, "_require_same_version", lambda _client: None)
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0", protocol="tcp") as empty:
        found = list(run_tasks_on(build_tasks(3), scheduler=empty.scheduler_address))
    assert [outcome.reason for _task, outcome in found] == ["tidak ada pekerja klaster selama 0 detik."] * 3
