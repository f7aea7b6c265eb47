"""One run at a time in a folder: a lock that the system itself lets go when its holder dies, however it dies.

A file in the folder is locked through the system (`flock`; on Windows a byte far behind its end), so that no lock of a
dead process is ever left. The file names process and machine, for the message of the run that comes too late.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kinerja_lib.errors import CallError
from kinerja_lib.language import _

LOCK = ".kinerja.lock"
FAR = 1 << 30  # the locked byte on Windows, where locked bytes cannot be read: behind what the file says


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keep every other run out of a folder inside the block.

    Parameters
    ----------
    folder : Path
        There already.

    Raises
    ------
    CallError
        Another run holds it; process and machine are named.
    OSError
        The folder cannot be written.
    """
    handle = _take(folder / LOCK)
    try:
        yield
    finally:
        if sys.platform != "win32":  # first, while nobody else can hold it; Windows removes no open file
            (folder / LOCK).unlink(missing_ok=True)
        os.close(handle)
        with suppress(OSError):  # on Windows: refused while another run looks at it, which is then its holder
            if sys.platform == "win32":
                (folder / LOCK).unlink(missing_ok=True)


def _take(file: Path) -> int:
    """Return the handle of the locked file."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(handle)
        except (BlockingIOError, PermissionError):
            os.close(handle)
            raise CallError(_say_holder(file)) from None
        except OSError:  # a file system without locks: nothing can be held there
            pass
        if _is_there(handle, file):
            break
        os.close(handle)  # its holder has just ended and removed it
    os.ftruncate(handle, 0)
    os.write(handle, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode("utf-8"))
    return handle


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_there(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _say_holder(file: Path) -> str:
    holder = {}
    with suppress(OSError, ValueError):
        holder = json.loads(file.read_text(encoding="utf-8"))
    message = _(
        "out: folder {folder} sedang ditulis oleh proses lain (proses {pid} di {host}); "
        "tunggu sampai selesai, atau pilih folder lain."
    )
    return message.format(folder=file.parent, pid=holder.get("pid", "?"), host=holder.get("host", "?"))
