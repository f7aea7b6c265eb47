"""Tables at rest: one Parquet file a table, sorted by unit, so that one unit's rows are found without reading the rest.

A row belongs to the unit that it names; a row of a person to the unit of the person's last appraisal that had begun by
then, else to the unit on `pegawai`. The file holds that unit in the column `_unit`, which no reader shows. A file
`_tamu` holds the rows of `pegawai` of those appraised in a unit that is not theirs now, under the unit they visited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kinerja_lib.errors import CallError, DataError, list_values
from kinerja_lib.language import _
from kinerja_lib.numbering import SPAN, Ints, as_arrow, find_text, month_numbers, parse_periods
from kinerja_lib.vocabulary import Period

UNIT, GUESTS = "_unit", "_tamu"
SUFFIX = ".parquet"
ROW_GROUP = 120_000
Tables = Mapping[str, pd.DataFrame]


class StoredTables(Tables):
    """The tables of a folder of Parquet files, each read when it is asked for, and then kept."""

    def __init__(self, folder: str | Path, names: tuple[str, ...]) -> None:
        self.folder = Path(folder)
        self._names = tuple(name for name in names if (self.folder / (name + SUFFIX)).is_file())
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a whole table."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            with open_parquet(self.folder / (name + SUFFIX)) as file:
                self._read[name] = _to_pandas(file.read())
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the tables that are there."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return the number of tables."""
        return len(self._names)

    def read_unit(self, name: str, unit: str) -> pd.DataFrame:
        """Return the rows of a unit, from the row groups that may hold it; of a table without units all rows."""
        with open_parquet(self.folder / (name + SUFFIX)) as file:
            if UNIT not in file.schema_arrow.names:
                return self[name]
            at = file.schema_arrow.names.index(UNIT)
            ends = [file.metadata.row_group(group).column(at).statistics for group in range(file.num_row_groups)]
            held = [group for group, end in enumerate(ends) if end is None or end.min <= unit <= end.max]
            rows = file.read_row_groups(held)
        return _to_pandas(rows.filter(pc.equal(rows[UNIT], unit)))

    def read_guests(self, unit: str) -> pd.DataFrame:
        """Return the rows of `pegawai` of those who were appraised in a unit and belong to another one now."""
        return self.read_unit(GUESTS, unit)


@contextmanager
def open_parquet(file: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; a `DataError` names one that is damaged."""
    try:
        with pq.ParquetFile(file) as table:
            yield table
    except (pa.ArrowException, OSError) as error:
        message = _("{file}: bukan berkas Parquet yang utuh ({why}).")
        raise DataError(message.format(file=file.name, why=str(error).splitlines()[0][:80])) from None


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return rows typed as they were written."""
    frame: pd.DataFrame = table.to_pandas()
    return frame.drop(columns=UNIT, errors="ignore")


def slice_unit(tables: Tables, unit: str, period: Period | None) -> dict[str, pd.DataFrame]:
    """Return the rows of a unit, and of the people appraised in it, in a period or in all."""
    found = {}
    for name in tables:
        if isinstance(tables, StoredTables):
            rows = tables.read_unit(name, unit)
        else:
            owner = find_owners(tables, name)
            rows = tables[name] if owner is None else tables[name][(owner == unit).to_numpy()]
        found[name] = rows if period is None else _within(rows, period)
    if "pegawai" in found and "penilaian" in found:
        found["pegawai"] = _add_guests(tables, unit, found["pegawai"], found["penilaian"]["pegawai_id"])
    return {name: rows.reset_index(drop=True) for name, rows in found.items()}


def _within(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    if "periode" in rows:
        distinct = rows["periode"].unique()
        return rows[rows["periode"].isin([text for text in distinct if Period.parse(text) in period])]
    if "mulai" in rows:
        return rows[rows["mulai"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))]
    return rows


def _add_guests(tables: Tables, unit: str, staff: pd.DataFrame, appraised: pd.Series) -> pd.DataFrame:
    """Return the unit's own people, then those appraised in it who belong to another unit now."""
    missing = appraised[~appraised.isin(staff["pegawai_id"])].drop_duplicates()
    if missing.empty:
        return staff
    people = tables.read_guests(unit) if isinstance(tables, StoredTables) else tables["pegawai"]
    return pd.concat([staff, people[people["pegawai_id"].isin(missing)].sort_values("pegawai_id")])


def find_owners(tables: Tables, name: str) -> pd.Series | None:
    """Return the unit to which each row of a table belongs; None for a table without units."""
    frame = tables[name]
    if "pegawai_id" not in frame or "pegawai" not in tables:
        return frame.get("unit_id")
    if name == "pegawai":
        return frame["unit_id"]
    if "unit_id" not in frame:
        return _last_units(tables, frame)
    own = frame["unit_id"]
    return own.fillna(_last_units(tables, frame)) if own.isna().any() else own


def _last_units(tables: Tables, frame: pd.DataFrame) -> pd.Series:
    """Return the unit of the last appraisal that had begun by each row's month, else that of the person."""
    staff = tables["pegawai"]
    known = as_arrow(staff["pegawai_id"])
    person = find_text(frame["pegawai_id"], known)
    home = pd.Series(staff["unit_id"].array.take(person, allow_fill=True), index=frame.index)
    appraisals = tables.get("penilaian")
    if appraisals is None or "unit_id" not in appraisals:
        return home
    appraisals = appraisals[appraisals["unit_id"].notna()]
    key = find_text(appraisals["pegawai_id"], known) * SPAN + parse_periods(appraisals["periode"])[0]
    order = np.argsort(key, kind="stable")
    wanted = person * SPAN + _months(frame)
    place = np.searchsorted(key[order], wanted, side="right") - 1
    row = np.append(order, -1)[place]
    same = (person >= 0) & (place >= 0) & (np.append(key, -1)[row] // SPAN == person)
    last = appraisals["unit_id"].array.take(np.where(same, row, -1), allow_fill=True)
    return pd.Series(last, index=frame.index).fillna(home)


def _months(frame: pd.DataFrame) -> Ints:
    return parse_periods(frame["periode"])[0] if "periode" in frame else month_numbers(frame["mulai"])


def write_tables(tables: Tables, folder: str | Path, names: tuple[str, ...]) -> list[Path]:
    """Write each table as one Parquet file sorted by unit, whole or not at all; the same tables give the same bytes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables.
    folder : str or Path
        Made when it is not there.
    names : tuple of str
        Names of all tables that the folder may hold; those of them that are not in `tables` are removed.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    CallError
        The folder holds other files, or cannot be written.
    """
    out = Path(folder)
    allowed = {name + SUFFIX for name in (*names, GUESTS)}
    foreign = sorted(p.name for p in out.iterdir() if p.is_file() and p.name not in allowed) if out.is_dir() else []
    if foreign:
        message = _("{out}: folder berisi berkas lain ({found}). Pilih folder baru atau kosong.")
        raise CallError(message.format(out=folder, found=list_values(foreign, shown=3)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in (*names, GUESTS):
            if name not in tables:
                (out / (name + SUFFIX)).unlink(missing_ok=True)
        owners = {name: find_owners(tables, name) for name in names if name in tables}
        visited = owners.get("penilaian")
        if visited is not None and "pegawai" in tables:
            _write_sorted(*_find_guests(tables, visited), out / (GUESTS + SUFFIX))
        return [_write_sorted(tables[name], owner, out / (name + SUFFIX)) for name, owner in owners.items()]
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=folder, why=error.strerror)) from None


def _find_guests(tables: Tables, visited: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows of `pegawai` of people appraised in another unit than theirs, and that unit."""
    staff = tables["pegawai"]
    row = find_text(tables["penilaian"]["pegawai_id"], as_arrow(staff["pegawai_id"]))
    pairs = pd.DataFrame({"row": row, UNIT: visited})[(row >= 0) & visited.notna()].drop_duplicates()
    pairs = pairs[(staff["unit_id"].iloc[pairs["row"]].to_numpy() != pairs[UNIT].to_numpy())]
    return staff.iloc[pairs["row"]].reset_index(drop=True), pairs[UNIT].reset_index(drop=True)


def _write_sorted(frame: pd.DataFrame, owner: pd.Series | None, file: Path) -> Path:
    if owner is not None:
        order = np.argsort(pd.factorize(owner, sort=True)[0], kind="stable")
        frame = frame.iloc[order].assign(**{UNIT: owner.iloc[order]})
    part = file.with_suffix(SUFFIX + ".part")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, part, row_group_size=ROW_GROUP, compression="zstd")
    part.replace(file)
    return file
