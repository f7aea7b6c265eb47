"""Files -> `Dataset`: a folder of CSV or Parquet, or one XLSX workbook with a sheet a table.

Identifiers stay the text that they are: a NIP that a workbook holds as a number is refused, since its last digits
are gone. Raw exports are another matter: this reads canonical tables only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.language import _
from kinerja_lib.read.held import SUFFIXES, find_held, hash_file
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.store import UNIT, StoredTables
from kinerja_lib.typed import Locate, check_table, keeps_type, known_columns

WORKBOOK = ".xlsx"
EXACT = 10**15  # from here on a spreadsheet's number has lost digits: Excel keeps fifteen


def read_dataset(path: str | Path) -> Dataset:
    """Read the canonical tables of one folder or workbook.

    Parameters
    ----------
    path : str or Path
        A folder that holds ``unit.csv``, ``pegawai.parquet`` and so on, or an ``.xlsx`` workbook with such sheets.

    Returns
    -------
    Dataset
        The tables that are there, typed; columns that no table has are listed in ``ignored``.

    Raises
    ------
    CallError
        The folder or file is not there, or holds none of the tables.
    DataError
        A value breaks the schema (table, column, row, found, allowed are named), a table is empty, or the
        tables needed are missing: `unit` and either `penilaian` with `pegawai`, or `indikator_unit`.

    Examples
    --------
    >>> read_dataset("tidak/ada")
    Traceback (most recent call last):
    ...
    kinerja_lib.errors.CallError: tidak/ada: folder atau berkas tidak ada. Periksa ejaan dan letaknya.
    """
    folder = Path(path)
    if not folder.exists():
        raise CallError(_("{path}: folder atau berkas tidak ada. Periksa ejaan dan letaknya.").format(path=path))
    held = find_held(path)
    if held is not None:
        return held
    tables, ignored, hashes = _read_folder(folder) if folder.is_dir() else _read_workbook(folder)
    _require_tables(tables, path)
    described = tables.pop("keterangan", None)
    notes = {}
    if described is not None:
        notes = dict(zip(described["kunci"].astype("str"), described["isi"].fillna(""), strict=True))
    return Dataset(tables, keterangan=notes, source=str(path), ignored=tuple(ignored), hashes=hashes)


def open_dataset(folder: str | Path) -> Dataset:
    """Open a folder that `Dataset.write` wrote; a table is read when it is asked for, a slice without the rest.

    Parameters
    ----------
    folder : str or Path
        Holds ``unit.parquet``, ``penilaian.parquet`` and so on. They were checked when they were written and are not
        checked again; `read_dataset` checks any folder.

    Returns
    -------
    Dataset
        Of which `Dataset.unit` reads one unit's rows only.

    Raises
    ------
    CallError
        The folder is not there or holds no ``unit.parquet``.
    """
    tables = StoredTables(folder, tuple(name for name in TABLES if name != "keterangan"))
    if "unit" not in tables:
        message = _("{folder}: tidak ada unit.parquet; tulis folder itu dengan Dataset.write, atau pakai read_dataset.")
        raise CallError(message.format(folder=folder))
    described = StoredTables(folder, ("keterangan",)).get("keterangan")
    notes = {} if described is None else dict(zip(described["kunci"], described["isi"].fillna(""), strict=True))
    return Dataset(tables, keterangan=notes, source=str(folder))


Parts = tuple[dict[str, pd.DataFrame], list[str], dict[str, str]]


def _read_folder(folder: Path) -> Parts:
    tables: dict[str, pd.DataFrame] = {}
    ignored: list[str] = []
    hashes: dict[str, str] = {}
    for name in TABLES:
        files = [folder / f"{name}{suffix}" for suffix in SUFFIXES if (folder / f"{name}{suffix}").is_file()]
        if len(files) > 1:
            message = _("{folder}: tabel {name} ada dua kali ({files}); sisakan satu.")
            raise DataError(message.format(folder=folder, name=name, files=list_values(f.name for f in files)))
        for file in files:
            raw, locate, comma = _read_csv(file) if file.suffix == ".csv" else _read_parquet(file, name)
            tables[name] = check_table(name, raw, locate=locate, comma=comma)
            ignored += [f"{name}.{c}" for c in raw.columns if c not in known_columns(name, list(raw.columns))]
            hashes[file.name] = hash_file(file)
    if not tables:
        found = list_values(sorted(p.name for p in folder.iterdir())) or _("tidak ada berkas")
        message = _("{folder}: bukan folder data; ditemukan {found}; yang dicari: {names} (.csv atau .parquet).")
        raise CallError(message.format(folder=folder, found=found, names=list_values(TABLES)))
    return tables, ignored, hashes


def _read_csv(file: Path) -> tuple[pd.DataFrame, Locate, bool]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
    except UnicodeDecodeError as error:
        message = _("{file}: bukan teks UTF-8 (byte ke-{at}); simpan ulang sebagai CSV UTF-8.")
        raise DataError(message.format(file=file.name, at=error.start + 1)) from None
    except OSError as error:
        raise DataError(_("{file}: tidak dapat dibaca ({why}).").format(file=file.name, why=error.strerror)) from None
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows, lines = _split_rows(file, text, delimiter)
    if not rows:
        raise DataError(_("{file}: berkas kosong; baris pertama harus nama kolom.").format(file=file.name))
    header = [name.strip() for name in rows[0]]
    for row, where in zip(rows, lines, strict=True):
        if len(row) != len(header):
            message = _(
                "{file}, baris {line}: ditemukan {found} isian; seharusnya {expected}, seperti pada judul kolom."
            )
            raise DataError(message.format(file=file.name, line=where, found=len(row), expected=len(header)))

    def locate(position: int) -> str:
        if position < 0:
            return file.name
        return _("{file}, baris {line}").format(file=file.name, line=lines[position + 1])

    frame = pd.DataFrame(rows[1:], columns=header, dtype="str")
    return frame.loc[:, [name != "" for name in header]], locate, delimiter == ";"


def _split_rows(file: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the records and the physical line on which each starts; blank lines are passed over."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if any(row):
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("{file}, baris {line}: isian tidak dapat dibaca ({why}).")
        raise DataError(message.format(file=file.name, line=line, why=error)) from None
    return rows, lines


def _read_parquet(file: Path, table: str) -> tuple[pd.DataFrame, Locate, bool]:
    try:
        frame = pd.read_parquet(file)
    except Exception as error:  # pyarrow raises many kinds
        message = _("{file}: bukan berkas Parquet yang utuh ({why}).")
        raise DataError(message.format(file=file.name, why=str(error).splitlines()[0][:80])) from None

    def locate(position: int) -> str:
        return file.name if position < 0 else _("{file}, baris {line}").format(file=file.name, line=position + 1)

    for name in frame.columns.intersection(sorted(_ids(table))):
        if pd.api.types.is_float_dtype(frame[name]) and (damaged := frame[name].abs() >= EXACT).any():
            _refuse_damaged(locate(int(damaged.to_numpy().argmax())), name)
    return type_columns(frame.drop(columns=UNIT, errors="ignore"), table), locate, False


def type_columns(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the columns of a Parquet file as `check_table` takes them: of their own type where it fits, else text."""
    known = {column.name: column for column in TABLES[table].columns}
    kept = {name for name in frame if name in known and keeps_type(known[name], frame[name].dtype)}
    return pd.DataFrame({str(name): frame[name] if name in kept else _as_text(frame[name]) for name in frame})


def _ids(table: str) -> set[str]:
    return {column.name for column in TABLES[table].columns if column.kind == "id"}


def _refuse_damaged(where: str, name: str) -> None:
    message = _(
        "{where}, kolom {name}: tersimpan sebagai bilangan, jadi angka terakhirnya sudah hilang. "
        "Ubah kolom menjadi teks di Excel, lalu ketik ulang dari sumbernya."
    )
    raise DataError(message.format(where=where, name=name))


def _as_text(values: pd.Series) -> pd.Series:
    if values.dtype == "str":
        return values.fillna("")
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("str")
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    texts: pd.Series = values.map(_cell_text, na_action="ignore").astype("str").fillna("")
    return texts


def _cell_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return value.isoformat()[:10] if hasattr(value, "isoformat") else str(value)


def _read_workbook(file: Path) -> Parts:
    from python_calamine import CalamineWorkbook

    if file.suffix.lower() != WORKBOOK:
        message = _("{file}: jenis berkas tidak dikenal; yang diizinkan: folder, atau satu buku kerja .xlsx.")
        raise CallError(message.format(file=file.name))
    tables: dict[str, pd.DataFrame] = {}
    ignored: list[str] = []
    try:
        workbook = CalamineWorkbook.from_path(str(file))
        sheets = {
            name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names
        }
    except Exception as error:  # the reader raises its own kinds
        message = _("{file}: buku kerja tidak dapat dibaca ({why}). Buka di Excel lalu simpan ulang sebagai .xlsx.")
        raise DataError(message.format(file=file.name, why=str(error).splitlines()[0][:80])) from None
    for name, cells in sheets.items():
        if name in TABLES:
            raw, locate = _read_sheet(file.name, name, cells)
            tables[name] = check_table(name, raw, locate=locate)
            ignored += [f"{name}.{c}" for c in raw.columns if c not in known_columns(name, list(raw.columns))]
    if not tables:
        message = _("{file}: tidak ada lembar yang dikenal; ditemukan {found}; yang dicari: {names}.")
        raise CallError(message.format(file=file.name, found=list_values(sheets), names=list_values(TABLES)))
    return tables, ignored, {file.name: hash_file(file)}


def _read_sheet(file: str, sheet: str, cells: Sequence[Sequence[object]]) -> tuple[pd.DataFrame, Locate]:
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(cell != "" for cell in row)]
    if not filled:
        raise DataError(
            _("{file}, lembar {sheet}: kosong; baris pertama harus nama kolom.").format(file=file, sheet=sheet)
        )
    header = [str(cell).strip() for cell in filled[0][1]]
    numbers = [number for number, _row in filled[1:]]

    def locate(position: int) -> str:
        if position < 0:
            return _("{file}, lembar {sheet}").format(file=file, sheet=sheet)
        return _("{file}, lembar {sheet}, baris {line}").format(file=file, sheet=sheet, line=numbers[position])

    ids = _ids(sheet)
    for position, (_number, row) in enumerate(filled[1:]):
        for name, cell in zip(header, row, strict=True):
            if name in ids and isinstance(cell, float | int) and abs(cell) >= EXACT:
                _refuse_damaged(locate(position), name)
    texts = [[_cell_text(cell) for cell in row] for _number, row in filled[1:]]
    frame = pd.DataFrame(texts, columns=header, dtype="str")
    return frame[[name for name in frame.columns if name]], locate


def _require_tables(tables: dict[str, pd.DataFrame], path: str | Path) -> None:
    empty = [name for name, frame in tables.items() if frame.empty]
    if empty:
        message = _("{path}: tabel {name} tidak berisi baris. Isi tabel itu, atau hapus berkasnya.")
        raise DataError(message.format(path=path, name=list_values(empty)))
    people = {"penilaian", "pegawai"} <= set(tables)
    if "unit" not in tables or not (people or "indikator_unit" in tables):
        message = _(
            "{path}: ditemukan tabel {found}; yang wajib: unit, dan penilaian bersama pegawai, atau indikator_unit."
        )
        raise DataError(message.format(path=path, found=list_values(tables)))


def write_dataset(dataset: Dataset, folder: str | Path) -> list[Path]:
    """Write the tables as CSV, each file whole or not at all; the same tables give the same bytes.

    Parameters
    ----------
    dataset : Dataset
        The tables; `keterangan` becomes a table of its own.
    folder : str or Path
        Made when it is not there. Files of other names in it are refused, so that nothing of the user's is mixed in.

    Returns
    -------
    list of Path
        The files written, in the order of the schema.

    Raises
    ------
    KinerjaError
        The folder holds files that are none of the tables, or cannot be written.
    """
    out = Path(folder)
    allowed = {f"{name}.csv" for name in TABLES}
    foreign = sorted(p.name for p in out.iterdir() if p.is_file() and p.name not in allowed) if out.is_dir() else []
    if foreign:
        message = _("{out}: folder berisi berkas lain ({found}). Pilih folder baru atau kosong.")
        raise CallError(message.format(out=folder, found=list_values(foreign, shown=3)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        notes = pd.DataFrame({"kunci": list(dataset.keterangan), "isi": list(dataset.keterangan.values())})
        frames = {**({"keterangan": notes} if len(notes) else {}), **dataset.tables}
        for name in TABLES:
            if name not in frames:
                (out / f"{name}.csv").unlink(missing_ok=True)
        return [_write_csv(out / f"{name}.csv", frames[name]) for name in TABLES if name in frames]
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=folder, why=error.strerror)) from None


def _write_csv(file: Path, frame: pd.DataFrame) -> Path:
    text = frame.copy()
    for name in text.columns[text.dtypes == "boolean"]:
        text[name] = text[name].map({True: "ya", False: "tidak"}).astype("str")
    for name in text.columns[text.dtypes == "str"]:
        if text[name].str.contains("\r", regex=False, na=False).any():  # Python's csv leaves a lone one unquoted
            text[name] = text[name].str.replace("\r\n?", "\n", regex=True)
    part = file.with_suffix(".csv.part")
    text.to_csv(part, index=False, lineterminator="\n", encoding="utf-8", date_format="%Y-%m-%d")
    part.replace(file)
    return file
