"""How many people a comparison of two groups needs, for numbers and for ordered levels, drawn singly or in clusters.

Where this stops: two equal groups, two-sided tests, equal clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinerja_lib.errors import CallError, refuse
from kinerja_lib.estimate.scalars import as_numbers, require_number
from kinerja_lib.language import _

RANGES = {
    "effect": (-np.inf, np.inf),
    "power": (0, 1),
    "alpha": (0, 1),
    "n": (1, np.inf),
    "clusters": (1, np.inf),
    "cluster_size": (0, np.inf),
    "baseline_r": (-1, 1),
}
MOST = 1e9  # people per group beyond which no answer is one
EFFECTS = (1e-6, 100.0)  # within which an effect is looked for
FEW = 10  # clusters per group below which the plan leans on few


@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison of two equal groups.

    Attributes
    ----------
    n : float
        People per group, not rounded (round up).
    effect : float
        Difference in standard deviations of the outcome, or with `levels` the log odds ratio.
    power, alpha : float
        Share of such studies that find the effect; share of false alarms (two-sided).
    clusters, cluster_size : float or None
        Clusters per group and people per cluster, not rounded; None where people are drawn singly.
    design_effect : float
        How many people in clusters count as one drawn singly.
    effective_n : float
        `n` over the design effect.
    missing : {"n", "effect", "power"}
        Which of the three was computed.
    warnings : tuple of str
        What makes the plan fragile.
    """

    n: float
    effect: float
    power: float
    alpha: float
    clusters: float | None
    cluster_size: float | None
    design_effect: float
    effective_n: float
    missing: str
    warnings: tuple[str, ...]


def plan_sample(
    *,
    effect: float | None = None,
    power: float | None = 0.8,
    alpha: float = 0.05,
    n: float | None = None,
    clusters: float | None = None,
    cluster_size: float | None = None,
    icc: float = 0.0,
    baseline_r: float = 0.0,
    levels: Sequence[float] | None = None,
) -> Plan:
    """Return the missing one of sample size, effect and power for a comparison of two equal groups.

    Parameters
    ----------
    effect : float, optional
        Difference in standard deviations; with `levels` the log odds ratio of a better level, as `estimate_ordinal`
        gives it (about 1.8 times a difference in standard deviations of what lies behind the levels).
    power, alpha : float
        Power to reach, and the two-sided level. With `n` and `effect` given, the power is computed.
    n : float, optional
        People per group; with clusters of a known number and size left out.
    clusters, cluster_size : float, optional
        Clusters per group, and people in each, where whole clusters are assigned. One of them suffices to find n.
    icc : float
        Share of the variance that lies between clusters, 0 to below 1.
    baseline_r : float
        Correlation of the outcome with its measurement before, which the analysis adjusts for (numbers only).
    levels : list of float, optional
        Expected shares of the levels in the comparison group, from the worst to the best, adding to 1 (or to 100).

    Returns
    -------
    Plan
        All of them, with the design effect 1 + (cluster_size - 1) icc, and `warnings`. Numbers: noncentral t with
        2 n - 2 degrees of freedom, or 2 (clusters - 1); a baseline leaves 1 - r^2 of the variance. Levels: normal.

    Raises
    ------
    CallError
        Both or neither of n and effect where that leaves nothing or too much to find, a number out of range, clusters
        too few for any size, n that is not clusters times size.

    References
    ----------
    Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials; Borm, Fransen and Lemmens (2007),
    Journal of Clinical Epidemiology 60(12); Whitehead (1993), Statistics in Medicine 12(24).

    Examples
    --------
    >>> round(plan_sample(effect=0.5).n, 2)
    63.77
    >>> round(plan_sample(effect=0.5, clusters=12, cluster_size=20, icc=0.05).power, 3)
    0.963
    """
    given = {"effect": effect, "power": power, "alpha": alpha, "n": n, "clusters": clusters}
    for argument, value in (given | {"cluster_size": cluster_size, "baseline_r": baseline_r}).items():
        if value is not None:
            require_number(argument, value, *RANGES[argument])
    require_number("icc", icc, 0, 1, closed=True)
    if effect == 0:
        raise refuse("effect", effect, _("bilangan selain 0"))
    shares = None if levels is None else _read_levels(levels, baseline_r)
    design = _Design(alpha, clusters, cluster_size, icc, baseline_r, shares)
    people = design.read_people(n)
    if people is None and effect is None:
        raise CallError(_("effect: sebutkan effect atau n; salah satunya diperlukan untuk mencari yang lain."))
    if people is not None and effect is not None:
        return design.plan("power", people, effect, design.power(people, effect))
    if power is None:
        raise CallError(_("power: sebutkan power, atau n dan effect bersama-sama."))
    if people is not None:
        known = people
        return design.plan("effect", known, _solve(lambda value: design.power(known, value), power, *EFFECTS), power)
    size = float(effect or 0.0)
    found = _solve(lambda value: design.power(value, size), power, design.least(), MOST)
    return design.plan("n", found, size, design.power(found, size))


@dataclass(frozen=True, slots=True)
class _Design:
    """What a plan holds fixed."""

    alpha: float
    clusters: float | None
    cluster_size: float | None
    icc: float
    baseline_r: float
    shares: np.ndarray | None

    def read_people(self, n: float | None) -> float | None:
        """Return the people per group that were given, in number or as clusters times size."""
        if self.clusters is None and self.cluster_size is None:
            if self.icc:
                raise CallError(_("icc: memerlukan clusters (gugus per kelompok) atau cluster_size (orang per gugus)."))
            return n
        both = (self.clusters or 0) * (self.cluster_size or 0)
        if n is not None and both and not np.isclose(n, both):
            message = _("n: ditemukan {n}, tetapi clusters kali cluster_size = {both}; lepas salah satu.")
            raise CallError(message.format(n=n, both=both))
        if n is not None and n < self.least():
            message = _("n: ditemukan {n}; dengan gugus ini paling sedikit {least} orang per kelompok.")
            raise CallError(message.format(n=n, least=self.least()))
        return both or n

    def least(self) -> float:
        """Return the fewest people per group: two clusters, and one person in each."""
        return max(2.0, self.clusters or 0.0, 2 * (self.cluster_size or 0.0))

    def split(self, people: float) -> tuple[float | None, float | None, float]:
        """Return clusters per group, people per cluster, and the design effect."""
        if self.clusters is None and self.cluster_size is None:
            return None, None, 1.0
        size = people / self.clusters if self.clusters is not None else float(self.cluster_size or 0)
        return people / size, size, 1 + (size - 1) * self.icc

    def power(self, people: float, effect: float) -> float:
        """Return the power with so many people per group."""
        groups, _size, inflation = self.split(people)
        if self.shares is not None:
            return _ordinal_power(people / inflation, effect, self.alpha, self.shares)
        freedom = 2 * (people if groups is None else groups) - 2
        return _t_power(people / (inflation * (1 - self.baseline_r**2)), effect, self.alpha, freedom)

    def plan(self, missing: str, n: float, effect: float, power: float) -> Plan:
        """Return the finished plan."""
        groups, size, inflation = self.split(n)
        few = groups is not None and groups < FEW
        said = _("Kurang dari {n} gugus per kelompok: rencana bergantung pada segelintir gugus.").format(n=FEW)
        return Plan(
            n=float(n),
            effect=float(effect),
            power=float(power),
            alpha=self.alpha,
            clusters=groups,
            cluster_size=size,
            design_effect=inflation,
            effective_n=n / inflation,
            missing=missing,
            warnings=(said,) if few else (),
        )


def _t_power(n: float, effect: float, alpha: float, freedom: float) -> float:
    """Return the power of a two-sided t test with `n` independent people per group."""
    from scipy import stats

    limit, shift = stats.t.ppf(1 - alpha / 2, freedom), abs(effect) * np.sqrt(n / 2)
    found = stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift)
    return float(found) if np.isfinite(found) else float(stats.norm.sf(limit - shift))


def _ordinal_power(n: float, effect: float, alpha: float, shares: np.ndarray) -> float:
    """Return the power of the score test for proportional odds (Whitehead 1993), `n` independent people per group."""
    from scipy import stats

    below = np.cumsum(shares)[:-1]
    shifted = np.diff(below / (below + (1 - below) * np.exp(effect)), prepend=0, append=1)
    spread = 1 - (((shares + shifted) / 2) ** 3).sum()
    shift, limit = abs(effect) * np.sqrt(n * spread / 6), stats.norm.ppf(1 - alpha / 2)
    return float(stats.norm.sf(limit - shift) + stats.norm.cdf(-limit - shift))


def _solve(power_of: Callable[[float], float], power: float, least: float, most: float) -> float:
    """Return where the power is reached, between `least` and `most`; refused where no value reaches it."""
    from scipy.optimize import brentq

    if power_of(least) >= power:
        return least
    if power_of(most) < power:
        message = _(
            "power: {power} tidak dapat dicapai dengan rancangan ini, berapa pun ukurannya. Tambah gugus (clusters), "
            "atau terima effect yang lebih besar."
        )
        raise CallError(message.format(power=power))
    low, high = np.log(least), np.log(most)
    return float(np.exp(brentq(lambda log: power_of(float(np.exp(log))) - power, low, high, xtol=1e-12, rtol=1e-12)))


def _read_levels(levels: Sequence[float], baseline_r: float) -> np.ndarray:
    """Return the shares of the levels, adding to 1."""
    if baseline_r:
        raise CallError(_("baseline_r: hanya untuk hasil berupa bilangan; lepas baseline_r atau levels."))
    shares = as_numbers(levels)
    whole = shares.sum()
    good = shares.ndim == 1 and len(shares) >= 2 and bool((shares >= 0).all())
    if not good or not (np.isclose(whole, 1, atol=1e-3) or np.isclose(whole, 100, atol=0.1)):
        raise refuse("levels", levels, _("paling sedikit dua bagian yang berjumlah 1 (atau 100)"))
    if shares.max() == whole:
        raise CallError(_("levels: semua orang pada satu tingkat; tidak ada yang dapat dibedakan."))
    return np.asarray(shares / whole)
