"""A study on the page: verbs that the design allows, exact sentences, the figure in words, tables with gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.estimate import Estimate
from kinerja_lib.estimate.result import COLUMNS
from kinerja_lib.show.blocks import Figure, LeftOut, Note, Paragraph, Table, plain
from kinerja_lib.show.studies import plot_events, plot_study, say_naive, table_study
from kinerja_lib.show.trial import say_arms, say_month, say_study, say_times, table_arms, table_errors
from kinerja_lib.show.verdict import note_design, say_verdict
from kinerja_lib.studies import Study
from kinerja_lib.studies.result import ROBUST, TABLE

MENTORING = (371.83, 133.02, 110.27, 633.39)
COURSE = (124.51, 144.90, -160.42, 409.44)


def row(term: str, group: str, numbers: tuple[float, float, float, float], n: int, **more: Any) -> dict[str, Any]:
    cells = dict(zip(("estimate", "std_error", "conf_low", "conf_high"), numbers, strict=True))
    return {"term": term, "group": group, **cells, "p_value": 0.01, "n": n} | more


PERIODS = (
    row("kursus", "2024-S2", (193.7, 200.9, -201.0, 589.0), 345, months=1.0),
    row("mentoring", "2024-S2", (994.68, 279.15, 445.3, 1544.0), 345, months=1.0),
    row("kursus", "2025-S1", (284.2, 282.78, -272.0, 841.0), 307, months=7.0),
    row("mentoring", "2025-S1", (35.86, 289.39, -534.0, 605.0), 307, months=7.0),
)
NAIVE = (
    row("kursus", "", (95.0, 159.0, -218.0, 409.0), 780, months=np.nan),
    row("mentoring", "", (1900.0, 150.0, 1600.0, 2200.0), 717, months=np.nan),
)
ARMS = (("pembanding", 119, (117, 114, 101)), ("kursus", 129, (127, 123, 111)), ("mentoring", 124, (124, 113, 99)))
POOLED = Estimate(
    pd.DataFrame(columns=list(COLUMNS)),
    "selisih",
    "random",
    "regresi",
    "CR1 (x).",
    assumptions=("Diundi.", "Terpisah."),
)


def arms(*rows: tuple[str, int, tuple[int, ...]], periods: tuple[str, ...] = ("2024-S1", "2024-S2", "2025-S1")) -> Any:
    records = [
        {"arm": arm, "n_assigned": total, "periode": period, "n": n, "follow_up": n / total}
        for arm, total, seen in rows
        for period, n in zip(periods, seen, strict=True)
    ]
    return pd.DataFrame(records)


def study(
    headline: tuple[dict[str, Any], ...] | None = None,
    periods: tuple[dict[str, Any], ...] = PERIODS,
    naive: tuple[dict[str, Any], ...] = NAIVE,
    **fields: Any,
) -> Study:
    """Return a study as `study_value` builds it; without `headline` there is one period, which then is the headline."""
    pooled = headline or ()
    rows = [r | {"headline": True, "naive": False, "months": np.nan, "role": "main"} for r in pooled]
    role = "period" if pooled else "main"
    rows += [r | {"headline": not pooled, "naive": False, "role": role} for r in periods]
    rows += [r | {"headline": False, "naive": True, "role": "naive"} for r in naive]
    by_period = pd.DataFrame(periods).assign(**{f"{name}_hc1": 1.5 for name in ROBUST})
    known: dict[str, Any] = {
        "design": "random",
        "outcome": "laba usaha",
        "unit": "KES",
        "arms": arms(*ARMS),
        "pooled": POOLED if pooled else None,
        "by_period": by_period,
        "naive": pd.DataFrame(naive, columns=[*COLUMNS, "months"]),
        "table": pd.DataFrame(rows).assign(unit="KES")[list(TABLE)],
        "programme": "mentoring",
        "limits": ("Batas satu.", "Batas dua."),
    }
    return Study("value", **(known | fields))


TWO = study((row("kursus", "", COURSE, 2578), row("mentoring", "", MENTORING, 2578)))
ONE_PERIOD = study(None, PERIODS[:2], (row("mentoring", "2024-S2", (1900.0, 150.0, 1600.0, 2200.0), 113, months=1.0),))
CANNOT = Study("value", outcome="nilai", why=("Tidak diundi.", "Tidak ada nilai."))


def said(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


def drawn(block: object) -> Figure:
    assert isinstance(block, Figure)
    return block


def made(block: object) -> Table:
    assert isinstance(block, Table)
    return block


def test_the_sentence_of_each_arm() -> None:
    paragraph = say_study(TWO)
    assert said(paragraph) == (
        "Penugasan ke mentoring berdampak pada laba usaha: 372 KES lebih tinggi daripada pembanding "
        "(selang 95 %: 110 sampai 633; n = 2.578 pengamatan). "
        "Untuk kursus, dampaknya pada laba usaha tidak dapat dipastikan: selisihnya 125 KES, dan selangnya memuat nol "
        "(−160 sampai 409; n = 2.578 pengamatan)."
    )
    assert paragraph.role == "lead"
    bound = [(run["field"], run["value"]) for run in paragraph.runs if "field" in run]
    assert bound[:3] == [("size", 371.83), ("interval", "110.27 633.39"), ("n", 2578)]
    assert bound[3] == ("size", 124.51)


def test_a_harm_is_told_as_lower() -> None:
    harm = study((row("mentoring", "", (-371.83, 133.02, -633.39, -110.27), 2578),))
    assert "berdampak pada laba usaha: 372 KES lebih rendah daripada pembanding" in said(say_study(harm))


@pytest.mark.parametrize(
    ("numbers", "sizes"),
    [
        ((0.41, 0.1, 0.21, 0.61), "0,41 KES lebih tinggi daripada pembanding (selang 95 %: 0,21 sampai 0,61;"),
        ((9.24, 1.4, 6.5, 12.0), "9,2 KES lebih tinggi daripada pembanding (selang 95 %: 6,5 sampai 12,0;"),
    ],
)
def test_small_effects_are_not_rounded_away(numbers: tuple[float, float, float, float], sizes: str) -> None:
    assert sizes in said(say_study(study((row("mentoring", "", numbers, 60),))))


def test_what_a_study_that_cannot_say_says() -> None:
    assert said(say_study(CANNOT)) == "Data ini tidak dapat menjawab. Tidak diundi. Tidak ada nilai."
    assert note_design(CANNOT) is None
    assert [block(CANNOT) for block in (say_times, say_arms, table_arms, table_errors)] == [None] * 4
    assert [block(CANNOT) for block in (plot_study, table_study)] == [LeftOut("kajian ini tidak memberi angka")] * 2
    assert say_naive(CANNOT) == LeftOut("tidak ada jawaban naif yang dapat dihitung")


def test_the_verdict_is_about_the_programme_alone() -> None:
    assert said(say_verdict(replace(TWO, verdict="supported"))) == (
        "Didukung data. Mentoring berdampak pada laba usaha: 372 KES lebih tinggi daripada pembanding "
        "(selang 95 %: 110 sampai 633; n = 2.578)."
    )
    assert plot_events(TWO) is None  # its own figure holds the times


def test_the_naive_answer() -> None:
    assert said(say_naive(TWO)) == (
        "Perubahan sejak awal di kalangan peserta saja. Kursus: +95 KES (selang 95 %: −218 sampai 409; n = 780); "
        "Mentoring: +1.900 KES (selang 95 %: 1.600 sampai 2.200; n = 717)."
    )
    assert said(say_naive(ONE_PERIOD)).endswith("Mentoring: +1.900 KES (selang 95 %: 1.600 sampai 2.200; n = 113).")


def test_the_design_in_a_note() -> None:
    note = note_design(TWO)
    assert isinstance(note, Note)
    assert [plain(runs) for runs in note.paragraphs] == [
        "Rancangan: acak (random): undian menentukan siapa mendapat program.",
        "Galat baku: dikelompokkan menurut orang (CR1).",
        "Yang harus berlaku: Diundi. Terpisah.",
    ]
    assert len(note_design(ONE_PERIOD).paragraphs) == 1  # type: ignore[union-attr]


def test_over_time() -> None:
    assert said(say_times(TWO)) == (
        "Untuk mentoring, selisih terbesar terdapat pada bulan ke-1 (995 KES); pada bulan ke-7 selisihnya 36 KES "
        "(selang 95 %: −534 sampai 605). Selang tiap waktu lebar, sehingga puncaknya tidak boleh dibaca sebagai ukuran "
        "dampak."
    )
    assert say_times(ONE_PERIOD) is None  # two arms, but one time


@pytest.mark.parametrize(
    ("headline", "title"),
    [
        ((MENTORING, COURSE), "Hanya mentoring yang berbeda dari pembanding"),
        ((MENTORING, MENTORING), "Mentoring dan Kursus berbeda dari pembanding"),
        ((COURSE, COURSE), "Tidak ada selisih yang dapat dipastikan"),
        (((5.0, 2.0, 0.0, 9.0), COURSE), "Tidak ada selisih yang dapat dipastikan"),  # the interval begins at zero
    ],
)
def test_the_title_of_the_figure(headline: tuple[Any, Any], title: str) -> None:
    both = study((row("mentoring", "", headline[0], 99), row("kursus", "", headline[1], 99)))
    assert drawn(plot_study(both)).title == title


def test_the_figure_in_words(take_apart: Any) -> None:
    figure = drawn(plot_study(TWO))
    assert figure.subtitle == "Selisih laba usaha dengan pembanding (KES), selang 95 %, n = 2.578"
    assert figure.alt.startswith(
        "Titik dengan selang untuk Mentoring dan Kursus. Kursus, semua waktu: 125 (−160 sampai 409); "
        "Mentoring, semua waktu: 372 (110 sampai 633); Kursus, bulan ke-1: 194 (−201 sampai 589); "
    )
    assert "Mentoring, peserta saja: 1.900 (1.600 sampai 2.200)" in figure.alt
    page = take_apart(figure.svg)
    assert {"Semua waktu", "Bulan ke-1", "Bulan ke-7", "Peserta saja", "+372", "+125", "+36", "+1.900"} <= set(
        page.words
    )
    assert len(page.dots) == 8
    assert len(take_apart(figure.svg_narrow).dots) == 8
    assert len(figure.data) == 8


def test_the_naive_dot_lies_where_its_value_is(take_apart: Any) -> None:
    """It once stood at the end of the axis, which was drawn for the comparisons alone."""
    page = take_apart(drawn(plot_study(study((row("mentoring", "", MENTORING, 99),), PERIODS[1::2], NAIVE[1:]))).svg)
    by_fill = {fill: x for x, _y, fill in page.dots}
    ticks = {words: x for words, x, _y in page.texts if words in {"0", "+1.000", "+2.000"}}
    step = ticks["+1.000"] - ticks["0"]
    assert by_fill["#ffffff"] == pytest.approx(ticks["0"] + 1.9 * step, abs=0.5)


def test_one_period_has_its_naive_answer_too(take_apart: Any) -> None:
    figure = drawn(plot_study(ONE_PERIOD))
    assert "Mentoring, peserta saja: 1.900 (1.600 sampai 2.200)" in figure.alt
    assert {"+1.900", "–"} <= set(take_apart(figure.svg).words)  # the other arm has none
    assert len(take_apart(figure.svg).dots) == 3


def test_without_a_naive_answer_the_row_is_left_out(take_apart: Any) -> None:
    assert "Peserta saja" not in take_apart(drawn(plot_study(study(None, PERIODS[:2], ()))).svg).words


def test_the_table_of_comparisons() -> None:
    table = made(table_study(TWO))
    assert table.title == "Selisih dengan pembanding, laba usaha (KES)"
    assert table.display[0] == (
        *("Semua waktu", "371,83", "133,02", "110 sampai 633"),
        *("124,51", "144,90", "−160 sampai 409", "2.578"),
    )
    assert [line[0] for line in table.display] == ["Semua waktu", "Bulan ke-1", "Bulan ke-7"]
    assert [spanner["label"] for spanner in table.spanners] == ["", "Mentoring", "Kursus", ""]
    assert plain(table.notes[0]).startswith("Semua waktu: galat baku dikelompokkan menurut orang (CR1).")
    assert made(table_study(ONE_PERIOD)).notes == ()


def test_an_arm_that_was_not_seen_at_one_time_leaves_its_cells_empty(take_apart: Any) -> None:
    gone = study((row("kursus", "", COURSE, 99), row("mentoring", "", MENTORING, 99)), PERIODS[:2] + PERIODS[3:])
    table = made(table_study(gone))
    assert table.display[2] == ("Bulan ke-7", "35,86", "289,39", "−534 sampai 605", "–", "–", "–", "307")
    assert "Kursus, bulan ke-7" not in drawn(plot_study(gone)).alt


def test_two_error_rules_side_by_side() -> None:
    table = made(table_errors(TWO))
    assert table.display[1] == ("Bulan ke-1", "Mentoring", "279,15", "1,50", "345")
    assert len(table.display) == 4


def test_who_was_assigned_and_who_was_seen() -> None:
    assert said(say_arms(TWO)) == (
        "Sebanyak 372 orang diundi ke dalam 3 kelompok. Yang teramati paling sedikit 99 dari 124 orang "
        "dalam satu kelompok (80%) pada satu waktu."
    )
    table = made(table_arms(TWO))
    labels = [column["label"] for column in table.columns]
    assert labels == ["Kelompok", "Diundi (orang)", "Awal", "Bulan ke-1", "Bulan ke-7"]
    assert table.display == (
        ("Pembanding", "119", "117", "114", "101"),
        ("Kursus", "129", "127", "123", "111"),
        ("Mentoring", "124", "124", "113", "99"),
    )


@pytest.mark.parametrize("few", [("mentoring", 4, (4, 3, 0)), ("mentoring", 20, (20, 9, 2))])
def test_an_arm_under_five_is_not_counted(few: tuple[str, int, tuple[int, ...]]) -> None:
    small = replace(TWO, arms=arms(*ARMS[:2], few))
    table = made(table_arms(small))
    cells = [cell for line in table.display for cell in line[1:]]
    assert not {"1", "2", "3", "4"} & set(cells)
    assert "<5" in cells
    assert not {1, 2, 3, 4} & {value for line in table.rows for value in line[1:]}
    assert say_arms(small) == LeftOut("ada kelompok di bawah 5 orang", "Orang yang diundi")


def test_a_time_that_could_not_be_estimated_keeps_its_name() -> None:
    late = replace(TWO, by_period=TWO.by_period[TWO.by_period["group"] == "2024-S2"])
    assert [c["label"] for c in made(table_arms(late)).columns][2:] == ["Awal", "Bulan ke-1", "Semester I 2025"]


def test_without_a_baseline_no_column_is_called_one() -> None:
    later = replace(TWO, arms=arms(*((a, t, s[1:]) for a, t, s in ARMS), periods=("2024-S2", "2025-S1")))
    assert [column["label"] for column in made(table_arms(later)).columns][2:] == ["Bulan ke-1", "Bulan ke-7"]


def test_months() -> None:
    assert say_month(12.0) == "Bulan ke-12"
