"""Is everything there that the reports need? A line each, with what to do where something is missing."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from kinerja_lib.errors import DataError
from kinerja_lib.language import _
from kinerja_lib.report import files

OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_MB = 500
KERNEL_SECONDS = 60
NAME = re.compile(r"[A-Za-z0-9._-]+")
START_NOTEBOOKS = ("00_mulai", "01_mutu_data", "02_laporan_unit", "03_laporan_instansi")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what it is, and what to do; an empty `advice` means that all is well."""

    name: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.advice


def check_installation() -> Iterator[Check]:
    """Look at Python, packages, notebooks, sample data, kernel, folder of reports and disk, one after the other.

    Yields
    ------
    Check
    """
    yield _check_python()
    yield from _check_packages(files.PROJECT)
    yield _check_notebooks()
    yield _check_sample()
    yield _check_kernel()
    yield _check_reports()
    yield _check_disk()


def _check_python() -> Check:
    bits = 64 if sys.maxsize > 2**32 else 32
    name = f"Python {platform.python_version()}, {bits}-bit, {platform.platform(terse=True)}"
    if OLDEST <= sys.version_info[:2] <= NEWEST and bits == 64:
        return Check(name)
    return Check(name, _("pasang Python 3.13 (64-bit), lalu jalankan mulai.py dengannya"))


def _check_packages(project: Path) -> Iterator[Check]:
    """Compare each package that the project needs with the exact version of requirements.lock, where it is there."""
    locked = _read_lock(project / "requirements.lock")
    for name in _read_needed(project / "pyproject.toml"):
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Check(name, _("belum terpasang; jalankan: python mulai.py doctor"))
            continue
        wanted = locked.get(name.lower(), found)
        text = _("terpasang {found}, seharusnya {wanted}; jalankan: python mulai.py doctor")
        yield Check(f"{name} {found}", "" if found == wanted else text.format(found=found, wanted=wanted))


def _read_needed(file: Path) -> list[str]:
    try:
        needed = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        needed = ["ipykernel", "jupyterlab", "matplotlib", "pandas", "papermill", "statsmodels"]
    return [found[0] for line in needed if (found := NAME.match(line))]


def _read_lock(file: Path) -> dict[str, str]:
    """Return package -> version for this Python and system."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    locked: dict[str, str] = {}
    for line in lines:
        text = line.removesuffix("\\").strip()
        if "==" not in text or line[:1].isspace() or text.startswith(("#", "-")):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            locked[requirement.name.lower()] = str(requirement.specifier).removeprefix("==")
    return locked


def _check_notebooks() -> Check:
    known = files.list_notebooks()
    missing = [name for name in START_NOTEBOOKS if name not in known]
    text = _("tidak ada: {missing}; salin ulang folder proyek seutuhnya")
    return Check(_("Notebook"), text.format(missing=", ".join(missing)) if missing else "")


def _check_sample() -> Check:
    folder = files.sample_data()
    there = any((folder / f"unit{suffix}").is_file() for suffix in (".csv", ".parquet"))
    text = _("folder {folder} tidak ada; jalankan: kinerja synth --out data/contoh")
    return Check(_("Data contoh"), "" if there else text.format(folder="data/contoh"))


def _check_kernel() -> Check:
    """Start a kernel as a report does, and let it load the library."""
    name = _("Kernel Jupyter")
    return Check(
        name, _advice(_start_kernel, _("kernel tidak dapat dimulai ({why}); jalankan: python mulai.py doctor"))
    )


def _start_kernel() -> None:
    from kinerja_lib.report.engine import kernel_settings
    from kinerja_lib.report.parameters import KERNEL, load_nbformat

    v4 = load_nbformat().v4
    from nbclient import NotebookClient

    notebook = v4.new_notebook(cells=[v4.new_code_cell("import kinerja_lib")])
    with kernel_settings() as config:
        NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=KERNEL_SECONDS,
            startup_timeout=KERNEL_SECONDS,
            shutdown_kernel="immediate",
            config=config,
            resources={"metadata": {"path": str(files.PROJECT)}},
        ).execute()


def _check_reports() -> Check:
    text = _("folder tidak dapat ditulisi ({why}); pindahkan proyek ke folder milik Anda")
    return Check(_("Folder laporan {folder}").format(folder="reports/runs"), _advice(_try_writing, text))


def _try_writing() -> None:
    folder = files.runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=files.PART) as file:
        file.write(b"1")


def _advice(attempt: Callable[[], None], text: str) -> str:
    """Return nothing when the attempt succeeds, else the advice with the reason in one line."""
    try:
        attempt()
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return text.format(why=(lines[-1] if lines else type(error).__name__)[:120])
    return ""


def _check_disk() -> Check:
    free = shutil.disk_usage(files.PROJECT).free // 1_000_000
    name = _("Ruang disk {free} MB").format(free=free)
    text = _("perlu {needed} MB; kosongkan sebagian disk")
    return Check(name, "" if free >= NEEDED_MB else text.format(needed=NEEDED_MB))


def open_lab() -> int:
    """Open Jupyter in the project's folder at the start notebook and return its exit code.

    Raises
    ------
    DataError
        JupyterLab is not installed.
    """
    import subprocess

    if find_spec("jupyterlab") is None:
        raise DataError(_("jupyterlab belum terpasang; jalankan: python mulai.py lab"))
    start = files.notebooks_folder() / "00_mulai.ipynb"
    command = [sys.executable, "-m", "jupyterlab", *([str(start)] if start.is_file() else [])]
    with subprocess.Popen(command, cwd=files.PROJECT) as child:
        while True:
            try:
                code = child.wait()
                return code if code >= 0 else 128 - code
            except KeyboardInterrupt:  # Jupyter asks whether to stop
                continue
