"""What a study says: verbs by design in both languages, exact sentences, hedges, numbers that are bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.language import use_language
from kinerja_lib.show.blocks import LeftOut, Paragraph, plain
from kinerja_lib.show.verdict import (
    VERBS,
    amount,
    find_verb,
    note_design,
    note_verdict,
    say_study_plan,
    say_study_reach,
    say_verdict,
)
from kinerja_lib.studies import Check, Study, StudyPlan
from kinerja_lib.studies.result import VERDICTS

Make = Callable[..., Study]
CAUSAL = {"id": ("dampak", "pengaruh", "sebab", "menaikkan"), "en": ("affect", "effect", "cause", "raise")}
CHANGES = pd.DataFrame(
    [("predikat", "Sangat Baik", 0.12, 0.04, 0.20, 800), ("predikat", "Baik", -0.1, -0.2, 0.01, 800)],
    columns=["term", "group", "estimate", "conf_low", "conf_high", "n"],
)


def said(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("design", VERBS)
def test_only_a_comparison_may_be_called_an_effect(design: str, lang: str, study_of: Make) -> None:
    use_language(lang)
    for verdict in VERDICTS:
        sentence = said(say_verdict(study_of(design=design, verdict=verdict, why=())))
        assert any(word in sentence for word in CAUSAL[lang]) == (design in {"random", "comparative"})
        assert find_verb(design).does in sentence or find_verb(design).denied in sentence


def test_an_unknown_design_gets_the_weakest_verb() -> None:
    assert find_verb("lain").does == find_verb("").does == "berkaitan dengan"


def test_what_is_supported(study_of: Make) -> None:
    paragraph = say_verdict(study_of())
    assert said(paragraph) == (
        "Didukung data. Coaching berdampak pada nilai: 0,41 poin lebih tinggi daripada pembanding (selang 95 %: "
        "0,21 sampai 0,61; n = 900)."
    )
    assert paragraph.role == "lead"
    bound = {run["field"]: run["value"] for run in paragraph.runs if "field" in run}
    assert bound == {"size": 0.41, "interval": "0.21 0.61", "n": 900}


def test_what_is_not_supported_and_what_is_contradicted(study_of: Make) -> None:
    none = study_of((0.02, -0.05, 0.09), verdict="not_supported", why=("small",))
    assert said(say_verdict(none)) == (
        "Tidak didukung data. Coaching tidak terlihat berdampak pada nilai: selisihnya +0,02 poin, dan selangnya "
        "memuat nol (−0,05 sampai 0,09; n = 900)."
    )
    harm = study_of((-0.4, -0.6, -0.2), verdict="contradicted", why=("bad",))
    assert said(say_verdict(harm)).startswith(
        "Berlawanan dengan harapan. Coaching berdampak pada nilai, ke arah yang tidak diharapkan: 0,40 poin "
    )


def test_what_cannot_be_said(study_of: Make) -> None:
    wide = study_of((0.2, -0.3, 0.7), verdict="cannot_say", why=("wide",))
    assert said(say_verdict(wide)).startswith(
        "Belum dapat dikatakan apakah coaching berdampak pada nilai. Taksiran yang ada: selisihnya +0,20 poin, dan "
        "selangnya memuat nol (−0,30 sampai 0,70; n = 900). Selang kepercayaan memuat nol dan juga dampak"
    )
    nothing = Study("retention", why=("no_dates",))
    assert said(say_verdict(nothing)) == (
        "Belum dapat dikatakan apakah program berkaitan dengan bertahannya pegawai. Tanggal atau alasan keluar tidak "
        "ada. Diperlukan tanggal_keluar dan alasan_keluar pada tabel pegawai."
    )


def test_an_end_that_rounding_would_make_zero_keeps_a_decimal(study_of: Make) -> None:
    assert "(selang 95 %: 0,004 sampai 0,277;" in said(say_verdict(study_of((0.14, 0.0035, 0.2767))))


def test_an_interval_that_comes_near_to_zero_leaves_the_size_open(study_of: Make) -> None:
    hedge = "Arahnya jelas, besarnya belum"
    assert hedge in said(say_verdict(study_of((0.4, 0.05, 0.75))))
    assert hedge not in said(say_verdict(study_of((0.4, 0.2, 0.6))))


def test_a_failed_check_that_does_not_block_is_told(study_of: Make) -> None:
    checks = (Check("sensitivity", passed=False, blocking=False), Check("spillover", passed=True, blocking=False))
    sentence = said(say_verdict(study_of(checks=checks)))
    assert sentence.endswith("Faktor tak tercatat yang sekuat faktor tercatat sudah cukup untuk menghapus hasil ini.")
    assert "bukan pembanding yang bersih" not in sentence


def test_ratings_are_told_in_people(study_of: Make) -> None:
    paragraph = say_verdict(study_of(detail={"probability_change": CHANGES}))
    assert (
        "Dari 100 peserta, 12 lebih banyak yang bernilai Sangat Baik daripada yang diperkirakan tanpa program (selang "
        "95 %: 4 sampai 20; n = 800)."
    ) in said(paragraph)
    unsure = CHANGES.assign(estimate=[0.01, -0.1])
    assert (
        "taksirannya 10 lebih sedikit yang bernilai Baik, tetapi selangnya memuat nol (−20 sampai 1; n = 800)"
        in said(say_verdict(study_of(detail={"probability_change": unsure})))
    )
    assert "100" not in said(say_verdict(study_of(detail={"probability_change": CHANGES.assign(n=4)})))
    assert "100" not in said(say_verdict(study_of(verdict="cannot_say", detail={"probability_change": CHANGES})))


def test_leaving_is_told_as_a_ratio_and_in_people(study_of: Make) -> None:
    study = study_of((-0.4, -0.7, -0.1), name="retention", unit="log rasio laju", outcome="keluar atas kemauan sendiri")
    table = study.table
    table.loc[table["role"] == "second", ["estimate", "conf_low", "conf_high"]] = [-1.5, -2.5, -0.5]
    table.loc[table["role"] == "second", "unit"] = "per 100 pegawai per semester"
    assert said(say_verdict(study)) == (
        "Didukung data. Coaching berdampak pada keluar atas kemauan sendiri: laju keluar 0,67 kali laju pembanding "
        "(selang 95 %: 0,50 sampai 0,90; n = 900). Itu berarti 1,50 per 100 pegawai per semester lebih sedikit yang "
        "keluar (selang 95 %: −2,50 sampai −0,50; n = 900)."
    )


def test_a_climate_is_told_on_the_scale_of_the_answers(study_of: Make) -> None:
    climate = study_of(name="climate", unit="simpangan baku", outcome="skor iklim", detail={"sd": 0.5})
    assert "Pada skala jawaban, itu +0,21 poin (selang 95 %: 0,11 sampai 0,31; n = 900)." in said(say_verdict(climate))


def test_money_is_told_as_money(study_of: Make) -> None:
    cost = study_of((-125_000.0, -200_000.0, -50_000.0), name="cost", unit="Rp per pegawai", outcome="biaya", better=-1)
    assert "Rp125.000 per pegawai lebih rendah daripada pembanding (selang 95 %: −Rp200.000 sampai −Rp50.000;" in said(
        say_verdict(cost)
    )
    assert amount(3.0, "rupiah", 0, signed=True).text == "+Rp3"


def test_the_note_names_verdict_reasons_and_rules(study_of: Make) -> None:
    first, rules = (plain(runs) for runs in note_verdict(study_of()).paragraphs)
    assert first.startswith("Putusan: didukung data. Selang kepercayaan seluruhnya")
    assert "Peserta tidak diundi" in first
    assert rules.startswith("Aturan putusan, ditetapkan sebelum data dilihat.")


REACH = {"n_treated": 455.0, "n_control": 685.0, "effect": 0.241, "power": 0.63, "smallest": 0.2}


def test_what_the_data_could_have_seen(study_of: Make) -> None:
    whole = said(say_study_reach(study_of(reach=REACH)))
    assert whole == (
        "Ada 455 peserta dan 685 pembanding. Selisih sebesar 0,24 simpangan baku atau lebih akan terlihat pada delapan "
        "dari sepuluh kajian seperti ini; yang lebih kecil sering luput. Selisih terkecil yang dianggap berarti, 0,20 "
        "simpangan baku, akan terlihat pada 63 dari 100 kajian."
    )
    few = said(say_study_reach(study_of(reach={"n_treated": 3.0, "n_control": 80.0})))
    assert few == "Ada <5 peserta dan 80 pembanding. "
    leavers = said(say_study_reach(study_of(name="retention", reach=REACH | {"effect": 0.9163, "smallest": 0.2231})))
    assert "Laju keluar 0,40 kali laju pembanding, atau yang lebih rendah lagi," in leavers
    assert leavers.endswith("Laju keluar 0,80 kali laju pembanding akan terlihat pada 63 dari 100 kajian.")
    units = said(say_study_reach(study_of(reach=REACH | {"n_units": 12.0})))
    assert "pembanding. Keduanya tersebar di 12 unit. Selisih" in units
    assert isinstance(say_study_reach(Study("value")), LeftOut)


def test_the_plan_or_that_there_was_none(study_of: Make) -> None:
    frozen = StudyPlan(frozen_on="2025-01-02")
    assert said(say_study_plan(study_of(), frozen)) == (
        "Kajian ini menjalankan rencana yang dibekukan pada 2 Januari 2025, sebelum data dilihat."
    )
    outside = replace(frozen, outside=("programme: rencana coaching, dijalankan mentoring.",))
    assert said(say_study_plan(study_of(), outside)) == (
        "Bersifat penjajakan (eksploratif). programme: rencana coaching, dijalankan mentoring."
    )
    assert "Tidak ada rencana" in said(say_study_plan(study_of(), StudyPlan()))
    assert said(say_study_plan(study_of(exploratory=("Lain.",)), frozen)).endswith("(eksploratif). Lain.")


def test_the_design_in_a_note(study_of: Make) -> None:
    pooled: Any = Estimate(
        pd.DataFrame(columns=list(COLUMNS)), "e", "comparative", "m", "CR1 (x).", assumptions=("Sejajar.",)
    )
    note = note_design(study_of(pooled=pooled))
    assert note is not None
    assert [plain(runs) for runs in note.paragraphs] == [
        "Rancangan: dengan kelompok pembanding, tanpa undian.",
        "Galat baku: CR1 (x).",
        "Yang harus berlaku: Sejajar.",
    ]
    alone = replace(pooled, assumptions=("Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak.",))
    compared, correlated = (note_design(study_of(pooled=alone, design=d)) for d in ("comparative", "correlational"))
    assert compared is not None
    assert correlated is not None
    assert "bukan dampak" not in compared.to_text()  # the design says which verb it allows
    assert "bukan dampak" in correlated.to_text()
    assert note_design(Study("value")) is None
