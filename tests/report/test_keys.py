"""What a page's key holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kinerja_lib.report import keys
from kinerja_lib.report.keys import PACKAGES, build_key, read_basis, read_inputs, read_versions
from kinerja_lib.report.plan import plan_reports

ROOT = Path(__file__).parents[2]
NO_MATTER = {"jupyterlab", "tqdm"}  # packages that no page hangs on


def test_every_package_that_a_page_can_hang_on_counts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[<>=]", text)[0] for text in project["dependencies"]}
    assert set(PACKAGES) == named - NO_MATTER
    assert read_versions().keys() >= {"python", "kinerja_lib", "pandas", "papermill"}


def test_the_library_is_all_its_files_but_what_python_leaves(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "a.py").write_text("x = 1", encoding="utf-8")
    (tmp_path / "rules" / "bup.csv").write_text("58", encoding="utf-8")
    before = keys._hash_folder(tmp_path)
    for ignored in ("__pycache__/a.pyc", ".a.py.swp"):
        (tmp_path / ignored).parent.mkdir(exist_ok=True)
        (tmp_path / ignored).touch()
    assert keys._hash_folder(tmp_path) == before
    (tmp_path / "rules" / "bup.csv").write_text("60", encoding="utf-8")
    assert keys._hash_folder(tmp_path) != before
    (tmp_path / "rules" / "bup.csv").write_text("58", encoding="utf-8")
    (tmp_path / "rules" / "bup.csv").rename(tmp_path / "bup.csv")
    assert keys._hash_folder(tmp_path) != before


def test_pages_of_different_units_have_keys_of_their_own_that_stay(project: Path) -> None:
    plan = plan_reports(units=["U01", "U02"])
    basis = read_basis(plan)
    found = [build_key(plan, page, basis) for page in plan.pages]
    assert len(set(found)) == len(plan.pages) == 4
    again = plan_reports(units=["U02", "U01"])
    assert {build_key(again, page, read_basis(again)) for page in again.pages} == set(found)


def test_a_workbook_is_one_input(project: Path, tmp_path: Path) -> None:
    import pandas as pd

    book = tmp_path / "data.xlsx"
    with pd.ExcelWriter(book, engine="xlsxwriter") as writer:
        for file in sorted((project / "data" / "contoh").glob("*.csv")):
            pd.read_csv(file, dtype="str").to_excel(writer, sheet_name=file.stem, index=False)
    plan = plan_reports(book)
    assert read_inputs(plan) == dict(plan.data.hashes)
    assert list(read_inputs(plan)) == ["data.xlsx"]


@pytest.mark.parametrize("text", ["", "coaching", "x" * 5000, "a\0b"])
def test_a_word_names_no_file(project: Path, text: str) -> None:
    assert keys._hash_named(text) == ""
