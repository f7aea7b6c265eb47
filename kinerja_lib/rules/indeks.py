"""Indices of a person: Indeks Profesionalitas ASN, the nine boxes of talent, angka kredit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.rules.predikat import read_predikat, read_rating
from kinerja_lib.rules.rows import (
    Check,
    Codes,
    Floats,
    band_rows,
    by_row,
    category,
    find_band,
    flags,
    name_labels,
    numbers,
    read_codes,
    read_flag,
    read_number,
)
from kinerja_lib.rules.tables import look_up, read_rules
from kinerja_lib.vocabulary import JENIS_JABATAN, PENDIDIKAN, POTENSIAL, PREDIKAT, RATING

MONTHS = 12
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class IpAsn:
    """The Indeks Profesionalitas of a person; None where a part that it needs is missing.

    Attributes
    ----------
    kualifikasi, kompetensi, kinerja, disiplin : float or None
        The four parts: at most 25, 40, 30 and 5.
    total : float or None
        Their sum, at most 100.
    kategori : str or None
        Sangat Rendah, Rendah, Sedang, Tinggi or Sangat Tinggi.
    """

    kualifikasi: float | None
    kompetensi: float | None
    kinerja: float | None
    disiplin: float | None
    total: float | None
    kategori: str | None


def score_ip_asn(
    kelompok: Any, *, pendidikan: Any, diklat: Any, teknis_20jp: Any, seminar: Any, predikat: Any, hukdis: Any
) -> Any:
    """Return the Indeks Profesionalitas ASN: PermenPANRB 38/2018 and Peraturan BKN 8/2019.

    The categories are printed for whole numbers (91-100, 81-90, ...); a total between two belongs to the upper one:
    over 90 is Sangat Tinggi.

    Parameters
    ----------
    kelompok : str or Series
        Kind of post: one of the vocabulary's `JENIS_JABATAN`, or struktural.
    pendidikan : str or Series
        Last education, such as "S-2".
    diklat : bool or Series
        Whether the leadership (functional: the functional) training of the present post was done. Not asked of
        pelaksana.
    teknis_20jp, seminar : bool or Series
        Whether there were 20 JP of technical training in the year, and a seminar, workshop or the like.
    predikat : str or Series
        Any label that `read_predikat` knows.
    hukdis : str or Series
        "tidak ada", "ringan" (R), "sedang" (S) or "berat" (B). Missing is not "tidak ada".

    Returns
    -------
    IpAsn or DataFrame
        For Series a frame with their index and the fields of `IpAsn` as columns. Missing stays missing.

    Raises
    ------
    CallError
        A label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> said = {"diklat": True, "teknis_20jp": True, "seminar": True, "predikat": "Baik", "hukdis": "tidak ada"}
    >>> score_ip_asn("pengawas", pendidikan="S-2", **said)
    IpAsn(kualifikasi=20.0, kompetensi=40.0, kinerja=25.0, disiplin=5.0, total=90.0, kategori='Tinggi')
    """
    arguments = {
        "kelompok": kelompok,
        "pendidikan": pendidikan,
        "diklat": diklat,
        "teknis_20jp": teknis_20jp,
        "seminar": seminar,
        "predikat": predikat,
        "hukdis": hukdis,
    }
    check: Check = {name: partial(read_flag, name) for name in COURSES} | {"predikat": read_predikat}
    for name, labels, levels in (
        ("kelompok", _posts(), (*JENIS_JABATAN, "struktural")),
        ("pendidikan", _schools(), PENDIDIKAN),
        ("hukdis", _sanctions(), tuple(dict.fromkeys(_sanctions().values()))),
    ):
        check[name] = partial(look_up, name, labels=labels, levels=levels)
    found = by_row(_sum_parts, check, **arguments)
    return IpAsn(**found) if isinstance(found, dict) else found


COURSES = ("diklat", "teknis_20jp", "seminar")


def _rows(unsur: str) -> list[dict[str, str]]:
    return [row for row in read_rules("ip_asn") if row["unsur"] == unsur]


@cache
def _posts() -> dict[str, str]:
    """Return the labels of kinds of post, and for each the first of those that are scored like it."""
    groups = [row["jabatan"].split(";") for row in _rows("teknis_20jp")]
    return {label: group[0] for group in groups for label in name_labels(group)}


@cache
def _schools() -> dict[str, str]:
    return {
        label.replace("-", sign): name for label, name in name_labels(PENDIDIKAN).items() for sign in ("-", "", " ")
    }


@cache
def _sanctions() -> dict[str, str]:
    rows = _rows("hukdis")
    return name_labels([row["isi"] for row in rows]) | {row["kode"]: row["isi"] for row in rows if row["kode"]}


def _scores(unsur: str, levels: tuple[str, ...], column: str = "isi") -> Floats:
    """Return the score of each level, and a last one for missing; a level that the part does not ask has 0."""
    scores = {name: float(row["skor"]) for row in _rows(unsur) for name in row[column].split(";")}
    return np.array([*(scores.get(level, 0.0) for level in levels), np.nan])


def _take(unsur: str, values: pd.Series, labels: dict[str, str]) -> Floats:
    levels = tuple(dict.fromkeys(labels.values()))
    return _scores(unsur, levels)[read_codes(values, levels, labels)]


def _sum_parts(
    *,
    kelompok: pd.Series,
    pendidikan: pd.Series,
    diklat: pd.Series,
    teknis_20jp: pd.Series,
    seminar: pd.Series,
    predikat: pd.Series,
    hukdis: pd.Series,
) -> pd.DataFrame:
    parts = {
        "kualifikasi": _take("pendidikan", pendidikan, _schools()),
        "kompetensi": _score_courses(kelompok, (diklat, teknis_20jp, seminar)),
        "kinerja": _scores("predikat", PREDIKAT)[read_predikat(predikat).cat.codes.to_numpy()],
        "disiplin": _take("hukdis", hukdis, _sanctions()),
    }
    total = parts["kualifikasi"] + parts["kompetensi"] + parts["kinerja"] + parts["disiplin"]
    names = [row["label"] for row in band_rows("ip_asn")]
    return pd.DataFrame({**parts, "total": total, "kategori": category(find_band("ip_asn", total), names)})


def _score_courses(kelompok: pd.Series, done: tuple[pd.Series, ...]) -> Floats:
    groups = tuple(dict.fromkeys(_posts().values()))
    post = read_codes(kelompok, groups, _posts())
    total = np.zeros(len(post))
    for name, values in zip(COURSES, done, strict=True):
        worth = _scores(name, groups, "jabatan")[post]
        said = np.array([0.0, 1.0, np.nan])[flags(values)]
        total += np.where(worth == 0, 0.0, worth * said)
    return total


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the talent map and what the law recommends for those in it.

    Attributes
    ----------
    kotak : int
        1 to 9.
    bimbingan, konseling : bool
        Whether bimbingan kinerja, konseling kinerja are recommended.
    rekomendasi : str
        The recommendations in full.
    """

    kotak: int
    bimbingan: bool
    konseling: bool
    rekomendasi: str


def score_box(kinerja: Any, potensial: Any) -> Any:
    """Return the box of the talent map: PermenPANRB 3/2020.

    Parameters
    ----------
    kinerja : str or Series
        Rating: any label that `read_rating` knows.
    potensial : str or Series
        rendah, menengah or tinggi ("potensial tinggi" too). The law sets no limits for it: the agency does.

    Returns
    -------
    Box, None or DataFrame
        For Series a frame with their index and the fields of `Box` as columns. Missing where either is.

    Raises
    ------
    CallError
        A label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> box = score_box("sesuai", "menengah")
    >>> box.kotak, box.bimbingan, box.konseling
    (5, True, False)
    """
    check: Check = {"kinerja": read_rating, "potensial": _read_potensial}
    found = by_row(_place_in_box, check, kinerja=kinerja, potensial=potensial)
    if isinstance(found, dict):
        return None if found["kotak"] is None else Box(**found)
    return found


def _read_potensial(value: Any) -> Any:
    labels = name_labels(POTENSIAL)
    labels |= {f"POTENSIAL {label}": name for label, name in labels.items()}
    return look_up("potensial", value, labels, POTENSIAL)


def _place_in_box(kinerja: pd.Series, potensial: pd.Series) -> pd.DataFrame:
    rows = sorted(read_rules("sembilan_kotak"), key=lambda row: int(row["kotak"]))
    cells = np.full((len(RATING) + 1, len(POTENSIAL) + 1), -1, dtype="int8")
    for place, row in enumerate(rows):
        cells[RATING.index(row["kinerja"]), POTENSIAL.index(row["potensial"])] = place
    codes = [
        read(values).cat.codes.to_numpy() for read, values in ((read_rating, kinerja), (_read_potensial, potensial))
    ]
    at: Codes = cells[codes[0], codes[1]]
    advice = [row["rekomendasi"] for row in rows]
    return pd.DataFrame(
        {
            "kotak": pd.array([*(int(row["kotak"]) for row in rows), pd.NA], dtype="Int64").take(at),
            **{
                name: pd.array([*(row[name] == "ya" for row in rows), pd.NA], dtype="boolean").take(at)
                for name in ("bimbingan", "konseling")
            },
            "rekomendasi": category(at, advice, ordered=False),
        }
    )


def score_angka_kredit(jenjang: Any, predikat: Any, bulan: Any = MONTHS) -> Any:
    """Return the angka kredit of a functional post: PermenPANRB 1/2023 and Peraturan BKN 3/2023.

    Months over twelve, times the per cent of the predikat, times the coefficient of the jenjang; computed with
    decimals and rounded half up to two of them, as the tables of the law are.

    Parameters
    ----------
    jenjang : str or Series
        Such as "Ahli Madya", "Terampil", or its code (UT, MA, MU, PT, PY, MH, TR, PM).
    predikat : str or Series
        Any label that `read_predikat` knows.
    bulan : int or Series, default 12
        Months appraised, 1 to 12.

    Returns
    -------
    float, None or Series of float
        The double nearest to the decimal, so that it prints as the law does. Missing stays missing.

    Raises
    ------
    CallError
        An unknown label, or months that are no whole number from 1 to 12. In a Series these give missing.

    Examples
    --------
    >>> score_angka_kredit("Ahli Pertama", "Sangat Baik"), score_angka_kredit("Ahli Pertama", "Baik", 2)
    (18.75, 2.08)
    """
    check: Check = {
        "jenjang": _read_jenjang,
        "predikat": read_predikat,
        "bulan": partial(read_number, "bulan", low=1, high=MONTHS, whole=True),
    }
    return by_row(_take_credits, check, jenjang=jenjang, predikat=predikat, bulan=bulan)


def _read_jenjang(value: Any) -> Any:
    rows = read_rules("koefisien_ak")
    names = tuple(row["jenjang"] for row in rows)
    return look_up("jenjang", value, name_labels(names) | {row["kode"]: row["jenjang"] for row in rows}, names)


@cache
def _credits() -> Floats:
    """Return the angka kredit of each jenjang, predikat and number of months; the last of each is for missing."""
    share = {row["predikat"]: Decimal(row["persen"]) for row in read_rules("persen_ak")}
    rows = read_rules("koefisien_ak")
    table = np.full((len(rows) + 1, len(PREDIKAT) + 1, MONTHS + 1), np.nan)
    for place, row in enumerate(rows):
        for other, predikat in enumerate(PREDIKAT):
            year = Decimal(row["koefisien"]) * share[predikat]
            exact = [year * months / (100 * MONTHS) for months in range(1, MONTHS + 1)]
            table[place, other, :MONTHS] = [float(value.quantize(CENT, ROUND_HALF_UP)) for value in exact]
    return table


def _take_credits(jenjang: pd.Series, predikat: pd.Series, bulan: pd.Series) -> pd.Series:
    months = numbers(bulan, 1, MONTHS)
    months = np.where(months % 1 == 0, months, MONTHS + 1)
    first, second = (
        read(values).cat.codes.to_numpy() for read, values in ((_read_jenjang, jenjang), (read_predikat, predikat))
    )
    return pd.Series(_credits()[first, second, months.astype("int8") - 1])
