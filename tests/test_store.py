"""Tables at rest: what is written comes back, to the byte and by unit; a slice is the same from memory and files."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest

from kinerja_lib import store
from kinerja_lib.errors import CallError
from kinerja_lib.read import open_dataset, read_dataset
from kinerja_lib.schema import Dataset
from kinerja_lib.store import UNIT, find_owners
from kinerja_lib.synth import build_agency


@pytest.fixture(scope="module")
def agency():
    return build_agency(people=200, units=4, periods=4)


@pytest.fixture(scope="module")
def stored(agency, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    agency.write(folder)
    return folder


def sorted_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(list(frame.columns[:3])).reset_index(drop=True)


def test_what_is_written_comes_back(agency, stored):
    read = read_dataset(stored)
    assert read.keterangan == agency.keterangan
    assert read.ignored == ()
    assert list(read) == list(agency)
    for name in agency:
        pd.testing.assert_frame_equal(sorted_rows(read[name]), sorted_rows(agency[name]))


def test_opened_tables_are_those_read(stored):
    opened, read = open_dataset(stored), read_dataset(stored)
    assert list(opened) == list(read)
    assert len(opened.tables) == len(read.tables)
    assert opened.keterangan == read.keterangan
    for name in read:
        pd.testing.assert_frame_equal(opened[name], read[name])


def test_same_tables_give_the_same_bytes(agency, stored, tmp_path):
    for file in agency.write(tmp_path):
        assert file.read_bytes() == (stored / file.name).read_bytes()


def test_rows_of_a_unit_stand_together(agency, tmp_path, monkeypatch):
    """Sorted by unit, and each row group says which units it holds: the others are not read."""
    monkeypatch.setattr(store, "ROW_GROUP", 50)
    agency.write(tmp_path)
    for name in ("penilaian", "kegiatan", "skp", "pegawai", "survei"):
        file = pq.ParquetFile(tmp_path / f"{name}.parquet")
        units = file.read([UNIT])[UNIT].to_pylist()
        assert units == sorted(units)
        at = file.schema_arrow.names.index(UNIT)
        groups = [file.metadata.row_group(number).column(at).statistics for number in range(file.num_row_groups)]
        assert len(groups) > 2
        assert all(group.min <= group.max for group in groups)


@pytest.mark.parametrize("period", [None, "2024-S2", "2024", "2024-T1"])
def test_slice_is_the_same_from_memory_and_from_files(stored, period):
    whole, opened = read_dataset(stored), open_dataset(stored)
    for unit in whole.unit_ids:
        memory, files = whole.unit(unit, period), opened.unit(unit, period)
        assert list(memory) == list(files)
        for name in memory:
            pd.testing.assert_frame_equal(memory[name], files[name])


def test_slices_hold_each_row_once(agency):
    slices = [agency.unit(unit) for unit in agency.unit_ids]
    for name in ("penilaian", "skp", "kompetensi", "kegiatan", "biaya", "survei"):
        assert sum(len(part[name]) for part in slices) == len(agency[name])


def test_slice_knows_the_people_who_have_left_the_unit_since():
    """Who was appraised in U1 and is in U2 now: rows of that time belong to U1, later ones to U2."""
    data = mover()
    first, second = data.unit("U1"), data.unit("U2")
    assert first["pegawai"]["pegawai_id"].tolist() == ["B", "A"]
    assert first["kegiatan"]["kegiatan_id"].tolist() == ["K1"]
    assert second["kegiatan"]["kegiatan_id"].tolist() == ["K2", "K3"]
    assert second["pegawai"]["pegawai_id"].tolist() == ["A"]
    assert data.unit("U1", "2024-S2")["pegawai"]["pegawai_id"].tolist() == ["B"]


def mover() -> Dataset:
    days = pd.to_datetime(["2024-02-01", "2024-08-01", "2023-01-01"])
    return Dataset(
        {
            "unit": pd.DataFrame({"unit_id": ["U1", "U2"], "nama": ["Satu", "Dua"]}, dtype="str"),
            "pegawai": pd.DataFrame({"pegawai_id": ["A", "B"], "unit_id": ["U2", "U1"]}, dtype="str"),
            "penilaian": pd.DataFrame(
                {"pegawai_id": ["A", "A"], "periode": ["2024-S1", "2024-S2"], "unit_id": ["U1", "U2"]}, dtype="str"
            ),
            "kegiatan": pd.DataFrame(
                {"kegiatan_id": ["K1", "K2", "K3"], "pegawai_id": ["A", "A", "A"], "mulai": days}
            ).astype({"kegiatan_id": "str", "pegawai_id": "str"}),
        }
    )


def test_rows_before_any_appraisal_belong_to_the_unit_of_now():
    owners = find_owners(mover().tables, "kegiatan")
    assert owners.tolist() == ["U1", "U2", "U2"]


def test_unknown_unit_is_named_with_the_known_ones(agency):
    with pytest.raises(CallError, match=r"unit: ditemukan 'U0l'; yang ada pada tabel unit: U01, U02, U03, U04"):
        agency.unit("U0l")


def test_folder_with_other_files_is_refused(agency, tmp_path):
    (tmp_path / "catatan.txt").write_text("milik pengguna", encoding="utf-8")
    with pytest.raises(CallError, match=r"folder berisi berkas lain \(catatan.txt\)"):
        agency.write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["catatan.txt"]


def test_tables_of_an_earlier_writing_are_removed(agency, tmp_path):
    agency.write(tmp_path)
    Dataset({name: agency[name] for name in ("unit", "pegawai", "penilaian")}).write(tmp_path)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["_tamu", "pegawai", "penilaian", "unit"]


def test_place_that_cannot_be_written_is_named(agency, tmp_path):
    (tmp_path / "berkas").write_text("", encoding="utf-8")
    with pytest.raises(CallError, match=r"berkas.*tidak dapat ditulis"):
        agency.write(tmp_path / "berkas" / "data")


def test_folder_without_a_store_is_refused(tmp_path):
    with pytest.raises(CallError, match=r"tidak ada unit.parquet"):
        open_dataset(tmp_path)


def test_missing_table_of_a_store_is_a_key_error(stored):
    with pytest.raises(KeyError, match="lain"):
        open_dataset(stored)["lain"]
