"""Ratings on one hidden scale: by hand, against an independent library, against planted truth, and with bad input."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats
from scipy.special import ndtr, ndtri

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.estimate import Estimate, estimate_latent
from kinerja_lib.estimate.result import COLUMNS

EXACT = {"rtol": 1e-7, "atol": 1e-9}
LEVELS = ["Kurang", "Cukup", "Baik", "Istimewa"]


def rate(codes: Any, levels: list[str] = LEVELS) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=levels, ordered=True)


def planted(seed: int = 3, people: int = 300, periods: int = 4, effect: float = 0.5) -> pd.DataFrame:
    """Return two ratings of people in periods; some start in the second, some in the third, the others never."""
    rng = np.random.default_rng(seed)
    start = rng.choice([1, 2, 99], people)
    frame = pd.DataFrame({"orang": np.repeat(range(people), periods), "waktu": np.tile(range(periods), people)})
    since = frame["waktu"] - start[frame["orang"]]
    frame["kejadian"] = since.where(since >= 0, -1)
    frame["kelompok"] = start[frame["orang"]].astype("str")
    frame["penilai"] = [f"R{at}" for at in rng.integers(0, 8, len(frame))]
    frame["lain"] = rng.integers(0, 2, len(frame)).astype("float64")
    score = rng.normal(size=people)[frame["orang"]] * 0.7 + 0.1 * frame["waktu"] + 0.2 * frame["lain"]
    score = score + effect * (since >= 0) + 0.3 * (start < 99)[frame["orang"]]
    for name, cuts in (("hasil", (-1.2, 0.2, 1.3)), ("perilaku", (-0.6, 0.9))):
        frame[name] = rate(np.digitize(score + rng.normal(size=len(frame)), cuts))
    return frame


ASKED: dict[str, Any] = {"event": "kejadian", "fixed": "waktu", "levels": "kelompok", "cluster": "orang"}


def cells(*shares: tuple[int, int, list[int]], name: str = "nilai") -> pd.DataFrame:
    """Return rows of (group, time, counts of the levels)."""
    parts = [
        pd.DataFrame({"kelompok": f"G{group}", "waktu": time, name: np.repeat(range(len(counts)), counts)})
        for group, time, counts in shares
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame[name] = rate(frame[name])
    treated = (frame["kelompok"] == "G1") & (frame["waktu"] == 1)
    return frame.assign(kejadian=treated.astype("int64") - 1, orang=range(len(frame)))


def test_two_groups_differ_by_the_probits_of_their_shares() -> None:
    frame = cells((0, 0, [70, 30]), (1, 1, [45, 55]))
    found = estimate_latent(frame, ratings="nilai", event="kejadian", cluster="orang")
    expected = ndtri(0.55) - ndtri(0.30)
    assert_allclose(found.table["estimate"], expected, **EXACT)
    assert found.table["term"].tolist() == ["att", "0"]
    assert found.table["group"].tolist() == ["", "event"]
    assert found.diagnostics["scale"] == 1.0
    variance = sum(p * (1 - p) / (100 * stats.norm.pdf(ndtri(p)) ** 2) for p in (0.55, 0.30))
    assert_allclose(found.table["std_error"], np.sqrt(variance * 200 / 199), **EXACT)
    reach = stats.t.ppf(0.975, 199) * np.sqrt(variance * 200 / 199)
    assert_allclose(found.table["conf_low"], expected - reach, **EXACT)


def test_four_cells_give_the_difference_in_differences_of_probits() -> None:
    shares = {(0, 0): 0.30, (0, 1): 0.40, (1, 0): 0.20, (1, 1): 0.55}
    frame = cells(*[(*cell, [round(200 * (1 - p)), round(200 * p)]) for cell, p in shares.items()])
    found = estimate_latent(frame, ratings="nilai", **ASKED)
    probits = {cell: ndtri(p) for cell, p in shares.items()}
    raw = probits[1, 1] - probits[1, 0] - probits[0, 1] + probits[0, 0]
    without = [probits[0, 0], probits[0, 1], probits[1, 0], probits[1, 1] - raw]  # equal cells
    scale = np.sqrt(1 + np.var(without))
    assert_allclose(found.diagnostics["scale"], scale, **EXACT)
    assert_allclose(found.table["estimate"], raw / scale, **EXACT)
    change = found.diagnostics["probability_change"]
    assert change["group"].tolist() == ["Kurang", "Cukup"]
    expected = 0.55 - ndtr(probits[1, 1] - raw)
    assert_allclose(change["estimate"], [-expected, expected], **EXACT)
    assert change["n"].tolist() == [200, 200]


def test_two_ratings_share_the_shift_and_keep_their_thresholds() -> None:
    one = cells((0, 0, [600, 400]), (1, 1, [*np.array([1000 - 700, 700])]))
    assert_allclose(
        estimate_latent(one, ratings="nilai", event="kejadian", cluster="orang").table["estimate"],
        ndtri(0.7) - ndtri(0.4),
        **EXACT,
    )
    cut, shift, size = (0.4, -0.8), 0.6, 4000
    frame = cells((0, 0, [size // 2, size // 2]), (1, 1, [size // 2, size // 2])).drop(columns="nilai")
    for name, limit in zip(("hasil", "perilaku"), cut, strict=True):
        good = np.concatenate([np.arange(size) < round(size * ndtr(score - limit)) for score in (0.0, shift)])
        frame[name] = rate(good.astype("int64"))
    found = estimate_latent(frame, ratings=["hasil", "perilaku"], event="kejadian", cluster="orang")
    assert found.table["estimate"].iloc[0] == pytest.approx(shift, abs=5e-4)  # counts are whole people
    assert found.diagnostics["probability_change"]["term"].tolist() == ["hasil", "hasil", "perilaku", "perilaku"]
    assert found.table["n"].tolist() == [2 * size, 2 * size]


def dummies(frame: pd.DataFrame) -> pd.DataFrame:
    events = pd.DataFrame({f"e{at}": frame["kejadian"] == at for at in sorted(set(frame["kejadian"]) - {-1})})
    others = pd.get_dummies(frame[["waktu", "kelompok"]].astype("str"), drop_first=True)
    return pd.concat([events, frame["lain"], others], axis=1).astype("float64")


def test_one_rating_is_the_ordered_probit_of_another_library_with_its_sandwich() -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    frame = planted(people=200)
    x = dummies(frame)
    model = OrderedModel(frame["hasil"], x, distr="probit")
    fit = model.fit(method="bfgs", disp=0, gtol=1e-8, maxiter=500)
    found = estimate_latent(frame, ratings="hasil", covariates="lain", **ASKED)
    scale = found.diagnostics["scale"]
    shown = [f"e{at}" for at in range(3)] + ["lain"]
    assert_allclose(found.table["estimate"][1:] * scale, fit.params[shown], atol=2e-6)
    own = x.columns.difference(shown)
    assert scale == pytest.approx(np.sqrt(1 + np.var(x[own].to_numpy() @ fit.params[own].to_numpy())), rel=1e-6)

    # The sandwich by hand: numeric scores and curvature of the likelihood, summed by person.
    y, k = frame["hasil"].cat.codes.to_numpy(), x.shape[1]

    def likelihood(theta: np.ndarray) -> np.ndarray:
        cuts, score = np.concatenate([[-np.inf], theta[k:], [np.inf]]), x.to_numpy() @ theta[:k]
        return np.log(ndtr(cuts[y + 1] - score) - ndtr(cuts[y] - score))

    theta = np.concatenate([fit.params[:k], fit.params[k : k + 1], np.exp(fit.params[k + 1 :])])
    theta[k:] = np.cumsum(theta[k:])
    scores = derive(likelihood, theta)
    bread = np.linalg.inv(-derive(lambda at: derive(lambda t: likelihood(t).sum(), at, 1e-3), theta, 1e-3))
    sums = pd.DataFrame(scores).groupby(frame["orang"]).sum().to_numpy()
    covariance = bread @ (len(sums) / (len(sums) - 1) * sums.T @ sums) @ bread
    assert_allclose(found.diagnostics["covariance"] * scale**2, covariance[:3, :3], rtol=2e-4, atol=1e-7)
    weights = found.diagnostics["event_weights"].to_numpy()
    counts = frame.loc[frame["kejadian"] >= 0, "kejadian"].value_counts().sort_index()
    assert_allclose(weights, counts / counts.sum(), **EXACT)
    assert_allclose(found.table["std_error"][0], np.sqrt(weights @ covariance[:3, :3] @ weights) / scale, rtol=2e-4)
    assert_allclose(found.table["estimate"][0], weights @ found.table["estimate"][1:4], **EXACT)
    assert found.diagnostics["n_clusters"].to_dict() == {"orang": 200}
    assert found.diagnostics["n_treated"] == frame.loc[frame["kejadian"] >= 0, "orang"].nunique()

    # What the mean share of each level would be without the programme, from the other library's parameters.
    treated = (frame["kejadian"] >= 0).to_numpy()
    score = x.to_numpy()[treated] @ theta[:k]
    bare = score - x.to_numpy()[treated][:, :3] @ theta[:3]
    limits = np.concatenate([[-np.inf], theta[k:], [np.inf]])
    expected = [
        np.mean((ndtr(high - score) - ndtr(low - score)) - (ndtr(high - bare) - ndtr(low - bare)))
        for low, high in pairwise(limits)
    ]
    change = found.diagnostics["probability_change"]
    assert_allclose(change["estimate"], expected, atol=2e-6)
    assert_allclose(change["estimate"].sum(), 0, atol=1e-12)

    def share(at: np.ndarray) -> np.ndarray:
        score = x.to_numpy()[treated] @ at[:k]
        bare = score - x.to_numpy()[treated][:, :3] @ at[:3]
        return np.array([np.mean(ndtr(at[k] - score) - ndtr(at[k] - bare))])

    slope = derive(share, theta)[0]
    assert change["std_error"][0] == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=2e-4)


def derive(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    return np.stack([(function(at + e) - function(at - e)) / (2 * step) for e in step * np.eye(len(at))], axis=-1)


NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "p_value", "n"]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(-9, 9))
def test_order_names_and_unused_levels_change_nothing(seed: int, shift: int) -> None:
    frame = planted(seed=5, people=80)
    both = {"ratings": ["hasil", "perilaku"], **ASKED}
    first = estimate_latent(frame, **both)
    rng = np.random.default_rng(seed)
    other = frame.sample(frac=1, random_state=int(rng.integers(1 << 30)))
    names = ["paling buruk", *[f"tingkat {rng.integers(1 << 30)}-{at}" for at in range(4)], "paling baik"]
    for name in ("hasil", "perilaku"):
        other[name] = rate(other[name].cat.codes + 1, names)  # two levels that nobody has
    other["waktu"] += shift
    other["kelompok"] = other["kelompok"].map({"99": "z", "1": "b", "2": "a"})
    other["orang"] = "P" + other["orang"].astype("str")
    second = estimate_latent(other, **both)
    assert_allclose(
        second.table[NUMBERS].astype("float64"), first.table[NUMBERS].astype("float64"), rtol=1e-6, atol=1e-8
    )
    parts = [found.diagnostics["probability_change"][NUMBERS].astype("float64") for found in (first, second)]
    assert_allclose(*parts, rtol=1e-6, atol=1e-8)
    assert second.diagnostics["probability_change"]["group"].iloc[0] == names[1]


def test_a_scale_turned_around_turns_the_effect_around() -> None:
    frame = planted()
    first = estimate_latent(frame, ratings="hasil", **ASKED)
    second = estimate_latent(frame.assign(hasil=rate(3 - frame["hasil"].cat.codes)), ratings="hasil", **ASKED)
    assert_allclose(second.table["estimate"], -first.table["estimate"], **EXACT)
    assert_allclose(second.table["std_error"], first.table["std_error"], **EXACT)


def test_input_stays_and_gaps_are_counted() -> None:
    frame = planted()
    frame.loc[frame.index[:7], "hasil"] = np.nan
    before = frame.copy(deep=True)
    found = estimate_latent(frame, ratings=["hasil", "perilaku"], covariates="lain", **ASKED)
    assert_frame_equal(frame, before)
    assert list(found.dropped.values()) == [7]
    assert (found.table["n"] == len(frame) - 7).all()
    assert set(COLUMNS) <= set(found.table)
    assert found.table["group"].tolist() == ["", "event", "event", "event", "covariate"]


def test_small_raters_share_a_column_and_any_event_below_zero_is_none() -> None:
    frame = planted(people=120)
    few = frame["penilai"].where(frame.index % 40 > 0, "X" + frame.index.astype("str"))  # raters of one row each
    merged = frame["penilai"].where(frame.index % 40 > 0, "sedikit")
    asked = {**ASKED, "levels": ["kelompok", "penilai"]}
    many = estimate_latent(frame.assign(penilai=few), ratings="hasil", **asked)
    one = estimate_latent(frame.assign(penilai=merged), ratings="hasil", **asked)
    assert_allclose(many.table["estimate"], one.table["estimate"], **EXACT)
    far = frame["kejadian"].where(frame["kejadian"] >= 0, -3)
    same = estimate_latent(frame.assign(kejadian=far), ratings="hasil", **ASKED)
    assert_allclose(same.table["estimate"], estimate_latent(frame, ratings="hasil", **ASKED).table["estimate"], **EXACT)


def test_what_decides_a_rating_gets_no_number_that_looks_certain() -> None:
    frame = planted(people=150)
    strict = frame.assign(penilai=frame["penilai"].where(frame["orang"] > 8, "keras"))
    hard = strict["penilai"] == "keras"
    strict["hasil"] = rate(np.where(hard, 0, strict["hasil"].cat.codes))
    asked = {"levels": ["kelompok", "penilai"]}
    raw = [
        f.table["estimate"][1:] * f.diagnostics["scale"] for f in (call(strict, **asked), call(strict[~hard], **asked))
    ]
    assert_allclose(*raw, rtol=1e-4, atol=1e-5)  # a rater of one level tells nothing of the programme
    found = call(strict.assign(pasti=hard * 1.0), covariates="pasti")
    assert found.table["term"].tolist() == ["att", "0", "1", "2"]
    assert any("pasti" in text for text in found.diagnostics["warnings"])
    best = frame["kejadian"] >= 0  # with a covariate that no untreated row has, the best level is sure, yet near
    sure = frame.assign(hasil=rate(np.where(best, 3, np.minimum(frame["hasil"].cat.codes, 2))))
    with pytest.raises(DataError, match="menentukan rating dengan pasti"):
        call(sure)


def test_few_clusters_are_told() -> None:
    frame = planted(people=80)
    found = estimate_latent(frame.assign(unit=frame["orang"] % 12), ratings="hasil", **{**ASKED, "cluster": "unit"})
    assert any("Gugus sedikit" in text for text in found.diagnostics["warnings"])
    assert estimate_latent(frame, ratings="hasil", **ASKED).diagnostics["warnings"] == ()


BAD: dict[str, tuple[type[KinerjaError], str, Callable[[pd.DataFrame], Estimate]]] = {
    "no such column": (CallError, "ratings: kolom hasl tidak ada", lambda d: call(d, ratings="hasl")),
    "no rating": (CallError, "ratings: tidak ada kolom yang disebut", lambda d: call(d, ratings=[])),
    "no order": (
        CallError,
        "ratings: hasil harus kolom kategori yang berurutan",
        lambda d: call(d.assign(hasil=d["hasil"].astype("str"))),
    ),
    "unordered": (
        CallError,
        "ratings: hasil harus kolom kategori yang berurutan",
        lambda d: call(d.assign(hasil=d["hasil"].cat.as_unordered())),
    ),
    "one level": (
        DataError,
        "ratings: hasil hanya berisi satu tingkat",
        lambda d: call(d.assign(hasil=rate(np.ones(len(d), dtype=int)))),
    ),
    "nobody treated": (DataError, "event: kolom kejadian tidak bervariasi", lambda d: call(d.assign(kejadian=-1))),
    "all treated": (
        DataError,
        "event: kolom kejadian harus berisi baris sebelum",
        lambda d: call(d.assign(kejadian=d["kejadian"].clip(lower=0))),
    ),
    "half a period": (
        DataError,
        r"event: kolom kejadian harus bilangan bulat .*ditemukan: 0.5",
        lambda d: call(d.assign(kejadian=d["kejadian"].where(d["kejadian"] != 1, 0.5))),
    ),
    "event in words": (
        DataError,
        "event: kolom kejadian bukan bilangan",
        lambda d: call(d.assign(kejadian=d["kejadian"].astype("str"))),
    ),
    "one cluster": (DataError, "cluster: kolom orang hanya berisi satu gugus", lambda d: call(d.assign(orang=1))),
    "all start at once": (
        DataError,
        "event: 0, 1, 2 tidak dapat dipisahkan dari periode",
        lambda d: call(d[d["kelompok"] == "1"]),
    ),
    "participants only after": (
        DataError,
        "event: .* tidak dapat dipisahkan dari periode, kelompok",
        lambda d: call(
            d[(d["kelompok"] == "99") | (d["kejadian"] == 0)].query("kelompok != '2'"), fixed=["waktu", "kelompok"]
        ),
    ),
    "twice the same covariate": (
        DataError,
        "event: ganda tidak dapat dipisahkan",
        lambda d: call(d.assign(ganda=2 * d["lain"]), covariates=["lain", "ganda"]),
    ),
    "certain": (
        DataError,
        r"event: kejadian = 2 menentukan rating dengan pasti",
        lambda d: call(d.assign(hasil=rate(np.where(d["kejadian"] == 2, 3, np.minimum(d["hasil"].cat.codes, 2))))),
    ),
    "nothing whole": (
        DataError,
        "data: tidak ada baris yang lengkap",
        lambda d: call(d.assign(lain=np.nan), covariates="lain"),
    ),
    "no table": (CallError, "data: ditemukan list", lambda d: estimate_latent([1], ratings="hasil", **ASKED)),  # type: ignore[arg-type]
}


def call(frame: pd.DataFrame, **more: Any) -> Estimate:
    return estimate_latent(frame, **{"ratings": "hasil", **ASKED, **more})


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_estimated_is_refused_with_the_place(case: str) -> None:
    kind, words, run = BAD[case]
    with pytest.raises(kind, match=words):
        run(planted(people=100))


def test_planted_shifts_are_covered_at_their_rate() -> None:
    """Twenty samples; the share of intervals that hold the truth is a binomial one."""
    covered, clear, errors = 0, 0, []
    for seed in range(20):
        effect = 0.5 * (seed % 2)
        frame = planted(seed=seed, people=200, effect=effect)
        table = estimate_latent(frame, ratings=["hasil", "perilaku"], **ASKED).table
        truth = effect / np.sqrt(1 + 0.49 + 0.01 + 0.01 * np.var(range(4)) + 0.09 * 2 / 9)
        row = table.iloc[0]
        covered += bool(row["conf_low"] <= truth <= row["conf_high"])
        clear += bool(effect == 0 and (row["conf_low"] > 0 or row["conf_high"] < 0))
        errors.append((row["estimate"] - truth) / row["std_error"])
    assert covered >= stats.binom.ppf(0.001, 20, 0.95)
    assert clear <= stats.binom.ppf(0.999, 10, 0.05)
    assert abs(np.mean(errors)) < 3.3 / np.sqrt(20)
