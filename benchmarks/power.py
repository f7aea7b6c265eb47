"""Power and effective numbers as claimed and as they come out: ``python benchmarks/power.py [STUDIES]``.

Each line simulates a plan of `plan_sample` with the analysis that the plan names, or the weights of
`estimate_adjusted`, and prints what was claimed beside what came out. Returns 1 where the two differ by more than the
line allows: three simulation errors, and what the formula's approximation is known to leave.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from kinerja_lib.estimate import estimate_adjusted, plan_sample

STUDIES = 20_000
PREDIKAT = (0.001, 0.0006, 0.0011, 0.8846, 0.1127)  # PNS 2022-2024, worst first
LEVELS = (0.1, 0.3, 0.4, 0.2)

Line = tuple[str, float, float, float]  # what, claimed, came out, allowed


def clustered(effect: float, clusters: int, size: int, icc: float, studies: int) -> tuple[float, float, float]:
    """Return the power, the false alarms, and the people drawn singly who would give the same variance of a mean."""
    rng = np.random.default_rng(1)
    shape = (studies, 2, clusters)
    means = rng.normal(0, np.sqrt(icc), shape) + rng.normal(0, np.sqrt((1 - icc) / size), shape)
    hits = []
    for shift in (effect, 0.0):
        test = stats.ttest_ind(means[:, 1] + shift, means[:, 0], axis=1)  # t on the means of the clusters
        hits.append(float((test.pvalue < 0.05).mean()))
    return hits[0], hits[1], float(1 / means.mean(axis=2).var())


def baseline(effect: float, n: int, r: float, studies: int) -> float:
    """Return the power of the difference adjusted for a measurement before."""
    rng = np.random.default_rng((2, int(10 * r)))
    found = 0
    group = np.repeat([0.0, 1.0], n)
    for _block in range(studies // 1000):
        before = rng.normal(size=(1000, 2 * n))
        after = r * before + np.sqrt(1 - r**2) * rng.normal(size=before.shape) + effect * group
        design = np.stack([np.ones_like(before), np.broadcast_to(group, before.shape), before], axis=2)
        inverse = np.linalg.inv(np.swapaxes(design, 1, 2) @ design)
        beta = inverse @ (np.swapaxes(design, 1, 2) @ after[:, :, None])
        rest = after - (design @ beta)[:, :, 0]
        error = np.sqrt((rest**2).sum(axis=1) / (2 * n - 3) * inverse[:, 1, 1])
        found += int((np.abs(beta[:, 1, 0] / error) > stats.t.ppf(0.975, 2 * n - 3)).sum())
    return found / (studies // 1000 * 1000)


def ordinal(effect: float, n: int, shares: tuple[float, ...], studies: int) -> float:
    """Return the power of the score test for proportional odds (the rank-sum test with its variance for ties)."""
    rng = np.random.default_rng(3)
    below = np.cumsum(shares)[:-1] / sum(shares)
    shifted = np.diff(below / (below + (1 - below) * np.exp(effect)), prepend=0, append=1)
    one, none = (rng.multinomial(n, part / np.sum(part), studies) for part in (shifted, np.array(shares)))
    both = one + none
    ranks = np.cumsum(both, axis=1) - (both - 1) / 2
    score = (one * ranks).sum(axis=1) - n * (2 * n + 1) / 2
    variance = n * n / 12 * (2 * n + 1 - (both**3 - both).sum(axis=1) / (2 * n * (2 * n - 1)))
    return float((np.abs(score) / np.sqrt(variance) > stats.norm.ppf(0.975)).mean())


def weighted(studies: int) -> tuple[float, float]:
    """Return the effective rows of an arm as told, and as the variance of its weighted mean shows them."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.normal(size=2000)})
    frame["t"] = (rng.random(2000) < 1 / (1 + np.exp(-frame["x"]))).astype(int)
    frame["y"] = rng.normal(size=2000)
    found = estimate_adjusted(frame, outcome="y", treatment="t", confounders="x", method="ipw").diagnostics
    own = (frame["t"] == 1).to_numpy()
    weight = 1 / found["propensity"].to_numpy()[own]
    means = (
        np.concatenate([rng.normal(size=(1000, own.sum())) @ weight for _b in range(studies // 1000)]) / weight.sum()
    )
    return float(found["effective_n"]["1"]), float(1 / means.var())


def lines(studies: int) -> Iterator[Line]:
    """Yield each claim with what came out."""
    noise = 3 * np.sqrt(0.8 * 0.2 / studies)
    for clusters, size, icc in ((6, 20, 0.05), (15, 20, 0.1), (40, 10, 0.2)):
        plan = plan_sample(clusters=clusters, cluster_size=size, icc=icc)
        power, alarms, rows = clustered(plan.effect, clusters, size, icc, studies)
        name = f"{clusters} clusters of {size}, ICC {icc}"
        yield f"{name}: power", plan.power, power, noise
        yield f"{name}: false alarms", 0.05, alarms, 3 * np.sqrt(0.05 * 0.95 / studies)
        yield f"{name}: effective n", plan.effective_n, rows, 3 * plan.effective_n / np.sqrt(studies)
    for r in (0.0, 0.5, 0.8):
        plan = plan_sample(n=60, baseline_r=r)
        power = baseline(plan.effect, 60, r, min(studies, 10_000))
        yield f"60 people, baseline r {r}: power", plan.power, power, noise * np.sqrt(max(studies / 10_000, 1)) + 0.005
    for name, shares, n in (("four levels", LEVELS, 80), ("predikat", PREDIKAT, 500), ("predikat", PREDIKAT, 2000)):
        plan = plan_sample(n=n, levels=shares)
        yield f"{name}, {n} people: power", plan.power, ordinal(plan.effect, n, shares, studies), noise + 0.01
    told, shown = weighted(studies)
    yield "weighted arm: effective n", told, shown, 3 * told * np.sqrt(2 / (studies // 1000 * 1000))


def main(studies: int) -> int:
    """Print the claims; return 1 where one does not hold."""
    bad = 0
    print(f"{studies:,} studies a line")
    for name, claimed, found, allowed in lines(studies):
        held = abs(claimed - found) <= allowed
        bad += not held
        print(f"{name:45} claimed {claimed:9.3f}  found {found:9.3f}  allowed {allowed:7.3f}  {'' if held else 'OFF'}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) == 2 else STUDIES))
