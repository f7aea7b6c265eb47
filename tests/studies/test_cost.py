"""The study of cost: planted price, every step by hand, data that cannot say, and what must not be told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kinerja_lib.errors import CallError
from kinerja_lib.estimate import estimate_regression
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.studies import Study, StudyPlan, study_cost
from kinerja_lib.studies.programme import NEVER, Exposed, build_exposed
from kinerja_lib.studies.result import TABLE
from kinerja_lib.studies.spending import build_cells, difference, leftover
from kinerja_lib.studies.verdict import interval_at
from kinerja_lib.studies.worth import build_gains, working_days
from kinerja_lib.synth import Effects, build_agency
from kinerja_lib.typed import check_table
from kinerja_lib.vocabulary import Period

SEEDS = range(20)
PERIODS = ("2023-S1", "2023-S2", "2024-S1", "2024-S2")
RICH = StudyPlan(daily_cost=300_000, replacement_cost=2e7, effect_worth=(1e6, 3e6, 6e6))


@pytest.fixture(scope="module")
def agency() -> Dataset:
    return build_agency(people=400, units=8, periods=5, seed=3)


@pytest.fixture(scope="module")
def rich(agency: Dataset) -> Study:
    return study_cost(agency, RICH)


@pytest.fixture(scope="module")
def plain(agency: Dataset) -> Study:
    return study_cost(agency)


def change(data: Dataset, **tables: pd.DataFrame | None) -> Dataset:
    """Return the data with tables replaced, or left out where None."""
    kept = {name: frame for name, frame in {**data.tables, **tables}.items() if frame is not None}
    return replace(data, tables=kept)


def invent(
    price: float, output: float, *, units: int = 12, staff: int = 6, noise: float = 1.0, seed: int = 1
) -> Dataset:
    """Return units with a given rupiah of travel and points of output for each session per employee.

    Unit k has its first sessions in period k % 4 (0: none), from then on k % 3 + 1 more in every period.
    """
    rng = np.random.default_rng(seed)
    people, appraisals, events, costs, results = [], [], [], [], []
    for unit in range(units):
        name, sessions = f"U{unit:02d}", 0
        members = [f"{name}P{number}" for number in range(staff)]
        people += [(member, name) for member in members]
        for place, period in enumerate(PERIODS):
            sessions += (unit % 3 + 1) if unit % 4 and place >= unit % 4 else 0
            appraisals += [(member, period, name, "p6_2022", "sesuai", "sesuai") for member in members]
            start = str(Period.parse(period).start + pd.Timedelta(days=9))[:10]
            events += [(members[number % staff], "coaching", start) for number in range(sessions)]
            own = 1e6 * (unit + place) + price * sessions / staff + noise * 1e4 * rng.normal()
            costs += [(name, period, "perjalanan", round(own * staff)), (name, period, "honor", 1000 * (unit + 1))]
            results.append((name, period, 80 + unit + output * sessions / staff + 0.1 * noise * rng.normal()))
    kegiatan = pd.DataFrame(events, columns=["pegawai_id", "jenis", "mulai"])
    kegiatan.insert(0, "kegiatan_id", [f"K{number}" for number in range(len(kegiatan))])
    tables = {
        "unit": pd.DataFrame({"unit_id": [f"U{unit:02d}" for unit in range(units)]}).assign(nama="Unit"),
        "pegawai": pd.DataFrame(people, columns=["pegawai_id", "unit_id"]),
        "penilaian": pd.DataFrame(
            appraisals, columns=["pegawai_id", "periode", "unit_id", "rezim", "rating_hasil", "rating_perilaku"]
        ),
        "kegiatan": kegiatan,
        "biaya": pd.DataFrame(costs, columns=["unit_id", "periode", "komponen", "jumlah"]),
        "kinerja_unit": pd.DataFrame(results, columns=["unit_id", "periode", "capaian"]),
    }
    typed = {name: check_table(name, frame.astype("str"), locate=str) for name, frame in tables.items()}
    return Dataset({name: typed[name] for name in TABLES if name in typed}, keterangan={})


def cells_of(data: Dataset, programme: str = "coaching") -> pd.DataFrame:
    return build_cells(data, build_exposed(data, StudyPlan(), programme)).rows


# ----- planted truth


def test_the_interval_holds_the_planted_price() -> None:
    held, naive, supported = 0, 0, 0
    for seed in SEEDS:
        price = 150_000.0 * (seed % 2)
        study = study_cost(build_agency(seed=seed, effects=Effects(coaching_cost=price)))
        row = study.headline.iloc[0]
        assert study.truth["headline"] == price
        held += int(row["conf_low"] <= price <= row["conf_high"])
        supported += study.verdict == "supported"
        first = study.table[study.table["naive"]].iloc[0]
        naive += int(first["conf_low"] > price)
    assert stats.binomtest(held, len(SEEDS), 0.95).pvalue > 0.01
    assert stats.binomtest(supported, len(SEEDS), 0.03, alternative="greater").pvalue > 0.01
    assert naive > len(SEEDS) / 2  # the naive answer takes the size of a unit for the price of a session


def test_a_lower_cost_at_constant_output_is_supported() -> None:
    study = study_cost(invent(-2e6, 0.0))
    assert study.verdict == "supported"
    assert study.why == ("good", "not_random")
    assert study.headline["estimate"].iloc[0] == pytest.approx(-2e6, abs=2e5)


def test_a_higher_cost_at_constant_output_contradicts() -> None:
    assert study_cost(invent(2e6, 0.0)).verdict == "contradicted"


def test_cost_and_output_that_move_together_are_no_unit_cost() -> None:
    study = study_cost(invent(-2e6, -5.0))
    assert (study.verdict, study.why) == ("cannot_say", ("output",))
    check = study.check("output")
    assert check is not None
    assert check.values["estimate"] == pytest.approx(-5, abs=1)


def test_output_that_rises_while_cost_falls_still_supports() -> None:
    study = study_cost(invent(-2e6, 5.0))
    assert study.verdict == "supported"


def test_a_zero_that_rules_out_an_effect_worth_having_is_not_supported() -> None:
    study = study_cost(invent(0.0, 0.0, seed=2), StudyPlan(smallest_effect=3.0))
    assert study.verdict == "not_supported"
    assert study.why == ("small", "not_random")


# ----- every step by hand


def test_cells_by_hand() -> None:
    rows = cells_of(invent(0.0, 0.0, units=4, noise=0.0))
    one = rows[(rows["unit_id"] == "U01") & (rows["periode"] == "2024-S1")].iloc[0]
    assert one["pegawai"] == 6
    assert one["kegiatan"] == pytest.approx(4 / 6)  # two sessions more in each of two periods
    assert one["jumlah"] == 6 * 1e6 * (1 + 2) + 1000 * 2
    assert one["biaya"] == pytest.approx(one["jumlah"] / 6)
    assert one["keluaran"] == 81


def test_output_is_the_share_of_the_best_where_no_unit_result_is_recorded() -> None:
    data = invent(0.0, 0.0, units=4)
    appraisals = data["penilaian"].copy()
    best = appraisals["pegawai_id"].isin(["U01P0", "U01P1", "U01P2"])
    appraisals.loc[best, ["rating_hasil", "rating_perilaku"]] = "di_atas"
    rows = cells_of(change(data, kinerja_unit=None, penilaian=appraisals))
    assert rows.groupby("unit_id")["keluaran"].first().to_dict() == {"U00": 0, "U01": 50, "U02": 0, "U03": 0}


def test_costs_by_month_are_added_up_and_a_missing_amount_is_no_zero() -> None:
    data = invent(0.0, 0.0, units=4)
    months = pd.DataFrame({"periode": ["2023-01", "2023-06", "2023-07"], "jumlah": [1.0, 2.0, np.nan]})
    costs = months.assign(unit_id="U01", komponen="honor").astype({"periode": "str"})
    rows = cells_of(change(data, biaya=costs))
    assert rows[["unit_id", "periode", "jumlah"]].to_numpy().tolist() == [["U01", "2023-S1", 3.0]]


def test_components_add_up_to_the_total(agency: Dataset, plain: Study) -> None:
    cells = build_cells(agency, build_exposed(agency, StudyPlan(), "coaching"))
    assert list(cells.components.sum().sort_values(ascending=False).index) == list(cells.components.columns)
    np.testing.assert_allclose(cells.components.sum(axis=1), cells.rows["biaya"])
    table = plain.table
    parts = table.loc[table["role"] == "component", "estimate"].sum()
    assert parts == pytest.approx(table.loc[table["headline"], "estimate"].iloc[0])  # least squares is linear


def test_differences_skip_a_gap() -> None:
    frame = pd.DataFrame(
        {"unit_id": list("aaabb"), "periode": list("12423"), "waktu": [0, 1, 3, 1, 2], "biaya": [1.0, 4, 9, 5, 3]}
    )
    found = difference(frame)
    assert found[["unit_id", "biaya"]].to_numpy().tolist() == [["a", 3.0], ["b", -2.0]]


def test_what_unit_and_period_leave_is_that_of_the_regression(agency: Dataset) -> None:
    rows = cells_of(agency)
    left, free = leftover(rows, "biaya", ["kegiatan", "lain_pelatihan"])
    found = estimate_regression(
        rows, "biaya ~ kegiatan + lain_pelatihan", absorb=["unit_id", "periode"], errors="classical"
    )
    assert free == found.diagnostics["df_residual"]
    assert np.sqrt((left**2).sum() / free) == pytest.approx(found.diagnostics["sd_residual"])


def test_interval_at_another_level() -> None:
    row = pd.Series({"estimate": 2.0, "std_error": 1.0})
    found = interval_at(row, 1e9, 0.3173)
    assert (found["conf_low"], found["conf_high"]) == pytest.approx((1, 3), abs=1e-3)


def test_reach_is_what_the_design_gives(agency: Dataset, plain: Study) -> None:
    """The smallest detectable price is (t + t of the power) errors, about 3 of them; dearer noise, longer reach."""
    rows = cells_of(agency)
    held = ["lain_pelatihan", "lain_dialog"]
    calm, free = leftover(rows[rows["kegiatan"] == 0], "biaya", held)
    dose, _free = leftover(rows, "kegiatan", held)
    error = np.sqrt((calm**2).sum() / free / (dose**2).sum())
    units = rows["unit_id"].nunique()
    size, limit = plain.reach["effect"] / error, stats.t.ppf(0.975, units - 2)
    power = stats.nct.sf(limit, units - 2, size) + stats.nct.cdf(-limit, units - 2, size)
    assert power == pytest.approx(0.8, abs=1e-6)
    assert plain.reach["n_treated"] + plain.reach["n_control"] == len(rows)


def test_gains_by_hand() -> None:
    """Starters in the second and third period; who never started stands in for both, weighted 2 to 1."""
    best = {
        "a": [0, 1, 1], "b": [0, 0, 1], "c": [0, 0, 1], "x": [0, 0, 1], "y": [0, 0, 0],
    }  # fmt: skip
    start = {"a": 1, "b": 1, "c": 2, "x": NEVER, "y": NEVER}
    rows = pd.DataFrame(
        [(who, time, "U", 5 if y else 4, start[who], 0) for who, seen in best.items() for time, y in enumerate(seen)],
        columns=["pegawai_id", "waktu", "unit_id", "ordinal", "mulai_ikut", "masuk"],
    )
    found = build_gains(Exposed(rows, ("1", "2", "3"), "coaching", {})).set_index("pegawai_id")
    # comparison: mean change 0 in the second period, 0.5 in the third
    assert found["hasil"].to_dict() == pytest.approx({"a": 1.5, "b": 0.5, "c": 0.5, "x": 0.5, "y": -0.5})
    assert found["kelompok"].cat.categories.tolist() == ["pembanding", "coaching"]


def test_a_person_without_a_before_has_no_gain() -> None:
    rows = pd.DataFrame({
        "pegawai_id": list("aabb"), "waktu": [1, 2, 1, 2], "unit_id": "U", "ordinal": [4, 5, 4, 4],
        "mulai_ikut": [1, 1, NEVER, NEVER], "masuk": 1,
    })  # fmt: skip
    assert build_gains(Exposed(rows, ("1", "2", "3"), "coaching", {})).empty


def test_working_days_leave_out_weekends() -> None:
    assert working_days(Period.parse("2024-02")) == 21


# ----- the whole


def test_shape(rich: Study) -> None:
    assert tuple(rich.table.columns) == TABLE
    assert rich.better == -1
    assert rich.headline[["term", "group", "unit"]].to_numpy().tolist() == [["coaching", "", "rupiah per kegiatan"]]
    assert (rich.table["role"].value_counts()[["main", "second", "alone", "naive"]] == 1).all()
    numbers = rich.table[["estimate", "std_error", "conf_low", "conf_high", "n"]].astype("float64")
    assert np.isfinite(numbers.to_numpy()).all()
    json.dumps(rich.to_json(), allow_nan=False)


def test_prices_of_the_plan_buy_what_they_say(rich: Study) -> None:
    for name, size, factor in (("absence", "days", 300_000), ("replacement", "exits", 2e7 / 100)):
        table = rich.detail[name].set_index("term")
        columns = ["estimate", "conf_low", "conf_high"]
        np.testing.assert_allclose(
            table.loc["rupiah", columns].astype(float), table.loc[size, columns].astype(float) * factor
        )
    values = rich.detail["effectiveness"].table.set_index("term")["estimate"]
    roi = rich.detail["roi"]
    price = rich.detail["price"]["estimate"]
    middle = roi[(roi["price"] == price) & (roi["worth"] == 3e6)].iloc[0]
    assert middle["estimate"] == pytest.approx(
        100 * (3e6 * values["effect_difference"] / values["cost_difference"] - 1)
    )
    assert middle["conf_low"] < middle["estimate"] < middle["conf_high"]


def test_an_absence_that_falls_with_sessions_is_avoided() -> None:
    data = invent(0.0, 0.0)
    cells = cells_of(data)
    rng = np.random.default_rng(0)
    absent = cells[["unit_id", "periode"]].assign(
        indikator="ketidakhadiran",
        satuan="persen",
        n=6.0,
        nilai=5 - 2 * cells["kegiatan"] + rng.normal(0, 0.01, len(cells)),
    )
    study = study_cost(change(data, indikator_unit=absent), StudyPlan(daily_cost=100.0))
    row = study.detail["absence"].set_index("term").loc["days"]
    # two per cent of about 130 working days
    assert row["estimate"] == pytest.approx(2.6, abs=0.1)
    assert row["conf_low"] > 0


def test_what_the_plan_gives_no_price_for_is_left_out(plain: Study) -> None:
    assert "roi" not in plain.detail
    assert plain.detail["absence"]["term"].tolist() == ["days"]
    assert plain.detail["replacement"]["term"].tolist() == ["exits"]
    assert "net_benefit" not in set(plain.detail["effectiveness"].table["term"])


def test_an_event_with_its_own_cost_is_not_priced_twice(agency: Dataset) -> None:
    events = agency["kegiatan"].copy()
    events.loc[events["jenis"] == "coaching", "biaya"] = 1000.0
    study = study_cost(change(agency, kegiatan=events), RICH)
    rows = build_exposed(agency, StudyPlan(), "coaching").rows
    table = study.detail["effectiveness_range"]
    costs = table.loc[table["term"] == "cost_difference", "estimate"]
    assert costs.nunique() == 1  # whatever the price
    assert costs.iloc[0] <= 1000 * rows.groupby("pegawai_id")["n_coaching"].sum().max()


def test_the_price_is_that_of_honor_for_a_dialogue_and_of_everything_for_courses(agency: Dataset, plain: Study) -> None:
    dialogue, courses = plain, study_cost(agency, StudyPlan(programme="pelatihan"))
    honor = dialogue.table[dialogue.table["group"] == "honor"]["estimate"].iloc[0]
    assert dialogue.detail["price"]["estimate"] == honor
    assert courses.detail["price"]["estimate"] == courses.headline["estimate"].iloc[0]
    assert "headline" not in courses.truth  # the price of a course is not planted as a number


def test_inputs_stay_as_they_were_and_the_seed_decides_the_draws(agency: Dataset, rich: Study) -> None:
    before = {name: frame.copy() for name, frame in agency.tables.items()}
    again = study_cost(agency, RICH).detail["effectiveness"].table
    pd.testing.assert_frame_equal(again, rich.detail["effectiveness"].table)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(agency.tables[name], frame)


def test_status_is_not_used_and_said_so(agency: Dataset, plain: Study) -> None:
    whole, part = plain, study_cost(agency, StudyPlan(status="PNS"))
    pd.testing.assert_frame_equal(whole.table, part.table)
    assert len(part.limits) == len(whole.limits) + 1


# ----- data that cannot say


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        ("biaya", ("no_costs",)),
        ("kegiatan", ("no_events",)),
        ("pegawai", ("no_people",)),
        ("penilaian", ("no_outcome",)),
    ],
)
def test_a_missing_table_is_a_reason(agency: Dataset, gone: str, why: tuple[str, ...]) -> None:
    study = study_cost(change(agency, **{gone: None}), StudyPlan(programme="coaching"))
    assert (study.verdict, study.why) == ("cannot_say", why)
    assert study.table.empty
    json.dumps(study.to_json(), allow_nan=False)


def spoil(data: Dataset, how: str) -> tuple[Dataset, StudyPlan]:
    """Return the data with one fault, and the plan to study them with."""
    events, costs, plan = data["kegiatan"], data["biaya"], StudyPlan(programme="coaching")
    coaching = events["jenis"] == "coaching"
    if how == "no_treated":
        return change(data, kegiatan=events[~coaching]), plan
    if how == "one_period":
        return data, replace(plan, first_period="2025-S1")
    if how == "few_units":
        units = data["penilaian"].groupby("unit_id").size().nlargest(3).index
        return change(data, biaya=costs[costs["unit_id"].isin(units)]), plan
    if how == "few_people":
        few = events.loc[coaching, "pegawai_id"].unique()[:4]
        return change(data, kegiatan=events[~coaching | events["pegawai_id"].isin(few)]), plan
    if how == "all_at_once":
        people, late = data["penilaian"].drop_duplicates("pegawai_id")["pegawai_id"], pd.Timestamp("2024-09-02")
        same = pd.DataFrame({"kegiatan_id": [f"S{n}" for n in range(len(people))], "pegawai_id": people.to_numpy()})
        same = same.assign(jenis="coaching", mulai=late).astype(
            {"jenis": events["jenis"].dtype, "mulai": events["mulai"].dtype}
        )
        return change(data, kegiatan=same), plan
    return change(data, biaya=costs.assign(periode="2019-S1")), plan


@pytest.mark.parametrize("how", ["no_treated", "one_period", "few_units", "few_people", "no_costs"])
def test_bad_data_are_a_reason(agency: Dataset, how: str) -> None:
    study = study_cost(*spoil(agency, how))
    assert (study.verdict, study.why) == ("cannot_say", (how,))
    assert study.table.empty
    assert study.reasons


def test_sessions_for_everybody_at_once_are_a_reason() -> None:
    study = study_cost(*spoil(invent(0.0, 0.0), "all_at_once"))
    assert (study.verdict, study.why) == ("cannot_say", ("all_at_once",))


def test_costs_without_amounts_are_none(agency: Dataset) -> None:
    bare = agency["biaya"].assign(jumlah=np.nan)
    assert study_cost(change(agency, biaya=bare)).why == ("no_costs",)


def test_costs_that_never_change_end_in_words(agency: Dataset) -> None:
    people = build_exposed(agency, StudyPlan(), "coaching").rows
    staff = people[people["ordinal"].notna()].groupby(["unit_id", "periode"], observed=True).size()
    flat = (
        staff.mul(1000.0)
        .rename("jumlah")
        .reset_index()
        .assign(komponen="honor")
        .astype({"unit_id": "str", "periode": "str"})
    )
    study = study_cost(change(agency, biaya=flat))
    assert study.verdict == "cannot_say"
    assert len(study.why) == 1
    assert study.headline.empty


def test_two_periods_have_no_second_way() -> None:
    study = study_cost(build_agency(people=600, units=10, periods=2, seed=5), StudyPlan(programme="mentoring"))
    assert study.second is None
    checks = {check.name: check.passed for check in study.checks}
    assert checks["second"] is None
    assert checks["pre_trend"] is None


def test_a_worth_below_zero_is_a_wrong_call(agency: Dataset) -> None:
    with pytest.raises(CallError, match="effect_worth"):
        study_cost(agency, StudyPlan(effect_worth=(-1.0,)))


# ----- privacy


def test_small_units_do_not_count() -> None:
    study = study_cost(invent(0.0, 0.0, staff=4))
    assert study.why == ("no_costs",)
    assert sum(study.dropped.values()) == 12 * len(PERIODS)


def test_unit_cost_and_effect_of_few_people_are_not_shown() -> None:
    """All but three people take part: three in the comparison are too few, and so is what the participants leave."""
    data = invent(-2e6, 0.0)
    people = data["penilaian"].drop_duplicates("pegawai_id")["pegawai_id"]
    events = data["kegiatan"]
    idle = [who for who in people if who.startswith("U00")][:3]
    rest = [who for who in people if who not in idle and who not in set(events["pegawai_id"])]
    more = pd.DataFrame({"kegiatan_id": [f"X{n}" for n in range(len(rest))], "pegawai_id": rest, "jenis": "coaching"})
    more = more.assign(mulai=pd.Timestamp("2024-08-01")).astype(events.dtypes[["jenis", "mulai"]].to_dict())
    study = study_cost(change(data, kegiatan=pd.concat([events, more], ignore_index=True)))
    assert study.headline["n"].tolist() == [48]
    assert not {"participant", "effectiveness", "effectiveness_range"} & set(study.detail)
