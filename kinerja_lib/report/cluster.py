"""Pages on many machines: the tasks of a run on the workers of a Dask cluster.

Every worker sees the data and the run folder under the paths of the call (a shared disk) and has this version of the
library. A page is whole or not there, so a worker may be lost at any moment: its tasks go to another.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

from kinerja_lib import __version__
from kinerja_lib.cluster import connect_cluster
from kinerja_lib.errors import CallError
from kinerja_lib.language import _
from kinerja_lib.report.pool import TICK, Outcome, Task, make_page

AHEAD = 2  # tasks handed out for each thread of the workers: the next one waits at the worker
PATIENCE = 120.0  # seconds without any worker after which the rest has failed
ONE_AT_A_TIME = threading.Lock()  # papermill changes the folder of its whole process


def run_tasks_on(tasks: Sequence[Task], *, scheduler: str) -> Generator[tuple[Task, Outcome], None, None]:
    """Yield each task with its outcome as the workers end them; one that fails stops no other.

    Parameters
    ----------
    tasks : sequence of Task
        What to do.
    scheduler : str
        Address of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    tuple of Task and Outcome
        The task of a lost worker runs again elsewhere; it has failed when several workers died of it.

    Raises
    ------
    CallError
        Nobody answers, there is no worker, or a worker has another version of the library.
    """
    with connect_cluster(scheduler) as client:
        _require_same_version(client)
        waiting = deque(tasks)
        running: dict[Any, Task] = {}
        seen = time.monotonic()
        try:
            while waiting or running:
                _hand_out(client, waiting, running)
                done = _wait(list(running))
                for future in done:
                    yield running.pop(future), _outcome(future)
                seen = time.monotonic() if done or _count_threads(client) else seen
                if time.monotonic() - seen > PATIENCE:
                    reason = _("tidak ada pekerja klaster selama {n} detik.").format(n=round(PATIENCE))
                    yield from ((task, Outcome(done=False, reason=reason)) for task in (*running.values(), *waiting))
                    return
        finally:
            with suppress(Exception):
                client.cancel(list(running), force=True)


def _hand_out(client: Any, waiting: deque[Task], running: dict[Any, Task]) -> None:
    """Hand out as many tasks as the workers of this moment can have at hand."""
    room = AHEAD * max(_count_threads(client), 1)
    while waiting and len(running) < room:
        task = waiting.popleft()
        running[client.submit(_work, task, pure=False)] = task


def _count_threads(client: Any) -> int:
    return sum(client.nthreads().values())


def _wait(futures: list[Any]) -> list[Any]:
    from distributed import wait

    with suppress(TimeoutError):
        wait(futures, timeout=TICK, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
    return [future for future in futures if future.done()]


def _outcome(future: Any) -> Outcome:
    if future.status == "finished":
        return future.result()  # type: ignore[no-any-return]  # distributed has no types
    with suppress(Exception):
        error = future.exception(timeout=TICK)
        reason = _("pekerja klaster berhenti berulang kali pada halaman ini ({why}).")
        return Outcome(done=False, reason=reason.format(why=type(error).__name__))
    return Outcome(done=False, reason=_("pekerja klaster berhenti."))


def _work(task: Task) -> Outcome:
    with ONE_AT_A_TIME:
        return make_page(task)


def _tell_version() -> str:
    return __version__


def _require_same_version(client: Any) -> None:
    """Refuse a cluster without workers, and one that would compute with another version than this one."""
    found = client.run(_tell_version, on_error="return")
    if not found:
        message = _("--scheduler: klaster belum mempunyai pekerja; jalankan dulu: dask worker ALAMAT.")
        raise CallError(message)
    other = {worker: version for worker, version in found.items() if version != __version__}
    for worker, version in other.items():
        message = _("--scheduler: pekerja {worker} memakai kinerja_lib {found}; pasang versi {own} di sana.")
        text = version if isinstance(version, str) else _("yang tidak terpasang")
        raise CallError(message.format(worker=worker, found=text, own=__version__))
