"""The page of findings: notebook 01 without a kernel, for any tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.report.findings_page import build_findings_page, write_findings
from kinerja_lib.schema import Dataset

FAULT = Finding(rule="nip_length", severity="error", file="<b>.xlsx", sheet="Satu", cell="B7", message="m", remedy="r")
DATA = Dataset({"unit": pd.DataFrame({"unit_id": ["U1"], "nama": ["Satu"]})}, keterangan={"instansi": "Kantor"})


def test_the_page_lists_files_and_links_to_their_tables() -> None:
    page = build_findings_page(DATA, Findings((FAULT,))).decode("utf-8")
    for words in ("Mutu Data", "Kantor", "&lt;b&gt;.xlsx", 'href="#temuan-berkas-1"', 'id="temuan-berkas-1"', "B7"):
        assert words in page
    assert "kl." not in page
    assert build_findings_page(DATA, Findings((FAULT,))).decode("utf-8") == page


def test_nothing_at_all_is_a_page_too() -> None:
    assert "tidak ada galat maupun peringatan" in build_findings_page(Dataset({}), Findings()).decode("utf-8")


def test_three_files_side_by_side(tmp_path: Path) -> None:
    page = write_findings(DATA, Findings((FAULT,)), tmp_path / "baru" / "temuan.json")
    assert page == tmp_path / "baru" / "temuan.html"
    assert sorted(path.name for path in page.parent.iterdir()) == ["temuan.csv", "temuan.html", "temuan.json"]
    with pytest.raises(CallError, match="tidak dapat ditulis"):
        write_findings(DATA, Findings(), page / "x.json")
