"""Correlation and regression computed again: ranges, sums, table values, t, F, R² and p against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import inf, isfinite, sqrt

import numpy as np

from kinerja_lib.language import _
from kinerja_lib.recompute.printed import (
    AGREE,
    DISAGREE,
    IMPOSSIBLE,
    RANGES,
    SAID,
    SLACK,
    UNKNOWN,
    Ends,
    Facts,
    Number,
    Row,
    compare,
    is_in_range,
    meet,
    over,
)

MOST_DF = 10_000  # beyond, critical values no longer tell one n from another


def check_ranges(study: Facts) -> list[Row]:
    """Return whether each printed number can be what it is called."""
    rows = []
    for name, ends in RANGES.items():
        if name in study.numbers:
            verdict = AGREE if (fits := is_in_range(name, study.numbers[name])) else IMPOSSIBLE
            said = _("Di dalam batasnya.") if fits else _(SAID[IMPOSSIBLE])
            rows.append(Row(name, study.numbers[name].text, ends, verdict, said, () if fits else (name,)))
    return rows


def check_sums(study: Facts) -> list[Row]:
    """Return whether variances from the printed sums can be, and whether r from them is one and agrees."""
    if not study.sums or study.n is None or study.n[0] < study.n[1]:
        said = _("Jumlah: perlu n.")
        return [Row("r_from_sums", "", (np.nan, np.nan), UNKNOWN, said)] if study.sums else []
    people = study.n[0]
    terms = {name: _sum_term(study, people, *names) for name, names in TERMS.items()}
    rows = []
    for name in ("x", "y"):
        term = terms[name]
        if term is not None:
            known = term[1] >= 0
            text = "; ".join(study.sums[key].text for key in (name, f"{name}2"))
            said = _("Di dalam batasnya.") if known else _("Ragam tidak dapat negatif: salah satu jumlahnya keliru.")
            rows.append(Row(f"sums_{name}", text, term, AGREE if known else IMPOSSIBLE, said))
    x, y, xy = (terms[name] for name in ("x", "y", "xy"))
    if x is not None and y is not None and xy is not None and min(x[1], y[1]) > 0:
        rows.append(_compare_sums(study, over(_r_from_terms, xy, x, y)))
    return rows


TERMS = {"x": ("x2", "x", "x"), "y": ("y2", "y", "y"), "xy": ("xy", "x", "y")}


def _sum_term(study: Facts, people: int, joint: str, one: str, other: str) -> Ends | None:
    """Return the ends of N times a sum of products less the product of the sums."""
    if any(name not in study.sums for name in (joint, one, other)):
        return None
    first, second, third = (study.sums[name] for name in (joint, one, other))
    products = [a * b for a, b in product((second.low, second.high), (third.low, third.high))]
    return float(people * first.low - max(products)), float(people * first.high - min(products))


def _r_from_terms(xy: float, x: float, y: float) -> float:
    return xy / sqrt(x * y) if min(x, y) > 0 else (0.0 if xy == 0 else inf * np.sign(xy))


def _compare_sums(study: Facts, ends: Ends) -> Row:
    text = "; ".join(number.text for number in study.sums.values())
    if not meet(ends, RANGES["r"]):
        said = _("Jumlah yang tercetak memberi |r| di atas 1: salah satu jumlahnya keliru.")
        return Row("r_from_sums", text, ends, IMPOSSIBLE, said, ("r",))
    found = study.get("r")
    if found is None:
        return Row("r_from_sums", text, ends, AGREE, _("Di dalam batasnya."))
    return compare("r_from_sums", found[0], found[0].ends, ends, used=["r"])


# -------------------------------------------------------------------------------------------- tests of a regression


def find_n(study: Facts) -> tuple[list[Row], Facts]:
    """Return the rows on critical values, and the study with the n they give where none was printed."""
    from scipy import stats

    df = np.arange(1, MOST_DF + 1)
    rows, found = [], study.n
    for name in ("t", "f"):
        number = study.numbers.get(f"critical_{name}")
        if number is None:
            continue
        low, high = number.ends
        values = stats.t.isf(study.alpha / 2, df) if name == "t" else stats.f.isf(study.alpha, study.predictors, df)
        fits = df[(values >= low - SLACK) & (values <= high + SLACK)] + study.predictors + 1
        if not len(fits):
            said = _("Tidak ada n yang memberi nilai tabel ini pada alfa dan jumlah variabel itu.")
            rows.append(Row(f"n_from_{name}", number.text, (np.nan, np.nan), DISAGREE, said))
            continue
        ends = float(fits[0]), float(fits[-1]) if fits[-1] < MOST_DF + study.predictors + 1 else inf
        if study.n is None:
            said = _("n yang memberi nilai tabel ini.")
            rows.append(Row(f"n_from_{name}", number.text, ends, AGREE, said))
            found = (int(fits[0]), int(fits[-1])) if found is None and isfinite(ends[1]) else found
        else:
            own = float(study.n[0]), float(study.n[0])
            rows.append(compare(f"n_from_{name}", number, own, ends, used=[]))
    return rows, replace(study, n=found)


def _check_r2(study: Facts) -> Row | None:
    found = study.get("r", "r2")
    if found is None:
        return None
    r, r2 = found
    low, high = r.size
    slip = _("Yang tercetak adalah r, dibaca sebagai R²: bagian yang dijelaskan adalah r².")
    return compare(
        "r2_from_r", r2, r2.ends, (low**2, high**2), used=["r", "r2"], slip=slip if meet(r.size, r2.ends) else ""
    )


def _t_from_r(r: float, df: float) -> float:
    return inf if r >= 1 else r * sqrt(df / (1 - r**2))


def _t_without_root(r: float, df: float) -> float:
    return inf if r >= 1 else r * sqrt(df) / (1 - r**2)


def _check_t(study: Facts) -> Row | None:
    found = study.get("r", "t")
    if found is None or study.df is None or study.predictors > 1:
        return None
    r, t = found
    ends, rootless = (over(formula, r.size, study.df) for formula in (_t_from_r, _t_without_root))
    slip = _("Pembaginya 1 − r² tanpa akar.") if meet(t.size, rootless) else ""
    return compare("t_from_r", t, t.size, ends, used=["r", "t"], slip=slip)


def _check_f_of_t(study: Facts) -> Row | None:
    found = study.get("t", "f")
    if found is None or study.predictors > 1:
        return None
    t, f = found
    return compare("f_from_t", f, f.ends, (t.size[0] ** 2, t.size[1] ** 2), used=["t", "f"])


def _check_f_of_r2(study: Facts) -> Row | None:
    found, k = study.get("r2", "f"), study.predictors
    if found is None or study.df is None:
        return None
    r2, f = found
    kept = max(r2.ends[0], 0.0), min(r2.ends[1], 1.0)
    ends = over(lambda share, df: inf if share >= 1 else share / k * df / (1 - share), kept, study.df)
    return compare("f_from_r2", f, f.ends, ends, used=["r2", "f"])


def _check_p_of_t(study: Facts) -> Row | None:
    """Return p from t, or where no t is printed from r."""
    from scipy import stats

    if study.df is None or (p := study.get("p")) is None:
        return None
    if (found := study.get("t")) is not None:
        ends = over(lambda t, df: float(2 * stats.t.sf(t, df)), found[0].size, study.df)
        return compare("p_from_t", p[0], p[0].ends, ends, used=["p", "t"], slip=_one_sided(p[0], ends))
    if (found := study.get("r")) is not None and study.predictors == 1:
        ends = over(lambda r, df: float(2 * stats.t.sf(_t_from_r(r, df), df)), found[0].size, study.df)
        return compare("p_from_t", p[0], p[0].ends, ends, used=["p", "r"], slip=_one_sided(p[0], ends))
    return None


def _one_sided(p: Number, ends: Ends) -> str:
    return _("Sesuai dengan uji satu arah.") if meet(p.ends, (ends[0] / 2, ends[1] / 2)) else ""


def _check_p_of_f(study: Facts) -> Row | None:
    from scipy import stats

    found = study.get("f", "p")
    if found is None or study.df is None:
        return None
    f, p = found
    kept = max(f.ends[0], 0.0), f.ends[1]
    ends = over(lambda value, df: float(stats.f.sf(value, study.predictors, df)), kept, study.df)
    return compare("p_from_f", p, p.ends, ends, used=["f", "p"])


def _check_parts(study: Facts) -> Row | None:
    """Return whether the whole R² is at least that of each part alone."""
    found = study.get("r2")
    if found is None or not study.parts:
        return None
    most = max(study.parts, key=lambda part: part.low)
    ends = most.ends[0], 1.0
    if meet(found[0].ends, ends):
        return Row("parts", found[0].text, ends, AGREE, _(SAID[AGREE]), ("r2",))
    said = _("Variabel tambahan tidak dapat menurunkan R²: seluruhnya di bawah salah satu bagiannya.")
    return Row("parts", found[0].text, ends, IMPOSSIBLE, said, ("r2",))


REGRESSION: tuple[Callable[[Facts], Row | None], ...] = (
    *(_check_r2, _check_t, _check_f_of_t, _check_f_of_r2, _check_p_of_t, _check_p_of_f),
    _check_parts,
)
