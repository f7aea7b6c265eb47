"""Which regulation was in force when."""

from __future__ import annotations

import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.rules import check_rezim, find_rezim
from kinerja_lib.vocabulary import REZIM

FITS = {  # pp46, pp30_8, p6_2022
    "2013": (True, False, False),
    "2020": (True, False, False),
    "2020-12": (True, False, False),
    "2021": (True, True, False),
    "2021-S1": (True, True, False),
    "2021-06": (True, True, False),
    "2021-07": (False, True, False),
    "2021-S2": (False, True, False),
    "2021-12": (False, True, False),
    "2022": (False, False, True),
    "2022-01": (False, False, True),
    "2031-T4": (False, False, True),
}


@pytest.mark.parametrize(("period", "fits"), FITS.items())
def test_every_regime_in_every_kind_of_period(period: str, fits: tuple[bool, ...]) -> None:
    assert tuple(check_rezim(name, period) for name in REZIM) == fits


@pytest.mark.parametrize(
    ("period", "regime"),
    [
        ("2019", "pp46"),
        ("2020-S2", "pp46"),
        ("2021-S1", None),
        ("2021-03", None),
        ("2021-07", "pp30_8"),
        ("2021", "pp30_8"),
        ("2022-01", "p6_2022"),
        ("2025", "p6_2022"),
    ],
)
def test_the_regime_of_a_period(period: str, regime: str | None) -> None:
    assert find_rezim(period) == regime


def test_series_give_what_scalars_give() -> None:
    pairs = [(name, period) for period in FITS for name in REZIM]
    frame = pd.DataFrame(pairs, columns=["rezim", "periode"], index=range(3, 3 + len(pairs)))
    found = check_rezim(frame["rezim"], frame["periode"])
    assert found.tolist() == [check_rezim(*pair) for pair in pairs]
    assert (str(found.dtype), found.index.equals(frame.index)) == ("boolean", True)
    levels = frame["rezim"].astype(pd.CategoricalDtype(list(REZIM), ordered=True))
    assert check_rezim(levels, frame["periode"]).tolist() == found.tolist()


def test_unknown_and_missing() -> None:
    found = check_rezim(pd.Series(["pp46", None, "x", "pp46"]), pd.Series(["nanti", "2020", "2020", None]))
    assert found.isna().all()
    assert check_rezim(None, "2020") is None
    assert check_rezim("pp46", None) is None
    with pytest.raises(CallError, match="rezim: ditemukan 'x'"):
        check_rezim("x", "2020")
    with pytest.raises(CallError, match="periode: ditemukan '2020-S3'"):
        check_rezim("pp46", "2020-S3")
