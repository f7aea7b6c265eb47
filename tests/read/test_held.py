from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from kinerja_lib.read import canonical, held, read_dataset
from kinerja_lib.read.held import find_held, hold_datasets
from kinerja_lib.report.kernels import parent
from kinerja_lib.schema import Dataset

SAMPLE = Path(canonical.__file__).parents[2] / "data" / "contoh"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return a small folder of data; what a test holds is let go."""
    for name in ("unit", "pegawai", "penilaian", "keterangan"):
        shutil.copy(SAMPLE / f"{name}.csv", tmp_path)
    yield tmp_path
    hold_datasets({})
    parent._seen = {}


def test_held_data_are_those_read_and_nobody_can_spoil_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_dataset(place)
    assert find_held(place) is None
    hold_datasets({str(place): read})
    monkeypatch.setattr(canonical, "_read_folder", None)  # nothing is read from here on
    first = read_dataset(place)
    assert (first.source, first.hashes, first.keterangan) == (read.source, read.hashes, read.keterangan)
    assert list(first.tables) == list(read.tables)
    for name, frame in first.tables.items():
        assert_frame_equal(frame, read[name])
    before = read["unit"].copy(deep=True)
    first["unit"].loc[0, "nama"] = "salah"
    first["penilaian"]["baru"] = 1
    first.keterangan["judul"] = "salah"  # type: ignore[index]
    second = read_dataset(place)
    assert_frame_equal(second["unit"], before)
    assert "baru" not in second["penilaian"]
    assert second.keterangan["judul"] == read.keterangan["judul"]


@pytest.mark.parametrize("change", ["bytes", "more", "less", "gone"])
def test_changed_files_are_never_served_from_memory(place: Path, change: str) -> None:
    hold_datasets({str(place): read_dataset(place)})
    assert find_held(place) is not None
    if change == "bytes":
        file = place / "unit.csv"
        file.write_bytes(file.read_bytes() + b"\n")
    elif change == "more":
        shutil.copy(SAMPLE / "biaya.csv", place)
    elif change == "less":
        (place / "keterangan.csv").unlink()
    else:
        shutil.rmtree(place)
        place.mkdir()
    assert find_held(place) is None
    hold_datasets({})
    assert not held._held


def test_the_parent_holds_what_is_small_and_reads_again_what_changed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(one: str) -> Dataset | None:
        asked.append(one)
        return read_dataset(one) if Path(one).exists() else None

    monkeypatch.setattr(parent, "read_apart", read)
    for _again in range(2):
        parent.hold((str(place),))
    assert asked == [str(place)]
    assert find_held(place) is not None
    file = place / "unit.csv"
    file.write_bytes(file.read_bytes() + b"\n")
    parent.hold((str(place), str(place / "tidak-ada")))
    assert len(asked) == 3
    monkeypatch.setattr(parent, "MOST_HELD", 1000)
    parent.hold((str(place),))
    assert (len(asked), find_held(place)) == (3, None)
