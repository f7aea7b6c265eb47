"""Rules of law on 10 million rows: ``python benchmarks/rules.py [ROWS]``.

Prints for each call CPU seconds, the ratio to a plain ``map`` or ``apply`` that gives the same (timed on a part, scaled
up) and peak memory, each in a process of its own. Returns 1 where a call passes the limit or the values differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib import rules
from kinerja_lib.vocabulary import JENIS_JABATAN, PENDIDIKAN, PREDIKAT, RATING, REZIM

ROWS, PART = 10_000_000, 20_000  # the plain way is done on a part
SECONDS = 5.0
GRADES = ("III/a", "Penata Muda, III/A", "31", "IVe", None)
LEVELS = ("Ahli Pertama", "Ahli Muda", "Ahli Madya", "Mahir", None)
PERIODS = ("2020", "2021-S1", "2021-S2", "2024-T3", None)


def draw(name: str, rows: int) -> dict[str, Any]:
    """Return the arguments of a call: columns of text, numbers and dates as a read file holds them, some missing."""
    rng = np.random.default_rng(2025)

    def text(*values: str | None) -> pd.Series:
        return pd.Series(np.array(values, dtype="object")[rng.integers(0, len(values), rows)], dtype="str")

    def number(low: float, high: float, step: float = 0.01) -> pd.Series:
        found = np.round(rng.integers(round(low / step), round(high / step) + 1, rows) * step, 2)
        return pd.Series(np.where(rng.random(rows) < 0.02, np.nan, found))

    def flag() -> pd.Series:
        return pd.Series(rng.integers(0, 2, rows).astype(bool))

    def day() -> pd.Series:
        return pd.Series(np.datetime64("1965-01-01", "us") + rng.integers(0, 12000, rows).astype("timedelta64[D]"))

    def nip() -> pd.Series:
        born = day().dt
        stem = (born.year * 10_000 + born.month * 100 + born.day).astype("int64")
        return (stem * 10**10 + 201_204 * 10**4 + rng.integers(1001, 2999, rows)).astype("str")

    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "read_rating": lambda: {"label": text("Diatas Ekspektasi", "2", "sesuai", None)},
        "read_predikat": lambda: {"label": text("SANGAT BAIK", "2", "Cukup", None)},
        "score_predikat": lambda: {"rating_hasil": text(*RATING, None), "rating_perilaku": text(*RATING, None)},
        "ordinal": lambda: {"predikat": text(*PREDIKAT, None)},
        "score_nilai_pp30": lambda: {"nilai_skp": number(0, 120), "nilai_perilaku": number(0, 120), "rekan": flag()},
        "score_predikat_pp30": lambda: {"nilai": number(0, 120), "ide_baru": flag()},
        "score_predikat_pp46": lambda: {"nilai": number(0, 100)},
        "score_iki": lambda: {
            "target": number(1, 99),
            "realisasi": number(0, 120),
            "kondisi": text("normal", "khusus", None),
        },
        "score_nilai_iki": lambda: {"capaian": number(-20, 150)},
        "score_jp": lambda: {
            "kode": text("9", "Workshop", "14", "Diklat Teknis", None),
            "jp": number(0, 40),
            "hari": number(1, 5, 1),
            "internasional": flag(),
        },
        "check_jp": lambda: {"total_jp": number(0, 40), "status": text("PNS", "PPPK", None)},
        "score_gap": lambda: {"level": number(1, 5, 1), "standar": number(1, 5, 1)},
        "score_jpm_band": lambda: {"jpm": number(0, 120), "scheme": "pemetaan"},
        "standard_level": lambda: {"jabatan": text(*JENIS_JABATAN, None)},
        "score_ip_asn": lambda: {
            "kelompok": text(*JENIS_JABATAN, None),
            "pendidikan": text(*PENDIDIKAN, None),
            "diklat": flag(),
            "teknis_20jp": flag(),
            "seminar": flag(),
            "predikat": text(*PREDIKAT, None),
            "hukdis": text("tidak ada", "ringan", "R", None),
        },
        "score_box": lambda: {"kinerja": text(*RATING, None), "potensial": text("rendah", "menengah", "tinggi", None)},
        "score_angka_kredit": lambda: {
            "jenjang": text(*LEVELS),
            "predikat": text(*PREDIKAT, None),
            "bulan": number(1, 12, 1),
        },
        "read_golongan": lambda: {"text": text(*GRADES)},
        "read_jenis_kegiatan": lambda: {"text": text("14", "Mentoring", "e-learning", "Bimtek", None)},
        "parse_nip": lambda: {"text": nip()},
        "pension_date": lambda: {
            "tanggal_lahir": day(),
            "jabatan": text("administrator", "Ahli Madya", "pelaksana", None),
        },
        "improvement_deadline": lambda: {"tanggal_penetapan": day(), "predikat": text(*PREDIKAT, None)},
        "check_rezim": lambda: {"rezim": text(*REZIM, None), "periode": text(*PERIODS)},
    }
    return makers[name]()


CALLS = (
    *("read_rating", "read_predikat", "score_predikat", "ordinal"),
    *("score_nilai_pp30", "score_predikat_pp30", "score_predikat_pp46", "score_iki", "score_nilai_iki"),
    *("score_jp", "check_jp", "score_gap", "score_jpm_band", "standard_level"),
    *("score_ip_asn", "score_box", "score_angka_kredit", "read_golongan", "read_jenis_kegiatan"),
    *("parse_nip", "pension_date", "improvement_deadline", "check_rezim"),
)
QUADRANT = {
    ("di_atas", "di_atas"): "Sangat Baik",
    ("di_atas", "di_bawah"): "Kurang",
    ("sesuai", "di_bawah"): "Kurang",
    ("di_bawah", "di_bawah"): "Sangat Kurang",
    ("di_bawah", "sesuai"): "Butuh Perbaikan",
    ("di_bawah", "di_atas"): "Butuh Perbaikan",
}
SHARE = {"Sangat Baik": "1.5", "Baik": "1", "Butuh Perbaikan": "0.75", "Kurang": "0.5", "Sangat Kurang": "0.25"}
COEFFICIENT = {"Ahli Pertama": "12.5", "Ahli Muda": "25", "Ahli Madya": "37.5", "Mahir": "12.5"}


def plain_predikat(given: dict[str, pd.Series]) -> pd.Series:
    """Return the predikat as a script that applies a function to each row would."""
    frame = pd.DataFrame(given)
    pick = lambda row: QUADRANT.get((row.iloc[0], row.iloc[1]), "Baik") if row.notna().all() else None  # noqa: E731
    return frame.apply(pick, axis=1)


def plain_ordinal(given: dict[str, pd.Series]) -> pd.Series:
    """Return the order as `Series.map` gives it."""
    return given["predikat"].map({name: place for place, name in enumerate(PREDIKAT, start=1)})


def plain_bands(given: dict[str, pd.Series]) -> pd.Series:
    """Return the predikat of PP 30/2019 as a chain of ifs gives it."""

    def pick(row: pd.Series) -> str | None:
        x = row["nilai"]
        if pd.isna(x):
            return None
        if x >= 110 and row["ide_baru"]:
            return "Sangat Baik"
        return "Baik" if x >= 90 else "Cukup" if x >= 70 else "Kurang" if x >= 50 else "Sangat Kurang"

    return pd.DataFrame(given).apply(pick, axis=1)


def plain_credits(given: dict[str, pd.Series]) -> pd.Series:
    """Return the angka kredit of each row with decimals."""

    def pick(row: pd.Series) -> float | None:
        if row.isna().any():
            return None
        exact = Decimal(SHARE[row["predikat"]]) * Decimal(COEFFICIENT[row["jenjang"]]) * int(row["bulan"]) / 12
        return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))

    return pd.DataFrame(given).apply(pick, axis=1)


PLAIN: dict[str, Callable[[dict[str, pd.Series]], pd.Series]] = {
    "score_predikat": plain_predikat,
    "ordinal": plain_ordinal,
    "score_predikat_pp30": plain_bands,
    "score_angka_kredit": plain_credits,
}


def measure(name: str, rows: int) -> None:
    """Print seconds, megabytes of the arguments and above them, and for some the seconds of the plain way, as JSON."""
    import resource

    call = getattr(rules, name)
    call(**draw(name, 10))  # the tables are read once
    given = draw(name, rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = process_time()
    found = call(**given)
    figures = {"seconds": process_time() - start, "before": before}
    figures["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plain = PLAIN.get(name)
    if plain is not None:
        part = {key: value.head(PART) for key, value in given.items()}
        start = process_time()
        other = plain(part)
        figures["plain"] = (process_time() - start) * rows / PART
        ours = found.head(PART).astype("object")
        figures["same"] = bool(((ours == other.astype("object")) | (ours.isna() & other.isna())).all())
    print(json.dumps(figures))


def main(rows: int) -> int:
    """Print the figures; return 1 where a limit is passed or the values differ."""
    print(f"{rows:,} rows; at most {SECONDS:.0f} CPU s a call; megabytes: with the arguments alone, and at the peak")
    bad = 0
    for name in CALLS:
        figures = json.loads(subprocess.check_output([sys.executable, __file__, name, str(rows)]))
        line = f"{name:22} {figures['seconds']:5.2f} s  {figures['before']:6.0f} -> {figures['peak']:6.0f} MB"
        if "plain" in figures:
            times = figures["plain"] / figures["seconds"]
            same = "the same" if figures["same"] else "DIFFERENT"
            line += f"  plain {figures['plain']:7.1f} s: {times:6.1f} times faster, values {same}"
        print(line, flush=True)
        bad += figures["seconds"] > SECONDS or not figures.get("same", True)
    return int(bad > 0)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) == 2 else ROWS))
