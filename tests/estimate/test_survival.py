"""Survival and incidence: by hand, against planted truth, against another library, and with bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import estimate_hazard, estimate_incidence, estimate_survival
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-10, "atol": 1e-12}  # two ways to compute one formula differ by rounding only
MP6 = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def remissions() -> pd.DataFrame:
    """Return the weeks in remission of Freireich et al. (1963), Blood 21; + is censored."""
    rows = [(drug, week) for drug, line in (("6-MP", MP6), ("placebo", PLACEBO)) for week in line.split()]
    return pd.DataFrame(
        {"drug": drug, "week": float(week.rstrip("+")), "relapse": int(not week.endswith("+"))} for drug, week in rows
    )


def survive(data: pd.DataFrame, **options: object):
    return estimate_survival(data, **({"duration": "week", "event": "relapse"} | options))


def exits(seed: int = 1, n: int = 400) -> pd.DataFrame:
    """Return months until pensiun (rate 0.03) or mutasi (0.05), censored within 40 months, rounded up."""
    rng = np.random.default_rng(seed)
    month, end = rng.exponential(1 / 0.08, n), rng.uniform(5, 40, n)
    why = np.where(rng.random(n) < 0.03 / 0.08, "pensiun", "mutasi")
    seen = month <= end
    frame = pd.DataFrame({"bulan": np.ceil(np.minimum(month, end)), "alasan": pd.Series(why).where(seen)})
    return frame.assign(kode=frame["alasan"].map({"pensiun": 1, "mutasi": 2}).fillna(0), kelompok=rng.integers(0, 3, n))


def incidence(data: pd.DataFrame, **options: object):
    return estimate_incidence(data, **({"duration": "bulan", "event": "kode", "cause": 1} | options))


def test_published_remissions() -> None:
    # Collett (2015), Modelling Survival Data, and any text: survival and error of 6-MP, log-rank 16.79
    result = survive(remissions(), by="drug", at=[6, 7, 10, 13, 16, 22, 23])
    mp6 = result.table[result.table["group"] == "6-MP"]
    assert mp6["term"].tolist() == ["6", "7", "10", "13", "16", "22", "23"]
    assert_allclose(mp6["estimate"], [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], atol=5e-5)
    assert_allclose(mp6["std_error"], [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], atol=5e-5)
    assert result.diagnostics["logrank"]["statistic"] == pytest.approx(16.79, abs=5e-3)
    assert result.diagnostics["logrank"]["df"] == 1
    # R's survfit prints 23 (16, NA) and 8 (4, 12)
    median = result.diagnostics["median"].set_index("group")[["estimate", "conf_low", "conf_high", "events"]]
    assert_allclose(median, [[23, 16, np.nan, 9], [8, 4, 12, 21]], **EXACT)


def test_published_hazard_of_the_remissions() -> None:
    # R's coxph on MASS::gehan: 6-MP -1.5721 (0.4124) by Efron; SAS and Collett by Breslow: -1.5092 (0.4096)
    data = remissions().assign(mp6=lambda d: (d["drug"] == "6-MP").astype(int))
    for ties, beta, error in (("efron", -1.5721, 0.4124), ("breslow", -1.5092, 0.4096)):
        row = estimate_hazard(data, "mp6", duration="week", event="relapse", ties=ties).table.iloc[0]
        assert_allclose(row[["estimate", "std_error"]].astype(float), [beta, error], atol=5e-5)


def test_one_step_by_hand() -> None:
    # 21 at risk, 3 relapses at week 6: S = 18/21, variance of log S = 3 / (21 * 18)
    row = survive(remissions().query("drug == '6-MP'"), at=6).table.iloc[0]
    reach = 1.959963984540054 * np.sqrt(3 / (21 * 18))
    assert_allclose(row[["estimate", "std_error"]].astype(float), [18 / 21, 18 / 21 * np.sqrt(3 / (21 * 18))], **EXACT)
    assert_allclose(row["conf_low"], 18 / 21 * np.exp(-reach), **EXACT)
    assert_allclose(row["conf_high"], min(18 / 21 * np.exp(reach), 1), **EXACT)
    assert row["n"] == 21


def test_restricted_mean_by_hand() -> None:
    # steps 1 until 2, 3/4 until 5, 3/8 until tau = 8; area after 2: 9/4 + 9/8, after 5: 9/8; d/(n(n-d)): 1/12 and 1/2
    data = pd.DataFrame({"week": [2.0, 4.0, 5.0, 9.0], "relapse": [1, 0, 1, 0]})
    row = survive(data, tau=8).diagnostics["rmst"].iloc[0]
    assert_allclose(row["estimate"], 2 + 9 / 4 + 9 / 8, **EXACT)
    assert_allclose(row["std_error"], np.sqrt((27 / 8) ** 2 / 12 + (9 / 8) ** 2 / 2), **EXACT)
    assert survive(data).diagnostics["rmst"]["tau"].tolist() == [9.0]


def test_restricted_mean_of_all_events_is_the_mean() -> None:
    data = remissions().query("drug == 'placebo'")
    row = survive(data).diagnostics["rmst"].iloc[0]
    assert_allclose(row["estimate"], data["week"].mean(), **EXACT)
    assert_allclose(row["std_error"], data["week"].std(ddof=0) / np.sqrt(21), **EXACT)


def test_median_in_the_middle_of_a_step_at_one_half() -> None:
    found = survive(pd.DataFrame({"week": [1, 2, 4, 7], "relapse": 1})).diagnostics["median"]
    assert found["estimate"].tolist() == [3.0]


def test_delayed_entry_by_hand() -> None:
    # at risk: 2 at week 3 (the third enters at 3, so after it), 2 at week 5
    data = pd.DataFrame({"week": [3.0, 5.0, 6.0], "start": [0.0, 1.0, 3.0], "relapse": [1, 1, 0]})
    result = survive(data, entry="start")
    assert_allclose(result.table["estimate"], [1 / 2, 1 / 4], **EXACT)
    assert result.diagnostics["at_risk"]["n_risk"].tolist() == [2, 2]


def test_spells_cut_in_two_give_the_same_curve() -> None:
    whole = remissions().assign(start=0.0)
    late = whole.query("week > 8").assign(start=8.0)
    early = whole.assign(week=whole["week"].clip(upper=8), relapse=whole["relapse"].where(whole["week"] <= 8, 0))
    cut = survive(pd.concat([early, late]), entry="start", by="drug")
    one = survive(whole, by="drug")
    columns = ["term", "group", "estimate", "std_error", "conf_low", "conf_high"]
    assert_frame_equal(cut.table[columns], one.table[columns])
    assert_allclose(cut.diagnostics["logrank"], one.diagnostics["logrank"], **EXACT)


def test_emptied_risk_set_is_said() -> None:
    data = pd.DataFrame({"week": [2.0, 9.0, 9.0], "start": [0.0, 4.0, 5.0], "relapse": [1, 1, 0]})
    result = survive(data, entry="start")
    assert result.table["estimate"].tolist() == [0.0, 0.0]
    assert any("jatuh ke 0 terlalu dini" in text for text in result.diagnostics["warnings"])


def test_log_rank_equals_another_library() -> None:
    from statsmodels.duration.survfunc import survdiff

    data = exits()
    seen = (data["kode"] > 0).astype(int)
    ours = estimate_survival(data.assign(seen=seen), duration="bulan", event="seen", by="kelompok")
    statistic, p = survdiff(data["bulan"], seen, data["kelompok"])
    assert_allclose(ours.diagnostics["logrank"][["statistic", "p"]], [statistic, p], rtol=1e-9)


def test_groups_keep_the_declared_order_and_names() -> None:
    declared = pd.Categorical(remissions()["drug"], categories=["placebo", "6-MP", "none"])
    result = survive(remissions().assign(drug=declared), by="drug", at=5)
    assert result.table["group"].tolist() == ["placebo", "6-MP"]
    assert tuple(result.table.columns) == COLUMNS


def test_times_beyond_a_group_are_left_out_and_said() -> None:
    result = survive(remissions(), by="drug", at=[23, 30.5])
    assert result.table[["term", "group"]].to_numpy().tolist() == [["23", "6-MP"], ["30.5", "6-MP"], ["23", "placebo"]]
    assert "Waktu 30.5 di luar data kelompok placebo (pengamatan terakhir 23)" in result.diagnostics["warnings"][0]


def test_without_an_event_yet_there_is_no_interval() -> None:
    result = survive(remissions(), at=[0, 0.5])
    assert result.table["estimate"].tolist() == [1.0, 1.0]
    assert result.table[["std_error", "conf_low", "conf_high"]].isna().all(axis=None)
    assert "selang tidak dapat dihitung" in result.diagnostics["warnings"][0]


def test_missing_rows_are_counted_and_the_input_is_kept() -> None:
    data = pd.concat([remissions(), remissions().iloc[:2].assign(week=np.nan)], ignore_index=True)
    before = data.copy()
    assert survive(data, at=3).dropped == {"baris dengan nilai kosong pada week": 2}
    incidence(exits(), event="alasan", cause="mutasi")
    assert_frame_equal(data, before)


SPELLS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2)), min_size=2, max_size=40)


@given(SPELLS.filter(lambda rows: {1, 2} <= {code for _time, code in rows}))
def test_shares_of_all_causes_and_survival_sum_to_one(rows: list[tuple[int, int]]) -> None:
    data = pd.DataFrame(rows, columns=["bulan", "kode"])
    at = sorted(data["bulan"].unique())
    parts = [incidence(data, cause=code, at=at).table["estimate"].to_numpy() for code in (1, 2)]
    anyone = data.assign(kode=(data["kode"] > 0).astype(int))
    rest = estimate_survival(anyone, duration="bulan", event="kode", at=at).table["estimate"].to_numpy()
    assert_allclose(sum(parts) + rest, 1, **EXACT)


@given(SPELLS.filter(lambda rows: any(code == 1 for _time, code in rows)))
def test_survival_falls_within_its_interval(rows: list[tuple[int, int]]) -> None:
    data = pd.DataFrame([(time, int(code == 1)) for time, code in rows], columns=["bulan", "kode"])
    table = estimate_survival(data, duration="bulan", event="kode").table
    assert (table["estimate"].diff().dropna() < 0).all()
    inside = table.dropna()
    assert ((inside["conf_low"] < inside["estimate"]) & (inside["estimate"] <= inside["conf_high"])).all()
    assert table["estimate"].between(0, 1).all()


def test_incidence_by_hand() -> None:
    # S before 2, 3, 5 is 1, 4/5, 3/5 (one censored at 4): the share of cause 1 is 1/5, then 1/5 + 3/5 * 1/2
    data = pd.DataFrame({"bulan": [2, 3, 4, 5, 6], "kode": [1, 2, 0, 1, 0]})
    assert_allclose(incidence(data, at=[2, 4, 5]).table["estimate"], [0.2, 0.2, 0.5], **EXACT)


def test_incidence_without_censoring_is_a_share_with_its_error() -> None:
    assert_allclose(incidence(pd.DataFrame({"bulan": 4, "kode": [1] * 3 + [2] * 7})).table["estimate"], [0.3], **EXACT)
    single = pd.DataFrame({"bulan": range(1, 301), "kode": [1, 2] * 150})
    row = incidence(single, at=200).table.iloc[0]
    assert_allclose(row["estimate"], 1 / 3, **EXACT)
    assert_allclose(row["std_error"], np.sqrt(1 / 3 * 2 / 3 / 300), rtol=0.01)  # Gray's variance differs by about 1/n


def test_one_kind_of_exit_is_one_less_survival() -> None:
    data = exits().assign(kode=lambda d: (d["kode"] > 0).astype(int))
    shares = incidence(data, at=[5, 10, 20]).table
    rest = estimate_survival(data, duration="bulan", event="kode", at=[5, 10, 20]).table
    assert_allclose(shares["estimate"], 1 - rest["estimate"], **EXACT)
    assert_allclose(shares["std_error"], rest["std_error"], rtol=0.01)  # Greenwood has no correction for ties


def test_text_codes_equal_numbers_and_nothing_means_censored() -> None:
    text = incidence(exits(), event="alasan", cause="pensiun", by="kelompok", at=[10, 20])
    numbers = incidence(exits(), by="kelompok", at=[10, 20])
    assert_frame_equal(text.table, numbers.table)
    assert_allclose(text.diagnostics["gray"], numbers.diagnostics["gray"], **EXACT)
    assert text.diagnostics["events"].sum() == 400
    assert text.dropped == {}


def test_incidence_covers_the_planted_share() -> None:
    truth = 0.03 / 0.08 * (1 - np.exp(-0.08 * 10))
    covered, errors = 0, []
    for seed in range(300):
        row = incidence(exits(seed, 150), at=10).table.iloc[0]
        covered += row["conf_low"] < truth < row["conf_high"]
        errors.append(row["estimate"] - truth)
    assert 0.91 <= covered / 300 <= 0.99  # 0.95 with a simulation error of 0.0126, three of them
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(300)


def test_survival_and_restricted_mean_cover_the_planted_truth() -> None:
    rng = np.random.default_rng(2)
    truth = [np.exp(-0.5), 10 * (1 - np.exp(-2))]  # rate 0.1: S(5), and the mean up to 20
    covered = np.zeros(2)
    for _repeat in range(300):
        month, end = rng.exponential(10, 120), rng.uniform(0, 60, 120)
        data = pd.DataFrame({"week": np.minimum(month, end), "relapse": (month <= end).astype(int)})
        result = survive(data, at=5, tau=20)
        rows = pd.concat([result.table, result.diagnostics["rmst"]])
        covered += (rows["conf_low"] < truth) & (rows["conf_high"] > truth)
    assert ((covered / 300 >= 0.91) & (covered / 300 <= 0.99)).all()


def test_gray_equals_the_log_rank_test_of_who_is_kept_at_risk() -> None:
    # without censoring, who left for another reason stays at risk for ever (Gray 1988, section 2)
    ratios = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"bulan": rng.exponential(10, 4000), "kelompok": rng.integers(0, 2, 4000)})
        data["kode"] = np.where(rng.random(4000) < 0.4 + 0.1 * data["kelompok"], 1, 2)
        kept = data.assign(bulan=data["bulan"].where(data["kode"] == 1, 1000), kode=(data["kode"] == 1))
        ours = incidence(data, by="kelompok").diagnostics["gray"]
        other = estimate_survival(kept, duration="bulan", event="kode", by="kelompok").diagnostics["logrank"]
        ratios.append(ours["statistic"] / other["statistic"])
    assert_allclose(ratios, 1, atol=0.05)  # the two variances agree for many rows only


def test_gray_holds_its_level_under_permutation() -> None:
    rng = np.random.default_rng(4)
    data = exits(n=120)
    found = []
    for _repeat in range(400):
        shuffled = data.assign(kelompok=rng.permutation(data["kelompok"]))
        found.append(incidence(shuffled, by="kelompok").diagnostics["gray"])
    table = pd.DataFrame(found)
    assert table["df"].eq(2).all()
    assert table["statistic"].mean() == pytest.approx(2, abs=3 * 2 / np.sqrt(400))  # chi square of 2 df: mean 2, sd 2
    assert 0.017 <= (table["p"] < 0.05).mean() <= 0.083  # 0.05 with a simulation error of 0.0109, three of them


def test_gray_sees_a_planted_difference_and_knows_no_order_of_groups() -> None:
    data = exits(n=600)
    data.loc[data["kode"].eq(2) & data["kelompok"].eq(0), "kode"] = 1
    found = incidence(data, by="kelompok").diagnostics["gray"]
    assert found["p"] < 1e-6
    turned = incidence(data.assign(kelompok=data["kelompok"].map({0: 2, 1: 0, 2: 1})), by="kelompok")
    assert_allclose(turned.diagnostics["gray"], found, **EXACT)
    longer = incidence(data.assign(bulan=data["bulan"] ** 2), by="kelompok")
    assert_allclose(longer.diagnostics["gray"], found, **EXACT)


BAD_SURVIVAL = {
    "no frame": ({"data": None}, CallError, "data: ditemukan NoneType"),
    "missing duration": ({"duration": "wek"}, CallError, r"duration: kolom wek tidak ada.*Maksud Anda week"),
    "missing event": ({"event": "relaps"}, CallError, "event: kolom relaps tidak ada"),
    "missing group": ({"by": "obat"}, CallError, "by: kolom obat tidak ada"),
    "missing entry": ({"entry": "masuk"}, CallError, "entry: kolom masuk tidak ada"),
    "no event": ({"event": "none"}, DataError, "kolom none tidak memuat satu kejadian pun"),
    "other codes": ({"event": "codes"}, DataError, r"kolom codes berisi 2; yang diizinkan 0 \(tersensor\) dan 1"),
    "text events": ({"event": "drug"}, DataError, "kolom drug berisi 6-MP, placebo"),
    "text duration": ({"duration": "drug"}, DataError, "duration: kolom drug bukan bilangan"),
    "zero duration": ({"duration": "zero"}, DataError, "kolom zero bernilai 0 atau kurang pada 1 baris"),
    "entry too late": ({"entry": "week"}, DataError, "entry: kolom week tidak mendahului week pada 42 baris"),
    "one group": ({"by": "one"}, DataError, r"by: kolom one hanya berisi satu kelompok \(x\)"),
    "groups never together": ({"by": "era", "entry": "start"}, DataError, "tidak pernah berisiko bersama"),
    "time not a number": ({"at": "lama"}, CallError, "at: ditemukan 'lama'; yang diizinkan: bilangan dari 0"),
    "negative time": ({"at": [-1, 5]}, CallError, "at: ditemukan"),
    "all times beyond": ({"at": [50, 60]}, CallError, "at: semua waktu di luar data; pengamatan terakhir pada 35"),
    "tau beyond": ({"tau": 36}, CallError, "tau: ditemukan 36; yang diizinkan: di atas 0 sampai 35"),
    "tau zero": ({"tau": 0}, CallError, "tau: ditemukan 0"),
    "all missing": ({"event": "gap"}, DataError, "tidak ada baris yang lengkap"),
}


@pytest.mark.parametrize("case", BAD_SURVIVAL)
def test_bad_survival_says_what_is_wrong(case: str) -> None:
    changed, kind, message = BAD_SURVIVAL[case]
    data = remissions().assign(one="x", none=0, codes=2, gap=np.nan, era=lambda d: np.where(d["week"] > 8, "b", "a"))
    data = data.assign(zero=data["week"].where(data.index != 3, 0), start=np.where(data["era"] == "b", 8.0, 0.0))
    with pytest.raises(kind, match=message):
        survive(**({"data": data} | changed))


BAD_INCIDENCE = {
    "missing duration": ({"duration": "bulam"}, "duration: kolom bulam tidak ada.*Maksud Anda bulan"),
    "missing group": ({"by": "unit"}, "by: kolom unit tidak ada"),
    "unknown cause": ({"cause": 3}, r"cause: ditemukan '3'; yang diizinkan: 1, 2"),
    "unknown text": ({"event": "alasan", "cause": "pensiu"}, "cause: ditemukan 'pensiu'.*Maksud Anda pensiun"),
    "censored as cause": ({"cause": 0}, "cause: ditemukan '0'"),
    "no event": ({"event": "none"}, "tidak memuat satu kejadian pun"),
    "one group": ({"by": "none"}, "hanya berisi satu kelompok"),
    "all times beyond": ({"at": 400}, "semua waktu di luar data"),
    "dates": ({"duration": "tanggal"}, "duration: kolom tanggal bukan bilangan"),
}


@pytest.mark.parametrize("case", BAD_INCIDENCE)
def test_bad_incidence_says_what_is_wrong(case: str) -> None:
    changed, message = BAD_INCIDENCE[case]
    data = exits().assign(none=0, tanggal=pd.Timestamp("2025-01-01"))
    with pytest.raises(KinerjaError, match=message):
        incidence(**({"data": data} | changed))
