"""What a programme's cost bought, on the page: intervals with n, ends that are none, nothing without a price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.estimate import estimate_cost_effectiveness
from kinerja_lib.language import use_language
from kinerja_lib.show.blocks import Figure, LeftOut, Paragraph, Table, plain
from kinerja_lib.show.worth import (
    plot_net_benefit,
    say_price,
    table_avoided,
    table_effectiveness,
    table_roi,
    table_unit_cost,
)
from kinerja_lib.studies import Study

Make = Callable[..., Study]
PRICE = {"conf_low": 100_000.0, "estimate": 200_000.0, "conf_high": 300_000.0, "n": 72.0}
WHOLE = {"conf_low": 400_000.0, "estimate": 800_000.0, "conf_high": 1_200_000.0, "n": 60.0}
UNIT_COST = pd.DataFrame({
    "key": ["person", "person_event", "nonclassical", "jp"],
    "label": ["Biaya per peserta", "Biaya per peserta, rata-rata", "Bagian JP nonklasikal (%)", "Biaya per JP"],
    "source": ["biaya", "kegiatan", "kegiatan", "biaya"], "n": pd.array([90, 80, 80, None], dtype="Int64"),
    "value": [2e6, 1e6, 21.9, np.nan], "conf_low": [np.nan, 9e5, np.nan, np.nan],
    "conf_high": [np.nan, 1.1e6, np.nan, np.nan], "hidden": [False, False, False, True], "periode": "2025-S1",
})  # fmt: skip
SAVED = ("term", "estimate", "conf_low", "conf_high", "n")
ABSENCE = pd.DataFrame([("days", 0.5, 0.1, 0.9, 72), ("rupiah", 2e5, 4e4, 3.6e5, 72)], columns=SAVED)
EXITS = pd.DataFrame([("exits", -1.5, -4.0, 1.0, 72)], columns=SAVED)


def trial(gain: float, worth: tuple[float, ...] = ()) -> Any:
    rng = np.random.default_rng(3)
    arm = np.arange(200) % 2
    frame = pd.DataFrame({"arm": np.where(arm, "coaching", "belum"), "hasil": gain * arm + rng.normal(0, 0.5, 200)})
    frame["biaya"] = 800_000 * arm + rng.normal(0, 1e4, 200)
    return estimate_cost_effectiveness(
        frame, cost="biaya", effect="hasil", group="arm", threshold=worth, draws=200, seed=1
    )


def study_of_cost(study_of: Make, **detail: Any) -> Study:
    known = {"price": PRICE, "participant": WHOLE, "unit_cost": UNIT_COST, "absence": ABSENCE, "replacement": EXITS}
    return study_of(name="cost", unit="rupiah per kegiatan", detail=known | detail)


def effects(gain: float, worth: tuple[float, ...] = (), prices: tuple[float, ...] = (100_000.0, 200_000.0)) -> Any:
    found = trial(gain, worth)
    whole = pd.concat([found.table.assign(price=price) for price in prices], ignore_index=True)
    return {"effectiveness": found, "effectiveness_range": whole}


def cells(block: object) -> list[tuple[str, ...]]:
    assert isinstance(block, Table)
    return [tuple(text.replace("\u00a0", " ") for text in row) for row in block.display]


def said(block: object) -> str:
    assert isinstance(block, Paragraph)
    return block.to_text().replace("\u00a0", " ")


def test_the_price_of_an_event_and_of_a_participant(study_of: Make) -> None:
    assert said(say_price(study_of_cost(study_of))) == (
        "Satu kegiatan coaching ditaksir berharga Rp200.000 (selang 95 %: Rp100.000 sampai Rp300.000; n = 72 unit dan "
        "periode). Dengan kegiatan sebanyak yang diikutinya, biaya seorang peserta ditaksir Rp800.000 (selang 95 %: "
        "Rp400.000 sampai Rp1.200.000; n = 60 peserta)."
    )
    alone = say_price(study_of_cost(study_of, participant=None))
    assert said(alone).endswith("n = 72 unit dan periode).")


def test_a_price_below_nought_is_no_price(study_of: Make) -> None:
    cheaper = {"conf_low": -3e5, "estimate": -1e5, "conf_high": 1e5, "n": 72.0}
    text = said(say_price(study_of_cost(study_of, price=cheaper)))
    assert text.startswith(
        "Belanja unit tidak terlihat naik bersama coaching: −Rp100.000 tiap kegiatan (selang 95 %: −Rp"
    )
    assert "seorang peserta" not in text


def test_unit_costs_say_what_is_estimated_and_what_is_counted_in_full(study_of: Make) -> None:
    table = table_unit_cost(study_of_cost(study_of))
    assert cells(table) == [
        ("Satu kegiatan coaching", "Rp200.000", "Rp100.000 sampai Rp300.000", "72 unit-periode"),
        ("Satu peserta coaching, semua kegiatannya", "Rp800.000", "Rp400.000 sampai Rp1.200.000", "60 peserta"),
        ("Semua pembinaan: biaya per peserta (tabel biaya)", "Rp2.000.000", "hitungan penuh", "90 peserta"),
        (
            "Semua pembinaan: biaya per peserta, rata-rata (tabel kegiatan)",
            *("Rp1.000.000", "Rp900.000 sampai Rp1.100.000", "80 peserta"),
        ),
        ("Semua pembinaan: bagian JP nonklasikal (%) (tabel kegiatan)", "22%", "hitungan penuh", "80 peserta"),
    ]  # what is hidden has no row
    assert isinstance(table, Table)
    assert "Semester I 2025" in " ".join(map(plain, table.notes))
    assert len(cells(table_unit_cost(study_of_cost(study_of, participant=None, unit_cost=None)))) == 1


def test_absence_and_exits_with_and_without_a_price(study_of: Make) -> None:
    table = table_avoided(study_of_cost(study_of))
    assert cells(table) == [
        ("Lebih sedikit hari tidak hadir, tiap kegiatan", "+0,50", "0,10 sampai 0,90", "72"),
        ("Hari itu dalam rupiah, tiap kegiatan", "Rp200.000", "Rp40.000 sampai Rp360.000", "72"),
        (
            "Lebih sedikit yang keluar atas kemauan sendiri, tiap 100 kegiatan",
            *("−1,50", "−4,00 sampai 1,00", "72"),
        ),
    ]
    assert isinstance(table, Table)
    assert not any("daily_cost" in plain(note) for note in table.notes)
    bare = table_avoided(study_of_cost(study_of, absence=ABSENCE.iloc[:1]))
    assert isinstance(bare, Table)
    assert any("daily_cost" in plain(note) for note in bare.notes)
    assert isinstance(table_avoided(study_of_cost(study_of, absence=None, replacement=None)), LeftOut)


def test_a_result_costs_more_at_a_higher_price_and_stands_beside_its_effect(study_of: Make) -> None:
    found = effects(1.0)
    shown = cells(table_effectiveness(study_of_cost(study_of, **found)))
    assert [row[0] for row in shown] == [
        "Selisih biaya seorang peserta",
        "Selisih hasil: periode dengan predikat tertinggi, tiap peserta",
        "Biaya satu hasil lagi (ICER), bila kegiatan berharga Rp100.000",
        "Biaya satu hasil lagi (ICER), bila kegiatan berharga Rp200.000",
    ]
    assert {row[3] for row in shown} == {"200"}
    assert all(" sampai " in row[2] for row in shown)


def test_a_result_that_may_be_nil_has_a_cost_without_end(study_of: Make) -> None:
    few = trial(0.0)
    gain = float(few.table.set_index("term").loc["effect_difference", "estimate"])
    may = effects(0.05 - gain)  # just above nought, and its interval holds it
    table = table_effectiveness(study_of_cost(study_of, **may))
    assert {row[2] for row in cells(table)[2:]} == {"tanpa batas"}
    assert isinstance(table, Table)
    assert any("tak hingga" in plain(note) for note in table.notes)
    worse = table_effectiveness(study_of_cost(study_of, **effects(-1.0)))
    assert len(cells(worse)) == 2
    assert isinstance(worse, Table)
    assert any("tidak lebih tinggi" in plain(note) for note in worse.notes)


def test_net_benefit_is_drawn_for_every_scenario(study_of: Make, take_apart: Any) -> None:
    study = study_of_cost(study_of, **effects(1.0, worth=(1e5, 5e6)))
    figure = plot_net_benefit(study)
    assert isinstance(figure, Figure)
    assert figure.title == "Manfaat bersih jelas di atas nol pada 2 dari 4 skenario"
    assert figure.subtitle.endswith("n = 200")
    assert "bukan penghematan" in figure.caption
    assert figure.alt.count("(") == 4
    assert len(take_apart(figure.svg).dots) == 4
    take_apart(figure.svg_narrow)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_roi_is_a_range_of_scenarios(study_of: Make, lang: str) -> None:
    roi = pd.DataFrame(
        [(worth, 100 * worth / price, 50.0, 400.0, 200, price) for worth in (1e6, 3e6) for price in (2e6, 1e6)],
        columns=["worth", "estimate", "conf_low", "conf_high", "n", "price"],
    )
    use_language(lang)
    table = table_roi(study_of_cost(study_of, roi=roi))
    assert isinstance(table, Table)
    assert "200" in table.title
    assert [column["kind"] for column in table.columns] == ["words"] * 3
    first = cells(table)[0]
    assert first[1].startswith("100%")  # the lower price first
    assert first[2].startswith("50%")


@pytest.mark.parametrize(
    "block", [say_price, table_unit_cost, table_avoided, table_effectiveness, plot_net_benefit, table_roi]
)
def test_a_study_without_an_answer_leaves_them_out_in_words(block: Callable[[Study], Any]) -> None:
    left = block(Study("cost", why=("no_costs",)))
    assert isinstance(left, LeftOut)
    assert left.reason


def test_without_a_worth_scenarios_are_left_out_by_the_name_of_what_is_missing(study_of: Make) -> None:
    study = study_of_cost(study_of, **effects(1.0))
    for block in (plot_net_benefit(study), table_roi(study)):
        assert isinstance(block, LeftOut)
        assert "effect_worth" in block.reason
