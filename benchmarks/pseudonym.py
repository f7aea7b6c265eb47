"""Pseudonyms of the whole civil service, against a plain loop: ``python benchmarks/pseudonym.py``.

Prints CPU seconds and the ratio to a loop over `hmac.new` that gives the same pseudonyms (timed on a part, scaled up).
"""

from __future__ import annotations

import base64
import hmac
import sys
from time import process_time

import numpy as np
import pandas as pd

from kinerja_lib.pseudonym import HASH_BYTES, hash_ids

PEOPLE = 4_700_000
PART = 300_000  # people that the plain loop does
LIMIT = 15.0  # CPU seconds


def make_numbers(people: int) -> list[str]:
    """Return invented NIP, each once."""
    rng = np.random.default_rng(2025)
    born = pd.to_datetime("1967-01-01") + pd.to_timedelta(rng.integers(0, 13_000, people), unit="D")
    stem = np.asarray(born.strftime("%Y%m%d"), dtype="int64") * 10_000_000_000 + 2_012_011_000
    return pd.Series(np.unique(stem + np.arange(people) * 7 % 1_000_000_000), dtype="int64").astype("str").tolist()


def hash_plainly(values: list[str], key: bytes) -> list[str]:
    """Return the same pseudonyms, one at a time."""
    return [
        "P" + base64.b32encode(hmac.new(key, value.encode(), "sha256").digest()[:HASH_BYTES]).decode()
        for value in values
    ]


def main() -> int:
    """Print the figures; return 1 where the limit is passed or the pseudonyms differ."""
    values, key = make_numbers(PEOPLE), bytes(range(32))
    start = process_time()
    codes = hash_ids(values, key)
    spent = process_time() - start
    start = process_time()
    plain = hash_plainly(values[:PART], key)
    loop = (process_time() - start) * len(values) / PART
    same = codes[:PART].tolist() == plain
    print(f"{len(values):,} pseudonyms: {spent:.1f} CPU s, loop {loop:.1f} CPU s: {loop / spent:.1f} times faster")
    print("same pseudonyms as the loop" if same else "DIFFERENT pseudonyms")
    return 0 if same and spent < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
