"""Published effects and checks of printed numbers on the page: titles, alternative texts, sources, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from kinerja_lib.errors import DataError
from kinerja_lib.estimate import Estimate
from kinerja_lib.published import estimate_published, read_published
from kinerja_lib.recompute import recompute_check
from kinerja_lib.show.blocks import Figure, LeftOut, Table
from kinerja_lib.show.published import plot_published
from kinerja_lib.show.recompute import table_recompute


def own(estimate: float = 0.41, n: int = 240) -> Estimate:
    row = {"term": "att", "group": "", "estimate": estimate, "std_error": 0.1, "p_value": 0.04, "n": n}
    ends = {"conf_low": estimate - 0.2, "conf_high": estimate + 0.2}
    return Estimate(pd.DataFrame([row | ends]), "selisih", "comparative", "selisih", "CR2.")


def figure(rows: pd.DataFrame, estimate: Estimate | None = None) -> Figure:
    drawn = plot_published(rows, estimate)
    assert isinstance(drawn, Figure)
    return drawn


def test_published_effects_alone() -> None:
    drawn = figure(read_published(metric="d", intervention="pelatihan"))
    assert drawn.title == "4 efek terbitan: dari 0,60 sampai 0,63"
    assert drawn.subtitle == "Pelatihan, selisih baku (d Cohen); selang 95 % bila diketahui"
    assert "Arthur 2003 (pembelajaran): 0,63" in drawn.alt
    assert drawn.source == "Arthur 2003: doi:10.1037/0021-9010.88.2.234"
    assert "Titik berongga: rata-rata meta-analisis" in drawn.caption
    assert len(drawn.data) == 4


def test_an_own_estimate_beside_them() -> None:
    rows = read_published(metric="g")
    drawn = figure(rows, own())
    assert drawn.title == "Taksiran data ini 0,41 (0,21 sampai 0,61); 14 dari 16 efek terbitan lebih besar"
    assert (rows["estimate"] > 0.41).sum() == 14
    assert "Data ini: 0,41 (0,21 sampai 0,61)" in drawn.alt
    assert "Dyrbye 2019 (berkurangnya kelelahan emosional, acak): 0,81 (0,37 sampai 1,24)" in drawn.alt
    assert drawn.svg != drawn.svg_narrow
    assert drawn.svg.count("#ffffff") > figure(rows[~rows["pooled"]], own()).svg.count("#ffffff")


def test_the_pooled_demonstration() -> None:
    rows = read_published(metric=["r", "partial_r"], outcome="kinerja")
    rows = rows[rows["intervention"] != "pendidikan"]
    drawn = figure(rows, estimate_published(rows))
    assert drawn.title == "Gabungan 9 studi: 0,60 (0,39 sampai 0,75)"
    assert "Selang prediksi 95 % bagi studi baru: −0,12 sampai 0,91." in drawn.caption
    assert "berongga" not in drawn.caption
    assert "Gabungan (9 studi): 0,60 (0,39 sampai 0,75)" in drawn.alt


def test_what_is_not_drawn() -> None:
    with pytest.raises(DataError, match=r"^rows: metrik bercampur \(g, delta"):
        plot_published(read_published().head(20))
    rows = read_published(metric="g")
    assert isinstance(plot_published(rows.head(0)), LeftOut)
    assert isinstance(plot_published(pd.concat([rows] * 3)), LeftOut)
    assert isinstance(plot_published(rows, own(n=4)), LeftOut)


def test_checks_as_a_table() -> None:
    table = table_recompute(recompute_check(n=32, r=".517", t="3.864", mean="3.51"))
    assert isinstance(table, Table)
    assert table.display[0][:4] == ("r di antara −1 dan 1", ".517", "−1 sampai 1", "cocok")
    assert table.display[1][:4] == ("t dari r dan n", "3.864", "3,30 sampai 3,31", "tidak cocok")
    assert table.display[2][3] == "mustahil"
    unknown = table_recompute(recompute_check(t="2.1", f="4.4"), title="Studi X")
    assert isinstance(unknown, Table)
    assert unknown.title == "Studi X"
    assert unknown.display[0][2] == "mulai 0"
    assert [row[3] for row in unknown.display] == ["cocok", "cocok"]  # 2.1 may be 2.097, whose square is 4.4
    assert isinstance(table_recompute(recompute_check()), LeftOut)
