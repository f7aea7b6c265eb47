#!/usr/bin/env python3
"""Mulai di sini (start here): `python mulai.py report`, `python mulai.py check DATA`, `python mulai.py test`.

Needs nothing but Python. The first start makes the folder `.venv` beside this file and installs into it the exact
packages of requirements.lock; every start then runs `kinerja` from there with the same arguments, in the folder of the
caller, and returns its exit code. `test` runs the checks and tests of the project instead.

`.venv` counts as whole only when its stamp, written last, agrees with requirements.lock, pyproject.toml, the Python
version and the place of this folder. Otherwise it is made anew; a finished one comes back when that fails.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
FIRST_UNSUPPORTED_PYTHON = (3, 14)


def python_fault(version: tuple, bits: int) -> str:
    """Return what is wrong with this Python, or an empty text. Any Python from 3.6 on must be able to run this."""
    if OLDEST_PYTHON <= tuple(version[:2]) < FIRST_UNSUPPORTED_PYTHON and bits == 64:
        return ""
    found = ".".join(str(part) for part in version[:3]) + f" ({bits}-bit)"
    return (
        f"mulai: perlu Python 3.11, 3.12 atau 3.13 (64-bit); yang dipakai {found}. Pasang Python 3.13 lalu ulangi, "
        f"di Windows: py -3.13 mulai.py (needs 64-bit Python 3.11-3.13, found {found}: install 3.13 and start again)"
    )


PYTHON_FAULT = python_fault(sys.version_info, 64 if sys.maxsize > 2**32 else 32)
if PYTHON_FAULT:  # stops here, before the code below that an older Python cannot run
    sys.exit(PYTHON_FAULT)

LOCK, PROJECT = "requirements.lock", "pyproject.toml"
VENV, OLD_VENV, GUARD = ".venv", ".venv-lama", ".venv-kunci"
STAMP, LOG = "mulai.stamp", "mulai.log"  # inside .venv
WITHOUT_WHEEL = "causaldata"  # plain Python, published as source only
NEEDED_BYTES = 1_500_000_000
LOG_LINES_SHOWN = 8
INTERRUPTED = 130  # the exit code that shells give for Ctrl-C
WINDOWS_INTERRUPTED = 0xC000013A

# Settings of the caller that would turn Python, pip or uv away from .venv.
DISTURBING = (
    "PYTHONHOME|PYTHONPATH|__PYVENV_LAUNCHER__|VIRTUAL_ENV|CONDA_PREFIX|UV_(SYSTEM_PYTHON|PYTHON|TARGET|PREFIX)"
    "|PIP_(REQUIRE_VIRTUALENV|REQUIRE_HASHES|USER|TARGET|PREFIX|ROOT|PYTHON)"
)

NO_SPACE_SIGNS = "No space left on device|not enough space|(os|WinE)rror 112|os error 28"
NO_SPACE = "disk penuh; kosongkan ruang lalu ulangi (no room left on the disk: free some and start again)"
NETWORK_SIGNS = (
    "getaddrinfo|ame resolution|Name or service not known|dns error|error sending request|from versions: none|timed out"
    "|NewConnectionError|Connection (refused|reset)|Network is unreachable|ProxyError|SSLError"
)
NO_NETWORK = (
    "tidak dapat mengunduh paket; pemasangan perlu internet, periksa sambungan atau proksi lalu ulangi "
    "(could not download: installing needs the internet, check the connection or the proxy and start again)"
)


class StartError(Exception):
    """Something that stops the start; its text is what the user reads."""


def say(text: str) -> None:
    """Print a line of progress; standard output stays free for what `kinerja` prints."""
    print(f"mulai: {text}", file=sys.stderr, flush=True)


def scripts_folder(venv: Path, system: str = os.name) -> Path:
    """Return the folder of a venv that holds its programs."""
    return venv / ("Scripts" if system == "nt" else "bin")


def venv_python(venv: Path, system: str = os.name) -> Path:
    """Return the Python of a venv."""
    return scripts_folder(venv, system) / ("python.exe" if system == "nt" else "python")


def fingerprint(folder: Path) -> list[str]:
    """Return the two lines of the stamp of a whole `.venv`: one for its packages, one for the project."""
    content = {}
    for name in (LOCK, PROJECT):
        try:
            content[name] = (folder / name).read_bytes()
        except OSError as error:
            raise StartError(
                f"berkas {name} tidak terbaca di {folder} ({error.strerror}); salin ulang folder proyek seutuhnya "
                f"({name} cannot be read: copy the whole project folder again)"
            ) from None
    place = f"\n{sys.version_info[0]}.{sys.version_info[1]}\n{folder}".encode()
    return [hashlib.sha256(content[LOCK] + place).hexdigest(), hashlib.sha256(content[PROJECT]).hexdigest()]


def read_stamp(venv: Path) -> list[str]:
    """Return the lines of the stamp; none when `.venv` was never finished or its Python is gone from the machine."""
    try:
        stamp = (venv / STAMP).read_text(encoding="utf-8").split()
        home = re.search(r"^home\s*=\s*(.+)$", (venv / "pyvenv.cfg").read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return []
    return stamp if home and Path(home[1].strip()).is_dir() and venv_python(venv).exists() else []


def is_ours(venv: Path) -> bool:
    """Tell whether `.venv` may be replaced: a venv, one that this file began, or an empty folder."""
    if venv.is_symlink() or not venv.is_dir():
        return False
    return (venv / "pyvenv.cfg").exists() or (venv / LOG).exists() or not any(venv.iterdir())


def child_environment(venv: Path) -> dict[str, str]:
    """Return the caller's environment as if `.venv`, and only it, were activated."""
    env = {name: value for name, value in os.environ.items() if not re.fullmatch(DISTURBING, name)}
    env["VIRTUAL_ENV"] = str(venv)
    env["PATH"] = os.pathsep.join(filter(None, [str(scripts_folder(venv)), env.get("PATH")]))
    env["PYTHONUTF8"] = "1"  # Windows consoles and files otherwise use an old code page
    return env


def installer_environment(venv: Path, scratch: str) -> dict[str, str]:
    """Return the environment for pip and uv: they leave nothing outside the project, unless the user set a cache."""
    env = child_environment(venv) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
    env |= {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never"}
    if "PIP_CACHE_DIR" not in env:
        env["PIP_NO_CACHE_DIR"] = "1"
    if "UV_CACHE_DIR" not in env:
        env["UV_NO_CACHE"] = "1"
    return env


def explain_failure(log: str) -> str:
    """Return in one line why an installation failed, from what the installer wrote."""
    if re.search(NO_SPACE_SIGNS, log):
        return NO_SPACE
    return NO_NETWORK if re.search(NETWORK_SIGNS, log) else "pemasangan gagal (the installation failed)"


def run_logged(command: list[str], folder: Path) -> None:
    """Run one step of the installation with its output in the log; a failure shows the end of it."""
    venv = folder / VENV
    with (venv / LOG).open("a+b") as log, tempfile.TemporaryDirectory(dir=venv, ignore_cleanup_errors=True) as scratch:
        start = log.seek(0, os.SEEK_END)
        # close_fds=False: the step holds the guard too, so it stays held if this process is killed and the step is not.
        outputs = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, "close_fds": False}
        failed = subprocess.call(command, cwd=folder, env=installer_environment(venv, scratch), **outputs)
        log.seek(start)
        text = log.read().decode("utf-8", errors="replace").strip()
    if failed:
        tail = "\n".join(f"    {line[:160]}" for line in text.splitlines()[-LOG_LINES_SHOWN:])
        raise StartError(f"{explain_failure(text)}\n{tail}\n    log: {venv / LOG}")


def installer(venv: Path) -> list[str]:
    """Return the start of the install command: uv where it is on the PATH, else the pip of `.venv`."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", str(venv_python(venv))]
    return [str(venv_python(venv)), "-m", "pip", "install", "--no-user"]


def check_can_install(folder: Path) -> None:
    """Stop before a long installation that cannot succeed."""
    if not shutil.which("uv") and not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise StartError(
            "Python ini tanpa modul venv/ensurepip; di Debian atau Ubuntu: sudo apt install python3-venv "
            "(this Python lacks venv/ensurepip: install python3-venv and start again)"
        )
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise StartError(
            f"ruang disk tersisa {free / 1e9:.1f} GB, perlu {NEEDED_BYTES / 1e9:.1f} GB; kosongkan ruang lalu ulangi "
            f"({free / 1e9:.1f} GB of disk space left, {NEEDED_BYTES / 1e9:.1f} GB needed: free some and start again)"
        )


def install_packages(folder: Path) -> None:
    """Make `.venv` and install the exact packages of the lock into it."""
    venv = folder / VENV
    venv.mkdir()
    (venv / LOG).touch()  # marks the folder as ours from the first moment
    say(f"membuat .venv dengan Python {sys.version.split()[0]} (making .venv)")
    without_pip = ["--without-pip"] if shutil.which("uv") else []
    base_python = getattr(sys, "_base_executable", None) or sys.executable  # not that of a venv which may go
    run_logged([base_python, "-m", "venv", *without_pip, str(venv)], folder)
    say("memasang paket; sekali saja, beberapa menit (installing packages: only once, takes some minutes)")
    only_wheels = ["--only-binary", ":all:", "--no-binary", WITHOUT_WHEEL]  # nothing here needs a compiler
    run_logged([*installer(venv), "--require-hashes", *only_wheels, "-r", LOCK], folder)


def install_project(folder: Path, wanted: list[str]) -> None:
    """Install the project itself, editable (its build backend is in the lock: no network), and write the stamp."""
    say("memasang kinerja_lib (installing the project)")
    run_logged([*installer(folder / VENV), "--no-deps", "--no-build-isolation", "--no-index", "-e", "."], folder)
    (folder / VENV / STAMP).write_text("\n".join(wanted), encoding="utf-8")


def put_aside(folder: Path) -> None:
    """Clear the way for a new `.venv`: a half-made one goes, a finished one is kept until the new one is whole."""
    venv, old = folder / VENV, folder / OLD_VENV
    if not os.path.lexists(venv):
        return
    if not is_ours(venv):
        raise StartError(
            f"{venv} bukan lingkungan Python; pindahkan atau ganti namanya lalu ulangi "
            "(.venv is something else and stays untouched: move or rename it and start again)"
        )
    try:
        if read_stamp(venv):
            shutil.rmtree(old, ignore_errors=True)
            venv.rename(old)
        else:
            say(".venv rusak atau belum selesai; dibuat ulang (.venv is damaged or half-made: making it anew)")
            shutil.rmtree(venv)
    except OSError as error:
        raise StartError(
            f"{venv} sedang dipakai ({error.strerror}); tutup Jupyter dan program lain yang memakainya lalu ulangi "
            "(.venv is in use: close Jupyter and other programs that use it and start again)"
        ) from None


def bring_back(folder: Path) -> None:
    """Undo `put_aside` after a failure: the finished `.venv` returns, with the log of what failed."""
    venv, old = folder / VENV, folder / OLD_VENV
    if old.is_dir():
        if (venv / LOG).exists():
            shutil.copyfile(venv / LOG, old / LOG)
        shutil.rmtree(venv, ignore_errors=True)
        old.rename(venv)


def remake(folder: Path, wanted: list[str]) -> None:
    """Make `.venv` from scratch."""
    put_aside(folder)
    try:
        check_can_install(folder)
        install_packages(folder)
        install_project(folder, wanted)
    except BaseException:
        bring_back(folder)
        raise
    shutil.rmtree(folder / OLD_VENV, ignore_errors=True)


def take(guard: int) -> bool:
    """Try to lock the open guard file; the system frees it when its holders end, however they end."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(guard, 0, os.SEEK_SET)
            msvcrt.locking(guard, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


@contextlib.contextmanager
def only_one(folder: Path):
    """Let one `mulai.py` at a time change `.venv`; a second one waits."""
    try:
        guard = (folder / GUARD).open("a+b")
    except OSError as error:
        raise StartError(
            f"folder {folder} tidak dapat ditulisi ({error.strerror}); pindahkan ke folder milik Anda lalu ulangi "
            "(the folder is not writable: move it to a folder of your own and start again)"
        ) from None
    with guard:
        os.set_inheritable(guard.fileno(), True)
        if not take(guard.fileno()):
            say("menunggu mulai.py lain yang sedang memasang (waiting for another mulai.py that is installing)")
            while not take(guard.fileno()):
                time.sleep(0.5)
        yield


def prepare(folder: Path) -> None:
    """Make sure that `.venv` is whole and up to date; takes milliseconds when it is."""
    wanted, venv = fingerprint(folder), folder / VENV
    if read_stamp(venv) == wanted:
        return
    with only_one(folder):
        stamp = read_stamp(venv)
        if stamp == wanted:  # another start has made it meanwhile
            return
        has_installer = shutil.which("uv") or shutil.which("pip", path=str(scripts_folder(venv)))
        if stamp[:1] == wanted[:1] and has_installer:  # only pyproject.toml has changed
            install_project(folder, wanted)
        else:
            remake(folder, wanted)
        say("siap (ready)")


def run(command: list[str], folder: Path, cwd: Path | None = None) -> int:
    """Run a program of `.venv` to its end and return its exit code; on Ctrl-C it stops itself."""
    with subprocess.Popen(command, env=child_environment(folder / VENV), cwd=cwd) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                code = child.wait()
                break
            except KeyboardInterrupt:
                continue
    if code in (-signal.SIGINT, WINDOWS_INTERRUPTED):
        return INTERRUPTED
    return code if code >= 0 else 128 - code


def run_tests(folder: Path, pytest_arguments: list[str]) -> int:
    """Run every check even after one failed, pytest last; return 1 when any failed."""
    steps = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        "pytest": ["pytest", "-n", "2", "--dist", "worksteal", *pytest_arguments],
    }
    failed = []
    for name, arguments in steps.items():
        say(" ".join(arguments))
        code = run([str(venv_python(folder / VENV)), "-m", *arguments], folder, cwd=folder)
        if code == INTERRUPTED:
            return code
        if code:
            failed.append(name)
    if failed:
        say(f"gagal (failed): {', '.join(failed)}")
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Prepare `.venv`, run what the arguments ask for, and return the exit code."""
    folder = Path(__file__).resolve().parent
    try:
        prepare(folder)
        if arguments[:1] == ["test"]:
            return run_tests(folder, arguments[1:])
        # -P: a file in the caller's folder that is called like a package must not take its place.
        kinerja = [str(venv_python(folder / VENV)), "-P", "-m", "kinerja_lib.cli"]
        return run([*kinerja, *(arguments or ["--help"])], folder)
    except StartError as fault:
        say(str(fault))
        return 1
    except OSError as error:
        say(NO_SPACE if error.errno == errno.ENOSPC else f"gagal (failed): {error}")
        return 1
    except KeyboardInterrupt:
        say("dihentikan (stopped)")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
