"""What a study of performance looks at besides its headline: the time before, quotas, the coach who also rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import KinerjaError
from kinerja_lib.estimate import Estimate, estimate_regression, sensitivity_robustness
from kinerja_lib.estimate.result import Z
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.studies.programme import list_others
from kinerja_lib.studies.result import Check, Study, excludes_zero, own_row, read_values, try_fit

DOUBT = 0.05  # a test of the time before that is below this is no accident
SURE = 0.01  # tests that look for something rare are asked for more
MOST_SAME = 0.9  # where the coach rates nearly all, no other rating is left to compare
LEADS = 2  # periods before the start that are looked at, each against those further back
FEW_UNITS = 3


def check_before(rows: pd.DataFrame, estimate: Callable[[pd.DataFrame], Estimate]) -> list[Check]:
    """Ask whether participants moved differently before they began: all leads together, and a dip just before.

    The periods just before the start are treated as if the programme had begun, on rows without it.
    """
    lead = rows["mulai_ikut"] - rows["waktu"]
    part = rows[~rows["ikut"]].assign(semu=lead.where((lead > 0) & (lead <= LEADS) & (rows["mulai_ikut"] >= 0), 0) - 1)
    part = part.reset_index(drop=True)
    asked = [lag for lag in range(LEADS) if part.loc[part["semu"] == lag, "pegawai_id"].nunique() >= MIN_GROUP]
    further = part.loc[(part["mulai_ikut"] >= 0) & (part["semu"] < 0), "pegawai_id"].nunique()
    if not asked or further < MIN_GROUP:
        return [Check("pre_trend", None), Check("dip", None)]
    found = try_fit(estimate, part)
    if found is None:
        return [Check("pre_trend", None), Check("dip", None)]
    table = found.table[found.table["group"] == "event"].set_index("term")
    p_value = _test_together(found)
    n = float(found.diagnostics["n_treated"])  # type: ignore[arg-type]
    checks = [Check("pre_trend", not p_value < DOUBT, values={"p_value": p_value, "n": n})]
    if "0" not in table.index:
        return [*checks, Check("dip", None)]
    row: Any = table.loc["0"]
    values = {name: float(row[name]) for name in ("estimate", "conf_low", "conf_high", "p_value")} | {"n": n}
    return [*checks, Check("dip", not (row["estimate"] < 0 and row["p_value"] < SURE), values=values)]


def _test_together(found: Estimate) -> float:
    """Return the p value of the test that all event times are zero."""
    from scipy import stats

    covariance = found.diagnostics["covariance"]
    table = found.table[found.table["group"] == "event"]
    values = table["estimate"].to_numpy()
    statistic = float(values @ np.linalg.pinv(np.asarray(covariance)) @ values)
    return float(stats.chi2.sf(statistic, len(values)))


def check_pre_trend(main: Estimate) -> Check:
    """Return the estimator's own test of the time before."""
    p_value = main.diagnostics.get("pre_trend_p")
    if not isinstance(p_value, float) or pd.isna(p_value):
        return Check("pre_trend", None)
    return Check("pre_trend", not p_value < DOUBT, values={"p_value": p_value, "n": float(main.table["n"].iloc[0])})


def check_quota(rows: pd.DataFrame) -> Check:
    """Ask whether units' means are more alike than chance allows: ratings shared out inside units.

    Without quotas the mean squares between units are at least those within; a ratio (F) in the lower tail says that a
    good rating of one is paid for by a colleague's.
    """
    from scipy import stats

    cells = rows[rows["skor"].notna()].groupby(["waktu", "unit_id"], observed=True)["skor"]
    counts, means, spread = cells.count(), cells.mean(), cells.var(ddof=1)
    kept = counts >= MIN_GROUP
    counts, means, spread = counts[kept], means[kept], spread[kept]
    whole = (means * counts).groupby(level=0).sum() / counts.groupby(level=0).sum()
    between_df = len(means) - len(whole)
    within_df = float((counts - 1).sum())
    if between_df < FEW_UNITS or within_df < MIN_GROUP:
        return Check("quota", None)
    distance = means - whole.reindex(means.index.get_level_values(0)).to_numpy()
    between = float((counts * distance**2).sum()) / between_df
    within = float(((counts - 1) * spread.fillna(0.0)).sum()) / within_df
    if within <= 0:
        return Check("quota", None)
    ratio = between / within
    p_value = float(stats.f.cdf(ratio, between_df, within_df))
    values = {"ratio": ratio, "p_value": p_value, "n": float(counts.sum())}
    return Check("quota", not p_value < DOUBT, values=values)


def is_same_source(rows: pd.DataFrame) -> bool:
    """Return whether the coach gave nearly all ratings of participants."""
    return bool(rows.loc[rows["ikut"], "sumber_sama"].mean() > MOST_SAME)


def check_same_source(rows: pd.DataFrame, main: Estimate) -> Check:
    """Tell how many participants' ratings the coach gave, and how much better those are at the same time."""
    treated = rows[rows["ikut"]]
    share = float(treated["sumber_sama"].mean())
    n = float(treated["pegawai_id"].nunique())
    found = main.table[main.table["term"] == "sumber_sama"]
    values = {"share": 100 * share, "n": n}
    if len(found):
        values |= {name: float(found[name].iloc[0]) for name in ("estimate", "conf_low", "conf_high")}
    return Check("same_source", not is_same_source(rows), values=values)


def check_spillover(rows: pd.DataFrame, outcome: Any) -> Check:
    """Ask whether colleagues who do not take part changed when their unit began; errors clustered by unit."""
    begun = rows[rows["ikut"]].groupby("unit_id", observed=True)["waktu"].min()
    own = rows["unit_id"].map(begun)
    part = rows[~rows["ikut"]].assign(rekan=(rows["waktu"] >= own).astype("int64") - 1).reset_index(drop=True)
    if part["unit_id"].nunique() < 2 * FEW_UNITS:
        return Check("spillover", None, blocking=False)
    name = "skor" if outcome.ordinal else outcome.columns[0]
    spread = float(part.loc[part["rekan"] < 0, name].std())
    part = part[part[name].notna()].assign(rekan=part["rekan"] + 1.0, satuan=part[name] / spread)
    found = try_fit(estimate_regression, part, "satuan ~ rekan", absorb=["unit_id", "waktu"], cluster="unit_id")
    if found is None or "rekan" not in set(found.table["term"]):
        return Check("spillover", None, blocking=False)
    row = own_row(found, "rekan")
    values = read_values(row) | {"p_value": float(row["p_value"])}
    return Check("spillover", not values["p_value"] < SURE, blocking=False, values=values)


def check_second(main: Estimate, second: Estimate | None) -> Check:
    """Ask whether the second estimator contradicts the first: the other sign, and surely so."""
    if second is None:
        return Check("second", None)
    row, first = second.table.iloc[0], main.table.iloc[0]
    opposed = excludes_zero(row) and row["estimate"] * first["estimate"] < 0
    return Check("second", not opposed, values=read_values(row))


def compare_means(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the plain difference between rows with and without the programme, errors clustered by person."""
    part = rows.assign(peserta=rows["ikut"].astype("float64"))
    table = estimate_regression(part, f"{outcome} ~ peserta", cluster="pegawai_id").table
    return table[table["term"] == "peserta"]


def find_reliability(rows: pd.DataFrame, outcome: str) -> float:
    """Return the correlation of an outcome with itself one period later, without the programme."""
    table = rows.pivot_table(index="pegawai_id", columns="waktu", values=outcome, aggfunc="first")
    pairs = [table.iloc[:, [at, at + 1]].dropna().to_numpy() for at in range(table.shape[1] - 1)]
    both = np.vstack([pair - pair.mean(axis=0) for pair in pairs if len(pair)]) if pairs else np.empty((0, 2))
    if len(both) < MIN_GROUP or both.std(axis=0).min() <= 0:
        return float("nan")
    return float(np.corrcoef(both.T)[0, 1])


def expect_return(rows: pd.DataFrame, outcome: str) -> dict[str, float]:
    """Return how far participants would have come back to the mean without any programme.

    Returns
    -------
    dict
        `reliability` (correlation from period to period, with `conf_low` and `conf_high` by Fisher's z and `pairs`),
        `start` (participants' mean in the period before they began, in SD from the others'), `expected` (the part of
        that which is given back: (1 - reliability) times -start), `gain` (what participants gained on the others
        from that period to the next), `remainder`, `n`. Empty where it cannot be had.
    """
    from scipy import special

    before = rows[~rows["ikut"] & rows[outcome].notna()]
    reliability = find_reliability(before, outcome)
    spread = float(before[outcome].std())
    last = rows[(rows["mulai_ikut"] - rows["waktu"] == 1) & rows[outcome].notna()].set_index("pegawai_id")
    first = rows[(rows["kejadian"] == 0) & rows[outcome].notna()].set_index("pegawai_id")
    both = last.index.intersection(first.index)
    if pd.isna(reliability) or not spread > 0 or len(both) < MIN_GROUP:
        return {}
    means = before.groupby("waktu")[outcome].mean()
    start = (last.loc[both, outcome] - last.loc[both, "waktu"].map(means)) / spread
    end = (first.loc[both, outcome] - first.loc[both, "waktu"].map(means)) / spread
    pairs = float(before.groupby("pegawai_id").size().sub(1).clip(lower=0).sum())
    reach = Z / np.sqrt(max(pairs - 3, 1))
    low, high = np.tanh(np.arctanh(reliability) - reach), np.tanh(np.arctanh(reliability) + reach)
    gain = end - start
    error = float(gain.std() / np.sqrt(len(both)))
    t = float(special.stdtrit(len(both) - 1, 0.975))
    expected = -(1 - reliability) * float(start.mean())
    return {
        "reliability": reliability,
        "conf_low": float(low),
        "conf_high": float(high),
        "pairs": pairs,
        "start": float(start.mean()),
        "expected": expected,
        "gain": float(gain.mean()),
        "gain_low": float(gain.mean()) - t * error,
        "gain_high": float(gain.mean()) + t * error,
        "remainder": float(gain.mean()) - expected,
        "n": float(len(both)),
    }


def split_variance(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return whose rating it is: the shares of its variance by person, rater and unit, and what is left.

    Method of moments over pairs of rows: of one person with different raters, of one rater, of one unit; intervals
    leave out one unit after another (jackknife).

    Returns
    -------
    DataFrame
        source (person, rater, unit, rest), share (0 to 1), conf_low, conf_high, n (rows). Empty where there are too
        few units.
    """
    columns = ["source", "share", "conf_low", "conf_high", "n"]
    part = rows[rows[outcome].notna()]
    units = part["unit_id"].dropna().unique()
    if len(units) < FEW_UNITS or part["penilai"].nunique() < FEW_UNITS:
        return pd.DataFrame(columns=columns)
    values = part[outcome] - part.groupby("waktu")[outcome].transform("mean")
    frame = pd.DataFrame({name: pd.factorize(part[name])[0] for name in ("pegawai_id", "penilai", "unit_id", "waktu")})
    frame["y"] = values.to_numpy()
    whole = _moments(frame)
    left_out = np.array([_moments(frame[frame["unit_id"] != unit]) for unit in frame["unit_id"].unique()])
    g = len(left_out)
    error = np.sqrt((g - 1) / g * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    from scipy import stats

    reach = stats.t.ppf(0.975, g - 1) * error
    return pd.DataFrame(
        {
            "source": ["person", "rater", "unit", "rest"],
            "share": whole,
            "conf_low": np.maximum(whole - reach, 0.0),
            "conf_high": np.minimum(whole + reach, 1.0),
            "n": len(part),
        }
    )


def _moments(frame: pd.DataFrame) -> np.ndarray:
    """Return the shares of person, rater, unit and the rest, none below zero."""
    unit = _pairs(frame, ["unit_id", "waktu"]) - _pairs(frame, ["unit_id", "waktu", "penilai"])
    same_rater = _pairs(frame, ["penilai", "waktu"])
    person = _pairs(frame, ["pegawai_id"]) - _pairs(frame, ["pegawai_id", "penilai"])
    total = float((frame["y"] ** 2).mean())
    shared = max(_ratio(unit), 0.0)
    rater = max(_ratio(same_rater) - shared, 0.0)
    own = max(_ratio(person) - shared, 0.0)
    rest = max(total - shared - rater - own, 0.0)
    parts = np.array([own, rater, shared, rest])
    return np.asarray(parts / parts.sum() if parts.sum() > 0 else parts)


def _pairs(frame: pd.DataFrame, by: list[str]) -> np.ndarray:
    """Return the sum of products over ordered pairs of different rows of a group, and the number of pairs."""
    groups = frame.groupby(by, sort=False)["y"]
    n, total = groups.count(), groups.sum()
    squares = float((frame["y"] ** 2).sum())
    return np.array([float((total**2).sum()) - squares, float((n * (n - 1)).sum())])


def _ratio(pairs: np.ndarray) -> float:
    return float(pairs[0] / pairs[1]) if pairs[1] > 0 else 0.0


def find_robustness(rows: pd.DataFrame, outcome: str) -> dict[str, float]:
    """Return how strong an unrecorded factor would have to be, in shares of what is left to explain, to undo it.

    `rv` (to bring the estimate to zero), `rv_alpha` (to make it uncertain), `n`. Of the linear regression with person
    and period.
    """
    part = rows[rows[outcome].notna()].assign(peserta=rows["ikut"].astype("float64"))
    others = list_others(part)
    for name in ("pegawai_id", "waktu"):
        part = part[part.groupby(name)[outcome].transform("size") > 1]
    formula = f"{outcome} ~ " + " + ".join(["peserta", *others])
    try:
        with np.errstate(invalid="ignore"):  # of a term without any variance left: a missing error
            fit = estimate_regression(part, formula, absorb=["pegawai_id", "waktu"], cluster="pegawai_id")
        if fit.table["std_error"].isna().any():
            return {}
        found = sensitivity_robustness(fit, "peserta")
    except KinerjaError:
        return {}
    return {
        "rv": float(found.rv_q),
        "rv_alpha": float(found.rv_qa),
        "n": float(fit.table["n"].iloc[0]),
    }


def say_limits(study: Study) -> tuple[str, ...]:
    """Return what such a study of performance cannot show."""
    said = [
        _("Tidak ada yang diundi: sifat yang tidak tercatat dan berubah bersama program ikut terhitung."),
        _("Penilaian adalah pendapat penilai. Yang ditaksir ialah perubahan penilaian, bukan perubahan kerjanya."),
        _("Angka ini berlaku bagi mereka yang ikut, bukan bagi mereka yang tidak ikut bila kelak diwajibkan."),
        _("Kegiatan yang tidak dicatat tidak terlihat; sebagian pembanding mungkin ikut juga."),
    ]
    if study.design == "pre_post":
        said.insert(0, _("Tanpa pembanding, perubahan karena waktu tidak dapat dipisahkan dari program."))
    return tuple(said)
