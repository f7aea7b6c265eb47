"""A tiny project in a temporary folder: three notebooks and a data set of four units, one of them without people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from kinerja_lib.report import files

SHARED = """data: str = "data/contoh"  # folder data
period: str = ""  # periode; kosong berarti terbaru
lang: str = "id"  # bahasa
"""
UNIT = 'unit: str = ""  # unit\nambang: float = 0.5  # ambang\n'
HOSTILE = "../../luar"

MakeNotebook = Callable[..., Path]


@pytest.fixture
def make_notebook() -> MakeNotebook:
    """Write a notebook: its title, the parameters cell, then code cells."""

    def make(file: Path, parameters: str, *code: str, title: str = "# Judul", tag: str = "parameters") -> Path:
        v4 = nbformat.v4
        first = v4.new_code_cell(parameters, metadata={"tags": [tag]})
        cells = [v4.new_markdown_cell(title), first, *(v4.new_code_cell(text) for text in code)]
        cells.append(v4.new_markdown_cell("## I Pendahuluan\n\nTeks pembuka."))
        for number, cell in enumerate(cells):
            cell["id"] = f"sel-{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(v4.new_notebook(cells=cells), file)
        return file

    return make


@pytest.fixture
def project(tmp_path: Path, make_notebook: MakeNotebook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder that takes the place of the real one."""
    root = tmp_path / "proyek"
    books, data = root / "notebooks", root / "data" / "contoh"
    make_notebook(books / "01_mutu_data.ipynb", SHARED, title="# Mutu data")
    make_notebook(books / "02_laporan_unit.ipynb", SHARED + UNIT, "assert unit != 'U02', 'unit buruk'", title="# Unit")
    make_notebook(books / "03_laporan_instansi.ipynb", SHARED, title="# Instansi")
    make_notebook(books / "studi_kasus" / "nsw.ipynb", SHARED, title="# NSW")
    data.mkdir(parents=True)
    tables = {
        "unit": f"unit_id,nama\nU01,Bidang Satu\nU02,Bidang Dua\n{HOSTILE},Bidang <Tiga>\nU04,Bidang Empat\n",
        "pegawai": f"pegawai_id,unit_id\np1,U01\np2,U02\np3,{HOSTILE}\np4,U04\n",
        "penilaian": f"pegawai_id,periode,unit_id,predikat\np1,2024-S2,U01,Baik\np1,2025-S1,U01,Baik\n"
        f"p2,2025-S1,U02,Baik\np3,2025-S1,{HOSTILE},Baik\np4,2024-S2,U04,Baik\n",
        "keterangan": "kunci,isi\njudul,Contoh kecil\ninstansi,Kantor Contoh\nsumber,e-Kinerja\nlisensi,MIT\n",
    }
    for name, text in tables.items():
        (data / f"{name}.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(files, "PROJECT", root)
    return root
