"""The tables of the law, as CSV beside this module, and how a value or a column is looked up in them.

Each row names its regulation, article, dates of validity and how sure it is (the marks of the rule digest: V2 seen in
two or more independent sources, V in one, I inferred, M-H and M-M from memory).
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Hashable
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from kinerja_lib.errors import CallError, list_values, nearest
from kinerja_lib.language import _

FOLDER = Path(__file__).parent
ORIGIN = ("regulasi", "pasal", "berlaku_mulai", "berlaku_sampai", "keyakinan")
SOURCES = (
    *("rezim", "label_rating", "label_predikat", "predikat", "kuadran", "bobot_pp30", "pita_nilai"),
    *("capaian_iki", "nilai_iki", "pola_distribusi", "masa_perbaikan"),
    *("jenis_kegiatan", "label_kegiatan", "konversi_jp", "kuantum_jp", "tingkat_kompetensi", "standar_kompetensi"),
    *("ip_asn", "jendela_ip_asn", "sembilan_kotak", "koefisien_ak", "persen_ak", "nip", "golongan", "bup"),
    *("perencanaan", "pembinaan", "kesenjangan"),
)


@cache
def read_rules(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one table of the law, every value as text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def sources() -> pd.DataFrame:
    """Return every row of law that the calls of this package use, with where it comes from.

    Returns
    -------
    DataFrame
        Columns `rule` (table), `row` (what the row rules), `regulasi`, `pasal`, `keyakinan`; an article that is not
        known for sure says so.
    """
    rows = []
    for name in SOURCES:
        for row in read_rules(name):
            key = ", ".join(f"{k}={v}" for k, v in row.items() if k not in ORIGIN and v)
            pasal = row["pasal"] or _("belum dipastikan")
            rows.append([name, key, row["regulasi"], pasal, row["keyakinan"]])
    return pd.DataFrame(rows, columns=["rule", "row", "regulasi", "pasal", "keyakinan"])


def cite(name: str, **where: str) -> str:
    """Return the regulations and articles behind the rows of one table of the law, in the words of a note.

    Parameters
    ----------
    name : str
        The table.
    **where : str
        Columns and what they must hold.

    Examples
    --------
    >>> cite("pembinaan", istilah="bimbingan_kinerja"), cite("pembinaan", istilah="pelatihan")
    ('PermenPANRB 6/2022 Pasal 21-22', 'Peraturan LAN 10/2018')
    """
    articles: dict[str, list[str]] = {}
    for row in read_rules(name):
        if any(row[column] != value for column, value in where.items()):
            continue
        found = articles.setdefault(row["regulasi"], [])
        if row["pasal"] and row["pasal"] not in found:
            found.append(row["pasal"])
    return "; ".join(_cite_one(regulation, found) for regulation, found in articles.items())


def _cite_one(regulation: str, articles: list[str]) -> str:
    """Return one regulation with its articles; a place that is no number, such as an annex, is named as it is."""
    if not articles:
        return regulation
    text = _("{regulation} Pasal {articles}") if articles[0][0].isdigit() else "{regulation} {articles}"
    return text.format(regulation=regulation, articles=", ".join(articles))


REPLACED = (("ESPEKTASI", "EKSPEKTASI"), ("DI ATAS", "DIATAS"), ("DI BAWAH", "DIBAWAH"), (" /", "/"), ("/ ", "/"))


def clean_label(value: object) -> str | None:
    """Return a label as it is looked up: NFKC, one space, capitals, known misspellings mended; None where missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(unicodedata.normalize("NFKC", str(value)).split()).upper()
    for found, instead in REPLACED:
        text = text.replace(found, instead)
    return text or None


def look_up(argument: str, value: object, labels: dict[str, str], levels: tuple[str, ...]) -> Any:
    """Return the level of a label, or of a Series of labels as an ordered category of `levels`.

    A level stands for itself. An unknown label raises a `CallError`; in a Series it gives missing.
    """
    dtype = pd.CategoricalDtype(list(levels), ordered=True)
    if isinstance(value, pd.Series):
        if value.dtype == dtype:
            return value.copy()
        codes, distinct = pd.factorize(value)
        found = [_level(item, labels, levels) for item in distinct]
        positions = [levels.index(level) if level is not None else -1 for level in found]
        taken = pd.Series([*positions, -1], dtype="int8").to_numpy()[codes]
        return pd.Series(pd.Categorical.from_codes(taken, dtype=dtype), index=value.index, name=value.name)
    if clean_label(value) is None:
        return None
    level = _level(value, labels, levels)
    if level is None:
        message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
        text = message.format(argument=argument, found=repr(value), allowed=list_values(levels[::-1]))
        raise CallError(text + nearest(str(value), levels))
    return level


def _level(value: Hashable, labels: dict[str, str], levels: tuple[str, ...]) -> str | None:
    if value in levels:
        return str(value)
    cleaned = clean_label(value)
    return None if cleaned is None or isinstance(value, bool) else labels.get(cleaned)
