"""The summary: which changes are clear, and a panel's strings and places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.panels import Panel
from kinerja_lib.show.blocks import LeftOut, Panels, Paragraph
from kinerja_lib.show.summary import _strip, say_summary, show_panels
from kinerja_lib.vocabulary import Period


def panel(title: str = "Kinerja", **fields: Any) -> Panel:
    defaults: dict[str, Any] = {
        "value": 94.0,
        "conf_low": 93.0,
        "conf_high": 95.0,
        "n": 64,
        "n_label": "pegawai",
        "unit": "%",
        "low": 90.0,
        "high": 100.0,
        "change": 2.1,
        "change_low": 0.4,
        "change_high": 3.8,
        "change_unit": "poin",
        "since": Period.parse("2024-S2"),
        "reference": 92.0,
    }
    return Panel(title.lower(), title, "Capaian SKP", **(defaults | fields))


UP = panel()
DOWN = panel("Iklim", change=-0.3, change_low=-0.5, change_high=-0.1)
FLAT = panel("Retensi", change=1.0, change_low=-2.0, change_high=4.0)
UNKNOWN = panel("Pengembangan", change=None, change_low=None, change_high=None, reference=None, since=None)
BARE = panel("Indeks", conf_low=None, conf_high=None, change=-0.8, change_low=None, change_high=None)
TINY = panel("Indeks", conf_low=None, conf_high=None, change=0.04, change_low=None, change_high=None)
NO_SPREAD = panel("Skor", change=3.0, change_low=None, change_high=None)  # a level with interval, a change without


@pytest.mark.parametrize(
    ("panels", "sentence"),
    [
        ([UP], "Kinerja naik 2,1 poin."),
        ([UP, DOWN], "Kinerja naik 2,1 poin; iklim turun 0,3 poin."),
        ([FLAT, UP], "Kinerja naik 2,1 poin. 1 ukuran lain tidak jelas berubah."),
        ([UP, UNKNOWN], "Kinerja naik 2,1 poin."),
        ([BARE], "Indeks turun 0,8 poin."),
        ([FLAT], "Tidak ada ukuran yang jelas naik atau turun."),
        ([TINY], "Tidak ada ukuran yang jelas naik atau turun."),
        ([NO_SPREAD], "Tidak ada ukuran yang jelas naik atau turun."),
        ([UNKNOWN], "Perubahan belum dapat dibaca; tiap panel menyebut alasannya."),
    ],
)
def test_the_summary_tells_clear_changes_only(panels: list[Panel], sentence: str) -> None:
    said = say_summary(panels)
    assert isinstance(said, Paragraph)
    assert (said.to_text(), said.role) == (sentence, "lead")


def test_the_size_of_a_change_is_bound() -> None:
    said = say_summary([DOWN])
    assert isinstance(said, Paragraph)
    assert [run["value"] for run in said.runs if run.get("field") == "size"] == [0.3]


def test_no_panels_no_summary() -> None:
    nothing = LeftOut("tidak ada ukuran yang dapat diringkas")
    assert say_summary([]) == show_panels([]) == nothing


def shown(one: Panel) -> dict[str, Any]:
    block = show_panels([one])
    assert isinstance(block, Panels)
    return dict(block.panels[0])


def test_a_whole_panel() -> None:
    strings = shown(UP)
    strip = strings.pop("strip")
    assert strings == {
        "title": "Kinerja",
        "measure": "Capaian SKP",
        "number": "94,0",
        "unit": "%",
        "change": "naik 2,1 poin",
        "change_detail": "(0,4 sampai 3,8) sejak Sem. II 2024",
        "interval": "Selang 95 %: 93,0 sampai 95,0",
        "n": "n = 64 pegawai",
        "reason": "",
    }
    assert strip == {
        "low": "90",
        "high": "100",
        "at": 40.0,
        "from": 30.0,
        "width": 20.0,
        "reference_at": 20.0,
        "reference": "Sem. II 2024",
        "alt": "94,0 pada skala 90 sampai 100",
    }


def test_a_hidden_panel_shows_neither_number_nor_place() -> None:
    hidden = panel(
        value=None, conf_low=None, conf_high=None, n=None, change=None, hidden=True, reasons=("Tidak ditampilkan.",)
    )
    strings = shown(hidden)
    assert (strings["number"], strings["unit"], strings["strip"]) == ("<5", "orang", None)
    assert (strings["n"], strings["change"], strings["change_detail"]) == ("n = –", "", "")
    assert strings["interval"] == "Selang 95 %: –"
    assert strings["reason"] == "Tidak ditampilkan."


def test_a_panel_without_a_value() -> None:
    strings = shown(Panel("iklim", "Iklim", "Iklim", reasons=("tabel survei tidak ada.", "Kedua.")))
    assert (strings["number"], strings["unit"], strings["measure"]) == ("–", "", "")
    assert strings["reason"] == "tabel survei tidak ada. Kedua."


def test_a_response_rate_stands_for_n() -> None:
    assert shown(panel(n=None, response_rate=65.5))["n"] == "tingkat respons 66%"


def test_no_change_is_told_as_such() -> None:
    assert shown(panel(change=0.04, change_low=-1.0, change_high=1.1))["change"] == "tetap"
    assert shown(BARE)["change_detail"] == "sejak Sem. II 2024"
    assert shown(panel(change_unit="", change=-3.0))["change"] == "turun 3,0"


def test_a_reference_that_is_no_period_has_its_own_name() -> None:
    strip = _strip(panel(since=None, reference=95.0, reference_label="median semua unit"))
    assert strip is not None
    assert (strip["reference"], strip["reference_at"]) == ("median semua unit", 50.0)


@pytest.mark.parametrize("fields", [{"low": None}, {"high": 90.0}, {"high": 80.0}, {"value": None}])
def test_no_axis_no_strip(fields: dict[str, Any]) -> None:
    assert _strip(panel(**fields)) is None


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers, numbers, st.floats(0.01, 1e6), st.none() | numbers)
def test_places_on_the_strip_stay_inside(
    value: float, a: float, b: float, low: float, width: float, reference: float | None
) -> None:
    ends = {"conf_low": min(a, b), "conf_high": max(a, b)}
    strip = _strip(panel(value=value, **ends, low=low, high=low + width, reference=reference))
    if strip is None:  # the two ends are one number
        assert low + width <= low
        return
    places = [strip["at"], strip["from"], strip["from"] + strip["width"]]
    places += [] if reference is None else [strip["reference_at"]]
    assert all(0 <= place <= 100 + 1e-9 for place in places)
    assert strip["width"] >= 0
