"""Several agencies on the page: sentences bound to their numbers, verbs, what is drawn, what is not said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.published import estimate_published, read_published
from kinerja_lib.show.blocks import Figure, ItemList, LeftOut, Paragraph, Table
from kinerja_lib.show.pooled import (
    STANDARDISED,
    note_pooled,
    plot_pooled,
    plot_references,
    say_correlations,
    say_pooled,
    say_pooled_head,
    say_prediction,
    say_spread,
    table_agencies,
    table_left_out,
    table_without,
)
from kinerja_lib.studies import Check, Pooled, Study, study_pooled, study_value
from kinerja_lib.studies.result import TABLE
from kinerja_lib.synth import build_agency

SD = STANDARDISED[0]
NAMES = ("Dinas Satu, Kota Uji", "Badan Dua", "Kantor Tiga", "Dinas Empat")


def pooled(*effects: float, error: float = 0.1, unit: str = SD, **fields: Any) -> Pooled:
    studies = {}
    for name, effect in zip(NAMES, effects, strict=False):
        row = dict.fromkeys(TABLE, np.nan) | {"term": "coaching", "group": "", "estimate": effect, "std_error": error}
        row |= {"conf_low": effect - 0.2, "conf_high": effect + 0.2, "n": 1000, "headline": True, "naive": False}
        said = {"programme": "coaching", "design": "comparative", "outcome": "rating", "unit": unit} | fields
        studies[name] = Study("value", table=pd.DataFrame([row]), **said)
    return study_pooled(studies)


def leaving(*effects: float) -> Pooled:
    """Return agencies whose headline is the logarithm of a ratio of rates of leaving."""
    return replace(pooled(*effects, unit="log"), name="retention")


def text_of(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


def drawn(block: object) -> Figure:
    assert isinstance(block, Figure)
    return block


def test_a_sure_mean_is_said_with_the_verb_of_its_design() -> None:
    assert text_of(say_pooled(pooled(0.3, 0.4, 0.5, 0.4))) == (
        "Di 4 instansi bersama, coaching berdampak pada rating: rata-rata +0,40 simpangan baku skor laten "
        "(selang 95 %: 0,27 sampai 0,53; n = 4 instansi, 4.000 pengamatan)."
    )


@pytest.mark.parametrize(
    ("design", "verb"), [("correlational", "berkaitan dengan"), ("pre_post", "diikuti perubahan pada")]
)
def test_a_weak_design_gives_a_weak_verb(design: str, verb: str) -> None:
    said = text_of(say_pooled(pooled(0.3, 0.4, 0.5, design=design)))
    assert f"coaching {verb} rating" in said
    assert "berdampak" not in said


def test_doubt_is_said_as_doubt() -> None:
    said = text_of(say_pooled(pooled(-0.3, 0.4, 0.5, 0.1)))
    assert "belum dapat dipastikan bahwa coaching berdampak pada rating" in said
    assert "selangnya memuat nol (−0,4" in said


def test_a_ratio_is_read_in_times() -> None:
    result = leaving(-0.5, -0.4, -0.3, -0.4)
    said = text_of(say_pooled(result))
    assert "rata-rata 0,67 kali laju pembanding (selang 95 %: 0,59 sampai 0,76;" in said
    assert "0,67 (" in drawn(plot_pooled(result)).alt
    assert "1 = tidak ada selisih" in drawn(plot_pooled(result)).svg
    assert "tidak memuat satu" in text_of(say_prediction(result))
    without = table_without(result)
    assert isinstance(without, Table)
    assert without.display[0][1] == "0,67"
    assert "selangnya memuat satu (0,57 sampai 2,05;" in text_of(say_pooled(leaving(-0.4, 0.3, 0.5, -0.1)))
    assert isinstance(table_agencies(leaving(-0.5)), Table)


def test_failed_checks_weaken_the_verb_and_are_counted() -> None:
    result = pooled(0.3, 0.4, 0.5, 0.4)
    studies_failed = result.agencies.assign(sound=[True, True, True, False])
    without = pd.concat([result.without.iloc[[3]].assign(agency=""), result.without])
    said = text_of(say_pooled(replace(result, agencies=studies_failed, without=without)))
    assert "coaching berkaitan dengan rating" in said
    assert "Di 1 dari 4 instansi pemeriksaan rancangannya tidak lulus" in said
    assert "tanpa instansi itu rata-ratanya +0,40 (" in said
    assert said.endswith("n = 3 instansi).")


def test_what_the_next_agency_may_expect() -> None:
    wide, narrow = pooled(-0.1, 0.4, 0.9, 0.4), pooled(0.38, 0.4, 0.42, 0.4, error=0.02)
    assert "Selang itu memuat nol" in text_of(say_prediction(wide))
    assert "Selang itu tidak memuat nol" in text_of(say_prediction(narrow))
    assert wide.pooled is not None
    low = wide.pooled.diagnostics["prediction_low"]
    runs = {run["field"]: run["value"] for run in say_prediction(wide).to_dict()["runs"] if "field" in run}
    assert runs["interval"].startswith(str(low))
    assert "n = 4 instansi" in text_of(say_prediction(wide))


def test_the_spread_has_its_interval_and_its_n() -> None:
    result = pooled(-0.1, 0.4, 0.9, 0.4)
    runs = {run["field"]: run for run in say_spread(result).to_dict()["runs"] if "field" in run}
    assert runs["tau"]["value"] == pytest.approx(result.spread["tau2"] ** 0.5)
    assert runs["i2"]["value"] == pytest.approx(result.spread["i2"])
    assert re.search(r"I²; selang 95 %: \d+ sampai \d+ persen; n = 4 instansi", text_of(say_spread(result)))
    note = note_pooled(result)
    assert note is not None
    assert "Hanya 4 studi" in note.to_text()


def test_the_forest() -> None:
    figure = drawn(plot_pooled(pooled(0.3, 0.4, 0.5, 0.4)))
    assert figure.title == "Gabungan 4 instansi: +0,40 (0,27 sampai 0,53)"
    assert "Kota Uji: 0,30 (0,10 sampai 0,50)" in figure.alt
    assert "Gabungan: 0,40 (0,27 sampai 0,53)" in figure.alt
    assert "Instansi berikutnya: 0,40 (" in figure.alt
    assert "Dinas Satu" in figure.svg
    assert len(figure.data) == 4
    many = pooled(0.3, 0.4, 0.5, 0.4)
    assert isinstance(plot_pooled(replace(many, agencies=pd.concat([many.agencies] * 11))), LeftOut)


def test_an_agency_whose_check_failed_is_told_in_the_forest_and_the_table() -> None:
    result = pooled(0.3, 0.4, 0.5, checks=(Check("dip", passed=False),))
    assert "pemeriksaan tidak lulus" in drawn(plot_pooled(result)).svg
    table = table_agencies(result)
    assert isinstance(table, Table)
    assert [row[2] for row in table.display] == ["tidak lulus"] * 3


def test_tables() -> None:
    result = pooled(0.3, 0.4, 0.5, 0.4)
    table, without = table_agencies(result), table_without(result)
    assert isinstance(table, Table)
    assert table.display[0] == (
        "Dinas Satu, Kota Uji",
        "dengan pembanding",
        "lulus",
        "0,30",
        "0,10 sampai 0,50",
        "1.000",
    )
    assert isinstance(without, Table)
    assert [row[0] for row in without.display] == ["Semua instansi", *(f"Tanpa {name}" for name in NAMES)]
    assert [row[3] for row in without.display] == ["4", "3", "3", "3", "3"]
    assert isinstance(table_without(pooled(0.3, 0.4, 0.5)), LeftOut)
    left = table_left_out(replace(result, left_out={"SKP_198001012010041001": "Rusak 198001012010041001."}))
    assert isinstance(left, Table)
    assert "198001012010041001" not in left.to_text()
    assert text_of(table_left_out(result)) == "Tidak ada instansi yang ditinggalkan."


def test_one_agency_says_that_it_cannot() -> None:
    result = pooled(0.3)
    said = text_of(say_pooled(result))
    assert said.startswith("Belum dapat digabung. Data ini memberi taksiran dari 1 instansi.")
    assert "kurang dari tiga" in said
    for block in (plot_pooled(result), say_prediction(result), say_spread(result), table_without(result)):
        assert isinstance(block, LeftOut)
        assert "kurang dari tiga" in block.reason
    assert note_pooled(result) is None
    assert say_pooled_head(result).facts == (("Banyaknya instansi", "1"), ("Ditinggalkan", "0"))
    assert isinstance(table_agencies(Pooled("value")), LeftOut)


def test_published_effects_are_references_only() -> None:
    figure = drawn(plot_references(pooled(0.3, 0.4, 0.5, 0.4)))
    assert figure.title == "Taksiran data ini 0,40 (0,27 sampai 0,53); 6 dari 7 efek terbitan lebih besar"
    assert figure.caption.endswith("Efek terbitan hanya acuan: tidak ada yang ikut digabung.")
    assert {row["metric"] for row in figure.data} == {"g", "d"}
    assert "kejenuhan" not in figure.alt
    alone = drawn(plot_references(pooled(0.3)))
    assert "Data ini" not in alone.alt


def test_what_is_on_no_comparable_scale_has_no_references() -> None:
    block = plot_references(pooled(3.0, 4.0, 5.0, unit="poin"))
    assert isinstance(block, LeftOut)
    assert block.reason == "satuan hasil sendiri (poin) tidak sebanding dengan efek terbitan tentang kinerja"
    none = plot_references(replace(pooled(0.3, 0.4, 0.5), programme="konseling"))
    assert isinstance(none, LeftOut)
    assert "konseling" in none.reason


def test_the_study_of_value_is_on_the_scale_of_the_references() -> None:
    study = study_value(build_agency(people=200, units=4, periods=4, seed=2))
    assert study.unit in STANDARDISED


def test_correlations_are_no_effect() -> None:
    rows = read_published(metric=["r", "partial_r"], outcome="kinerja")
    said = say_correlations(estimate_published(rows[rows["intervention"] != "pendidikan"]))
    assert isinstance(said, ItemList)
    text = said.to_text().replace("\u00a0", " ")
    assert "r = 0,60 (selang 95 %: 0,39 sampai 0,75; n = 9 studi)" in text
    assert "g = 0,42 dan 0,59, kira-kira setara dengan r 0,21 sampai 0,28" in text
    assert "r −0,12 sampai 0,91" in text
    assert not re.search(r"berdampak|berpengaruh|menyebabkan", text)
