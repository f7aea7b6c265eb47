"""What the blocks of results share: names, decimals, values in words, the figure around a drawing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.sensitivity import Robustness
from kinerja_lib.language import _, mark
from kinerja_lib.show.blocks import Figure, Runs, compose, tidy_rows
from kinerja_lib.show.canvas import NARROW, WIDE, Scale
from kinerja_lib.show.dots import Cell
from kinerja_lib.show.numbers import Bound, interval, number
from kinerja_lib.vocabulary import LABELS, label

Labels = Mapping[str, str]

POWER = re.compile(r"[0-9.]+e\+[0-9]+")  # a large number as Python writes it
TERMS = {  # terms that the estimators themselves give
    "Intercept": mark("Intersep"),
    "overall": mark("Keseluruhan"),
    "treatment": mark("Perlakuan"),
    "propensity": mark("Skor kecenderungan"),
    "att": mark("Selisih pada yang diperlakukan"),
    "lower": mark("Batas bawah"),
    "upper": mark("Batas atas"),
    "mu": mark("Gabungan"),
    "alpha": mark("Alfa Cronbach"),
    "alpha_standardised": mark("Alfa baku"),
    "omega_total": "Omega total",
    "lambda6": mark("Lambda 6 Guttman"),
    "mean_r": mark("Rata-rata korelasi antarbutir"),
    "icc1": "ICC(1)",
    "icc2": "ICC(2)",
    "rwg_mean": mark("rwg, rata-rata"),
    "rwg_median": mark("rwg, nilai tengah"),
    "ad_mean": mark("Simpangan rata-rata (AD)"),
    "acme": mark("Lewat perantara"),
    "ade": mark("Langsung"),
    "total": mark("Seluruhnya"),
    "proportion": mark("Bagian lewat perantara"),
    "cost_difference": mark("Selisih biaya"),
    "effect_difference": mark("Selisih hasil"),
    "icer": mark("Biaya tiap satuan hasil (ICER)"),
    "net_benefit": mark("Manfaat bersih"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a block is called: id for references, title (empty = made), labels of terms, unit of the outcome."""

    id: str
    title: str
    labels: Labels
    unit: str

    def name(self, term: object) -> str:
        """Return what a reader calls a term or level; a column of the user's own keeps its name."""
        text = str(term)
        if text in self.labels:
            return self.labels[text]
        if text in TERMS:
            return _(TERMS[text])
        if POWER.fullmatch(text):
            return number(float(text), 0).text
        return label(text) if text in LABELS else text


def frame_of(result: Estimate | Robustness, name: str) -> pd.DataFrame:
    """Return one of the small tables among the diagnostics of a result."""
    found = result.diagnostics[name]
    if not isinstance(found, pd.DataFrame):
        raise TypeError(f"diagnostics {name!r} is a {type(found).__name__}, not a DataFrame")
    return found


def find_decimals(values: Any) -> int:
    """Return decimals enough for numbers of that size: none from 100 on, three below 1."""
    finite = np.abs(np.asarray(values, dtype="float64"))
    largest = float(np.nanmax(finite)) if np.isfinite(finite).any() else 1.0
    return 0 if largest >= 100 else 1 if largest >= 10 else 2 if largest >= 1 else 3


def dot_cell(row: Any, decimals: int) -> Cell:
    """Return a row of a result as a dot with its interval."""
    ends = [None if pd.isna(value) else float(value) for value in (row.conf_low, row.conf_high)]
    return Cell(number(row.estimate, decimals).text, float(row.estimate), *ends)


def tick_of(low: float, high: float) -> Callable[[float], str]:
    """Return what writes a value on an axis with these ends: with as many decimals as its round ticks need."""
    ticks = {tick for most in range(3, 8) for tick in Scale(low, high, 0, 1).ticks(most)}
    close = max(high - low, 1e-12) * 1e-6
    decimals = next((d for d in range(5) if all(abs(round(tick, d) - tick) < close for tick in ticks)), 4)
    return lambda value: number(value, decimals).text


def say_errors(result: Estimate) -> str:
    """Return the rule of the errors as the beginning of a sentence, without its stop."""
    return (result.errors[:1].upper() + result.errors[1:]).rstrip(".")


def say_warnings(result: Estimate) -> tuple[Runs, ...]:
    """Return what makes a result weak, a line each."""
    found = result.diagnostics.get("warnings", ())
    text = _("**Perhatikan:** {warning}")
    return tuple(compose(text, warning=Bound(said, said)) for said in cast("tuple[str, ...]", found))


def say_value(row: Any, decimals: int) -> str:
    """Return a row's estimate with its interval."""
    ends = "" if pd.isna(row.conf_low) else f" ({interval(row.conf_low, row.conf_high, decimals)})"
    return f"{number(row.estimate, decimals)}{ends}"


def say_ends(row: Any, decimals: int) -> str | None:
    """Return a row's interval; None where it has none."""
    known = pd.notna(row.conf_low) and pd.notna(row.conf_high)
    return interval(row.conf_low, row.conf_high, decimals).text if known else None


def build_figure(
    words: Words,
    title: str,
    *,
    subtitle: str,
    caption: str,
    alt: Sequence[str],
    draw: Callable[[int], str],
    data: pd.DataFrame,
) -> Figure:
    """Return a figure drawn for a page and for a phone; an own title stands in place of the finding."""
    return Figure(
        id=words.id,
        title=words.title or title,
        subtitle=subtitle[:1].upper() + subtitle[1:],
        caption=caption,
        alt=f"{words.title or title}. " + "; ".join(alt) + ".",
        svg=draw(WIDE),
        svg_narrow=draw(NARROW),
        data=tidy_rows(data),
    )
