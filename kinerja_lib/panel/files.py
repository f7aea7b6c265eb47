"""The panel as a file, at any size: in memory, or bucket by bucket of people under a limit of memory.

The buckets run over processes or over the machines of a Dask cluster. The file is the same to the byte either way.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kinerja_lib.cluster import connect_cluster
from kinerja_lib.errors import CallError
from kinerja_lib.language import _, current_language, use_language
from kinerja_lib.panel import CELL, Outline, add_cells, build_panel, build_rows
from kinerja_lib.panel.split import COLUMNS, Source, connect, find_sources, read_bucket, read_outline, split_tables
from kinerja_lib.read import read_dataset
from kinerja_lib.schema import TABLES
from kinerja_lib.store import ROW_GROUP, open_parquet

ROWS_IN_MEMORY = 5_000_000  # more of them in one table are split
MEMORY = "4GB"  # limit where more rows come without one
PROCESS = 250 * 2**20  # what Python and its libraries take before the first row
ROW, KIND = 500, 90  # bytes that a row takes at the peak, and a kind of development in it
SIZES = {"KB": 2**10, "MB": 2**20, "GB": 2**30}


@dataclass(frozen=True, slots=True)
class PanelFile:
    """What was written.

    Attributes
    ----------
    path : Path
        The file.
    rows, people, buckets : int
        Rows, people in them, and buckets of people that were made (0 = all in memory).
    dropped : mapping of str to int
        Events and exits that no row holds, by reason.
    """

    path: Path
    rows: int
    people: int
    buckets: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Means:
    """What a run may use: bytes of memory, processes, the address of a cluster; and whether it shows a bar."""

    memory: int
    jobs: int
    scheduler: str | None
    progress: bool

    @property
    def processes(self) -> int:
        """As many as the memory has room for."""
        return max(1, min(self.jobs, self.memory // (3 * PROCESS)))

    def fitting(self, kinds: int) -> int:
        """Return how many appraisals and events a bucket may have."""
        waiting = self.processes > 1  # one more, that waits for the others
        room = (self.memory - PROCESS * (self.processes + waiting)) // self.processes
        return room // (ROW + KIND * kinds)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The rows of one bucket, in a file: how many people, the size of cells, and what was left out."""

    file: Path
    people: int
    cells: pd.Series
    dropped: Mapping[str, int]


def write_panel(
    data: str | Path,
    out: str | Path,
    *,
    memory: str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: bool = False,
) -> PanelFile:
    """Write the panel of a folder or workbook as one Parquet file, whole or not at all.

    Parameters
    ----------
    data : str or Path
        A folder or workbook that `read_dataset` reads.
    out : str or Path
        The file, which ends in ``.parquet``; one that is there is replaced.
    memory : str, optional
        Such as "4GB": what the run may take, over all its processes. The tables are then split into buckets of
        people, as they are without it above about five million rows.
    jobs : int, optional
        Processes at once; default: the cores at hand.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, whose workers see the folder of `out`.
    progress : bool, default False
        Whether to show a bar on standard error.

    Returns
    -------
    PanelFile
        Columns and order of the file are those of `build_panel`.

    Raises
    ------
    CallError
        A wrong limit, number of jobs or name of a file; the place cannot be written.
    DataError
        A value breaks the schema, or a person has two appraisals with one period.
    """
    target = Path(out).absolute()
    if target.suffix != ".parquet":
        raise CallError(_("--out: ditemukan {found}; yang diizinkan: nama berkas .parquet.").format(found=target.name))
    if target.stem in TABLES and target.parent == Path(data).absolute():
        message = _("--out: {found} adalah tabel data itu sendiri; pilih nama lain, seperti panel.parquet.")
        raise CallError(message.format(found=target.name))
    if jobs is not None and jobs < 1:
        raise CallError(_("--jobs: ditemukan {found}; yang diizinkan: paling sedikit 1.").format(found=jobs))
    means = Means(parse_memory(memory or MEMORY), jobs or os.cpu_count() or 1, scheduler, progress)
    files = _find_files(Path(data))
    split = memory is not None or scheduler is not None or _most_rows(files) > ROWS_IN_MEMORY
    with _working_folder(target) as work:
        if not (split and {"penilaian", "pegawai"} <= set(files)):
            return _write_in_memory(data, target, work)
        return _write_in_buckets(files, target, work, means)


def parse_memory(text: str) -> int:
    """Return the bytes of a size such as "4GB"; a `CallError` names what is allowed.

    Examples
    --------
    >>> parse_memory("1.5GB")
    1610612736
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?(KB|MB|GB)", text.strip().upper())
    size = int(float(found[1]) * SIZES[found[2]]) if found else 0
    if size < 3 * PROCESS:
        message = _("--memory: ditemukan {found}; yang diizinkan: paling sedikit {least}MB, seperti 4GB.")
        raise CallError(message.format(found=repr(text), least=3 * PROCESS // 2**20))
    return size


def _find_files(folder: Path) -> dict[str, Path]:
    """Return the files of the tables that a panel needs; none for a workbook, or where a table is there twice."""
    files = [folder / f"{name}{suffix}" for name in COLUMNS for suffix in (".csv", ".parquet")]
    found = [file for file in files if file.is_file()]
    once = max(Counter(file.stem for file in found).values(), default=0) == 1
    return {file.stem: file for file in found} if once else {}  # else `read_dataset` tells of the fault


def _most_rows(files: Mapping[str, Path]) -> int:
    """Return about how many rows the longest table has."""
    return max((_about_rows(file) for file in files.values()), default=0)


def _about_rows(file: Path) -> int:
    if file.suffix != ".parquet":
        return file.stat().st_size // 60
    with open_parquet(file) as table:
        return int(table.metadata.num_rows)


@contextmanager
def _working_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside the file for what is not finished; a left one goes at the start, this one at the end."""
    work = target.with_name(f".{target.name}.part")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=target, why=error.strerror)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_in_memory(data: str | Path, target: Path, work: Path) -> PanelFile:
    panel = build_panel(read_dataset(data))
    dropped = panel.attrs.pop("dropped")
    _write_rows([_to_arrow(panel)], work / target.name)
    (work / target.name).replace(target)
    return PanelFile(target, len(panel), panel["pegawai_id"].nunique(), 0, dropped)


def _write_in_buckets(files: Mapping[str, Path], target: Path, work: Path, means: Means) -> PanelFile:
    with connect((means.memory - PROCESS) * 2 // 3, work / "spill") as base:
        sources = find_sources(base, files)
        outline, rows = read_outline(base, sources)
        wanted = max(means.processes, -(-rows // means.fitting(len(outline.kinds))))
        number = split_tables(base, sources, work, wanted=wanted)
    run = partial(build_part, work, outline, tuple(sources.values()), current_language())
    parts = list(_watch(_run(run, range(number), means), number, shown=means.progress))
    cells = pd.concat([part.cells for part in parts]).groupby(level=[0, 1]).sum()
    written = _write_rows(_finish(parts, cells), work / target.name)
    (work / target.name).replace(target)
    losses = {reason: sum(part.dropped[reason] for part in parts) for reason in parts[0].dropped}
    dropped = {_(reason): count for reason, count in losses.items() if count}
    return PanelFile(target, written, sum(part.people for part in parts), number, dropped)


def build_part(work: Path, outline: Outline, sources: tuple[Source, ...], lang: str, number: int) -> Part:
    """Build the rows of one bucket and write them as an Arrow file; its tables are removed."""
    use_language(lang)
    rows = build_rows({source.name: read_bucket(work, source, number) for source in sources}, outline)
    file = work / f"{number}.arrow"
    table = _to_arrow(rows.frame.assign(status_cell=pd.array([None], dtype="Int32").repeat(len(rows.frame))))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=ROW_GROUP)
    for source in sources:
        shutil.rmtree(work / source.name / f"_bucket={number}", ignore_errors=True)
    return Part(file, rows.frame["pegawai_id"].nunique(), rows.cells, rows.dropped)


def _run(run: partial[Part], numbers: Iterable[int], means: Means) -> Iterator[Part]:
    """Yield the parts in their order, made here, in processes, or on the workers of a cluster."""
    if means.scheduler is not None:
        yield from _run_on_cluster(run, numbers, means.scheduler)
    elif means.processes == 1:
        yield from map(run, numbers)
    else:
        with ProcessPoolExecutor(means.processes, get_context("spawn"), initializer=_end_with_parent) as pool:
            yield from pool.map(run, numbers)


def _end_with_parent() -> None:
    """Let a worker end when the run that started it is killed, instead of waiting for work for ever."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_on_cluster(run: partial[Part], numbers: Iterable[int], scheduler: str) -> Iterator[Part]:
    with connect_cluster(scheduler) as client:
        for future in client.map(run, list(numbers), pure=False):
            yield future.result()


def _watch(parts: Iterator[Part], total: int, *, shown: bool) -> Iterator[Part]:
    from tqdm import tqdm

    yield from tqdm(parts, total=total, desc="panel", disable=not shown, leave=False)


# -- rows to the file --------------------------------------------------------------------------------------------------


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _finish(parts: Iterable[Part], cells: pd.Series) -> Iterator[pa.Table]:
    """Yield the rows of the parts, some at a time, with the sizes of their cells; a part goes when it is read."""
    for part in parts:
        with pa.memory_map(str(part.file)) as stream:
            reader = pa.ipc.open_file(stream)
            for number in range(reader.num_record_batches):
                table = pa.Table.from_batches([reader.get_batch(number)])
                sizes = add_cells(table.select(CELL).to_pandas(), cells)["status_cell"]
                last = table.num_columns - 1
                yield table.set_column(last, table.schema.field(last), pa.array(sizes))
        part.file.unlink()


def _write_rows(tables: Iterable[pa.Table], file: Path) -> int:
    """Write tables one after another in row groups of one size; return the number of rows."""
    rows = 0
    writer = None
    for group in _regroup(tables):
        if writer is None:
            writer = pq.ParquetWriter(file, group.schema, compression="zstd")
        writer.write_table(group.combine_chunks(), row_group_size=ROW_GROUP)
        rows += group.num_rows
    if writer is not None:
        writer.close()
    return rows


def _regroup(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    waiting = 0
    for table in tables:
        held.append(table)
        waiting += table.num_rows
        while waiting >= ROW_GROUP:
            whole = pa.concat_tables(held)
            yield whole.slice(0, ROW_GROUP)
            held = [whole.slice(ROW_GROUP)]
            waiting -= ROW_GROUP
    if waiting:
        yield pa.concat_tables(held)
