"""Proportional hazards: by hand, against planted truth, against another library, and with bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import estimate_hazard
from kinerja_lib.estimate.result import COLUMNS, Estimate

EXACT = {"rtol": 1e-8, "atol": 1e-10}  # two fits, each to a log likelihood within 1e-10


def planted(seed: int = 1, n: int = 400, effect: float = 0.5) -> pd.DataFrame:
    """Return months until an exit whose rate x raises by `effect`, observed from `masuk` on, by unit."""
    rng = np.random.default_rng(seed)
    x, z, unit = rng.normal(size=n), rng.integers(0, 2, n), rng.integers(0, 40, n)
    month, end = rng.exponential(20 * np.exp(-effect * x + 0.3 * z)), rng.uniform(5, 40, n)
    frame = pd.DataFrame({"bulan": np.minimum(month, end), "keluar": (month <= end).astype(int), "x": x, "z": z})
    return frame.assign(
        unit=unit, utuh=np.ceil(frame["bulan"]), masuk=np.floor(frame["bulan"] * rng.uniform(0, 0.9, n))
    )


def hazard(data: pd.DataFrame, formula: str = "x + z", **options: object) -> Estimate:
    return estimate_hazard(data, formula, **({"duration": "bulan", "event": "keluar"} | options))


def test_three_rows_by_hand() -> None:
    # exits at 1 (x = 1), 2 (x = 0), 3 (x = 1): with u = exp(b) the likelihood is u/(2u + 1) * 1/(u + 1), highest at
    # u = sqrt(1/2); information 2u/(2u + 1)^2 + u/(u + 1)^2
    result = hazard(pd.DataFrame({"bulan": [1, 2, 3], "keluar": 1, "x": [1, 0, 1]}), "x")
    u = np.sqrt(0.5)
    row = result.table.iloc[0]
    assert_allclose(row["estimate"], np.log(u), **EXACT)
    assert_allclose(row["std_error"], (2 * u / (2 * u + 1) ** 2 + u / (u + 1) ** 2) ** -0.5, **EXACT)
    assert_allclose(result.diagnostics["loglik"], np.log(u / (2 * u + 1) / (u + 1)), **EXACT)
    assert_allclose(result.diagnostics["hazard_ratio"]["estimate"], [u], **EXACT)
    # time counts 0, 1/3, 2/3; mean and variance of x at risk are m1, m1 (1 - m1) and m2, m2 (1 - m2), then x alone
    m1, m2 = 2 * u / (2 * u + 1), u / (u + 1)
    v1, v2 = m1 * (1 - m1), m2 * (1 - m2)
    by_hand = (m2 / 3) ** 2 / (v2 / 9 - (v2 / 3) ** 2 / (v1 + v2))
    assert_allclose(result.diagnostics["zph"]["statistic"], [by_hand, by_hand], **EXACT)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_ties_by_hand(ties: str) -> None:
    # two exits at 1 (x = 1 and x = 0) among u, 1, u, 1; at 2 one exit (x = 1) among u, 1
    data = pd.DataFrame({"bulan": [1, 1, 2, 3], "keluar": [1, 1, 1, 0], "x": [1, 0, 1, 0]})
    result = hazard(data, "x", ties=ties)
    u = np.exp(result.table["estimate"][0] + np.array([-1e-3, 0, 1e-3]))
    second = 2 * u + 2 - (u + 1) / 2 if ties == "efron" else 2 * u + 2
    loglik = np.log(u / (2 * u + 2) / second * u / (u + 1))
    assert_allclose(result.diagnostics["loglik"], loglik[1], **EXACT)
    assert loglik.argmax() == 1


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_fit_equals_another_library(ties: str) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    data = planted()
    result = hazard(data, duration="utuh", ties=ties)
    other = PHReg(data["utuh"], data[["x", "z"]], status=data["keluar"], ties=ties).fit()
    assert_allclose(result.table[["estimate", "std_error"]].T, [other.params, other.bse], rtol=1e-5)
    assert_allclose(result.diagnostics["loglik"], other.llf, rtol=1e-9)


def test_delayed_entry_is_highest_where_its_risk_sets_say() -> None:
    data = planted(n=150)  # statsmodels 0.15 takes other risk sets here: its likelihood is not the sum below
    found = hazard(data, duration="utuh", entry="masuk", ties="breslow")
    x, beta = data[["x", "z"]].to_numpy(), found.table["estimate"].to_numpy()
    happened = data[data["keluar"] == 1].index
    risk_sets = [(data["utuh"] >= end) & (data["masuk"] < end) for end in data["utuh"][happened]]

    def loglik(at: np.ndarray) -> float:
        line = x @ at
        return float(sum(line[i] - np.log(np.exp(line[own]).sum()) for i, own in zip(happened, risk_sets, strict=True)))

    assert_allclose(found.diagnostics["loglik"], loglik(beta), **EXACT)
    step = np.array([1e-3, 0])
    for off in (step, -step, step[::-1], -step[::-1]):
        assert loglik(beta + off) < loglik(beta)
    second = (loglik(beta + step) + loglik(beta - step) - 2 * loglik(beta)) / 1e-6
    inverse = np.linalg.inv(found.diagnostics["covariance"])
    assert_allclose(inverse[0, 0], -second, rtol=1e-3)  # a difference of second order


def test_clustered_errors_equal_another_library() -> None:
    from statsmodels.duration.hazard_regression import PHReg

    data = planted()
    result = hazard(data, cluster="unit")
    other = PHReg(data["bulan"], data[["x", "z"]], status=data["keluar"]).fit(groups=data["unit"].to_numpy())
    assert_allclose(result.table["std_error"], other.bse, rtol=1e-6)
    assert result.diagnostics["n_clusters"]["unit"] == 40


def test_clustered_errors_with_ties_equal_those_of_the_rows_left_out_one_by_one() -> None:
    data = planted(n=1500)
    whole = hazard(data, "x", duration="utuh", cluster="unit").table.iloc[0]
    left_out = [hazard(data[data["unit"] != unit], "x", duration="utuh").table["estimate"][0] for unit in range(40)]
    jackknife = np.sqrt(((np.array(left_out) - whole["estimate"]) ** 2).sum())
    assert_allclose(whole["std_error"], jackknife, rtol=0.05)  # equal up to about one in 40 units


def test_spells_cut_in_two_give_the_same_fit() -> None:
    whole = planted().assign(start=0.0)
    late = whole.query("bulan > 8").assign(start=8.0)
    early = whole.assign(bulan=whole["bulan"].clip(upper=8), keluar=whole["keluar"].where(whole["bulan"] <= 8, 0))
    cut, one = hazard(pd.concat([early, late]), entry="start"), hazard(whole)
    assert_allclose(cut.table[["estimate", "std_error"]], one.table[["estimate", "std_error"]], **EXACT)
    assert_allclose(cut.diagnostics["zph"]["statistic"], one.diagnostics["zph"]["statistic"], rtol=1e-6)
    assert_allclose(cut.diagnostics["concordance"], one.diagnostics["concordance"], **EXACT)


def test_fit_follows_the_unit_and_not_the_order_of_rows() -> None:
    data = planted()
    moved = data.assign(x=1000 * data["x"] + 1e6, utuh=data["utuh"] * 30).sample(frac=1, random_state=1)
    found, one = (hazard(frame, duration="utuh", cluster="unit") for frame in (moved, data))
    both = ["estimate", "std_error"]
    assert_allclose(found.table[both].mul([1000, 1], axis=0), one.table[both], rtol=1e-6)
    assert_allclose(found.diagnostics["zph"]["statistic"], one.diagnostics["zph"]["statistic"], rtol=1e-5)
    assert_allclose(found.diagnostics["concordance"], one.diagnostics["concordance"], **EXACT)


@pytest.mark.parametrize("entry", [None, "masuk"])
def test_concordance_equals_its_pairs(entry: str | None) -> None:
    data = planted(n=120).assign(x=lambda d: d["x"].round())
    result = hazard(data, duration="utuh", entry=entry)
    line = data[["x", "z"]].to_numpy() @ result.table["estimate"].to_numpy()
    good = pairs = 0.0
    for i, j in itertools.permutations(range(len(data)), 2):
        first, other = data.iloc[i], data.iloc[j]
        outlasts = other["utuh"] > first["utuh"] or (other["utuh"] == first["utuh"] and other["keluar"] == 0)
        if first["keluar"] == 1 and outlasts and (entry is None or other["masuk"] < first["utuh"]):
            pairs += 1
            good += 1.0 if line[i] > line[j] + 1e-9 else 0.5 if abs(line[i] - line[j]) <= 1e-9 else 0.0
    assert_allclose(result.diagnostics["concordance"], good / pairs, **EXACT)


def test_planted_effect_is_covered_and_the_test_of_proportion_holds_its_level() -> None:
    covered = alarms = 0
    for seed in range(300):
        result = hazard(planted(seed, 150), duration="utuh")
        row = result.table.iloc[0]
        covered += row["conf_low"] < 0.5 < row["conf_high"]
        alarms += result.diagnostics["zph"]["p_value"].iloc[-1] < 0.05
    assert 0.91 <= covered / 300 <= 0.99  # 0.95 with a simulation error of 0.0126, three of them
    assert 0.01 <= alarms / 300 <= 0.09  # 0.05 with the same


def test_effect_that_changes_with_time_is_seen_and_said() -> None:
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 800)
    month = np.where(x == 1, 10 * rng.weibull(3, 800), rng.exponential(9, 800))
    result = hazard(pd.DataFrame({"bulan": month, "keluar": 1, "x": x}), "x")
    assert result.diagnostics["zph"]["p_value"].max() < 1e-6
    assert any("Rasio hazard berubah menurut waktu" in text for text in result.diagnostics["warnings"])


def test_result_has_the_one_shape_and_the_input_is_kept() -> None:
    data = planted()
    before = data.copy()
    result = hazard(data, "x + C(z)", cluster="unit")
    assert tuple(result.table.columns) == COLUMNS
    assert result.table["term"].tolist() == ["x", "C(z)[T.1]"]
    assert result.diagnostics["zph"]["term"].tolist() == ["x", "C(z)[T.1]", "overall"]
    assert result.diagnostics["zph"]["df"].tolist() == [1, 1, 2]
    assert_allclose(np.sqrt(np.diag(result.diagnostics["covariance"])), result.table["std_error"], **EXACT)
    assert_frame_equal(data, before)


def test_collinear_and_missing_are_counted() -> None:
    data = planted().assign(double=lambda d: 2 * d["x"] + 1, y=lambda d: d["x"].where(d["x"] > -1, -1))
    data.loc[[3, 5], "z"] = np.nan
    result = hazard(data, "x + double + z")
    assert result.table["term"].tolist() == ["x", "z"]
    assert result.table["n"].tolist() == [398, 398]
    assert result.dropped == {
        "baris dengan nilai kosong pada z": 2,
        "suku kolinear, dikeluarkan: double": 1,
    }
    assert hazard(data, "np.log(y + 1.5)").table["n"][0] == 400
    assert hazard(data.assign(y=data["x"]), "np.log(y)").dropped["baris yang sukunya tidak dapat dihitung"] > 100


def test_near_failures_are_said() -> None:
    few = hazard(planted(n=60).assign(unit=lambda d: d["unit"] % 5).query("utuh < 12"), cluster="unit")
    assert any("Kejadian sedikit" in text for text in few.diagnostics["warnings"])
    assert any("Gugus sedikit" in text for text in few.diagnostics["warnings"])
    still = hazard(pd.DataFrame({"bulan": 1, "keluar": [1, 1, 1, 0, 0, 1], "x": [1, 0, 1, 0, 1, 1]}), "x")
    assert still.diagnostics["zph"].empty
    assert any("waktu kejadian terlalu sedikit" in text for text in still.diagnostics["warnings"])


def test_a_rare_category_with_one_exit_is_no_separation() -> None:
    data = pd.DataFrame({"bulan": np.tile(np.arange(1, 101), 100), "keluar": 1, "x": np.repeat([0, 1], [5000, 5000])})
    data.loc[data["x"] == 1, "keluar"] = 0
    data.loc[7000, "keluar"] = 1
    assert hazard(data, "x").table["estimate"][0] == pytest.approx(np.log(1 / 5000), abs=0.7)


def test_errors_that_one_cluster_determines_are_refused() -> None:
    # who left before the first exit tells nothing, so one cluster holds the whole score, which is zero
    data = planted().assign(lone=lambda d: (d.index == 0).astype(int))
    data.loc[0, ["bulan", "keluar"]] = [1e-6, 0]
    with pytest.raises(DataError, match="suku x, z: galat baku tidak dapat dihitung, karena satu baris atau terlalu"):
        hazard(data, cluster="lone")


BAD = {
    "no frame": ({"data": None}, CallError, "data: ditemukan NoneType"),
    "missing duration": ({"duration": "bulam"}, CallError, "duration: kolom bulam tidak ada.*Maksud Anda bulan"),
    "missing event": ({"event": "kaluar"}, CallError, "event: kolom kaluar tidak ada"),
    "missing term": ({"formula": "x + umur"}, CallError, "formula: kolom umur tidak ada"),
    "missing cluster": ({"cluster": "unut"}, CallError, "cluster: kolom unut tidak ada.*Maksud Anda unit"),
    "two clusters": (
        {"cluster": ["unit", "z"]},
        CallError,
        r"ditemukan 2 kolom \(unit, z\); di sini hanya",
    ),
    "one cluster": ({"cluster": "one"}, DataError, "hanya berisi satu gugus"),
    "left side": ({"formula": "bulan ~ x"}, CallError, "punya sisi kiri; tulis sukunya saja"),
    "no text": ({"formula": 3}, CallError, "formula: ditemukan int"),
    "unreadable": ({"formula": "x +* z"}, CallError, "tidak dapat dibaca"),
    "empty": ({"formula": "1"}, DataError, "tidak ada suku yang tersisa"),
    "unknown ties": ({"ties": "exact"}, CallError, "ties: ditemukan 'exact'; yang diizinkan: efron, breslow"),
    "no event": ({"event": "none"}, DataError, "kolom none tidak memuat satu kejadian pun"),
    "other codes": ({"event": "unit"}, DataError, "kolom unit berisi 1, 10, 11"),
    "no variation": ({"formula": "x + one"}, DataError, "suku one tidak bervariasi"),
    "no variation at risk": ({"formula": "x + late"}, DataError, "suku late tidak bervariasi di antara yang berisiko"),
    "separation": ({"formula": "x + never"}, DataError, "suku never tidak punya taksiran hingga"),
    "separation by order": ({"formula": "bulan_lagi"}, DataError, "suku bulan_lagi tidak punya taksiran hingga"),
    "entry too late": ({"entry": "bulan"}, DataError, "entry: kolom bulan tidak mendahului bulan"),
    "zero duration": ({"duration": "none"}, DataError, "kolom none bernilai 0 atau kurang pada 400 baris"),
    "infinite": ({"formula": "np.log(z)"}, DataError, "menjadi tak hingga"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD[case]
    data = planted().assign(one=1, none=0, bulan_lagi=lambda d: d["bulan"])
    data = data.assign(late=(data["bulan"] == data["bulan"].max()).astype(int), never=data["z"] * (1 - data["keluar"]))
    data.loc[data["late"] == 1, ["bulan", "keluar"]] = [100.0, 0]
    data.loc[data.index[:1], "late"] = 0
    data.loc[data["late"] == 1, "masuk"] = 90
    if case == "no variation at risk":
        changed = changed | {"entry": "masuk"}
    with pytest.raises(kind, match=message):
        hazard(**({"data": data} | changed))
