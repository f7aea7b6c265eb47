"""Indicators of units (`indikator_unit`): a unit's values, their change, and where it lies among all units.

A unit above others that has no values of its own, and the agency, stand for the median of the units below. How many
people answered is in the data only where column `n` is filled.
"""

from __future__ import annotations

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.vocabulary import Period, label, sort_periods

RESPONSE_RATE = "meta_response_rate"
MOST_DECIMALS = 2
PREFERRED = ("theme_engagement_index", "theme_learning_development", "theme_my_manager", "int_stay_next_year")
INDICATOR_LABELS = {
    "theme_engagement_index": mark("Indeks keterikatan pegawai"),
    "theme_learning_development": mark("Pembelajaran dan pengembangan"),
    "theme_my_manager": mark("Atasan langsung"),
    "theme_my_work": mark("Pekerjaan saya"),
    "theme_my_team": mark("Tim saya"),
    "theme_objectives_purpose": mark("Tujuan dan sasaran organisasi"),
    "theme_inclusion_treatment": mark("Inklusi dan perlakuan adil"),
    "theme_resources_workload": mark("Sumber daya dan beban kerja"),
    "theme_pay_benefits": mark("Gaji dan tunjangan"),
    "theme_leadership_change": mark("Kepemimpinan dan pengelolaan perubahan"),
    "int_leave_asap": mark("Ingin keluar secepatnya"),
    "int_leave_next_12m": mark("Ingin keluar dalam 12 bulan"),
    "int_stay_next_year": mark("Ingin bertahan satu tahun lagi"),
    "int_stay_three_years": mark("Ingin bertahan tiga tahun lagi"),
    RESPONSE_RATE: mark("Tingkat respons"),
}


def indicator_label(indikator: str) -> str:
    """Return the reader's words for an indicator, in the language in use; an unknown one keeps its own name."""
    known = INDICATOR_LABELS.get(indikator)
    return label(indikator) if known is None else _(known)


def display_unit(satuan: str) -> str:
    """Return the unit of measure as it stands beside a number: "persen" as "%".

    Examples
    --------
    >>> display_unit("persen"), display_unit("indeks")
    ('%', 'indeks')
    """
    return "%" if satuan.strip().lower() in ("persen", "%", "percent") else satuan


def choose_indicators(data: Dataset, count: int = 4) -> tuple[str, ...]:
    """Return the indicators that a summary shows: the preferred ones that the data hold, then the first of the rest.

    Response rates are never among them.
    """
    rows = data["indikator_unit"]
    present = [str(name) for name in rows.loc[rows["nilai"].notna(), "indikator"].unique() if name != RESPONSE_RATE]
    preferred = [name for name in PREFERRED if name in present]
    return tuple([*preferred, *[name for name in present if name not in preferred]][:count])


def previous_period(scope: Scope) -> Period:
    """Return the period of the same length just before the scope's."""
    return scope.period.shift(-1)


def scope_values(scope: Scope, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the scope's own values: the unit's rows, or the median of the units below where it has none.

    Returns
    -------
    DataFrame
        Columns `periode`, `indikator`, `nilai`, `n` (missing where unknown) and `units` (how many it is the median
        of; 1 for the unit's own).
    """
    rows = rows.assign(n=rows["n"] if "n" in rows else pd.Series(pd.NA, index=rows.index, dtype="Int64"))
    own = rows[rows["unit_id"] == scope.unit] if scope.unit else rows.iloc[:0]
    if len(own):
        return own[["periode", "indikator", "nilai", "n"]].assign(units=1).reset_index(drop=True)
    below = rows[rows["unit_id"].isin(scope.members)]
    groups = below.groupby(["periode", "indikator"], sort=False)["nilai"]
    table = groups.agg(nilai="median", units="count").reset_index()
    return table.assign(n=pd.array([pd.NA] * len(table), dtype="Int64"))[
        ["periode", "indikator", "nilai", "n", "units"]
    ]


def build_indicators(scope: Scope) -> pd.DataFrame | None:
    """Return the scope's indicators in its period, with their change and the median of all units.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row an indicator, in the order of the file: `indikator`, `label`, `value`, `satuan`, `n` (answers, missing
        where unknown), `units` (how many units `value` is the median of; 1 = its own), `change` from the period before
        and `reason` (why there is none, else empty), `median`, `low`, `high` of all units and `median_units` (how
        many those are), `decimals` (with which the values were given), `hidden` (under five answers). None where there
        are no indicators.
    """
    rows = _valued(scope.data)
    if rows is None:
        return None
    mine = scope_values(scope, rows)
    now = mine[mine["periode"] == str(scope.period)].set_index("indikator")
    if now.empty:
        return None
    before = mine[mine["periode"] == str(previous_period(scope))].set_index("indikator")
    table = pd.DataFrame(
        {
            "value": now["nilai"],
            "n": now["n"],
            "units": now["units"],
            "change": now["nilai"] - before["nilai"].reindex(now.index),
        }
    )
    table["reason"] = [_why_no_change(scope, rows, before, name) for name in table.index]
    here = rows[rows["periode"] == str(scope.period)]
    table = table.join(_across_units(here))
    table["decimals"] = here.groupby("indikator")["nilai"].agg(count_decimals).reindex(table.index)
    table["hidden"] = (table["n"] < MIN_GROUP).fillna(value=False).astype(bool)
    small = (before["n"].reindex(now.index) < MIN_GROUP).fillna(value=False).astype(bool)
    table["change"] = table["change"].mask(table["hidden"] | small)
    table["reason"] = table["reason"].mask(table["hidden"] | small, _("penjawab di bawah {n}").format(n=MIN_GROUP))
    table.loc[table["hidden"], ["value"]] = float("nan")
    table["n"] = table["n"].mask(table["hidden"])
    table.insert(0, "satuan", pd.Series(find_units_of_measure(rows)).reindex(table.index))
    table.insert(0, "label", [indicator_label(name) for name in table.index])
    return table.reset_index()


def _valued(data: Dataset) -> pd.DataFrame | None:
    if not data.has("indikator_unit", "nilai"):
        return None
    rows = data["indikator_unit"]
    return rows[rows["nilai"].notna()]


def _across_units(rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby("indikator")["nilai"]
    columns = {"median": groups.median(), "low": groups.min(), "high": groups.max(), "median_units": groups.count()}
    return pd.DataFrame(columns)


def count_decimals(values: pd.Series) -> int:
    """Return how many decimals the values were given with: 0, 1 or 2 (no more are shown).

    Examples
    --------
    >>> count_decimals(pd.Series([63.0, 62.04]))
    2
    """
    numbers = values.dropna().astype("float64")
    return next((k for k in range(MOST_DECIMALS) if bool((numbers.round(k) == numbers).all())), MOST_DECIMALS)


def find_units_of_measure(rows: pd.DataFrame) -> dict[str, str]:
    """Return indicator -> its unit of measure, such as "%"; empty text where the data name none."""
    if "satuan" not in rows:
        return dict.fromkeys(rows["indikator"].unique(), "")
    first = rows.groupby("indikator")["satuan"].first()
    return {str(name): ("" if pd.isna(unit) else str(unit)) for name, unit in first.items()}


def _why_no_change(scope: Scope, rows: pd.DataFrame, before: pd.DataFrame, indikator: str) -> str:
    if indikator in before.index:
        return ""
    period = previous_period(scope)
    then = rows[rows["periode"] == str(period)]
    if then.empty:
        return _("tidak ada data {period}").format(period=period.label)
    if indikator not in set(then["indikator"]):
        return _("butir tidak ditanyakan pada {period}").format(period=period.label)
    if before.empty:
        return _("organisasi tidak ikut survei {period}").format(period=period.label)
    return _("organisasi tidak punya nilai butir ini pada {period}").format(period=period.label)


def build_indicator_trend(scope: Scope, indikator: str) -> pd.DataFrame | None:
    """Return one indicator of the scope over time, beside the spread of all units.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.
    indikator : str
        Name of the indicator.

    Returns
    -------
    DataFrame or None
        One row a period, gaps as missing values, up to the scope's period: `periode`, `value`, `n`, `median`,
        `low_quartile`, `high_quartile`, `units` (how many units have a value). None where the scope has no value.
    """
    rows = _valued(scope.data)
    if rows is None:
        return None
    rows = rows[rows["indikator"] == indikator]
    mine = scope_values(scope, rows)
    periods = span_periods(rows["periode"], scope.period)
    if mine.empty or not periods:
        return None
    groups = rows.groupby("periode")["nilai"]
    spread = groups.agg(
        median="median",
        low_quartile=lambda values: values.quantile(0.25),
        high_quartile=lambda values: values.quantile(0.75),
        units="count",
    )
    mine = mine.set_index("periode")[["nilai", "n"]].rename(columns={"nilai": "value"})
    small = (mine["n"] < MIN_GROUP).fillna(value=False).astype(bool)
    mine = mine.assign(value=mine["value"].mask(small), n=mine["n"].mask(small))
    table = mine.join(spread, how="outer").reindex(periods)
    table["units"] = table["units"].fillna(0).astype("int64")
    return table.rename_axis("periode").reset_index()


def span_periods(found: pd.Series, last: Period) -> list[str]:
    """Return all periods of the length of `last` from the first found up to `last`, gaps included."""
    known = [Period.parse(text) for text in sort_periods(found.dropna().unique())]
    known = [period for period in known if period.months == last.months and period <= last]
    if not known:
        return []
    at, periods = known[0], []
    while at <= last:
        periods.append(str(at))
        at = at.shift(1)
    return periods


def build_indicator_panel(data: Dataset) -> pd.DataFrame:
    """Return the indicators of units as one row a unit and period, a column an indicator: what regressions take.

    Parameters
    ----------
    data : Dataset
        With the table `indikator_unit`.

    Returns
    -------
    DataFrame
        `unit_id`, `periode`, then the indicators in the order of the file; missing where a unit has no value.
    """
    rows = data["indikator_unit"]
    names = list(rows["indikator"].unique())
    wide = rows.pivot(index=["unit_id", "periode"], columns="indikator", values="nilai")[names]
    return wide.rename_axis(columns=None).reset_index()
