"""An association on the page: no causal verb in any case, three estimates, the naive one hollow."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from kinerja_lib.estimate import Estimate
from kinerja_lib.show.association import (
    note_association,
    plot_association,
    say_adjustment,
    say_association,
    table_association,
)
from kinerja_lib.show.blocks import plain
from kinerja_lib.studies import Association

CAUSAL = ("dampak", "pengaruh", "mengakibatkan", "menaikkan", "menurunkan", "meningkatkan")
EXPOSURE, OUTCOME = "theme_learning_development", "theme_engagement_index"
WITHIN, POOLED, NAIVE = (0.386, 0.026, 0.334, 0.437), (0.369, 0.042, 0.287, 0.451), (0.593, 0.028, 0.538, 0.647)


def estimate(numbers: tuple[float, float, float, float]) -> Estimate:
    cells = dict(zip(("estimate", "std_error", "conf_low", "conf_high"), numbers, strict=True))
    rows = [{"term": term, "group": "", **cells, "p_value": 0.01, "n": 1630} for term in ("Intercept", EXPOSURE)]
    return Estimate(pd.DataFrame(rows), "koefisien", "correlational", "regresi", "CR1 menurut unit.")


def association(within: Any = WITHIN, naive: Any = NAIVE) -> Association:
    return Association(OUTCOME, EXPOSURE, estimate(within), estimate(POOLED), estimate(naive))


def flat(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("within", "sentence"),
    [
        (
            WITHIN,
            (
                "Pembelajaran dan pengembangan berkaitan dengan indeks keterikatan pegawai: tiap 10 poin lebih tinggi, "
                "3,9 poin lebih tinggi (selang 95 %: 3,3 sampai 4,4; n = 1.630)."
            ),
        ),
        (
            (-0.386, 0.026, -0.437, -0.334),
            (
                "Pembelajaran dan pengembangan berkaitan dengan indeks keterikatan pegawai: tiap 10 poin lebih tinggi, "
                "3,9 poin lebih rendah (selang 95 %: −4,4 sampai −3,3; n = 1.630)."
            ),
        ),
        (
            (-0.02, 0.026, -0.07, 0.03),
            (
                "Belum terlihat kaitan antara pembelajaran dan pengembangan dan indeks keterikatan pegawai: "
                "tiap 10 poin, −0,2 poin (selang 95 %: −0,7 sampai 0,3; n = 1.630)."
            ),
        ),
    ],
)
def test_the_sentence(within: Any, sentence: str) -> None:
    said = say_association(association(within))
    assert flat(said.to_text()) == sentence
    assert said.role == "lead"
    bound = {run["field"]: run["value"] for run in said.runs if "field" in run}
    assert (bound["step"], bound["n"]) == (10, 1630)
    assert abs(bound["size"]) == pytest.approx(abs(10 * within[0]))


@pytest.mark.parametrize("within", [WITHIN, (-0.386, 0.026, -0.437, -0.334), (0.0, 0.03, -0.05, 0.05)])
def test_no_block_calls_it_an_effect(within: Any) -> None:
    one = association(within)
    blocks = [say_association(one), plot_association(one), say_adjustment(one), table_association(one)]
    text = json.dumps([block.to_dict() for block in [*blocks, note_association(one)]], ensure_ascii=False).lower()
    text = text.replace("bukan menyebabkan", "")
    assert not [word for word in (*CAUSAL, "menyebabkan") if word in text]


def test_the_note_says_so() -> None:
    assert [plain(runs) for runs in note_association(association()).paragraphs] == [
        "Berkaitan, bukan menyebabkan. Tidak ada yang diundi; hal lain dapat menggerakkan keduanya.",
        "Galat baku: dikelompokkan menurut unit (CR1).",
    ]


def test_the_figure(take_apart: Any) -> None:
    figure = plot_association(association())
    assert figure.title == "Kaitannya mengecil setelah disesuaikan"
    assert flat(figure.subtitle) == (
        "Poin indeks keterikatan pegawai tiap poin pembelajaran dan pengembangan, selang 95 %, n = 1.630"
    )
    assert figure.alt == (
        "Titik dengan selang. Dalam unit, antarwaktu (disesuaikan): 0,39 (0,33 sampai 0,44); "
        "Antarunit (disesuaikan): 0,37 (0,29 sampai 0,45); Antarunit (tanpa penyesuaian): 0,59 (0,54 sampai 0,65)."
    )
    page = take_apart(figure.svg)
    assert [fill for _x, _y, fill in page.dots].count("#ffffff") == 1
    assert len(page.dots) == 3
    assert "0 = tidak ada kaitan" in page.words
    assert [line["estimate"] for line in figure.data] == [0.386, 0.369, 0.593]


def test_what_does_not_shrink_is_not_said_to() -> None:
    grown = association(naive=(0.2, 0.03, 0.14, 0.26))
    assert plot_association(grown).title == "Kaitannya tidak mengecil setelah disesuaikan"
    assert say_adjustment(grown).to_text() == (
        "Taksiran naif 0,20 menjadi 0,39 setelah tiap unit dibandingkan dengan dirinya sendiri."
    )


def test_how_much_is_left() -> None:
    said = say_adjustment(association())
    assert said.to_text() == (
        "Taksiran naif 0,59 menjadi 0,39 setelah tiap unit dibandingkan dengan dirinya sendiri: sebagian kaitan naif "
        "itu milik hal lain."
    )
    assert {run["field"]: run["value"] for run in said.runs if "field" in run} == {"naive": 0.593, "within": 0.386}


def test_the_table() -> None:
    table = table_association(association())
    assert table.title == "Indeks keterikatan pegawai menurut pembelajaran dan pengembangan"
    assert table.display[0] == ("Dalam unit, antarwaktu, disesuaikan", "0,386", "0,026", "0,334 sampai 0,437", "1.630")
    assert [row[0] for row in table.display][2] == "Antarunit, tanpa penyesuaian"
    assert [plain(runs) for runs in table.notes] == ["Galat baku: CR1 menurut unit."]
