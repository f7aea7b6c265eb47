"""The panel at national size: ``python benchmarks/panel.py [ROWS MEMORY]``.

Without arguments: three million appraisals under text NIP, the panel in memory and in buckets, beside a plain pandas
script that gives the same numbers; CPU and peak memory of whole processes, as ratios. With arguments: so many
appraisals within so much memory, start to end, with the counts held against DuckDB's own. One unit's slice out of ten
million rows: ``python benchmarks/panel.py slice``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS = 3_000_000
CPU, MEMORY, SLICE = 0.6, 0.4, 1 / 20  # the most that ours may take of the peer's
LIMIT = "1200MB"  # of the run in buckets at three million rows
PERIODS = [f"{year}-S{half}" for year in range(2021, 2025) for half in (1, 2)]
KINDS = ["coaching", "mentoring", "konseling", "seminar"]
RATINGS, PREDIKAT = (
    ["di_bawah", "sesuai", "di_atas"],
    ["Sangat Kurang", "Kurang", "Butuh Perbaikan", "Baik", "Sangat Baik"],
)
CHUNK = 500_000  # people written at once
REASONS = ["pensiun", "mutasi", "pengunduran_diri"]


# -- the data ----------------------------------------------------------------------------------------------------------


def make_folder(folder: Path, rows: int) -> None:
    """Write the tables of so many appraisals of invented people: some move, pause, leave; events at any time."""
    people = -(-rows * 21 // (20 * len(PERIODS)))  # some rows go to pauses and exits
    units = max(20, people // 60)
    folder.mkdir(parents=True)
    names = pa.array([f"U{number:06d}" for number in range(units)])
    pq.write_table(pa.table({"unit_id": names, "nama": names}), folder / "unit.parquet")
    writers: dict[str, pq.ParquetWriter] = {}
    for start in range(0, people, CHUNK):
        rng = np.random.default_rng([2025, start])
        for name, table in _make_tables(rng, np.arange(start, min(start + CHUNK, people)), names).items():
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()


def _make_tables(rng: np.random.Generator, number: np.ndarray, names: pa.Array) -> dict[str, pa.Table]:
    n = len(number)
    born = 19670101 + rng.integers(0, 32, n) * 10_000 + rng.integers(0, 12, n) * 100 + rng.integers(0, 28, n)
    ids = pc.cast(pa.array(born * 10**10 + number * 10 + 1), pa.string())
    home = rng.integers(0, len(names), n)
    left = np.where(rng.random(n) < 0.06, rng.integers(0, 4 * 365, n), -1)
    day = np.datetime64("2021-01-01", "us")
    when = pa.array(day + np.maximum(left, 0) * np.timedelta64(86_400_000_000, "us"), mask=left < 0)
    why = pa.array(np.array(REASONS, dtype=object)[rng.integers(0, 3, n)], mask=left < 0)
    staff = pa.table({"pegawai_id": ids, "unit_id": names.take(home), "tanggal_keluar": when, "alasan_keluar": why})
    last = np.where(left >= 0, left // 183, len(PERIODS))
    person, period = (at.ravel() for at in np.meshgrid(np.arange(n), np.arange(len(PERIODS)), indexing="ij"))
    kept = (period < last[person]) & (rng.random(len(person)) > 0.02)
    person, period = person[kept], period[kept]
    unit = np.where(rng.random(len(person)) < 0.03, rng.integers(0, len(names), len(person)), home[person])
    hasil, perilaku = (rng.choice(3, len(person), p=[0.08, 0.72, 0.2]) for _rating in range(2))
    shuffled = rng.permutation(len(person))
    appraisals = pa.table(
        {
            "pegawai_id": ids.take(person),
            "periode": pa.array(PERIODS).take(period),
            "unit_id": names.take(unit),
            "rating_hasil": pa.array(RATINGS).take(hasil),
            "rating_perilaku": pa.array(RATINGS).take(perilaku),
        }
    ).take(shuffled)
    events = rng.integers(0, n, n * 3)
    months = rng.integers(0, 4 * 365, len(events))
    log = pa.table(
        {
            "kegiatan_id": pc.cast(pa.array(number[0] * 3 + np.arange(len(events))), pa.string()),
            "pegawai_id": ids.take(events),
            "jenis": pa.array(KINDS).take(rng.choice(4, len(events), p=[0.4, 0.3, 0.05, 0.25])),
            "mulai": pa.array(day + months * np.timedelta64(86_400_000_000, "us")),
            "durasi_menit": pa.array(rng.choice([30.0, 45.0, 60.0, 90.0], len(events))),
            "jp": pa.array(rng.choice([0.0, 1.0, 4.0], len(events))),
        }
    )
    return {"pegawai": staff, "penilaian": appraisals, "kegiatan": log}


# -- the peer ----------------------------------------------------------------------------------------------------------


def build_plainly(folder: Path, out: Path) -> None:
    """Write the same numbers as an analyst's script does: merges on the text of the id, groupby, cumsum, shift."""
    rows = pd.read_parquet(folder / "penilaian.parquet")
    staff = pd.read_parquet(folder / "pegawai.parquet")
    log = pd.read_parquet(folder / "kegiatan.parquet")
    cells = {
        **{(hasil, "di_bawah"): "Kurang" for hasil in ("di_atas", "sesuai")},
        **{(hasil, ok): "Baik" for hasil in ("di_atas", "sesuai") for ok in ("sesuai", "di_atas")},
        **{("di_bawah", ok): "Butuh Perbaikan" for ok in ("sesuai", "di_atas")},
        ("di_atas", "di_atas"): "Sangat Baik",
        ("di_bawah", "di_bawah"): "Sangat Kurang",
    }
    matrix = pd.DataFrame(
        [(*pair, level) for pair, level in cells.items()], columns=["rating_hasil", "rating_perilaku", "predikat"]
    )
    rows = rows.merge(matrix, on=["rating_hasil", "rating_perilaku"], how="left")
    rows["ordinal"] = rows["predikat"].map({level: at + 1 for at, level in enumerate(PREDIKAT)})
    rows["ada"] = True
    left = staff[staff["tanggal_keluar"].notna()]
    left = left.assign(periode=_semester(left["tanggal_keluar"]), keluar=left["alasan_keluar"])
    rows = rows.merge(left[["pegawai_id", "periode", "keluar"]], on=["pegawai_id", "periode"], how="outer")
    rows["ada"] = rows["ada"].notna() | rows["keluar"].notna()
    rows = rows.merge(
        staff[["pegawai_id", "unit_id"]].rename(columns={"unit_id": "rumah"}), on="pegawai_id", how="left"
    )
    rows["unit_id"] = rows["unit_id"].fillna(rows["rumah"])
    log["periode"] = _semester(log["mulai"])
    keys = ["pegawai_id", "periode"]
    dose = log.pivot_table(index=keys, columns="jenis", values="durasi_menit", aggfunc="sum", fill_value=0.0)
    n = log.pivot_table(index=keys, columns="jenis", values="durasi_menit", aggfunc="count", fill_value=0)
    jp = log.groupby(keys)["jp"].sum().rename("jp")
    wide = pd.concat([n.add_prefix("n_"), dose.add_prefix("dose_"), jp], axis=1).reset_index()
    panel = rows.merge(wide, on=keys, how="outer").sort_values(keys)
    for kind in KINDS:
        panel[f"n_{kind}"] = panel[f"n_{kind}"].fillna(0)
        panel[f"dose_{kind}"] = panel[f"dose_{kind}"].fillna(0.0)
        panel[f"dose_{kind}_total"] = panel.groupby("pegawai_id")[f"dose_{kind}"].cumsum()
    panel["jp"] = panel["jp"].fillna(0.0)
    panel = panel[panel["ada"].fillna(False).astype(bool)]
    panel["lag_predikat"] = panel.groupby("pegawai_id")["predikat"].shift(1)
    first = log.groupby(["pegawai_id", "jenis"])["periode"].min().unstack().add_prefix("first_").reset_index()
    panel = panel.merge(first, on="pegawai_id", how="left")
    began = panel.groupby("pegawai_id")["periode"].transform("min")
    for kind in KINDS:
        label = np.where(panel["periode"] >= panel[f"first_{kind}"], "treated", "not_yet")
        label = np.where(panel[f"first_{kind}"] <= began, "always", label)
        panel[f"status_{kind}"] = np.where(panel[f"first_{kind}"].isna(), "never", label)
    panel["status_cell"] = panel.groupby(["unit_id", "periode"])["pegawai_id"].transform("size")
    panel.drop(columns=["ada", "rumah"]).to_parquet(out, index=False)


def _semester(dates: pd.Series) -> pd.Series:
    return dates.dt.year.astype(str) + "-S" + ((dates.dt.month - 1) // 6 + 1).astype(str)


def compare(ours: Path, plain: Path) -> None:
    """Stop where the two panels differ in a number."""
    first, second = pd.read_parquet(ours), pd.read_parquet(plain)
    assert len(first) == len(second)
    for name in second.columns:
        a, b = first[name], second[name]
        if name == "ordinal" or name.startswith(("n_", "dose_", "jp", "status_cell")):
            same = np.array_equal(a.to_numpy("float64", na_value=-1), b.to_numpy("float64", na_value=-1))
        else:
            same = a.astype("object").fillna("").equals(b.astype("object").fillna(""))
        assert same, name


# -- measuring ---------------------------------------------------------------------------------------------------------


def run(command: list[str]) -> dict[str, float]:
    """Return seconds, CPU seconds and peak memory (MB, shared pages once) of a process and all that it starts."""
    start, before = time.perf_counter(), psutil.Process().cpu_times()
    child = subprocess.Popen(command)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _memory_of(child.pid))
        time.sleep(0.05)
    if child.returncode:
        raise SystemExit(child.returncode)
    after = psutil.Process().cpu_times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": time.perf_counter() - start, "cpu": cpu, "memory": peak / 2**20}


def _memory_of(pid: int) -> float:
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.NoSuchProcess:
        pass
    return total


def say(name: str, found: dict[str, float]) -> None:
    """Print one line."""
    print(f"{name}: {found['seconds']:.1f} s, {found['cpu']:.1f} CPU s, peak {found['memory']:.0f} MB", flush=True)


def panel_command(folder: Path, out: Path, *more: str) -> list[str]:
    """Return the command as a user gives it."""
    return [sys.executable, "-m", "kinerja_lib.cli", "panel", str(folder), "--out", str(out), *more]


def against_plain(work: Path) -> bool:
    """Print the ratios at three million rows."""
    folder = work / "data"
    make_folder(folder, ROWS)
    plain = run([sys.executable, __file__, "plain", str(folder), str(work / "plain.parquet")])
    say(f"plain pandas script, {ROWS:,} appraisals", plain)
    memory = run(panel_command(folder, work / "memory.parquet"))
    say("kinerja panel", memory)
    buckets = run(panel_command(folder, work / "buckets.parquet", "--memory", LIMIT, "--jobs", "1"))
    say(f"kinerja panel --memory {LIMIT} --jobs 1", buckets)
    compare(work / "memory.parquet", work / "plain.parquet")
    same = (work / "memory.parquet").read_bytes() == (work / "buckets.parquet").read_bytes()
    cpu, space = memory["cpu"] / plain["cpu"], buckets["memory"] / plain["memory"]
    print(
        f"CPU {cpu:.2f} of the script (bar {CPU}); memory in buckets {space:.2f} of it (bar {MEMORY}); "
        f"CPU in buckets {buckets['cpu'] / plain['cpu']:.2f}"
    )
    print("same numbers as the script; " + ("same bytes both ways" if same else "DIFFERENT bytes"))
    return same and cpu <= CPU and space <= MEMORY


def within(work: Path, rows: int, memory: str) -> bool:
    """Print what a run of that size takes, and hold its counts against DuckDB's own."""
    folder, out = work / "data", work / "panel.parquet"
    make_folder(folder, rows)
    command = panel_command(folder, out, "--memory", memory, "--jobs", "2")
    print("kinerja panel DATA " + " ".join(command[5:]), flush=True)
    found = run(command)
    say(f"{rows:,} appraisals", found)
    counted = count_sql(folder)
    got = duckdb.sql(
        f"SELECT count(rating_hasil), count(keluar), sum(n_coaching), sum(dose_mentoring) FROM '{out}'"
    ).fetchall()[0]
    print(f"panel {got}, SQL {counted}")
    return got == counted


def count_sql(folder: Path) -> tuple[object, ...]:
    """Return appraisals, exits, coaching events and minutes of mentoring in rows, by DuckDB's own SQL."""
    semester = "year({0}) || '-S' || CASE WHEN month({0}) < 7 THEN 1 ELSE 2 END"
    query = f"""
        WITH exits AS (SELECT pegawai_id, {semester.format("tanggal_keluar")} AS periode
                       FROM '{folder}/pegawai.parquet' WHERE tanggal_keluar IS NOT NULL),
             cells AS (SELECT pegawai_id, periode FROM '{folder}/penilaian.parquet' UNION SELECT * FROM exits),
             log AS (SELECT *, {semester.format("mulai")} AS periode FROM '{folder}/kegiatan.parquet'),
             met AS (SELECT log.* FROM log SEMI JOIN cells USING (pegawai_id, periode))
        SELECT (SELECT count(*) FROM '{folder}/penilaian.parquet'), (SELECT count(*) FROM exits),
               (SELECT count(*) FROM met WHERE jenis = 'coaching'),
               (SELECT sum(durasi_menit) FROM met WHERE jenis = 'mentoring')"""
    counted: tuple[object, ...] = duckdb.sql(query).fetchall()[0]
    return counted


def slice_of_unit(work: Path) -> bool:
    """Print the ratio of reading one unit's slice to finding the same rows in the unsorted files."""
    import kinerja_lib as kl

    make_folder(work / "data", 10_000_000)
    frames = {file.stem: pd.read_parquet(file) for file in sorted((work / "data").glob("*.parquet"))}
    unit = frames["unit"]["unit_id"].iloc[1234]
    kl.Dataset(frames).write(work / "store")
    del frames
    times: dict[str, list[float]] = {"slice": [], "appraisals": [], "all": []}
    for _turn in range(5):
        start = time.perf_counter()
        part = kl.open_dataset(work / "store").unit(unit)
        times["slice"].append(time.perf_counter() - start)
        start = time.perf_counter()
        scanned = pd.read_parquet(work / "data" / "penilaian.parquet", filters=[("unit_id", "==", unit)])
        times["appraisals"].append(time.perf_counter() - start)
        people = scanned["pegawai_id"].unique().tolist()
        for name in ("pegawai", "kegiatan"):
            pd.read_parquet(work / "data" / f"{name}.parquet", filters=[("pegawai_id", "in", people)])
        times["all"].append(time.perf_counter() - start)
        assert len(scanned) == len(part["penilaian"])
    ours, alone, peer = (min(times[name]) for name in ("slice", "appraisals", "all"))
    print(
        f"slice of {len(part['penilaian'])} appraisals with their people and events: {1000 * ours:.0f} ms; scans of the"
    )
    print(
        f"unsorted files: {1000 * peer:.0f} ms, ratio {ours / peer:.3f} (bar {SLICE}); the appraisals alone: "
        f"{1000 * alone:.0f} ms"
    )
    return ours <= SLICE * peer


def main() -> int:
    """Run what the arguments ask for; 1 where a limit is passed."""
    words = sys.argv[1:]
    if words[:1] == ["plain"]:
        build_plainly(Path(words[1]), Path(words[2]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        if words == ["slice"]:
            kept = slice_of_unit(Path(name))
        elif words:
            kept = within(Path(name), int(words[0].replace("_", "")), words[1])
        else:
            kept = against_plain(Path(name))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
