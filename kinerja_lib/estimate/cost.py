"""What a gain costs: cost and effect side by side by a joint bootstrap, and flows of money over years.

Costs are in the unit of their column (rupiah, if that is what it holds). Where this stops: prices, and what a unit of
effect is worth, are the reader's to say (`threshold`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, refuse
from kinerja_lib.estimate.inputs import Names, as_names, cluster_codes, read_rows, require_numeric
from kinerja_lib.estimate.least_squares import count_clusters, warn_few
from kinerja_lib.estimate.regression import order_groups
from kinerja_lib.estimate.result import COLUMNS, LEVEL, Estimate
from kinerja_lib.estimate.scalars import as_numbers, require_draws, require_number, tabulate_draws
from kinerja_lib.language import _

CELLS = 200_000  # numbers drawn at a time: what fits near the processor
GRID = 41


def estimate_cost_effectiveness(
    data: pd.DataFrame,
    *,
    cost: str,
    effect: str,
    group: str,
    threshold: Sequence[float] | float = (),
    draws: int = 2000,
    seed: int = 0,
    cluster: Names = None,
) -> Estimate:
    """Estimate what a unit of effect costs more in one group than in the other.

    Parameters
    ----------
    data : DataFrame
        A row per person; not changed. Rows with a missing value in a used column are left out and counted.
    cost, effect : str
        Columns of numbers; more effect is better.
    group : str
        Column of two levels; the first (declared or sorted) is the comparison.
    threshold : float or list of float
        What one unit of effect is worth, in the unit of cost.
    draws : int
        Bootstrap samples, at least 100: persons within each group, or whole clusters.
    seed : int
        Seed of the draws; the result depends on nothing else.
    cluster : str, optional
        Column of the clusters to draw; within each group where no cluster holds both.

    Returns
    -------
    Estimate
        `table`: `cost_difference`, `effect_difference`, `icer` (cost per unit of effect; left out where the effects
        are equal) and `net_benefit` (threshold times effect less cost; `group` is the threshold). Errors are
        deviations of the draws (icer: delta method), intervals their quantiles, p twice the share on the rarer side
        of zero (icer: as the cost). The interval of icer is taken by angle, and is without end where the effect may
        be zero. `diagnostics`: `means` (group, n, cost, effect), `acceptability` (threshold, probability that the net
        benefit is above zero), `plane` (a row per draw: effect_difference, cost_difference), `warnings`, and with
        `cluster` `n_clusters`.

    Raises
    ------
    CallError
        A column that is not there, a threshold that is negative or no number, fewer than 100 draws, two clusterings.
    DataError
        Other than two groups, a group of one row, no variation, fewer than two clusters in a group.

    References
    ----------
    Briggs, Wonderling and Mooney (1997), Health Economics 6(4); Cook and Heyse (2000), Statistics in Medicine 19(21);
    Fenwick, O'Brien and Briggs (2004), Health Economics 13(5).

    Examples
    --------
    >>> frame = pd.DataFrame({"biaya": [2.0, 4, 6, 8], "hasil": [1.0, 2, 5, 6], "kelompok": list("aabb")})
    >>> found = estimate_cost_effectiveness(frame, cost="biaya", effect="hasil", group="kelompok", draws=100)
    >>> found.table[["term", "estimate", "n"]]
                    term  estimate  n
    0    cost_difference       4.0  4
    1  effect_difference       4.0  4
    2               icer       1.0  4
    """
    clusters = as_names(cluster)
    given = list(threshold) if np.iterable(threshold) else [threshold]
    worth = list(dict.fromkeys(require_number("threshold", value, 0, closed=True) for value in given))
    require_draws(draws)
    if len(clusters) > 1:
        raise CallError(_("cluster: paling banyak satu kolom untuk penarikan ulang."))
    whole, dropped = read_rows(data, cost=cost, effect=effect, group=group, cluster=clusters)
    values = np.column_stack([require_numeric(whole[cost], "cost"), require_numeric(whole[effect], "effect")])
    labels, levels = order_groups(whole[group], None)
    if len(levels) != 2:
        message = _("group: kolom {name} berisi {n} kelompok; diperlukan tepat dua. Saring data lebih dahulu.")
        raise DataError(message.format(name=group, n=len(levels)))
    arm = (labels == levels[1]).astype(int)
    codes = cluster_codes(whole, clusters) if clusters else None
    totals, strata = _total(values, arm, np.arange(len(whole)) if codes is None else codes[:, 0], levels)
    point = _differ(totals.sum(axis=0)[None])[0]
    drawn = _resample(totals, strata, draws, seed)
    usable = np.isfinite(drawn).all(axis=1)
    if not usable.all():
        dropped[_("tarikan ulang tanpa salah satu kelompok")] = int((~usable).sum())
    drawn = drawn[usable]
    means = pd.DataFrame({"group": levels, "n": np.bincount(arm)})
    means["cost"], means["effect"] = ([column[arm == side].mean() for side in (0, 1)] for column in values.T)
    found: dict[str, object] = {
        "means": means,
        "acceptability": _accept(point, drawn, worth),
        "plane": pd.DataFrame({"effect_difference": drawn[:, 1], "cost_difference": drawn[:, 0]}),
    }
    table = _tabulate(point, drawn, worth, len(whole))
    return Estimate(
        table=table,
        estimand=_("biaya tambahan {cost} per satuan tambahan {effect}, {group} terhadap {reference}").format(
            cost=cost, effect=effect, group=levels[1], reference=levels[0]
        ),
        design="correlational",
        method=_("Beda biaya dan beda hasil dari penarikan ulang bersama ({n} kali)").format(n=draws),
        errors=_("penarikan ulang {unit}; selang persentil").format(unit=clusters[0] if clusters else _("baris")),
        assumptions=(
            _("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."),
            _("Semua biaya yang menyertai perlakuan tercatat, pada kedua kelompok, dengan harga yang sama."),
        ),
        diagnostics=found | count_clusters(codes, clusters) | {"warnings": (*_warn(point, table), *warn_few(codes))},
        dropped=dropped,
        reference="Briggs, Wonderling and Mooney (1997), Health Economics 6(4)",
    )


def _total(
    values: np.ndarray, arm: np.ndarray, codes: np.ndarray, levels: list[str]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return rows, cost and effect summed by cluster (by 6: three of each arm), and the clusters drawn together."""
    parts = [np.ones(len(values)), *values.T]
    totals = np.column_stack([np.bincount(codes, part * (arm == side)) for side in (0, 1) for part in parts])
    both = (totals[:, 0] > 0) & (totals[:, 3] > 0)
    strata = [np.arange(len(totals))] if both.any() else [np.flatnonzero(totals[:, 3 * side]) for side in (0, 1)]
    for stratum, level in zip(strata, levels, strict=False):
        if len(stratum) < 2:
            message = _(
                "group: kelompok {level} hanya berisi satu baris atau satu gugus; diperlukan paling sedikit dua."
            )
            raise DataError(message.format(level=level))
    return totals, strata


def _differ(totals: np.ndarray) -> np.ndarray:
    """Return cost and effect difference (k by 2) from summed rows, costs and effects (k by 6)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals[:, 4:6] / totals[:, 3:4] - totals[:, 1:3] / totals[:, 0:1])


def _resample(totals: np.ndarray, strata: list[np.ndarray], draws: int, seed: int) -> np.ndarray:
    """Return differences (draws by 2) of samples with replacement; blocks only bound the memory."""
    sums = np.zeros((draws, totals.shape[1]))
    for stratum, stream in zip(strata, np.random.default_rng(seed).spawn(len(strata)), strict=True):
        size = len(stratum)
        block = max(1, CELLS // size)
        for start in range(0, draws, block):
            count = min(block, draws - start)
            picked = stream.integers(0, size, (count, size)) + size * np.arange(count)[:, None]
            times = np.bincount(picked.ravel(), minlength=count * size).reshape(count, size)
            sums[start : start + count] += times @ totals[stratum]
    return _differ(sums)


def _tabulate(point: np.ndarray, drawn: np.ndarray, worth: list[float], n: int) -> pd.DataFrame:
    terms = ["cost_difference", "effect_difference", *["net_benefit"] * len(worth)]
    mix = np.array([[1, 0], [0, 1], *[[-1, value] for value in worth]], dtype="float64")
    values = drawn @ mix.T
    group = ["", "", *[f"{value:g}" for value in worth]]
    errors = values.std(axis=0, ddof=1)
    table = tabulate_draws(values, n, term=terms, group=group, estimate=mix @ point, std_error=errors)
    if point[1] != 0:
        ratio = point[0] / point[1]
        error = (drawn @ [1, -ratio]).std(ddof=1) / abs(point[1])
        row = ("icer", "", ratio, error, *_bound_ratio(point, drawn), table["p_value"][0], n)
        icer = pd.DataFrame([row], columns=list(COLUMNS))
        return pd.concat([table[:2], icer, table[2:]], ignore_index=True)
    return table


def _bound_ratio(point: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """Return the interval of cost per effect: quantiles of the angle from the estimate (Cook and Heyse 2000).

    It is all numbers where the middle 95 % of the draws do not keep to one sign of the effect.
    """
    spread = drawn.std(axis=0)
    spread[spread == 0] = 1
    angle = np.angle((drawn / spread)[:, 1] + 1j * (drawn / spread)[:, 0])
    middle = np.angle(point[1] / spread[1] + 1j * point[0] / spread[0])
    turned = (angle - middle + np.pi) % (2 * np.pi) - np.pi
    ends = middle + np.quantile(turned, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if not (np.sign(np.cos(ends)) == np.sign(point[1])).all() or np.ptp(ends) >= np.pi:
        return -np.inf, np.inf
    low, high = np.tan(ends) * spread[0] / spread[1]
    return float(low), float(high)


def _accept(point: np.ndarray, drawn: np.ndarray, worth: list[float]) -> pd.DataFrame:
    """Return the share of draws whose net benefit is above zero, over a grid that holds the thresholds asked for."""
    top = 2 * max([*worth, abs(point[0] / point[1]) if point[1] else 0.0])
    grid = np.unique([*worth, *np.linspace(0, top if top > 0 else 1.0, GRID)])
    share = [float((value * drawn[:, 1] > drawn[:, 0]).mean()) for value in grid]
    return pd.DataFrame({"threshold": grid, "probability": share})


def _warn(point: np.ndarray, table: pd.DataFrame) -> list[str]:
    said = []
    icer = table[table["term"] == "icer"]
    if icer.empty or not np.isfinite(icer[["conf_low", "conf_high"]].to_numpy(dtype="float64")).all():
        said.append(_("Beda hasil dapat nol, sehingga biaya per satuan hasil tidak berbatas; baca net_benefit."))
    elif point[0] / point[1] < 0:
        said.append(_("Satu kelompok lebih murah sekaligus lebih baik; biaya per satuan hasil tidak perlu dibaca."))
    return said


@dataclass(frozen=True, slots=True)
class PresentValue:
    """What flows of money are worth today: `npv` in their unit, at `rate` a period."""

    npv: float
    rate: float

    def __float__(self) -> float:
        """Return `npv`."""
        return self.npv


@dataclass(frozen=True, slots=True)
class InternalRate:
    """The rate a period at which flows are worth nothing today: `irr`, all such `rates`, `warnings`."""

    irr: float
    rates: tuple[float, ...]
    warnings: tuple[str, ...]

    def __float__(self) -> float:
        """Return `irr`."""
        return self.irr


@dataclass(frozen=True, slots=True)
class BenefitCost:
    """Benefit against cost: `bcr` (benefit per unit of cost), `roi` (net benefit in per cent of cost), `net`."""

    bcr: float
    roi: float
    net: float


def present_value(flows: Sequence[float], rate: float) -> PresentValue:
    """Return what flows of money are worth today.

    Parameters
    ----------
    flows : list of float
        A flow per period, the first today; costs are negative.
    rate : float
        Discount rate a period (0.08 is 8 per cent), above -1.

    Returns
    -------
    PresentValue
        `npv`, in the unit of the flows, and `rate`.

    Raises
    ------
    CallError
        No flows, a flow that is no finite number, a rate of -1 or below.

    Examples
    --------
    >>> round(present_value([-100, 60, 60], 0.1).npv, 2)
    4.13
    """
    from numpy_financial import npv

    money = _read_flows(flows)
    require_number("rate", rate, -1)
    return PresentValue(float(npv(rate, money)), float(rate))


def internal_rate(flows: Sequence[float]) -> InternalRate:
    """Return the rate at which flows of money are worth nothing today.

    Parameters
    ----------
    flows : list of float
        A flow per period, the first today; costs are negative. They have to change sign.

    Returns
    -------
    InternalRate
        `irr` a period: where there are several rates, the one nearest to zero; `rates` (all of them, ascending);
        `warnings` (flows that change sign more than once can have several rates: read the present value instead).

    Raises
    ------
    CallError
        No flows, a flow that is no finite number, flows of one sign, flows that no rate brings to zero.

    Examples
    --------
    >>> round(internal_rate([-100, 60, 60]).irr, 4)
    0.1307
    """
    from numpy_financial import irr

    money = _read_flows(flows)
    signs = np.sign(money[money != 0])
    changes = int((signs[1:] != signs[:-1]).sum())
    if changes == 0:
        raise CallError(_("flows: semua arus bertanda sama, sehingga tidak ada tingkat pengembalian."))
    roots = np.roots(money[::-1])
    rates = np.sort(1 / roots[(roots.imag == 0) & (roots.real > 0)].real - 1)
    if len(rates) == 0:
        raise CallError(_("flows: tidak ada tingkat yang membuat nilai kini nol. Pakai present_value."))
    said = _(
        "Arus berganti tanda {n} kali, sehingga tingkat pengembalian tidak tentu tunggal; ditemukan {found}. "
        "Baca nilai kini (present_value)."
    ).format(n=changes, found=", ".join(f"{rate:.4f}" for rate in rates))
    return InternalRate(float(irr(money)), tuple(rates.tolist()), (said,) if changes > 1 else ())


def benefit_cost(benefit: float, cost: float) -> BenefitCost:
    """Return benefit against cost, as a ratio and as a return on investment.

    Parameters
    ----------
    benefit, cost : float
        Money of one unit and one year of prices; the cost is above 0.

    Returns
    -------
    BenefitCost
        `bcr` (benefit per unit of cost), `roi` (net benefit in per cent of cost; Phillips 2007), `net`.

    Raises
    ------
    CallError
        A benefit that is no finite number, a cost of 0 or below.

    Examples
    --------
    >>> benefit_cost(300, 200)
    BenefitCost(bcr=1.5, roi=50.0, net=100.0)
    """
    gain, spent = require_number("benefit", benefit), require_number("cost", cost, 0)
    return BenefitCost(gain / spent, 100 * (gain - spent) / spent, gain - spent)


def _read_flows(flows: Sequence[float]) -> np.ndarray:
    money = as_numbers(flows)
    if money.ndim != 1 or len(money) == 0 or not np.isfinite(money).all():
        raise refuse("flows", flows, _("daftar bilangan, satu tiap periode"))
    return money
