"""A browser for the tests of pages; they are left out where no Chromium is on the path."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --hide-scrollbars --allow-file-access-from-files"
)


@pytest.fixture(scope="session", autouse=True)
def _require_browser() -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the path")


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Return what calls the browser with a fresh profile and gives what it prints."""

    def run(*arguments: str) -> str:
        command = [str(CHROMIUM), *FLAGS.split(), f"--user-data-dir={tmp_path / 'profil'}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run
