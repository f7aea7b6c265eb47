"""The card: four studies of one programme, corrected together, and several programmes as cases."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import LeftOut, Panels, Table
from kinerja_lib.show.card import say_card, say_card_limits, show_card, table_card, table_cards
from kinerja_lib.studies import Card, StudyPlan, study_card, study_cards
from kinerja_lib.studies.card import _correct, adjust_holm
from kinerja_lib.synth import build_agency


@pytest.fixture(scope="module")
def card() -> Card:
    return study_card(build_agency(people=400, units=8, periods=6, seed=11))


def test_the_four_studies_are_of_one_programme(card: Card) -> None:
    assert list(card.studies) == ["value", "cost", "retention", "climate"]
    assert {study.programme for study in card.studies.values()} == {"coaching"} == {card.programme}
    assert card.holds == sum(study.verdict == "supported" for study in card.studies.values())


def test_the_json_holds_headlines_and_each_study(card: Card) -> None:
    content = json.loads(json.dumps(card.to_json(), allow_nan=False))
    assert content["study"] == "card"
    assert content["of"] == 4
    assert {row["outcome"] for row in content["table"]} <= set(card.studies)
    assert all(row["headline"] for row in content["table"])
    assert content["studies"]["value"]["study"] == "value"


def test_a_claim_that_does_not_survive_the_correction_is_taken_back(card: Card) -> None:
    study = replace(card.studies["value"], verdict="supported", why=("good", "not_random"))
    assert _correct(study, 0.2, 0.05).verdict == "cannot_say"
    assert _correct(study, 0.2, 0.05).why == ("adjusted_alpha", "not_random")
    assert _correct(study, 0.01, 0.05) is study
    unsure = replace(study, verdict="not_supported", why=("small",))
    assert _correct(unsure, 0.9, 0.05) is unsure


@given(st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1), min_size=1))
def test_holm_never_makes_a_p_value_smaller_nor_changes_their_order(values: dict[str, float]) -> None:
    found = adjust_holm(values)
    assert list(found) == list(values)
    assert all(
        values[name] <= found[name] <= min(1, len(values) * values[name])
        or found[name] == max(found[other] for other in values if values[other] <= values[name])
        for name in values
    )
    order = sorted(values, key=lambda name: values[name])
    assert [found[name] for name in order] == sorted(found.values())


def test_data_without_a_programme_still_give_a_card() -> None:
    empty = study_card(Dataset({"unit": pd.DataFrame({"unit_id": ["A"], "nama": ["A"]})}))
    assert empty.verdict == "cannot_say"
    assert empty.holds == 0
    assert all(study.why for study in empty.studies.values())
    assert isinstance(say_card(empty), LeftOut)
    assert isinstance(show_card(empty), LeftOut)
    assert isinstance(table_card(empty), LeftOut)
    assert isinstance(table_cards([empty]), LeftOut)


def test_the_page_counts_the_claims_and_gives_each_its_n(card: Card) -> None:
    assert f"{card.holds} dari 4 klaim" in say_card(card).to_text()
    panels = show_card(card)
    assert isinstance(panels, Panels)
    assert len(panels.panels) == 4
    for panel, study in zip(panels.panels, card.studies.values(), strict=True):
        assert panel["n"].startswith("n = ")
        assert all(reason in panel["reason"] for reason in study.reasons)
    table = table_card(card)
    assert isinstance(table, Table)
    designs = [row[[column["name"] for column in table.columns].index("design")] for row in table.display]
    assert designs == ["dengan pembanding" if study.design else "–" for study in card.studies.values()]
    assert "dengan pembanding" in designs
    assert say_card_limits(card).to_text()


def test_programmes_stand_side_by_side_and_none_is_refused() -> None:
    data = build_agency(people=300, units=6, periods=4, seed=3)
    cards = study_cards(data, ["mentoring", "konseling"], StudyPlan(alpha=0.1))
    assert [one.programme for one in cards] == ["mentoring", "konseling"]
    assert {one.plan.alpha for one in cards} == {0.1}
    table = table_cards(cards)
    assert isinstance(table, Table)
    heads = [str(column["label"]) for column in table.columns]
    assert heads[2] == "Pengeluaran (rupiah per kegiatan)"
    for card, row in zip(cards, table.display, strict=True):
        for name, text in zip(card.studies, row[1:5], strict=True):
            study = card.studies[name]
            assert ("n\u00a0=\u00a0" in text) == (len(study.headline) > 0)
            unit = study.unit if len(study.headline) else ""
            assert unit in text or unit in heads[1 + list(card.studies).index(name)] or name == "retention"
    assert study_cards(data, ["konseling"], StudyPlan(alpha=0.1), known=cards) == (cards[1],)
    with pytest.raises(CallError, match="paling sedikit satu program"):
        study_cards(data, [])
    with pytest.raises(CallError, match="programme"):
        study_cards(data, ["menyanyi"])
