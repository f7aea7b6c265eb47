"""The yearly quantum: a floor for PNS, a ceiling for PPPK."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.rules import check_jp, jp_bounds

CASES = [(20, "PNS", True), (19.99, "PNS", False), (0, "PNS", False), (24, "PPPK", True), (24.01, "PPPK", False)]


@pytest.mark.parametrize(("jp", "status", "kept"), CASES)
def test_bounds(jp: float, status: str, kept: bool) -> None:
    assert check_jp(jp, status) is kept


def test_series_give_what_scalars_give() -> None:
    frame = pd.DataFrame(CASES, columns=["jp", "status", "kept"], index=list("abcde"))
    kept = check_jp(frame["jp"], frame["status"])
    assert kept.tolist() == frame["kept"].tolist()
    assert (str(kept.dtype), list(kept.index)) == ("boolean", list("abcde"))
    levels = frame["status"].astype(pd.CategoricalDtype(["PNS", "PPPK"], ordered=True))
    assert check_jp(frame["jp"], levels).tolist() == frame["kept"].tolist()


def test_missing_stays_missing() -> None:
    kept = check_jp(pd.Series([np.nan, 30, 30]), pd.Series(["PNS", None, "honorer"]))
    assert kept.isna().all()
    assert check_jp(None, "PNS") is None
    assert check_jp(20, None) is None


def test_an_agency_may_set_its_own_floor() -> None:
    assert check_jp(25, "PNS", target=40) is False
    assert check_jp(23, "PPPK", target=40) is True


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(CallError, match=r"status: ditemukan 'honorer'; yang diizinkan: PNS, PPPK"):
        check_jp(20, "honorer")


def test_what_is_only_information_never_judges() -> None:
    assert ("ASN", "minimal", 20.0, "informasi") in jp_bounds()
