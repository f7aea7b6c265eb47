"""The panel: against plain loops on 200 agencies at random, and case by case for who moves, starts, stops, leaves."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib import build_panel
from kinerja_lib.errors import CallError, DataError
from kinerja_lib.rules import score_predikat
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import JENIS_KEGIATAN, PREDIKAT, Period

# -- the plainest loops ------------------------------------------------------------------------------------------------


def read(value: Any) -> Any:
    """Return a cell as a plain value: None where missing."""
    return None if pd.isna(value) else value


def records(data: Dataset, name: str) -> list[dict[str, Any]]:
    return [{key: read(value) for key, value in row.items()} for row in data[name].to_dict("records")]


def inside(period: Period, day: pd.Timestamp) -> bool:
    return period.start <= day.date() <= period.end


def period_of(day: pd.Timestamp, months: int) -> Period:
    return Period(day.year, (day.month - 1) // months * months + 1, months)


def add_up(events: list[dict[str, Any]], column: str) -> float:
    """Return the sum of what is known; missing where there are events and none is known."""
    known = [event[column] for event in events if event[column] is not None]
    return float(sum(known)) if known or not events else np.nan


def plain_panel(data: Dataset) -> list[dict[str, Any]]:
    """Return the rows of the panel, one loop inside the other."""
    staff = {row["pegawai_id"]: row for row in records(data, "pegawai")}
    appraisals = records(data, "penilaian")
    events = records(data, "kegiatan") if data.has("kegiatan") else []
    lengths = [Period.parse(row["periode"]).months for row in appraisals]
    commonest = max(set(lengths), key=lambda months: (lengths.count(months), months))
    first_day = min(Period.parse(row["periode"]).start for row in appraisals)
    last_day = max(Period.parse(row["periode"]).end for row in appraisals)
    kinds = [kind for kind in JENIS_KEGIATAN if any(event["jenis"] == kind for event in events)]
    by_person, log_of = defaultdict(list), defaultdict(list)
    for row in appraisals:
        by_person[row["pegawai_id"]].append((Period.parse(row["periode"]), row))
    for event in events:
        log_of[event["pegawai_id"]].append(event)
    rows = []
    for person in sorted(set(by_person) | set(staff)):
        own = by_person[person]
        own.sort(key=lambda pair: pair[0])
        left = staff.get(person, {}).get("tanggal_keluar")
        if left is not None and first_day <= left.date() <= last_day and not any(inside(p, left) for p, _row in own):
            own.append((period_of(left, own[-1][0].months if own else commonest), {}))
            own.sort(key=lambda pair: pair[0])
        mine: list[dict[str, Any]] = []
        for period, appraisal in own:
            mine.append(
                plain_row(person, period, appraisal, staff.get(person, {}), left, log_of[person], kinds, own, mine)
            )
        rows += mine
    cells = Counter((row["unit_id"], row["periode"]) for row in rows)
    for row in rows:
        row["status_cell"] = cells[row["unit_id"], row["periode"]] if row["unit_id"] is not None else None
    return rows


def plain_row(
    person: str,
    period: Period,
    appraisal: dict[str, Any],
    staff: dict[str, Any],
    left: pd.Timestamp | None,
    log: list[dict[str, Any]],
    kinds: list[str],
    own: list[tuple[Period, dict[str, Any]]],
    earlier: list[dict[str, Any]],
) -> dict[str, Any]:
    hasil, perilaku = appraisal.get("rating_hasil"), appraisal.get("rating_perilaku")
    reported = appraisal.get("predikat")
    predikat = score_predikat(hasil, perilaku) if hasil and perilaku else reported
    before = [row for row in earlier if Period.parse(row["periode"]).end < period.start]
    row = {
        "pegawai_id": person,
        "periode": str(period),
        "unit_id": appraisal.get("unit_id") or staff.get("unit_id"),
        "rating_hasil": hasil,
        "rating_perilaku": perilaku,
        "predikat": predikat,
        "predikat_dilaporkan": reported,
        "ordinal": None if predikat is None else PREDIKAT.index(predikat) + 1,
        "nilai": appraisal.get("nilai"),
        "lag_predikat": before[-1]["predikat"] if before else None,
    }
    for kind in kinds:
        some = sorted((event for event in log if event["jenis"] == kind), key=lambda event: event["mulai"])
        now = [event for event in some if inside(period, event["mulai"])]
        so_far = [event for event in some if event["mulai"].date() <= period.end]
        row[f"n_{kind}"] = len(now)
        row[f"dose_{kind}"] = add_up(now, "durasi_menit")
        row[f"dose_{kind}_total"] = add_up(so_far, "durasi_menit")
        row[f"first_{kind}"] = str(period_of(some[0]["mulai"], period.months)) if some else None
        if not some:
            row[f"status_{kind}"] = "never"
        elif some[0]["mulai"].date() <= own[0][0].end:
            row[f"status_{kind}"] = "always"
        else:
            row[f"status_{kind}"] = "treated" if so_far else "not_yet"
    row["jp"] = add_up([event for event in log if inside(period, event["mulai"])], "jp")
    row["keluar"] = None
    if left is not None and inside(period, left):
        row["keluar"] = staff.get("alasan_keluar") or "tidak_diketahui"
    return row


def assert_same(panel: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    assert list(panel.columns) == list(rows[0])
    for name in panel.columns:
        ours = [read(value) for value in panel[name].tolist()]
        plain = [read(row[name]) for row in rows]
        assert ours == plain, name


@pytest.mark.parametrize("block", range(8))
def test_panel_is_that_of_plain_loops(block, build_random):
    """Three hundred people each, for 200 seeds."""
    for seed in range(25 * block, 25 * block + 25):
        data = build_random(seed)
        assert_same(build_panel(data), plain_panel(data))


# -- case by case ------------------------------------------------------------------------------------------------------

STAFF = [
    {"pegawai_id": "A", "unit_id": "U2", "tanggal_keluar": None, "alasan_keluar": None},
    {"pegawai_id": "B", "unit_id": "U1", "tanggal_keluar": "2024-03-15", "alasan_keluar": "mutasi"},
]


def appraisal(person: str, period: str, unit: str | None = "U1", predikat: str | None = "Baik") -> dict[str, Any]:
    return {"pegawai_id": person, "periode": period, "unit_id": unit, "predikat": predikat}


def event(number: int, person: str, day: str, minutes: float | None = 60, **more: Any) -> dict[str, Any]:
    row = {"kegiatan_id": f"K{number}", "pegawai_id": person, "jenis": "coaching", "mulai": day}
    return {**row, "durasi_menit": minutes, "jp": None, **more}


def test_who_moves_keeps_one_history(dataset):
    rows = [appraisal("A", "2023-S1", "U1", "Kurang"), appraisal("A", "2023-S2", "U2"), appraisal("A", "2024-S1", None)]
    panel = build_panel(dataset(pegawai=STAFF[:1], penilaian=rows, kegiatan=[event(1, "A", "2023-02-01")]))
    assert panel["unit_id"].tolist() == ["U1", "U2", "U2"]
    assert panel["lag_predikat"].tolist()[1:] == ["Kurang", "Baik"]
    assert panel["dose_coaching_total"].tolist() == [60, 60, 60]


def test_event_in_a_period_without_appraisal_counts_in_the_totals(dataset):
    rows = [appraisal("A", "2023-S1"), appraisal("A", "2024-S1")]
    log = [event(1, "A", "2022-05-01", 15), event(2, "A", "2023-08-01", 45), event(3, "A", "2024-05-01", 30)]
    panel = build_panel(dataset(pegawai=STAFF[:1], penilaian=rows, kegiatan=log))
    assert panel["n_coaching"].tolist() == [0, 1]
    assert panel["dose_coaching"].tolist() == [0, 30]
    assert panel["dose_coaching_total"].tolist() == [15, 90]
    assert panel["first_coaching"].tolist() == ["2022-S1", "2022-S1"]
    assert panel["status_coaching"].tolist() == ["always", "always"]


def test_leaving_without_an_appraisal_has_a_row(dataset):
    rows = [appraisal("B", "2023-S2"), appraisal("A", "2024-S1")]
    panel = build_panel(dataset(pegawai=STAFF, penilaian=rows)).set_index(["pegawai_id", "periode"])
    assert panel.loc[("B", "2024-S1"), "keluar"] == "mutasi"
    assert panel.loc[("B", "2024-S1"), ["predikat", "rating_hasil", "ordinal", "nilai"]].isna().all()
    assert pd.isna(panel.loc[("B", "2023-S2"), "keluar"])


def test_leaving_with_an_appraisal_has_no_second_row(dataset):
    panel = build_panel(dataset(pegawai=STAFF, penilaian=[appraisal("B", "2024-S1")]))
    assert panel[["periode", "predikat", "keluar"]].to_numpy().tolist() == [["2024-S1", "Baik", "mutasi"]]


def test_who_comes_back_goes_on(dataset):
    rows = [appraisal("B", "2023-S2"), appraisal("B", "2024-S2", predikat="Sangat Baik"), appraisal("B", "2025-S1")]
    log = [event(1, "B", "2023-09-01"), event(2, "B", "2024-09-01", 30)]
    panel = build_panel(dataset(pegawai=STAFF, penilaian=rows, kegiatan=log))
    assert panel["periode"].tolist() == ["2023-S2", "2024-S1", "2024-S2", "2025-S1"]
    assert panel["keluar"].notna().tolist() == [False, True, False, False]
    assert panel["dose_coaching_total"].tolist() == [60, 60, 90, 90]


def test_an_exit_of_unknown_reason_is_one(dataset):
    staff = [{**STAFF[1], "alasan_keluar": None}]
    panel = build_panel(dataset(pegawai=staff, penilaian=[appraisal("B", "2024-S1")]))
    assert panel["keluar"].tolist() == ["tidak_diketahui"]


def test_what_no_row_holds_is_counted(dataset):
    rows = [appraisal("A", "2023-S1"), appraisal("B", "2023-S1")]
    log = [event(1, "A", "2023-08-01"), event(2, "C", "2023-02-01"), event(3, "A", "2023-02-01")]
    panel = build_panel(dataset(pegawai=STAFF, penilaian=rows, kegiatan=log))
    assert panel.attrs["dropped"] == {
        "kegiatan pegawai yang tidak pernah dinilai": 1,
        "kegiatan sesudah periode terakhir pegawainya": 1,
        "pegawai keluar di luar rentang periode data": 1,
    }


def test_month_long_periods_inside_a_semester(dataset):
    """Periods that overlap: each holds its events, and the one before is one that had ended."""
    rows = [appraisal("A", "2024-S1", predikat="Kurang"), appraisal("A", "2024-02"), appraisal("A", "2024-S2")]
    log = [event(1, "A", "2024-02-10", 20), event(2, "A", "2024-05-10", 40)]
    panel = build_panel(dataset(pegawai=STAFF[:1], penilaian=rows, kegiatan=log))
    assert panel["periode"].tolist() == ["2024-S1", "2024-02", "2024-S2"]
    assert panel["dose_coaching"].tolist() == [60, 20, 0]
    assert panel["dose_coaching_total"].tolist() == [60, 20, 60]
    assert panel["first_coaching"].tolist() == ["2024-S1", "2024-02", "2024-S1"]
    assert [read(value) for value in panel["lag_predikat"]] == [None, None, "Baik"]


def test_status_names_who_was_treated_when(dataset):
    rows = [appraisal(person, period) for person in "ABC" for period in ("2023-S1", "2023-S2")]
    log = [event(1, "A", "2023-08-01"), event(2, "B", "2023-01-01")]
    panel = build_panel(dataset(pegawai=STAFF, penilaian=rows, kegiatan=log))
    assert panel["status_coaching"].tolist() == ["not_yet", "treated", "always", "always", "never", "never"]


def test_unknown_length_is_missing_and_not_nought(dataset):
    rows = [appraisal("A", "2023-S1"), appraisal("A", "2023-S2"), appraisal("A", "2024-S1")]
    log = [event(1, "A", "2023-02-01", None), event(2, "A", "2023-08-01", 30)]
    panel = build_panel(dataset(pegawai=STAFF[:1], penilaian=rows, kegiatan=log))
    assert [read(value) for value in panel["dose_coaching"]] == [None, 30, 0]
    assert [read(value) for value in panel["dose_coaching_total"]] == [None, 30, 30]
    assert [read(value) for value in panel["jp"]] == [None, None, 0]


def test_a_row_knows_nothing_of_later(build_random):
    """Events of the last year moved, dropped or added change no row before it, but for the labels."""
    data = build_random(4)
    late = data["kegiatan"]["mulai"] >= "2024-01-01"
    moved = data["kegiatan"].assign(mulai=data["kegiatan"]["mulai"].where(~late, pd.Timestamp("2024-12-31")))
    twice = moved[late].assign(kegiatan_id=moved["kegiatan_id"] + "x", mulai=pd.Timestamp("2024-07-01"))
    labels = re.compile("first_|status_(?!cell)")
    before = []
    for log in (data["kegiatan"], moved, data["kegiatan"][~late], pd.concat([data["kegiatan"], twice])):
        panel = build_panel(Dataset({**data.tables, "kegiatan": log}))
        kept = [name for name in panel.columns if not labels.match(name)]
        before.append(panel.loc[panel["periode"].map(lambda text: Period.parse(text).end.year) < 2024, kept])
    assert len(before[0]) > 100
    for other in before[1:]:
        pd.testing.assert_frame_equal(other, before[0])


def test_order_of_the_rows_of_the_tables_does_not_matter(build_random):
    data = build_random(11)
    mixed = {name: frame.sample(frac=1, random_state=3).reset_index(drop=True) for name, frame in data.tables.items()}
    pd.testing.assert_frame_equal(build_panel(Dataset(mixed)), build_panel(data))


def test_tables_are_not_changed(build_random):
    data = build_random(2)
    copies = {name: frame.copy(deep=True) for name, frame in data.tables.items()}
    build_panel(data)
    for name, frame in data.tables.items():
        pd.testing.assert_frame_equal(frame, copies[name])


def test_optional_columns_may_be_missing(dataset):
    log = [{"kegiatan_id": "1", "pegawai_id": "A", "jenis": "kursus", "mulai": "2024-02-02"}]
    rows = [{"pegawai_id": "A", "periode": "2024", "rating_hasil": "sesuai"}]
    row = build_panel(dataset(pegawai=[{"pegawai_id": "A", "unit_id": "U1"}], penilaian=rows, kegiatan=log)).iloc[0]
    assert (row["unit_id"], row["n_kursus"], row["first_kursus"]) == ("U1", 1, "2024")
    assert row[["predikat", "ordinal", "nilai", "dose_kursus", "jp", "keluar"]].isna().all()


def test_without_appraisals_there_is_no_panel(dataset):
    with pytest.raises(CallError, match=r"panel: tabel penilaian dan pegawai harus ada"):
        build_panel(dataset(pegawai=STAFF))


def test_two_appraisals_of_one_person_and_period_are_refused(dataset):
    data = dataset(pegawai=STAFF, penilaian=[appraisal("A", "2024-S1")])
    tables = {**data.tables, "penilaian": pd.concat([data["penilaian"]] * 2, ignore_index=True)}
    with pytest.raises(DataError, match=r"1 baris penilaian mengulang pegawai dan periode .* baris 2"):
        build_panel(Dataset(tables))
