"""Results as blocks: the right figure for each family, the numbers in table and alt text, what must not show."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import kinerja_lib as kl
from kinerja_lib.errors import CallError
from kinerja_lib.estimate.sensitivity import sensitivity_robustness
from kinerja_lib.show.blocks import Figure, LeftOut, Table
from kinerja_lib.show.result_parts import find_decimals, tick_of
from kinerja_lib.show.results import to_block

RNG = np.random.default_rng(7)
N = 240


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Return people with an arm, a score, a level, a length of stay and an answer to three items."""
    arm = np.repeat([0, 1], N // 2)
    age, common = RNG.normal(40, 8, N), RNG.normal(0, 1, N)
    score = 60 + 2 * arm + 0.3 * age + RNG.normal(0, 5, N)
    return pd.DataFrame(
        {
            "arm": arm,
            "age": age,
            "score": score,
            "level": pd.cut(score, [-np.inf, 68, 75, np.inf], labels=["Kurang", "Baik", "Sangat Baik"]),
            "stay": RNG.exponential(10 + 4 * arm).round(1) + 0.1,
            "left": RNG.choice([0, 1, 2], N, p=[0.3, 0.4, 0.3]),
            "cost": RNG.gamma(2.0, 500_000, N) + 400_000 * arm,
            **{f"i{at}": np.round(3 + common + RNG.normal(0, 1, N)) for at in (1, 2, 3)},
        }
    )


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Return people seen in six periods, of whom some start in the third and some in the fifth."""
    first = np.repeat([0, 3, 5], 40)
    rows = [
        {"id": f"P{person}", "time": time, "first": start, "y": 0.2 * time + RNG.normal() + 2.0 * (0 < start <= time)}
        for person, start in enumerate(first)
        for time in range(1, 7)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def results(people: pd.DataFrame, panel: pd.DataFrame) -> dict[str, object]:
    return make_results(people, panel)


@pytest.fixture(scope="module")
def english(people: pd.DataFrame, panel: pd.DataFrame) -> dict[str, object]:
    """Return the same results, whose words are English: a result speaks the language in which it was made."""
    kl.use_language("en")
    try:
        return make_results(people, panel)
    finally:
        kl.use_language("id")


def make_results(people: pd.DataFrame, panel: pd.DataFrame) -> dict[str, object]:
    regression = kl.estimate_regression(people, "score ~ arm + age")
    confounders, gone = ["age"], people.assign(left=(people["left"] > 0) * 1)
    studies = pd.DataFrame({"e": [0.2, 0.5, 0.1, 0.4], "v": [0.02, 0.05, 0.01, 0.03]}, index=list("ABCD"))
    return {
        "regression": regression,
        "survival": kl.estimate_survival(gone, duration="stay", event="left", by="arm"),
        "incidence": kl.estimate_incidence(people, duration="stay", event="left", cause=1),
        "hazard": kl.estimate_hazard(gone, "arm", duration="stay", event="left"),
        "adjusted": kl.estimate_adjusted(people, outcome="score", treatment="arm", confounders=confounders),
        "ordinal": kl.estimate_ordinal(people, "level ~ arm"),
        "latent": kl.estimate_latent(
            people.assign(since=people["arm"] - 1, id=range(N)), ratings="level", event="since", cluster="id"
        ),
        "cost": kl.estimate_cost_effectiveness(
            people, cost="cost", effect="score", group="arm", threshold=(0, 100_000, 400_000), draws=200
        ),
        "pooled": kl.estimate_pooled(studies, effect="e", variance="v"),
        "staggered": kl.estimate_staggered(panel, outcome="y", unit="id", period="time", first_treated="first"),
        "reliability": kl.estimate_reliability(people, items=["i1", "i2", "i3"]),
        "robustness": sensitivity_robustness(regression, "arm", benchmark="age"),
    }


CAPTIONS = {
    "regression": "Taksiran dengan selangnya.",
    "survival": "Kurva menurut waktu",
    "incidence": "Kurva menurut waktu",
    "hazard": "Taksiran dengan selangnya.",
    "adjusted": "Keseimbangan ciri",
    "ordinal": "Perubahan peluang tiap tingkat bila suku itu naik",
    "latent": "Perubahan peluang tiap tingkat pada peserta",
    "cost": "Peluang dari ulangan bootstrap",
    "pooled": "Studi menurut efek",
    "staggered": "Taksiran menurut periode sejak mulai.",
    "reliability": "Taksiran dengan selangnya.",
    "robustness": "Kepekaan terhadap pengganggu",
}


@pytest.mark.parametrize("family", CAPTIONS)
def test_each_family_has_its_figure_and_table(results: dict[str, object], family: str) -> None:
    figure, table = to_block(results[family], what="figure", id="gambar"), to_block(results[family], id="tabel")
    assert isinstance(figure, Figure)
    assert figure.caption.startswith(CAPTIONS[family])
    assert figure.title
    assert figure.data
    assert "nan" not in (figure.alt + figure.title + figure.subtitle).lower()
    for drawing, width in ((figure.svg, "640"), (figure.svg_narrow, "350")):
        assert ET.fromstring(drawing).get("width") == width
        assert "nan" not in drawing.lower().replace("finance", "")
    assert isinstance(table, Table)
    assert table.rows
    assert "nan" not in table.to_text().lower()


@pytest.mark.parametrize("family", CAPTIONS)
def test_each_family_speaks_english(english: dict[str, object], family: str) -> None:
    kl.use_language("en")
    try:
        figure, table = to_block(english[family], what="figure"), to_block(english[family])
    finally:
        kl.use_language("id")
    assert isinstance(figure, Figure)
    for text in (figure.title, figure.caption, table.to_text()):
        assert not {"taksiran", "selang", "dari", "sebelum"} & set(text.lower().split())


def test_table_holds_the_numbers_rules_and_losses(people: pd.DataFrame) -> None:
    gaps = people.assign(score=people["score"].where(people.index > 2))
    result = kl.estimate_regression(gaps, "score ~ arm", errors="HC1")
    table = to_block(result, labels={"arm": "Coaching"})
    assert isinstance(table, Table)
    row = table.rows[[cells[0] for cells in table.rows].index("Coaching")]
    assert row[1] == result.table["estimate"].iloc[1]
    assert row[4] == N - 3
    notes = " ".join(run["text"] for note in table.notes for run in note)
    assert "HC1" in notes
    assert ": 3" in notes


def test_groups_under_five_are_not_shown(people: pd.DataFrame) -> None:
    result = kl.estimate_regression(people, "score ~ arm")
    few = replace(result, table=result.table.assign(n=4))
    table = to_block(few)
    assert isinstance(table, Table)
    assert {cell for row in table.display for cell in row[1:]} == {"<5"}
    assert {cell for row in table.rows for cell in row[1:]} == {None}
    assert isinstance(to_block(few, what="figure"), LeftOut)


def test_overlap_and_forest_where_there_is_something(results: dict[str, object]) -> None:
    overlap = to_block(results["adjusted"], what="overlap")
    forest = to_block(results["pooled"], what="forest", title="Empat studi")
    assert isinstance(overlap, Figure)
    assert isinstance(forest, Figure)
    assert forest.title == "Empat studi"
    assert [row["study"] for row in forest.data] == list("ABCD")
    assert isinstance(to_block(results["regression"], what="overlap"), LeftOut)
    assert isinstance(to_block(results["regression"], what="forest"), LeftOut)


def test_a_difference_before_the_start_is_said(results: dict[str, object]) -> None:
    result = results["staggered"]
    events = result.diagnostics["event"].copy()  # type: ignore[attr-defined]
    early = events["term"].astype("str") == "-2"
    events.loc[early, ["estimate", "conf_low", "conf_high"]] = [2.0, 1.0, 3.0]
    moved = replace(result, diagnostics={**result.diagnostics, "event": events})  # type: ignore[attr-defined,type-var]
    title = to_block(moved, what="figure").title  # type: ignore[union-attr]
    assert title == "Selisih sudah ada sebelum mulai: bacalah dengan curiga"


def test_long_curves_are_shown_at_a_few_times(results: dict[str, object]) -> None:
    table = to_block(results["survival"])
    assert isinstance(table, Table)
    assert 6 <= len(table.rows) <= 12


def test_what_is_no_result_is_told(people: pd.DataFrame) -> None:
    with pytest.raises(CallError, match=r"result: ditemukan DataFrame; yang diizinkan: hasil estimate_\*"):
        to_block(people)
    with pytest.raises(CallError, match=r"what: ditemukan 'pie'; yang diizinkan: table, figure, overlap, forest"):
        to_block(people, what="pie")  # type: ignore[arg-type]


@pytest.mark.parametrize(("values", "decimals"), [([1234.0], 0), ([12.3], 1), ([1.2], 2), ([0.02], 3), ([np.nan], 2)])
def test_decimals_follow_the_size(values: list[float], decimals: int) -> None:
    assert find_decimals(values) == decimals


@pytest.mark.parametrize(
    ("ends", "value", "words"), [((0.0, 1.0), 0.25, "0,25"), ((0.0, 100.0), 50.0, "50"), ((-0.1, 0.1), 0.05, "0,05")]
)
def test_ticks_have_the_decimals_that_they_need(ends: tuple[float, float], value: float, words: str) -> None:
    assert tick_of(*ends)(value) == words
