"""Estimators on 1,000, 100,000 and 1,000,000 rows beside a peer: ``python benchmarks/estimators.py [FAMILY ...]``.

Each fit runs in a process of its own, once after a small one that loads the libraries. Prints seconds, peak memory,
the ratio to the peer called directly on the same rows, and how the time grows (the power of n between the two largest
sizes). Returns 1 where one of the bars is passed: staggered 1.1 of the peer and 2 GB, absorbed effects 1.5 of pyfixest,
mixed model no slower than statsmodels, ordinal logit on a million rows 5 s, pooling of 10,000 effects 2 s.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

import kinerja_lib as kl

Fit = Callable[[pd.DataFrame], object]
SIZES = (1_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Family:
    """Data of n rows, our call, the peer's, the sizes, and the most of the peer's time, seconds and megabytes.

    `patience` is the largest size at which the peer is asked: some take minutes beyond it.
    """

    make: Callable[[int], pd.DataFrame]
    ours: Fit
    peer: Fit | None = None
    sizes: tuple[int, ...] = SIZES
    ratio: float = math.inf
    seconds: float = math.inf
    memory: float = math.inf
    patience: float = math.inf


def people(n: int) -> pd.DataFrame:
    """Return n people with a treatment, covariates, a unit, a period, a score, a level and a length of stay."""
    rng = np.random.default_rng(2025)
    age, sex = rng.normal(40, 9, n), rng.integers(0, 2, n)
    chance = 1 / (1 + np.exp(-(0.02 * (age - 40) + 0.3 * sex)))
    arm = (rng.random(n) < chance).astype(int)
    unit = rng.integers(0, max(20, n // 100), n)
    score = 0.2 * arm + 0.01 * age + 0.1 * sex + rng.normal(0, 1, n)
    stay = rng.exponential(1 / np.exp(-2 - 0.2 * arm)).round(1) + 0.1
    items = {f"i{at}": (3 + score + rng.normal(0, 1, n)).round().clip(1, 5) for at in range(1, 6)}
    return pd.DataFrame(
        {
            "age": age,
            "band": (age // 10).clip(2, 5).astype(int),
            "sex": sex,
            "arm": arm,
            "unit": [f"U{u}" for u in unit],
            "time": rng.integers(0, 8, n).astype(str),
            "score": score,
            "level": np.digitize(score, [-0.5, 0.5, 1.2]),
            "stay": stay,
            "left": rng.choice([0, 1, 2], n),
            "gone": rng.integers(0, 2, n),
            "cost": rng.gamma(2, 5e5, n),
            **items,
        }
    )


def panel(n: int) -> pd.DataFrame:
    """Return n rows of people in eight periods, five groups of starters among them."""
    rng = np.random.default_rng(2025)
    count = n // 8
    first = rng.choice([0, 3, 4, 5, 6, 7], count)
    person, time = np.repeat(np.arange(count), 8), np.tile(np.arange(1, 9), count)
    start = first[person]
    y = rng.normal(0, 1, count)[person] + 0.1 * time + 0.3 * ((start > 0) & (time >= start)) + rng.normal(0, 1, n)
    return pd.DataFrame({"id": person, "time": time, "first": start, "y": y})


def companies(n: int) -> pd.DataFrame:
    """Return n people in a hundred groups."""
    rng = np.random.default_rng(2025)
    group = rng.integers(0, 100, n)
    x = rng.normal(0, 1, n)
    return pd.DataFrame({"g": group, "x": x, "y": rng.normal(0, 0.5, 100)[group] + 0.3 * x + rng.normal(0, 1, n)})


def effects(n: int) -> pd.DataFrame:
    """Return n effects and their variances."""
    rng = np.random.default_rng(2025)
    variance = rng.uniform(0.01, 0.2, n)
    return pd.DataFrame({"effect": 0.3 + rng.normal(0, np.sqrt(variance + 0.05)), "variance": variance})


def fit_pyfixest(data: pd.DataFrame) -> object:
    """Fit two absorbed effects with clustered errors by pyfixest itself."""
    import pyfixest

    return pyfixest.feols("score ~ arm + age | unit + time", data, vcov={"CRV1": "unit"}, fixef_rm="none")


def fit_diff_diff(data: pd.DataFrame) -> object:
    """Fit Callaway and Sant'Anna by diff-diff itself, with its event study."""
    from diff_diff import CallawaySantAnna

    model = CallawaySantAnna(control_group="never_treated")
    return model.fit(data, outcome="y", unit="id", time="time", first_treat="first", aggregate="all")


def fit_mixedlm(data: pd.DataFrame) -> object:
    """Fit a random intercept by statsmodels itself."""
    import statsmodels.formula.api as smf

    return smf.mixedlm("y ~ x", data, groups="g").fit(reml=True)


def fit_ordered(data: pd.DataFrame) -> object:
    """Fit the proportional-odds logit by statsmodels itself."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    return OrderedModel(data["level"], data[["arm", "band", "sex"]], distr="logit").fit(method="bfgs", disp=False)


def fit_phreg(data: pd.DataFrame) -> object:
    """Fit Cox by statsmodels itself."""
    from statsmodels.duration.hazard_regression import PHReg

    return PHReg(data["stay"], data[["arm", "age"]], status=data["gone"], ties="efron").fit()


def fit_effect(data: pd.DataFrame) -> object:
    """Fit AIPW by statsmodels itself."""
    import statsmodels.api as sm
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    x = sm.add_constant(data[["age", "sex"]])
    choice = sm.Logit(data["arm"], x).fit(disp=False)
    return TreatmentEffect(sm.OLS(data["score"], x), data["arm"], results_select=choice).aipw()


FAMILIES: dict[str, Family] = {
    "regression": Family(
        people,
        lambda d: kl.estimate_regression(d, "score ~ arm + age", absorb=["unit", "time"], cluster="unit", errors="CR1"),
        fit_pyfixest,
        ratio=1.5,
    ),
    "difference": Family(people, lambda d: kl.estimate_difference(d, outcome="score", group="arm", cluster="unit")),
    "adjusted": Family(
        people,
        lambda d: kl.estimate_adjusted(d, outcome="score", treatment="arm", confounders=["age", "sex"]),
        fit_effect,
        patience=100_000,
    ),
    "staggered": Family(
        panel,
        lambda d: kl.estimate_staggered(d, outcome="y", unit="id", period="time", first_treated="first"),
        fit_diff_diff,
        sizes=(8_000, 80_000, 800_000),
        ratio=1.1,
        memory=2048,
    ),
    "ordinal": Family(people, lambda d: kl.estimate_ordinal(d, "level ~ arm + band + sex"), fit_ordered, seconds=5.0),
    "multilevel": Family(
        companies, lambda d: kl.estimate_multilevel(d, "y ~ x", group="g"), fit_mixedlm, sizes=(1_000, 7_000), ratio=1.0
    ),
    "survival": Family(people, lambda d: kl.estimate_survival(d, duration="stay", event="gone", by="sex")),
    "hazard": Family(
        people,
        lambda d: kl.estimate_hazard(d, "arm + age", duration="stay", event="gone"),
        fit_phreg,
        patience=100_000,
    ),
    "incidence": Family(people, lambda d: kl.estimate_incidence(d, duration="stay", event="left", cause=1, by="sex")),
    "reliability": Family(people, lambda d: kl.estimate_reliability(d, items=[f"i{at}" for at in range(1, 6)])),
    "agreement": Family(people, lambda d: kl.estimate_agreement(d, group="unit", score="score")),
    "mediation": Family(
        people,
        lambda d: kl.estimate_mediation(d, outcome="score", mediator="i1", treatment="arm", draws=1000),
        sizes=(1_000, 100_000),
    ),
    "cost": Family(
        people,
        lambda d: kl.estimate_cost_effectiveness(d, cost="cost", effect="score", group="arm", threshold=(0, 1e6)),
        sizes=(1_000, 100_000),
    ),
    "pooled": Family(
        effects, lambda d: kl.estimate_pooled(d, effect="effect", variance="variance"), sizes=(100, 10_000), seconds=2.0
    ),
}


def measure(name: str, whose: str, n: int) -> None:
    """Print seconds and peak memory (MB) of one fit as JSON."""
    import resource

    family = FAMILIES[name]
    fit = family.ours if whose == "ours" else family.peer
    assert fit is not None
    warnings.simplefilter("ignore")
    fit(family.make(min(400, family.sizes[0])))
    data = family.make(n)
    start = perf_counter()
    fit(data)
    seconds = perf_counter() - start
    print(json.dumps({"seconds": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def ask(name: str, whose: str, n: int) -> dict[str, float]:
    """Return the better of two measurements, each in a fresh process."""
    command = [sys.executable, __file__, "measure", name, whose, str(n)]
    runs = [json.loads(subprocess.check_output(command)) for _turn in range(2)]
    best: dict[str, float] = min(runs, key=lambda run: run["seconds"])
    return best


def report(name: str) -> bool:
    """Print one family's lines; tell whether its bars are kept."""
    family = FAMILIES[name]
    kept, ours = True, {}
    for n in family.sizes:
        ours[n] = ask(name, "ours", n)
        line = f"{name:12} n = {n:>9,}: {ours[n]['seconds']:7.3f} s, {ours[n]['memory']:6.0f} MB"
        if family.peer is not None and n <= family.patience:
            peer = ask(name, "peer", n)
            ratio = ours[n]["seconds"] / peer["seconds"]
            line += f"; peer {peer['seconds']:7.3f} s, {peer['memory']:6.0f} MB; ratio {ratio:.2f}"
            kept &= n < family.sizes[-1] or ratio <= family.ratio
        print(line, flush=True)
    last, before = family.sizes[-1], family.sizes[-2]
    power = math.log(ours[last]["seconds"] / ours[before]["seconds"]) / math.log(last / before)
    kept &= ours[last]["seconds"] <= family.seconds and ours[last]["memory"] <= family.memory
    print(f"{name:12} grows with n to the power {power:.2f}" + ("" if kept else "; PASSES ITS BAR"), flush=True)
    return kept


def main() -> int:
    """Report on the families named, or on all."""
    words = sys.argv[1:]
    if words[:1] == ["measure"]:
        measure(words[1], words[2], int(words[3]))
        return 0
    kept = [report(name) for name in words or FAMILIES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
