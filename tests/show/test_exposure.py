"""Section IV, second half: sessions and intensity as tables, and what a guide who also rates means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.exposure import MEASURES
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, Note, Table
from kinerja_lib.show.exposure import note_intensity, table_intensity, table_sessions
from kinerja_lib.vocabulary import Period

SCOPE = Scope(Dataset({}), Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)


def made(block: object) -> Table:
    assert isinstance(block, Table)
    return block


def sessions(*rows: tuple[str, str, str, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["jenis", "group", "level", "sessions"]).astype({"sessions": "Int64"})
    share = frame["sessions"].astype("Float64").astype("float64") * 2
    hidden = frame["sessions"].isna()
    return frame.assign(label=frame["level"].str.title(), share=share, follow_up=share - 2, hidden=hidden)


def test_kinds_stand_side_by_side_under_a_head_for_each_grouping() -> None:
    frame = sessions(
        ("coaching", "tahap_grow", "goal", 14),
        ("coaching", "tahap_grow", "will", None),
        ("coaching", "topik", "skp", 20),
        ("mentoring", "topik", "skp", 30),
    )
    table = made(table_sessions(frame, SCOPE))
    assert table.title == "Isi sesi coaching dan mentoring, Semester I 2025"
    blank = ("\u00a0",) * 6
    assert table.display == (
        ("Tahap GROW", *blank),
        ("\u2003Goal", "14", "28", "26", "–", "–", "–"),
        ("\u2003Will", *["–"] * 6),
        ("Topik", *blank),
        ("\u2003Skp", "20", "40", "38", "30", "60", "58"),
    )
    assert [(s["label"], s["span"]) for s in table.spanners] == [("", 1), ("Coaching", 3), ("Mentoring", 3)]
    assert [row[1] for row in table.rows if pd.notna(row[1])] == [14, 20]


def test_a_kind_that_is_all_hidden_has_no_columns() -> None:
    frame = sessions(("coaching", "topik", "skp", 20), ("mentoring", "topik", "skp", None))
    assert made(table_sessions(frame, SCOPE)).display == (("Topik", *["\u00a0"] * 3), ("\u2003Skp", "20", "40", "38"))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (None, "tahap_grow, topik, dan peran_pembimbing tidak dicatat"),
        (sessions(("coaching", "topik", "skp", None)), "tidak dirinci, agar tidak menunjuk orang"),
    ],
)
def test_sessions_left_out(frame: pd.DataFrame | None, reason: str) -> None:
    assert table_sessions(frame, SCOPE) == LeftOut(reason, "Isi sesi coaching dan mentoring")


def intensity(*rows: dict[str, Any]) -> pd.DataFrame:
    empty = {"value": np.nan, "conf_low": np.nan, "conf_high": np.nan, "n": pd.NA, "median": np.nan, "highest": np.nan}
    given = {(row["jenis"], row["measure"]): row for row in rows}
    kinds = dict.fromkeys(row["jenis"] for row in rows)
    every = [
        {"jenis": kind, "measure": name, **empty, **given.get((kind, name), {})} for kind in kinds for name in MEASURES
    ]
    return pd.DataFrame(every).astype({"n": "Int64"})


SESSIONS = {"measure": "sessions", "value": 2.17, "conf_low": 1.95, "conf_high": 2.39, "n": 92}
LOAD = {"measure": "guided", "value": 6.1, "conf_low": 3.7, "conf_high": 8.6, "n": 15, "median": 5.0, "highest": 16.0}
SOURCE = {"measure": "same_source", "value": 79.3, "conf_low": 70.0, "conf_high": 86.4, "n": 92}


def test_intensity_with_intervals_and_n() -> None:
    frame = intensity({"jenis": "coaching", **SESSIONS}, {"jenis": "mentoring", **SOURCE, "value": 0.0})
    table = made(table_intensity(frame, SCOPE))
    assert table.display == (
        ("Sesi per pegawai", "2,2", "2,0 sampai 2,4", "92", "–", "–", "–"),
        ("Dibimbing penilainya sendiri (%)", "–", "–", "–", "0", "70 sampai 86", "92"),
    )
    assert [column["label"] for column in table.columns] == ["Ukuran", *["Nilai", "Selang 95 %", "n"] * 2]


def test_intensity_left_out() -> None:
    what = "Intensitas coaching dan mentoring"
    assert table_intensity(None, SCOPE) == LeftOut("tidak ada coaching maupun mentoring", what)
    few = intensity({"jenis": "coaching", "measure": "sessions"})
    assert table_intensity(few, SCOPE) == LeftOut("tidak dirinci, agar tidak menunjuk orang", what)
    assert note_intensity(None) is None
    assert note_intensity(few) is None


def test_what_a_guide_who_also_rates_means() -> None:
    note = note_intensity(intensity({"jenis": "coaching", **LOAD}, {"jenis": "coaching", **SOURCE}))
    assert isinstance(note, Note)
    first, second = note.to_text().replace("\u00a0", " ").split("\n")
    assert first.startswith(
        "Pembimbing juga penilai (coaching): 79% (selang 95 %: 70 sampai 86; n = 92). Kesan sebagai pembimbing"
    )
    assert second == "Coaching: separuh pembimbing mendampingi paling banyak 5 pegawai; yang terbanyak 16."


def test_nobody_is_told_of_a_same_source_that_is_not() -> None:
    none = {**SOURCE, "value": 0.0}
    few = {**LOAD, "median": 2.5, "highest": np.nan}
    note = note_intensity(intensity({"jenis": "mentoring", **few}, {"jenis": "mentoring", **none}))
    assert isinstance(note, Note)
    assert note.to_text() == "Mentoring: separuh pembimbing mendampingi paling banyak 2,5 pegawai."
