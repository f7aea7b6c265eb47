"""Plans (SKP) of a scope: who has one, how its indicators are spread, and whether results trace up to the superior's.

PP 30/2019 ties person, unit and organisation together: a plan is drafted from that of the direct superior, among
others. The superior is the rater of the same period's appraisal. Shares are in per cent; what would show one to four
people is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.development import find_people
from kinerja_lib.intervals import Level, cluster_share_interval, mean_interval, mean_intervals, share_interval
from kinerja_lib.language import _, mark
from kinerja_lib.measures import score_capaian, score_indicators
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share, is_small, leaves_few
from kinerja_lib.rules.tables import clean_label
from kinerja_lib.scope import Scope, find_appraised
from kinerja_lib.vocabulary import ASPEK, KONDISI, Period, label, sort_periods

FULL_WEIGHT = 100.0  # what the weights of one plan sum to
WEIGHT_ERROR = 0.5  # rounding of weights such as three times 33.3
HIDDEN = Level(np.nan, np.nan, np.nan, 0)

TRACED, EMPTY, ELSEWHERE, NO_PLAN, NO_SUPERIOR = "tertelusur", "kosong", "tidak_cocok", "tanpa_rencana", "tanpa_atasan"
STATUSES = {
    TRACED: mark("Hasil kerja yang tertelusur ke hasil kerja atasan"),
    EMPTY: mark("hasil kerja atasan tidak diisi"),
    ELSEWHERE: mark("tidak ada pada rencana atasan"),
    NO_PLAN: mark("atasan belum punya rencana"),
    NO_SUPERIOR: mark("tanpa atasan dalam data"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Plans:
    """The plans of a scope's people; every number missing where it would show one to four people.

    Attributes
    ----------
    period : str
        Period of the plans: the scope's, else one that holds it (plans of a year, appraisals of a semester).
    planned : Level
        Per cent of the people appraised who have a plan.
    indicators : Level
        Mean indicators of a person with a plan.
    weights : Level
        Per cent of the people with weights on every indicator whose weights do not sum to 100.
    table : DataFrame
        One row an aspect that occurs: `aspek` ("" = not filled in), `label`, `indicators`, `share` (per cent of all
        indicators), `khusus` (per cent of the aspect's indicators for which less is better), `people`, `hidden`.
    """

    period: str
    planned: Level
    indicators: Level
    weights: Level
    table: pd.DataFrame


def plan_period(scope: Scope) -> str | None:
    """Return the period whose plans count for a scope: its own, else the shortest that holds it; None without."""
    known = sort_periods(scope.data["skp"]["periode"])
    if str(scope.period) in known:
        return str(scope.period)
    around = [text for text in known if scope.period in Period.parse(text)]
    return min(around, key=lambda text: Period.parse(text).months) if around else None


def _find_plans(scope: Scope, *columns: str) -> tuple[pd.DataFrame, pd.DataFrame, str] | None:
    """Return the people appraised, all plans of the period and the period; None where there is nothing to say."""
    people = find_people(scope, "skp", *(f"skp.{column}" for column in columns))
    period = None if people is None else plan_period(scope)
    if people is None or period is None:
        return None
    rows = scope.data["skp"]
    rows = rows[rows["periode"] == period]
    return (people, rows, period) if rows["pegawai_id"].isin(people["pegawai_id"]).any() else None


def build_plans(scope: Scope) -> Plans | None:
    """Return how many of a scope's people have a plan, and how its indicators are spread.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    Plans or None
        None without plans of the period.
    """
    found = _find_plans(scope)
    if found is None:
        return None
    people, rows, period = found
    rows = rows[rows["pegawai_id"].isin(people["pegawai_id"])]
    each = rows.groupby("pegawai_id").size()
    planned = _level(len(each), len(people))
    indicators = HIDDEN if len(each) < MIN_GROUP or is_small(len(people) - len(each)) else mean_interval(each)
    weights = _odd_weights(rows, len(people))
    return Plans(period, planned, indicators, weights, _aspect_table(rows, len(people)))


def _level(k: int, n: int) -> Level:
    return HIDDEN if hide_share(k, n) else share_interval(k, n)


def _odd_weights(rows: pd.DataFrame, appraised: int) -> Level:
    """Return the share of people whose weights, all known, do not sum to 100; not where one to four have none."""
    if "bobot" not in rows:
        return HIDDEN
    plans = rows["bobot"].astype("float64").groupby(rows["pegawai_id"])
    sums = plans.sum()[plans.count() == plans.size()]
    odd = int(((sums - FULL_WEIGHT).abs() > WEIGHT_ERROR).sum())
    return HIDDEN if is_small(appraised - len(sums)) else _level(odd, len(sums))


def _aspect_table(rows: pd.DataFrame, appraised: int) -> pd.DataFrame:
    aspect = rows["aspek"].astype("object").fillna("") if "aspek" in rows else pd.Series("", index=rows.index)
    aspect = aspect.astype(pd.CategoricalDtype([*ASPEK, ""]))
    special = rows["kondisi"] == "khusus" if "kondisi" in rows else pd.Series(False, index=rows.index)
    special = special.fillna(value=False).astype(bool)
    groups = rows.groupby(aspect, observed=True)
    persons, sizes = groups["pegawai_id"].nunique(), groups.size()
    hidden = hide_counts(persons).astype(bool) | (rows["pegawai_id"].nunique() < MIN_GROUP)
    kinds = [rows["pegawai_id"][flag].groupby(aspect[flag], observed=False).nunique() for flag in (special, ~special)]
    few = pd.concat(kinds, axis=1).reindex(sizes.index).map(is_small).any(axis=1)
    share = 100 * special.groupby(aspect, observed=True).mean()
    table = pd.DataFrame({"indicators": sizes, "share": 100 * sizes / len(rows), "khusus": share.mask(few)})
    planners = rows["pegawai_id"].nunique()
    table = table.assign(
        people=persons.mask(persons.map(lambda k: hide_share(k, planners) or hide_share(k, appraised)))
    )
    table = table.astype({"indicators": "Int64", "people": "Int64"}).mask(hidden)
    names = [label(str(level)) if level else _("Tidak diisi") for level in table.index]
    table.insert(0, "label", names)
    return table.assign(hidden=hidden).rename_axis("aspek").reset_index().astype({"aspek": "str"})


def build_aspects(scope: Scope) -> pd.DataFrame | None:
    """Return the achievement of plans by aspect and condition (PermenPANRB 8/2021, annex).

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        Row 0 all indicators (`aspek` ""), then one row an aspect and condition that occur: `aspek`, `kondisi`,
        `label`, `value` with `conf_low`, `conf_high` (mean over people of each one's achievement, per cent; as in
        `score_capaian` an indicator counts 0 to 120), `n` (people), `hidden`. None without target and realisation.
    """
    found = _find_plans(scope, "target", "realisasi")
    if found is None:
        return None
    people, rows, _period = found
    rows = rows[rows["pegawai_id"].isin(people["pegawai_id"])]
    whole = score_capaian(rows).assign(key="/").rename(columns={"capaian_skp": "capaian"})
    parts = [whole[["pegawai_id", "key", "capaian"]].dropna()]
    if "aspek" in rows:
        kondisi = rows["kondisi"].astype("object").fillna("normal") if "kondisi" in rows else "normal"
        lines = rows[["pegawai_id"]].assign(key=rows["aspek"].astype("object") + "/" + kondisi)
        lines["capaian"] = score_indicators(rows)
        parts.append(lines.dropna().groupby(["pegawai_id", "key"])["capaian"].mean().reset_index())
    means = mean_intervals(pd.concat(parts, ignore_index=True), "key", "capaian")
    order = ["/", *(f"{aspek}/{kondisi}" for aspek in ASPEK for kondisi in KONDISI)]
    means = means.reindex([key for key in order if key in means.index])
    hidden = means["n"].map(lambda n: hide_share(n, len(people))).astype(bool)
    means = means.mask(hidden).astype({"n": "Int64"}).assign(hidden=hidden)
    keys = [str(key).partition("/") for key in means.index]
    means.insert(0, "label", [_aspect_label(aspek, kondisi) for aspek, _slash, kondisi in keys])
    means.insert(0, "kondisi", [kondisi for _aspek, _slash, kondisi in keys])
    means.insert(0, "aspek", [aspek for aspek, _slash, _kondisi in keys])
    return means.reset_index(drop=True)


def _aspect_label(aspek: str, kondisi: str) -> str:
    if not aspek:
        return _("Semua indikator")
    return _("{aspek} (khusus)").format(aspek=label(aspek)) if kondisi == "khusus" else label(aspek)


def build_cascade(scope: Scope) -> pd.DataFrame | None:
    """Return how a scope's planned results trace to the superiors', and what of the superiors' somebody carries.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a measure: `measure`, `label`, `value` with `conf_low`, `conf_high` (per cent), `n` (people; of
        "carried" superiors). "traced": planned results that name a result in the superior's plan; then "gap" rows,
        why the others do not, merged where one to four people would show; "people": those all of whose results are
        traced; "top": results whose chain reaches a result of someone without a superior in the data (left out where
        nobody such has a plan); "carried": results of superiors in the scope that some subordinate's result names, in
        the scope or not. Intervals of results are clustered by person. Missing where one to four people would show;
        `n` too where one to four of the people appraised have no plan.
        None without plans of the period, without `rhk_atasan`, or where no rater is known.
    """
    found = _find_plans(scope, "rhk_atasan")
    if found is None or not scope.data.has("penilaian", "penilai_id"):
        return None
    people, plans, _period = found
    raters = find_appraised(scope.data, [str(scope.period)]).set_index("pegawai_id")["penilai_id"].dropna()
    results = trace_results(plans, raters[raters != raters.index])
    own = results[results["pegawai_id"].isin(people["pegawai_id"])]
    traced = own["status"] == TRACED
    level = _share_of_results(own, traced)
    each = traced.groupby(own["pegawai_id"]).all()
    measures = [("traced", _(STATUSES[TRACED]), level)]
    measures += [] if np.isnan(level.value) else [("gap", *gap) for gap in _find_gaps(own)]
    measures.append(("people", _("Pegawai yang semua hasil kerjanya tertelusur"), _level(int(each.sum()), len(each))))
    if (results["status"] == NO_SUPERIOR).any():
        measures.append(("top", _("Hasil kerja yang bersambung sampai pimpinan puncak"), _share_at_top(results, own)))
    measures.append(("carried", _("Hasil kerja atasan yang didukung bawahan"), _share_carried(results, own, raters)))
    numbers = ["value", "conf_low", "conf_high", "n"]
    rows = [[name, text, *(getattr(share, number) for number in numbers)] for name, text, share in measures]
    table = pd.DataFrame(rows, columns=["measure", "label", *numbers])
    few = (table["measure"] != "carried") & leaves_few(table["n"], len(people))
    return table.assign(n=table["n"].astype("Int64").mask(table["value"].isna() | few))


def trace_results(rows: pd.DataFrame, raters: pd.Series) -> pd.DataFrame:
    """Return each planned result with the superior's result that it names.

    Texts match when they are equal after cleaning case and spaces. A result with several rows is traced when one is.

    Parameters
    ----------
    rows : DataFrame
        Rows of `skp` of one period: `pegawai_id`, `rhk`, `rhk_atasan`.
    raters : Series
        The superior of each person (index); people without one are not in it.

    Returns
    -------
    DataFrame
        One row a person and result, index from 0: `pegawai_id`, `superior` (missing where there is none), `status`
        (a key of `STATUSES`), `above` (position of the superior's result; -1 where it is not found).
    """
    codes, texts = pd.factorize(pd.concat([rows["rhk"], rows["rhk_atasan"]], ignore_index=True))
    cleaned = pd.factorize(pd.Series([clean_label(text) for text in texts], dtype="object"))[0]
    clean = np.where(codes < 0, -1, np.append(cleaned, -1)[codes])
    lines = pd.DataFrame({"pegawai_id": rows["pegawai_id"].to_numpy(dtype="object"), "rhk": clean[: len(rows)]})
    lines["up"] = clean[len(rows) :]
    lines["superior"] = lines["pegawai_id"].map(raters.astype("object"))
    results = lines[["pegawai_id", "rhk"]].drop_duplicates(ignore_index=True)
    place = pd.MultiIndex.from_frame(results)
    lines["at"] = place.get_indexer(pd.MultiIndex.from_frame(lines[["pegawai_id", "rhk"]]))
    lines["above"] = place.get_indexer(pd.MultiIndex.from_frame(lines[["superior", "up"]]))
    lines["status"] = np.select(
        [
            lines["superior"].isna(),
            ~lines["superior"].isin(results["pegawai_id"]),
            lines["above"] >= 0,
            lines["up"] < 0,
        ],
        [NO_SUPERIOR, NO_PLAN, TRACED, EMPTY],
        ELSEWHERE,
    )
    lines["rank"] = lines["status"].map({name: at for at, name in enumerate((TRACED, ELSEWHERE, EMPTY))}).fillna(0)
    best = lines.sort_values(["at", "rank"], kind="stable").drop_duplicates("at")
    return best[["pegawai_id", "superior", "status", "above"]].reset_index(drop=True)


def _share_of_results(own: pd.DataFrame, counted: pd.Series) -> Level:
    """Return the share of results that count, missing where one to four people have one that does, or does not."""
    groups = counted.groupby(own["pegawai_id"])
    k, n = groups.sum(), groups.size()
    few = is_small((k > 0).sum()) or is_small((k < n).sum()) or len(n) < MIN_GROUP
    return HIDDEN if few else cluster_share_interval(k, n)


def _find_gaps(own: pd.DataFrame) -> list[tuple[str, Level]]:
    """Return label and share of each reason why results are not traced; those of few people with their neighbour."""
    people = own["pegawai_id"].groupby(own["status"]).agg(set)
    segments = [([status], people[status]) for status in STATUSES if status in people and status != TRACED]
    while len(segments) > 1 and min(len(who) for _names, who in segments) < MIN_GROUP:
        at = min(range(len(segments)), key=lambda i: len(segments[i][1]))
        beside = min((i for i in (at - 1, at + 1) if 0 <= i < len(segments)), key=lambda i: len(segments[i][1]))
        first, second = sorted((at, beside))
        merged = (segments[first][0] + segments[second][0], segments[first][1] | segments[second][1])
        segments[first : second + 1] = [merged]
    found = []
    for statuses, _who in segments:
        reasons = _(" atau ").join(_(STATUSES[status]) for status in statuses)
        counted = own["status"].isin(statuses)
        groups = counted.groupby(own["pegawai_id"])
        text = _("Belum tertelusur: {reasons}")
        if NO_SUPERIOR in statuses:  # nobody's fault: the top of the organisation, or a superior from outside
            alone, mixed = _("Tidak dapat ditelusuri ({reasons})"), _("Belum atau tidak dapat ditelusuri: {reasons}")
            text = alone if len(statuses) == 1 else mixed
        found.append((text.format(reasons=reasons), cluster_share_interval(groups.sum(), groups.size())))
    return found


def _share_at_top(results: pd.DataFrame, own: pd.DataFrame) -> Level:
    """Return the share of a scope's results whose chain of superiors' results ends at the top of the organisation."""
    traced = (results["status"] == TRACED).to_numpy()
    above = results["above"].to_numpy()
    at = np.where(traced, above, np.arange(len(results)))
    for _step in range(len(results).bit_length()):  # each step doubles how far up a result looks
        at = at[at]
    reached = (results["status"] == NO_SUPERIOR).to_numpy()[at] & traced
    stopped = pd.Series(traced & ~reached, index=results.index).reindex(own.index)
    if is_small(own.loc[stopped, "pegawai_id"].nunique()):  # "traced" minus "top" would tell of them
        return HIDDEN
    return _share_of_results(own, pd.Series(reached, index=results.index).reindex(own.index))


def _share_carried(results: pd.DataFrame, own: pd.DataFrame, raters: pd.Series) -> Level:
    """Return the share of the results of superiors in the scope that a subordinate anywhere names."""
    named = results.loc[results["status"] == TRACED, "above"].unique()
    heads = raters[raters.index.isin(results["pegawai_id"].unique())].unique()  # whose staff have a plan
    above = own[own["pegawai_id"].isin(heads)]
    return _share_of_results(above, pd.Series(above.index.isin(named), index=above.index))
