"""What many exports gave -> the canonical tables: people and units joined, identical rows once, conflicts named.

The result depends on the exports alone and not on the order in which they came: they are taken by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from kinerja_lib.check.origin import ORIGIN_COLUMNS, row_keys
from kinerja_lib.errors import DataError
from kinerja_lib.findings import Finding
from kinerja_lib.importer.double import (
    META,
    fold_rows,
    key_events,
    key_rows,
    own_columns,
    part_conflicts,
    tell_conflicts,
    tell_same,
    with_columns,
)
from kinerja_lib.importer.reading import RECAP, REJECTED, FileRead
from kinerja_lib.language import _
from kinerja_lib.schema import TABLES
from kinerja_lib.typed import check_table

LISTS = ("siasn_pegawai", "kanonik:", "peta:")  # kinds that say who the people are and which units there are
NO_UNIT = "Unit tidak diketahui"  # an identifier: not translated
ABOUT_PEOPLE = ("pegawai", "penilaian", "kompetensi", "skp", "kegiatan")


@dataclass(slots=True, eq=False)
class Merged:
    """The tables of all exports.

    Attributes
    ----------
    tables : dict of DataFrame
        Typed, as `check_table` gives them; only those with rows.
    origin : DataFrame
        `ORIGIN_COLUMNS`, see `check.origin`.
    rejected : list of list of str
        Rows kept apart, with the columns of `REJECTED`.
    findings : list of Finding
        Of the exports one by one, and what only all of them together show.
    counts : dict
        Table -> how many rows were `read`, `used`, are one with another (`merged`), were `rejected`.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    origin: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ORIGIN_COLUMNS), dtype="str"))
    rejected: list[list[str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def merge_exports(reads: Sequence[FileRead]) -> Merged:
    """Return the canonical tables that the exports give together.

    Parameters
    ----------
    reads : sequence of FileRead
        What each export gave.

    Returns
    -------
    Merged
    """
    reads = sorted(reads, key=lambda read: read.file)
    merged = Merged(findings=[finding for read in reads for finding in read.findings])
    merged.rejected = [row for read in reads for row in read.rejected]
    stacks = {name: _stack(reads, name) for name in TABLES}
    united = {name: _unite(name, stacks[name], merged) for name in TABLES if name not in ("pegawai", "unit")}
    stacks["pegawai"] = _find_people(stacks, merged)
    united["pegawai"] = _unite("pegawai", stacks["pegawai"], merged)
    stacks["unit"] = _find_units(stacks["unit"], united["pegawai"].rows)
    united["unit"] = _unite("unit", stacks["unit"], merged)
    united["penilaian"].rows = _place_appraisals(united["penilaian"].rows, united["pegawai"].rows)
    people = united["pegawai"].rows
    places = dict(zip(people["pegawai_id"], range(len(people)), strict=True)) if len(people) else {}
    for name in TABLES:
        if len(stacks[name]):
            _settle(name, stacks[name], united[name], places, merged)
    _count(reads, merged)
    return merged


def _stack(reads: Sequence[FileRead], table: str) -> pd.DataFrame:
    """Return the rows of all parts of a table as text, with where each came from."""
    frames = []
    parts = [(read, part) for read in reads for part in read.parts if part.table == table]
    parts.sort(key=lambda item: not item[1].kind.startswith("kanonik:"))  # our own tables first: they are the fullest
    for number, (read, part) in enumerate(parts):
        lines: list[int] | str = part.lines if part.lines is not None else ""
        rows = part.frame.assign(_file=read.file, _sheet=part.sheet or "", _row=part.rows, _line=lines)
        rows = rows.assign(_columns=part.columns, _hash=read.hash, _kind=part.kind, _part=number)
        frames.append(rows.astype({"_row": "str", "_line": "str"}))
    if not frames:
        return pd.DataFrame(columns=META, dtype="str")
    return pd.concat(frames, ignore_index=True).fillna("")


def _is_listed(rows: pd.DataFrame) -> pd.Series:
    return rows["_kind"].astype("str").str.startswith(LISTS)


@dataclass(slots=True, eq=False)
class United:
    """One row for each key of a table; `homes` tells, for each row of the stack that gave something, which one."""

    rows: pd.DataFrame
    homes: pd.Series


def _unite(name: str, stack: pd.DataFrame, merged: Merged) -> United:
    """Return one row for each key; contradictions are named and kept apart, repetitions counted."""
    if stack.empty:
        return United(stack, pd.Series(dtype="int64"))
    if name == "penilaian" and "unit_id" in stack:  # a recap names a sub-unit, not the unit of the employee
        stack = stack.assign(unit_id=stack["unit_id"].mask(stack["_kind"] == RECAP, ""))
    united = _unite_once(name, key_rows(name, stack), merged)
    if name != "kegiatan":
        return united
    again = _unite_once(name, key_events(united.rows), merged)
    return United(again.rows, united.homes.map(again.homes).dropna().astype("int64"))


def _unite_once(name: str, rows: pd.DataFrame, merged: Merged) -> United:
    agreed, conflicts = part_conflicts(name, rows)
    told: set[object] = set()
    for row, reason, finding in tell_conflicts(name, conflicts):
        merged.findings += [finding] if finding is not None else []
        if name != "unit" and row["later"] not in told:
            told.add(row["later"])
            own = {c.removeprefix("later_"): v for c, v in row.items() if c.startswith("later_")}
            _keep_apart(name, own, reason, merged, cell=finding.cell if finding is not None else None)
    kept, homes = fold_rows(agreed)
    if name != "unit":  # each employee repeats the unit
        merged.findings += tell_same(name, agreed, kept)
    return United(kept, homes)


def _keep_apart(name: str, row: Mapping[str, object], reason: str, merged: Merged, *, cell: str | None = None) -> None:
    """Add a row to those kept apart, with the reason and what it held."""
    content = " | ".join(f"{c}={v}" for c, v in row.items() if not c.startswith("_") and v not in ("", None))
    at = row["_line"] or row["_row"]
    merged.rejected.append([str(v) for v in (row["_file"], row["_sheet"], at, cell or "", name, reason, content)])


def _find_people(stacks: Mapping[str, pd.DataFrame], merged: Merged) -> pd.DataFrame:
    """Return the people of the lists; where no export lists them, a row for each whom the others name.

    Their unit is then the one that the last of these exports names.
    """
    listed = _is_listed(stacks["pegawai"])
    if listed.any():
        return stacks["pegawai"][listed].reset_index(drop=True)
    known = [column.name for column in TABLES["pegawai"].columns]
    rows = pd.concat([stacks[name] for name in ABOUT_PEOPLE if len(stacks[name])] or [stacks["pegawai"]])
    if rows.empty:
        return rows
    rows = with_columns(rows, ["unit_id"]).fillna("")
    rows = rows[[*(column for column in known if column in rows), *META]]
    named = rows[rows["unit_id"] != ""]
    homes = dict(zip(named["pegawai_id"], named["unit_id"], strict=True))
    people = rows[rows["pegawai_id"] != ""].drop_duplicates("pegawai_id").reset_index(drop=True)
    merged.findings.append(
        Finding(
            rule="people_from_recaps",
            severity="warning",
            table="pegawai",
            count=len(people),
            message=_("Tidak ada daftar pegawai: {n} pegawai disusun dari ekspor lain.").format(n=len(people)),
            remedy=_("Impor juga ekspor pegawai SIASN, supaya unit, golongan, dan jabatan mereka diketahui."),
        )
    )
    return people.assign(unit_id=[homes.get(person, NO_UNIT) for person in people["pegawai_id"]])


def _find_units(units: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return the units of the lists; where no export lists them, those that people belong to."""
    listed = _is_listed(units)
    if listed.any():
        return units[listed].reset_index(drop=True)
    if len(units) or people.empty:
        return units
    rows = people[people["unit_id"] != ""].drop_duplicates("unit_id").reset_index(drop=True)
    return rows[["unit_id", *META]].assign(nama=rows["unit_id"], _columns="")


def _place_appraisals(appraisals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return the appraisals in the unit of their person, unless their export names the unit of the period itself."""
    if appraisals.empty or people.empty or "unit_id" not in people:
        return appraisals
    appraisals = with_columns(appraisals, ["unit_id"])
    homes = people.drop_duplicates("pegawai_id").set_index("pegawai_id")["unit_id"]
    home = appraisals["pegawai_id"].map(homes).fillna("").astype("str")
    return appraisals.assign(unit_id=appraisals["unit_id"].where(appraisals["unit_id"] != "", home))


def _settle(name: str, stack: pd.DataFrame, united: United, places: Mapping[str, int], merged: Merged) -> None:
    """Keep a table with its origin, in the order of time and of the people, without rows that break the schema."""
    rows = _order(united.rows, places)
    rows = _number_events(rows) if name == "kegiatan" else rows
    rows = with_columns(rows, [column.name for column in TABLES[name].columns if column.required])
    filled = [c for c in own_columns(rows) if (rows[c] != "").any() or TABLES[name].column(c).required]
    sound = list(_sound(name, rows[filled], rows, merged))
    if not sound:
        return
    typed = pd.concat(sound)
    keys = row_keys(name, typed)
    homes = united.homes[united.homes.isin(typed.index)]
    meta = ("file", "sheet", "row", "line", "columns", "hash")
    origin = stack.loc[homes.index].rename(columns={f"_{column}": column for column in meta})
    origin = origin.assign(table=name, key=homes.map(keys))[list(ORIGIN_COLUMNS)].astype("str")
    merged.origin = pd.concat([merged.origin, origin], ignore_index=True)
    merged.tables[name] = typed.reset_index(drop=True)


def _order(rows: pd.DataFrame, places: Mapping[str, int]) -> pd.DataFrame:
    """Return the rows by time, then in the order of the table of people; those of other tables stay as they came."""
    time = next((column for column in ("periode", "mulai") if column in rows and "pegawai_id" in rows), None)
    if time is None:
        return rows
    number = rows.get("kegiatan_id", "")
    keys = pd.DataFrame({"time": rows[time], "place": rows["pegawai_id"].map(places), "number": number})
    return rows.loc[keys.sort_values(["time", "place", "number"], kind="stable").index]


def _number_events(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the events each with an id: its own where the export has one, else a number in the order of the rows."""
    numbers = pd.Series([f"K{n:06d}" for n in range(1, len(rows) + 1)], index=rows.index)
    return rows.assign(kegiatan_id=rows["kegiatan_id"].where(rows["kegiatan_id"] != "", numbers))


def _sound(name: str, text: pd.DataFrame, rows: pd.DataFrame, merged: Merged) -> Iterator[pd.DataFrame]:
    """Yield the rows that the schema takes, typed; halved until each bad row stands alone, named and kept apart."""
    try:
        yield check_table(name, text, locate=lambda _at: "")
    except DataError as error:
        if len(text) > 1:
            for half in (text.iloc[: len(text) // 2], text.iloc[len(text) // 2 :]):
                yield from _sound(name, half, rows, merged)
            return
        row, reason = rows.loc[text.index[0]].to_dict(), str(error).lstrip(", ")
        _keep_apart(name, row, reason, merged)
        merged.findings.append(
            Finding(
                rule="row_refused",
                severity="error",
                file=row["_file"],
                sheet=row["_sheet"] or None,
                line=int(row["_line"]) if row["_line"] else None,
                table=name,
                message=_("Baris {n} ditolak: {reason}").format(n=row["_row"], reason=reason),
                remedy=_("Perbaiki baris itu pada berkasnya, lalu impor lagi."),
            )
        )


def _count(reads: Sequence[FileRead], merged: Merged) -> None:
    """Count for each table what came in, what is used, what was one with another row, and what was kept apart."""
    at = REJECTED.index("table")
    for name in TABLES:
        came = sum(len(part.frame) for read in reads for part in read.parts if part.table == name)
        before = sum(row[at] == name for read in reads for row in read.rejected)
        apart, used = sum(row[at] == name for row in merged.rejected), len(merged.tables.get(name, ()))
        came = max(came + before, used + apart)  # people and units may be made from other tables
        if came:
            merged.counts[name] = {"read": came, "used": used, "merged": came - used - apart, "rejected": apart}
