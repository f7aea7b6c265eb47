"""Cost against effect and flows of money: by hand, against formulas, planted truth, and bad input."""

from __future__ import annotations

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import (
    Estimate,
    benefit_cost,
    cost,
    estimate_cost_effectiveness,
    internal_rate,
    present_value,
)
from kinerja_lib.estimate.result import COLUMNS

HAND = pd.DataFrame({"c": [2.0, 4, 3, 6, 8], "e": [1.0, 2, 3, 5, 6], "g": list("aaabb")})
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
ROLES = {"cost": "c", "effect": "e", "group": "g"}


def planted(seed: int, n: int = 300) -> pd.DataFrame:
    """Return skewed costs that are 8 higher and effects that are 0.5 higher in group 1, related within a person."""
    rng = np.random.default_rng(seed)
    group, shared = rng.integers(0, 2, n), rng.normal(size=n)
    costs = rng.gamma(2, 10, n) + 3 * shared + 8 * group
    return pd.DataFrame({"c": costs, "e": shared + 0.5 * group, "g": group, "u": rng.integers(0, 60, n)})


def rows(result: Estimate) -> pd.DataFrame:
    return result.table.set_index(["term", "group"])


def test_differences_by_hand() -> None:
    result = estimate_cost_effectiveness(HAND, **ROLES, threshold=[2, 0], draws=200)
    found = rows(result)["estimate"]
    assert_allclose(found["cost_difference"], 7 - 3, **EXACT)
    assert_allclose(found["effect_difference"], 5.5 - 2, **EXACT)
    assert_allclose(found["icer"], 4 / 3.5, **EXACT)
    assert_allclose(found[[("net_benefit", "2"), ("net_benefit", "0")]], [2 * 3.5 - 4, -4], **EXACT)
    assert tuple(result.table.columns) == COLUMNS
    assert result.diagnostics["means"]["n"].tolist() == [3, 2]
    assert result.table["n"].eq(5).all()


def test_errors_of_the_draws_are_those_of_the_formula() -> None:
    data = planted(1, 2000)
    found = rows(estimate_cost_effectiveness(data, **ROLES, draws=8000))
    for name, column in (("cost_difference", "c"), ("effect_difference", "e")):
        parts = data.groupby("g")[column].agg(lambda values: values.var(ddof=0) / len(values))
        assert_allclose(found.loc[(name, ""), "std_error"], np.sqrt(parts.sum()), rtol=0.03)  # 8,000 draws: 0.8 %


def test_interval_of_the_ratio_agrees_with_fieller() -> None:
    data = planted(2, 4000)
    result = estimate_cost_effectiveness(data, **ROLES, draws=8000)
    dc, de = (float(rows(result).loc[(name, ""), "estimate"]) for name in ("cost_difference", "effect_difference"))
    v = result.diagnostics["plane"][["cost_difference", "effect_difference"]].cov().to_numpy()
    z = 1.959964
    a, b, c = de**2 - z**2 * v[1, 1], -2 * (dc * de - z**2 * v[0, 1]), dc**2 - z**2 * v[0, 0]
    ends = (-b + np.array([-1, 1]) * np.sqrt(b**2 - 4 * a * c)) / (2 * a)
    icer = rows(result).loc[("icer", "")]
    # skewed costs and 8,000 draws move an end by a few hundredths of the width
    assert_allclose(icer[["conf_low", "conf_high"]].astype(float), ends, atol=0.06 * np.ptp(ends))


def test_intervals_cover_the_planted_net_benefit() -> None:
    covered = 0
    for seed in range(200):
        result = estimate_cost_effectiveness(planted(seed), **ROLES, threshold=20, draws=400)
        row = rows(result).loc[("net_benefit", "20")]
        covered += row["conf_low"] < 20 * 0.5 - 8 < row["conf_high"]
    assert 0.90 <= covered / 200 <= 0.995  # 0.95 with a simulation error of 0.0154, three of them


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    first = estimate_cost_effectiveness(planted(3), **ROLES, seed=5)
    monkeypatch.setattr(cost, "CELLS", 2000)
    other = estimate_cost_effectiveness(planted(3), **ROLES, seed=5)
    assert_frame_equal(first.table, other.table, rtol=1e-12)  # sums of another length differ by rounding
    assert not first.table.equals(estimate_cost_effectiveness(planted(3), **ROLES, seed=6).table)


def test_clusters_of_one_row_are_rows_and_shared_costs_widen() -> None:
    data = planted(4).assign(row=lambda d: range(len(d)))
    plain = estimate_cost_effectiveness(data, **ROLES)
    assert_frame_equal(plain.table, estimate_cost_effectiveness(data, **ROLES, cluster="row").table)
    crossed = estimate_cost_effectiveness(data, **ROLES, cluster="u")  # units that hold both groups
    assert_allclose(rows(crossed)["estimate"], rows(plain)["estimate"], **EXACT)
    assert crossed.diagnostics["n_clusters"]["u"] == data["u"].nunique()
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(60), 10)
    whole = pd.DataFrame({"c": rng.normal(size=60)[unit] + rng.normal(size=600), "e": rng.normal(size=600)})
    whole = whole.assign(g=unit % 2, u=unit)
    wide, narrow = (estimate_cost_effectiveness(whole, **ROLES, cluster=name) for name in ("u", None))
    ratio = (
        rows(wide).loc[("cost_difference", ""), "std_error"] / rows(narrow).loc[("cost_difference", ""), "std_error"]
    )
    assert 1.8 < ratio < 3.0  # root of 1 + 9 x 0.5 is 2.3


def test_acceptability_is_the_share_of_draws_above_zero() -> None:
    result = estimate_cost_effectiveness(planted(6), **ROLES, threshold=[0, 25])
    curve, plane = (
        result.diagnostics["acceptability"].set_index("threshold")["probability"],
        result.diagnostics["plane"],
    )
    for worth in (0, 25):
        share = (worth * plane["effect_difference"] - plane["cost_difference"] > 0).mean()
        assert curve[worth] == share
    assert curve.index.is_monotonic_increasing
    assert len(plane) == 2000


def test_an_effect_that_may_be_zero_has_no_bounded_ratio() -> None:
    data = planted(7)
    data["e"] = np.random.default_rng(7).normal(size=len(data))
    result = estimate_cost_effectiveness(data, **ROLES)
    assert rows(result).loc[("icer", ""), ["conf_low", "conf_high"]].tolist() == [-np.inf, np.inf]
    assert "tidak berbatas" in result.diagnostics["warnings"][0]
    assert np.isfinite(result.table["std_error"].astype(float)).all()
    equal = HAND.assign(e=[1.0, 2, 3, 1, 3])
    assert "icer" not in estimate_cost_effectiveness(equal, **ROLES, draws=100).table["term"].tolist()


def test_weak_points_are_said_and_input_stays() -> None:
    data = planted(8)
    data["c"] = data["c"] - 30 * data["g"]
    data.loc[data.index[2], "e"] = np.nan
    before = data.copy(deep=True)
    result = estimate_cost_effectiveness(data, **ROLES, cluster="u")
    assert "lebih murah sekaligus lebih baik" in result.diagnostics["warnings"][0]
    assert result.dropped == {"baris dengan nilai kosong pada e": 1}
    few = estimate_cost_effectiveness(data.assign(u=np.arange(len(data)) % 9), **ROLES, cluster="u")
    assert "Gugus sedikit" in few.diagnostics["warnings"][-1]
    assert_frame_equal(data, before)


def test_declared_order_decides_the_comparison() -> None:
    turned = HAND.assign(g=pd.Categorical(HAND["g"], categories=["b", "a"]))
    assert_allclose(rows(estimate_cost_effectiveness(turned, **ROLES, draws=100))["estimate"]["cost_difference"], -4)


BAD = {
    "no frame": ({"data": None}, CallError, "data: ditemukan NoneType"),
    "missing cost": ({"cost": "cc"}, CallError, "cost: kolom cc tidak ada"),
    "missing effect": ({"effect": "ee"}, CallError, "effect: kolom ee tidak ada"),
    "missing group": ({"group": "gg"}, CallError, "group: kolom gg tidak ada"),
    "missing cluster": ({"cluster": "zz"}, CallError, "cluster: kolom zz tidak ada"),
    "two clusterings": ({"cluster": ["g", "one"]}, CallError, "paling banyak satu kolom"),
    "negative threshold": ({"threshold": -1}, CallError, "threshold: ditemukan -1; yang diizinkan: bilangan mulai 0"),
    "threshold of text": ({"threshold": ["mahal"]}, CallError, "threshold: ditemukan 'mahal'"),
    "few draws": ({"draws": 99}, CallError, "draws: ditemukan 99"),
    "text cost": ({"cost": "g"}, DataError, "cost: kolom g bukan bilangan"),
    "constant effect": ({"effect": "one"}, DataError, "effect: kolom one tidak bervariasi"),
    "one group": ({"group": "one"}, DataError, "hanya berisi satu kelompok"),
    "three groups": ({"group": "three"}, DataError, "kolom three berisi 3 kelompok; diperlukan tepat dua"),
    "group of one row": ({"group": "alone"}, DataError, "kelompok y hanya berisi satu baris"),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "one cluster in a group": ({"cluster": "g"}, DataError, "kelompok a hanya berisi satu baris atau satu gugus"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = HAND.assign(one=1, three=list("xyzzz"), alone=list("xxxxy"))
    with pytest.raises(kind, match=message):
        estimate_cost_effectiveness(**({"data": data} | ROLES | changed))


def test_present_value_by_hand_and_as_the_library_gives_it() -> None:
    assert_allclose(present_value([-100, 110], 0.1).npv, 0, atol=1e-12)
    assert_allclose(float(present_value([-50, 20, 30, 40], 0.05)), npf.npv(0.05, [-50, 20, 30, 40]), **EXACT)
    assert_allclose(present_value(np.array([-50, 20, 30]), 0).npv, 0, atol=1e-12)


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=8), st.floats(10, 1e6))
def test_the_internal_rate_brings_the_present_value_to_zero(gains: list[float], price: float) -> None:
    found = internal_rate([-price, *gains])
    assert found.warnings == ()
    assert found.rates == pytest.approx((found.irr,), rel=1e-9)
    size = price + sum(gain / (1 + found.irr) ** (year + 1) for year, gain in enumerate(gains))
    assert abs(present_value([-price, *gains], found.irr).npv) < 1e-6 * size


def test_several_changes_of_sign_are_said() -> None:
    found = internal_rate([-100, 250, -155])  # 1.05 and 1.45 are not both roots: x = (250 +- sqrt(500)) / 200
    expected = sorted((250 + sign * np.sqrt(500)) / 200 - 1 for sign in (-1, 1))
    assert_allclose(found.rates, expected, rtol=1e-9)
    assert_allclose(float(found), expected[0], rtol=1e-9)
    assert "berganti tanda 2 kali" in found.warnings[0]


def test_benefit_and_cost() -> None:
    found = benefit_cost(30.0, 40.0)
    assert (found.bcr, found.roi, found.net) == (0.75, -25.0, -10.0)


BAD_MONEY = {
    "no flows": (lambda: present_value([], 0.1), "flows: ditemukan"),
    "flows of text": (lambda: present_value(["a"], 0.1), "flows: ditemukan"),
    "flow missing": (lambda: internal_rate([-1, np.nan]), "flows: ditemukan"),
    "one number": (lambda: internal_rate(3), "flows: ditemukan 3; yang diizinkan: daftar bilangan"),
    "rate of text": (lambda: present_value([1.0], "8%"), "rate: ditemukan '8%'; yang diizinkan: bilangan di atas -1"),
    "rate too low": (lambda: present_value([1.0], -1), "rate: ditemukan -1"),
    "flow without end": (lambda: present_value([1.0, np.inf], 0.1), "flows: ditemukan"),
    "rate missing": (lambda: present_value([1.0], np.nan), "rate: ditemukan nan"),
    "flow of text": (lambda: internal_rate([-1, "b"]), "flows: ditemukan"),
    "benefit without end": (lambda: benefit_cost(np.inf, 2), "benefit: ditemukan inf"),
    "one sign": (lambda: internal_rate([1, 2]), "semua arus bertanda sama"),
    "no rate": (lambda: internal_rate([1, -1, 1]), "tidak ada tingkat"),
    "benefit of text": (lambda: benefit_cost("1", 2), "benefit: ditemukan '1'"),
    "benefit missing": (lambda: benefit_cost(np.nan, 2), "benefit: ditemukan nan"),
    "cost of text": (lambda: benefit_cost(1, None), "cost: ditemukan None"),
    "cost of nothing": (lambda: benefit_cost(1, 0), "cost: ditemukan 0; yang diizinkan: bilangan di atas 0"),
}


@pytest.mark.parametrize("case", BAD_MONEY)
def test_bad_money_says_what_is_wrong(case: str) -> None:
    call, message = BAD_MONEY[case]
    with pytest.raises(KinerjaError, match=message):
        call()
