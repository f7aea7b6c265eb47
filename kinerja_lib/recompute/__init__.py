"""Printed results of other studies, computed again: what cannot be, and what does not agree.

A printed number stands for all values that round to it; a check fails only where none of them agrees. Where this
stops: one correlation or one regression, one mean, two-sided tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.recompute.answers import ANSWERS
from kinerja_lib.recompute.printed import (
    UNKNOWN,
    Facts,
    Printed,
    Row,
    read_end,
    read_printed,
    read_sums,
    require_count,
    require_share,
)
from kinerja_lib.recompute.regression import REGRESSION, check_ranges, check_sums, find_n

COLUMNS = ["check", "printed", "low", "high", "verdict", "explanation"]

CHECKS = {
    "r": mark("r di antara −1 dan 1"),
    "r2": mark("R² di antara 0 dan 1"),
    "p": mark("p di antara 0 dan 1"),
    "f": mark("F tidak negatif"),
    "sums_x": mark("NΣx² − (Σx)² tidak negatif"),
    "sums_y": mark("NΣy² − (Σy)² tidak negatif"),
    "r_from_sums": mark("r dari jumlah yang tercetak"),
    "r2_from_r": "R² = r²",
    "t_from_r": mark("t dari r dan n"),
    "f_from_t": "F = t²",
    "f_from_r2": mark("F dari R² dan n"),
    "p_from_t": mark("p dari t dan n"),
    "p_from_f": mark("p dari F dan n"),
    "n_from_t": mark("n dari t tabel"),
    "n_from_f": mark("n dari F tabel"),
    "parts": mark("R² seluruhnya tidak di bawah R² tiap bagian"),
    "mean": mark("Rata-rata di dalam skala"),
    "grim": mark("Rata-rata mungkin untuk n orang (GRIM)"),
    "sd": mark("Simpangan baku mungkin untuk n, skala dan rata-rata"),
    "grimmer": mark("Simpangan baku mungkin untuk jawaban bulat (GRIMMER)"),
    "alone": mark("Perbandingan dengan angka lain"),
}
NEEDED = {
    "r": mark("r: perlu n beserta t atau p, atau R², atau jumlah-jumlahnya."),
    "t": mark("t: perlu n beserta r atau p, atau F."),
    "f": mark("F: perlu n beserta R² atau p, atau t."),
    "r2": mark("R²: perlu r, n beserta F, atau R² tiap bagian."),
    "p": mark("p: perlu n beserta t, F atau r."),
    "mean": mark("Rata-rata: perlu n kecil atau lebih banyak desimal, atau batas skalanya."),
    "sd": mark("Simpangan baku: perlu n dan rata-rata, beserta batas skala atau jawaban bulat."),
}


def recompute_check(
    *,
    n: int | None = None,
    r: Printed | None = None,
    t: Printed | None = None,
    f: Printed | None = None,
    r2: Printed | None = None,
    p: Printed | None = None,
    predictors: int = 1,
    partial_r2: Sequence[Printed] = (),
    sums: Mapping[str, Printed] | None = None,
    critical_t: Printed | None = None,
    critical_f: Printed | None = None,
    alpha: float = 0.05,
    mean: Printed | None = None,
    sd: Printed | None = None,
    items: int = 1,
    low: float | None = None,
    high: float | None = None,
) -> pd.DataFrame:
    """Check whether the printed numbers of a study can be, and whether they agree with each other.

    Give what the study prints, as text where its last digit is a nought ("0,50"): half a unit of the last digit to
    each side is allowed for. A comma is a decimal mark; "67,7 %" is 0.677; p may be "<0,001".

    Parameters
    ----------
    n : int, optional
        People. Where it is not printed, a critical value may give it back.
    r, t, f, r2, p : str or number, optional
        Correlation (with several predictors: the multiple R), test values, R², two-sided p.
    predictors : int
        Independent variables in the regression.
    partial_r2 : sequence of str or number
        R² of each variable (or block) alone, read as its share of `r2`.
    sums : mapping of str to number, optional
        Any of x, y, x2, y2, xy: Σx, Σy, Σx², Σy², Σxy; exact unless printed with decimals.
    critical_t, critical_f : str or number, optional
        Values of the t table (two-sided) and F table at `alpha`.
    alpha : float
        Level of the tables.
    mean, sd : str or number, optional
        Mean and standard deviation of answers in whole numbers (each person's mean over `items`).
    items : int
        Answers that make up a person's score.
    low, high : number, optional
        Ends of the scale.

    Returns
    -------
    DataFrame
        One row a check that could be made, and one a number that no other tests: `check` (a key of `CHECKS`),
        `printed` (as given), `low`, `high` (what the other numbers give; of "n_from_" the people), `verdict`
        ("cocok" agrees; "tidak_cocok" no values within the rounding agree; "mustahil" no data can give it;
        "tidak_dapat_diperiksa" something is missing), `explanation`.

    Raises
    ------
    CallError
        A number that cannot be read, an unknown sum, n or items below 1.

    References
    ----------
    Brown and Heathers (2017), Social Psychological and Personality Science 8(4) (GRIM); Anaya (2016), PeerJ Preprints
    e2400 (GRIMMER); Nuijten et al. (2016), Behavior Research Methods 48(4) (rounding).

    Examples
    --------
    >>> recompute_check(n=32, r=".517", t="3.864")[["check", "verdict"]]
          check      verdict
    0         r        cocok
    1  t_from_r  tidak_cocok
    """
    given = {"r": r, "t": t, "f": f, "r2": r2, "p": p, "mean": mean, "sd": sd}
    given |= {"critical_t": critical_t, "critical_f": critical_f}
    numbers = {name: read_printed(name, value) for name, value in given.items() if value is not None}
    people = None if n is None else require_count("n", n)
    study = Facts(
        numbers,
        tuple(read_printed("partial_r2", part) for part in partial_r2),
        read_sums(sums or {}),
        None if people is None else (people, people),
        require_count("predictors", predictors),
        require_share("alpha", alpha),
        require_count("items", items),
        (read_end("low", low), read_end("high", high)),
    )
    tables, study = find_n(study)
    rows = [*check_ranges(study), *check_sums(study), *tables]
    rows += [row for check in (*REGRESSION, *ANSWERS) if (row := check(study)) is not None]
    used = {name for row in rows for name in row.used}
    missing = (np.nan, np.nan)
    rows += [
        Row("alone", number.text, missing, UNKNOWN, _(NEEDED[name]))
        for name, number in numbers.items()
        if name in NEEDED and name not in used
    ]
    table = [[row.check, row.printed, *row.ends, row.verdict, row.explanation] for row in rows]
    return pd.DataFrame(table, columns=COLUMNS).astype({"low": "float64", "high": "float64"})
