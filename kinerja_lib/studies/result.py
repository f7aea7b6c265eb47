"""The one shape of a study: what was asked, how, what came out, what was checked, and what may be said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.language import _
from kinerja_lib.privacy import is_small
from kinerja_lib.studies.reasons import say_reason

T = TypeVar("T")

TABLE = (*COLUMNS, "headline", "naive", "role", "unit", "months")
ARMS = ("arm", "n_assigned", "periode", "n", "follow_up")
ROBUST = ("std_error", "conf_low", "conf_high", "p_value")  # columns that `by_period` repeats with HC1 errors
CONTROL = "pembanding"  # the arm of persons without any event
RANDOM = "acak"  # what `keterangan.rancangan` says of a randomised trial

SUPPORTED, NOT_SUPPORTED, CONTRADICTED, CANNOT_SAY = "supported", "not_supported", "contradicted", "cannot_say"
SMALL = "<5"  # a count of one to four people
VERDICTS = (SUPPORTED, NOT_SUPPORTED, CONTRADICTED, CANNOT_SAY)


def empty_frame(*columns: str) -> pd.DataFrame:
    """Return a frame of these columns without rows."""
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, slots=True)
class Check:
    """One look at whether the design holds.

    Attributes
    ----------
    name : str
        Which check: a key of `kinerja_lib.studies.reasons.CHECKS`.
    passed : bool or None
        None where it only informs, or cannot be run.
    blocking : bool
        Whether a failure lets nothing be said.
    values : mapping of str to float
        The numbers that decided, by name; a sentence binds to them.
    """

    name: str
    passed: bool | None
    blocking: bool = True
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """What a study of one outcome found.

    Attributes
    ----------
    name : str
        "value", "cost", "retention" or "climate".
    programme : str
        The kind of development studied, such as "coaching"; the first of several arms of a trial.
    design : str
        "random", "comparative", "pre_post", "correlational", or empty where nothing could be compared.
    outcome, unit : str
        What was measured, and in which unit the headline is.
    estimand : str
        What the headline stands for, in words.
    better : int
        1 where more of the outcome is better, -1 where less is.
    arms : DataFrame
        Follow-up: arm, n_assigned (persons), periode, n (persons with an outcome), follow_up (share, 0 to 1).
    pooled : Estimate or None
        The main estimator; of a trial, all periods after the start together.
    second : Estimate or None
        An independent second estimator, with its own assumptions.
    by_period : DataFrame
        Of a trial: a row per arm and period after the start: the columns of `Estimate.table` with classical errors,
        `months` since the start, and std_error_hc1, conf_low_hc1, conf_high_hc1, p_value_hc1.
    naive : DataFrame
        The answer that is given most often and takes every other change or difference for an effect.
    table : DataFrame
        All of it, tidy: term (programme or arm), group (period, event time, level; empty for all), estimate,
        std_error, conf_low, conf_high, p_value, n, headline, naive, role (main, second, event, naive, ...), unit,
        months.
    checks : tuple of Check
        Checks of the design, in the order in which they are told.
    detail : mapping of str to object
        Small tables and named results of this study alone, such as "reliability" or "sensitivity".
    reach : mapping of str to float
        What these data could have seen at all (`plan_sample`): effect, power, n_treated, n_control.
    dropped : mapping of str to int
        Reason -> how many rows, terms or persons were left out.
    limits : tuple of str
        What such a study cannot show.
    verdict : str
        "supported", "not_supported", "contradicted" or "cannot_say".
    why : tuple of str
        Codes of the reasons (`kinerja_lib.studies.reasons.REASONS`), or texts of errors.
    exploratory : tuple of str
        What was run outside the frozen plan, in words; empty where all was planned.
    truth : mapping of str to float
        Of synthetic data: what was planted, and under "headline" what the headline should be.
    """

    name: str
    programme: str = ""
    design: str = ""
    outcome: str = ""
    unit: str = ""
    estimand: str = ""
    better: int = 1
    arms: pd.DataFrame = field(default_factory=lambda: empty_frame(*ARMS))
    pooled: Estimate | None = None
    second: Estimate | None = None
    by_period: pd.DataFrame = field(
        default_factory=lambda: empty_frame(*COLUMNS, "months", *[f"{name}_hc1" for name in ROBUST])
    )
    naive: pd.DataFrame = field(default_factory=lambda: empty_frame(*COLUMNS, "months"))
    table: pd.DataFrame = field(default_factory=lambda: empty_frame(*TABLE))
    checks: tuple[Check, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    reach: Mapping[str, float] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    verdict: str = CANNOT_SAY
    why: tuple[str, ...] = ()
    exploratory: tuple[str, ...] = ()
    truth: Mapping[str, float] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons of the verdict as sentences."""
        return tuple(say_reason(code) for code in self.why)

    @property
    def headline(self) -> pd.DataFrame:
        """The rows that answer the question."""
        return self.table[self.table["headline"].astype(bool)].reset_index(drop=True)

    @property
    def own(self) -> pd.DataFrame:
        """The headline of the programme that the verdict is about, one row; without such a row the first there is."""
        rows = self.headline
        own = rows[rows["term"] == self.programme]
        return (own if len(own) else rows).iloc[:1]

    def check(self, name: str) -> Check | None:
        """Return the check of this name, None where it was not run."""
        return next((check for check in self.checks if check.name == name), None)

    def to_json(self) -> dict[str, object]:
        """Return the study as plain values; what is missing is None."""
        table = self.table.astype(object).where(self.table.notna(), None)
        result: dict[str, object] = {
            "study": self.name,
            "programme": self.programme,
            "design": self.design,
            "outcome": self.outcome,
            "unit": self.unit,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "table": [dict(row) for row in table.to_dict("records")],
            "checks": [
                {"name": check.name, "passed": check.passed, "values": {k: _plain(v) for k, v in check.values.items()}}
                for check in self.checks
            ],
            "reach": {name: _plain(value) for name, value in self.reach.items()},
            "dropped": {reason: SMALL if is_small(count) else count for reason, count in self.dropped.items()},
            "limits": list(self.limits),
            "exploratory": list(self.exploratory),
        }
        if self.truth:
            result["truth"] = dict(self.truth)
        return result


def _plain(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def try_fit(call: Callable[..., T], *values: Any, **options: Any) -> T | None:
    """Return what an estimator gives, or None where these data do not give it."""
    try:
        return call(*values, **options)
    except KinerjaError:
        return None


def own_row(estimate: Estimate, term: str) -> pd.Series:
    """Return a term's row."""
    table = estimate.table
    return table[table["term"] == term].iloc[0]


def read_values(row: Mapping[Any, Any] | pd.Series) -> dict[str, float]:
    """Return the numbers of a row that a check carries: estimate, conf_low, conf_high, n."""
    return {name: float(row[name]) for name in ("estimate", "conf_low", "conf_high", "n")}


def excludes_zero(row: Mapping[Any, Any] | pd.Series) -> bool:
    """Tell whether the interval of a row leaves zero out."""
    return bool(row["conf_low"] > 0 or row["conf_high"] < 0)


def keep_rows(rows: pd.DataFrame, kept: pd.Series, reason: str, dropped: dict[str, int]) -> pd.DataFrame:
    """Return the rows that are kept; the others are counted in `dropped` under their reason, if there are any."""
    if kept.all():
        return rows
    dropped[reason] = int((~kept).sum())
    return rows[kept]


def tidy_row(
    frame: pd.DataFrame, *, role: str, unit: str, headline: bool = False, naive: bool = False, term: str | None = None
) -> pd.DataFrame:
    """Return rows of an `Estimate.table` in the columns of `Study.table`."""
    rows = frame.assign(headline=headline, naive=naive, role=role, unit=unit)
    if term is not None:
        rows["term"] = term
    if "months" not in rows:
        rows["months"] = float("nan")
    return rows[list(TABLE)]


def join_rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the parts below each other in the columns of `Study.table`."""
    kept = [part for part in parts if not part.empty]
    if not kept:
        return empty_frame(*TABLE)
    return pd.concat(kept, ignore_index=True).astype({"months": "float64", "headline": bool, "naive": bool})


def read_truth(keterangan: Mapping[str, str]) -> dict[str, float]:
    """Return what was planted in synthetic data, by name of the effect; nothing for real data."""
    prefix = "kebenaran_"
    return {key.removeprefix(prefix): float(text) for key, text in keterangan.items() if key.startswith(prefix)}


def name_programme(programme: str) -> str:
    """Return the reader's word for a programme inside a sentence."""
    from kinerja_lib.vocabulary import label

    return _("pelatihan") if programme == "pelatihan" else label(programme).lower()
