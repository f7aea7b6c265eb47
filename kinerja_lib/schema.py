"""The canonical tables: which columns each has, what a value may be, and `Dataset`, the tables of one folder.

Nothing here opens a file: `kinerja_lib.read` turns files into frames of text and hands them to `check_table`,
which returns typed frames or raises an error that names table, column and row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from kinerja_lib import vocabulary as words
from kinerja_lib.errors import DataError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.vocabulary import PERIOD, sort_periods

Kind = Literal["id", "text", "level", "period", "date", "number", "integer", "boolean"]
Locate = Callable[[int], str]

COVARIATE = "x_"  # columns of `pegawai` that start so are the user's own covariates, numbers
TRUE, FALSE = ("ya", "true", "1"), ("tidak", "false", "0")
GROUPED = r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+"  # beside a decimal comma these dots may mark thousands
IDENTIFYING = 15  # digits from which a value may be a NIP or NIK that stands in the wrong column


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
                return sort_periods(self.tables[table]["periode"])
        return []

    @property
    def unit_ids(self) -> list[str]:
        """Ids of the units, in the order of the file."""
        return [str(unit) for unit in self.tables["unit"]["unit_id"]]


def check_table(name: str, raw: pd.DataFrame, *, locate: Locate, comma: bool = False) -> pd.DataFrame:
    """Return the frame of text `raw` with the types of the canonical table `name`.

    Parameters
    ----------
    name : str
        Name of the table, a key of `TABLES`.
    raw : DataFrame
        Text in every cell; an empty text is a missing value. Not changed.
    locate : callable
        Row position (0-based) -> where that row stands, such as "penilaian.csv, baris 17".
    comma : bool
        Whether a decimal comma is allowed (files with semicolons, as an Indonesian Excel writes them).

    Returns
    -------
    DataFrame
        The known columns, in the order of the schema; columns that the file lacks are left out.

    Raises
    ------
    DataError
        A missing required column, an empty or unreadable required value, a value outside its levels or range,
        two rows with one key. The text names table, column, row, found, allowed.
    """
    table = TABLES[name]
    _require_columns(table, list(raw.columns), locate)
    typed = {}
    for column_name in _order(table, list(raw.columns)):
        column = table.column(column_name)
        text = raw[column_name].astype("str").str.strip()
        text = text.mask(text == "")
        empty = column.required & text.isna()
        allowed = _("kolom ini wajib diisi")
        _refuse(table, column, text, empty, locate, found=_("nilai kosong"), allowed=allowed)
        typed[column_name] = _convert(table, column, text, locate, comma)
    frame = pd.DataFrame(typed)
    _require_unique(table, frame, locate)
    return frame


def known_columns(name: str, found: list[str]) -> list[str]:
    """Return those of the `found` columns that the canonical table `name` has."""
    return _order(TABLES[name], found)


def _order(table: Table, found: list[str]) -> list[str]:
    own = [column.name for column in table.columns if column.name in found]
    return own + ([c for c in found if c.startswith(COVARIATE)] if table.covariates else [])


def _require_columns(table: Table, found: list[str], locate: Locate) -> None:
    names = [column.name for column in table.columns]
    twice = [name for name in dict.fromkeys(found) if found.count(name) > 1]
    missing = [c.name for c in table.columns if c.required and c.name not in found]
    if not missing and not twice:
        strange = [name for name in found if name not in _order(table, found)]
        _refuse_misspelt(table, strange, [name for name in names if name not in found], locate)
        return
    where = locate(-1)
    if any(_may_identify(name) for name in found):
        raise DataError(_("{where}: baris pertama harus nama kolom; di situ ada data.").format(where=where))
    if twice:
        raise DataError(_("{where}: kolom {name} ada dua kali; sisakan satu.").format(where=where, name=twice[0]))
    text = _("{where}: kolom {name} tidak ada; ditemukan: {found}. Tambahkan kolom itu pada tabel {table}.")
    found_text = list_values(found) or "-"
    raise DataError(
        text.format(where=where, name=list_values(missing), found=found_text, table=table.name)
        + nearest(missing[0], [name for name in found if name not in names])
    )


def _refuse_misspelt(table: Table, strange: list[str], free: list[str], locate: Locate) -> None:
    for name in strange:
        hint = nearest(name, free)
        if hint and not name.startswith(COVARIATE):
            text = _("{where}: kolom {name} tidak dikenal pada tabel {table}.")
            raise DataError(text.format(where=locate(-1), name=name, table=table.name) + hint)


def _convert(table: Table, column: Column, text: pd.Series, locate: Locate, comma: bool) -> pd.Series:
    if column.kind in ("id", "text"):
        return text
    if column.kind == "level":
        bad = text.notna() & ~text.isin(column.levels)
        _refuse(table, column, text, bad, locate, found=None, allowed=list_values(column.levels))
        return text.astype(pd.CategoricalDtype(list(column.levels), ordered=True))
    if column.kind == "period":
        bad = text.notna() & ~_each_distinct(text, _is_period)
        _refuse(table, column, text, bad, locate, found=None, allowed="2025, 2025-S1, 2025-T3, 2025-07")
        return text
    if column.kind == "date":
        dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
        _refuse(
            table,
            column,
            text,
            text.notna() & dates.isna(),
            locate,
            found=None,
            allowed=_("tanggal seperti 2025-07-31"),
        )
        return dates.astype("datetime64[us]")
    if column.kind == "boolean":
        low = text.str.lower()
        _refuse(table, column, text, text.notna() & ~low.isin([*TRUE, *FALSE]), locate, found=None, allowed="ya, tidak")
        return low.isin(TRUE).astype("boolean").mask(text.isna())
    return _convert_number(table, column, text, locate, comma)


def _convert_number(table: Table, column: Column, text: pd.Series, locate: Locate, comma: bool) -> pd.Series:
    plain = text.str.replace(",", ".", regex=False) if comma else text
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    bad = text.notna() & (numbers.isna() | numbers.abs().eq(float("inf")))
    allowed = _("bilangan dengan titik desimal, seperti 88.46")
    if comma:
        bad |= text.str.fullmatch(GROUPED).fillna(value=False).astype(bool)
        allowed = _("bilangan tanpa titik ribuan, seperti 1250 atau 88,46")
    if column.kind == "integer":
        bad |= numbers.notna() & (numbers % 1 != 0)
        allowed = _("bilangan bulat")
    _refuse(table, column, text, bad, locate, found=None, allowed=allowed)
    low = numbers < (column.low if column.low is not None else -float("inf"))
    high = numbers > (column.high if column.high is not None else float("inf"))
    _refuse(table, column, text, low | high, locate, found=None, allowed=_range(column))
    return numbers.astype("Int64") if column.kind == "integer" else numbers


def _range(column: Column) -> str:
    if column.high is None:
        return _("paling sedikit {low}").format(low=f"{column.low:g}") if column.low is not None else ""
    return _("{low} sampai {high}").format(low=f"{column.low or 0:g}", high=f"{column.high:g}")


def _is_period(text: str) -> bool:
    found = PERIOD.fullmatch(text)
    return found is not None and not (found["kind"] == "S" and found["part"] > "2")


def _each_distinct(text: pd.Series, test: Callable[[str], bool]) -> pd.Series:
    """Apply `test` once to each distinct value (a column of periods has a handful of them)."""
    return text.map({value: test(value) for value in text.dropna().unique()}).fillna(value=True).astype(bool)


def _refuse(
    table: Table, column: Column, text: pd.Series, bad: pd.Series, locate: Locate, *, found: str | None, allowed: str
) -> None:
    if not bad.any():
        return
    position = int(bad.to_numpy().nonzero()[0][0])
    value = found if found is not None else _("ditemukan {value}").format(value=_shorten(column, text.iloc[position]))
    message = _("{where}, tabel {table}, kolom {column}: {found}; yang diizinkan: {allowed}.").format(
        where=locate(position), table=table.name, column=column.name, found=value, allowed=allowed
    )
    others = int(bad.sum()) - 1
    raise DataError(message + (" " + _("Ada {n} baris lain yang serupa.").format(n=others) if others else ""))


def _shorten(column: Column, value: object) -> str:
    """Return the value as shown in a message: short, and never an identifier or a name."""
    if column.kind == "id" or column.name == "nama" or _may_identify(value):
        return _("(nilai tidak ditampilkan)")
    shown = str(value)
    return repr(shown if len(shown) <= 40 else shown[:37] + "...")


def _may_identify(value: object) -> bool:
    return len(re.findall("[0-9]", str(value))) >= IDENTIFYING


def _require_unique(table: Table, frame: pd.DataFrame, locate: Locate) -> None:
    again = frame.duplicated(subset=table.key, keep="first")
    if not again.any():
        return
    position = int(again.to_numpy().nonzero()[0][0])
    same = (frame[table.key] == frame[table.key].iloc[position]).all(axis=1)
    first = int(same.to_numpy().nonzero()[0][0])
    text = _("{where}, tabel {table}: kunci {key} sama dengan {first}; satu kunci hanya boleh satu baris.")
    message = text.format(where=locate(position), table=table.name, key=" + ".join(table.key), first=locate(first))
    others = int(again.sum()) - 1
    raise DataError(message + (" " + _("Ada {n} baris lain yang serupa.").format(n=others) if others else ""))
