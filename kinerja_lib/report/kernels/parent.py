"""The warm parent: a program that has loaded what notebooks need and becomes a kernel for each run, by `fork`.

It is started with one end of a connection, whose other end `client` holds, and reads requests from it:

- ``("load", modules, names)``: import modules, and look names up in ``kinerja_lib``; no answer.
- ``("hold", places)``: read data sets once for all kernels that follow; no answer.
- ``("fork", arguments, env, cwd)``: answered by ``("forked", pid)``, or by ``("refused", why)``.
- ``("signal", pid, number)``: send a signal to a kernel and its own children; no answer.

``("ended", pid, code)`` tells the client that a kernel is gone. At the end of the connection - the client closed it
or was killed - all kernels are killed and the parent ends; a kernel ends by itself when the parent is gone.

A process may only be forked while it has one thread, since the copy has no other. What starts threads (Arrow's readers)
therefore runs in a copy of its own, and a parent that has grown a second thread refuses.
"""

from __future__ import annotations

import gc
import os
import pickle
import random
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

PUBLIC = "kinerja_lib"  # whose names notebooks use
LAUNCHER = "ipykernel_launcher"
BACKEND = "module://matplotlib_inline.backend_inline"
SELDOM = (50_000, 20, 100)  # objects and rounds between collections: a kernel lives for seconds
MOST_HELD = 64 * 2**20  # bytes of files: larger data are read by each kernel, and no parent grows beyond its share
TASKS = Path("/proc/self/task")  # one entry a thread, those of C libraries too; Linux only
KERNEL_MODULES = (
    *("ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.parentpoller", "ipykernel.zmqshell"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("IPython.utils.wildcard", "psutil", "sqlite3", "tornado.platform.asyncio", "tornado.queues"),
)
DEBUGGER = "debugpy"  # most of what a kernel's start costs, and threads; nobody steps through a page of a batch


@dataclass(frozen=True, slots=True)
class Start:
    """How a kernel is to start: arguments of the kernel's program, environment and folder."""

    arguments: list[str]
    env: dict[str, str]
    cwd: str


class Parent:
    """The kernels that live, and the connection to the client."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.kernels: set[int] = set()
        self.wake, self.woken = os.pipe()
        for end in (self.wake, self.woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # wakes `serve`

    def serve(self) -> Start | None:
        """Answer requests until the connection ends; return in each forked kernel how it starts."""
        while True:
            ready = wait([self.connection, self.wake])
            if self.wake in ready:
                with suppress(BlockingIOError):
                    os.read(self.wake, 4096)
                self.reap()
            if self.connection in ready:
                try:
                    request = self.connection.recv()
                except (EOFError, OSError):
                    return None
                start = self.answer(*request)
                if start is not None:
                    return start

    def answer(self, what: str, *details: Any) -> Start | None:
        """Do what a request asks; return a start in the forked kernel only."""
        if what == "fork":
            return self.fork(Start(*details))
        if what == "signal":
            self.signal(*details)
        elif what == "load":
            load(*details)
        elif what == "hold":
            hold(*details)
        return None

    def fork(self, start: Start) -> Start | None:
        """Fork a kernel; return its start in the copy only."""
        threads = count_threads()
        if threads != 1:
            self.tell("refused", f"{threads} threads")
            return None
        gc.collect()
        gc.freeze()  # the copy's collector leaves shared pages alone
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        pid = os.fork()
        if not pid:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self.wake)
            os.close(self.woken)
            self.connection.close()
            return start
        self.kernels.add(pid)
        self.tell("forked", pid)
        return None

    def tell(self, *message: object) -> None:
        """Send the client a message."""
        with suppress(OSError):  # the end of the connection is seen by `serve`
            self.connection.send(message)

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to the group of a kernel; one that has ended is not in `kernels`, so no stranger gets it."""
        if pid in self.kernels:
            with suppress(ProcessLookupError, PermissionError):  # not yet a group of its own
                os.killpg(pid, number)
                return
            os.kill(pid, number)

    def reap(self) -> None:
        """Tell of kernels that have ended, and end what they have left running."""
        for pid in tuple(self.kernels):
            if hasattr(os, "waitid"):  # not on macOS before Python 3.13
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    continue
                self.signal(pid, signal.SIGKILL)  # its number cannot be another's until it is waited for
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.kernels.discard(pid)
                self.tell("ended", pid, os.waitstatus_to_exitcode(status))

    def close(self) -> None:
        """End every kernel."""
        for pid in tuple(self.kernels):
            self.signal(pid, signal.SIGKILL)


def count_threads() -> int:
    """Return the number of threads of this process, those of C libraries included where the system tells."""
    return len([*TASKS.iterdir()]) if TASKS.is_dir() else threading.active_count()


def load(modules: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Import modules, and the modules of public names of the library; what is not there is the notebook's affair."""
    public = import_module(PUBLIC)
    for module in modules:
        with suppress(Exception):
            import_module(module)
    for name in names:
        with suppress(Exception):
            getattr(public, name)


def load_kernel() -> None:
    """Import what a kernel is made of, as where there is no debugger: no ``None`` stays behind for a user's import."""
    sys.modules[DEBUGGER] = None  # type: ignore[assignment]  # Python's own way to make an import fail
    load((*KERNEL_MODULES, "ipykernel.debugger"), ())
    del sys.modules[DEBUGGER]
    from jupyter_client import localinterfaces

    localinterfaces.localhost()  # looked up once a process


def run_kernel(start: Start) -> None:
    """Be an ipykernel as if freshly started: its environment, folder, arguments and random numbers are its own."""
    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(start.env)
    time.tzset()
    os.chdir(start.cwd)
    gc.set_threshold(*SELDOM)
    sys.argv = [LAUNCHER, *start.arguments]
    renew_state()
    app: Any = IPKernelApp.instance(parent_handle=os.getppid())  # its default was read when it was imported
    app.initialize(start.arguments)
    inline = sys.modules.get("matplotlib_inline.backend_inline")
    if inline is not None:  # loaded before there was a shell, it would draw nothing
        inline._enable_matplotlib_integration()
    app.start()


def renew_state() -> None:
    """Make new what copies would share: random numbers, and which warnings have been shown."""
    random.seed()
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed()  # noqa: NPY002 - the global generator of users' cells
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # any change of the filters forgets the warnings that were shown


Files = tuple[tuple[str, int, int], ...]  # name, size and time of each

_seen: dict[str, Files] = {}  # the files behind what is held


def hold(places: tuple[str, ...]) -> None:
    """Hold the data sets of these places, unless nothing has changed since they were last asked for."""
    global _seen  # noqa: PLW0603 - the process has one
    from kinerja_lib.read.held import hold_datasets

    files = {place: describe_files(place) for place in places}
    seen = files if 0 < sum(size for one in files.values() for _name, size, _time in one) <= MOST_HELD else {}
    if seen != _seen:
        found = {place: read_apart(place) for place in seen}
        hold_datasets({place: data for place, data in found.items() if data is not None})
        _seen = seen


def describe_files(place: str) -> Files:
    """Return what tells quickly whether a data set's files may have changed; nothing where they cannot be seen."""
    from kinerja_lib.read.held import find_files

    with suppress(OSError):
        stats = [(file.name, file.stat()) for file in find_files(Path(place))]
        return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
    return ()


def read_apart(place: str) -> Any:
    """Return a data set that a copy of this process read, whose threads and heap end with it; None if it fails."""
    from kinerja_lib.read import read_dataset

    source, sink = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(source)
        with suppress(BaseException), os.fdopen(sink, "wb") as stream:
            pickle.dump(read_dataset(place), stream, protocol=pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as stream:
        content = stream.read()
    os.waitpid(pid, 0)
    with suppress(Exception):  # the notebook itself reports what is wrong with its data
        return pickle.loads(content)
    return None


def main() -> None:
    """Serve the client named by the arguments; be a kernel in each copy."""
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # added by "-m"; a kernel puts its own folder first
    os.environ.setdefault("MPLBACKEND", BACKEND)  # read when matplotlib is loaded; a kernel sets the same
    load_kernel()
    parent = Parent(Connection(int(sys.argv[1])))
    start = parent.serve()
    if start is None:
        parent.close()
        return
    run_kernel(start)


if __name__ == "__main__":
    main()
