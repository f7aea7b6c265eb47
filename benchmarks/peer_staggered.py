"""Roll-outs in steps beside csdid and diff-diff: ``python benchmarks/peer_staggered.py [numbers FILE]``.

Without arguments: 100,000 people, 8 periods, 5 groups; the best of five calls and peak memory of each package, every
one in a process of its own, as ratios to the faster peer. With arguments: csdid's numbers on the panels below, which
tests/estimate/test_did.py and test_staggered.py hold ours against (csdid 0.4.3, drdid 1.1.7; neither is in the lock).
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter

import numpy as np
import pandas as pd

PEOPLE, PERIODS, LIMIT, GIGABYTES, TURNS = 100_000, 8, 1.1, 2.0, 5
COLUMNS = {"outcome": "y", "unit": "unit", "period": "period", "first_treated": "first"}
PANELS = {"steps": (900, 6, 11), "counties": (500, 5, 12)}  # people, periods, seed
METHODS = {"dr": "dr", "ipw": "ipw", "outcome": "reg"}


def make_panel(people: int, periods: int, seed: int, *, groups: int = 5, effect: float = 0.2) -> pd.DataFrame:
    """Return people who start in steps; the effect grows by `effect` a period, the trend depends on x (a number)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=people)
    late = [0, *range(2024 - groups, 2024)]
    chance = np.exp(np.outer(x, np.linspace(0, 0.6, len(late))))
    pick = (rng.random(people)[:, None] > (chance / chance.sum(axis=1, keepdims=True)).cumsum(axis=1)).sum(axis=1)
    first, unit = np.array(late)[np.minimum(pick, groups)], np.repeat(np.arange(people), periods)
    period = np.tile(np.arange(2025 - periods, 2025), people)
    since = np.where(first[unit] > 0, period - first[unit] + 1, 0)
    noise = rng.normal(size=people)[unit] + rng.normal(size=len(unit))
    y = noise + 0.1 * (1 + x[unit]) * (period - 2020) + effect * np.maximum(since, 0)
    return pd.DataFrame({"unit": unit, "period": period, "first": first[unit], "x": x[unit], "y": y})


def make_sections() -> pd.DataFrame:
    """Return other people in each period: those of the groups that start in 2022 (group 1) or never (0), seen once."""
    data = make_panel(3000, 4, 13, groups=2)
    seen = np.random.default_rng(14).integers(2021, 2025, 3000)[data["unit"]]
    data = data[(data["period"] == seen) & (data["first"] != 2023)]
    return data.assign(group=(data["first"] == 2022).astype(int)).reset_index(drop=True)


def run_sections(method: str) -> tuple[float, float]:
    """Return drdid's effect and error for the sections."""
    from drdid.drdid import drdid_rc
    from drdid.ipwd_did import std_ipw_did_rc
    from drdid.reg_did import reg_did_rc

    data = make_sections()
    x = np.column_stack([np.ones(len(data)), data["x"]])
    run = {"dr": drdid_rc, "ipw": std_ipw_did_rc, "outcome": reg_did_rc}[method]
    value, influence = run(data["y"].to_numpy(), (data["period"] >= 2022).to_numpy(int), data["group"].to_numpy(), x)[
        :2
    ]
    return value, float(np.std(influence, ddof=1) / len(data) ** 0.5)


def run_csdid(
    data: pd.DataFrame, method: str = "dr", control: str = "nevertreated", formula: str | None = None
) -> object:
    """Return csdid's fit with its four averages in `tables`."""
    from csdid.att_gt import ATTgt

    with contextlib.redirect_stdout(io.StringIO()):
        fit = ATTgt(
            yname="y", gname="first", idname="unit", tname="period", data=data, control_group=control, xformla=formula
        ).fit(est_method=method, bstrap=False)
        fit.tables = {
            kind: fit.aggte(typec=kind, bstrap=False).atte for kind in ("simple", "dynamic", "group", "calendar")
        }
    return fit


def run_diff_diff(data: pd.DataFrame) -> object:
    """Return diff-diff's fit with its averages."""
    from diff_diff import CallawaySantAnna

    fit = CallawaySantAnna().fit(data, outcome="y", unit="unit", time="period", first_treat="first")
    return [fit.aggregate(kind) for kind in ("simple", "event_study", "group")]


def run_ours(data: pd.DataFrame) -> object:
    """Return our estimate, which has fixed effects, their decomposition and bounds besides."""
    from kinerja_lib.estimate import estimate_staggered

    return estimate_staggered(data, **COLUMNS)


def write_numbers(file: str) -> None:
    """Write csdid's effects and averages for every panel, method, control and with and without a covariate."""
    rows: list[tuple[object, ...]] = [
        ("sections", method, "", "x", "did", "att", *run_sections(method)) for method in METHODS
    ]
    for panel, size in PANELS.items():
        for method, name in METHODS.items():
            for control, word in (("never", "nevertreated"), ("not_yet", "notyettreated")):
                for covariate, formula in (("", None), ("x", "y ~ x")):
                    if not covariate and method != "dr":  # without covariates the methods are one
                        continue
                    fit = run_csdid(make_panel(*size, groups=3), name, word, formula)
                    found = fit.results
                    each = [
                        ("group_time", f"{g},{t}", a, s)
                        for g, t, a, s in zip(found["group"], found["year"], found["att"], found["se"], strict=True)
                    ]
                    for kind, table in fit.tables.items():
                        each.append((kind, "overall", table["overall_att"], table["overall_se"]))
                        if kind != "simple":
                            each += [
                                (kind, str(e), a, s)
                                for e, a, s in zip(table["egt"], table["att_egt"], table["se_egt"], strict=True)
                            ]
                    rows += [(panel, method, control, covariate, *row) for row in each]
    names = ["panel", "method", "control", "covariate", "table", "term", "estimate", "std_error"]
    pd.DataFrame(rows, columns=names).to_csv(file, index=False, float_format="%.12g", lineterminator="\n")


RUNNERS: dict[str, Callable[[pd.DataFrame], object]] = {
    "ours": run_ours,
    "diff_diff": run_diff_diff,
    "csdid": run_csdid,
}


def main() -> int:
    """Print the figures; return 1 where a limit is passed."""
    if sys.argv[1:2] == ["numbers"]:
        write_numbers(sys.argv[2])
        return 0
    if sys.argv[1:2] == ["one"]:
        data, spent = make_panel(PEOPLE, PERIODS, 1), []
        for _turn in range(TURNS):
            start = perf_counter()
            RUNNERS[sys.argv[2]](data)
            spent.append(perf_counter() - start)
        print(json.dumps([min(spent), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]))
        return 0
    names = [name for name in RUNNERS if name == "ours" or find_spec(name)]
    runs = {
        name: subprocess.run([sys.executable, __file__, "one", name], capture_output=True, check=True) for name in names
    }
    figures = {name: json.loads(run.stdout.splitlines()[-1]) for name, run in runs.items()}
    best = min(seconds for name, (seconds, _memory) in figures.items() if name != "ours")
    for name, (seconds, memory) in figures.items():
        print(f"{name:9}: {seconds:.2f} s, {seconds / best:.2f} of the faster peer, {memory:.2f} GB at most")
    return 0 if figures["ours"][0] <= LIMIT * best and figures["ours"][1] <= GIGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
