"""Plans: against statsmodels, by formula, back and forth, and bad input. The claims are simulated in benchmarks/."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from kinerja_lib.errors import CallError
from kinerja_lib.estimate import plan_sample

SHARES = [0.001, 0.001, 0.003, 0.88, 0.115]
EXACT = {"rtol": 1e-9, "atol": 1e-12}  # two ways to compute one formula differ by rounding only


@pytest.mark.parametrize("effect", [0.05, -0.3, 0.8, 2.0])
def test_plain_plans_equal_those_of_statsmodels(effect: float) -> None:
    peer = TTestIndPower()
    found = plan_sample(effect=effect, power=0.9, alpha=0.01)
    assert_allclose(found.n, peer.solve_power(effect_size=effect, alpha=0.01, power=0.9), rtol=1e-7)
    assert found.missing == "n"
    assert_allclose(plan_sample(effect=effect, n=30).power, peer.power(effect, 30, 0.05), **EXACT)
    smallest = plan_sample(n=30, power=0.9)
    assert_allclose(peer.power(smallest.effect, 30, 0.05), 0.9, rtol=1e-9)  # its own search stops at 1e-6
    assert smallest.missing == "effect"


DESIGNS = st.sampled_from(
    [
        {},
        {"baseline_r": 0.6},
        {"cluster_size": 12, "icc": 0.08},
        {"clusters": 40, "icc": 0.02},
        {"clusters": 60, "icc": 0.02, "baseline_r": 0.5},
        {"levels": SHARES},
        {"levels": [20, 50, 30], "cluster_size": 5, "icc": 0.1},
    ]
)


@settings(deadline=None, max_examples=60)
@given(DESIGNS, st.floats(0.25, 1.2), st.floats(0.3, 0.97))
def test_n_effect_and_power_lead_back_to_each_other(design: dict[str, object], effect: float, power: float) -> None:
    found = plan_sample(effect=effect, power=power, **design)
    assert found.power >= power - 1e-9  # the smallest design may do more
    power = found.power
    back = plan_sample(n=found.n, effect=effect, **design)
    assert back.missing == "power"
    assert_allclose(back.power, power, rtol=1e-6)
    assert_allclose(plan_sample(n=found.n, power=power, **design).effect, effect, rtol=1e-6)
    assert_allclose(found.effective_n * found.design_effect, found.n, rtol=1e-12)


def test_clustered_power_is_a_t_with_the_clusters_degrees_of_freedom() -> None:
    found = plan_sample(effect=0.5, clusters=12, cluster_size=20, icc=0.05)
    inflation = 1 + 19 * 0.05
    limit, shift = stats.t.ppf(0.975, 22), 0.5 * np.sqrt(240 / inflation / 2)
    assert_allclose(found.power, stats.nct.sf(limit, 22, shift) + stats.nct.cdf(-limit, 22, shift), **EXACT)
    assert (found.n, found.design_effect, found.warnings) == (240, inflation, ())
    many = plan_sample(effect=0.1, cluster_size=20, icc=0.05)  # hundreds of clusters: the textbook's n times inflation
    assert_allclose(many.n, plan_sample(effect=0.1).n * inflation, rtol=0.01)
    assert_allclose(many.clusters * many.cluster_size, many.n)


def test_few_clusters_are_said_and_people_cannot_replace_them() -> None:
    assert "10 gugus" in plan_sample(effect=0.5, clusters=6, cluster_size=20, icc=0.05).warnings[0]
    with pytest.raises(CallError, match="tidak dapat dicapai dengan rancangan ini"):
        plan_sample(effect=0.3, clusters=8, icc=0.2)


def test_a_baseline_saves_its_share_of_the_variance() -> None:
    plain, saved = plan_sample(effect=0.1), plan_sample(effect=0.1, baseline_r=0.7)
    assert_allclose(saved.n / plain.n, 1 - 0.49, rtol=1e-3)  # but for the degrees of freedom
    assert plan_sample(effect=0.1, baseline_r=-0.7).n == saved.n


def test_levels_follow_the_formula_of_whitehead() -> None:
    found = plan_sample(effect=0.6, power=0.9, levels=SHARES)
    above = 1 - np.cumsum(SHARES)[:-1]
    odds = above / (1 - above) * np.exp(0.6)  # of a better level
    treated = -np.diff(np.concatenate([[1], odds / (1 + odds), [0]]))
    spread = 1 - (((np.array(SHARES) + treated) / 2) ** 3).sum()
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.9)
    assert_allclose(found.n, 6 * z**2 / (0.6**2 * spread), rtol=1e-6)  # but for the far tail
    assert_allclose(plan_sample(effect=0.6, levels=[100 * share for share in SHARES]).n,
                    plan_sample(effect=0.6, levels=SHARES).n)  # fmt: skip
    inflated = plan_sample(effect=0.6, power=0.9, levels=SHARES, cluster_size=20, icc=0.1)
    assert_allclose(inflated.n, found.n * 2.9, rtol=1e-9)


def test_two_levels_need_about_what_two_shares_need() -> None:
    after = 0.3 * np.exp(0.5) / (0.7 + 0.3 * np.exp(0.5))
    effect = 2 * (np.arcsin(np.sqrt(after)) - np.arcsin(np.sqrt(0.3)))
    two_shares = NormalIndPower().solve_power(effect_size=effect, alpha=0.05, power=0.8)
    assert_allclose(plan_sample(effect=0.5, levels=[0.7, 0.3]).n, two_shares, rtol=0.02)  # two approximations


def test_more_people_never_lose_power() -> None:
    powers = [plan_sample(effect=0.3, n=n, cluster_size=5, icc=0.1).power for n in (20, 50, 100, 400, 2000, 10**6)]
    assert np.all(np.diff(powers) > 0) or powers[-1] == 1.0
    assert powers == sorted(powers)
    assert plan_sample(effect=5.0).n >= 2


BAD = {
    "nothing given": ({}, "effect: sebutkan effect atau n"),
    "no power": ({"effect": 0.5, "power": None}, "power: sebutkan power"),
    "effect of zero": ({"effect": 0.0}, "effect: ditemukan 0.0; yang diizinkan: bilangan selain 0"),
    "effect of text": ({"effect": "besar"}, "effect: ditemukan 'besar'"),
    "power of 80": (
        {"effect": 0.5, "power": 80},
        "power: ditemukan 80; yang diizinkan: bilangan di atas 0 dan di bawah 1",
    ),
    "alpha of 5": ({"effect": 0.5, "alpha": 5}, "alpha: ditemukan 5"),
    "one person": ({"n": 1}, "n: ditemukan 1; yang diizinkan: bilangan di atas 1"),
    "one cluster": ({"effect": 0.5, "clusters": 1}, "clusters: ditemukan 1"),
    "no size": ({"effect": 0.5, "cluster_size": 0}, "cluster_size: ditemukan 0; yang diizinkan: bilangan di atas 0"),
    "icc of one": ({"effect": 0.5, "icc": 1.0}, "icc: ditemukan 1.0; yang diizinkan: bilangan mulai 0 dan di bawah 1"),
    "icc alone": ({"effect": 0.5, "icc": 0.1}, "icc: memerlukan clusters"),
    "perfect baseline": (
        {"effect": 0.5, "baseline_r": 1},
        "baseline_r: ditemukan 1; yang diizinkan: bilangan di atas -1 dan di bawah 1",
    ),
    "contradiction": ({"n": 100, "clusters": 10, "cluster_size": 20}, "clusters kali cluster_size = 200"),
    "fewer than two clusters": ({"n": 30, "cluster_size": 20, "icc": 0.1}, "paling sedikit 40 orang"),
    "levels of half": ({"effect": 0.5, "levels": [0.2, 0.3]}, "levels: ditemukan .0.2, 0.3.; yang diizinkan"),
    "levels of text": ({"effect": 0.5, "levels": ["Baik"]}, "levels: ditemukan"),
    "one level": ({"effect": 0.5, "levels": [1.0, 0.0]}, "semua orang pada satu tingkat"),
    "levels with baseline": ({"effect": 0.5, "levels": [0.5, 0.5], "baseline_r": 0.5}, "hanya untuk hasil berupa"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_plans_say_what_is_wrong(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(CallError, match=message):
        plan_sample(**call)
