"""Reading workbooks against openpyxl: ``python benchmarks/read.py``.

Prints seconds, the ratio and peak memory for a recap of 100,000 people, each reader in a process of its own, and the
time for 300 workbooks of 200 people with two jobs. Returns 1 where a limit is passed or the values differ.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import xlsxwriter

PEOPLE, FILES, FEW = 100_000, 300, 200
RATIO, MEGABYTES, SECONDS = 5.0, 250.0, 60.0
TURNS = 3  # the best of so many counts
HEADER = ["No", "NIP", "Nama", "Jabatan", "Rating Hasil Kerja", "Rating Perilaku Kerja", "Predikat Kinerja Periodik"]


def make_workbook(path: Path, people: int, seed: int) -> None:
    """Write an e-Kinerja recap of invented people."""
    rng = random.Random(seed)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Rekap")
        for row, text in enumerate(["9999 - Kementerian Contoh", "Sekretariat", "Periode Bulanan 3 Tahun 2025"]):
            sheet.write_string(row, 0, text)
        sheet.write_row(4, 0, HEADER)
        for number in range(1, people + 1):
            born = f"{rng.randint(1967, 1999)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
            nip = f"{born}{rng.randint(2000, 2024)}{rng.randint(1, 12):02}{rng.randint(1, 2)}{number % 1000:03}"
            rating = rng.choice(["Sesuai Ekspektasi", "Diatas Ekspektasi"])
            texts = [
                nip,
                f"Pegawai {rng.randrange(10**6)}",
                rng.choice(["Analis", "Arsiparis"]),
                rating,
                rating,
                "Baik",
            ]
            sheet.write_number(4 + number, 0, number)
            for column, text in enumerate(texts, start=1):
                sheet.write_string(4 + number, column, text)


def read_ours(path: Path) -> list[list[object]]:
    """Return the rows as `read_sheets` gives them."""
    from kinerja_lib.read.sheets import read_sheets

    return read_sheets(path, name=path.name)[0][0].rows


def read_openpyxl(path: Path) -> list[list[object]]:
    """Return the rows as openpyxl gives them in its mode for large files."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return [["" if value is None else value for value in row] for row in book["Rekap"].iter_rows(values_only=True)]


READERS: dict[str, Callable[[Path], list[list[object]]]] = {"ours": read_ours, "openpyxl": read_openpyxl}


def measure(reader: str, path: Path) -> None:
    """Print seconds, peak memory in megabytes (this process, its reader) and a fingerprint of the values as JSON."""
    import resource
    from importlib import import_module

    module = import_module({"ours": "kinerja_lib.read.sheets", "openpyxl": "openpyxl"}[reader])  # starting up is free
    start = perf_counter()
    rows = READERS[reader](path)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if reader == "ours":
        module._readers.close()
    other = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    width = max(map(len, rows))
    digest = hashlib.sha256()
    for row in rows:
        values = [float(value) if isinstance(value, int) else value for value in row]
        digest.update(repr([*values, *[""] * (width - len(row))]).encode())
    print(json.dumps({"seconds": seconds, "peak": peak, "reader": other, "digest": digest.hexdigest()}))


def ask(reader: str, path: Path) -> dict[str, float]:
    """Return the best of several measurements, each in a fresh process."""
    command = [sys.executable, __file__, reader, str(path)]
    runs = [json.loads(subprocess.check_output(command)) for _turn in range(TURNS)]
    found: dict[str, float] = min(runs, key=lambda run: run["seconds"])
    return found


def time_many(folder: Path) -> float:
    """Return the seconds that two jobs need for many small workbooks."""
    paths = [folder / f"{number}.xlsx" for number in range(FILES)]
    for number, path in enumerate(paths):
        make_workbook(path, FEW, number)
    start = perf_counter()
    with ThreadPoolExecutor(2) as pool:
        rows = [len(found) for found in pool.map(read_ours, paths)]
    assert rows == [FEW + 5] * FILES
    return perf_counter() - start


def main() -> int:
    """Print the figures; return 1 where a limit is passed or the values differ."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Rekap.xlsx"
        make_workbook(path, PEOPLE, 1)
        ours, theirs = ask("ours", path), ask("openpyxl", path)
        many = time_many(Path(folder))
    ratio = theirs["seconds"] / ours["seconds"]
    memory = ours["peak"] + ours["reader"]
    print(f"openpyxl read-only: {theirs['seconds']:.2f} s, {theirs['peak']:.0f} MB")
    print(f"read_sheets: {ours['seconds']:.2f} s, {ours['peak']:.0f} MB and {ours['reader']:.0f} MB in its reader")
    print(f"ratio: {ratio:.1f} (at least {RATIO:.0f}); memory of both: {memory:.0f} MB (at most {MEGABYTES:.0f})")
    print(f"{FILES} workbooks of {FEW} rows, two jobs: {many:.1f} s (at most {SECONDS:.0f})")
    same = ours["digest"] == theirs["digest"]
    print(f"values: {'the same' if same else 'DIFFERENT'}")
    return int(ratio < RATIO or memory > MEGABYTES or many > SECONDS or not same)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main())
