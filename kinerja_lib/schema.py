"""The canonical tables: which columns each has, what a value may be, and `Dataset`, the tables of one folder.

How raw columns get these types is in `kinerja_lib.typed`; which files they come from, in `kinerja_lib.read`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from kinerja_lib import vocabulary as words
from kinerja_lib.errors import CallError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.store import slice_unit, write_tables
from kinerja_lib.vocabulary import Period, sort_periods

Kind = Literal["id", "text", "level", "period", "date", "number", "integer", "boolean"]

COVARIATE = "x_"  # columns of `pegawai` that start so are the user's own covariates, numbers


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table: kind of value, allowed levels or range, and what it means."""

    name: str
    kind: Kind
    key: bool = False
    required: bool = False
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table; `key` columns identify a row, together."""

    name: str
    columns: tuple[Column, ...]
    covariates: bool = False

    @property
    def key(self) -> list[str]:
        """Names of the key columns."""
        return [column.name for column in self.columns if column.key]

    def column(self, name: str) -> Column:
        """Return the column called `name`; a covariate is an optional number."""
        for column in self.columns:
            if column.name == name:
                return column
        if self.covariates and name.startswith(COVARIATE):
            return Column(name, "number")
        raise KeyError(name)


def _key(name: str, kind: Kind = "id") -> Column:
    return Column(name, kind, key=True, required=True)


def _level(name: str, levels: tuple[str, ...], *, required: bool = False) -> Column:
    return Column(name, "level", levels=levels, required=required)


def _number(name: str, low: float | None = None, high: float | None = None, *, required: bool = False) -> Column:
    return Column(name, "number", low=low, high=high, required=required)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("keterangan", (_key("kunci", "text"), Column("isi", "text"))),
        Table(
            "unit",
            (_key("unit_id"), Column("nama", "text", required=True), Column("induk_id", "id"), Column("jenis", "text")),
        ),
        Table(
            "kinerja_unit",
            (
                _key("unit_id"),
                _key("periode", "period"),
                _level("predikat_organisasi", words.PREDIKAT_ORGANISASI),
                _number("capaian", 0),
            ),
        ),
        Table(
            "indikator_unit",
            (
                _key("unit_id"),
                _key("periode", "period"),
                _key("indikator", "text"),
                _number("nilai"),
                Column("satuan", "text"),
                Column("n", "integer", low=0),
            ),
        ),
        Table(
            "pegawai",
            (
                _key("pegawai_id"),
                Column("unit_id", "id", required=True),
                _level("jenis_kelamin", words.JENIS_KELAMIN),
                Column("tanggal_lahir", "date"),
                Column("tmt_cpns", "date"),
                _level("status", words.STATUS),
                Column("golongan", "text"),
                _level("jenis_jabatan", words.JENIS_JABATAN),
                Column("jenjang", "text"),
                _level("pendidikan", words.PENDIDIKAN),
                Column("tanggal_keluar", "date"),
                _level("alasan_keluar", words.ALASAN_KELUAR),
                Column("nama", "text"),
            ),
            covariates=True,
        ),
        Table(
            "penilaian",
            (
                _key("pegawai_id"),
                _key("periode", "period"),
                Column("unit_id", "id"),
                Column("penilai_id", "id"),
                _level("rezim", words.REZIM),
                _level("rating_hasil", words.RATING),
                _level("rating_perilaku", words.RATING),
                _level("predikat", words.PREDIKAT),
                _number("nilai_skp", 0, 120),
                _number("nilai_perilaku", 0, 120),
                Column("ide_baru", "boolean"),
                _level("potensial", words.POTENSIAL),
                _level("hukdis", words.HUKDIS),
                _number("nilai"),
                Column("satuan", "text"),
            ),
        ),
        Table(
            "skp",
            (
                _key("pegawai_id"),
                _key("periode", "period"),
                _key("rhk", "text"),
                Column("rhk_atasan", "text"),
                _level("aspek", words.ASPEK),
                _key("iki", "text"),
                _number("target", 0),
                _number("realisasi", 0),
                _number("bobot", 0),
                _level("kondisi", words.KONDISI),
            ),
        ),
        Table(
            "kompetensi",
            (
                _key("pegawai_id"),
                _key("periode", "period"),
                _key("kompetensi", "text"),
                Column("level", "integer", low=0, high=5),
                Column("level_standar", "integer", low=0, high=5),
            ),
        ),
        Table(
            "kegiatan",
            (
                _key("kegiatan_id"),
                _key("pegawai_id"),
                _level("jenis", words.JENIS_KEGIATAN, required=True),
                Column("mulai", "date", required=True),
                Column("selesai", "date"),
                _number("durasi_menit", 0),
                _number("jp", 0),
                Column("pembimbing_id", "id"),
                _level("peran_pembimbing", words.PERAN_PEMBIMBING),
                _level("moda", words.MODA),
                Column("topik", "text"),
                _level("tahap_grow", words.TAHAP_GROW),
                Column("tindak_lanjut", "boolean"),
                _number("biaya", 0),
            ),
        ),
        Table(
            "survei",
            (
                _key("responden_id"),
                _key("periode", "period"),
                Column("unit_id", "id", required=True),
                Column("instrumen", "text", required=True),
                _key("butir", "text"),
                _number("skor"),
            ),
        ),
        Table(
            "biaya",
            (_key("unit_id"), _key("periode", "period"), _key("komponen", "text"), _number("jumlah", required=True)),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """The canonical tables of one folder or workbook, typed and checked.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Only the tables that are there; columns as in `TABLES`, levels as ordered categories, ids and periods as
        text, dates as datetime64.
    keterangan : mapping of str to str
        What the office says of its data: judul, instansi, tempat, tanggal_data, rancangan, lisensi, kutipan, catatan.
    source : str
        The folder or workbook, as it was named.
    ignored : tuple of str
        Columns that no canonical table has, as "table.column"; they were not read.
    hashes : mapping of str to str
        SHA-256 of each file read, by its name.
    """

    tables: Mapping[str, pd.DataFrame]
    keterangan: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    ignored: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return the table called `table`."""
        return self.tables[table]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the tables that are there."""
        return iter(self.tables)

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether the table is there, has rows, and each of the columns holds some value."""
        frame = self.tables.get(table)
        if frame is None or frame.empty:
            return False
        return all(column in frame and bool(frame[column].notna().any()) for column in columns)

    @property
    def periods(self) -> list[str]:
        """Periods that can be reported: of the appraisals, else of the indicators of units."""
        for table in ("penilaian", "indikator_unit"):
            if self.has(table):
                return sort_periods(self.tables[table]["periode"].unique())
        return []

    @property
    def unit_ids(self) -> list[str]:
        """Ids of the units, in the order of the file."""
        return [str(unit) for unit in self.tables["unit"]["unit_id"]]

    def unit(self, id: str, period: str | None = None) -> Dataset:
        """Return the slice of one unit: its rows, and those of people while they were in it.

        Of a data set opened with `open_dataset`, only that part of the files is read.

        Parameters
        ----------
        id : str
            Id of the unit; units below it are slices of their own.
        period : str, optional
            Such as "2025-S1": rows of periods within it and events that began in it. Without it, all.

        Returns
        -------
        Dataset
            The same tables; one without units is whole, and `pegawai` also holds those appraised in the unit who
            belong to another one now.

        Raises
        ------
        CallError
            There is no such unit, or the period is none.

        Examples
        --------
        >>> from kinerja_lib.synth import build_agency
        >>> agency = build_agency(people=60, units=3, periods=2)
        >>> set(agency.unit("U02", "2025-S1")["penilaian"]["unit_id"])
        {'U02'}
        """
        if not (self.tables["unit"]["unit_id"] == id).any():
            message = _("unit: ditemukan {found}; yang ada pada tabel unit: {known}.")
            text = message.format(found=repr(id), known=list_values(self.unit_ids))
            raise CallError(text + nearest(id, self.unit_ids))
        tables = slice_unit(self.tables, id, None if period is None else Period.parse(period))
        return Dataset(tables, keterangan=self.keterangan, source=self.source)

    def write(self, folder: str | Path) -> list[Path]:
        """Write the tables as Parquet, one file a table sorted by unit, each file whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Made when it is not there; files of other names in it are refused.

        Returns
        -------
        list of Path
            The files written, in the order of the schema; `read_dataset` and `open_dataset` read them.

        Raises
        ------
        CallError
            The folder holds files that are none of the tables, or cannot be written.
        """
        notes = pd.DataFrame({"kunci": list(self.keterangan), "isi": list(self.keterangan.values())}, dtype="str")
        tables = {**({"keterangan": notes} if len(notes) else {}), **self.tables}
        return write_tables(tables, folder, tuple(TABLES))
