"""Units side by side: the funnel of Spiegelhalter (2005) and the table of units, never a ranking.

Units of one level are compared. A unit whose numbers would show one to four people is left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from kinerja_lib.development import mark_guided
from kinerja_lib.indicators import choose_indicators, display_unit, find_units_of_measure, indicator_label
from kinerja_lib.intervals import mean_intervals, share_intervals
from kinerja_lib.language import _
from kinerja_lib.measures import (
    Measure,
    build_person_scores,
    measure_values,
    performance_measure,
    summarise,
)
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, build_scope
from kinerja_lib.tree import assign_units, find_depths, find_parents
from kinerja_lib.vocabulary import sort_periods

FEWEST = 3  # units below which nothing is compared
Z_95, Z_998 = (float(stats.norm.ppf(1 - tail / 2)) for tail in (0.05, 0.002))


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """Units by size and value, with limits around a common centre.

    Attributes
    ----------
    table : DataFrame
        One row a unit shown, in the order of the file: `unit_id`, `nama`, `n` (people; for indicators the number of
        periods), `value`, `inside95`, `inside998` (of the limits at its n), `highlighted`.
    centre, sd : float
        Mean over all people of the compared units (indicators: random-effects mean), and the spread within units.
    tau : float
        Spread between units beyond chance that the limits allow for; 0 for people.
    is_share : bool
        Whether limits are those of a share.
    measure : Measure
        What is compared.
    x_label, note : str
        What `n` counts, and how to read the limits.
    hidden : int
        Units left out because they would show one to four people.
    """

    table: pd.DataFrame
    centre: float
    sd: float
    tau: float
    is_share: bool
    measure: Measure
    x_label: str
    note: str
    hidden: int


def funnel_limits(
    n: np.ndarray | pd.Series, *, centre: float, sd: float, tau: float = 0.0, is_share: bool = False
) -> pd.DataFrame:
    """Return the control limits of a funnel at sizes `n`.

    For means centre ± z·√(sd²/n + tau²). For shares (per cent) the interpolated quantiles of the binomial distribution
    (Spiegelhalter 2005, appendix A.1.1).

    Parameters
    ----------
    n : array of int
        Sizes.
    centre, sd, tau : float
        As in `Funnel`; `sd` and `tau` play no part for shares.
    is_share : bool, default False
        Whether the measure is a share.

    Returns
    -------
    DataFrame
        Columns `n`, `low95`, `high95`, `low998`, `high998`, in the order given.

    Examples
    --------
    >>> funnel_limits([100], centre=50.0, sd=10.0)[["n", "low95"]].values.tolist()
    [[100.0, 48.04...]]
    """
    sizes = np.asarray(n, dtype="float64")
    if is_share:
        tails = {"low95": 0.025, "high95": 0.975, "low998": 0.001, "high998": 0.999}
        limits = {name: _binomial_limit(sizes, centre / 100, tail) for name, tail in tails.items()}
        return pd.DataFrame({"n": sizes, **limits})
    error = np.sqrt(sd**2 / sizes + tau**2)
    return pd.DataFrame(
        {
            "n": sizes,
            "low95": centre - Z_95 * error,
            "high95": centre + Z_95 * error,
            "low998": centre - Z_998 * error,
            "high998": centre + Z_998 * error,
        }
    )


def _binomial_limit(n: np.ndarray, p: float, tail: float) -> np.ndarray:
    reached = stats.binom.ppf(tail, n, p)
    mass = stats.binom.pmf(reached, n, p)
    over = stats.binom.cdf(reached, n, p) - tail
    step = np.divide(over, mass, out=np.zeros_like(over), where=mass > 0)
    return np.asarray(np.clip(100 * (reached - step) / n, 0, 100))


def choose_peers(scope: Scope, occupied: set[str]) -> tuple[str, ...]:
    """Return the units to compare, in the order of the file.

    Those as deep in the tree as the scope's unit; for the agency (or where fewer than three are so deep) the lowest
    units that hold people themselves.
    """
    data = scope.data
    if scope.unit is not None:
        depths = find_depths(data)
        level = tuple(unit for unit in data.unit_ids if depths[unit] == depths[scope.unit])
        if len(level) >= FEWEST:
            return level
    parents = find_parents(data)
    above: set[str] = set()
    for unit in occupied & set(parents):
        at = parents[unit]
        while at is not None and at not in above:
            above.add(at)
            at = parents[at]
    return tuple(unit for unit in data.unit_ids if unit in occupied and unit not in above)


def agency_people(scope: Scope) -> pd.DataFrame | None:
    """Return `build_person_scores` of the whole agency in the scope's period."""
    whole = scope if scope.is_agency else build_scope(scope.data, period=str(scope.period))
    return build_person_scores(whole)


def build_funnel(scope: Scope) -> Funnel | None:
    """Return the scope's unit among its peers.

    Parameters
    ----------
    scope : Scope
        From `build_scope`; the agency has no highlighted unit.

    Returns
    -------
    Funnel or None
        None where fewer than three units can be shown, or all people have one value.
    """
    measure = performance_measure(scope.data)
    if measure is None:
        return None
    if measure.indikator is not None:
        return build_indicator_funnel(scope, measure.indikator)
    people = agency_people(scope)
    if people is None:
        return None
    peers = choose_peers(scope, set(people["unit_id"]))
    people = people.assign(unit=people["unit_id"].map(assign_units(scope.data, peers)))
    people = people.assign(value=measure_values(people, measure)).dropna(subset=["unit", "value"])
    groups = people.groupby("unit")["value"]
    sizes, means = groups.size(), groups.mean()
    sd = _pooled_sd(people["value"], people["unit"])
    quiet = _quiet_units(sizes, means, measure)
    shown = [unit for unit in peers if unit in sizes.index and not quiet[unit]]
    if len(shown) < FEWEST or not sd > 0:
        return None
    centre = float(people["value"].mean())
    table = pd.DataFrame({"n": sizes[shown], "value": means[shown]})
    table = _judge(scope, table, centre=centre, sd=sd, tau=0.0, is_share=measure.is_share)
    note = _(
        "Makin kecil unit, makin besar pengaruh kebetulan. Dari 100 unit yang sama baiknya, sekitar 95 berada di dalam "
        "batas 95 %."
    )
    label = _("Pegawai dinilai per unit")
    return Funnel(table, centre, sd, 0.0, measure.is_share, measure, label, note, int(quiet.sum()))


def _quiet_units(sizes: pd.Series, means: pd.Series, measure: Measure) -> pd.Series:
    """Tell which units are left out: too small, or needed so that a small one cannot be worked out."""
    quiet = hide_counts(sizes) | (sizes < MIN_GROUP)
    if measure.is_share:
        k = (means * sizes / 100).round()
        quiet |= pd.Series([hide_share(a, b) for a, b in zip(k, sizes, strict=True)], index=sizes.index, dtype=bool)
    if quiet.sum() == 1 and len(quiet) > 1:
        quiet = quiet.mask(sizes.index == sizes[~quiet].idxmin(), True)
    return quiet.astype(bool)


def _pooled_sd(values: pd.Series, groups: pd.Series) -> float:
    """Return the spread within groups, pooled: the root of the within sum of squares over its degrees of freedom."""
    freedom = len(values) - groups.nunique()
    within = values - values.groupby(groups).transform("mean")
    return float(np.sqrt((within**2).sum() / freedom)) if freedom > 0 else float("nan")


def _judge(scope: Scope, table: pd.DataFrame, *, centre: float, sd: float, tau: float, is_share: bool) -> pd.DataFrame:
    limits = funnel_limits(table["n"], centre=centre, sd=sd, tau=tau, is_share=is_share).set_index(table.index)
    value = table["value"]
    table = table.assign(
        inside95=(value >= limits["low95"]) & (value <= limits["high95"]),
        inside998=(value >= limits["low998"]) & (value <= limits["high998"]),
        highlighted=table.index == scope.unit,
    )
    table.insert(0, "nama", _names(scope.data, table.index))
    return table.rename_axis("unit_id").reset_index()


def _names(data: Dataset, units: pd.Index) -> list[str]:
    names = data["unit"].set_index("unit_id")["nama"]
    return [str(names[unit]) for unit in units]


def build_indicator_funnel(scope: Scope, indikator: str | None = None) -> Funnel | None:
    """Return the units by how long they are in the data and how far they lie from the median of all.

    A unit's value is the mean, over its periods up to the scope's, of its indicator minus that period's median of all
    units. The limits use the spread within units over time, plus a variance between units (additive overdispersion,
    Spiegelhalter 2005; DerSimonian and Laird 1986), since units do differ lastingly.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.
    indikator : str, optional
        Name of the indicator; the first of the summary by default.

    Returns
    -------
    Funnel or None
        None where fewer than three units have a value in the scope's period.
    """
    data = scope.data
    if not data.has("indikator_unit", "nilai"):
        return None
    name = indikator or choose_indicators(data, 1)[0]
    rows = data["indikator_unit"]
    rows = rows[(rows["indikator"] == name) & rows["nilai"].notna() & _answered(rows)]
    periods = sort_periods(rows["periode"].unique())
    now = str(scope.period)
    rows = rows[rows["periode"].isin([text for text in periods if text <= now])]
    current = rows.loc[rows["periode"] == now, "unit_id"]
    rows = rows.assign(gap=rows["nilai"] - rows.groupby("periode")["nilai"].transform("median"))
    rows = rows[rows["unit_id"].isin(current)]
    sd = _pooled_sd(rows["gap"], rows["unit_id"]) if len(rows) else float("nan")
    groups = rows.groupby("unit_id")["gap"]
    table = pd.DataFrame({"n": groups.size(), "value": groups.mean()})
    if len(table) < FEWEST or not sd > 0:
        return None
    centre, tau = random_effects(table["value"].to_numpy(), (sd**2 / table["n"]).to_numpy())
    table = table.reindex([unit for unit in data.unit_ids if unit in table.index])
    table = _judge(scope, table, centre=centre, sd=sd, tau=tau, is_share=False)
    unit = display_unit(find_units_of_measure(data["indikator_unit"])[name])
    measure = Measure("indikator", indicator_label(name), unit, indikator=name)
    note = _(
        "Nilai = rata-rata selisih dari median semua unit pada tiap periode yang diikuti. Batasnya memuat naik turun "
        "tiap unit dari waktu ke waktu dan perbedaan tetap antarunit."
    )
    return Funnel(table, centre, sd, tau, False, measure, _("Banyaknya periode yang diikuti"), note, 0)


def _answered(rows: pd.DataFrame) -> pd.Series:
    if "n" not in rows:
        return pd.Series(data=True, index=rows.index)
    return ~(rows["n"] < MIN_GROUP).fillna(value=False).astype(bool)


def random_effects(values: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Return the random-effects mean and tau of DerSimonian and Laird (1986).

    Examples
    --------
    >>> random_effects(np.array([1.0, 1.0, 1.0]), np.array([0.1, 0.2, 0.3]))
    (1.0, 0.0)
    """
    weights = 1 / variances
    fixed = np.average(values, weights=weights)
    q = float((weights * (values - fixed) ** 2).sum())
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    tau2 = max(0.0, (q - (len(values) - 1)) / scale)
    return float(np.average(values, weights=1 / (variances + tau2))), float(np.sqrt(tau2))


def build_units(scope: Scope) -> pd.DataFrame | None:
    """Return the units of the agency side by side, in the order of the file.

    Parameters
    ----------
    scope : Scope
        From `build_scope`; of a unit, only the units below it (and itself) are listed.

    Returns
    -------
    DataFrame or None
        One row a lowest unit that holds people: `unit_id`, `nama`, `n`, `value`, `conf_low`, `conf_high` (the
        performance measure), `coached`, `coached_low`, `coached_high` (per cent with coaching or mentoring), `jp`,
        `jp_low`, `jp_high` (mean JP in the period), `hidden` (nothing of the row is shown), `value_hidden`,
        `coached_hidden`. Columns of tables that are missing hold missing values. None without appraisals.
    """
    measure = performance_measure(scope.data)
    people = build_person_scores(scope)
    if measure is None or people is None or people.empty:
        return None
    occupied = set(people["unit_id"])
    whole = scope if scope.is_agency else build_scope(scope.data, period=str(scope.period))
    units = choose_peers(whole, occupied)
    people = people[people["unit_id"].isin(units)]
    sizes = people.groupby("unit_id").size().reindex(units)
    hidden = (hide_counts(sizes) | (sizes < MIN_GROUP)).astype(bool)
    table = pd.DataFrame({"nama": _names(scope.data, pd.Index(units)), "n": sizes.astype("Int64")}, index=list(units))
    level = summarise(people, measure, "unit_id").reindex(units)
    value_hidden = hidden | _complement(level["hidden"].astype("boolean").fillna(value=True).astype(bool), sizes)
    parts = [level[["value", "conf_low", "conf_high"]].mask(value_hidden)]
    shares, coached_hidden = _coached(scope, people, sizes, hidden)
    parts += [shares.mask(coached_hidden), _mean_jp(people, units).mask(hidden)]
    table = pd.concat([table, *parts], axis=1)
    table = table.assign(
        n=table["n"].mask(hidden), hidden=hidden, value_hidden=value_hidden, coached_hidden=coached_hidden
    )
    return table.rename_axis("unit_id").reset_index()


def _complement(quiet: pd.Series, sizes: pd.Series) -> pd.Series:
    """Return `quiet` with the next smallest unit added where one alone could be worked out from the total."""
    if quiet.sum() == 1 and len(quiet) > 1:
        return quiet.mask(sizes.index == sizes[~quiet].idxmin(), True).astype(bool)
    return quiet


def _coached(scope: Scope, people: pd.DataFrame, sizes: pd.Series, hidden: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    names = {"value": "coached", "conf_low": "coached_low", "conf_high": "coached_high"}
    if not scope.data.has("kegiatan"):
        empty = pd.DataFrame(np.nan, index=sizes.index, columns=list(names.values()))
        return empty, pd.Series(data=False, index=sizes.index)
    k = mark_guided(scope, people).groupby(people["unit_id"]).sum().reindex(sizes.index)
    small = pd.Series([hide_share(a, b) for a, b in zip(k, sizes, strict=True)], index=sizes.index, dtype=bool)
    return share_intervals(k, sizes).rename(columns=names), _complement(hidden | small, sizes)


def _mean_jp(people: pd.DataFrame, units: tuple[str, ...]) -> pd.DataFrame:
    names = {"value": "jp", "conf_low": "jp_low", "conf_high": "jp_high"}
    if "jp" not in people:
        return pd.DataFrame(np.nan, index=list(units), columns=list(names.values()))
    return mean_intervals(people, "unit_id", "jp").reindex(units).rename(columns=names)[list(names.values())]
