"""The study of climate: planted truth, an invented survey by hand, small groups, and data that cannot say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.estimate import estimate_regression, estimate_reliability
from kinerja_lib.schema import Dataset
from kinerja_lib.studies import Study, StudyPlan, study_climate
from kinerja_lib.studies.survey import build_cells, find_period, read_survey
from kinerja_lib.synth import Effects, build_agency
from kinerja_lib.typed import check_table

WAVES = ("2023-S1", "2024-S1")
ITEMS = ("B1", "B2", "B3")
STAFF = 20


def invent(
    coached: dict[str, int],
    *,
    seed: int = 7,
    effect: float = 0.0,
    waves: Iterable[str] = WAVES,
    answering: int = 15,
    items: Iterable[str] = ITEMS,
) -> Dataset:
    """Return units of twenty people, `coached` of whom have coaching in the second half of 2023; answers of a survey.

    With `effect` the answers of a unit whose staff are all coached rise by so many points.
    """
    rng = np.random.default_rng(seed)
    people = [(f"{unit}-{i:02d}", unit, i < k) for unit, k in coached.items() for i in range(STAFF)]
    periods = sorted({*waves, "2023-S2"})
    answers = []
    for wave in waves:
        for unit, k in coached.items():
            shift = effect * k / STAFF * (wave > "2023-S2")
            for i in range(answering):
                own = rng.normal(3 + shift, 0.8)
                answers += [
                    {"responden_id": f"R{unit}{i}", "periode": wave, "unit_id": unit, "instrumen": "iklim"}
                    | {"butir": item, "skor": own + rng.normal(0, 0.6)}
                    for item in items
                ]
    tables: dict[str, list[dict[str, Any]]] = {
        "unit": [{"unit_id": unit, "nama": unit} for unit in coached],
        "pegawai": [{"pegawai_id": who, "unit_id": unit} for who, unit, _k in people],
        "penilaian": [
            {"pegawai_id": who, "periode": period, "unit_id": unit, "predikat": "Baik"}
            for period in periods
            for who, unit, _k in people
        ],
        "kegiatan": [
            {"kegiatan_id": f"K{who}", "pegawai_id": who, "jenis": "coaching", "mulai": "2023-08-01"}
            for who, _unit, taken in people
            if taken
        ],
        "survei": answers,
    }
    frames = {name: pd.DataFrame(rows).astype("str") for name, rows in tables.items() if rows}
    return Dataset({name: check_table(name, frame, locate=str) for name, frame in frames.items()})


TAKEN = {"U1": 15, "U2": 10, "U3": 8, "U4": 12, "U5": 0, "U6": 0, "U7": 6, "U8": 0}
PLAN = StudyPlan(programme="coaching")


def change(data: Dataset, **tables: pd.DataFrame | None) -> Dataset:
    return replace(data, tables={k: v for k, v in {**data.tables, **tables}.items() if v is not None})


def row(study: Study, role: str) -> pd.Series:
    found = study.table[study.table["role"] == role]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture(scope="module")
def invented() -> Dataset:
    return invent(TAKEN, effect=1.5)


@pytest.fixture(scope="module")
def studied(invented: Dataset) -> Study:
    return study_climate(invented, PLAN)


@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_intervals_cover_what_was_planted(effect: float) -> None:
    covered, alarms, promised = 0, 0, 0
    for seed in range(20):
        study = study_climate(build_agency(people=800, seed=500 + seed, effects=Effects(coaching_climate=effect)), PLAN)
        main = row(study, "main")
        assert study.truth["headline"] == effect
        covered += main["conf_low"] < effect < main["conf_high"]
        alarms += main["conf_low"] > 0 or main["conf_high"] < 0
        promised += study.verdict == "supported"
    assert covered >= 17  # 19 of 20 with an error of one; fewer than 17 in 1.6 % of runs that cover 95 %
    if not effect:
        assert alarms <= 3
        assert promised <= 2


def test_the_headline_equals_the_regression_written_out(invented: Dataset, studied: Study) -> None:
    wide = invented["survei"].pivot_table(
        index=["periode", "unit_id", "responden_id"], columns="butir", values="skor", observed=True
    )
    inside = wide - wide.groupby("periode", observed=True).transform("mean")
    alpha = estimate_reliability(inside, items=ITEMS).table["estimate"].iloc[0]
    shared = inside.cov().to_numpy()
    by_hand = (shared.sum() - np.trace(shared)) / 6  # the mean covariance of two items is the variance of the true part
    sd = (inside.mean(axis=1).var(ddof=1) * alpha) ** 0.5
    assert sd**2 == pytest.approx(by_hand, rel=1e-9)
    assert studied.detail["sd"] == pytest.approx(sd, rel=1e-2)  # n or n - 1
    rows = (wide.mean(axis=1) / studied.detail["sd"]).rename("y").reset_index()
    share = rows["unit_id"].astype(object).map(TAKEN).astype(float) / STAFF
    rows["share"] = share * (rows["periode"].astype(object) == WAVES[1])
    expected = estimate_regression(rows, "y ~ share", absorb=["unit_id", "periode"], cluster="unit_id").table.iloc[0]
    for name in ("estimate", "std_error", "conf_low", "n"):
        assert row(studied, "main")[name] == pytest.approx(expected[name], rel=1e-9)


def test_the_score_of_each_wave_by_hand(invented: Dataset, studied: Study) -> None:
    answers = invented["survei"]
    low, high = float(np.floor(answers["skor"].min())), float(np.ceil(answers["skor"].max()))
    assert studied.detail["scale"] == (low, high)
    table = studied.detail["pomp"]
    assert table["periode"].tolist() == list(WAVES)
    for found in table.itertuples():
        rows = answers[answers["periode"] == found.periode]
        means = rows.groupby(["unit_id", "responden_id"], observed=True)["skor"].mean()
        assert found.n == len(means)
        assert found.estimate == pytest.approx(100 * (means.mean() - low) / (high - low))
        half = stats.t.ppf(0.975, len(means) - 1) * means.std() / len(means) ** 0.5 * 100 / (high - low)
        assert (found.conf_low, found.conf_high) == pytest.approx((found.estimate - half, found.estimate + half))


def test_a_survey_of_one_wave_cannot_say_but_has_its_score(invented: Dataset) -> None:
    answers = invented["survei"]
    study = study_climate(change(invented, survei=answers[answers["periode"] == WAVES[0]].reset_index(drop=True)), PLAN)
    assert study.verdict == "cannot_say"
    assert study.detail["pomp"]["periode"].tolist() == [WAVES[0]]
    few = answers[answers["responden_id"].isin(answers["responden_id"].drop_duplicates().iloc[:4])]
    assert study_climate(change(invented, survei=few.reset_index(drop=True)), PLAN).detail.get("pomp", few[:0]).empty


def test_with_two_waves_the_second_estimate_is_the_first_with_other_errors(studied: Study) -> None:
    main, second = row(studied, "main"), row(studied, "second")
    assert second["estimate"] == pytest.approx(main["estimate"], rel=1e-9)
    assert second["std_error"] != pytest.approx(main["std_error"], rel=1e-3)
    assert second["n"] == len(TAKEN)


def test_a_large_effect_is_supported_and_opposite_answers_are_contradicted(invented: Dataset, studied: Study) -> None:
    assert (studied.verdict, studied.why) == ("supported", ("good", "not_random"))
    assert studied.design == "comparative"
    turned = invented["survei"].assign(skor=6 - invented["survei"]["skor"])
    other = study_climate(change(invented, survei=turned), PLAN)
    assert other.verdict == "contradicted"
    assert row(other, "main")["estimate"] == pytest.approx(-row(studied, "main")["estimate"], rel=1e-9)


def test_checks_come_in_the_order_of_the_page(studied: Study) -> None:
    names = [check.name for check in studied.checks]
    assert names == ["reliability", "agreement", "pre_trend", "second", "response"]
    lead, response = studied.check("pre_trend"), studied.check("response")
    assert lead is not None
    assert lead.passed is None  # two waves: nothing lies before
    assert response is not None
    assert response.passed
    assert response.values["rate"] == 15 / STAFF


def test_the_level_of_the_plan_decides(invented: Dataset) -> None:
    weak = invent(TAKEN, effect=0.9, seed=11)
    row_main = row(study_climate(weak, PLAN), "main")
    for alpha in (0.001, 0.2):
        found = study_climate(weak, replace(PLAN, alpha=alpha))
        assert_frame_equal(found.table.iloc[[0]], row_main.to_frame().T.astype(found.table.dtypes), check_dtype=False)
        assert found.verdict == ("supported" if alpha > row_main["p_value"] else "cannot_say")


def test_reach_follows_the_exposure_and_not_the_answers_of_units(studied: Study) -> None:
    assert studied.reach["n_treated"] == sum(TAKEN.values())
    assert studied.reach["n_control"] == STAFF * len(TAKEN) - sum(TAKEN.values())
    even = study_climate(invent({"U1": 8, "U2": 7, "U3": 6, "U4": 7, "U5": 5, "U6": 5, "U7": 6, "U8": 5}), PLAN)
    assert even.reach["effect"] > 2 * studied.reach["effect"]
    assert even.reach["power"] < studied.reach["power"]


def test_a_programme_before_the_answers_move_is_seen() -> None:
    waves = ("2022-S1", "2023-S1", "2024-S1")
    data = invent(TAKEN, waves=waves, answering=18)
    rows = data["survei"]
    early = rows["periode"].astype(object) == "2023-S1"
    share = rows["unit_id"].astype(object).map(TAKEN).astype(float) / STAFF
    ahead = study_climate(change(data, survei=rows.assign(skor=rows["skor"] + 3 * share * early)), PLAN)
    check = ahead.check("pre_trend")
    assert check is not None
    assert check.passed is False
    assert check.values["conf_low"] > 0
    assert ahead.verdict == "cannot_say"
    assert "pre_trend" in ahead.why


def test_who_stops_answering_with_the_programme_is_seen(invented: Dataset) -> None:
    rows = invented["survei"]
    number = rows["responden_id"].str.extract(r"R..(\d+)", expand=False).astype(int)
    late = rows["periode"].astype(object) == WAVES[1]
    taken = rows["unit_id"].astype(object).map(TAKEN).astype(int)
    study = study_climate(change(invented, survei=rows[~(late & (number < taken * 0.6))]), PLAN)
    check = study.check("response")
    assert check is not None
    assert check.passed is False
    assert check.values["estimate"] == pytest.approx(-0.6, abs=0.1)
    assert study.verdict == "cannot_say"
    assert "response" in study.why


def test_more_answers_than_staff_leave_the_response_unknown() -> None:
    check = study_climate(invent(TAKEN, answering=STAFF + 1), PLAN).check("response")
    assert check is not None
    assert check.passed is None
    assert not check.values


def test_answers_that_have_nothing_in_common_say_nothing(invented: Dataset) -> None:
    noise = np.random.default_rng(1).integers(1, 6, len(invented["survei"])).astype(float)
    study = study_climate(change(invented, survei=invented["survei"].assign(skor=noise)), PLAN)
    assert study.verdict == "cannot_say"
    assert "reliability" in study.why


def test_a_skipped_item_moves_no_score(invented: Dataset) -> None:
    rows = invented["survei"]
    easy = rows.assign(skor=rows["skor"] + 2.0 * (rows["butir"] == "B1"))  # one item is answered higher by everybody
    gone = ((rows["butir"] == "B1") & (rows["responden_id"] == "RU10")).to_numpy()
    whole, skipped = (read_survey(change(invented, survei=part[~gone]), PLAN) for part in (rows, easy))
    assert whole is not None
    assert skipped is not None
    np.testing.assert_allclose(whole.rows["skor"], skipped.rows["skor"], atol=1e-12)


def test_half_empty_answers_and_single_waves_are_left_out_and_counted(invented: Dataset) -> None:
    rows = invented["survei"]
    lone = (rows["unit_id"] == "U8") & (rows["periode"].astype(object) == WAVES[0])
    few = (rows["unit_id"] == "U7") & ~rows["responden_id"].isin([f"RU7{i}" for i in range(4)])
    bare = (rows["responden_id"] == "RU13") & (rows["butir"] != "B1")
    data = change(invented, survei=rows[~lone & ~few & ~bare])
    survey = read_survey(data, PLAN)
    assert survey is not None
    assert survey.dropped == {"jawaban yang mengisi kurang dari separuh butir": 2}
    cells, dropped = build_cells(survey, data, PLAN, "coaching")
    assert dropped == {"unit dan gelombang dengan kurang dari lima jawaban": 2, "unit dengan satu gelombang saja": 1}
    assert sorted(cells["unit_id"].unique()) == ["U1", "U2", "U3", "U4", "U5", "U6"]
    assert (cells["n"] >= 5).all()


def test_shares_that_tell_of_one_to_four_are_not_shown() -> None:
    study = study_climate(invent({**TAKEN, "U7": 3, "U2": 17}), PLAN)
    shown = study.detail["units"].set_index("unit_id")["share_change"]
    assert shown.index[shown.isna()].tolist() == ["U2", "U7"]
    assert shown["U1"] == 0.75


def test_a_status_cannot_be_asked_of_anonymous_answers(studied: Study, invented: Dataset) -> None:
    staff = invented["pegawai"].assign(status=pd.Categorical(["PNS"] * 80 + ["PPPK"] * 80, ["PNS", "PPPK"]))
    study = study_climate(change(invented, pegawai=staff), replace(PLAN, status="PNS"))
    assert row(study, "main")["estimate"] == row(studied, "main")["estimate"]
    assert any("Status" in sentence for sentence in study.limits)


def test_input_stays_unchanged(invented: Dataset) -> None:
    before = {name: invented[name].copy(deep=True) for name in invented}
    study_climate(invented, PLAN)
    for name in invented:
        assert_frame_equal(invented[name], before[name])


@pytest.mark.parametrize(
    ("wave", "period"), [("2024-S1", "2024-S1"), ("2024", "2024-S2"), ("2024-T3", "2024-S2"), ("2021", "")]
)
def test_a_wave_asks_the_staff_of_its_period(wave: str, period: str) -> None:
    assert find_period(wave, np.array(["2023-S2", "2024-S1", "2024-S2"])) == period


@pytest.mark.parametrize(
    ("table", "code"),
    [("survei", "no_survey"), ("pegawai", "no_people"), ("penilaian", "no_staff"), ("kegiatan", "no_events")],
)
def test_a_missing_table_is_a_reason(invented: Dataset, table: str, code: str) -> None:
    study = study_climate(change(invented, **{table: None}), PLAN)
    assert (study.verdict, study.why) == ("cannot_say", (code,))
    assert study.table.empty
    assert study.reasons[0].endswith(".")


@pytest.mark.parametrize(
    ("coached", "code"),
    [
        (dict.fromkeys(TAKEN, 0) | {"U1": 0}, "no_events"),
        (dict.fromkeys(TAKEN, 10), "all_at_once"),
        (dict.fromkeys(TAKEN, STAFF), "all_at_once"),
        (dict.fromkeys(TAKEN, 0) | {"U1": 10, "U2": 5, "U3": 9}, "few_units"),
        (dict.fromkeys(TAKEN, 0) | dict.fromkeys(("U1", "U2", "U3", "U4"), 1), "few_people"),
        (dict.fromkeys(TAKEN, STAFF) | dict.fromkeys(("U1", "U2", "U3", "U4"), STAFF - 1), "few_people"),
    ],
)
def test_programmes_that_cannot_be_compared(coached: dict[str, int], code: str) -> None:
    study = study_climate(invent(coached), PLAN)
    assert (study.verdict, study.why) == ("cannot_say", (code,))
    assert study.table.empty


def test_nobody_of_these_units_took_part(invented: Dataset) -> None:
    study = study_climate(invented, replace(PLAN, programme="mentoring"))
    assert study.why == ("no_treated",)


def test_everybody_took_part_before_the_first_wave(invented: Dataset) -> None:
    events = invented["kegiatan"].assign(mulai=pd.Timestamp("2023-02-01"))
    assert study_climate(change(invented, kegiatan=events), PLAN).why == ("no_before",)


def test_surveys_that_say_too_little(invented: Dataset) -> None:
    rows = invented["survei"]
    one = study_climate(change(invented, survei=rows[rows["periode"].astype(object) == WAVES[1]]), PLAN)
    assert one.why == ("one_wave",)
    assert one.check("reliability") is not None  # the scale can still be looked at
    assert study_climate(change(invented, survei=rows.assign(skor=3.0)), PLAN).why == ("one_level",)
    assert study_climate(change(invented, survei=rows[rows["butir"] == "B1"]), PLAN).why == ("one_item",)
    assert study_climate(invent(TAKEN, answering=4), PLAN).why == ("few_units",)
    assert study_climate(invented, replace(PLAN, units=("U1", "U2", "U3"))).why == ("few_units",)
    assert study_climate(invented, replace(PLAN, first_period="2024-S1")).why == ("one_wave",)
    assert study_climate(invented, replace(PLAN, units=("X",))).why == ("no_survey",)
