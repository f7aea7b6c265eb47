"""The client of the warm parent: starts it, asks it for kernels, and hears of their end.

A process has at most one parent. It is started as a fresh program (never forked from here, where threads may run) when
the first kernel is asked for, started again when it has died, and ends with this process, however that ends.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

PROGRAM = "kinerja_lib.report.kernels.parent"
HOME = Path(__file__).resolve().parents[3]  # the folder from which the parent imports this library
QUIET = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}  # else Arrow's allocator starts a thread when loaded
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # a forked copy has but one
POLL = 0.005  # seconds between looks at a kernel that is being ended
PATIENCE = 120.0  # seconds that a parent may take to load and to answer


def kernel_environment() -> dict[str, str]:
    """Return what every kernel's environment holds, warm or plain, so that a notebook gives the same numbers again.

    One thread for sums of floats, and one order of sets: statistics would differ in their last digits otherwise.
    """
    return {name: os.environ.get(name, "1") for name in THREADS} | {"PYTHONHASHSEED": "0"}


class NoKernelError(Exception):
    """The parent cannot give a kernel; one can still be started in the plain way."""


class ForkedKernel:
    """A kernel of the parent's, with the part of `subprocess.Popen` that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, parent: WarmParent, pid: int) -> None:
        self.parent = parent
        self.pid = pid

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self.parent.exit_code(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(POLL)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and its own children, unless it has ended."""
        if self.poll() is None:
            self.parent.ask("signal", self.pid, int(number))

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(9)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(15)


class WarmParent:
    """A running parent and what is known of its kernels."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.ended: dict[int, int] = {}
        self.lock = threading.RLock()
        self.loaded: set[str] = set()
        self.connection, theirs = Pipe()
        command = [sys.executable, "-m", PROGRAM, str(theirs.fileno())]
        env = os.environ | QUIET | kernel_environment()
        try:
            self.process = subprocess.Popen(
                command,
                cwd=HOME,
                env=env,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in a terminal is this process's affair
            )
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()

    @property
    def alive(self) -> bool:
        """Whether it still answers, and is this process's own and not that of the process this one was forked from."""
        return self.owner == os.getpid() and not self.connection.closed and self.process.poll() is None

    def ask(self, what: str, *details: object) -> None:
        """Send a request that has no answer."""
        with self.lock, suppress(OSError):
            self.connection.send((what, *details))

    def load(self, names: Iterable[str]) -> None:
        """Have the modules of public names of the library loaded."""
        new = tuple(sorted(set(names) - self.loaded))
        if new:
            self.loaded.update(new)
            self.ask("load", (), new)

    def hold(self, places: tuple[str, ...]) -> None:
        """Have these data sets read, and held for all kernels to come; those of the last call are let go."""
        self.ask("hold", places)

    def fork(self, arguments: list[str], env: Mapping[str, str], cwd: str) -> ForkedKernel:
        """Return a new kernel; `NoKernelError` when the parent cannot give one."""
        with self.lock:
            try:
                self.connection.send(("fork", arguments, dict(env), cwd))
                deadline = time.monotonic() + PATIENCE
                while self.connection.poll(max(0.0, deadline - time.monotonic())):
                    kind, *details = self.connection.recv()
                    if kind == "forked":
                        self.ended.pop(details[0], None)  # the number of an earlier kernel may come again
                        return ForkedKernel(self, details[0])
                    if kind == "refused":
                        raise NoKernelError(details[0])
                    self._note(kind, *details)
            except (OSError, EOFError) as error:
                self.close()
                raise NoKernelError(f"{type(error).__name__}: {error}") from None
            self.close()
            raise NoKernelError("no answer")

    def exit_code(self, pid: int) -> int | None:
        """Return how a kernel ended; None while it runs. With the parent its kernels are gone."""
        with self.lock:
            try:
                while pid not in self.ended and self.connection.poll():
                    self._note(*self.connection.recv())
            except (OSError, EOFError):
                return self.ended.get(pid, -9)
            return self.ended.get(pid)

    def _note(self, kind: str, *details: Any) -> None:
        if kind == "ended":
            pid, code = details
            self.ended[pid] = code

    def close(self) -> None:
        """End the parent with all its kernels."""
        self.connection.close()
        if self.owner == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return
            self.process.kill()
            self.process.wait()


_parent: WarmParent | None = None


def use_parent() -> WarmParent:
    """Return the parent of this process, started when there is none."""
    global _parent  # noqa: PLW0603 - a process has one
    if _parent is None or not _parent.alive:
        close_parent()
        try:
            _parent = WarmParent()
        except OSError as error:
            raise NoKernelError(str(error)) from None
    return _parent


def close_parent() -> None:
    """End the parent of this process, if it has one."""
    global _parent  # noqa: PLW0603 - a process has one
    if _parent is not None:
        _parent.close()
        _parent = None


atexit.register(close_parent)
