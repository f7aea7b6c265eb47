"""Cases and roll-outs on the page: each design its words, every number with interval and n, no cause without a lot."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.show.blocks import Block, Figure, LeftOut, plain
from kinerja_lib.show.cases import note_cases, plot_cases, say_cases, say_control, table_cases, table_designs
from kinerja_lib.show.roll_out import note_roll_out, plot_roll_out, say_roll_out, table_roll_out
from kinerja_lib.studies import Cases, Check, Study, build_cases
from kinerja_lib.studies.cases import COLUMNS, SCALED
from kinerja_lib.studies.result import TABLE

CAUSAL = ("dampak", "pengaruh", "mengakibatkan", "menaikkan", "menurunkan", "meningkatkan", "menyebabkan")


def case(
    design: str = "random", low: float = 1.0, *, scaled: bool = True, naive: bool = True, **own: Any
) -> dict[str, Any]:
    numbers = {"estimate": 4.0, "conf_low": low, "conf_high": 7.0, "n": 90.0}
    beside = {"naive": 6.0, "naive_low": 5.0, "naive_high": 7.0, "naive_n": 40.0}
    row = {"case": "nsw", "country": "Negeri", "who": "orang", "design": design, "programme": "Coaching"}
    row |= {"outcome": "hasil", "unit": "poin", "better": 1, "cannot": "sebab", "source": "Penulis (2024)"} | numbers
    row |= beside if naive else dict.fromkeys(beside, np.nan)
    values = (0.4, low / 10, 0.7, *((0.6, 0.5, 0.7) if naive else (np.nan,) * 3))
    return row | dict(zip(SCALED, values if scaled else (np.nan,) * 6, strict=True)) | own


def cases(*rows: dict[str, Any], **left_out: str) -> Cases:
    return Cases(pd.DataFrame(list(rows), columns=list(COLUMNS)), left_out)


def text(block: Block) -> str:
    data = json.loads(json.dumps(block.to_dict(), ensure_ascii=False))
    return str(data).replace("\u00a0", " ")


def items(block: Any) -> list[str]:
    return [plain(item).replace("\u00a0", " ") for item in block.items]


SAID = {
    ("random", 1.0): "Negeri: coaching berdampak pada hasil (+4,0 poin; selang 95 %: 1,0 sampai 7,0; n = 90).",
    (
        "random",
        -1.0,
    ): "Negeri: coaching dan hasil: dampaknya belum pasti (+4,0 poin; selang 95 %: −1,0 sampai 7,0; n = 90).",
    (
        "comparative",
        1.0,
    ): "Negeri: coaching dan hasil: berbeda dari pembanding (+4,0 poin; selang 95 %: 1,0 sampai 7,0; n = 90).",
    (
        "comparative",
        -1.0,
    ): "Negeri: coaching dan hasil: selisihnya belum pasti (+4,0 poin; selang 95 %: −1,0 sampai 7,0; n = 90).",
    ("correlational", 1.0): "Negeri: coaching berkaitan dengan hasil (+4,0 poin; selang 95 %: 1,0 sampai 7,0; n = 90).",
    (
        "correlational",
        -1.0,
    ): "Negeri: coaching dan hasil: kaitannya belum terlihat (+4,0 poin; selang 95 %: −1,0 sampai 7,0; n = 90).",
}


@pytest.mark.parametrize(("key", "sentence"), SAID.items())
def test_the_words_follow_the_design(key: tuple[str, float], sentence: str) -> None:
    said = items(say_cases(cases(case(*key))))
    assert said == [sentence]
    if key[0] != "random":
        assert not [word for word in CAUSAL if word in said[0]]


def test_every_design_has_its_row_and_its_source() -> None:
    shown = table_designs(cases(case("random"), case("correlational", case="csps")))
    assert not isinstance(shown, LeftOut)
    assert [row[3] for row in shown.display] == ["berdampak pada", "berkaitan dengan"]
    assert "Penulis (2024)" in shown.source


def test_two_programmes_of_one_case_are_one_design_and_two_answers() -> None:
    both = cases(case(), case(programme="Kursus"))
    assert len(table_designs(both).display) == 1  # type: ignore[union-attr]
    assert [row[0] for row in table_cases(both).display] == [  # type: ignore[union-attr]
        "Negeri: coaching",
        "\u2003jawaban naif",
        "Negeri: kursus",
        "\u2003jawaban naif",
    ]


def test_a_naive_answer_that_is_not_there_has_no_line() -> None:
    shown = table_cases(cases(case(naive=False)))
    assert [row[2:] for row in shown.display] == [("+4,0", "1,0 sampai 7,0", "90")]  # type: ignore[union-attr]


def test_the_figure_draws_programmes_and_their_naive_answers() -> None:
    figure = plot_cases(cases(case(), case(naive=False, programme="Kursus"), case("correlational", scaled=False)))
    assert isinstance(figure, Figure)
    assert figure.title == "Jawaban naif lebih besar pada 1 dari 2 program"
    assert figure.alt.count("(0,10 sampai 0,70)") == 2
    assert figure.alt.count("(0,50 sampai 0,70)") == 1
    assert len(figure.data) == 2


def test_without_a_case_everything_says_so() -> None:
    none = build_cases({})
    assert "Belum ada kasus" in text(say_cases(none))
    for block in (table_designs(none), table_cases(none), plot_cases(none)):
        assert isinstance(block, LeftOut)
    note = note_cases(none)
    assert note is not None
    assert text(note).count("folder datanya tidak diisi") == 4


def test_nothing_left_out_needs_no_note() -> None:
    assert note_cases(cases(case())) is None
    assert isinstance(plot_cases(cases(case("correlational", scaled=False))), LeftOut)


def study(low: float = 1.0, *, before: bool | None = True, naive_low: float = 5.0) -> Study:
    """Return a roll-out of invented numbers: a headline of 4 with this lower end, the naive answer of 6."""
    ends = {"main": (4.0, low), "later": (3.0, -1.0), "second": (3.5, 1.0), "naive": (6.0, naive_low)}
    if before is not None:
        ends["before"] = (0.5, -0.5 if before else 0.2)
    rows = [
        {"term": "coaching", "group": "", "estimate": value, "std_error": 1.5, "conf_low": end, "conf_high": 7.0}
        | {"p_value": 0.1, "n": 40, "headline": role == "main", "naive": role == "naive", "role": role}
        | {"unit": "poin", "months": np.nan}
        for role, (value, end) in ends.items()
    ]
    table = pd.DataFrame(rows, columns=list(TABLE))
    values = {} if before is None else {"estimate": 0.5, "conf_low": -0.5, "conf_high": 7.0, "n": 12.0}
    return Study(
        "value",
        programme="coaching",
        design="comparative",
        outcome="Skor",
        unit="poin",
        table=table,
        naive=table[table["naive"]],
        checks=(Check("pre_trend", before, values=values),),
        detail={"units": {"entered": 20, "compared": 15, "without": 3}, "control": table[table["role"] == "later"]},
    )


def with_errors(found: Study) -> Study:
    from kinerja_lib.estimate import Estimate

    return replace(found, pooled=Estimate(found.table, "selisih", "correlational", "regresi", "CR1 menurut unit."))


def test_a_difference_is_told_as_one_and_never_as_an_effect() -> None:
    said = plain(say_roll_out(study()).runs).replace("\u00a0", " ")
    assert said == (
        "Pada periode mulai ikut coaching, skor 4,0 poin lebih tinggi daripada menurut pembanding (selang 95 %: "
        "1,0 sampai 7,0; n = 40 pengamatan). Pesertanya tidak diundi, jadi ini selisih, bukan bukti sebab."
    )
    assert not [word for word in CAUSAL if word in said]


def test_an_interval_that_holds_zero_is_doubt() -> None:
    said = plain(say_roll_out(study(-1.0)).runs).replace("\u00a0", " ")
    assert "tidak dapat dipastikan: 4,0 poin, dan selangnya memuat nol (−1,0 sampai 7,0; n = 40 pengamatan)" in said


@pytest.mark.parametrize(
    ("low", "naive_low", "title"),
    [
        (1.0, 5.0, "Peserta berbeda dari pembanding pada periode mulai ikut"),
        (-1.0, 5.0, "Perubahan peserta tampak pasti; selisihnya dengan pembanding tidak"),
        (-1.0, -5.0, "Tidak ada selisih yang dapat dipastikan"),
    ],
)
def test_the_title_of_the_figure_says_what_is_known(low: float, naive_low: float, title: str) -> None:
    figure = plot_roll_out(study(low, naive_low=naive_low))
    assert isinstance(figure, Figure)
    assert figure.title == title
    assert figure.alt.count(" sampai 7,0)") == 5


def test_the_table_has_a_line_a_row_in_the_order_of_the_figure() -> None:
    shown = table_roll_out(study())
    assert [row[1] for row in shown.display] == ["4,00", "3,50", "3,00", "0,50", "6,00"]  # type: ignore[union-attr]
    assert len(table_roll_out(study(before=None)).display) == 4  # type: ignore[union-attr]


@pytest.mark.parametrize(("before", "words"), [(True, "selangnya memuat nol"), (False, "Selisihnya diragukan")])
def test_the_note_tells_how_the_sides_moved_before(before: bool, words: str) -> None:
    note = note_roll_out(with_errors(study(before=before)))
    assert note is not None
    assert words in text(note)
    assert "20 ikut, 15 tidak; 3 tidak terhitung" in "".join(plain(runs) for runs in note.paragraphs).replace(
        "\u00a0", " "
    )


def test_where_nothing_can_be_seen_before_nothing_is_said_of_it() -> None:
    note = note_roll_out(with_errors(study(before=None)))
    assert note is not None
    assert "Sebelum mulai" not in text(note)


def test_a_study_that_cannot_answer_says_why() -> None:
    silent = Study("value", why=("no_events",))
    assert note_roll_out(silent) is None
    assert plain(say_roll_out(silent).runs).startswith("Data ini tidak dapat menjawab. Tidak ada kegiatan")
    for block in (plot_roll_out(silent), table_roll_out(silent), say_control(silent)):
        assert isinstance(block, LeftOut)


def test_the_change_of_the_comparison_is_told() -> None:
    said = plain(say_control(study()).runs)  # type: ignore[union-attr]
    assert said.replace("\u00a0", " ") == (
        "Perubahan pembanding, yang tidak mendapat program: +3,0 poin (−1,0 sampai 7,0; n = 40 pengamatan)."
    )
