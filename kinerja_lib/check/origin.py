"""Where the rows of a `Dataset` came from: the side tables that an import leaves beside the tables of a folder.

`asal.csv` names file, sheet and row of each row, so that a fault of a table can be told by the cell of an export.
`impor.json` is the record of the import: its files, and what was found while they were read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from kinerja_lib.errors import DataError
from kinerja_lib.findings import Findings
from kinerja_lib.language import _
from kinerja_lib.schema import TABLES

ORIGIN, RECORD = "asal.csv", "impor.json"
PROGRAM = "kinerja_lib"  # marks a record as ours
ORIGIN_COLUMNS = ("table", "key", "file", "sheet", "row", "line", "columns", "hash")
PLACE = ["file", "sheet", "cell", "line"]


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Origin of each row of the tables.

    Attributes
    ----------
    rows : DataFrame
        `ORIGIN_COLUMNS`, text: table; key of the row, see `row_keys`; file, sheet (empty for CSV); row, from 1, and
        line of a CSV (else empty); columns, such as "pegawai_id:B predikat:G"; SHA-256 of the file. A row that two
        exports filled together has an entry of each.
    """

    rows: pd.DataFrame

    def find(self, table: str, keys: pd.Series, column: str) -> pd.DataFrame:
        """Return file, sheet, cell and line of a column for rows with these keys; missing where nobody knows.

        Parameters
        ----------
        table : str
            Name of the table.
        keys : Series of str
            Keys of the rows, see `row_keys`.
        column : str
            The column; empty for the row alone.

        Returns
        -------
        DataFrame
            Index of `keys`; the columns of `PLACE`.
        """
        known = self.rows[(self.rows["table"] == table) & self.rows["key"].isin(keys)]
        letters = known["columns"].map(lambda text: _letters(text).get(column, ""))
        known = known.assign(cell=(letters + known["row"]).where(letters != "", ""))
        known = known.assign(order=(letters == "").astype(int)).sort_values("order", kind="stable")
        first = known.drop_duplicates("key").set_index("key")[PLACE]
        return first.reindex(keys).set_axis(keys.index).replace("", None)


@cache
def _letters(columns: str) -> Mapping[str, str]:
    """Return column -> its letters in the sheet."""
    return dict(part.rsplit(":", 1) for part in columns.split())


def row_keys(table: str, frame: pd.DataFrame) -> pd.Series:
    """Return the key of each row as one text: the values of the key columns, joined by "|"."""
    columns = TABLES[table].key
    keys = frame[columns[0]].astype("str")
    for name in columns[1:]:
        keys = keys + "|" + frame[name].astype("str")
    return keys


def read_origin(folder: str | Path) -> Origin | None:
    """Return the origin of the rows of a folder.

    Parameters
    ----------
    folder : str or Path
        A folder of data.

    Returns
    -------
    Origin or None
        None where no import made the folder.
    """
    file = Path(folder) / ORIGIN
    if not file.is_file():
        return None
    return Origin(pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8"))


def read_record(folder: str | Path) -> dict[str, Any] | None:
    """Return the record of the import that made a folder; None where there is none of ours."""
    try:
        found = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else None


def read_import_findings(folder: str | Path) -> Findings:
    """Return what was found while the exports of a folder were read; none where no import made it.

    Parameters
    ----------
    folder : str or Path
        A folder of canonical tables, or a workbook.

    Returns
    -------
    Findings
        Faults of single cells and rows; what only whole tables show is `check_dataset`'s.

    Raises
    ------
    DataError
        The record of the import is damaged.
    """
    record = read_record(folder)
    try:
        return Findings.from_json(record or {"findings": []})
    except (KeyError, TypeError, ValueError):
        message = _("{file}: catatan impor rusak; impor sekali lagi.")
        raise DataError(message.format(file=Path(folder) / RECORD)) from None
