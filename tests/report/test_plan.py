"""What a call of reports comes to where a notebook takes several data sets at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.read import write_dataset
from kinerja_lib.report.plan import plan_reports
from kinerja_lib.synth import build_agency

POOLED = ["16_gabungan"]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        data = build_agency(people=60, units=3, periods=2, seed=ord(name))
        write_dataset(replace(data, keterangan={"instansi": name, "catatan": name}), tmp_path / name)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "unit.csv").write_text("", encoding="utf-8")
    return tmp_path


def test_the_notebook_of_agencies_takes_several_data_sets(folders: Path) -> None:
    plan = plan_reports(folders, notebooks=POOLED)
    (page,) = plan.pages
    assert page.parameters["data"] == ";".join(str(folders / name) for name in "abc")
    assert {name.partition("/")[0] for name in plan.data.hashes} == {"a", "b"}
    assert (plan.data.keterangan, plan.data.source) == ({}, str(folders))  # no note of one agency stands for all
    text = f"{folders / 'b'};{folders / 'a'}"
    assert plan_reports(text, notebooks=POOLED).pages[0].parameters["data"] == text


def test_one_data_set_is_read_as_ever(folders: Path) -> None:
    assert plan_reports(folders / "a", notebooks=POOLED).data.keterangan["instansi"] == "a"
    with pytest.raises(CallError, match=r"bukan folder data"):
        plan_reports(folders, notebooks=["03_laporan_instansi"])
    with pytest.raises(CallError, match=r"bukan folder data"):
        plan_reports(folders, notebooks=["03_laporan_instansi", *POOLED])


def test_nothing_that_can_be_read_is_refused(folders: Path) -> None:
    with pytest.raises(DataError, match=r"^unit\.csv: berkas kosong"):
        plan_reports(f"{folders / 'c'};{folders / 'd'}", notebooks=POOLED)
