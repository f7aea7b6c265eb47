"""Who left, on the page: shares with interval and n, those under observation in whole tens, small numbers held back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kinerja_lib.show.blocks import Figure, LeftOut, Paragraph, Table
from kinerja_lib.show.leaving import plot_leaving, say_competing, table_exits
from kinerja_lib.studies import Study
from kinerja_lib.studies.leaving import find_leaving
from kinerja_lib.studies.spells import YEAR, split_states

PERIODS = pd.DataFrame({"periode": ["2024-S1", "2024-S2"], "start": [0.0, YEAR / 2], "end": [YEAR / 2, YEAR]})


def stays(early: int, late: int, other: int) -> pd.DataFrame:
    """Return 40 people who have begun and 60 who have not: so many of each leave in the first and second half."""
    parts = []
    for began, size in ((True, 40), (False, 60)):
        stop = [YEAR / 4] * early + [0.75 * YEAR] * late + [YEAR * 0.8] * other
        reasons = ["mutasi"] * (early + late) + ["pensiun"] * other
        rest = size - len(stop)
        parts.append(
            pd.DataFrame({
                "entry": 0.0, "stop": stop + [YEAR] * rest, "begins": 0.0 if began else None,
                "alasan": [*reasons, *[None] * rest], "pernah": began,
                "keluar": [reason == "mutasi" for reason in reasons] + [False] * rest,
            })
        )  # fmt: skip
    people = pd.concat(parts, ignore_index=True)
    return people.assign(pegawai_id=[f"P{at}" for at in people.index])


def study_of_exits(early: int, late: int, other: int) -> Study:
    people = stays(early, late, other)
    return Study("retention", "coaching", detail=find_leaving(people, split_states(people), PERIODS))


def test_shares_by_group_and_time_are_those_counted_by_hand(take_apart: Any) -> None:
    study = study_of_exits(6, 7, 5)
    figure = plot_leaving(study)
    assert isinstance(figure, Figure)
    data = pd.DataFrame(figure.data)
    shares = data["estimate"].tolist()
    assert shares == pytest.approx([6 / 40, 6 / 60, 13 / 40, 13 / 60])  # already, not yet; half a year, a year
    # just before a time: all but those who left earlier, in whole tens
    assert data["n_risk"].tolist() == [30, 50, 20, 40]
    assert figure.subtitle == "Sudah atau belum ikut pada awal Semester I 2024, lalu diikuti; selang 95 %, n = 100"
    assert "Sudah, 1,0 tahun: 32,5% (" in figure.alt
    assert "n = 40" in figure.alt
    texts = " ".join(text for text, _x, _y in take_apart(figure.svg).texts)
    assert "diamati: 20" in texts
    assert "Belum, 0,5 tahun" in texts
    take_apart(figure.svg_narrow)


def test_a_half_with_one_to_four_exits_is_not_told() -> None:
    figure = plot_leaving(study_of_exits(3, 7, 5))
    assert isinstance(figure, Figure)
    assert pd.DataFrame(figure.data)["time"].tolist() == [1.0, 1.0]
    left = plot_leaving(study_of_exits(3, 0, 5))
    assert isinstance(left, LeftOut)
    assert "agar tidak menunjuk orang" in left.reason


def test_other_reasons_compete_and_are_told_together() -> None:
    block = say_competing(study_of_exits(6, 7, 5))
    assert isinstance(block, Paragraph)
    text = block.to_text().replace("\u00a0", " ")
    assert text.startswith("Selama 1,0 tahun itu, 10,0% keluar karena alasan lain (selang 95 %: ")
    assert "n = 100)" in text
    assert isinstance(say_competing(study_of_exits(6, 7, 2)), LeftOut)  # four of a hundred
    assert isinstance(say_competing(Study("retention")), LeftOut)


def test_exits_by_reason_are_shown_or_held_back() -> None:
    table = table_exits(study_of_exits(6, 7, 5))
    assert isinstance(table, Table)
    assert list(table.display) == [("Pensiun", "5", "5"), ("Mutasi", "13", "13")]
    assert isinstance(table_exits(study_of_exits(6, 7, 2)), LeftOut)  # two by reason, and what would give them back
    empty = pd.DataFrame({"reason": ["pensiun"], "before": [pd.NA], "after": [pd.NA]})
    assert isinstance(table_exits(Study("retention", detail={"exits": empty})), LeftOut)
    assert isinstance(table_exits(Study("retention")), LeftOut)
