"""Indicators of units: change with its reason, medians, gaps."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pytest

from kinerja_lib.indicators import build_indicator_trend, build_indicators, choose_indicators, indicator_label
from kinerja_lib.language import use_language
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope
from kinerja_lib.typed import check_table

VALUES = [
    *[("A", "2022", "i", 50.0), ("A", "2023", "i", 53.0), ("A", "2023", "j", 7.0), ("A", "2023", "k", 1.0)],
    *[("B", "2022", "i", 60.0), ("B", "2022", "k", 2.0), ("B", "2023", "i", 61.0)],
    *[("C", "2023", "i", 70.0), ("C", "2020", "i", 40.0), ("C", "2023", "meta_response_rate", 62.0)],
]


def make_data(values: Iterable[tuple[str, str, str, float]], **columns: object) -> Dataset:
    rows = [
        {"unit_id": u, "periode": p, "indikator": i, "nilai": v, "satuan": "persen", **columns} for u, p, i, v in values
    ]
    units = [{"unit_id": name, "nama": f"Unit {name}", "induk_id": "A" if name == "D" else ""} for name in "ABCD"]
    tables = {"unit": units, "indikator_unit": rows}
    return Dataset(
        {name: check_table(name, pd.DataFrame(part).astype("str"), locate=str) for name, part in tables.items()}
    )


DATA = make_data(VALUES)


def test_a_change_or_the_reason_why_there_is_none() -> None:
    table = build_indicators(build_scope(DATA, unit="A"))
    assert table is not None
    assert table["indikator"].tolist() == ["i", "j", "k"]
    assert table["change"].tolist()[0] == 3.0
    assert table["reason"].tolist() == [
        "",
        "butir tidak ditanyakan pada 2022",
        "organisasi tidak punya nilai butir ini pada 2022",
    ]
    assert (table["median"].tolist()[0], table["median_units"].tolist()[0]) == (61.0, 3)
    other = build_indicators(build_scope(DATA, unit="C"))
    assert other is not None
    assert other["reason"].tolist() == ["organisasi tidak ikut survei 2022", "butir tidak ditanyakan pada 2022"]
    first = build_indicators(build_scope(DATA, unit="B", period="2022"))
    assert first is not None
    assert first["reason"].tolist() == ["tidak ada data 2021"] * 2


def test_the_agency_and_a_unit_without_values_are_the_median_of_what_is_below() -> None:
    agency = build_indicators(build_scope(DATA))
    assert agency is not None
    row = agency.set_index("indikator").loc["i"]
    assert (row["value"], row["units"], row["change"]) == (61.0, 3, 6.0)


def test_few_answers_are_hidden() -> None:
    table = build_indicators(build_scope(make_data(VALUES, n=4), unit="A"))
    assert table is not None
    assert table["hidden"].all()
    assert table[["value", "change", "n"]].isna().all(axis=None)
    assert table["reason"].unique().tolist() == ["penjawab di bawah 5"]


def test_a_trend_keeps_gaps_and_ends_with_the_period() -> None:
    trend = build_indicator_trend(build_scope(DATA, unit="C"), "i")
    assert trend is not None
    assert trend["periode"].tolist() == ["2020", "2021", "2022", "2023"]
    assert trend["value"].isna().tolist() == [False, True, True, False]
    assert trend["units"].tolist() == [1, 0, 2, 3]
    assert trend["median"].tolist()[2:] == [55.0, 61.0]
    assert trend.loc[3, ["low_quartile", "high_quartile"]].tolist() == [57.0, 65.5]
    assert build_indicator_trend(build_scope(DATA, unit="B"), "j") is None


def test_the_chosen_indicators_leave_the_response_rate_out() -> None:
    more = make_data([*VALUES, ("A", "2023", "theme_my_manager", 70.0), ("A", "2023", "theme_engagement_index", 60.0)])
    assert choose_indicators(more) == ("theme_engagement_index", "theme_my_manager", "i", "j")
    assert choose_indicators(DATA, 2) == ("i", "j")


def test_labels_follow_the_language_and_unknown_names_stay() -> None:
    assert indicator_label("theme_my_manager") == "Atasan langsung"
    assert indicator_label("waktu_layanan") == "Waktu layanan"
    use_language("en")
    assert indicator_label("waktu_layanan") == "Waktu layanan"


def test_nothing_without_indicators() -> None:
    only = Dataset({"unit": DATA["unit"], "indikator_unit": DATA["indikator_unit"].assign(nilai=float("nan"))})
    scope = build_scope(DATA, unit="A")
    with pytest.raises(ValueError, match="tidak ada indikator"):
        build_scope(only, unit="A")
    assert build_indicators(type(scope)(only, scope.period, "A", ("A",), "A", is_agency=False)) is None
