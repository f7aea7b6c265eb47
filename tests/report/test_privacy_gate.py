"""No NIP reaches a report folder, wherever in a page or an executed notebook it stands."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from kinerja_lib.errors import RunError
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.privacy_gate import holds_id, refuse_ids

NIP, PPPK = "198001012010041001", "199107162024212001"


def packed(*parts: bytes, name: str = "isi.xml") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"".join(parts))
    return stream.getvalue()


def streamed(text: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode>>\nstream\n" + zlib.compress(text) + b"\nendstream\nendobj"


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


FILES = {
    "in a part of a Word or Excel file": packed(b"<t>", NIP.encode(), b"</t>"),
    "in the name of a part": packed(b"x", name=f"{NIP}.xml"),
    "in a file in a file": packed(packed(NIP.encode())),
    "in a drawing in a part": packed(b"base64," + base64.b64encode(f"<text>{NIP}</text>".encode())),
    "in a stream of a PDF": streamed(f"/ActualText ({NIP})".encode()),
    "in two bytes a letter": streamed(b"\xfe\xff" + NIP.encode("utf-16-be")),
    "taken for an amount": b"<td>198.001.012.010.041.001</td>",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_nip_is_found_inside_files(content: bytes) -> None:
    assert holds_id(content)


@pytest.mark.parametrize(
    "content",
    [packed(b"aman"), streamed(b"aman"), b"PK\x03\x04 rusak", b"%PDF-1.7 stream\nrusak\nendstream", b"1,234,567.00"],
)
def test_files_without_a_nip_pass(content: bytes) -> None:
    assert not holds_id(content)


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
