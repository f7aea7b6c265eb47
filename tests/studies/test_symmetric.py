"""Over the dip: pairs by hand, the regression written out, and planted counselling of the weakest."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kinerja_lib.estimate import estimate_regression
from kinerja_lib.schema import Dataset
from kinerja_lib.studies import StudyPlan, study_value
from kinerja_lib.studies.symmetric import build_pairs
from kinerja_lib.synth import Effects, build_agency

Office = Callable[..., Dataset]
PLAN = StudyPlan(programme="konseling")


def people(**rows: tuple[int, str, list[float | None]]) -> pd.DataFrame:
    """Return rows of people: place of the start, periods with an event as 0 and 1, outcome by period."""
    parts = [
        pd.DataFrame(
            {
                "pegawai_id": who,
                "waktu": range(len(values)),
                "mulai_ikut": start,
                "terkirim": [mark == "1" for mark in sent],
                "hasil": pd.Series(values, dtype="float64"),
                "lain_coaching": [float(at >= 2) for at in range(len(values))],
            }
        )
        for who, (start, sent, values) in rows.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_pairs_by_hand() -> None:
    rows = people(
        once=(2, "00100", [1, 9, 4, 9, 9]),
        never=(-1, "00000", [1, 2, 4, 8, 16]),
        twice=(2, "00110", [0, 0, 0, 0, 0]),
        late=(4, "00001", [0, 0, 0, 0, 0]),  # the last period is no end
        early=(1, "01000", [0, 0, 0, 0, 0]),  # nobody two periods before
        gap=(-1, "00000", [1, 2, None, 8, 16]),
    )
    pairs = build_pairs(rows, "hasil").sort_values(["pegawai_id", "waktu"], ignore_index=True)
    assert pairs["pegawai_id"].tolist() == ["gap", "never", "never", "once"]
    assert pairs["waktu"].tolist() == [3, 2, 3, 2]
    assert pairs["peserta"].tolist() == [0, 0, 0, 1]
    assert pairs["perubahan"].tolist() == [6, 3, 6, 3]
    assert pairs["lain_coaching"].tolist() == [1, 1, 1, 1]
    assert pairs["lain_coaching_awal"].tolist() == [0, 0, 0, 0]


def test_pairs_do_not_depend_on_the_order_and_change_nothing() -> None:
    rows = people(once=(2, "00100", [1, 9, 4, 9, 9]), never=(-1, "00000", [1, 2, 4, 8, 16]))
    before = rows.copy(deep=True)
    first = build_pairs(rows, "hasil")
    pd.testing.assert_frame_equal(rows, before)
    mixed = build_pairs(rows.sample(frac=1, random_state=1), "hasil")
    sorted_ = [each.sort_values(["pegawai_id", "waktu"], ignore_index=True) for each in (first, mixed)]
    pd.testing.assert_frame_equal(*sorted_)


def test_the_headline_is_the_difference_in_change_written_out(office: Office) -> None:
    data = office({str(person): 2 for person in range(0, 40, 2)}, kind="konseling", people=90)
    study = study_value(data, StudyPlan(programme="konseling", outcome="nilai"))
    wide = data["penilaian"].pivot_table(index="pegawai_id", columns="periode", values="nilai")
    sent = wide.index.isin(data["kegiatan"]["pegawai_id"])
    pairs = pd.DataFrame({"y": wide["2024-S1"] - wide["2023-S1"], "x": sent.astype(float), "id": wide.index})
    expected = estimate_regression(pairs.reset_index(drop=True), "y ~ x", cluster="id", errors="CR2").table.iloc[1]
    row = study.headline.iloc[0]
    for name in ("estimate", "std_error", "conf_low", "conf_high", "n"):
        assert row[name] == pytest.approx(expected[name], rel=1e-9)
    gain = (wide["2024-S1"] - wide["2023-S2"])[sent]
    naive = study.table[study.table["naive"]].iloc[0]
    assert naive["estimate"] == pytest.approx(gain.mean(), rel=1e-9)
    assert naive["std_error"] == pytest.approx(gain.std() / np.sqrt(len(gain)), rel=1e-9)
    assert study.reach == {"n_treated": 20.0, "n_control": 70.0}
    assert study.unit == "poin"


def test_fewer_than_five_on_a_side_are_not_shown(office: Office) -> None:
    few = study_value(office({str(p): 2 for p in range(4)} | {str(p): 3 for p in range(4, 9)}, kind="konseling"), PLAN)
    assert few.why == ("few_people",)
    others = office({str(p): 2 for p in range(56)} | {"56": 1}, kind="konseling")  # three never, in rows enough
    found = study_value(others, PLAN)
    assert found.why == ("few_people",)
    for study in (few, found):
        assert study.verdict == "cannot_say"
        assert study.table.empty
        json.dumps(study.to_json(), allow_nan=False)


def test_two_periods_hold_no_pair(office: Office) -> None:
    data = office({str(p): 1 for p in range(12)}, kind="konseling", periods=("2023-S1", "2023-S2"))
    assert study_value(data, PLAN).why == ("few_people",)


@pytest.fixture(scope="module")
def counselled() -> list[tuple[pd.Series, pd.Series, str]]:
    """Return headline, naive row and verdict of twenty agencies without an effect, the weakest sent."""
    found = []
    for seed in range(20):
        study = study_value(
            build_agency(people=600, units=6, periods=4, seed=seed, effects=Effects(konseling=0.0)), PLAN
        )
        found.append((study.headline.iloc[0], study.table[study.table["naive"]].iloc[0], study.verdict))
    return found


def test_the_weakest_recover_and_only_the_naive_answer_takes_it_for_an_effect(
    counselled: list[tuple[pd.Series, pd.Series, str]],
) -> None:
    """At no effect: naive intervals above zero in every run; ours hold zero at their rate."""
    assert all(naive["conf_low"] > 0 for _row, naive, _verdict in counselled)
    wrong = sum(row["conf_low"] > 0 or row["conf_high"] < 0 for row, _naive, _verdict in counselled)
    assert wrong <= stats.binom.ppf(0.999, 20, 0.05)
    assert sum(verdict == "supported" for _row, _naive, verdict in counselled) <= stats.binom.ppf(0.999, 20, 0.025)
    z = [row["estimate"] / row["std_error"] for row, _naive, _verdict in counselled]
    assert abs(np.mean(z)) < 3.3 / np.sqrt(20)
