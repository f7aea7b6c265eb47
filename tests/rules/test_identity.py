"""NIP and NI PPPK: what the digits say, every fault by its name, nothing repaired, scalar and Series alike."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.rules import Nip, clean_nip, parse_nip
from kinerja_lib.rules.identity import COLUMNS, FAULTS
from kinerja_lib.rules.tables import read_rules

SOUND = "197902182012012001"
LONG_MONTH = "197901182012012001"


def test_a_sound_nip_says_all() -> None:
    assert parse_nip(SOUND) == Nip(SOUND, date(1979, 2, 18), date(2012, 1, 1), "P", 1, "PNS")


def test_a_pppk_has_a_year_of_appointment_only() -> None:
    nip = parse_nip("199001312023211057")
    assert (nip.status, nip.tmt, nip.sex, nip.sequence, nip.faults) == ("PPPK", date(2023, 1, 1), "L", 57, ())


@pytest.mark.parametrize(
    ("digits", "status"), [("04", "PNS"), ("12", "PNS"), ("21", "PPPK"), ("22", "PPPK"), ("99", "PPPK")]
)
def test_digits_13_and_14_class_the_number(digits: str, status: str) -> None:
    assert parse_nip(f"197902182012{digits}2001").status == status


@pytest.mark.parametrize("digits", ["00", "13", "15", "20"])
def test_digits_that_are_neither_a_month_nor_a_frequency(digits: str) -> None:
    nip = parse_nip(f"197902182012{digits}2001")
    assert (nip.status, nip.tmt, nip.faults) == (None, None, ("nip_month",))
    assert nip.birth_date == date(1979, 2, 18)


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (None, ["nip_empty"]),
        (float("nan"), ["nip_empty"]),
        (pd.NA, ["nip_empty"]),
        ("", ["nip_empty"]),
        ("  ' ", ["nip_empty"]),
        (197902182012012001, ["nip_number"]),
        (1.97902182012012e17, ["nip_number"]),
        (True, ["nip_number"]),
        ("1.97902E+17", ["nip_exponent"]),
        ("1,97902e17", ["nip_exponent"]),
        ("19790218201201200A", ["nip_digits"]),
        ("197902182012012001.0", ["nip_digits"]),
        ("NIP 197902182012012001", ["nip_digits"]),
        ("١٩٧٩٠٢١٨٢٠١٢٠١٢٠٠١", ["nip_digits"]),
        ("197902182012012001'", ["nip_digits"]),
        ("''197902182012012001", ["nip_digits"]),
        ("600012345", ["nip_length"]),
        ("1979021820120120010", ["nip_length"]),
        ("197902302012012001", ["nip_date"]),
        ("197900182012012001", ["nip_date"]),
        ("197913182012012001", ["nip_date"]),
        ("197902002012012001", ["nip_date"]),
        ("187902182012012001", ["nip_date"]),
        ("197902582012012001", ["nip_date"]),  # the 40-day rule is that of the NIK
        ("197902180012012001", ["nip_month"]),
        ("197902182012013001", ["nip_sex"]),
        ("197902182012010001", ["nip_sex"]),
        ("197902182012012000", ["nip_sequence"]),
        ("197902302012133000", ["nip_date", "nip_month", "nip_sex", "nip_sequence"]),
    ],
)
def test_faults(value: object, faults: list[str]) -> None:
    assert list(parse_nip(value).faults) == faults
    assert set(faults) <= set(FAULTS)
    assert parse_nip(pd.Series([value], dtype="object"))["faults"].tolist() == [" ".join(faults)]


@pytest.mark.parametrize(
    ("value", "removed"),
    [
        ("'" + SOUND, ("apostrophe",)),
        ("19790218 201201 2 001", ("space",)),
        (" '19790218\u00a0201201 2 001\n", ("apostrophe", "space")),
        (SOUND, ()),
    ],
)
def test_an_apostrophe_and_spaces_go_and_are_told(value: str, removed: tuple[str, ...]) -> None:
    assert parse_nip(value).text == SOUND
    assert parse_nip(value).removed == removed
    assert clean_nip(value) == (SOUND, removed)
    assert parse_nip(pd.Series([value])).loc[0, "text"] == SOUND


@pytest.mark.parametrize(
    ("birth", "tmt", "warned"),
    [
        ("19940102", "201201", True),  # 17
        ("19940101", "201201", False),  # 18 on that day
        ("19720101", "201301", True),  # 41
        ("19720102", "201301", False),  # 40
        ("20150101", "201201", True),
    ],
)
def test_age_at_appointment_is_a_warning(birth: str, tmt: str, warned: bool) -> None:
    nip = parse_nip(f"{birth}{tmt}1001")
    assert nip.faults == ()
    assert nip.warnings == (("nip_age",) if warned else ())


def test_a_pppk_of_50_is_no_warning() -> None:
    assert parse_nip("197001012023211001").warnings == ()


def test_series_give_what_scalars_give() -> None:
    values = pd.Series(
        [SOUND, None, "x", 12.0, "199002302021151000", "'" + SOUND, SOUND, "1E17"], index=range(10, 18), dtype="object"
    )
    before = values.copy()
    frame = parse_nip(values)
    assert tuple(frame.columns) == COLUMNS
    assert frame.index.equals(values.index)
    for place, value in values.items():
        _same(frame.loc[place], parse_nip(value))
    pd.testing.assert_series_equal(values, before)


def test_an_empty_series_and_one_of_numbers() -> None:
    assert tuple(parse_nip(pd.Series([], dtype="str")).columns) == COLUMNS
    assert parse_nip(pd.Series([1.9e17, None]))["faults"].tolist() == ["nip_number", "nip_empty"]
    assert parse_nip(pd.Series([None, None]))["faults"].tolist() == ["nip_empty"] * 2


@given(
    st.lists(
        st.one_of(st.from_regex(r"(19|20)[0-9]{16}", fullmatch=True), st.text("0123456789 'E+x", max_size=20)),
        max_size=8,
    )
)
def test_scalar_and_series_agree(values: list[str]) -> None:
    frame = parse_nip(pd.Series(values, dtype="str"))
    for place, value in enumerate(values):
        _same(frame.iloc[place], parse_nip(value))


def _same(row: pd.Series, nip: Nip) -> None:
    assert row["text"] == nip.text
    assert (row["faults"], row["warnings"]) == (" ".join(nip.faults), " ".join(nip.warnings))
    for name in ("sex", "status", "sequence"):
        assert (None if pd.isna(row[name]) else row[name]) == getattr(nip, name)
    for name in ("birth_date", "tmt"):
        assert (None if pd.isna(row[name]) else row[name].date()) == getattr(nip, name)


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(1900, 2099),
    st.integers(1, 12),
    st.sampled_from("12"),
    st.integers(1, 999),
)
def test_every_sound_number_reads_back(born: date, year: int, month: int, sex: str, sequence: int) -> None:
    nip = parse_nip(f"{born:%Y%m%d}{year}{month:02d}{sex}{sequence:03d}")
    assert nip.faults == ()
    assert (nip.birth_date, nip.tmt, nip.sex) == (born, date(year, month, 1), "LP"[int(sex) - 1])
    assert nip.sequence == sequence


@pytest.mark.parametrize("year", [1999, 2000])
@pytest.mark.parametrize("month", range(1, 13))
def test_the_last_day_of_each_month(year: int, month: int) -> None:
    last = monthrange(year, month)[1]
    assert parse_nip(f"{year}{month:02d}{last}2025011001").birth_date == date(year, month, last)
    assert parse_nip(f"{year}{month:02d}{last + 1}2025011001").faults == ("nip_date",)


@pytest.mark.parametrize("row", read_rules("nip"), ids=lambda row: row["bagian"] + row["status"] + row["nilai"])
def test_every_row_of_the_table_holds_at_both_ends(row: dict[str, str]) -> None:
    first, last, low, high = (int(row[name] or 0) for name in ("dari", "sampai", "minimal", "maksimal"))
    if row["bagian"] in ("panjang", "usia_cpns"):  # tested above
        return
    width = last - first + 1
    for value in (low, high):
        text = LONG_MONTH[: first - 1] + f"{value:0{width}d}" + LONG_MONTH[last:]
        assert parse_nip(text).faults == ()
    outside = [value for value in (low - 1, high + 1) if 0 <= value < 10**width]
    other = {"bulan_tmt", "frekuensi", "jenis_kelamin"}
    for value in [] if row["bagian"] in other else outside:
        assert parse_nip(SOUND[: first - 1] + f"{value:0{width}d}" + SOUND[last:]).faults


def test_the_table_of_parts_covers_every_digit() -> None:
    digits = {
        d
        for row in read_rules("nip")
        if row["dari"] and row["bagian"] != "panjang"
        for d in range(int(row["dari"]), int(row["sampai"]) + 1)
    }
    assert digits == set(range(1, 19))
