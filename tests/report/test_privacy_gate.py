"""No NIP reaches a report folder, wherever in a page or an executed notebook it stands."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import RunError
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.privacy_gate import holds_id, refuse_ids

NIP, PPPK = "198001012010041001", "199107162024212001"
CELL = 'data: str = ""  # data\nlang: str = "id"  # bahasa\n'


@pytest.mark.parametrize(
    "text",
    [
        f"<td>{NIP}</td>",
        f"NIP {PPPK}.",
        "NIP. 19800101 201004 1 001",
        f"x{NIP}y",
        f"00{NIP}9",
        '<img src="data:image/svg+xml;base64,' + base64.b64encode(f"<text>{NIP}</text>".encode()).decode() + '">',
    ],
)
def test_a_nip_is_found_in_any_form(text: str) -> None:
    assert holds_id(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "19800101201004100", "123456789012345678", "0.30000000000000004", "999999999999999999", "sha256 " + "ab" * 32],
)
def test_other_numbers_pass(text: str) -> None:
    assert not holds_id(text.encode())


def test_an_id_of_the_data_is_found_though_no_nip(tmp_path: Path) -> None:
    odd = "198001012010041000"  # ends in 000: no NIP, but the data have it
    (tmp_path / "unit.csv").write_text("unit_id,nama\nU1,Satu\n", encoding="utf-8")
    (tmp_path / "pegawai.csv").write_text(f"pegawai_id,unit_id\n{odd},U1\n", encoding="utf-8")
    (tmp_path / "penilaian.csv").write_text(f"pegawai_id,periode\n{odd},2024\n", encoding="utf-8")
    assert holds_id(odd.encode(), data=str(tmp_path))
    assert not holds_id(odd.encode())
    assert not holds_id(odd.encode(), data="tidak/ada")


def test_the_refusal_names_the_file_and_not_the_person() -> None:
    refuse_ids({"a.html": b"aman"})
    with pytest.raises(RunError, match=r"^b\.html memuat NIP, jadi tidak ditulis") as told:
        refuse_ids({"a.html": b"aman", "b.html": NIP.encode()})
    assert NIP not in str(told.value)


SHOWN = {
    "printed": f"print('{NIP}')",
    "shown": f"import pandas as pd\npd.DataFrame({{'pegawai_id': ['{NIP}']}})",
    "fault": f"raise KeyError('{NIP}')",
}


@pytest.mark.parametrize("code", SHOWN.values(), ids=SHOWN.keys())
def test_a_notebook_that_shows_a_nip_leaves_nothing(tmp_path: Path, make_notebook: Any, code: str) -> None:
    source = make_notebook(tmp_path / "buku.ipynb", CELL, code)
    out = tmp_path / "hasil"
    with pytest.raises(RunError) as told:
        run_notebook(source, out, {})
    assert NIP not in str(told.value)
    assert list(out.iterdir()) == []


def test_what_is_packed_in_a_word_or_excel_file_is_searched() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/sharedStrings.xml", f"<t>{NIP}</t>" * 20)
    assert NIP.encode() not in packed.getvalue()
    with pytest.raises(RunError, match=r"^a\.xlsx memuat NIP"):
        refuse_ids({"a.xlsx": packed.getvalue()})
