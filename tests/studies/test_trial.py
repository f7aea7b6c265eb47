"""A programme drawn by lot: planted truth, an invented trial by hand, and data that cannot say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kinerja_lib.estimate import estimate_regression
from kinerja_lib.opendata import open_data
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.studies import Study, StudyPlan, study_value
from kinerja_lib.studies.result import TABLE
from kinerja_lib.typed import check_table

SHARED = Path(__file__).parents[3] / "shared" / "data"
EFFECTS = {"pembanding": 0.0, "coaching": 6.0, "kursus": 0.0}
RISE = 3.0  # what every arm gains in each period after the first, programme or not


def invent(seed: int = 4, people: int = 240, periods: tuple[str, ...] = ("2024-S1", "2024-S2", "2025-S1")) -> Dataset:
    """Return a trial of three arms that starts in the second period; `EFFECTS` are its true effects."""
    rng = np.random.default_rng(seed)
    ids = [f"P{number:03d}" for number in range(people)]
    arm = np.array(list(EFFECTS))[rng.permutation(people) % 3]
    age, base = rng.normal(size=people), rng.normal(70, 8, people)
    parts = []
    for step, period in enumerate(periods):
        after = np.array([EFFECTS[name] for name in arm]) * (step > 0)
        score = base + 2 * age + RISE * step + after + rng.normal(0, 4, people)
        parts.append(pd.DataFrame({"pegawai_id": ids, "periode": period, "nilai": score, "satuan": "poin"}))
    joined = arm != "pembanding"
    tables = {
        "unit": pd.DataFrame({"unit_id": ["U"], "nama": ["Unit"]}),
        "pegawai": pd.DataFrame({"pegawai_id": ids, "unit_id": "U", "x_usia": age}),
        "penilaian": pd.concat(parts),
        "kegiatan": pd.DataFrame({
            "kegiatan_id": [f"K{i}" for i in range(joined.sum())], "pegawai_id": np.array(ids)[joined],
            "jenis": arm[joined], "mulai": "2024-07-15",
        }),
    }  # fmt: skip
    typed = {name: check_table(name, frame.astype("str"), locate=str) for name, frame in tables.items()}
    return Dataset({name: typed[name] for name in TABLES if name in typed}, keterangan={"rancangan": "acak"})


def change(data: Dataset, **tables: pd.DataFrame | None) -> Dataset:
    """Return the data with tables replaced, or left out where None."""
    kept = {name: frame for name, frame in {**data.tables, **tables}.items() if frame is not None}
    return replace(data, tables=kept)


def pick(study: Study, term: str, *, headline: bool = False, naive: bool = False, group: str = "") -> pd.Series:
    table = study.table
    found = table[(table["term"] == term) & (table["group"] == group)]
    found = found[(found["headline"] == headline) & (found["naive"] == naive)]
    assert len(found) == 1
    return found.iloc[0]


def test_planted_effects_are_found_and_the_naive_answer_is_not() -> None:
    study = study_value(invent())
    for arm in ("coaching", "kursus"):
        row = pick(study, arm, headline=True)
        assert row["conf_low"] < EFFECTS[arm] < row["conf_high"]
    assert pick(study, "coaching", headline=True)["conf_low"] > 0
    naive = pick(study, "kursus", naive=True)
    assert naive["conf_low"] > 0  # it takes the rise that everyone had for an effect
    assert naive["conf_low"] < 1.5 * RISE < naive["conf_high"]


def test_intervals_cover_the_planted_effect_at_their_rate() -> None:
    covered = 0
    for seed in range(60):
        row = pick(study_value(invent(seed, people=90)), "coaching", headline=True)
        covered += row["conf_low"] < EFFECTS["coaching"] < row["conf_high"]
    assert 52 <= covered <= 60  # 57 with a simulation error of 1.7, three of them


def test_the_pooled_answer_equals_the_regression_written_out() -> None:
    data = invent()
    first = data["penilaian"].query("periode == '2024-S1'").set_index("pegawai_id")["nilai"]
    arms = data["kegiatan"].set_index("pegawai_id")["jenis"].astype("str")
    rows = data["penilaian"].merge(data["pegawai"][["pegawai_id", "x_usia"]], on="pegawai_id")
    later = rows["periode"] != "2024-S1"
    rows = rows.assign(
        awal=rows["pegawai_id"].map(first),
        coaching=((rows["pegawai_id"].map(arms) == "coaching") & later).astype(int),
        kursus=((rows["pegawai_id"].map(arms) == "kursus") & later).astype(int),
    )
    expected = estimate_regression(
        rows, "nilai ~ coaching + kursus + C(periode) + awal + x_usia", cluster="pegawai_id"
    ).table.set_index("term")
    study = study_value(data)
    assert study.pooled is not None
    for arm in ("coaching", "kursus"):
        for column in ("estimate", "std_error", "p_value"):
            assert pick(study, arm, headline=True)[column] == pytest.approx(expected.loc[arm, column], rel=1e-9)
    one = estimate_regression(rows[rows["periode"] == "2025-S1"], "nilai ~ coaching + kursus + awal + x_usia")
    beside = study.by_period.query("term == 'coaching' and group == '2025-S1'").iloc[0]
    assert beside["std_error_hc1"] == pytest.approx(one.table["std_error"][1], rel=1e-9)


def test_tables_are_tidy_and_whole() -> None:
    study = study_value(invent())
    assert tuple(study.table.columns) == TABLE
    assert len(study.table) == 2 + 4 + 6  # pooled; arm x period; naive: arm x (all, two periods)
    assert study.by_period["months"].tolist() == [0, 0, 6, 6]
    assert study.design == "random"
    assert study.unit == "poin"
    assert study.verdict == "supported"
    assert study.why == ("good",)
    assert study.arms["follow_up"].tolist() == [1.0] * 9
    assert study.arms["arm"].unique().tolist() == ["pembanding", "kursus", "coaching"]
    assert any("gabungan" in sentence for sentence in study.limits)


def test_input_stays_unchanged() -> None:
    data = invent()
    before = {name: data[name].copy(deep=True) for name in data}
    study_value(data)
    for name in data:
        assert_frame_equal(data[name], before[name])


def test_one_period_after_the_start_is_the_headline() -> None:
    study = study_value(invent(periods=("2024-S1", "2024-S2")))
    assert study.pooled is None
    row = pick(study, "coaching", headline=True, group="2024-S2")
    assert row["conf_low"] < 6 < row["conf_high"]
    assert any("satu periode sesudah program" in sentence for sentence in study.limits)


def test_without_a_baseline_arms_are_compared_as_they_are() -> None:
    data = invent()
    later = data["penilaian"].query("periode != '2024-S1'").reset_index(drop=True)
    study = study_value(change(data, penilaian=later))
    assert pick(study, "coaching", headline=True)["estimate"] == pytest.approx(6, abs=6)
    assert study.naive.empty
    assert any("kesetaraan awal" in sentence for sentence in study.limits)


def test_lost_persons_are_counted_by_arm() -> None:
    data = invent()
    coached = data["kegiatan"].query("jenis == 'coaching'")["pegawai_id"].iloc[:10]
    score = data["penilaian"]["nilai"].mask(
        data["penilaian"]["pegawai_id"].isin(coached) & (data["penilaian"]["periode"] == "2025-S1")
    )
    study = study_value(change(data, penilaian=data["penilaian"].assign(nilai=score)))
    last = study.arms.query("arm == 'coaching' and periode == '2025-S1'").iloc[0]
    assert (last["n_assigned"], last["n"]) == (80, 70)
    assert any("tidak diundi" in sentence for sentence in study.limits)
    assert pick(study, "coaching", headline=True)["n"] == 710


def test_the_first_event_decides_the_arm() -> None:
    data = invent()
    again = data["kegiatan"].assign(mulai=pd.Timestamp("2024-10-01"), jenis="seminar")
    again["kegiatan_id"] = "A" + again["kegiatan_id"]
    kinds = data["kegiatan"]["jenis"].dtype
    more = pd.concat([again.astype({"jenis": kinds}), data["kegiatan"]], ignore_index=True)
    assert_frame_equal(study_value(change(data, kegiatan=more)).table, study_value(data).table)


CANNOT: dict[str, tuple[Callable[[Dataset], Dataset], str]] = {
    "no outcome": (
        lambda d: change(d, penilaian=d["penilaian"].drop(columns="nilai")),
        "Hasil yang hendak ditelaah tidak ada",
    ),
    "empty outcome": (
        lambda d: change(d, penilaian=d["penilaian"].assign(nilai=np.nan)),
        "Hasil yang hendak ditelaah tidak ada",
    ),
    "no appraisals": (lambda d: change(d, penilaian=None), "Hasil yang hendak ditelaah tidak ada"),
    "no events": (lambda d: change(d, kegiatan=None), "Tidak ada kegiatan"),
    "no persons": (lambda d: change(d, pegawai=None), "Tabel pegawai tidak ada"),
    "two units": (
        lambda d: change(d, penilaian=d["penilaian"].assign(satuan=["KES", "USD"] * 360)),
        "lebih dari satu satuan",
    ),
    "two regulations": (
        lambda d: change(d, penilaian=d["penilaian"].assign(rezim=["pp46", "pp30_8"] * 360)),
        "menurut lebih dari satu aturan penilaian",
    ),
    "no comparison": (
        lambda d: change(d, pegawai=d["pegawai"][d["pegawai"]["pegawai_id"].isin(d["kegiatan"]["pegawai_id"])]),
        "Tidak ada pembanding",
    ),
    "nobody took part": (
        lambda d: change(d, kegiatan=d["kegiatan"].assign(pegawai_id="lain" + d["kegiatan"]["kegiatan_id"])),
        "Tidak ada pegawai yang mengikuti",
    ),
    "nothing after": (
        lambda d: change(d, kegiatan=d["kegiatan"].assign(mulai=pd.Timestamp("2027-01-01"))),
        "Tidak ada hasil sesudah program",
    ),
    "comparison lost": (
        lambda d: change(
            d,
            penilaian=d["penilaian"][
                d["penilaian"]["pegawai_id"].isin(d["kegiatan"]["pegawai_id"])
                | (d["penilaian"]["periode"] == "2024-S1")
            ],
        ),
        "tidak ada pembanding yang datanya lengkap",
    ),
    "too few persons": (
        lambda d: change(d, pegawai=d["pegawai"].iloc[:4], penilaian=d["penilaian"].query("periode <= '2024-S2'")),
        "kurang dari lima orang|Tidak ada pembanding",
    ),
}


def test_the_plan_says_arm_and_level() -> None:
    data = invent()
    assert study_value(data).programme == "coaching"
    course = study_value(data, StudyPlan(programme="kursus"))
    assert (course.programme, course.verdict) == ("kursus", "not_supported")
    other = study_value(data, StudyPlan(programme="konseling"))  # no arm of this trial: nothing of another is said
    assert (other.programme, other.why, other.verdict) == ("konseling", ("no_treated",), "cannot_say")
    small = invent(1, people=30)
    p_value = float(pick(study_value(small), "coaching", headline=True)["p_value"])
    assert 0.005 < p_value < 0.05
    assert study_value(small).verdict == "supported"
    assert study_value(small, StudyPlan(alpha=p_value / 3)).verdict == "cannot_say"


def split(data: Dataset) -> Dataset:
    """Return the trial with two units and two kinds of staff; some of unit A move to B once the programme runs."""
    staff, rows = data["pegawai"], data["penilaian"]
    unit = pd.Series(["A", "B"] * (len(staff) // 2), index=staff["pegawai_id"], dtype="str")
    moved = rows["pegawai_id"].isin(staff["pegawai_id"].iloc[::10]) & (rows["periode"] > "2024-S1")
    return change(
        data,
        pegawai=staff.assign(unit_id=unit.to_numpy(), status=["PNS"] * 150 + ["PPPK"] * (len(staff) - 150)),
        penilaian=rows.assign(unit_id=rows["pegawai_id"].map(unit).mask(moved, "B")),
    )


def test_the_plan_says_whom() -> None:
    data = split(invent())
    whole = study_value(data)
    own = study_value(data, StudyPlan(status="PNS", units=("A",)))
    staff = data["pegawai"]
    kept = staff[(staff["status"] == "PNS") & (staff["unit_id"] == "A")]
    by_hand = study_value(change(data, pegawai=kept.reset_index(drop=True)))
    assert_frame_equal(own.table, by_hand.table)
    assert_frame_equal(own.arms, by_hand.arms)
    assert whole.arms.groupby("periode", observed=True)["n_assigned"].sum().unique().tolist() == [240]
    assert own.arms.groupby("periode", observed=True)["n_assigned"].sum().unique().tolist() == [75]
    assert own.dropped["pegawai di luar status yang direncanakan"] == 90
    assert own.dropped["pegawai di luar unit yang direncanakan"] == 75
    assert own.dropped.get("baris penilaian tanpa pegawai") is None


def test_the_plan_says_when() -> None:
    data = invent()
    first = study_value(data, StudyPlan(last_period="2024-S2"))
    rows = data["penilaian"]
    by_hand = study_value(change(data, penilaian=rows[rows["periode"] <= "2024-S2"].reset_index(drop=True)))
    assert_frame_equal(first.table, by_hand.table)
    assert first.dropped["baris di luar periode yang direncanakan"] == 240
    late = study_value(data, StudyPlan(first_period="2024-S2"))
    assert any("sebelum program" in text for text in late.limits)  # no baseline is left
    assert study_value(data, StudyPlan(last_period="2024-S1")).why == ("no_after",)
    assert study_value(data, StudyPlan(units=("tidak ada",))).verdict == "cannot_say"


def test_an_effect_too_small_to_be_worth_having_is_not_supported() -> None:
    data = invent(people=2400)
    course = StudyPlan(programme="kursus")  # its true effect is nil
    assert study_value(data, course).verdict == "not_supported"
    assert study_value(data, replace(course, smallest_effect=0.0)).verdict == "cannot_say"
    row = pick(study_value(data, course), "kursus", headline=True)
    spread = study_value(data, course).detail["spread"]
    edge = float(row["conf_high"]) / spread  # the smallest effect is in standard deviations of the comparison
    assert study_value(data, replace(course, smallest_effect=1.01 * edge)).verdict == "not_supported"
    assert study_value(data, replace(course, smallest_effect=0.99 * edge)).verdict == "cannot_say"


def test_reach_is_that_of_the_error() -> None:
    data = invent()
    study = study_value(data)
    row, spread = pick(study, "coaching", headline=True), study.detail["spread"]
    assert study.reach["n_treated"] == (data["kegiatan"]["jenis"] == "coaching").sum()
    assert study.reach["n_control"] == 240 - len(data["kegiatan"])
    # an estimate that lies at the smallest detectable effect leaves zero out in eight of ten repetitions
    draws = np.random.default_rng(1).normal(study.reach["effect"] * spread, row["std_error"], 20_000)
    assert (draws > 1.959964 * row["std_error"]).mean() == pytest.approx(0.8, abs=0.01)  # an error of 0.003
    draws = np.random.default_rng(2).normal(study.reach["smallest"] * spread, row["std_error"], 20_000)
    assert (draws > 1.959964 * row["std_error"]).mean() == pytest.approx(study.reach["power"], abs=0.01)
    assert study_value(data, StudyPlan(alpha=0.01)).reach["effect"] > study.reach["effect"]


def test_an_arm_of_four_is_not_shown() -> None:
    data = invent()
    kept = data["kegiatan"].groupby("jenis", observed=True).cumcount() < 4
    gone = data["kegiatan"].loc[~kept & (data["kegiatan"]["jenis"] == "kursus"), "pegawai_id"]
    staff = data["pegawai"]
    study = study_value(change(data, pegawai=staff[~staff["pegawai_id"].isin(gone)].reset_index(drop=True)))
    assert study.why == ("few_people",)
    assert study.table.empty
    assert study.arms.empty


@pytest.mark.parametrize("case", CANNOT)
def test_data_that_cannot_answer_say_so(case: str) -> None:
    spoil, reason = CANNOT[case]
    study = study_value(spoil(invent()))
    assert study.verdict == "cannot_say"
    assert pd.Series(study.reasons).str.contains(reason).any()
    assert study.to_json()["table"] == []


def test_json_holds_plain_values() -> None:
    study = study_value(invent())
    text = json.loads(json.dumps(study.to_json(), allow_nan=False))
    assert set(text) >= {"study", "design", "verdict", "reasons", "table", "checks", "reach", "limits"}
    assert text["study"] == "value"
    assert text["verdict"] == "supported"
    assert text["table"][0]["headline"] is True
    assert text["table"][0]["months"] is None
    assert len(text["table"]) == len(study.table)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder shared/data with the open data files is not there")
def test_the_mentoring_trial_gives_its_published_table() -> None:
    study = study_value(open_data("bdj2018", folder=SHARED))
    for arm, estimate, error in (("mentoring", 371.83, 133.02), ("kursus", 124.51, 144.90)):
        row = pick(study, arm, headline=True)
        assert row["estimate"] == pytest.approx(estimate, abs=0.005)  # as printed
        assert row["std_error"] == pytest.approx(error, abs=0.005)
        assert row["n"] == 2578


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder shared/data with the open data files is not there")
def test_the_survey_cannot_say() -> None:
    assert study_value(open_data("csps", folder=SHARED)).verdict == "cannot_say"
