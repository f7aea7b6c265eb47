"""Which calls make the rows of difference in differences and of roll-outs in steps."""

from __future__ import annotations

from functools import cache

from answers import Answer, Answers, frame, terms_of

from kinerja_lib.estimate import Estimate, estimate_did, estimate_staggered

COVARIATES = ["age", "educ", "black", "married", "nodegree", "hisp", "re74"]
METHODS = {
    "Doubly robust DiD (improved": "dr_improved",
    "Doubly robust DiD (traditional": "dr",
    "IPW DiD": "ipw",
    "Outcome-regression DiD": "outcome",
}


def incinerator(estimator: str, specification: str) -> Answer:
    found = estimate_did(
        frame("wooldridge_kielmc"), outcome="rprice", treated="nearinc", period="year", after=1981, errors="classical"
    )
    table = found.diagnostics["regression"].set_index("term")
    names = {"(Intercept)": "Intercept", "nearinc": "treated", "y81": "after", "y81nrinc": "att"}
    return lambda quantity: tuple(table.loc[names[quantity], ["estimate", "std_error"]])


def lalonde(estimator: str, specification: str) -> Answer:
    method = next(name for begin, name in METHODS.items() if estimator.startswith(begin))
    found = estimate_did(
        frame("drdid_lalonde_eval"), outcome="re", treated="experimental", period="year", after=1978, unit="id",
        covariates=COVARIATES, method=method,
    )  # fmt: skip
    return terms_of(found, {"ATT": "att"})


@cache
def counties(estimator: str) -> Estimate:
    return estimate_staggered(
        frame("did_mpdta"), outcome="lemp", unit="countyreal", period="year", first_treated="first.treat",
        estimator=estimator,
    )  # fmt: skip


def group_times(estimator: str, specification: str) -> Answer:
    table = counties("callaway_santanna").diagnostics["group_time"].set_index(["group", "period"])
    return lambda quantity: tuple(table.loc[tuple(quantity[4:-1].split(",")), ["estimate", "std_error"]])


def averages(estimator: str, specification: str) -> Answer:
    found = counties("callaway_santanna")

    def look_up(quantity: str) -> tuple[float, float]:
        kind, rest = quantity.split(" ", maxsplit=1)
        if kind == "simple":
            return terms_of(found, {rest: "att"})(rest)
        table = found.diagnostics[{"dynamic": "event"}.get(kind, kind)].set_index("term")
        row = table.loc["overall" if rest == "overall ATT" else rest.removeprefix("e/g/t=")]
        return row["estimate"], row["std_error"]

    return look_up


def two_way(estimator: str, specification: str) -> Answer:
    row = counties("callaway_santanna").diagnostics["twfe"]
    return lambda _quantity: (row["estimate"], row["std_error"])


def sun_abraham(estimator: str, specification: str) -> Answer:
    found = counties("sun_abraham")
    event = found.diagnostics["event"].set_index("term")

    def look_up(quantity: str) -> tuple[float, float]:
        if quantity == "ATT":
            return terms_of(found, {"ATT": "att"})(quantity)
        row = event.loc[quantity.removeprefix("year::")]
        return row["estimate"], row["std_error"]

    return look_up


ANSWERS: Answers = {
    ("wooldridge_kielmc", ""): incinerator,
    ("drdid_lalonde_eval", ""): lalonde,
    ("did_mpdta", "Callaway-Sant'Anna ATT(g,t)"): group_times,
    ("did_mpdta", "Callaway-Sant'Anna aggregate"): averages,
    ("did_mpdta", "TWFE"): two_way,
    ("did_mpdta", "Sun-Abraham"): sun_abraham,
}
