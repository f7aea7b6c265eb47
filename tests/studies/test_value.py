"""The study of value: planted truth of twenty agencies, data that cannot say, plans, and small agencies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import CallError
from kinerja_lib.estimate import estimate_latent, estimate_staggered
from kinerja_lib.schema import Dataset
from kinerja_lib.studies import Study, StudyPlan, study_value, value
from kinerja_lib.studies.result import TABLE
from kinerja_lib.synth import Effects, build_agency
from kinerja_lib.vocabulary import RATING

Office = Callable[..., Dataset]
SEEDS = 20
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "p_value", "n"]


def agency(seed: int, **effects: float) -> Dataset:
    return build_agency(people=400, units=6, periods=4, seed=seed, effects=Effects(**effects))


def change(data: Dataset, **tables: pd.DataFrame | None) -> Dataset:
    """Return the data with tables replaced, or left out where None."""
    return replace(data, tables={name: frame for name, frame in {**data.tables, **tables}.items() if frame is not None})


def is_clear(row: pd.Series) -> bool:
    return bool(row["conf_low"] > 0 or row["conf_high"] < 0)


@pytest.fixture(scope="module")
def planted() -> list[Study]:
    """Return the studies of twenty agencies: in even seeds coaching works and grows, in odd ones nothing does."""
    return [
        study_value(agency(seed) if seed % 2 == 0 else agency(seed, coaching=0.0, coaching_growth=0.0, same_source=0.0))
        for seed in range(SEEDS)
    ]


def test_intervals_hold_what_was_planted_at_their_rate(planted: list[Study]) -> None:
    rows = [study.headline.iloc[0] for study in planted]
    truths = [study.truth["headline"] for study in planted]
    covered = sum(row["conf_low"] <= truth <= row["conf_high"] for row, truth in zip(rows, truths, strict=True))
    assert covered >= stats.binom.ppf(0.001, SEEDS, 0.95)
    z = [(row["estimate"] - truth) / row["std_error"] for row, truth in zip(rows, truths, strict=True)]
    assert abs(np.mean(z)) < 3.3 / np.sqrt(SEEDS)
    assert truths[1::2] == [0.0] * (SEEDS // 2)


def test_what_does_nothing_is_seldom_found(planted: list[Study]) -> None:
    still = planted[1::2]
    assert sum(is_clear(study.headline.iloc[0]) for study in still) <= stats.binom.ppf(0.999, len(still), 0.05)
    assert sum(study.verdict == "supported" for study in still) <= stats.binom.ppf(0.999, len(still), 0.03)
    naive = [study.table[study.table["naive"] & (study.table["group"] == "peserta_bukan")].iloc[0] for study in still]
    z = [row["estimate"] / row["std_error"] for row in naive]
    assert np.mean(z) > 3.3 / np.sqrt(len(still))  # keen staff joined, which the naive answer takes for an effect


def test_growth_is_part_of_the_truth_of_the_headline(planted: list[Study]) -> None:
    study = planted[0]
    assert study.pooled is not None
    weights = study.pooled.diagnostics["event_weights"]
    expected = 0.3 + 0.05 * float((weights.index.astype(int).to_numpy() * weights.to_numpy()).sum())  # type: ignore[attr-defined]
    assert study.truth["headline"] == pytest.approx(expected, rel=1e-12)
    assert 0.3 < study.truth["headline"] < 0.45


def test_every_row_is_whole_and_one_is_the_headline(planted: list[Study]) -> None:
    for study in planted:
        assert tuple(study.table) == TABLE
        assert len(study.headline) == 1
        assert study.headline[["term", "group", "role"]].iloc[0].tolist() == ["coaching", "", "main"]
        assert study.table["naive"].sum() == 2
        assert study.table[NUMBERS].notna().all(axis=None)
        assert (study.table["conf_low"] <= study.table["estimate"]).all()
        assert study.table["unit"].ne("").all()
        assert {check.name for check in study.checks} >= {"pre_trend", "dip", "quota", "same_source", "second"}
        assert study.limits
        assert study.estimand
        text = json.loads(json.dumps(study.to_json(), allow_nan=False))
        assert len(text["table"]) == len(study.table)
        assert text["truth"]["headline"] == study.truth["headline"]


def test_reach_is_known_before_the_outcome(planted: list[Study]) -> None:
    reach = planted[0].reach
    assert set(reach) == {"n_treated", "n_control", "effect", "power", "smallest"}
    assert 0.05 < reach["effect"] < 2
    assert 0 < reach["power"] < 1
    shuffled = agency(0)
    after = shuffled["penilaian"]["periode"] == shuffled.periods[-1]
    turned = shuffled["penilaian"].copy()
    for name in ("rating_hasil", "rating_perilaku", "predikat"):
        turned.loc[after, name] = turned.loc[after, name].to_numpy()[::-1]
    assert study_value(change(shuffled, penilaian=turned)).reach["n_treated"] == reach["n_treated"]


def test_a_coach_who_also_rates_is_held_apart() -> None:
    found = study_value(agency(3, coaching=0.0, coaching_growth=0.0, same_source=0.8))
    check = found.check("same_source")
    assert check is not None
    assert check.values["share"] > 40
    assert check.values["conf_low"] > 0
    row = found.headline.iloc[0]
    assert abs(row["estimate"]) < 3.3 * row["std_error"]  # a lift of 0.8 by the coach's own ratings is not taken for it


def test_where_the_coach_rates_everyone_nothing_can_be_said() -> None:
    data = agency(3)
    raters = data["penilaian"].drop_duplicates("pegawai_id").set_index("pegawai_id")["penilai_id"]
    steady = data["penilaian"].assign(penilai_id=data["penilaian"]["pegawai_id"].map(raters))
    events = data["kegiatan"].assign(pembimbing_id=data["kegiatan"]["pegawai_id"].map(raters).fillna("X"))
    every = [
        events[events["jenis"] == "coaching"].drop_duplicates("pegawai_id").assign(mulai=day)
        for day in pd.to_datetime(["2023-10-01", "2024-03-01", "2024-10-01", "2025-03-01"])
    ]
    first = data["kegiatan"].query("jenis == 'coaching'").groupby("pegawai_id")["mulai"].min()
    more = pd.concat(every)
    more = more[more["mulai"] >= more["pegawai_id"].map(first)]
    more = more.assign(kegiatan_id=[f"M{at}" for at in range(len(more))])
    both = pd.concat([events, more], ignore_index=True).astype({"jenis": events["jenis"].dtype})
    study = study_value(change(data, penilaian=steady, kegiatan=both))
    check = study.check("same_source")
    assert check is not None
    assert check.values["share"] > 90
    assert check.passed is False
    assert study.verdict == "cannot_say"
    assert "same_source" in study.why
    assert any("pembimbingnya sendiri" in text for text in study.reasons)


def test_ratings_by_quota_are_told_and_silence_the_study() -> None:
    study = study_value(build_agency(people=700, units=12, periods=4, seed=5, effects=Effects(quota=1.0)))
    check = study.check("quota")
    assert check is not None
    assert check.passed is False
    assert check.values["ratio"] < 1
    assert study.verdict == "cannot_say"
    assert "quota" in study.why


STEPS = {str(person): 1 + person % 2 for person in range(24)}
OTHERS = {str(person): 1 for person in range(12)}


def drop_columns(*names: str) -> Callable[[Dataset], Dataset]:
    return lambda data: change(data, penilaian=data["penilaian"].drop(columns=list(names)))


def constant(data: Dataset) -> Dataset:
    rows = data["penilaian"]
    return change(data, penilaian=rows.assign(rating_hasil=rows["rating_hasil"].cat.categories[1]).astype(rows.dtypes))


def keep_four(data: Dataset) -> Dataset:
    """Leave an outcome to four participants only."""
    rows = data["penilaian"]
    number = rows["pegawai_id"].str[1:].astype(int)
    return change(data, penilaian=rows.assign(nilai=rows["nilai"].where((number < 4) | (number >= 24))))


CANNOT: dict[str, tuple[dict[str, Any], Callable[[Dataset], Dataset], StudyPlan, tuple[str, ...]]] = {
    "nobody took part": ({"starts": STEPS}, lambda d: d, StudyPlan(programme="mentoring"), ("no_treated",)),
    "no events at all": ({"starts": {}}, lambda d: d, StudyPlan(), ("no_events",)),
    "no people": ({"starts": STEPS}, lambda d: change(d, pegawai=None), StudyPlan(), ("no_people",)),
    "no appraisals": ({"starts": STEPS}, lambda d: change(d, penilaian=None), StudyPlan(), ("no_outcome",)),
    "the outcome is not there": ({"starts": STEPS}, lambda d: d, StudyPlan(outcome="capaian_skp"), ("no_outcome",)),
    "no rating": (
        {"starts": STEPS},
        drop_columns("rating_hasil", "rating_perilaku", "nilai"),
        StudyPlan(),
        ("no_outcome",),
    ),
    "one period, taking part": (
        {"starts": {str(p): 0 for p in range(12)}, "periods": ("2024-S1",)},
        lambda d: d,
        StudyPlan(),
        ("one_period", "correlation"),
    ),
    "all at once": (
        {"starts": {str(p): 2 for p in range(60)}},
        lambda d: d,
        StudyPlan(),
        ("all_at_once", "before_after"),
    ),
    "all from the start": ({"starts": {str(p): 0 for p in range(60)}}, lambda d: d, StudyPlan(), ("no_before",)),
    "four participants": ({"starts": {str(p): 2 for p in range(4)}}, lambda d: d, StudyPlan(), ("few_people",)),
    "four others": ({"starts": {str(p): 2 for p in range(56)}}, lambda d: d, StudyPlan(), ("few_people",)),
    "four with an outcome": ({"starts": STEPS}, keep_four, StudyPlan(outcome="nilai"), ("few_people",)),
    "one level": ({"starts": STEPS}, constant, StudyPlan(), ("one_level",)),
    "one number": (
        {"starts": STEPS},
        lambda d: change(d, penilaian=d["penilaian"].assign(nilai=80.0)),
        StudyPlan(outcome="nilai"),
        ("one_level",),
    ),
    "two units of measure": (
        {"starts": STEPS},
        lambda d: change(d, penilaian=d["penilaian"].assign(satuan=["poin", "jam"] * 120)),
        StudyPlan(outcome="nilai"),
        ("several_units",),
    ),
    "two regulations": (
        {"starts": STEPS},
        lambda d: change(d, penilaian=d["penilaian"].assign(rezim=["pp46", "p6_2022"] * 120)),
        StudyPlan(),
        ("several_rules",),
    ),
    "nobody of this status": (
        {"starts": {str(p): 2 for p in range(0, 40, 2)}},
        lambda d: d,
        StudyPlan(status="PPPK"),
        ("no_treated",),
    ),
    "no such unit": ({"starts": STEPS}, lambda d: d, StudyPlan(units=("U9",)), ("no_treated",)),
    "periods turned around": (
        {"starts": STEPS},
        lambda d: d,
        StudyPlan(first_period="2024-S1", last_period="2023-S1"),
        ("no_treated",),
    ),
    "seen before outside the plan only": (
        {"starts": OTHERS},
        lambda d: d,
        StudyPlan(first_period="2023-S2"),
        ("no_before", "correlation"),
    ),
}


@pytest.mark.parametrize("case", CANNOT)
def test_data_that_cannot_answer_say_what_is_missing(case: str, office: Office) -> None:
    given, spoil, plan, why = CANNOT[case]
    study = study_value(spoil(office(given["starts"], periods=given.get("periods", PERIODS))), plan)
    assert study.verdict == "cannot_say"
    assert study.why == why
    assert study.headline.empty
    assert all(len(text) > 20 for text in study.reasons)
    json.dumps(study.to_json(), allow_nan=False)


PERIODS = ("2023-S1", "2023-S2", "2024-S1", "2024-S2")


def test_two_appraisals_of_one_period_are_a_reason_not_an_error(office: Office) -> None:
    data = office(STEPS)
    twice = pd.concat([data["penilaian"], data["penilaian"].iloc[:1]], ignore_index=True)
    study = study_value(change(data, penilaian=twice))
    assert study.verdict == "cannot_say"
    assert any("mengulang pegawai dan periode" in text for text in study.reasons)


def test_rules_are_counted_in_the_plans_periods_alone(office: Office) -> None:
    data = office(STEPS)
    old = data["penilaian"]["periode"] == "2023-S1"
    mixed = change(data, penilaian=data["penilaian"].assign(rezim=np.where(old, "pp46", "p6_2022")))
    assert study_value(mixed).why == ("several_rules",)
    later = study_value(mixed, StudyPlan(first_period="2023-S2"))
    assert "several_rules" not in later.why
    assert len(later.headline) == 1


def test_all_at_once_still_tells_what_participants_alone_show(office: Office) -> None:
    study = study_value(office({str(p): 2 for p in range(60)}))
    assert study.design == "pre_post"
    assert study.table["naive"].all()
    assert study.table["group"].tolist() == ["sebelum_sesudah"]
    few = study_value(change(office({str(p): 2 for p in range(4)}, people=4)))
    assert few.table.empty  # four people: nothing of them is shown


def test_events_of_fewer_than_five_people_are_not_shown(office: Office) -> None:
    starts = {str(p): 3 for p in range(12)} | {str(p): 1 for p in range(12, 15)}
    study = study_value(office(starts))
    assert study.table.loc[study.table["role"] == "event", "group"].tolist() == ["0"]  # three were seen later on
    number = study_value(office(starts), StudyPlan(outcome="nilai"))
    assert not set(number.table.loc[number.table["role"] == "event", "group"]) & {"1", "2"}


def test_a_number_has_the_estimate_of_the_roll_out(office: Office) -> None:
    data = office(STEPS, effect=2.0, people=90)
    study = study_value(data, StudyPlan(outcome="nilai"))
    places = {period: at for at, period in enumerate(PERIODS)}
    rows = data["penilaian"].assign(waktu=lambda d: d["periode"].map(places).astype(int))
    starts = data["kegiatan"].set_index("pegawai_id")["mulai"].map(lambda day: 1 if day.year == 2023 else 2)
    rows["pertama"] = rows["pegawai_id"].map(starts)
    asked = {"outcome": "nilai", "unit": "pegawai_id", "period": "waktu", "first_treated": "pertama"}
    expected = estimate_staggered(rows, **asked, control="not_yet").table.iloc[0]  # type: ignore[arg-type]
    assert study.unit == "poin"
    for name in NUMBERS:
        assert study.headline[name].iloc[0] == pytest.approx(expected[name], rel=1e-9)
    assert study.verdict == "supported"
    assert study.headline["conf_low"].iloc[0] < 10 < study.headline["conf_high"].iloc[0]
    assert study.headline["estimate"].iloc[0] > 0
    assert set(study.table.loc[study.table["role"] == "event", "group"]) >= {"-1", "0", "1"}


def test_achievement_of_the_plan_can_be_the_outcome() -> None:
    study = study_value(agency(2), StudyPlan(outcome="capaian_skp"))
    assert study.outcome == "capaian SKP"
    assert study.unit == "poin"
    assert len(study.headline) == 1
    assert study.check("same_source") is None
    assert study.verdict in ("supported", "cannot_say", "not_supported")


def test_the_plan_narrows_people_periods_and_level(office: Office) -> None:
    data = office(STEPS, people=120)
    whole, pns = study_value(data), study_value(data, StudyPlan(status="PNS"))
    assert pns.headline["n"].iloc[0] == whole.headline["n"].iloc[0] / 2
    assert sum(pns.dropped.values()) == 240
    unit = study_value(data, StudyPlan(units=("U1", "U2")))
    assert unit.headline["n"].iloc[0] == pytest.approx(whole.headline["n"].iloc[0] * 2 / 3)
    short = study_value(data, StudyPlan(last_period="2024-S1"))
    assert short.headline["n"].iloc[0] == 360
    strict = study_value(data, StudyPlan(alpha=0.001))
    assert_frame_equal(strict.table, whole.table)  # the level moves the verdict, not the printed interval


def test_a_stricter_level_can_take_a_verdict_back(office: Office) -> None:
    data = office(STEPS, effect=0.08, people=90, seed=2)
    row = study_value(data, StudyPlan(outcome="nilai")).headline.iloc[0]
    p_value = float(row["p_value"])
    assert 0.0002 < p_value < 0.04
    assert study_value(data, StudyPlan(outcome="nilai")).verdict == "supported"
    assert study_value(data, StudyPlan(outcome="nilai", alpha=p_value / 2)).verdict == "cannot_say"


def test_nobody_counts_as_seen_before_a_first_outcome(office: Office) -> None:
    data = office(STEPS, people=90)
    rows = data["penilaian"]
    late = rows["pegawai_id"].isin([f"P{p:03d}" for p in range(0, 24, 2)]) & (rows["periode"] == "2023-S1")
    gone = study_value(change(data, penilaian=rows[~late].reset_index(drop=True)), StudyPlan(outcome="nilai"))
    empty = study_value(change(data, penilaian=rows.assign(nilai=rows["nilai"].mask(late))), StudyPlan(outcome="nilai"))
    assert gone.headline["estimate"].iloc[0] == pytest.approx(empty.headline["estimate"].iloc[0], rel=1e-12)
    assert gone.reach["n_treated"] == empty.reach["n_treated"] == 12


def test_input_stays_unchanged() -> None:
    data = agency(4)
    before = {name: data[name].copy(deep=True) for name in data}
    for programme in ("coaching", "konseling"):
        study_value(data, StudyPlan(programme=programme))
    for name in data:
        assert_frame_equal(data[name], before[name])


def test_a_plan_that_names_nothing_known_is_a_wrong_call(office: Office) -> None:
    with pytest.raises(CallError, match="programme: ditemukan 'coching'"):
        study_value(office(STEPS), StudyPlan(programme="coching"))


@pytest.mark.parametrize(
    ("people", "units", "periods"), [(60, 3, 2), (60, 3, 3), (100, 4, 2), (100, 4, 3), (200, 6, 3)]
)
def test_small_agencies_get_an_answer_or_a_reason(people: int, units: int, periods: int) -> None:
    for seed in (0, 1):
        data = build_agency(people=people, units=units, periods=periods, seed=seed)
        for plan in (StudyPlan(), StudyPlan(programme="mentoring", outcome="predikat"), StudyPlan(programme="seminar")):
            study = study_value(data, plan)
            json.dumps(study.to_json(), allow_nan=False)
            assert study.table[NUMBERS].notna().all(axis=None)
            assert len(study.headline) == 1 or (study.verdict == "cannot_say" and study.why)
            assert not (study.table["std_error"] < 0.03).any()  # nothing is that sure with so few people


def leavers(seed: int, people: int = 2500, periods: int = 5) -> pd.DataFrame:
    """Return rows without any effect where the keen do better, start sooner, and a quarter leaves every period."""
    rng = np.random.default_rng(seed)
    keen, here = rng.normal(size=people), np.ones(people, dtype=bool)
    start = np.full(people, -1)
    parts = []
    for period in range(periods):
        here &= (period == 0) | (rng.random(people) > 0.25)
        begins = here & (start < 0) & (period > 0) & (rng.random(people) < 1 / (1 + np.exp(1 - 1.5 * keen)))
        start[begins] = period
        own = np.flatnonzero(here)
        score = 0.8 * keen[own] + 0.6 * rng.normal(size=len(own))
        parts.append(pd.DataFrame({"pegawai_id": own, "waktu": period, "nilai": np.searchsorted([-1, 1], score)}))
    rows = pd.concat(parts, ignore_index=True)
    rows["rating_hasil"] = pd.Categorical.from_codes(rows["nilai"], categories=list(RATING), ordered=True)
    rows = rows.assign(mulai_ikut=start[rows["pegawai_id"]], masuk=0, penilai="satu", sumber_sama=0.0)
    rows["ikut"] = (rows["mulai_ikut"] >= 0) & (rows["waktu"] >= rows["mulai_ikut"])
    return rows.assign(kejadian=(rows["waktu"] - rows["mulai_ikut"]).where(rows["ikut"], -1))


def test_those_who_leave_before_they_could_start_do_not_look_like_an_effect() -> None:
    outcome = value.Outcome("rating", ("rating_hasil",), "", "")
    z, alike = [], []
    for seed in range(6):
        rows = leavers(seed)
        found = value._estimate_main(rows, outcome).table.iloc[0]
        z.append(found["estimate"] / found["std_error"])
        fixed = ["waktu", "mulai_ikut"]  # one group for all who never start, whenever they left
        plain = estimate_latent(rows, ratings="rating_hasil", event="kejadian", fixed=fixed, cluster="pegawai_id")
        alike.append(plain.table["conf_low"].iloc[0] > 0)
    assert all(alike)
    assert abs(np.mean(z)) < 3.3 / np.sqrt(6)


def test_people_are_compared_with_those_who_came_and_left_with_them() -> None:
    people = {"a": (-1, 0, 2, 15), "b": (-1, 0, 1, 15), "c": (2, 0, 2, 15), "d": (1, 0, 2, 7), "e": (2, 1, 2, 20)}
    rows = pd.DataFrame(
        [
            {"pegawai_id": f"{name}{number}", "mulai_ikut": start, "masuk": first, "waktu": period}
            for name, (start, first, last, n) in people.items()
            for number in range(n)
            for period in range(first, last + 1)
        ]
    )
    untreated = (rows["mulai_ikut"] < 0) | (rows["waktu"] < rows["mulai_ikut"])
    group = value._group_alike(rows, untreated=untreated).groupby(rows["pegawai_id"].str[0]).unique().str.join(",")
    # d has 7 rows before its start, so its start alone is held equal
    assert group.to_dict() == {"a": "-1/0/2", "b": "-1/0/1", "c": "2/0/2", "d": "1", "e": "2/1/2"}
