"""Distribution and trend: titles that follow the result, alternative texts with the numbers, nothing hidden shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.measures import Distribution, Measure
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import Figure, LeftOut
from kinerja_lib.show.figures import make_ticker, optional, plot_distribution, plot_trend, quantity, short_period
from kinerja_lib.vocabulary import Period

SCOPE = Scope(Dataset({}), Period.parse("2025-S1"), "U", ("U",), "Bidang Satu", is_agency=False)
AGENCY = Scope(Dataset({}), Period.parse("2025-S1"), None, ("U",), "Badan Contoh", is_agency=True)
CAPAIAN = Measure("capaian_skp", "Capaian SKP", "%")
INDEX = Measure("indikator", "Indeks keterikatan", "indeks 0-100", indikator="theme_engagement_index")
LOWER = ("Butuh Perbaikan", "Kurang", "Sangat Kurang")
ALL = ("Sangat Baik", "Baik", *LOWER)
WHOLE = (
    (("Sangat Baik",), "Sangat Baik", 12, False),
    (("Baik",), "Baik", 44, False),
    (LOWER, "Butuh Perbaikan atau lebih rendah", 8, False),
)
MERGED = (
    (("Sangat Baik",), "Sangat Baik", 12, False),
    (("Baik", *LOWER), "Baik + Butuh Perbaikan atau lebih rendah", 52, True),
)
SILENT = ((ALL, "semua", None, True),)

Segments = tuple[tuple[tuple[str, ...], str, int | None, bool], ...]


def distribution(
    *periods: tuple[str, Segments], level: str | None = "Baik", kept: bool | None = None, verdict: str = "sesuai pola"
) -> Distribution:
    rows: list[dict[str, Any]] = []
    for period, segments in periods:
        counts = [n for *_rest, n, _hidden in segments]
        total = None if None in counts else sum(n for n in counts if n is not None)
        for levels, label, n, hidden in segments:
            share = np.nan if n is None or not total else 100 * n / total
            row = {"periode": period, "levels": levels, "label": label, "count": n, "n": total}
            rows.append(row | {"share": share, "hidden": hidden})
    table = pd.DataFrame(rows).astype({"count": "Int64", "n": "Int64", "share": "float64"})
    organisation = pd.DataFrame(
        {
            "periode": [period for period, _segments in periods],
            "predikat_organisasi": [level] * len(periods),
            "kept": pd.array([kept] * len(periods), dtype="boolean"),
            "verdict": [verdict] * len(periods),
        }
    )
    return Distribution(table, organisation)


def drawn(block: Figure | LeftOut) -> Figure:
    assert isinstance(block, Figure)
    return block


@pytest.mark.parametrize(
    ("kept", "title"),
    [
        (True, "Sebaran predikat Semester I 2025 mengikuti pola organisasi"),
        (False, "Sebaran predikat Semester I 2025 tidak mengikuti pola organisasi"),
        (None, "Sebaran predikat kinerja pegawai"),
    ],
)
def test_the_title_of_the_distribution_is_the_verdict(kept: bool | None, title: str) -> None:
    assert drawn(plot_distribution(distribution(("2025-S1", WHOLE), kept=kept), SCOPE)).title == title


def test_only_the_last_verdict_is_told() -> None:
    both = distribution(("2024-S2", WHOLE), ("2025-S1", WHOLE), kept=True)
    both.organisation.loc[0, "kept"] = False
    assert drawn(plot_distribution(both, SCOPE)).title == "Sebaran predikat Semester I 2025 mengikuti pola organisasi"


def test_the_distribution_in_words(take_apart: Callable[[str], Any]) -> None:
    figure = drawn(plot_distribution(distribution(("2025-S1", WHOLE), kept=True), SCOPE))
    assert figure.subtitle == "Predikat kinerja pegawai, % dari pegawai dinilai, 1 periode"
    assert figure.alt == (
        "Batang bertumpuk per periode. Semester I 2025, n = 64: Sangat Baik 12 (19%), Baik 44 (69%), "
        "Butuh Perbaikan atau lebih rendah 8 (13%)."
    )
    assert [row["count"] for row in figure.data] == [12, 44, 8]
    page, phone = take_apart(figure.svg), take_apart(figure.svg_narrow)
    assert (page.width, phone.width) == (640, 350)
    assert {"19%", "69%", "13%", "n = 64", "sesuai", "Semester I 2025"} <= set(page.words)
    assert {"19%", "69%", "n = 64"} <= set(phone.words)


def test_without_a_predikat_of_the_organisation_the_columns_beside_are_left_out(take_apart: Any) -> None:
    without = drawn(plot_distribution(distribution(("2025-S1", WHOLE), level=None), SCOPE))
    with_it = drawn(plot_distribution(distribution(("2025-S1", WHOLE), kept=False), SCOPE))
    assert "organisasi" not in take_apart(without.svg).words
    assert {"organisasi", "tidak sesuai"} <= set(take_apart(with_it.svg).words)


def test_merged_levels_show_their_sum_only(take_apart: Any) -> None:
    figure = drawn(plot_distribution(distribution(("2025-S1", MERGED)), SCOPE))
    assert figure.alt.endswith(
        "Sangat Baik 12 (19%), Baik + Butuh Perbaikan atau lebih rendah 52 (81%) (tidak dirinci)."
    )
    assert "81% tidak dirinci (ada <5)" in take_apart(figure.svg).words
    assert sorted(row["count"] for row in figure.data) == [12, 52]


def test_a_period_under_five_shows_no_number_at_all(take_apart: Any) -> None:
    figure = drawn(plot_distribution(distribution(("2024-S2", SILENT), ("2025-S1", WHOLE)), SCOPE))
    assert "Semester II 2024, n = <5: tidak dirinci; Semester I 2025, n = 64:" in figure.alt
    assert {"tidak dirinci (ada <5)", "n = <5"} <= set(take_apart(figure.svg).words)
    first = figure.data[0]
    assert pd.isna(first["count"])
    assert pd.isna(first["n"])
    assert pd.isna(first["share"])


def test_no_predikat_no_figure() -> None:
    assert plot_distribution(None, SCOPE) == LeftOut("tidak ada predikat kinerja")


def trend(*rows: tuple[str, str, float | None, float | None, float | None]) -> pd.DataFrame:
    columns = ["group", "periode", "value", "conf_low", "conf_high"]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], "float64"))
    return frame.assign(n=pd.array([60] * len(frame), dtype="Int64"), hidden=frame["value"].isna())


BEFORE = ("unit", "2024-S1", 90.0, 89.0, 91.0)


@pytest.mark.parametrize(
    ("last", "title"),
    [
        ((93.0, 92.0, 94.0), "Capaian SKP lebih tinggi daripada Sem. I 2024"),
        ((87.0, 86.0, 88.0), "Capaian SKP lebih rendah daripada Sem. I 2024"),
        ((90.5, 89.5, 91.5), "Capaian SKP tidak jelas berbeda dari Sem. I 2024"),
        ((92.0, 91.0, 93.0), "Capaian SKP tidak jelas berbeda dari Sem. I 2024"),  # the ends touch
        ((None, None, None), "Capaian SKP baru ada untuk satu periode"),
    ],
)
def test_the_title_of_the_trend_is_what_the_intervals_allow(last: tuple[Any, Any, Any], title: str) -> None:
    frame = trend(BEFORE, ("unit", "2024-S2", *last))
    assert drawn(plot_trend(frame, SCOPE, CAPAIAN)).title == title


@pytest.mark.parametrize(
    ("measure", "reference", "title"),
    [
        (INDEX, 64.0, "Indeks keterikatan 62,0, di bawah median semua unit"),
        (INDEX, 62.0, "Indeks keterikatan 62,0, tidak di bawah median semua unit"),
        (CAPAIAN, 64.0, "Capaian SKP 62,0%, di bawah seluruh instansi"),
        (CAPAIAN, 60.0, "Capaian SKP 62,0%, tidak di bawah seluruh instansi"),
        (INDEX, None, "Indeks keterikatan: 62,0 pada 2023"),
    ],
)
def test_without_intervals_the_title_names_the_side_of_what_it_is_compared_with(
    measure: Measure, reference: float | None, title: str
) -> None:
    own = [("unit", "2022", 63.0, None, None), ("unit", "2023", 62.0, None, None)]
    others = [("instansi", "2022", 61.0, None, None), ("instansi", "2023", reference, None, None)]
    figure = drawn(plot_trend(trend(*own, *others), SCOPE, measure))
    assert figure.title == title
    assert "selang" not in figure.subtitle


def test_an_agency_without_intervals_has_nothing_to_compare_with() -> None:
    frame = trend(("instansi", "2022", 61.0, None, None), ("instansi", "2023", 60.5, None, None))
    assert drawn(plot_trend(frame, AGENCY, INDEX)).title == "Indeks keterikatan: 60,5 pada 2023"


def test_the_trend_in_words(take_apart: Any) -> None:
    rows = [BEFORE, ("unit", "2024-S2", None, None, None), ("unit", "2025-S1", 93.0, 92.0, 94.0)]
    others = [("instansi", text, 91.0, 90.5, 91.5) for text in ("2024-S1", "2024-S2", "2025-S1")]
    figure = drawn(plot_trend(trend(*rows, *others), SCOPE, CAPAIAN))
    whole = "Capaian SKP (%), selang 95 %, Sem. I 2024 sampai Sem. I 2025; n = 60 pada Sem. I 2025"
    assert figure.subtitle.replace("\u00a0", " ") == whole
    assert figure.alt == (
        "Garis menurut periode. Bidang Satu: Sem. I 2024: 90,0% (89,0 sampai 91,0; n = 60), Sem. II 2024: –, "
        "Sem. I 2025: 93,0% (92,0 sampai 94,0; n = 60); Pembanding: Sem. I 2024: 91,0% (90,5 sampai 91,5; n = 60), "
        "Sem. II 2024: 91,0% (90,5 sampai 91,5; n = 60), Sem. I 2025: 91,0% (90,5 sampai 91,5; n = 60)."
    )
    page = take_apart(figure.svg)
    assert len(page.dots) == 5  # the missing period has none
    assert {"Bidang Satu 93,0%", "Seluruh instansi 91,0%", "Sem. II"} <= set(page.words)
    assert len(figure.data) == 6


def test_the_n_of_a_trend_tells_of_nobody() -> None:
    frame = trend(BEFORE, ("unit", "2024-S2", 91.0, 90.0, 92.0), ("instansi", "2024-S1", 90.5, 90.0, 91.0))
    beside = drawn(plot_trend(frame.assign(n=pd.array([60, 58, 63], dtype="Int64")), SCOPE, CAPAIAN))
    assert "Pembanding: Sem. I 2024: 90,5% (90,0 sampai 91,0)." in beside.alt  # 63 would tell of three others
    assert beside.subtitle.replace("\u00a0", " ").endswith("; n = 58 pada Sem. II 2024")
    hidden = drawn(plot_trend(frame.assign(n=pd.array([60, pd.NA, 90], dtype="Int64")), SCOPE, CAPAIAN))
    assert hidden.subtitle.endswith("; n tidak dirinci")
    assert "Sem. II 2024: 91,0% (90,0 sampai 92,0); Pembanding: Sem. I 2024: 90,5% (90,0 sampai 91,0; n = 90)." in (
        hidden.alt
    )
    unknown = frame.assign(n=pd.array([pd.NA] * 3, dtype="Int64"))
    subtitle = drawn(plot_trend(unknown, SCOPE, INDEX)).subtitle
    assert subtitle.endswith("; jumlah penjawab tidak ada dalam data")


def test_a_long_name_becomes_this_unit(take_apart: Any) -> None:
    scope = Scope(Dataset({}), SCOPE.period, "U", ("U",), "Subbidang dengan nama panjang sekali", is_agency=False)
    figure = drawn(plot_trend(trend(BEFORE, ("unit", "2024-S2", 91.0, 90.0, 92.0)), scope, CAPAIAN))
    assert "Unit ini 91,0%" in take_apart(figure.svg).words
    assert "Subbidang dengan nama panjang sekali:" in figure.alt


@pytest.mark.parametrize(
    ("frame", "measure"),
    [
        (None, CAPAIAN),
        (trend(BEFORE), None),
        (trend(("unit", "2024-S1", None, None, None)), CAPAIAN),
        (trend(BEFORE).iloc[:0], CAPAIAN),
    ],
)
def test_no_trend_no_figure(frame: pd.DataFrame | None, measure: Measure | None) -> None:
    assert plot_trend(frame, SCOPE, measure) == LeftOut("tidak ada ukuran kinerja yang dapat digambar")


def test_inputs_are_not_changed() -> None:
    frame, shares = trend(BEFORE), distribution(("2025-S1", WHOLE))
    copies = frame.copy(), shares.table.copy(), shares.organisation.copy()
    plot_trend(frame, SCOPE, CAPAIAN)
    plot_distribution(shares, SCOPE)
    for left, right in zip(copies, (frame, shares.table, shares.organisation), strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_small_helpers() -> None:
    shown = [quantity(*pair).text for pair in ((94.25, "%"), (12.55, "JP"), (62.04, "indeks 0-100"), (3.0, ""))]
    assert shown == ["94,3%", "12,6 JP", "62,0", "3,0"]
    assert (quantity(None, "JP").text, quantity(None, "JP").value) == ("–", None)
    assert [short_period(text) for text in ("2025-S1", "2025-T3", "2025", "2025-07")] == [
        "Sem. I 2025",
        "Tri. III 2025",
        "2025",
        "Juli 2025",
    ]
    assert short_period("2025-S1", split=True) == "Sem. I\n2025"
    assert short_period("2025", split=True) == "2025"
    assert [make_ticker("%")(90), make_ticker("%")(92.5), make_ticker("JP")(10)] == ["90%", "92,5%", "10"]
    assert optional(pd.Series([1.0, np.nan])) == (1.0, None)
