"""Pages side by side: worker processes that end cleanly, whatever happens to them or to the program that started them.

Each worker runs one notebook at a time (papermill changes the folder of its whole process). Workers are started fresh
("spawn") on every system, so that a run behaves alike on Windows, macOS and Linux.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from types import FrameType
from typing import Any

from kinerja_lib.errors import KinerjaError
from kinerja_lib.language import _
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.template import Template

MOST_WORKERS = 61 if sys.platform == "win32" else 256  # Windows waits for no more handles at once
TICK = 0.5  # seconds between looks at the keyboard: Windows cannot interrupt an endless wait
DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
GRACE = 15.0  # seconds that a worker has to shut its kernel down


@dataclass(frozen=True, slots=True)
class Task:
    """A page to make: its place in the plan, and all that a worker needs."""

    position: int
    notebook: Path
    folder: Path
    parameters: dict[str, Any]
    lang: str
    footer: tuple[str, ...]
    formats: tuple[str, ...] = ("html",)
    template: Template | None = None
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page: title, files and numbers when it is there, else the reason; and how long it took.

    `full` tells that the disk is full, so that no further page can be written either.
    """

    done: bool
    title: str = ""
    reason: str = ""
    seconds: float = 0.0
    files: Mapping[str, str] = field(default_factory=dict)
    panels: tuple[dict[str, str], ...] = ()
    full: bool = False


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return int(os.process_cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_tasks(tasks: Sequence[Task], *, jobs: int) -> Generator[tuple[Task, Outcome], None, None]:
    """Yield each task with its outcome as they end; one that fails stops no other.

    Parameters
    ----------
    tasks : sequence of Task
        What to do.
    jobs : int
        Worker processes; with 1 everything runs in this process.

    Yields
    ------
    tuple of Task and Outcome
    """
    workers = min(jobs, len(tasks), MOST_WORKERS)
    with _stoppable():
        if workers <= 1:
            yield from ((task, make_page(task)) for task in tasks)
            return
        waiting = deque(tasks)
        while waiting:  # again after a worker died
            yield from _run_pool(waiting, workers)


def make_page(task: Task) -> Outcome:
    """Run one notebook; a failure is an outcome, not an error."""
    start = time.perf_counter()
    try:
        run = run_notebook(
            task.notebook,
            task.folder,
            task.parameters,
            lang=task.lang,
            footer=task.footer,
            formats=task.formats,
            template=task.template,
            record=task.record,
        )
    except KinerjaError as error:
        full = getattr(error.__cause__, "errno", None) in DISK_FULL
        return Outcome(done=False, reason=str(error), seconds=time.perf_counter() - start, full=full)
    except Exception as error:
        reason = f"{task.notebook.stem}, {type(error).__name__}: {error}"
        return Outcome(done=False, reason=reason, seconds=time.perf_counter() - start)
    return Outcome(done=True, title=run.title, seconds=run.seconds, files=run.files, panels=run.panels)


def _run_pool(waiting: deque[Task], workers: int) -> Iterator[tuple[Task, Outcome]]:
    """Work on the tasks that wait until none is left or a worker died; those that it had in hand have then failed."""
    others = set(multiprocessing.active_children())
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_prepare_worker)
    running: dict[Future[Outcome], Task] = {}
    ended = False
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                future = pool.submit(_work, waiting[0])
                running[future] = waiting.popleft()
            done = wait(running, timeout=TICK, return_when=FIRST_COMPLETED).done
            for future in done:
                yield running.pop(future), _outcome(future)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                break
        yield from ((task, _outcome(future)) for future, task in running.items())
        ended = True
    except BrokenProcessPool:  # from submit: the task still waits, those in hand are told below
        yield from ((task, _outcome(future)) for future, task in running.items())
    finally:
        if ended:
            pool.shutdown(wait=True)
        else:
            pool.shutdown(wait=False, cancel_futures=True)
            _stop([child for child in multiprocessing.active_children() if child not in others])


def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        reason = _("proses yang mengerjakannya berhenti mendadak, mungkin karena memori habis; ulangi dengan --jobs 1.")
        return Outcome(done=False, reason=reason)


def _stop(workers: Sequence[Any]) -> None:
    """End the workers: each shuts its kernel down first, and is killed when it takes too long."""
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + GRACE
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        if worker.is_alive():
            worker.kill()


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a request to end (SIGTERM) stop a run as Ctrl-C does, so that no kernel is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _prepare_worker() -> None:
    """Set up a worker: Ctrl-C is the parent's affair, SIGTERM ends the worker, and so does the end of its parent."""
    signal.signal(signal.SIGINT, lambda _number, _frame: None)  # not SIG_IGN, which kernels would inherit
    signal.signal(signal.SIGTERM, _end_worker)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _end_worker(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    raise SystemExit(1)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)


def _work(task: Task) -> Outcome:
    try:
        return make_page(task)
    except (SystemExit, KeyboardInterrupt):  # the kernel is shut down by now; the pool would go on with the next task
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(1)
