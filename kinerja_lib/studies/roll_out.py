"""The study of a programme that units entered in different periods, without a lot: each unit against itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError, require_choice
from kinerja_lib.estimate import estimate_regression, estimate_staggered
from kinerja_lib.indicators import build_indicator_panel
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.result import Check, Study, join_rows, keep_rows, read_values, tidy_row
from kinerja_lib.studies.verdict import decide
from kinerja_lib.vocabulary import Period, label, sort_periods

FEWEST_UNITS = 5  # on each side
STARTED, LATER = "ikut", "ikut_lalu"  # 1 in the period of entering, and in the one after it
LEVEL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _RollOut:
    """A row per unit and period: unit_id, periode, waktu (from 0), mulai (missing: never), hasil, ikut, ikut_lalu."""

    rows: pd.DataFrame
    dropped: dict[str, int]

    @property
    def starts(self) -> pd.Series:
        """Place of the first period with an event, by unit with an outcome; missing for those without."""
        starts: pd.Series = self.rows.groupby("unit_id")["mulai"].first()
        return starts


def study_roll_out(data: Dataset, *, outcome: str, better: int = 1, log: bool = False) -> Study:
    """Study whether an indicator of units changed when they entered a programme; nobody was drawn by lot.

    A unit enters with the first event of any of its people. The headline is what the period of entering goes with once
    each unit's own level and what all units went through in a period are taken out; the second estimator compares only
    with units that have not entered yet, so that units that entered earlier are never a comparison. Left out are units
    that had entered in the first period, and what lies more than one period after entering.

    Parameters
    ----------
    data : Dataset
        With the tables `indikator_unit`, `pegawai` and `kegiatan`; not changed.
    outcome : str
        An indicator of `indikator_unit`.
    better : {1, -1}
        Whether more of it is better.
    log : bool
        Compare logarithms; `table` then is in per cent of the outcome, which has to be above zero.

    Returns
    -------
    Study
        `design` "comparative". `table` has the headline, and by role "later" (the period after entering), "second"
        (the period of entering, units not yet entered as comparison), "before" (the change in the period before
        entering) and "naive" (change of those who entered, since the period before). `detail`: `units` (entered,
        compared, without: units not counted), `control` (mean change from one period to the next among units
        that never entered), `spread` (standard deviation of the outcome among units that
        never entered, on the scale that was compared), `log`.

    Raises
    ------
    CallError
        `better` is neither.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics 225(2), for the second estimator.
    """
    require_choice("better", better, (1, -1))
    units = data["indikator_unit"].query("indikator == @outcome") if data.has("indikator_unit") else pd.DataFrame()
    words = "" if units.empty or "satuan" not in units else str(units["satuan"].iloc[0])
    study = Study("value", outcome=label(outcome), unit=_("persen") if log else words, better=better)
    gaps = [("pegawai", "no_people"), ("kegiatan", "no_events")]
    why = tuple(code for table, code in gaps if not data.has(table))
    why += ("no_outcome",) if units.empty else ()
    if why:
        return replace(study, why=why)
    kinds = data["kegiatan"]["jenis"].dropna().astype("str").unique()
    study = replace(study, programme=str(kinds[0]) if len(kinds) == 1 else "pelatihan")
    found = _build_roll_out(data, outcome, log=log)
    why = _find_faults(found)
    try:
        return replace(study, why=why) if why else _estimate(study, found, log=log, without=data["unit"])
    except KinerjaError as error:
        return replace(study, why=(str(error),))


def _build_roll_out(data: Dataset, outcome: str, *, log: bool) -> _RollOut:
    """Return the rows that can be compared: with an outcome, seen before entering, at most one period after it."""
    panel = build_indicator_panel(data)
    periods = sort_periods(panel["periode"])
    rows = panel.assign(
        waktu=panel["periode"].map({text: place for place, text in enumerate(periods)}),
        mulai=panel["unit_id"].map(_find_starts(data, periods)),
    )
    dropped: dict[str, int] = {}
    since = rows["waktu"] - rows["mulai"]
    for reason, kept in (
        (_("baris tanpa {outcome}").format(outcome=label(outcome).lower()), rows[outcome].notna()),
        (_("baris unit yang ikut sejak periode pertama"), rows["mulai"] != 0),
        (_("baris lebih dari satu periode sesudah mulai ikut"), ~(since > 1)),
        (_("baris bernilai nol atau kurang, yang tidak punya logaritma"), ~(rows[outcome] <= 0) | (not log)),
    ):
        rows = keep_rows(rows, kept.loc[rows.index], reason, dropped)
    values = rows[outcome].astype("float64")
    since = rows["waktu"] - rows["mulai"]
    rows = rows[["unit_id", "periode", "waktu", "mulai"]].assign(
        hasil=np.log(values) if log else values,
        **{STARTED: (since == 0).astype("float64"), LATER: (since == 1).astype("float64")},
    )
    return _RollOut(rows.reset_index(drop=True), dropped)


def _find_starts(data: Dataset, periods: list[str]) -> pd.Series:
    """Return the place of the first period in which someone of a unit took part, by unit."""
    events = data["kegiatan"][["pegawai_id", "mulai"]].merge(data["pegawai"][["pegawai_id", "unit_id"]])
    first = events.groupby("unit_id")["mulai"].min().dropna()
    ends = [pd.Timestamp(Period.parse(text).end) for text in periods]
    places = pd.Series(np.searchsorted(pd.DatetimeIndex(ends), first), index=first.index, dtype="float64")
    return places[places < len(periods)]


def _find_faults(found: _RollOut) -> tuple[str, ...]:
    """Return the codes of why this roll-out cannot answer."""
    entered = found.starts.notna()
    if not entered.any():
        return ("no_treated",)
    if found.rows["waktu"].nunique() < 2:
        return ("one_period",)
    if entered.all() and found.starts.nunique() == 1:
        return ("all_at_once",)
    return ("few_units",) if min(int(entered.sum()), int((~entered).sum())) < FEWEST_UNITS else ()


def _estimate(study: Study, found: _RollOut, *, log: bool, without: pd.DataFrame) -> Study:
    rows, starts = found.rows, found.starts
    main = estimate_regression(rows, f"hasil ~ {STARTED} + {LATER}", absorb=["unit_id", "periode"], cluster="unit_id")
    second = estimate_staggered(
        rows, outcome="hasil", unit="unit_id", period="waktu", first_treated="mulai", control="not_yet"
    )
    events = cast("pd.DataFrame", second.diagnostics["event"])
    parts = [
        _pick(main.table, STARTED, study, "main", log=log, headline=True),
        _pick(main.table, LATER, study, "later", log=log),
        _pick(events, "0", study, "second", log=log),
        _pick(events, "-1", study, "before", log=log),
        _naive(rows, study, log=log),
    ]
    table = join_rows(parts)
    before = table[table["role"] == "before"]
    passed = None if before.empty else bool(before["p_value"].iloc[0] >= LEVEL)
    values = {} if before.empty else read_values(before.iloc[0])
    checks = (Check("pre_trend", passed, values=values),)
    row = {name: float(table[name].iloc[0]) for name in ("conf_low", "conf_high")}
    said = decide(row, better=study.better, design="comparative", checks=checks)
    never = rows[rows["mulai"].isna()].sort_values(["unit_id", "waktu"], kind="stable")
    steps = never.assign(perubahan=never.groupby("unit_id")["hasil"].diff()).dropna(subset=["perubahan"])
    units = {"entered": int(starts.notna().sum()), "compared": int(starts.isna().sum())}
    return replace(
        study,
        design="comparative",
        estimand=_("selisih pada periode mulai ikut, di luar yang dialami semua unit pada periode yang sama"),
        pooled=main,
        second=second,
        naive=table[table["naive"]].reset_index(drop=True),
        table=table,
        checks=checks,
        detail={
            "units": units | {"without": len(without) - len(starts)},
            "control": _change(steps, study, "control", log=log),
            "spread": float(never["hasil"].std()),
            "log": log,
        },
        dropped=found.dropped,
        limits=_say_limits(study),
        verdict=said.verdict,
        why=said.why,
    )


def _pick(
    table: pd.DataFrame, term: str, study: Study, role: str, *, log: bool, headline: bool = False
) -> pd.DataFrame:
    """Return the row of a term, in per cent of the outcome where logarithms were compared."""
    rows = table[table["term"].astype("str") == term].assign(term=study.programme, group="")
    if log:
        rows = rows.assign(
            std_error=100 * np.exp(rows["estimate"]) * rows["std_error"],
            **{name: 100 * np.expm1(rows[name]) for name in ("estimate", "conf_low", "conf_high")},
        )
    return tidy_row(rows, role=role, unit=study.unit, headline=headline, naive=role == "naive")


def _naive(rows: pd.DataFrame, study: Study, *, log: bool) -> pd.DataFrame:
    """Return the mean change of those who entered, from the period before to that of entering."""
    entered = rows[rows["mulai"].notna()]
    at = entered[entered["waktu"] == entered["mulai"]].set_index("unit_id")["hasil"]
    before = entered[entered["waktu"] == entered["mulai"] - 1].set_index("unit_id")["hasil"]
    change = (at - before).dropna().rename("perubahan").reset_index()
    return _change(change, study, "naive", log=log)


def _change(rows: pd.DataFrame, study: Study, role: str, *, log: bool) -> pd.DataFrame:
    """Return the mean of `perubahan` as a row of the table; none where it cannot be had."""
    try:
        table = estimate_regression(rows, "perubahan ~ 1", cluster="unit_id").table
    except KinerjaError:
        return Study("").table
    return _pick(table, "Intercept", study, role, log=log)


def _say_limits(study: Study) -> tuple[str, ...]:
    """Return what such a comparison cannot show."""
    return (
        _("Tidak ada yang diundi. Yang ikut dapat berbeda dari yang tidak dalam hal yang berubah dari waktu ke waktu."),
        _("Hanya satu hasil yang ditelaah: {outcome}. Tentang hasil lain, angka ini tidak berkata apa-apa.").format(
            outcome=study.outcome.lower()
        ),
        _("Unit tanpa catatan hasil ini tidak ikut dihitung, dan mereka dapat berbeda dari yang mencatatnya."),
        _("Periode sebelum ikut terlalu sedikit untuk memastikan bahwa peserta dan pembanding bergerak sejajar."),
        _("Satuannya unit. Apa yang terjadi pada orang per orang tidak terlihat."),
    )
