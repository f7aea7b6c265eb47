"""Tables too large for memory, split by DuckDB into buckets of people.

A bucket is a range of ids: all rows of a person stand in one, and the buckets follow each other in the order of the
panel. Sums of rows and of distinct values are DuckDB's too; the panel itself is `build_rows`, bucket by bucket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.language import _
from kinerja_lib.panel import Outline
from kinerja_lib.read.canonical import type_columns
from kinerja_lib.schema import TABLES
from kinerja_lib.typed import Locate, check_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = {
    "penilaian": ("pegawai_id", "periode", "unit_id", "rating_hasil", "rating_perilaku", "predikat", "nilai"),
    "pegawai": ("pegawai_id", "unit_id", "tanggal_keluar", "alasan_keluar"),
    "kegiatan": ("kegiatan_id", "pegawai_id", "jenis", "mulai", "durasi_menit", "jp"),
}
SAMPLE = 100_000  # rows of which the ranges of ids are drawn
FLUSH = 50_000  # rows of a bucket that wait for the disk


@dataclass(frozen=True, slots=True)
class Source:
    """One table's file: the columns that a panel needs, and whether its numbers have decimal commas."""

    name: str
    file: Path
    columns: tuple[str, ...]
    comma: bool

    @property
    def sql(self) -> str:
        """What stands after FROM."""
        if self.file.suffix == ".parquet":
            return f"read_parquet({quote(self.file)})"
        options = (
            f"header = true, all_varchar = true, delim = '{';' if self.comma else ','}', quote = '\"', escape = '\"'"
        )
        return f"read_csv({quote(self.file)}, {options})"


@contextmanager
def connect(limit: int, spill: Path) -> Iterator[DuckDBPyConnection]:
    """Open DuckDB with a limit of memory in bytes and a folder for what does not fit; its errors become ours."""
    import duckdb

    with duckdb.connect() as base:
        base.execute(f"SET memory_limit = '{limit}B'")
        base.execute(f"SET temp_directory = {quote(spill)}")
        base.execute("SET preserve_insertion_order = false")
        base.execute(f"SET partitioned_write_flush_threshold = {FLUSH}")
        try:
            yield base
        except duckdb.Error as error:
            message = _("data: tabel tidak dapat dibaca ({why}).")
            raise DataError(message.format(why=str(error).splitlines()[0][:160])) from None


def find_sources(base: DuckDBPyConnection, files: Mapping[str, Path]) -> dict[str, Source]:
    """Return the tables, each with its columns checked: all there that must be, ids as text."""
    found = {}
    for name, file in files.items():
        plain = Source(name, file, (), _has_decimal_comma(file))
        types = {str(row[0]): str(row[1]) for row in base.execute(f"DESCRIBE FROM {plain.sql}").fetchall()}
        check_table(name, pd.DataFrame(columns=list(types), dtype="str"), locate=_at(file))
        for column in TABLES[name].columns:
            kind = types.get(column.name, "VARCHAR")
            if column.kind == "id" and kind != "VARCHAR" and not kind.startswith("ENUM"):
                message = _("{file}, kolom {column}: tersimpan sebagai {kind}; simpan kode dan NIP sebagai teks.")
                raise DataError(message.format(file=file.name, column=column.name, kind=kind))
        columns = tuple(column for column in COLUMNS[name] if column in types)
        found[name] = Source(name, file, columns, plain.comma)
    return found


def read_outline(base: DuckDBPyConnection, sources: Mapping[str, Source]) -> tuple[Outline, int]:
    """Return what the rows of some people must know of the whole, and how many appraisals and events there are."""
    appraisals = sources["penilaian"]
    periods = _count_values(base, appraisals, "periode")
    kinds = _count_values(base, sources["kegiatan"], "jenis") if "kegiatan" in sources else {}
    try:
        outline = Outline.of(periods, kinds)
    except CallError as error:
        raise DataError(f"{appraisals.file.name}: {error}") from None
    return outline, sum(periods.values()) + sum(kinds.values())


def _count_values(base: DuckDBPyConnection, source: Source, column: str) -> dict[str, int]:
    rows = base.execute(f'SELECT trim("{column}"), count(*) FROM {source.sql} GROUP BY 1').fetchall()
    if not rows:
        message = _("{file}: tabel tidak berisi baris. Isi tabel itu, atau hapus berkasnya.")
        raise DataError(message.format(file=source.file.name))
    return {str(value or ""): int(count) for value, count in rows}


def split_tables(base: DuckDBPyConnection, sources: Mapping[str, Source], work: Path, *, wanted: int) -> int:
    """Write each table into buckets, files ``<work>/<table>/_bucket=<number>/``; return how many buckets there are."""
    sample = f"FROM {sources['penilaian'].sql} USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    rows = base.execute(f"SELECT DISTINCT pegawai_id {sample}").fetchall()
    ids = sorted(str(row[0]) for row in rows if row[0] is not None)
    bounds = sorted({ids[len(ids) * number // wanted] for number in range(1, wanted)} - set(ids[:1]))
    for name, source in sources.items():
        columns = ", ".join(f'"{column}"' for column in source.columns)
        chosen = f"SELECT {columns}, {_bucket_sql(bounds)} AS _bucket FROM {source.sql}"
        base.execute(f"COPY ({chosen}) TO {quote(work / name)} (FORMAT parquet, PARTITION_BY (_bucket))")
    return len(bounds) + 1


def _bucket_sql(bounds: list[str], low: int = 0) -> str:
    """Return an expression for the bucket of `pegawai_id`: how many of the bounds it reaches, found by halving."""
    if not bounds:
        return str(low)
    middle = len(bounds) // 2
    below, above = _bucket_sql(bounds[:middle], low), _bucket_sql(bounds[middle + 1 :], low + middle + 1)
    return f"CASE WHEN pegawai_id < {quote(bounds[middle])} THEN {below} ELSE {above} END"


def read_bucket(work: Path, source: Source, number: int) -> pd.DataFrame:
    """Return the rows of one table in one bucket, checked."""
    kinds = {name: TABLES[source.name].column(name).kind for name in source.columns}
    coded = [name for name, kind in kinds.items() if kind in ("level", "period")]
    files = sorted((work / source.name / f"_bucket={number}").glob("*.parquet"))
    if files:
        table = pa.concat_tables([pq.ParquetFile(file, read_dictionary=coded).read() for file in files])
    else:  # none of these people is on the table
        any_file = next((work / source.name).glob("*/*.parquet"))
        table = pq.ParquetFile(any_file, read_dictionary=coded).schema_arrow.empty_table()
    raw = type_columns(table.to_pandas(), source.name)
    return check_table(source.name, raw, locate=_at(source.file), comma=source.comma)


def _at(file: Path) -> Locate:
    """Return where a row stands: only the file is known, since DuckDB keeps no order."""
    return lambda _row: file.name


def _has_decimal_comma(file: Path) -> bool:
    """Tell whether a file is a CSV with semicolons, as an Indonesian Excel writes it."""
    if file.suffix != ".csv":
        return False
    with file.open(encoding="utf-8-sig", errors="replace") as stream:
        head = stream.readline()
    return head.count(";") > head.count(",")


def quote(text: object) -> str:
    """Return a text as SQL writes it."""
    return "'" + str(text).replace("'", "''") + "'"
