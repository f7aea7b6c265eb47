"""Published effects: the file itself, its filters, the pooled demonstration of the evidence file, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.estimate import Estimate
from kinerja_lib.published import DETAILS, INTERVENTIONS, METRICS, OUTCOMES, estimate_published, read_published

ROUNDED = 0.005 + 1e-9  # the demonstration is printed to two decimals


def demonstration() -> pd.DataFrame:
    """Return the nine Indonesian correlations with performance, one row of Pakpahan only."""
    rows = read_published(metric=["r", "partial_r"], outcome="kinerja")
    return rows[rows["intervention"] != "pendidikan"].reset_index(drop=True)


def found(rows: pd.DataFrame) -> list[float]:
    row = estimate_published(rows).table.iloc[0]
    return [row["estimate"], row["conf_low"], row["conf_high"]]


def ends(result: Estimate) -> list[object]:
    return [result.diagnostics["prediction_low"], result.diagnostics["prediction_high"]]


def test_words_of_the_file_are_those_that_are_translated() -> None:
    rows = read_published()
    assert len(rows) == 69
    assert set(rows["metric"]) == set(METRICS)
    assert set(rows["intervention"]) == set(INTERVENTIONS)
    assert set(rows["outcome"]) == set(OUTCOMES)
    assert set(rows["detail"]) == {*DETAILS, ""}
    assert rows["confidence"].value_counts().to_dict() == {"dibaca": 47, "dihitung": 11, "ingatan": 11}
    assert rows[["study", "estimate", "source", "sample"]].notna().all(axis=None)


def test_intervals_hold_their_estimates_and_errors_go_with_them() -> None:
    rows = read_published().dropna(subset=["conf_low"])
    assert len(rows) > 20
    assert ((rows["conf_low"] < rows["estimate"]) & (rows["estimate"] < rows["conf_high"])).all()
    z = rows[rows["metric"].isin(["r", "partial_r"]) & ~rows["pooled"]]
    error = 1 / np.sqrt(z["n"].astype("float64") - 3 - (z["metric"] == "partial_r"))
    for name, sign in (("conf_low", -1), ("conf_high", 1)):
        again = np.tanh(np.arctanh(z["estimate"]) + sign * 1.96 * error)
        assert again.to_numpy() == pytest.approx(z[name].to_numpy(), abs=0.002)


def test_a_row_is_pooled_unless_it_is_one_study() -> None:
    rows = read_published()
    assert (rows["pooled"] == ~(rows["k"] == 1).fillna(value=False)).all()
    assert rows.loc[rows["k"].isna(), "pooled"].all()
    assert 0 < rows["pooled"].sum() < len(rows)


def test_filters() -> None:
    assert set(read_published(metric="g")["metric"]) == {"g"}
    rows = read_published(metric=["r", "partial_r"], intervention="coaching", outcome="kinerja")
    assert list(rows["study"]) == ["Nuryanti", "Alfarisi"]
    assert read_published(metric="g", intervention="supervisi").empty


def test_what_is_given_back_is_the_callers_own() -> None:
    own = read_published()
    own["estimate"] = 0.0
    assert read_published()["estimate"].abs().min() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"metric": "hedges"},
            r"^metric: ditemukan 'hedges'; yang diizinkan: g, d, delta, r, partial_r",
        ),
        ({"metric": ["r", "z"]}, r"^metric: ditemukan 'z'"),
        ({"intervention": "coching"}, r"^intervention: ditemukan 'coching'.* Maksud Anda coaching\?$"),
        ({"outcome": "laba"}, r"^outcome: ditemukan 'laba'"),
    ],
)
def test_an_unknown_filter_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(CallError, match=message):
        read_published(**options)  # type: ignore[arg-type]


def test_all_nine() -> None:
    rows = demonstration()
    result = estimate_published(rows)
    assert len(rows) == 9
    assert found(rows) == pytest.approx([0.60, 0.39, 0.75], abs=ROUNDED)
    assert ends(result) == pytest.approx([-0.12, 0.91], abs=ROUNDED)
    q = result.diagnostics["q"]
    assert isinstance(q, float)
    assert 100 * (1 - 8 / q) == pytest.approx(82, abs=0.5)  # the page takes I2 from Q; `i2` here is that of tau2
    assert result.diagnostics["i2"] == pytest.approx(81.4, abs=0.05)
    assert result.design == "correlational"


def test_parts_of_the_nine() -> None:
    rows = demonstration()
    six = rows[rows["intervention"] != "supervisi"]
    assert len(six) == 6
    assert found(six) == pytest.approx([0.60, 0.30, 0.80], abs=ROUNDED)
    assert ends(estimate_published(six)) == pytest.approx([-0.33, 0.94], abs=ROUNDED)
    seven = rows[rows["detail"] != "swasta"]
    assert len(seven) == 7
    assert found(seven) == pytest.approx([0.54, 0.26, 0.74], abs=ROUNDED)
    assert found(rows[rows["study"] != "Pakpahan"])[0] == pytest.approx(0.65, abs=ROUNDED)


def test_standardised_differences_are_pooled_as_they_are() -> None:
    rows = read_published(metric="g")
    two = rows[~rows["pooled"] & rows["outcome"].isin(["berkurangnya kelelahan emosional", "berkurangnya kejenuhan"])]
    result = estimate_published(two)
    assert two["estimate"].min() < result.table["estimate"].iloc[0] < two["estimate"].max()
    assert "prediction_low" not in result.diagnostics  # two studies tell nothing of a third


def test_rows_are_not_changed() -> None:
    rows = demonstration()
    before = rows.copy()
    estimate_published(rows)
    assert_frame_equal(rows, before)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda: read_published(metric="d"), r"^rows: \d+ baris sudah gabungan banyak studi; pakai rows\[~rows"),
        (lambda: _single(["r", "g"]), r"^rows: metrik bercampur \(g, r\); pilih satu"),
        (
            lambda: _single(["MD"]).drop_duplicates("sample"),
            r"^rows: metrik MD tidak dapat digabung; yang diizinkan",
        ),
        (lambda: _single(["beta_std"]), r"^rows: metrik beta_std tidak dapat digabung"),
        (lambda: _single(["g"]), r"^rows: lebih dari satu baris dari sampel kiser-2024; ambil satu"),
        (lambda: _single(["partial_r"]), r"^rows: lebih dari satu baris dari sampel pakpahan-2014"),
        (lambda: demonstration().head(1), r"^data: ditemukan 1 studi lengkap"),
        (lambda: demonstration().assign(estimate=1.0), r"^rows: korelasi harus di antara −1 dan 1"),
        (lambda: demonstration().assign(n=4), r"^rows: korelasi harus di antara −1 dan 1, dari lebih dari empat orang"),
    ],
)
def test_what_must_not_be_pooled_is_refused(rows: object, message: str) -> None:
    assert callable(rows)
    with pytest.raises(DataError, match=message):
        estimate_published(rows())


def _single(metrics: list[str]) -> pd.DataFrame:
    rows = read_published(metric=metrics)
    return rows[~rows["pooled"]]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(CallError, match=r"^rows: ditemukan .*; yang diizinkan: kolom sample, metric, estimate"):
        estimate_published(demonstration().drop(columns="sample"))
