"""What tables held, as a short digest a column: enough to say later which column changed, and not what stood in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from kinerja_lib.language import _
from kinerja_lib.schema import Dataset

SHORT = 12  # hexadecimal digits kept
MOST_ROWS = 1_000_000  # of a table; larger ones are told apart by the SHA-256 of their file alone

Fingerprint = Mapping[str, Mapping[str, str]]


def fingerprint(data: Dataset) -> dict[str, dict[str, str]]:
    """Return table -> column -> digest of its values in their order; the number of rows is part of it.

    Parameters
    ----------
    data : Dataset
        Not changed; tables of more than a million rows are left out.

    Returns
    -------
    dict
        Twelve hexadecimal digits a column.
    """
    return {
        name: {str(column): _digest(frame[column]) for column in frame}
        for name, frame in data.tables.items()
        if len(frame) <= MOST_ROWS
    }


def _digest(column: pd.Series) -> str:
    values = pd.util.hash_pandas_object(column.astype("object").map(_as_text), index=False).to_numpy()
    return hashlib.sha256(values.tobytes()).hexdigest()[:SHORT]


def _as_text(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]  # cells of tables are scalars


def compare_fingerprints(old: Fingerprint, new: Fingerprint) -> tuple[str, ...]:
    """Return in words which columns differ, table by table.

    Examples
    --------
    >>> compare_fingerprints({"unit": {"nama": "aa", "jenis": "bb"}}, {"unit": {"nama": "ab", "jenis": "bb"}})
    ('tabel unit: kolom nama berubah',)
    """
    found = []
    for table in sorted({*old, *new}):
        if table not in old or table not in new:
            found.append((_("tabel {table}: baru") if table in new else _("tabel {table}: hilang")).format(table=table))
            continue
        columns = [name for name in {**old[table], **new[table]} if old[table].get(name) != new[table].get(name)]
        if columns:
            found.append(_("tabel {table}: kolom {columns} berubah").format(table=table, columns=", ".join(columns)))
    return tuple(found)
