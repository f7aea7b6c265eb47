"""The study of cost: whether spending per employee changed with a programme, at constant output.

Unspent budget is no saving in government: what is compared is unit cost. Rules fixed before data are seen:

- The headline is on all components of `biaya` together. A programme that replaces another kind of spending is seen in
  the total alone; a single component can only tell what a session costs.
- The price of a session, for what an effect costs (`kinerja_lib.studies.worth`), comes from the component that pays
  whoever leads it: of a dialogue (coaching, mentoring, counselling) the components named honor..., else the total.
- Output that moved with spending, in the same direction, makes it no unit cost: then nothing is said.
- Units count alike: an office books costs by unit, so a large unit is not known better than a small one.

Where this stops: costs that no unit books, such as the hours of those who take part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_regression, plan_sample, sensitivity_robustness
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import Exposed, build_exposed, choose_programme, find_gaps
from kinerja_lib.studies.result import (
    Check,
    Study,
    excludes_zero,
    join_rows,
    own_row,
    read_truth,
    read_values,
    tidy_row,
    try_fit,
)
from kinerja_lib.studies.spending import (
    Cells,
    build_cells,
    difference,
    find_faults,
    fit_cells,
    leftover,
)
from kinerja_lib.studies.verdict import decide, interval_at
from kinerja_lib.studies.worth import detail_worth
from kinerja_lib.vocabulary import PEMBINAAN

SHOWN = 8  # components in the table, the dearest first
PAYS = "honor"  # how the component that pays a coach, mentor or counsellor is named
POWER = 0.8
PLANTED = {"coaching": "coaching_cost"}  # what synthetic data say of a session's price


def study_cost(data: Dataset, plan: StudyPlan | None = None) -> Study:
    """Study whether spending per employee changed with a programme, at constant output.

    Parameters
    ----------
    data : Dataset
        Tables `unit`, `pegawai`, `penilaian`, `kegiatan` and `biaya`; `kinerja_unit` (output) and `indikator_unit`
        (absence) where there are any.
    plan : StudyPlan, optional
        `status` does not count: a unit books its costs for all employees.

    Returns
    -------
    Study
        Headline: rupiah (of all components) for one event of the programme, from unit and period effects with
        courses and other dialogues per employee held equal; `n` counts unit-periods. Further rows: `second` (changes
        from period to period), `alone` (courses and dialogues not held equal), `component` (group = its name),
        `naive` (total spending of units on their number of events, size of unit and everything else ignored).
        `detail`: `sensitivity`, and what `kinerja_lib.studies.worth.detail_worth` gives.

    Raises
    ------
    CallError
        A plan that no study can use.

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> study_cost(build_agency(people=300, units=6, periods=4)).headline["unit"].tolist()
    ['rupiah per kegiatan']
    """
    plan = StudyPlan() if plan is None else plan
    programme = choose_programme(data, plan)
    truth = read_truth(data.keterangan)
    if PLANTED.get(programme, "") in truth:
        truth["headline"] = truth[PLANTED[programme]]
    study = Study(
        "cost",
        programme=programme,
        outcome=_("biaya per pegawai"),
        unit=_("rupiah per kegiatan"),
        estimand=_("perubahan biaya per pegawai, semua komponen, untuk tiap kegiatan per pegawai"),
        better=-1,
        limits=_say_limits(plan),
        truth=truth,
    )
    gaps = find_gaps(data, programme)
    if not data.has("biaya") or data["biaya"]["jumlah"].notna().sum() == 0:
        gaps = (*gaps, "no_costs")
    if gaps:
        return replace(study, why=gaps)
    exposed = build_exposed(data, replace(plan, status=""), programme)
    cells = build_cells(data, exposed)
    study = replace(study, dropped=cells.dropped)
    faults = find_faults(cells)
    if faults:
        return replace(study, why=faults)
    try:
        return _estimate_study(study, data, plan, exposed, cells)
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def _estimate_study(study: Study, data: Dataset, plan: StudyPlan, exposed: Exposed, cells: Cells) -> Study:
    rows, held = cells.rows, cells.covariates
    reach = measure_reach(cells, plan)
    main = fit_cells(rows, "biaya", "kegiatan", *held)
    second = (
        try_fit(fit_cells, difference(rows), "biaya", "kegiatan", *held, absorb=["periode"]) if _is_long(rows) else None
    )
    parts = _estimate_components(cells)
    naive = estimate_regression(rows.assign(banyak=rows["kegiatan"] * rows["pegawai"]), "jumlah ~ banyak", errors="HC1")
    row = own_row(main, "kegiatan")
    robustness = _find_robustness(main, held)
    checks = (
        _check_lead(rows, held),
        _check_output(rows, held, row),
        _check_second(row, second),
        _check_sensitivity(robustness, row),
    )
    df: pd.Series = main.diagnostics["df"]  # type: ignore[assignment]
    wide = interval_at(row, float(df["kegiatan"]), plan.alpha)
    smallest = reach.get("smallest")
    verdict = decide(wide, better=study.better, design="comparative", checks=checks, smallest=smallest)
    price = _find_price(study.programme, main, parts)
    study = replace(
        study,
        design="comparative",
        pooled=main,
        second=second,
        table=_tabulate(study, cells, main=main, second=second, parts=parts, naive=naive),
        checks=checks,
        reach={name: value for name, value in reach.items() if name != "smallest"},
        dropped={**cells.dropped, **main.dropped},
        verdict=verdict.verdict,
        why=verdict.why,
    )
    found = {"sensitivity": robustness}
    return replace(study, detail=found | detail_worth(data, plan, exposed, cells, price))


def _is_long(rows: pd.DataFrame) -> bool:
    """Tell whether there are three periods: with two, changes are the same as unit and period effects."""
    return rows["waktu"].nunique() > 2


def measure_reach(cells: Cells, plan: StudyPlan) -> dict[str, float]:
    """Return what these data could have seen: rupiah per event, from the spread of costs without any event.

    `effect`: the smallest detectable at power 0.8; `power`: for `plan.smallest_effect` standard deviations of cost per
    employee, which is `smallest` rupiah for one event per employee; `n_treated`, `n_control`: unit-periods.
    """
    rows, held = cells.rows, cells.covariates
    calm = rows[rows["kegiatan"] == 0]
    sizes = {"n_treated": float(len(rows) - len(calm)), "n_control": float(len(calm))}
    quiet, free = leftover(calm, "biaya", held)
    dose, _free = leftover(rows, "kegiatan", held)
    if free < 1 or not quiet.any():
        return sizes
    spread = float(np.sqrt((quiet**2).sum() / free))
    error = spread / float(np.sqrt((dose**2).sum()))
    half = rows["unit_id"].nunique() / 2  # a mean of units against one: its error is 2 / sqrt(units) deviations
    scale = error * float(np.sqrt(half / 2))
    found = plan_sample(n=half, power=POWER, alpha=plan.alpha)
    smallest = plan.smallest_effect * spread
    power = plan_sample(n=half, effect=smallest / scale, alpha=plan.alpha).power if smallest else plan.alpha
    return {"effect": found.effect * scale, "power": power, "smallest": smallest, **sizes}


def _estimate_components(cells: Cells) -> dict[str, Estimate]:
    """Return the same regression for each of the dearest components, by name; those that never change are left out."""
    found = {}
    for name in list(cells.components.columns[:SHOWN]):
        rows = cells.rows.assign(komponen=cells.components[name])
        estimate = try_fit(fit_cells, rows, "komponen", "kegiatan", *cells.covariates)
        if estimate is not None:
            found[str(name)] = estimate
    return found


def _find_price(programme: str, main: Estimate, parts: Mapping[str, Estimate]) -> pd.Series:
    """Return what an event costs: the component that pays who leads a dialogue, else all components."""
    paid = [name for name in parts if name.strip().lower().startswith(PAYS)]
    if programme in PEMBINAAN and len(paid) == 1:
        return own_row(parts[paid[0]], "kegiatan")
    return own_row(main, "kegiatan")


def _tabulate(
    study: Study,
    cells: Cells,
    *,
    main: Estimate,
    second: Estimate | None,
    parts: Mapping[str, Estimate],
    naive: Estimate,
) -> pd.DataFrame:
    def line(estimate: Estimate, term: str = "kegiatan", group: str = "", **marks: Any) -> pd.DataFrame:
        table = estimate.table[estimate.table["term"] == term].assign(group=group)
        return tidy_row(table, unit=study.unit, term=study.programme, **marks)

    lines = [line(main, role="main", headline=True)]
    lines += [line(second, role="second")] if second is not None else []
    if cells.covariates:
        lines.append(line(fit_cells(cells.rows, "biaya", "kegiatan"), role="alone"))
    lines += [line(estimate, group=name, role="component") for name, estimate in parts.items()]
    return join_rows([*lines, line(naive, "banyak", role="naive", naive=True)])


def _check_lead(rows: pd.DataFrame, held: list[str]) -> Check:
    """Check whether cost moves with the events of the next period, which cannot have caused it."""
    ahead = rows.groupby("unit_id")[["kegiatan", "waktu"]].shift(-1)
    led = rows.assign(depan=ahead["kegiatan"].where(ahead["waktu"] == rows["waktu"] + 1))
    found = try_fit(fit_cells, led, "biaya", "kegiatan", "depan", *held) if _is_long(rows) else None
    if found is None or "depan" not in _terms(found):
        return Check("pre_trend", None)
    row = own_row(found, "depan")
    return Check("pre_trend", not excludes_zero(row), values=read_values(row))


def _check_output(rows: pd.DataFrame, held: list[str], cost: pd.Series) -> Check:
    """Check whether output moved with spending, in its direction: then it is no unit cost that changed."""
    found = try_fit(fit_cells, rows, "keluaran", "kegiatan", *held)
    if found is None:
        return Check("output", None)
    row = own_row(found, "kegiatan")
    along = excludes_zero(row) and excludes_zero(cost) and row["estimate"] * cost["estimate"] > 0
    return Check("output", not along, values=read_values(row))


def _check_second(row: pd.Series, second: Estimate | None) -> Check:
    """Check whether the intervals of both estimators have anything in common."""
    if second is None:
        return Check("second", None)
    other = own_row(second, "kegiatan")
    apart = row["conf_low"] > other["conf_high"] or row["conf_high"] < other["conf_low"]
    return Check("second", not apart, values=read_values(other))


def _find_robustness(main: Estimate, held: list[str]) -> Any:
    return try_fit(sensitivity_robustness, main, "kegiatan", benchmark=[name for name in held if name in _terms(main)])


def _terms(estimate: Estimate) -> set[str]:
    return set(estimate.table["term"])


def _check_sensitivity(found: Any, row: pd.Series) -> Check:
    """Check whether a confounder as strong as the strongest of those recorded would turn the sign."""
    if found is None or not excludes_zero(row):
        return Check("sensitivity", None)
    bounds = found.diagnostics.get("bounds")
    values = {"rv_q": float(found.rv_q), "rv_qa": float(found.rv_qa)}
    if bounds is None or bounds.empty:
        return Check("sensitivity", None, values=values)
    left = bounds["adjusted_estimate"] * np.sign(row["estimate"])
    return Check("sensitivity", bool((left > 0).all()), values=values | {"estimate": float(left.min())})


def _say_limits(plan: StudyPlan) -> tuple[str, ...]:
    """Return what this study cannot show."""
    said = [
        _("Yang dibandingkan adalah biaya satuan. Anggaran yang tidak terpakai bukan penghematan."),
        _("Biaya dicatat per unit, sehingga biaya seorang peserta tidak terlihat langsung."),
        _("Jam kerja peserta dan pembimbing, serta biaya yang dibukukan unit lain, tidak terhitung."),
        _("Unit tidak diundi: yang menambah kegiatan dapat sekaligus menata ulang belanja lain."),
    ]
    if plan.status:
        said.append(_("Status pegawai pada rencana tidak dipakai: unit membukukan biaya untuk semua pegawainya."))
    return tuple(said)
