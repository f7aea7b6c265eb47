"""What a programme's cost bought: unit cost, avoided absence and exits, cost of an additional result, scenarios of ROI.

Nothing that needs a price is computed where the plan names none. Where this stops: the price of a session is an
estimate too; what an effect costs is therefore shown at both ends of its interval.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, benefit_cost, estimate_cost_effectiveness
from kinerja_lib.outcomes import build_costs
from kinerja_lib.privacy import MIN_GROUP, hide_share
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import NEVER, Exposed, kinds_of
from kinerja_lib.studies.result import CONTROL, own_row, try_fit
from kinerja_lib.studies.spending import Cells, fit_cells
from kinerja_lib.vocabulary import PREDIKAT, Period

ABSENCE = "ketidakhadiran"  # indicator of a unit: per cent of working days
DRAWS = 1000
BOUNDS = ("conf_low", "estimate", "conf_high")
SAVED = ("term", "estimate", "conf_low", "conf_high", "n")


def detail_worth(
    data: Dataset,
    plan: StudyPlan,
    exposed: Exposed,
    cells: Cells,
    price: pd.Series,
) -> dict[str, Any]:
    """Return what the cost bought, by name; what the data or the plan do not give is left out.

    `price` (rupiah per event, with interval), `unit_cost` (the table of `build_costs`, with `periode`), `participant`
    (rupiah per participant), `absence` and `replacement` (avoided: days per event or exits per 100 events, and rupiah
    per event where the plan names a price), `effectiveness` (the
    `Estimate` at the price; its interval takes the price as known), `effectiveness_range` (the same at both ends of
    the price too: column `price`), `roi` (per cent, for each worth of the plan and each of these prices).
    """
    people = build_gains(exposed)
    found: dict[str, Any] = {
        "price": {name: float(price[name]) for name in (*BOUNDS, "n")},
        "unit_cost": _find_unit_cost(data, exposed),
        "participant": _per_participant(exposed, price),
        "absence": _find_absence(data, plan, cells),
        "replacement": _find_replacement(plan, cells),
    }
    kept = people.groupby("kelompok", observed=False).size()
    if (kept >= MIN_GROUP).all() and price["estimate"] > 0:
        found |= _find_effectiveness(data, plan, exposed, people, price)
    return {name: value for name, value in found.items() if value is not None}


def _find_unit_cost(data: Dataset, exposed: Exposed) -> pd.DataFrame | None:
    """Return rupiah per participant and JP of all development in the last period, as the unit report has it."""
    try:
        costs = build_costs(build_scope(data, period=str(_window(exposed)[1])))
    except KinerjaError:
        return None
    return None if costs is None else costs.table.assign(periode=str(_window(exposed)[1]))


def _window(exposed: Exposed) -> tuple[Period, Period]:
    """Return the first and the last period that the study looks at."""
    first, last = (Period.parse(exposed.periods[int(place)]) for place in exposed.rows["waktu"].agg(["min", "max"]))
    return first, last


def _count_events(exposed: Exposed) -> pd.Series:
    """Return the events of the programme by person."""
    rows = exposed.rows
    names = [f"n_{kind}" for kind in kinds_of(exposed.programme, rows)]
    return rows[names].fillna(0).sum(axis=1).groupby(rows["pegawai_id"]).sum()


def _per_participant(exposed: Exposed, price: pd.Series) -> dict[str, float] | None:
    """Return rupiah per participant over all periods, events times price; nothing where it would tell of few people."""
    everybody = _count_events(exposed)
    events = everybody[everybody > 0]
    if hide_share(len(events), len(everybody)):
        return None
    return {name: float(price[name] * events.mean()) for name in BOUNDS} | {"n": float(len(events))}


def working_days(period: Period) -> int:
    """Return Mondays to Fridays of a period; holidays are not known here.

    Examples
    --------
    >>> working_days(Period.parse("2025-01"))
    23
    """
    return int(np.busday_count(period.start, period.end + timedelta(days=1)))


def _find_absence(data: Dataset, plan: StudyPlan, cells: Cells) -> pd.DataFrame | None:
    """Return days of absence avoided for each event against comparison units, and what they cost."""
    if not data.has("indikator_unit", "nilai"):
        return None
    rows = data["indikator_unit"]
    rows = rows[rows["indikator"] == ABSENCE].drop_duplicates(["unit_id", "periode"])
    rows = cells.rows.merge(rows[["unit_id", "periode", "nilai"]], on=["unit_id", "periode"], how="inner")
    days = {text: working_days(Period.parse(text)) for text in rows["periode"].unique()}
    absent = rows.assign(hari=rows["nilai"] / 100 * rows["periode"].map(days).astype("float64"))
    return _price_avoided(absent, "hari", {"days": 1.0} | _at_price(plan.daily_cost), cells.covariates)


def _find_replacement(plan: StudyPlan, cells: Cells) -> pd.DataFrame | None:
    """Return voluntary exits avoided by 100 events against comparison units, and the rupiah of an event."""
    sizes = {"exits": 100.0} | _at_price(plan.replacement_cost)
    return _price_avoided(cells.rows, "keluar", sizes, cells.covariates)


def _at_price(price: float) -> dict[str, float]:
    """Return the size of the row in rupiah; none where the plan names no price."""
    return {"rupiah": price} if price else {}


def _price_avoided(rows: pd.DataFrame, outcome: str, sizes: dict[str, float], held: list[str]) -> pd.DataFrame | None:
    """Return what was avoided with each event (more is better), times each size."""
    found = try_fit(fit_cells, rows, outcome, "kegiatan", *held)
    if found is None:
        return None
    row = own_row(found, "kegiatan")
    avoided = (-row["estimate"], -row["conf_high"], -row["conf_low"])
    lines = [(name, *(size * value for value in avoided), int(row["n"])) for name, size in sizes.items()]
    return pd.DataFrame(lines, columns=list(SAVED))


def build_gains(exposed: Exposed) -> pd.DataFrame:
    """Return per person: `unit_id`, `kelompok`, `hasil`, for people seen before and after a start.

    `hasil` is how many more periods than before the person had the highest predikat, since the start, less the mean
    change of those who never took part, in the same periods. A comparison stands in for every start, weighted by how
    many started then; its mean is 0, what differs between its people is what the bootstrap needs.
    """
    rows = exposed.rows[exposed.rows["ordinal"].notna()]
    best = rows.assign(y=(rows["ordinal"] == len(PREDIKAT)).astype("float64"))
    wide = best.pivot(index="pegawai_id", columns="waktu", values="y")
    start = exposed.people["mulai_ikut"].reindex(wide.index).to_numpy()
    gains = np.full(len(wide), np.nan)
    never = start == NEVER
    parts: list[tuple[int, np.ndarray]] = []
    for first in sorted({int(place) for place in start[~never]}):
        own, other = _gain_since(wide, first, start == first, never)
        gains[start == first] = own
        parts.append((int(np.isfinite(own).sum()), other))
    whole = sum(count for count, _gain in parts)
    if whole:
        gains[never] = sum(count / whole * _stand_in(gain) for count, gain in parts if np.isfinite(gain).any())
    unit = best.drop_duplicates("pegawai_id", keep="last").set_index("pegawai_id")["unit_id"].reindex(wide.index)
    names = [CONTROL, exposed.programme]
    group = pd.Categorical(np.where(never, *names), categories=names)
    frame = pd.DataFrame({"pegawai_id": wide.index, "unit_id": unit.to_numpy(), "kelompok": group, "hasil": gains})
    return frame.dropna(subset=["hasil"]).reset_index(drop=True)


def _gain_since(wide: pd.DataFrame, first: int, own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gain of who started in a period, and of the comparison; missing where not seen before and after."""
    values, times = wide.to_numpy(), wide.columns.to_numpy()
    before, after = values[:, times < first], values[:, times >= first]
    seen = np.isfinite(before).sum(axis=1)
    base = np.where(seen > 0, np.nansum(before, axis=1) / np.maximum(seen, 1), np.nan)
    change = after - base[:, None]
    there = np.isfinite(change[other])
    count = there.sum(axis=0)
    mean = np.where(count > 0, np.where(there, change[other], 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    left = change - mean  # missing in a period in which no comparison was seen
    gain = np.where(np.isfinite(left).any(axis=1), np.nansum(left, axis=1), np.nan)
    return gain[own], gain[other]


def _stand_in(gain: np.ndarray) -> np.ndarray:
    """Return gains with 0 for people who cannot stand in, the others counting for them too."""
    return np.asarray(np.where(np.isfinite(gain), gain, 0.0) * len(gain) / np.isfinite(gain).sum())


def _find_effectiveness(
    data: Dataset, plan: StudyPlan, exposed: Exposed, people: pd.DataFrame, price: pd.Series
) -> dict[str, Any]:
    """Return cost and effect side by side at the price, at both its ends, and the scenarios of ROI."""
    found: dict[str, Estimate] = {}
    for end in BOUNDS:
        rupiah = max(float(price[end]), 0.0)  # nobody is paid for being led
        rows = people.assign(biaya=_cost_people(data, exposed, people, rupiah))
        try:
            found[end] = estimate_cost_effectiveness(
                rows,
                cost="biaya",
                effect="hasil",
                group="kelompok",
                threshold=plan.effect_worth,
                draws=DRAWS,
                seed=plan.seed,
                cluster="unit_id",
            )
        except KinerjaError:
            continue
    if "estimate" not in found:
        return {}
    parts = [result.table.assign(price=max(float(price[end]), 0.0)) for end, result in found.items()]
    result = {"effectiveness": found["estimate"], "effectiveness_range": pd.concat(parts, ignore_index=True)}
    scenarios = [_tabulate_roi(found[end], plan).assign(price=float(price[end])) for end in found if price[end] > 0]
    return result | ({"roi": pd.concat(scenarios, ignore_index=True)} if plan.effect_worth else {})


def _cost_people(data: Dataset, exposed: Exposed, people: pd.DataFrame, price: float) -> np.ndarray:
    """Return rupiah per person: what the events themselves record, and the price for each that records nothing."""
    events = _count_events(exposed)
    known = pd.DataFrame({"n": 0.0, "biaya": 0.0}, index=events.index)
    if data.has("kegiatan", "biaya"):
        first, last = _window(exposed)
        table = data["kegiatan"]
        inside = table["mulai"].between(pd.Timestamp(first.start), pd.Timestamp(last.end))
        own = table[inside & table["jenis"].isin(kinds_of(exposed.programme, exposed.rows)) & (table["biaya"] > 0)]
        sums = own.groupby("pegawai_id").agg(n=("biaya", "size"), biaya=("biaya", "sum"))
        known = sums.reindex(events.index).fillna(0.0)
    cost = known["biaya"] + (events - known["n"]).clip(lower=0) * price
    return people["pegawai_id"].map(cost).fillna(0.0).to_numpy(dtype="float64")


def _tabulate_roi(result: Estimate, plan: StudyPlan) -> pd.DataFrame:
    """Return ROI in per cent for each worth of an effect: a scenario, with the interval that the draws give."""
    values = result.table.set_index("term")["estimate"]
    cost, effect = float(values["cost_difference"]), float(values["effect_difference"])
    plane: pd.DataFrame = result.diagnostics["plane"]  # type: ignore[assignment]
    n = int(result.table["n"].iloc[0])
    lines = []
    for worth in plan.effect_worth:
        drawn = 100 * (worth * plane["effect_difference"] / plane["cost_difference"] - 1)
        low, high = drawn.quantile([0.025, 0.975])
        lines.append((worth, benefit_cost(worth * effect, cost).roi, low, high, n))
    return pd.DataFrame(lines, columns=["worth", "estimate", "conf_low", "conf_high", "n"])
