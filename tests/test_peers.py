"""Units side by side: limits by hand and by simulation, peers of one level, small units left out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from kinerja_lib.peers import build_funnel, build_indicator_funnel, build_units, funnel_limits, random_effects
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope
from kinerja_lib.typed import check_table


def make_data(**tables: Iterable[dict[str, object]]) -> Dataset:
    """Return a Dataset of typed tables from rows of plain values."""
    return Dataset(
        {
            name: check_table(name, pd.DataFrame(list(rows)).astype("str").replace("None", ""), locate=str)
            for name, rows in tables.items()
        }
    )


def agency(sizes: dict[str, int], *, shift: dict[str, float] | None = None, seed: int = 1, **tables: object) -> Dataset:
    rng = np.random.default_rng(seed)
    units = [{"unit_id": "B", "nama": "Bidang", "induk_id": None}]
    units += [{"unit_id": u, "nama": f"Sub {u}", "induk_id": "B"} for u in sizes]
    ids = [(f"{u}{i:03d}", u) for u, n in sizes.items() for i in range(n)]
    people = [{"pegawai_id": p, "unit_id": u} for p, u in ids]
    rows = [
        {"pegawai_id": p, "periode": "2025-S1", "unit_id": u, "nilai": 90 + (shift or {}).get(u, 0) + rng.normal(0, 3)}
        for p, u in ids
    ]
    return make_data(unit=units, pegawai=people, penilaian=rows, **tables)  # type: ignore[arg-type]


def test_limits_of_means_by_hand() -> None:
    limits = funnel_limits(np.array([4, 100]), centre=90.0, sd=10.0, tau=0.0)
    assert limits["low95"].tolist() == pytest.approx([90 - 1.959964 * 5, 90 - 1.959964], abs=1e-5)
    assert limits["high998"].tolist() == pytest.approx([90 + 3.090232 * 5, 90 + 3.090232], abs=1e-5)
    wider = funnel_limits(np.array([100]), centre=90.0, sd=10.0, tau=2.0)
    assert wider["high95"].iloc[0] == pytest.approx(90 + 1.959964 * 5**0.5, abs=1e-5)


@given(st.integers(5, 400), st.floats(1, 99))
def test_limits_of_shares_are_binomial_quantiles(n: int, percent: float) -> None:
    limits = funnel_limits(np.array([n]), centre=percent, sd=0.0, is_share=True).iloc[0]
    for name, tail in (("low95", 0.025), ("high95", 0.975), ("low998", 0.001), ("high998", 0.999)):
        reached = stats.binom.ppf(tail, n, percent / 100)
        assert (reached - 1) / n * 100 - 1e-9 <= limits[name] <= reached / n * 100 + 1e-9
    assert 0 <= limits["low998"] <= limits["low95"] <= limits["high95"] <= limits["high998"] <= 100


def test_a_far_unit_stands_outside_and_equal_ones_mostly_inside() -> None:
    sizes = {f"S{i:02d}": 20 + 3 * i for i in range(30)}
    funnel = build_funnel(build_scope(agency(sizes, shift={"S05": -6.0}), unit="S05"))
    assert funnel is not None
    table = funnel.table.set_index("unit_id")
    assert list(table.index) == list(sizes)
    assert table.index[table["highlighted"]].tolist() == ["S05"]
    assert not table.loc["S05", "inside998"]
    assert table["inside95"].mean() > 0.8  # 29 of 30 are equal: about one or two fall outside 95 per cent
    assert funnel.sd == pytest.approx(3, rel=0.1)  # about 1,900 people: error of an SD about 1.6 per cent
    assert (funnel.hidden, funnel.tau, funnel.is_share) == (0, 0.0, False)


def test_small_units_are_left_out_and_counted_with_one_that_would_give_them_back() -> None:
    sizes = {"S1": 3, "S2": 10, "S3": 12, "S4": 20, "S5": 30}
    funnel = build_funnel(build_scope(agency(sizes)))
    assert funnel is not None
    assert funnel.table["unit_id"].tolist() == ["S3", "S4", "S5"]
    assert funnel.hidden == 2
    assert not funnel.table["highlighted"].any()
    assert build_funnel(build_scope(agency({"S1": 10, "S2": 10}))) is None


def test_peers_are_as_deep_as_the_unit_with_all_below_them() -> None:
    data = agency({"S1": 10, "S2": 10, "S3": 10})
    units = pd.DataFrame(
        {
            "unit_id": ["B1", "B2", "B3", "S1", "S2", "S3"],
            "nama": list("abcdef"),
            "induk_id": [None, None, None, "B1", "B2", "B3"],
        }
    )
    data = Dataset({**data.tables, "unit": units.astype("str").where(units.notna())})
    high = build_funnel(build_scope(data, unit="B2"))
    low = build_funnel(build_scope(data))
    assert high is not None
    assert low is not None
    assert high.table["unit_id"].tolist() == ["B1", "B2", "B3"]
    assert low.table["unit_id"].tolist() == ["S1", "S2", "S3"]
    assert high.table["value"].tolist() == low.table["value"].tolist()


def test_a_share_hides_units_where_few_are_over() -> None:
    bad = {"S1": 6, "S2": 2, "S3": 7, "S4": 8, "S5": 1}
    rows = [
        {"pegawai_id": f"{u}{i:03d}", "periode": "2025-S1", "unit_id": u, "predikat": "Kurang" if i < k else "Baik"}
        for u, k in bad.items()
        for i in range(20)
    ]
    data = agency(dict.fromkeys(bad, 20))
    tables = {**data.tables, "penilaian": make_data(penilaian=rows)["penilaian"]}
    funnel = build_funnel(build_scope(Dataset(tables)))
    assert funnel is not None
    assert funnel.is_share
    assert funnel.table["unit_id"].tolist() == ["S1", "S3", "S4"]
    assert funnel.hidden == 2
    units = build_units(build_scope(Dataset(tables)))
    assert units is not None
    assert units["value"].isna().tolist() == [False, True, False, False, True]
    assert not units["hidden"].any()


def test_random_effects_are_dersimonian_and_laird() -> None:
    rng = np.random.default_rng(3)
    values, variances = rng.normal(0, 2, 25), rng.uniform(0.2, 1.5, 25)
    mean, tau = random_effects(values, variances)
    found = combine_effects(values, variances, method_re="dl")
    # one closed form: equal to rounding of doubles
    assert tau**2 == pytest.approx(found.tau2, rel=1e-10)
    assert mean == pytest.approx(found.mean_effect_re, rel=1e-10)


def survey(units: int, years: int, between: float, within: float) -> Dataset:
    rng = np.random.default_rng(11)
    lasting, common = rng.normal(0, between, units), rng.normal(0, 5, years)
    rows = [
        {"unit_id": f"U{u}", "periode": str(2010 + y), "indikator": "i", "nilai": v, "satuan": "persen"}
        for u in range(units)
        for y in range(u % 3, years)
        for v in [60 + lasting[u] + common[y] + rng.normal(0, within)]
    ]
    return make_data(unit=[{"unit_id": f"U{u}", "nama": f"u{u}"} for u in range(units)], indikator_unit=rows)


def test_an_indicator_funnel_finds_both_spreads() -> None:
    funnel = build_funnel(build_scope(survey(80, 8, 4.0, 2.0), unit="U7"))
    assert funnel is not None
    assert funnel.measure.indikator == "i"
    assert funnel.sd == pytest.approx(2.0, rel=0.1)  # 480 degrees of freedom: error about 3 per cent
    assert funnel.tau == pytest.approx(4.0, rel=0.25)  # 80 units: error about 8 per cent
    assert funnel.centre == pytest.approx(0.0, abs=1.5)
    assert sorted(set(funnel.table["n"])) == [6, 7, 8]
    assert funnel.table["inside95"].mean() > 0.9
    assert "Batasnya memuat" in funnel.note


def test_an_indicator_funnel_looks_back_only() -> None:
    early = build_indicator_funnel(build_scope(survey(10, 6, 1.0, 1.0), period="2012"))
    assert early is not None
    assert early.table["n"].max() == 3


def test_units_are_listed_in_the_order_of_the_file() -> None:
    events = [
        {"kegiatan_id": f"K{i}", "pegawai_id": f"S2{i:03d}", "jenis": "coaching", "mulai": "2025-02-02", "jp": 2}
        for i in range(6)
    ]
    data = agency({"S2": 12, "S1": 15, "S9": 3, "S4": 8}, kegiatan=events)
    before = {name: frame.copy() for name, frame in data.tables.items()}
    table = build_units(build_scope(data))
    assert table is not None
    assert table["unit_id"].tolist() == ["S2", "S1", "S9", "S4"]
    assert table["hidden"].tolist() == [False, False, True, True]
    assert table.loc[table["hidden"], ["n", "value", "coached", "jp"]].isna().all(axis=None)
    assert table.loc[0, ["n", "coached", "jp"]].tolist() == [12, 50.0, 1.0]
    inside = data["penilaian"].loc[data["penilaian"]["unit_id"] == "S2", "nilai"].mean()
    assert table.loc[0, "value"] == pytest.approx(inside)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(data[name], frame)


def test_units_without_events_hold_missing_values() -> None:
    table = build_units(build_scope(agency({"S1": 12, "S2": 15})))
    assert table is not None
    assert table[["coached", "jp"]].isna().all(axis=None)
    assert table["value"].notna().all()


def test_a_unit_between_the_two_limits_is_outside_one_only() -> None:
    sizes = dict.fromkeys((f"S{i:02d}" for i in range(20)), 100)
    # the mean of 100 has an error of 0.3: 0.75 off is 2.5 errors, between 1.96 and 3.09
    data = agency(sizes)
    rows = data["penilaian"]
    means = rows.groupby("unit_id")["nilai"].transform("mean")
    level = rows["nilai"] - means + 90 + 0.75 * (rows["unit_id"] == "S03")
    funnel = build_funnel(build_scope(Dataset({**data.tables, "penilaian": rows.assign(nilai=level)}), unit="S03"))
    assert funnel is not None
    table = funnel.table.set_index("unit_id")
    assert table.index[~table["inside95"]].tolist() == ["S03"]
    assert table["inside998"].all()
