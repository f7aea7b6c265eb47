"""Time at risk of leaving, by hand: who is at risk when, and since when a programme counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import DataError
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import build_exposed
from kinerja_lib.studies.spells import Spells, build_spells, split_periods, split_states
from kinerja_lib.typed import check_table

PERIODS = ("2024-S1", "2024-S2", "2025-S1")
STAFF = [  # id, tmt_cpns, tanggal_keluar, alasan_keluar, periods with an appraisal
    ("A", "2010-01-01", "", "", PERIODS),  # coached in the first period
    ("B", "2010-01-01", "2025-03-10", "mutasi", PERIODS[:2]),  # coached in the second period, then leaves
    ("C", "2010-01-01", "2024-07-01", "pensiun", PERIODS[:1]),  # leaves on the first day of a period
    ("D", "2024-09-15", "", "", PERIODS[1:]),  # hired inside a period in which there is an appraisal already
    ("E", "2024-08-01", "2024-11-01", "pengunduran_diri", ()),  # hired and gone inside one period
    ("F", "2010-01-01", "2025-02-01", "", PERIODS[:1]),  # a pause, then gone for no known reason
    ("G", "2010-01-01", "2024-12-31", "mutasi", PERIODS[:1]),  # coached in the period of leaving
    ("H", "2010-01-01", "", "", PERIODS),  # coached long before the data begin
    ("I", "", "2026-05-01", "mutasi", PERIODS),  # leaves after the data end
]
EVENTS = [("A", "2024-02-01"), ("A", "2024-09-01"), ("B", "2024-12-31"), ("G", "2024-07-02"), ("H", "2019-05-05")]


def build(minimum_service: float = 0.0) -> tuple[Dataset, Spells]:
    names = ("pegawai_id", "tmt_cpns", "tanggal_keluar", "alasan_keluar")
    staff = pd.DataFrame([row[:4] for row in STAFF], columns=list(names)).assign(unit_id="U", x_skor="1.5")
    appraisals = [(row[0], period, "Baik") for row in STAFF for period in row[4]]
    tables = {
        "unit": pd.DataFrame({"unit_id": ["U"], "nama": ["Unit"]}),
        "pegawai": staff,
        "penilaian": pd.DataFrame(appraisals, columns=["pegawai_id", "periode", "predikat"]),
        "kegiatan": pd.DataFrame(EVENTS, columns=["pegawai_id", "mulai"]).assign(
            jenis="coaching", kegiatan_id=[f"K{i}" for i in range(len(EVENTS))]
        ),
    }
    typed = {
        name: check_table(name, frame.astype("str").replace("", None), locate=str) for name, frame in tables.items()
    }
    data = Dataset({name: typed[name] for name in TABLES if name in typed})
    return data, build_spells(build_exposed(data, StudyPlan(), "coaching"), data, minimum_service)


def day(text: str) -> float:
    return float((pd.Timestamp(text) - pd.Timestamp("1970-01-01")).days)


def test_stretches_by_hand() -> None:
    people = build()[1].people.set_index("pegawai_id")
    assert list(people.index) == ["A", "B", "C", "D", "F", "G", "H", "I"]
    first, last = day("2023-12-31"), day("2025-06-30")
    entry = dict.fromkeys("ABCFGHI", first) | {"D": day("2024-12-31")}
    stop = {"A": last, "B": day("2025-03-10"), "C": day("2024-07-01"), "D": last, "F": day("2025-02-01")}
    stop |= {"G": day("2024-12-31"), "H": last, "I": last}
    assert people["entry"].to_dict() == entry
    assert people["stop"].to_dict() == stop
    assert people.index[people["keluar"]].tolist() == ["B", "G"]
    reasons = {"B": "mutasi", "C": "pensiun", "F": "tidak_diketahui", "G": "mutasi"}
    assert people["alasan"].dropna().to_dict() == reasons


def test_the_programme_begins_after_the_period_of_the_first_event() -> None:
    people = build()[1].people.set_index("pegawai_id")
    begins = {"A": day("2024-06-30"), "B": day("2024-12-31"), "H": day("2023-12-31")}
    assert people["begins"].dropna().to_dict() == begins
    assert people.index[people["pernah"]].tolist() == ["A", "B", "G", "H"]


def test_somebody_hired_and_gone_within_a_period_is_counted_as_left_out() -> None:
    assert list(build()[1].dropped.values()) == [1]


def test_states_and_periods_hold_the_same_exits_and_days() -> None:
    _data, spells = build()
    states, periods = split_states(spells.people), split_periods(spells.people, spells.periods)
    for rows in (states, periods):
        kept = rows[rows["keluar"]]
        assert kept.set_index("pegawai_id")["ikut"].to_dict() == {"B": 1.0, "G": 0.0}
    own = states[states["pegawai_id"] == "B"][["entry", "stop", "ikut"]].to_numpy().tolist()
    assert own == [[day("2023-12-31"), day("2024-12-31"), 0.0], [day("2024-12-31"), day("2025-03-10"), 1.0]]
    # C leaves on the first day of the second period, and is at risk for that one day of it
    row = periods[(periods["pegawai_id"] == "C") & (periods["periode"] == "2024-S2")].iloc[0]
    assert (row["stop"] - row["entry"], row["alasan"]) == (1.0, "pensiun")
    # F pauses in the second period and counts as in service then
    assert periods[periods["pegawai_id"] == "F"]["periode"].tolist() == list(PERIODS)


def test_minimum_service_delays_entry() -> None:
    # 15 years from 2010-01-01 are over at the end of 2024; D was hired in 2024; the day of I is not known
    people, dropped = (getattr(build(minimum_service=15.0)[1], name) for name in ("people", "dropped"))
    assert people["pegawai_id"].tolist() == ["A", "B", "F", "H"]
    assert people["entry"].tolist() == [day("2010-01-01") + 15 * 365.25] * 4
    assert {reason.split(",")[0]: count for reason, count in dropped.items()} == {
        "pegawai tanpa tmt_cpns": 1,
        "keluar sebelum masa kerja minimal lewat": 2,  # E and G
        "pegawai yang tidak pernah teramati satu periode utuh": 5,  # C, D, E, G, I
    }


def test_minimum_service_needs_the_day_of_appointment() -> None:
    data, _spells = build()
    data = Dataset({**data.tables, "pegawai": data["pegawai"].drop(columns="tmt_cpns")})
    exposed = build_exposed(data, StudyPlan(), "coaching")
    with pytest.raises(DataError, match="minimum_service: tmt_cpns"):
        build_spells(exposed, data, 2.0)
    assert "masa_kerja" not in build_spells(exposed, data).people


def test_covariates_are_taken_at_entry() -> None:
    people = build()[1].people.set_index("pegawai_id")
    assert people.loc["A", "masa_kerja"] == pytest.approx((day("2023-12-31") - day("2010-01-01")) / 365.25)
    assert people.index[people["masa_kerja"].isna()].tolist() == ["I"]
    assert (people["x_skor"] == 1.5).all()


def test_periods_of_the_commonest_length_count() -> None:
    data, _spells = build()
    more = data["penilaian"].iloc[:1].assign(periode="2024-01")
    data = Dataset({**data.tables, "penilaian": pd.concat([data["penilaian"], more], ignore_index=True)})
    spells = build_spells(build_exposed(data, StudyPlan(), "coaching"), data)
    assert spells.periods["periode"].tolist() == list(PERIODS)


people_frames = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 60), st.none() | st.integers(0, 60), st.booleans()), min_size=1
)


@given(people_frames)
def test_splitting_keeps_every_day_and_every_exit_once(drawn: list[tuple[int, int, int | None, bool]]) -> None:
    people = pd.DataFrame(
        {
            "entry": [float(row[0]) for row in drawn],
            "stop": [float(row[0] + row[1]) for row in drawn],
            "begins": [np.nan if row[2] is None else float(row[2]) for row in drawn],
            "keluar": [row[3] for row in drawn],
            "alasan": ["mutasi" if row[3] else None for row in drawn],
        }
    )
    before = people.copy()
    edges = np.arange(0.0, 121.0, 20.0)
    periods = pd.DataFrame({"periode": [f"P{i}" for i in range(6)], "start": edges[:-1], "end": edges[1:]})
    days = float((people["stop"] - people["entry"]).sum())
    for rows in (split_states(people), split_periods(people, periods)):
        assert float((rows["stop"] - rows["entry"]).sum()) == days
        assert int(rows["keluar"].sum()) == int(people["keluar"].sum())
        assert (rows["entry"] < rows["stop"]).all()
    pd.testing.assert_frame_equal(people, before)
