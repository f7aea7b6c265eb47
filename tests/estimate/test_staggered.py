"""Roll-outs in steps: by hand, against csdid and pyfixest, against planted truth, and with bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from peer_staggered import COLUMNS, PANELS, make_panel

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import Estimate, estimate_regression, estimate_staggered
from kinerja_lib.estimate.result import COLUMNS as TIDY

EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
TABLES = ("event", "group", "calendar")
NUMBERS = Path(__file__).parents[1] / "reference" / "csdid_numbers.csv"
ROWS = pd.read_csv(NUMBERS, keep_default_na=False).query("panel != 'sections'")
HAND = pd.DataFrame(
    {
        "unit": np.repeat(list("abcdef"), 3),
        "period": [2022, 2023, 2024] * 6,
        "first": np.repeat([2023, 2023, 2024, 2024, 0, 0], 3),
        "y": [1.0, 4, 6, 0, 1, 5, 2, 3, 6, 1, 3, 3, 1, 2, 2, 3, 4, 6],
    }
)


def planted(seed: int, people: int = 120, slope: float = 0.0) -> pd.DataFrame:
    """Return five periods in which a quarter each starts in the third, fourth, fifth or never.

    The effect is half a point more in each period since the start: 5 / 6 on average over the treated. Those who start
    drift away from the others by `slope` a period from the first on.
    """
    rng = np.random.default_rng(seed)
    first, unit = rng.choice([3, 4, 5, 0], people), np.repeat(np.arange(people), 5)
    period, start = np.tile(np.arange(1, 6), people), first[unit]
    effect = np.where((start > 0) & (period >= start), (period - start + 1) / 2, 0)
    y = rng.normal(size=people)[unit] + period / 5 + effect + slope * period * (start > 0) + rng.normal(size=len(unit))
    return pd.DataFrame({"unit": unit, "period": period, "first": start, "y": y})


def att(result: Estimate) -> pd.Series:
    assert result.table["term"].tolist() == ["att"]
    return result.table.iloc[0]


def numbers(table: pd.DataFrame) -> np.ndarray:
    return table[["estimate", "std_error", "conf_low", "conf_high"]].to_numpy(dtype="float64")


def test_effects_and_averages_by_hand() -> None:
    result = estimate_staggered(HAND, **COLUMNS)
    cells = result.diagnostics["group_time"]
    assert list(cells.columns) == ["group", "period", *TIDY[2:]]
    assert cells["group"].tolist() == ["2023", "2023", "2024", "2024"]
    assert cells["period"].tolist() == ["2023", "2024", "2023", "2024"]
    # changes: a 3, 5; b 1, 5; c 1, 3; d 2, 0; e 1, 0 (1 over both); f 1, 2 (3 over both)
    assert_allclose(cells["estimate"], [2 - 1, 5 - 2, 1.5 - 1, 1.5 - 1], **EXACT)
    # influences: residuals by the share of the group, here 1/2; their mean square over the number of units, 4
    assert_allclose(cells["std_error"].iloc[0], np.sqrt(4 * (1 + 1 + 0 + 0) / 16), **EXACT)
    assert_allclose(att(result)["estimate"], (1 + 3 + 0.5) / 3, **EXACT)
    averages = {name: result.diagnostics[name].set_index("term")["estimate"] for name in TABLES}
    assert averages["event"].to_dict() == pytest.approx({"-1": 0.5, "0": 0.75, "1": 3, "overall": 1.875})
    assert averages["group"].to_dict() == pytest.approx({"2023": 2, "2024": 0.5, "overall": 1.25})
    assert averages["calendar"].to_dict() == pytest.approx({"2023": 1, "2024": 1.75, "overall": 1.375})
    assert result.diagnostics["event"]["n"].tolist() == [2, 4, 2, 4]
    assert tuple(result.table.columns) == TIDY
    assert (att(result)["n"], result.diagnostics["n_units"]) == (18, 6)


@pytest.mark.parametrize(
    ("panel", "method", "control", "covariate"),
    sorted(set(zip(*(ROWS[c] for c in list(ROWS.columns)[:4]), strict=True))),
)
def test_all_numbers_agree_with_csdid(panel: str, method: str, control: str, covariate: str) -> None:
    chosen = (ROWS["panel"] == panel) & (ROWS["method"] == method) & (ROWS["control"] == control)
    rows = ROWS[chosen & (ROWS["covariate"] == covariate)]
    call = {"method": method, "control": control, "covariates": [covariate] if covariate else ()}
    result = estimate_staggered(make_panel(*PANELS[panel], groups=3), **COLUMNS, **call)
    tables = {name: result.diagnostics[name] for name in TABLES}
    cells = result.diagnostics["group_time"]
    tables["group_time"] = cells.assign(term=cells["group"] + "," + cells["period"])
    tables |= {"simple": result.table.assign(term="overall"), "dynamic": tables.pop("event")}
    ours = pd.concat([table.assign(table=name) for name, table in tables.items()]).set_index(["table", "term"])
    assert len(ours) == len(rows)
    found = ours.loc[pd.MultiIndex.from_frame(rows[["table", "term"]])]
    # set beforehand: the same formulas, but propensity models stop at their own last step; seen 3e-10
    assert_allclose(found["estimate"], rows["estimate"], rtol=1e-6)
    assert_allclose(found["std_error"], rows["std_error"], rtol=1e-6)


def with_gaps(seed: int = 3) -> pd.DataFrame:
    return planted(seed).sample(frac=0.8, random_state=seed).reset_index(drop=True)


@pytest.mark.parametrize("data", [planted(3), with_gaps()], ids=["whole", "gaps"])
def test_two_way_fixed_effects_equal_the_regression(data: pd.DataFrame) -> None:
    found = estimate_staggered(data, **COLUMNS).diagnostics["twfe"]
    started = data.assign(d=((data["first"] > 0) & (data["period"] >= data["first"])).astype(float))
    row = estimate_regression(started, "y ~ d", absorb=["unit", "period"], cluster="unit").table.iloc[0]
    # the regression takes the effects out by iteration, to about 1e-8
    assert_allclose(
        found[["estimate", "std_error"]].astype(float), row[["estimate", "std_error"]].astype(float), rtol=1e-6
    )


@pytest.mark.parametrize("data", [planted(3), with_gaps()], ids=["whole", "gaps"])
def test_sun_abraham_equals_the_saturated_regression(data: pd.DataFrame) -> None:
    cells = estimate_staggered(data, **COLUMNS, estimator="sun_abraham").diagnostics["group_time"]
    names = [f"g{g}t{t}" for g, t in zip(cells["group"], cells["period"], strict=True)]
    marks = {
        f"g{g}t{t}": ((data["first"] == int(g)) & (data["period"] == int(t))).astype(float)
        for g, t in zip(cells["group"], cells["period"], strict=True)
    }
    table = estimate_regression(
        data.assign(**marks), "y ~ " + " + ".join(names), absorb=["unit", "period"], cluster="unit"
    ).table
    assert_allclose(numbers(cells), numbers(table), rtol=1e-5, atol=1e-8)


def test_sun_abraham_compares_with_the_last_group_where_all_start() -> None:
    data = planted(3).query("first > 0")
    found = estimate_staggered(data, **COLUMNS, estimator="sun_abraham").diagnostics["group_time"]
    assert set(found["group"]) == {"3", "4"}
    assert set(found["period"]) == {"1", "2", "3", "4"}
    known = estimate_staggered(data.query("period < 5").replace({"first": {5: 0}}), **COLUMNS, estimator="sun_abraham")
    assert_frame_equal(found, known.diagnostics["group_time"])


def test_the_decomposition_gives_back_two_way_fixed_effects() -> None:
    found = estimate_staggered(planted(4), **COLUMNS).diagnostics
    parts = found["bacon"]
    assert_allclose(parts["weight"].sum(), 1, **EXACT)
    assert_allclose(parts["weight"] @ parts["estimate"], found["twfe"]["estimate"], **EXACT)
    assert parts["kind"].value_counts().to_dict() == {"treated_never": 3, "earlier_later": 3, "later_earlier": 3}


def test_growing_effects_are_covered_where_two_way_fixed_effects_are_off() -> None:
    runs = [estimate_staggered(planted(seed), **COLUMNS) for seed in range(200)]
    rows, truth = pd.DataFrame([att(run) for run in runs]), 5 / 6
    covered = (rows["conf_low"] < truth) & (rows["conf_high"] > truth)
    assert 0.90 <= covered.mean() <= 0.99  # 0.95 with a simulation error of 0.0154, three of them
    assert abs(rows["estimate"].mean() - truth) < 3 * rows["estimate"].std() / np.sqrt(200)
    plain = pd.DataFrame([run.diagnostics["twfe"] for run in runs])
    assert plain["estimate"].mean() < truth - 0.1
    assert ((plain["conf_low"] < truth) & (plain["conf_high"] > truth)).mean() < 0.90
    alarms = np.mean([run.diagnostics["pre_trend_p"] < 0.05 for run in runs])
    assert 0.0 < alarms <= 0.10  # 0.05 with a simulation error of 0.0154, three of them
    event = pd.DataFrame([run.diagnostics["event"].set_index("term")["estimate"] for run in runs]).mean()
    assert_allclose(event.loc[["-1", "0", "1", "2"]], [0, 0.5, 1, 1.5], atol=0.08)  # three errors of the mean


def test_bounds_cover_the_effect_where_trends_differ() -> None:
    runs = [estimate_staggered(planted(seed, slope=0.4), **COLUMNS) for seed in range(60)]
    plain = pd.DataFrame([att(run) for run in runs])
    bounds = pd.DataFrame([run.diagnostics["honest"].set_index("mbar").loc[1.0] for run in runs])
    assert ((plain["conf_low"] < 5 / 6) & (plain["conf_high"] > 5 / 6)).mean() < 0.5
    assert ((bounds["conf_low"] < 5 / 6) & (bounds["conf_high"] > 5 / 6)).mean() >= 0.95  # conservative
    assert np.mean([run.diagnostics["pre_trend_p"] for run in runs]) < 0.3
    alarmed = next(run for run in runs if run.diagnostics["pre_trend_p"] < 0.05)
    assert any("Sebelum mulai" in text for text in alarmed.diagnostics["warnings"])


def test_bounds_by_hand() -> None:
    result = estimate_staggered(HAND, **COLUMNS)
    honest = result.diagnostics["honest"].set_index("mbar")
    # one step before the start, 0.5; the treated cells are 1, 1 and 2 periods from their base: 4 / 3 on average
    assert_allclose(honest.loc[2.0, ["lower", "upper"]], [1.5 - 2 * 0.5 * 4 / 3, 1.5 + 2 * 0.5 * 4 / 3], **EXACT)
    assert_allclose(
        honest.loc[0.0, ["conf_low", "conf_high"]], att(result)[["conf_low", "conf_high"]].astype(float), **EXACT
    )
    assert honest["conf_low"].is_monotonic_decreasing
    assert honest["conf_high"].is_monotonic_increasing


def test_joint_test_before_the_start_of_one_effect_is_its_own() -> None:
    result = estimate_staggered(HAND, **COLUMNS)
    before = result.diagnostics["event"].set_index("term").loc["-1"]
    assert_allclose(result.diagnostics["pre_trend_p"], before["p_value"], **EXACT)


def test_clusters_of_one_unit_give_the_plain_error_with_their_factor() -> None:
    data = planted(5).assign(team=lambda d: d["unit"] % 20, alone=lambda d: "u" + d["unit"].astype(str))
    plain, alone = (att(estimate_staggered(data, **COLUMNS, cluster=name))["std_error"] for name in (None, "alone"))
    assert_allclose(alone, plain * np.sqrt(120 / 119), **EXACT)
    team = estimate_staggered(data, **COLUMNS, cluster="team")
    assert team.diagnostics["n_clusters"]["team"] == 20
    assert any("Gugus sedikit" in text for text in team.diagnostics["warnings"])
    assert "team" in team.errors
    assert 0 <= team.diagnostics["pre_trend_p"] <= 1


def test_few_clusters_leave_the_joint_test_defined() -> None:
    data = planted(5).assign(team=lambda d: d["unit"] % 3)
    assert 0 <= estimate_staggered(data, **COLUMNS, cluster="team").diagnostics["pre_trend_p"] <= 1


@pytest.mark.parametrize("never", [None, "", "0"])
def test_text_periods_work_like_numbers_and_come_back(never: str | None) -> None:
    data = planted(6)
    names = dict(zip(range(1, 6), ["2023-S1", "2023-S2", "2024-S1", "2024-S2", "2025-S1"], strict=True))
    texts = data.assign(period=data["period"].map(names), first=data["first"].map(names | {0: never}))
    ours, plain = (estimate_staggered(frame, **COLUMNS).diagnostics for frame in (texts, data))
    assert ours["group"]["term"].tolist() == ["2024-S1", "2024-S2", "2025-S1", "overall"]
    assert ours["calendar"]["term"].tolist() == ["2024-S1", "2024-S2", "2025-S1", "overall"]
    assert ours["group_time"]["period"].iloc[0] == "2023-S2"
    assert_frame_equal(ours["event"], plain["event"])
    for name in ("group_time", "group", "calendar"):
        assert_allclose(numbers(ours[name]), numbers(plain[name]), **EXACT)


def test_a_gap_in_the_calendar_stays_a_gap() -> None:
    data = planted(6).query("period != 4")
    names = {1: "2023-S1", 2: "2023-S2", 3: "2024-S1", 4: "2024-S2", 5: "2025-S1"}
    texts = data.assign(period=data["period"].map(names), first=data["first"].map(names))
    found = estimate_staggered(texts, **COLUMNS).diagnostics
    assert found["group_time"].query("group == '2024-S2'")["period"].tolist() == ["2023-S2", "2024-S1", "2025-S1"]
    assert found["event"]["term"].tolist() == ["-3", "-2", "-1", "0", "1", "2", "overall"]
    # who starts in the missing period is compared with the last period before it
    wide = data.pivot(index="unit", columns="period", values="y")
    first = data.groupby("unit")["first"].first()
    step = wide[5] - wide[3]
    cell = found["group_time"].query("group == '2024-S2' and period == '2025-S1'")["estimate"].iloc[0]
    assert_allclose(cell, step[first == 4].mean() - step[first == 0].mean(), **EXACT)


def test_first_treated_may_be_missing_or_a_float() -> None:
    data = planted(6)
    gaps = data.assign(first=data["first"].replace(0, np.nan))
    assert_frame_equal(estimate_staggered(gaps, **COLUMNS).table, estimate_staggered(data, **COLUMNS).table)


def test_units_may_miss_periods() -> None:
    data = with_gaps()
    result = estimate_staggered(data, **COLUMNS)
    wide, first = data.pivot(index="unit", columns="period", values="y"), data.groupby("unit")["first"].first()
    step = (wide[4] - wide[2]).dropna()
    expected = step[first.reindex(step.index) == 3].mean() - step[first.reindex(step.index) == 0].mean()
    cell = result.diagnostics["group_time"].query("group == '3' and period == '4'").iloc[0]
    assert_allclose(cell["estimate"], expected, **EXACT)
    assert cell["n"] == (first.reindex(step.index) == 3).sum()
    assert any("Panel tidak lengkap" in text for text in result.diagnostics["warnings"])
    assert att(result)["n"] == len(data)


def test_always_treated_are_left_out_and_late_ones_count_as_never() -> None:
    data = planted(7)
    extra = planted(8, people=10).assign(unit=lambda d: d["unit"] + 1000, first=1)
    late = data.replace({"first": {0: 9}})
    result = estimate_staggered(pd.concat([late, extra]), **COLUMNS)
    assert result.dropped == {"baris orang yang sudah ikut sejak periode pertama": 50}
    assert any("Mulai sesudah periode terakhir (9)" in text for text in result.diagnostics["warnings"])
    assert_frame_equal(result.table, estimate_staggered(data, **COLUMNS).table)


def test_a_period_that_only_the_always_treated_have_is_no_comparison() -> None:
    extra = planted(8, people=10).assign(unit=lambda d: d["unit"] + 1000, first=1)
    data = pd.concat([planted(7).query("period < 5").replace({"first": {5: 0}}), extra])
    found = estimate_staggered(data, **COLUMNS)
    known = planted(7).query("period < 5").replace({"first": {5: 0}})
    assert_frame_equal(found.table, estimate_staggered(known, **COLUMNS).table)
    assert found.diagnostics["twfe"].equals(estimate_staggered(known, **COLUMNS).diagnostics["twfe"])


def test_a_period_of_people_seen_once_changes_no_estimate() -> None:
    data = planted(7)
    once = planted(8, people=10).query("period == 1").assign(unit=lambda d: d["unit"] + 1000, period=0, first=0)
    ours, plain = estimate_staggered(pd.concat([data, once]), **COLUMNS), estimate_staggered(data, **COLUMNS)
    cells = ours.diagnostics["group_time"].query("period != '1'")
    assert_allclose(cells["estimate"], plain.diagnostics["group_time"]["estimate"], **EXACT)
    assert_allclose(ours.diagnostics["twfe"]["estimate"], plain.diagnostics["twfe"]["estimate"], **EXACT)


def test_not_yet_treated_serve_where_all_start() -> None:
    data = planted(9).query("first > 0")
    result = estimate_staggered(data, **COLUMNS, control="not_yet")
    cells = result.diagnostics["group_time"].query("period >= group")
    assert set(zip(cells["group"], cells["period"], strict=True)) == {("3", "3"), ("3", "4"), ("4", "4")}
    assert result.dropped == {
        "perbandingan angkatan dan periode (control: tidak ada pembanding yang terlihat. Ubah control.)": 4
    }


def test_a_group_without_spread_has_no_error_and_is_named() -> None:
    lone = HAND.assign(y=HAND["y"].where(~HAND["unit"].isin(["e", "f"]), HAND["period"] * 1.0)).query("unit != 'd'")
    result = estimate_staggered(lone, **COLUMNS)
    cells = result.diagnostics["group_time"].set_index(["group", "period"])
    assert cells.loc[("2024", "2024"), "estimate"] == 2
    assert np.isnan(cells.loc[("2024", "2024"), "std_error"])
    assert any("Angkatan di bawah 5 orang: 2023, 2024" in text for text in result.diagnostics["warnings"])


def test_covariates_that_separate_one_comparison_leave_the_others() -> None:
    data = planted(10).assign(x=lambda d: 1.0 * (d["first"] == 5) + 0.1 * (d["unit"] % 7))
    result = estimate_staggered(data, **COLUMNS, covariates="x")
    assert set(result.diagnostics["group_time"]["group"]) == {"3", "4"}
    assert list(result.dropped.values()) == [4]
    assert "memisahkan" in next(iter(result.dropped))


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.floats(-100, 100), st.floats(0.01, 100))
def test_order_of_rows_and_unit_of_measure_do_not_matter(random: object, level: float, scale: float) -> None:
    data = planted(11, people=40)
    before = estimate_staggered(data, **COLUMNS)
    order = list(range(len(data)))
    random.shuffle(order)
    moved = data.iloc[order].assign(y=lambda d: scale * (d["y"] + level + d["unit"] % 3))
    after = estimate_staggered(moved, **COLUMNS)
    assert_allclose(numbers(after.table), scale * numbers(before.table), rtol=1e-7)
    assert_allclose(after.diagnostics["pre_trend_p"], before.diagnostics["pre_trend_p"], rtol=1e-6)


def test_inputs_stay_unchanged() -> None:
    data = planted(1).assign(x=1.0 * (planted(1)["unit"] % 3), first=planted(1)["first"].astype("Int64"))
    before = data.copy(deep=True)
    estimate_staggered(data, **COLUMNS, covariates="x", cluster="unit")
    assert_frame_equal(data, before)


BAD = {
    "no frame": ({"data": None}, CallError, "data: ditemukan NoneType"),
    "missing outcome": ({"outcome": "yy"}, CallError, "outcome: kolom yy tidak ada"),
    "missing unit": ({"unit": "nip"}, CallError, "unit: kolom nip tidak ada"),
    "missing period": ({"period": "tahun"}, CallError, "period: kolom tahun tidak ada"),
    "missing start": ({"first_treated": "mulai"}, CallError, "first_treated: kolom mulai tidak ada"),
    "missing covariate": ({"covariates": "xx"}, CallError, "covariates: kolom xx tidak ada"),
    "missing cluster": ({"cluster": "xx"}, CallError, "cluster: kolom xx tidak ada"),
    "unknown method": ({"method": "reg"}, CallError, "method: ditemukan 'reg'; yang diizinkan: dr, ipw, outcome"),
    "unknown control": ({"control": "notyet"}, CallError, "control: ditemukan 'notyet'.*Maksud Anda not_yet"),
    "unknown estimator": ({"estimator": "bjs"}, CallError, "estimator: ditemukan 'bjs'"),
    "covariates in Sun-Abraham": (
        {"estimator": "sun_abraham", "covariates": "one"}, CallError, "sun_abraham tidak memakai kovariat"
    ),
    "text outcome": ({"outcome": "unit"}, DataError, "outcome: kolom unit bukan bilangan"),
    "constant outcome": ({"outcome": "one"}, DataError, "outcome: kolom one tidak bervariasi"),
    "no spread": ({"outcome": "flat"}, DataError, "perubahan tidak bervariasi di dalam kelompok"),
    "nobody starts": ({"first_treated": "nobody"}, DataError, "tidak ada yang mulai sesudah periode pertama"),
    "starts after the data": ({"first_treated": "beyond"}, DataError, "tidak ada yang mulai sesudah periode pertama"),
    "one group, all treated": ({"first_treated": "all"}, DataError, "tidak ada orang yang tidak pernah mulai"),
    "no controls at all": ({"first_treated": "all", "control": "not_yet"}, DataError, "control: tidak ada pembanding"),
    "all start together": ({"first_treated": "all", "estimator": "sun_abraham"}, DataError, "orang mulai bersama"),
    "unit in two groups": ({"first_treated": "moves"}, DataError, "first_treated: pada 1 unit nilainya berubah"),
    "unit twice in a period": ({"unit": "one"}, DataError, "unit: 15 baris berulang"),
    "start of another kind": ({"first_treated": "text"}, CallError, "first_treated: '2023-S1' tidak sejenis"),
    "period unreadable": ({"period": "unit"}, CallError, "periode: ditemukan 'a'"),
    "cluster above moves": ({"cluster": "period"}, DataError, "cluster: pada 6 unit nilainya berubah"),
    "two clusters": ({"cluster": ["unit", "one"]}, CallError, "ditemukan unit, one; yang diizinkan: satu kolom"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "separation everywhere": ({"covariates": "sure"}, DataError, "memisahkan peserta dari pembanding"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = HAND.assign(
        one=1, nobody=np.nan, beyond=2030, all=2023, moves=[2023, 2024, 2024, *HAND["first"][3:]], text="2023-S1",
        flat=HAND["period"] * 1.0, sure=np.repeat([0.0, 0.1, 0.2, 0.1, 0.3, 0.5], 3) + 5 * (HAND["first"] > 0),
    )  # fmt: skip
    with pytest.raises(kind, match=message):
        estimate_staggered(**({"data": data} | COLUMNS | changed))
