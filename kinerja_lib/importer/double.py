"""Rows of several exports that are about the same thing: one stays, what contradicts it is named and kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from kinerja_lib.check.origin import row_keys
from kinerja_lib.findings import Finding, Severity
from kinerja_lib.language import _
from kinerja_lib.schema import TABLES

META = ["_file", "_sheet", "_row", "_line", "_columns", "_hash", "_kind", "_part"]  # where a row comes from
EVENT = ["pegawai_id", "mulai", "jenis"]  # what makes the course of one export that of another
SOFT = {"kegiatan_id", "topik", "moda", "pembimbing_id", "peran_pembimbing", "tahap_grow", "tindak_lanjut"}
MOST_NAMED = 200  # conflicts of one table that get a finding of their own
MOST_CELLS = 1000  # cells that one finding lists


def own_columns(rows: pd.DataFrame) -> list[str]:
    """Return the columns of the table itself, without those that say where a row comes from."""
    return [column for column in rows.columns if column not in META and column != "_key"]


def with_columns(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the frame with these columns, empty where it lacked them."""
    return frame.assign(**{column: "" for column in columns if column not in frame})


def key_rows(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with `_key`, the text of their key; a row without its whole key is a thing of its own."""
    key = TABLES[name].key
    rows = with_columns(rows, key)
    whole = (rows[key] != "").all(axis=1)
    alone = "|" + pd.Series(rows.index, index=rows.index).astype("str")
    return rows.assign(_key=row_keys(name, rows).where(whole, alone))


def key_events(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the events with `_key`: person, day, kind and, of several that one sheet has, its place among them.

    So a course that two exports bring is one, and two sessions on one day of a log stay two; rows of one sheet that
    are alike in every column are one event entered twice.
    """
    rows = with_columns(rows, [*EVENT, "kegiatan_id"])
    keys = rows[EVENT[0]] + "|" + rows[EVENT[1]] + "|" + rows[EVENT[2]]
    ordered = rows.assign(_key=keys).sort_values("kegiatan_id", kind="stable")
    again = ordered.duplicated([*own_columns(ordered), "_part"])
    place = (~again).groupby([ordered["_key"], ordered["_part"]]).cumsum()
    return rows.assign(_key=keys + "|" + place.reindex(rows.index).astype("str"))


def part_conflicts(name: str, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows that agree, and each value that contradicts the first of its key.

    Returns
    -------
    tuple of DataFrame
        Rows without those that contradict; and a row for each contradiction: `column`, and the columns of both rows
        with ``first_`` and ``later_`` before their names.
    """
    double = rows[rows["_key"].duplicated(keep=False)]
    soft = SOFT if name == "kegiatan" else set()
    found = [pd.DataFrame({"first": [], "later": [], "column": []})]
    for column in (c for c in own_columns(double) if c not in {*TABLES[name].key, *soft}):
        values = _comparable(name, column, double[column]).dropna()
        groups = double["_key"][values.index]
        first = pd.Series(values.index, index=values.index).groupby(groups).transform("first")
        later = values.index[(values != values.groupby(groups).transform("first")).to_numpy()]
        found.append(pd.DataFrame({"first": first[later].to_numpy(), "later": later, "column": column}))
    conflicts = pd.concat(found, ignore_index=True).astype({"first": "int64", "later": "int64"})
    sides = [rows.loc[conflicts[s]].reset_index(drop=True).add_prefix(f"{s}_") for s in ("first", "later")]
    return rows[~rows.index.isin(conflicts["later"])], pd.concat([conflicts, *sides], axis=1)


def _comparable(name: str, column: str, values: pd.Series) -> pd.Series:
    """Return values that are equal where they mean the same (20 and 20.0); missing where empty."""
    given = values.astype("object").where(values != "", None)
    try:
        kind = TABLES[name].column(column).kind
    except KeyError:
        return given
    if kind not in ("number", "integer"):
        return given
    numbers = pd.to_numeric(given, errors="coerce").astype("object")
    return numbers.where(numbers.notna(), given)


def tell_conflicts(name: str, conflicts: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str, Finding | None]]:
    """Yield each contradiction, in the order of its rows: its row, the reason in words, and the finding.

    After `MOST_NAMED` findings the rest get one together.
    """
    severity: Severity = "warning" if name == "unit" else "error"
    remedy = _("Tentukan yang benar, lalu perbaiki atau hapus baris yang salah pada berkasnya.")
    rows = conflicts.sort_values("later", kind="stable").to_dict("records")
    for at, row in enumerate(rows):
        column, first, later = row["column"], _where(row, "first"), _where(row, "later")
        words = _("{later} bertentangan dengan {first}: {column} berbeda; yang dipakai {first}.")
        reason = words.format(column=column, first=first, later=later)
        finding = None
        if at < MOST_NAMED:
            both = tuple(filter(None, (_cell(row, "first"), _cell(row, "later"))))
            finding = Finding(
                rule="duplicate_conflict",
                severity=severity,
                file=row["later__file"],
                sheet=row["later__sheet"] or None,
                cell=_cell(row, "later"),
                line=int(row["later__line"]) if row["later__line"] else None,
                table=name,
                column=str(column),
                message=reason,
                remedy=remedy,
                cells=both if _same_sheet(row) and len(both) > 1 else (),
            )
        elif at == MOST_NAMED:
            finding = _more_conflicts(name, severity, len(rows) - MOST_NAMED)
        yield {str(key): value for key, value in row.items()}, reason, finding


def _same_sheet(row: dict[Any, Any]) -> bool:
    return bool((row["first__file"], row["first__sheet"]) == (row["later__file"], row["later__sheet"]))


def _more_conflicts(name: str, severity: Severity, n: int) -> Finding:
    return Finding(
        rule="duplicate_conflict",
        severity=severity,
        table=name,
        count=n,
        message=_("{n} pertentangan lain seperti ini pada tabel {table}.").format(n=n, table=name),
        remedy=_("Semuanya tercantum pada rejected.csv."),
    )


def _cell(row: dict[Any, Any], side: str) -> str | None:
    """Return the cell of a contradicting value; None in a CSV, which has lines, and where no column gave it."""
    if row[f"{side}__line"]:
        return None
    columns = dict(part.rsplit(":", 1) for part in str(row[f"{side}__columns"]).split())
    letters = columns.get(str(row["column"]))
    return f"{letters}{row[f'{side}__row']}" if letters else None


def _where(row: dict[Any, Any], side: str) -> str:
    """Return the place of a contradicting value in words: file, sheet, cell or line."""
    file, sheet, line = (str(row[f"{side}__{name}"]) for name in ("file", "sheet", "line"))
    at = _("baris {n}").format(n=line) if line else _cell(row, side) or _("baris {n}").format(n=row[f"{side}__row"])
    return ", ".join(part for part in (file, sheet, at) if part)


def fold_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return one row for each key, with its empty cells filled from its other rows; and who filled what.

    Returns
    -------
    tuple of DataFrame and Series
        The rows that stay, the first of each key; and, for each row that gave something, the row that stays.
    """
    again = rows["_key"].duplicated()
    if not again.any():
        return rows, pd.Series(rows.index, index=rows.index)
    own = own_columns(rows)
    double = rows["_key"].duplicated(keep=False)
    keys = rows.loc[double, "_key"]
    text = rows.loc[double, own].astype("object").where(rows.loc[double, own] != "", None)
    filled = text.groupby(keys).transform("first").fillna("").astype("str")
    kept = pd.concat([rows[~double], rows[double].assign(**filled)]).sort_index()[~again]
    first = (text.notna() & (text.notna().groupby(keys).cumsum() == 1)).any(axis=1)
    gave = rows[~again | first.reindex(rows.index, fill_value=False)]
    return kept, gave["_key"].map(pd.Series(kept.index, index=kept["_key"]))


def tell_same(name: str, rows: pd.DataFrame, kept: pd.DataFrame) -> Iterator[Finding]:
    """Yield how many rows are one with an earlier one: with their cells inside one sheet, by file across files."""
    same = rows.drop(index=kept.index)
    home = same["_key"].map(kept.set_index("_key")["_part"])
    inside = same[same["_part"] == home]
    words = _("{n} baris tabel {table} sama dengan baris lain pada lembar ini; dihitung sekali.")
    for (file, sheet), group in inside.groupby(["_file", "_sheet"], sort=False):
        letters = next((part.rsplit(":", 1)[1] for part in group["_columns"].iloc[0].split()), "")
        line = group["_line"].iloc[0]
        cells = tuple(f"{letters}{row}" for row in group["_row"][:MOST_CELLS]) if letters and not line else ()
        where = {"sheet": sheet or None, "cell": cells[0] if cells else None, "line": int(line) if line else None}
        yield _same(name, file, len(group), words, **where, cells=cells if len(cells) > 1 else ())
    words = _("{n} baris tabel {table} sudah ada dari berkas lain; dihitung sekali.")
    for file, n in same[same["_part"] != home].groupby("_file", sort=False).size().items():
        yield _same(name, file, int(n), words)


def _same(name: str, file: object, n: int, words: str, **where: Any) -> Finding:
    message, remedy = words.format(n=n, table=name), _("Tidak perlu tindakan.")
    return Finding(
        rule="duplicate_same",
        severity="note",
        file=str(file),
        table=name,
        count=n,
        message=message,
        remedy=remedy,
        **where,
    )
