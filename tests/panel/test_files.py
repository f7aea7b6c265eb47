"""The panel as a file: the same bytes in memory, in buckets, over processes and on a cluster; whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.panel import build_panel, files
from kinerja_lib.panel.files import parse_memory, write_panel
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import Dataset
from kinerja_lib.synth import build_agency


@pytest.fixture
def folder(tmp_path, build_random):
    """Return a folder of Parquet with an agency at random, and its units."""
    return store(build_random(7), tmp_path / "data")


def store(data: Dataset, place):
    units = pd.DataFrame({"unit_id": ["U1", "U2", "U3", "U4"], "nama": ["a", "b", "c", "d"]}, dtype="str")
    Dataset({"unit": units, **data.tables}).write(place)
    return place


@pytest.fixture
def small_buckets(monkeypatch):
    """Let a bucket hold a hundred rows, so that a small agency has many."""
    monkeypatch.setattr(files.Means, "fitting", lambda _self, _kinds: 100)


def rewrite(folder, name: str, **columns: object) -> None:
    """Change columns of a table in place."""
    file = folder / f"{name}.parquet"
    frame = pd.read_parquet(file)
    frame.assign(**columns).to_parquet(file, index=False)


@pytest.mark.parametrize("seed", [1, 3, 7, 12])
def test_buckets_give_the_same_bytes(tmp_path, build_random, small_buckets, seed):
    data = store(build_random(seed), tmp_path / "data")
    whole = write_panel(data, tmp_path / "whole.parquet")
    parts = write_panel(data, tmp_path / "parts.parquet", memory="1GB", jobs=1)
    assert whole.buckets == 0
    assert parts.buckets > 5
    assert (parts.rows, parts.people, parts.dropped) == (whole.rows, whole.people, whole.dropped)
    assert parts.path.read_bytes() == whole.path.read_bytes()


def test_row_groups_cross_the_buckets(tmp_path, folder, small_buckets, monkeypatch):
    monkeypatch.setattr(files, "ROW_GROUP", 70)
    whole = write_panel(folder, tmp_path / "whole.parquet")
    parts = write_panel(folder, tmp_path / "parts.parquet", memory="1GB", jobs=1)
    assert parts.path.read_bytes() == whole.path.read_bytes()
    metadata = pq.read_metadata(whole.path)
    sizes = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {70}
    assert sum(sizes) == whole.rows


def test_file_holds_what_build_panel_returns(tmp_path, folder):
    written = write_panel(folder, tmp_path / "panel.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(written.path), build_panel(read_dataset(folder)), check_flags=False)


def test_processes_give_the_same_bytes(tmp_path):
    data = tmp_path / "data"
    write_dataset(build_agency(people=120, units=3, periods=3), data)
    whole = write_panel(data, tmp_path / "whole.parquet")
    parts = write_panel(data, tmp_path / "parts.parquet", memory="2GB", jobs=2)
    assert parts.buckets == 2
    assert parts.path.read_bytes() == whole.path.read_bytes()


def test_csv_with_decimal_commas(tmp_path, build_random, small_buckets):
    data = build_random(5)
    plain, comma = tmp_path / "plain", tmp_path / "comma"
    units = pd.DataFrame({"unit_id": ["U1"], "nama": ["Satu"]}, dtype="str")
    write_dataset(Dataset({"unit": units, **data.tables}), plain)
    comma.mkdir()
    for name, frame in {"unit": units, **data.tables}.items():
        frame.to_csv(comma / f"{name}.csv", sep=";", decimal=",", index=False, date_format="%Y-%m-%d")
    whole = write_panel(plain, tmp_path / "whole.parquet")
    for place in (plain, comma):
        parts = write_panel(place, tmp_path / "parts.parquet", memory="1GB", jobs=1)
        assert parts.buckets > 5
        assert parts.path.read_bytes() == whole.path.read_bytes()


def test_cluster_gives_the_same_bytes(tmp_path, folder, small_buckets):
    distributed = pytest.importorskip("distributed", reason="dask.distributed belongs to the extra cluster")
    whole = write_panel(folder, tmp_path / "whole.parquet")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        parts = write_panel(folder, tmp_path / "parts.parquet", scheduler=cluster.scheduler_address)
    assert parts.buckets > 5
    assert parts.path.read_bytes() == whole.path.read_bytes()


def test_counts_are_those_of_sql(tmp_path):
    data = tmp_path / "data"
    build_agency(people=300, units=4, periods=4).write(data)
    panel = write_panel(data, tmp_path / "panel.parquet", memory="1GB", jobs=1).path
    semester = "year(mulai) || '-S' || CASE WHEN month(mulai) < 7 THEN 1 ELSE 2 END"
    query = f"""
        SELECT (SELECT count(*) FROM '{data}/penilaian.parquet'),
               (SELECT count(*) FROM '{data}/kegiatan.parquet' k SEMI JOIN '{panel}' p
                ON p.pegawai_id = k.pegawai_id AND p.periode = {semester} WHERE k.jenis = 'coaching'),
               (SELECT count(*) FROM '{data}/pegawai.parquet' WHERE tanggal_keluar < '2025-07-01'
                AND tanggal_keluar >= '2023-07-01')"""
    ours = f"SELECT count(rating_hasil), sum(n_coaching)::BIGINT, count(keluar) FROM '{panel}'"
    assert duckdb.sql(ours).fetchall() == duckdb.sql(query).fetchall()


def test_fault_leaves_the_old_file(tmp_path, folder, small_buckets, monkeypatch):
    out = tmp_path / "panel.parquet"
    out.write_bytes(b"lama")
    build = files.build_part

    def stop_at_second(*words):
        if words[-1] == 1:
            raise KeyboardInterrupt
        return build(*words)

    monkeypatch.setattr(files, "build_part", stop_at_second)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        write_panel(folder, out, memory="1GB", jobs=1)
    assert out.read_bytes() == b"lama"
    assert sorted(place.name for place in tmp_path.iterdir()) == ["data", "panel.parquet"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill without notice")
def test_killed_run_leaves_no_half_file(tmp_path, folder, small_buckets):
    """Killed in its second bucket; the next run clears away what it left."""
    out = tmp_path / "panel.parquet"
    code = f"""
import os, signal
from kinerja_lib.panel import files
build = files.build_part
files.Means.fitting = lambda self, kinds: 100
files.build_part = lambda *words: os.kill(os.getpid(), signal.SIGKILL) if words[-1] == 1 else build(*words)
files.write_panel({str(folder)!r}, {str(out)!r}, memory="1GB", jobs=1)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert not out.exists()
    assert (tmp_path / ".panel.parquet.part").is_dir()
    write_panel(folder, out, memory="1GB", jobs=1)
    assert out.exists()
    assert not (tmp_path / ".panel.parquet.part").exists()


def test_fault_in_a_bucket_names_file_and_column(tmp_path, folder, small_buckets):
    frame = pd.read_parquet(folder / "penilaian.parquet")
    wrong = frame["rating_hasil"].astype("object")
    wrong.iloc[40] = "luar biasa"
    rewrite(folder, "penilaian", rating_hasil=wrong.astype("str"))
    with pytest.raises(DataError, match=r"penilaian.parquet, tabel penilaian, kolom rating_hasil: .*'luar biasa'"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


def test_two_appraisals_with_one_period_are_refused(tmp_path, folder, small_buckets):
    file = folder / "penilaian.parquet"
    frame = pd.read_parquet(file)
    pd.concat([frame, frame.iloc[[9]]]).to_parquet(file, index=False)
    with pytest.raises(DataError, match=r"penilaian.parquet, tabel penilaian: kunci pegawai_id \+ periode sama"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


def test_ids_that_are_numbers_are_refused(tmp_path, folder, small_buckets):
    numbers = range(len(pd.read_parquet(folder / "penilaian.parquet")))
    rewrite(folder, "penilaian", pegawai_id=[float(n) for n in numbers])
    with pytest.raises(DataError, match=r"penilaian.parquet, kolom pegawai_id: tersimpan sebagai DOUBLE; simpan"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


def test_wrong_period_is_told(tmp_path, folder, small_buckets):
    rewrite(folder, "penilaian", periode="2025-S3")
    with pytest.raises(DataError, match=r"penilaian.parquet: periode: ditemukan '2025-S3'"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


def test_missing_column_and_empty_table_are_told(tmp_path, folder, small_buckets):
    pd.read_parquet(folder / "kegiatan.parquet").drop(columns="mulai").to_parquet(folder / "kegiatan.parquet")
    with pytest.raises(DataError, match=r"kegiatan.parquet: kolom mulai tidak ada"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)
    pd.read_parquet(folder / "penilaian.parquet").head(0).to_parquet(folder / "penilaian.parquet", index=False)
    (folder / "kegiatan.parquet").unlink()
    with pytest.raises(DataError, match=r"penilaian.parquet: tabel tidak berisi baris"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


def test_broken_file_is_told(tmp_path, folder, small_buckets):
    (folder / "kegiatan.parquet").write_bytes(b"bukan parquet")
    with pytest.raises(DataError, match=r"data: tabel tidak dapat dibaca"):
        write_panel(folder, tmp_path / "panel.parquet", memory="1GB", jobs=1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"memory": "banyak"}, r"--memory: ditemukan 'banyak'; yang diizinkan: paling sedikit 750MB, seperti 4GB"),
        ({"memory": "100MB"}, r"--memory: ditemukan '100MB'"),
        ({"jobs": 0}, r"--jobs: ditemukan 0; yang diizinkan: paling sedikit 1"),
        ({"scheduler": "tcp://127.0.0.1:1"}, r"--scheduler: tcp://127.0.0.1:1 tidak dapat dihubungi"),
    ],
)
def test_wrong_call_is_told(tmp_path, folder, words, told, monkeypatch):
    monkeypatch.setattr("kinerja_lib.cluster.CONNECT", "1s")
    with pytest.raises(CallError, match=told):
        write_panel(folder, tmp_path / "panel.parquet", **words)
    assert not (tmp_path / "panel.parquet").exists()


def test_name_of_the_file_is_checked(tmp_path, folder):
    with pytest.raises(CallError, match=r"--out: ditemukan panel.csv; yang diizinkan: nama berkas .parquet"):
        write_panel(folder, tmp_path / "panel.csv")
    (tmp_path / "berkas").write_text("", encoding="utf-8")
    with pytest.raises(CallError, match=r"tidak dapat ditulis"):
        write_panel(folder, tmp_path / "berkas" / "panel.parquet")


def test_folder_without_people_is_told(tmp_path):
    with pytest.raises(CallError, match=r"tidak/ada: folder atau berkas tidak ada"):
        write_panel("tidak/ada", tmp_path / "panel.parquet", memory="1GB")


@pytest.mark.parametrize(("text", "size"), [("4GB", 4 * 2**30), (" 800 mb ", 800 * 2**20), ("1.5GB", 3 * 2**29)])
def test_sizes_are_read(text, size):
    assert parse_memory(text) == size


def test_more_memory_gives_larger_buckets():
    small = files.Means(2**30, 1, None, progress=False)
    large = replace(small, memory=8 * 2**30)
    assert large.fitting(4) > 5 * small.fitting(4)
    assert large.fitting(20) < large.fitting(4)
    assert replace(large, jobs=64).processes < 64
    assert replace(small, jobs=64).processes == 1


def test_table_of_the_data_is_not_written_over(tmp_path, folder):
    before = (folder / "penilaian.parquet").read_bytes()
    with pytest.raises(CallError, match=r"--out: penilaian.parquet adalah tabel data itu sendiri"):
        write_panel(folder, folder / "penilaian.parquet")
    assert (folder / "penilaian.parquet").read_bytes() == before


def test_damaged_parquet_is_named(tmp_path, folder):
    (folder / "kegiatan.parquet").write_bytes((folder / "kegiatan.parquet").read_bytes()[:300])
    with pytest.raises(DataError, match=r"kegiatan.parquet: bukan berkas Parquet yang utuh"):
        write_panel(folder, tmp_path / "panel.parquet")
