"""Several agencies pooled: by hand, by published numbers, what is refused or left out, folders on a disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from kinerja_lib.errors import CallError, DataError
from kinerja_lib.read import write_dataset
from kinerja_lib.studies import Check, Pooled, Study, StudyPlan, study_agencies, study_pooled
from kinerja_lib.studies.pooled import profile_tau2
from kinerja_lib.studies.result import TABLE
from kinerja_lib.synth import build_agency

EFFECTS = (0.1, 0.3, 0.5, 0.9)


def invent(effect: float, error: float = 0.2, *, checks: tuple[Check, ...] = (), **fields: str) -> Study:
    """Return a study of coaching with this headline."""
    row = dict.fromkeys(TABLE, np.nan) | {"term": "coaching", "group": "", "estimate": effect, "std_error": error}
    ends = {"conf_low": effect - 1.96 * error, "conf_high": effect + 1.96 * error}
    marks = {"n": 200, "headline": True, "naive": False, "role": "main", "unit": "poin"}
    said = {"programme": "coaching", "design": "comparative", "outcome": "nilai", "unit": "poin"} | fields
    return Study("value", table=pd.DataFrame([row | ends | marks]), checks=checks, **said)  # type: ignore[arg-type]


def several(effects: tuple[float, ...] = EFFECTS, **fields: str) -> dict[str, Study]:
    return {f"Dinas {number}": invent(effect, **fields) for number, effect in enumerate(effects, start=1)}  # type: ignore[arg-type]


def pool(studies: Mapping[str, Study]) -> tuple[Pooled, pd.Series]:
    result = study_pooled(studies)
    assert result.pooled is not None
    return result, result.pooled.table.iloc[0]


def test_equal_errors_by_hand() -> None:
    """With equal errors the mean is plain, its error that of a mean of four, tau2 the variance less the sampling's."""
    result, row = pool(several())
    effects = np.array(EFFECTS)
    reach = stats.t.ppf(0.975, 3) * effects.std(ddof=1) / 2
    assert row["estimate"] == pytest.approx(0.45)
    assert row["n"] == 4
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([0.45 - reach, 0.45 + reach])
    assert result.spread["tau2"] == pytest.approx(effects.var(ddof=1) - 0.04, rel=1e-6)
    assert result.spread["i2"] == pytest.approx(100 * (1 - 0.04 / effects.var(ddof=1)), rel=1e-6)
    assert result.pooled is not None
    assert result.pooled.diagnostics["i2"] == pytest.approx(result.spread["i2"])
    assert result.why == ""
    assert (result.programme, result.outcome, result.unit, result.design) == (
        "coaching",
        "nilai",
        "poin",
        "comparative",
    )


def test_the_interval_of_tau2_by_hand() -> None:
    """With equal errors Q = sum of squares / (v + tau2), which inverts at the quantiles of chi-squared."""
    squares = 4 * np.array(EFFECTS).var()
    by_hand = [max(squares / stats.chi2.ppf(share, 3) - 0.04, 0.0) for share in (0.975, 0.025)]
    assert profile_tau2(np.array(EFFECTS), np.full(4, 0.04)) == pytest.approx(by_hand, abs=1e-9)


def test_the_interval_of_tau2_is_that_of_metafor() -> None:
    """Viechtbauer (2010), Journal of Statistical Software 36(3), BCG trials: tau2 between 0.1197 and 1.1115."""
    effects = [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394]
    variances = [0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124]
    found = profile_tau2(np.array([*effects, 0.4459, -0.0173]), np.array([*variances, 0.5325, 0.0714]))
    assert found == pytest.approx((0.1197, 1.1115), abs=1e-3)  # effects and variances are rounded to four places


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=8), st.floats(0.05, 1.0), st.floats(-5, 5))
def test_a_shift_of_all_agencies_changes_no_spread(effects: list[float], error: float, shift: float) -> None:
    variances = np.linspace(error, 2 * error, len(effects)) ** 2
    low, high = profile_tau2(np.array(effects), variances)
    assert 0 <= low <= high
    assert profile_tau2(np.array(effects) + shift, variances) == pytest.approx((low, high), rel=1e-5, abs=1e-7)


def test_without_each_agency_in_turn() -> None:
    result, _row = pool(several())
    rows = result.without.set_index("agency")
    assert list(rows.index) == ["Dinas 1", "Dinas 2", "Dinas 3", "Dinas 4"]
    assert rows.loc["Dinas 4", "estimate"] == pytest.approx(0.3)
    assert set(rows["n"]) == {3}
    assert study_pooled(several((0.1, 0.3, 0.5))).without.empty


def test_the_weakest_design_speaks_for_all() -> None:
    studies = several() | {"Dinas 5": invent(0.2, design="pre_post"), "Dinas 6": invent(0.3, design="random")}
    assert study_pooled(studies).design == "pre_post"


def test_a_comparison_whose_check_failed_is_pooled_but_weakens_the_whole() -> None:
    failed = invent(0.2, checks=(Check("dip", passed=False),))
    informs = invent(0.3, checks=(Check("dip", passed=False, blocking=False), Check("second", passed=True)))
    result, row = pool(several() | {"Dinas 5": failed, "Dinas 6": informs})
    assert row["n"] == 6
    assert result.agencies["sound"].tolist() == [True, True, True, True, False, True]
    assert result.design == "correlational"
    first = result.without.iloc[0]
    assert (first["agency"], first["n"]) == ("", 5)
    assert first["estimate"] == pytest.approx(pool(several() | {"Dinas 6": informs})[1]["estimate"])


def test_agencies_without_a_headline_are_left_out_with_their_reason() -> None:
    silent = Study("value", programme="coaching", why=("one_period",))
    unsure = replace(invent(0.2), table=invent(0.2).table.assign(std_error=np.nan))
    other = replace(invent(0.2), table=invent(0.2).table.assign(headline=False))
    result, row = pool(several() | {"Dinas 5": silent, "Dinas 6": unsure, "Dinas 7": other})
    assert row["n"] == 4
    assert result.left_out["Dinas 5"].startswith("Hanya ada satu periode.")
    assert (
        result.left_out["Dinas 6"]
        == result.left_out["Dinas 7"]
        == ("Kajian ini tidak memberi taksiran dengan galat baku.")
    )


def test_of_a_trial_the_arm_of_its_programme_counts() -> None:
    study = invent(0.7)
    arms = pd.concat([study.table.assign(term="kursus", estimate=9.0), study.table], ignore_index=True)
    assert study_pooled({"A": replace(study, table=arms)}).agencies["estimate"].tolist() == [0.7]


def test_fewer_than_three_are_not_pooled() -> None:
    result = study_pooled(several((0.1, 0.3)))
    assert result.pooled is None
    assert result.why == "Instansi yang dapat digabung kurang dari tiga; rata-rata antarinstansi tidak dapat ditaksir."
    assert len(result.agencies) == 2
    assert (result.without.empty, dict(result.spread)) == (True, {})
    nothing = study_pooled({"A": Study("value", why=("no_events",))})
    assert (nothing.pooled, nothing.design, len(nothing.agencies)) == (None, "", 0)


def test_what_the_estimator_refuses_is_a_reason() -> None:
    result = study_pooled(several((0.3, 0.3, 0.3)))
    assert (result.pooled is None) == bool(result.why)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unit": "rupiah"}, "satuan Dinas 9 adalah 'rupiah', sedangkan satuan Dinas 1 adalah 'poin'"),
        ({"outcome": "predikat"}, "hasil Dinas 9 adalah 'predikat', sedangkan hasil Dinas 1 adalah 'nilai'"),
    ],
)
def test_another_unit_or_outcome_is_refused_by_name(fields: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=f"^studies: {said}; yang berbeda tidak dapat digabung"):
        study_pooled(several() | {"Dinas 9": invent(0.2, **fields)})  # type: ignore[arg-type]


def test_another_programme_or_study_is_refused_by_name() -> None:
    other = invent(0.2, programme="mentoring")
    other = replace(other, table=other.table.assign(term="mentoring"))
    with pytest.raises(DataError, match=r"^studies: program B adalah 'mentoring', sedangkan program A adalah"):
        study_pooled({"A": invent(0.1), "B": other})
    with pytest.raises(DataError, match=r"^studies: kajian B adalah 'cost', sedangkan kajian A adalah 'value'"):
        study_pooled({"A": invent(0.1), "B": replace(invent(0.1), name="cost")})
    with pytest.raises(CallError, match=r"^studies: kosong"):
        study_pooled({})


def test_the_studies_are_not_changed() -> None:
    studies = several()
    before = {name: study.table.copy() for name, study in studies.items()}
    study_pooled(studies)
    for name, study in studies.items():
        assert_frame_equal(study.table, before[name])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three agencies, a copy of one, one without events, a broken one, and an empty one."""
    root = tmp_path_factory.mktemp("instansi")
    for seed, name in ((1, "Kota A"), (2, "Kota B"), (3, "")):
        data = build_agency(people=160, units=4, periods=4, seed=seed)
        data = replace(data, keterangan={**data.keterangan, "instansi": name})
        write_dataset(data, root / f"a{seed}")
        if seed == 1:
            write_dataset(replace(data, keterangan={"instansi": "Kota A"}), root / "salinan")
            tables = {key: frame for key, frame in data.tables.items() if key != "kegiatan"}
            write_dataset(replace(data, tables=tables, keterangan={"instansi": "Kota D"}), root / "d")
    for name, text in (("rusak", "unit_id,nama\nU1\n"), ("kosong", "")):
        (root / name).mkdir()
        (root / name / "unit.csv").write_text(text, encoding="utf-8")
    return root


def test_a_folder_of_data_sets(folders: Path) -> None:
    result = study_agencies(folders)
    assert result.agencies["agency"].tolist() == ["a1", "Kota B", "a3"]  # two are called Kota A: told by their folders
    assert result.pooled is not None
    assert result.left_out["salinan"] == "Angkanya sama persis dengan a1: data yang sama tidak dihitung dua kali."
    assert result.left_out["Kota D"].startswith("Tidak ada kegiatan yang dapat ditelaah.")
    assert result.left_out["rusak"].startswith("unit.csv, baris 2: ditemukan 1 isian")
    assert result.left_out["kosong"].startswith("unit.csv: berkas kosong")
    assert set(result.left_out) == {"salinan", "Kota D", "rusak", "kosong"}
    assert not any(str(folders) in reason for reason in result.left_out.values())


def test_folders_in_one_text(folders: Path) -> None:
    text = f"{folders / 'a1'} ;{folders / 'a2'};{folders / 'a1'};{folders / 'tidak-ada'}"
    result = study_agencies(text, plan=StudyPlan(programme="coaching"))
    assert result.agencies["agency"].tolist() == ["Kota A", "Kota B"]
    assert result.pooled is None
    assert result.left_out == {
        "tidak-ada": "tidak-ada: folder atau berkas tidak ada. Periksa ejaan dan letaknya.",
    }


def test_one_plan_holds_for_all_agencies(folders: Path) -> None:
    text = ";".join(str(folders / name) for name in ("a1", "a2", "a3"))
    every, late = study_agencies(text), study_agencies(text, plan=StudyPlan(last_period="2024-S2"))
    assert every.agencies["agency"].tolist() == late.agencies["agency"].tolist() == ["Kota A", "Kota B", "a3"]
    assert (late.agencies["n"] < every.agencies["n"]).all()


def test_a_single_place_that_is_no_data_set_is_refused(folders: Path) -> None:
    with pytest.raises(CallError, match=r"folder atau berkas tidak ada"):
        study_agencies(folders / "tidak-ada")
    with pytest.raises(DataError, match=r"^unit\.csv, baris 2"):
        study_agencies(folders / "rusak")
    with pytest.raises(CallError, match=r"^study: ditemukan 'nilai'; yang diizinkan: value, cost, retention, climate"):
        study_agencies(folders, study="nilai")


def test_all_agencies_study_one_programme(folders: Path, tmp_path: Path) -> None:
    data = build_agency(people=160, units=4, periods=4, seed=9)
    events = data["kegiatan"]
    mentoring = replace(data, tables={**data.tables, "kegiatan": events[events["jenis"] != "coaching"]})
    write_dataset(replace(mentoring, keterangan={"instansi": "Kota M"}), tmp_path / "m")
    result = study_agencies(";".join(map(str, (tmp_path / "m", folders / "a1", folders / "a2"))))
    assert result.programme == "coaching"
    assert result.agencies["agency"].tolist() == ["Kota A", "Kota B"]
    assert result.left_out["Kota M"] == "Tidak ada pegawai yang mengikuti kegiatan ini."


def test_another_outcome_is_set_aside(folders: Path, tmp_path: Path) -> None:
    data = build_agency(people=160, units=4, periods=4, seed=9)
    own = data["penilaian"].drop(columns=["rating_hasil", "rating_perilaku"])
    write_dataset(
        replace(data, tables={**data.tables, "penilaian": own}, keterangan={"instansi": "Kota P"}), tmp_path / "p"
    )
    result = study_agencies(";".join(map(str, (folders / "a1", folders / "a2", tmp_path / "p"))))
    assert result.agencies["agency"].tolist() == ["Kota A", "Kota B"]
    assert result.left_out["Kota P"].startswith("Hasilnya predikat kinerja (simpangan baku skor laten), lain daripada")
