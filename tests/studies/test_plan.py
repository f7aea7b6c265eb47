"""The frozen plan: freeze, seal, tampering, wrong keys and types, departures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.studies import StudyPlan, find_departures, read_plan, write_plan
from kinerja_lib.studies.plan import KEYS, OUTCOMES, PROGRAMMES


def test_a_frozen_plan_comes_back_whole(tmp_path: Path) -> None:
    plan = StudyPlan("mentoring", "predikat", "PNS", ("U1", 'Bidang "A" é'), "2023-S1", "2024-S2", alpha=0.01)
    frozen = write_plan(plan, tmp_path / "rencana.toml")
    assert frozen.frozen_on
    assert date.fromisoformat(frozen.frozen_on)
    assert frozen.intact
    assert read_plan(tmp_path / "rencana.toml") == frozen
    assert replace(frozen, frozen_on="") == plan


numbers = st.floats(0, 1e9, allow_nan=False) | st.integers(0, 10**9)


@settings(max_examples=40, deadline=None)
@given(
    programme=st.sampled_from(["", *PROGRAMMES]),
    outcome=st.sampled_from(OUTCOMES),
    units=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8), max_size=3),
    alpha=st.floats(0.0001, 0.5),
    cost=numbers,
    worth=st.lists(numbers, max_size=3),
    seed=st.integers(0, 2**31),
)
def test_every_plan_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory,
    programme: str,
    outcome: str,
    units: list[str],
    alpha: float,
    cost: float,
    worth: list[float],
    seed: int,
) -> None:
    values: dict[str, Any] = {"programme": programme, "outcome": outcome, "units": units, "seed": seed}
    plan = StudyPlan(**values, alpha=alpha, daily_cost=cost, effect_worth=worth)  # type: ignore[arg-type]
    file = tmp_path_factory.mktemp("rencana") / "r.toml"
    frozen = write_plan(plan, file)
    found = read_plan(file)
    assert found == frozen
    assert found.intact  # 5 and 5.0 have one seal
    assert find_departures(found, plan) == ()


def test_a_frozen_plan_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    write_plan(StudyPlan(), file)
    before = file.read_bytes()
    with pytest.raises(CallError, match=r"rencana r\.toml: sudah ada dan tidak ditimpa"):
        write_plan(StudyPlan(alpha=0.1), file)
    assert file.read_bytes() == before
    with pytest.raises(CallError, match=r"rencana r\.toml: tidak dapat ditulis"):
        write_plan(StudyPlan(), tmp_path / "tidak" / "ada" / "r.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("alpha = 0.05", "alpha = 0.1"),
        ('programme = ""', 'programme = "coaching"'),
        ("units = []", 'units = ["U1"]'),
        ('dibekukan = "20', 'dibekukan = "19'),
        ("alpha = 0.05\n", ""),  # 0.05 is the default: what it does not change is no change
        ('segel = "', 'segel = "0'),
    ],
)
def test_what_was_changed_after_freezing_is_told_apart(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "r.toml"
    frozen = write_plan(StudyPlan(), file)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    changed = read_plan(file)
    assert changed.intact is (new == "")
    if new:
        assert "Rencana diubah sesudah dibekukan." in find_departures(changed, frozen)


def test_a_plan_by_hand_or_without_its_seal_is_not_frozen(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('\ufeffprogramme = "coaching"\nalpha = 0.1\ndaily_cost = 5\ndibekukan = "2020-01-01"\n', "utf-8")
    plan = read_plan(file)
    assert plan == StudyPlan(programme="coaching", alpha=0.1, daily_cost=5.0)
    assert find_departures(plan, plan) == ("Tidak ada rencana yang dibekukan sebelum data dilihat.",)


WRONG = {
    "no file": (None, r"rencana r\.toml: tidak dapat dibaca"),
    "no toml": ("alpha =", r"rencana r\.toml: bukan TOML yang benar"),
    "unknown key": ("alfa = 0.05", r"rencana r\.toml: ditemukan 'alfa'; yang diizinkan: programme.*alpha"),
    "flag of the file": ("intact = true", r"rencana r\.toml: ditemukan 'intact'"),
    "text for number": ('alpha = "0,05"', r"rencana r\.toml: alpha = '0,05' bertipe str; yang diizinkan: float"),
    "bool for number": ("alpha = true", r"rencana r\.toml: alpha = True bertipe bool"),
    "number for text": ("programme = 3", r"rencana r\.toml: programme = 3 bertipe int; yang diizinkan: str"),
    "text for list": ('units = "U1"', r"rencana r\.toml: units = 'U1' bertipe str; yang diizinkan: tuple"),
    "list of numbers": ("units = [1]", r"rencana r\.toml: units = 1 bertipe list"),
    "endless worth": ("effect_worth = [inf]", r"rencana r\.toml: effect_worth = inf bertipe list"),
    "worth of flags": ("effect_worth = [true]", r"rencana r\.toml: effect_worth = True bertipe list"),
    "fraction of a seed": ("seed = 1.5", r"rencana r\.toml: seed = 1.5 bertipe float; yang diizinkan: int"),
    "below the limit": ("alpha = 0", r"alpha: ditemukan 0.0; yang diizinkan: 0.0001 sampai 0.5"),
    "no number": ("alpha = nan", r"alpha: ditemukan nan"),
    "unknown programme": (
        'programme = "coching"',
        r"programme: ditemukan 'coching'; yang diizinkan: coaching, .*, atau kosong\. Maksud Anda coaching",
    ),
    "unknown outcome": (
        'outcome = "skor"',
        r"outcome: ditemukan 'skor'; yang diizinkan: rating, .*capaian_skp, atau kosong\.",
    ),
    "unknown status": ('status = "honorer"', r"status: ditemukan 'honorer'; yang diizinkan: PNS, PPPK, atau kosong\."),
    "unknown correction": (
        'correction = "bonferroni"',
        r"correction: ditemukan 'bonferroni'; yang diizinkan: holm, none",
    ),
    "no period": ('first_period = "2023-X"', r"2023-X"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_plan_is_refused_with_file_key_and_way_out(tmp_path: Path, case: str) -> None:
    text, words = WRONG[case]
    file = tmp_path / "r.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(CallError, match=words):
        read_plan(file)


@pytest.mark.parametrize(
    "values", [{"alpha": "0.05"}, {"units": "U1"}, {"seed": None}, {"programme": 4}, {"status": ["PNS"]}]
)
def test_a_wrong_type_in_a_call_is_refused_too(values: dict[str, Any]) -> None:
    with pytest.raises(CallError, match=rf"{next(iter(values))} = .* bertipe"):
        StudyPlan(**values)


def test_departures_name_what_was_planned_and_what_was_run() -> None:
    plan = StudyPlan(programme="coaching", units=("U1",), frozen_on="2025-01-02")
    run = replace(plan, alpha=0.1, units=["U1", "U2"])  # type: ignore[arg-type]
    assert find_departures(plan, run) == (
        "units: rencana ['U1'], dijalankan ['U1', 'U2'].",
        "alpha: rencana 0.05, dijalankan 0.1.",
    )
    assert set(KEYS) & {"frozen_on", "intact"} == set()
