"""What one cell says: exact, never repaired, every doubt named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.read.times import minutes_between, parse_date, parse_minutes, parse_period
from kinerja_lib.read.values import (
    clean_text,
    clean_words,
    parse_boolean,
    parse_code,
    parse_identifier,
    parse_integer,
    parse_label,
    parse_number,
    parse_own_number,
    parse_quantity,
    split_people,
)
from kinerja_lib.rules import read_predikat, read_rating
from kinerja_lib.vocabulary import MONTHS, Period

DAY, MORNING = datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2025-07-31T08:30")
NIP, OTHER = "198501012010011001", "198602022011012002"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (NIP, (NIP, None)),
        (1.98501012010011e17, ("", "nip_number")),
        (198501012010011001, ("", "nip_number")),
        (True, ("", "nip_number")),
        ("1,98501E+17", ("", "nip_exponent")),
        ("1.98501E+17", ("", "nip_exponent")),
        ("'1,98501e+17", ("", "nip_exponent")),
        ("198501E12", ("", "nip_exponent")),
        (f"'{NIP}", (NIP, "nip_cleaned")),
        (f"’{NIP} ", (NIP, "nip_cleaned")),
        ("19850101 201001 1 001", (NIP, "nip_cleaned")),
        ("19850101\u00a0201001\u20071\u200b001", (NIP, "nip_cleaned")),
        ("", ("", None)),
        (" - ", ("", None)),
        (None, ("", None)),
        (date(1985, 1, 1), ("", "nip_digits")),
        ("19850101201001100I", ("19850101201001100I", None)),
        ("19850101.201001.1.001", ("19850101.201001.1.001", "nip_cleaned")),
    ],
)
def test_identifiers_are_text_and_never_repaired(cell: object, expected: tuple[str, str | None]) -> None:
    text, rule = parse_identifier(cell)
    assert text == expected[0]
    assert rule == expected[1] or text == cell


@given(st.text())
def test_identifiers_lose_blanks_and_apostrophes_only(text: str) -> None:
    found, rule = parse_identifier(text)
    if found:
        assert [c for c in found if c.isalnum()] == [c for c in text if c.isalnum()]
        assert rule is None or rule == "nip_cleaned"


@given(st.from_regex(r"\A[0-9]{18}\Z"))
def test_eighteen_digits_stay_eighteen_digits(digits: str) -> None:
    assert parse_identifier(digits) == (digits, None)
    assert parse_identifier(f"' {digits[:8]} {digits[8:14]} {digits[14]} {digits[15:]}\u00a0") == (
        digits,
        "nip_cleaned",
    )
    assert split_people(digits) == [digits]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (f"{NIP}\n{OTHER}", [NIP, OTHER]),
        (f"{NIP}; {OTHER}", [NIP, OTHER]),
        (f"{NIP},{OTHER}", [NIP, OTHER]),
        (f"{NIP} dan {OTHER}", [NIP, OTHER]),
        (f"1) Siti, S.Sos., M.Si. ({NIP})\n2) Budi {OTHER}", [NIP, OTHER]),
        (f"1. {NIP}\n2. {OTHER}", [NIP, OTHER]),
        (f"1. {NIP}", [NIP]),
        (f"Siti, S.Sos. ({NIP}); Dandi - {OTHER}", [NIP, OTHER]),
        (f"{NIP}; {NIP}", [NIP]),
        ("Siti dan Budi", ["Siti dan Budi"]),
        ("NIP. 19850101 201001 1 001", ["19850101 201001 1 001"]),
        ("1,98501E+17", ["1,98501E+17"]),
        ("1,98501E+17; 1,98602E+17", ["1,98501E+17", "1,98602E+17"]),
        (f"{NIP}; 1,98602E+17", [NIP, "1,98602E+17"]),
        (f"{NIP}; 198602", [NIP, "198602"]),
        (f"Siti\n{NIP}\nBudi\n{OTHER}", [NIP, OTHER]),
        (f"{NIP}; Budi; Tono", [NIP, ""]),
        (f"{NIP} {OTHER}", [f"{NIP} {OTHER}"]),
        (1.98501e17, [1.98501e17]),
        ("19850101201001100I", ["19850101201001100I"]),
        ("", [""]),
    ],
)
def test_people_of_one_cell(cell: object, expected: list[object]) -> None:
    assert split_people(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("007", ("007", None)),
        ("'007", ("007", None)),
        (" U-01 ", ("U-01", None)),
        ("8E12", ("8E12", None)),
        (7.0, ("7", "id_number")),
        (7, ("7", "id_number")),
        (1.5e17, ("", "id_damaged")),
        (1.5, ("", "id_damaged")),
        ("1,5E+17", ("", "id_damaged")),
        ("", ("", None)),
    ],
)
def test_codes(cell: object, expected: tuple[str, str | None]) -> None:
    assert parse_code(cell) == expected


@pytest.mark.parametrize(
    ("cell", "iso", "rule"),
    [
        ("2025-07-31", "2025-07-31", None),
        ("2025-07-31T08:00:00", "2025-07-31", None),
        ("2025-07-31T17:00:00Z", "", "date_unknown"),  # the next day in Indonesia
        ("2025-07-31 00:00:00", "2025-07-31", None),
        ("31-07-2025", "2025-07-31", None),
        ("31/7/2025", "2025-07-31", None),
        ("31.07.2025", "2025-07-31", None),
        ("'31-07-2025", "2025-07-31", None),
        ("31 Juli 2025", "2025-07-31", "date_text"),
        ("Kamis, 31 Juli 2025", "2025-07-31", "date_text"),
        ("Jum'at, 1 Agt 2025", "2025-08-01", "date_text"),
        ("5 Nopember 2025", "2025-11-05", "date_text"),
        ("17 August 2025", "2025-08-17", "date_text"),
        (date(2025, 7, 31), "2025-07-31", None),
        (MORNING, "2025-07-31", None),
        ("Jul-25", "", "date_unknown"),
        ("Juli 2025", "", "date_unknown"),
        ("31/07/25", "", "date_unknown"),
        ("2025", "", "date_unknown"),
        ("besok", "", "date_unknown"),
        ("31 Juliet 2025", "", "date_unknown"),
        (time(1, 30), "", "date_unknown"),
        (45000.0, "", "date_number"),
        (20250731, "", "date_number"),
        ("31-02-2025", "", "date_impossible"),
        ("30 Februari 2025", "", "date_impossible"),
        ("07/31/2025", "", "date_impossible"),
        ("31-07-0025", "", "date_impossible"),
        ("", "", None),
        ("-", "", None),
    ],
)
def test_dates(cell: object, iso: str, rule: str | None) -> None:
    assert parse_date(cell) == (iso, rule)
    assert parse_date(cell, free=True) == (iso, rule)


def test_a_date_of_two_readings_is_ambiguous_only_where_a_hand_wrote_it() -> None:
    assert parse_date("03/04/2025") == ("2025-04-03", None)
    assert parse_date("03/04/2025", free=True) == ("2025-04-03", "date_ambiguous")
    assert parse_date("04/04/2025", free=True) == ("2025-04-04", None)
    assert parse_date("2025-04-03", free=True) == ("2025-04-03", None)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_dates_come_back_from_every_form(day: date) -> None:
    month = MONTHS[day.month - 1]
    forms = (day, day.isoformat(), f"{day:%d-%m-%Y}", f"{day:%d/%m/%Y}", f"{day.day} {month} {day.year}")
    assert {parse_date(form)[0] for form in forms} == {day.isoformat()}


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("Periode Bulanan 3 Tahun 2025", "2025-03"),
        ("Periode Bulanan Maret Tahun 2025", "2025-03"),
        ("Bulan Maret 2025", "2025-03"),
        ("Januari 2025", "2025-01"),
        ("Periode Triwulan II Tahun 2025", "2025-T2"),
        ("Triwulan: IV Tahun 2025", "2025-T4"),
        ("TW 3 2025", "2025-T3"),
        ("PERIODE SEMESTER 2 TAHUN 2025", "2025-S2"),
        ("Periode Semester I Tahun 2025", "2025-S1"),
        ("Periode Tahunan 2024", "2024"),
        ("Periode Tahunan Tahun 2024", "2024"),
        ("Tahun 2024", "2024"),
        (2024.0, "2024"),
        (2024, "2024"),
        ("2025-S1", "2025-S1"),
        ("Periode Penilaian: 1 Januari s.d. 31 Desember 2022", "2022"),
        ("01 JANUARI SD 30 JUNI 2021", "2021-S1"),
        ("Periode Penilaian : 01-01-2022 s/d 31-12-2022", "2022"),
        ("Periode: Januari - Juni 2025", "2025-S1"),
        ("Periode Bulanan 13 Tahun 2025", None),
        ("Periode Triwulan V Tahun 2025", None),
        ("Periode Bulanan Tahun 2025", None),
        ("1 Maret s.d. 31 Desember 2022", None),
        ("Jakarta, 31 Desember 2025", None),
        ("9901 - Kabupaten Tirta Kencana", None),
        ("", None),
        (True, None),
        (7.5, None),
    ],
)
def test_periods_in_words(words: object, period: str | None) -> None:
    assert parse_period(words) == period


@given(st.integers(1990, 2090), st.sampled_from([(1, "Bulanan"), (3, "Triwulan"), (6, "Semester")]), st.data())
def test_periods_come_back(year: int, kind: tuple[int, str], data: st.DataObject) -> None:
    part = data.draw(st.integers(1, 12 // kind[0]))
    period = Period(year, (part - 1) * kind[0] + 1, kind[0])
    assert parse_period(f"Periode {kind[1]} {part} Tahun {year}") == str(period)
    assert parse_period(str(period)) == str(period)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (88.46, ("88.46", None)),
        (88, ("88", None)),
        ("88,46", ("88.46", None)),
        ("88.46", ("88.46", None)),
        ("1.250.000", ("1250000", None)),
        ("1.250.000,50", ("1250000.5", None)),
        ("1,250,000.50", ("1250000.5", None)),
        ("Rp 1.250.000,-", ("1250000", None)),
        ("97 %", ("97", None)),
        ("-3", ("-3", None)),
        ("1.250", ("", "number_ambiguous")),
        ("1,250", ("", "number_ambiguous")),
        ("0.125", ("0.125", None)),
        ("dua", ("", "number_unknown")),
        ("12 dokumen", ("", "number_unknown")),
        (True, ("", "number_unknown")),
        (float("nan"), ("", "number_unknown")),
        (date(2025, 1, 1), ("", "number_unknown")),
        ("", ("", None)),
    ],
)
def test_numbers(cell: object, expected: tuple[str, str | None]) -> None:
    assert parse_number(cell) == expected


def test_numbers_with_a_range_or_of_money() -> None:
    assert parse_number("88.125", high=120) == ("88.125", None)
    assert parse_number("1.250", money=True) == ("1250", None)
    assert parse_number(121, high=120) == ("", "number_range")
    assert parse_number(-1, low=0) == ("", "number_range")
    assert parse_own_number("88.125") == ("88.125", None)
    assert parse_own_number("1e3") == ("1000", None)
    assert parse_integer("3", low=0, high=5) == ("3", None)
    assert parse_integer("2,5", low=0, high=5) == ("", "number_range")
    assert parse_integer(6, low=0, high=5) == ("", "number_range")


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_come_back(number: float) -> None:
    assert float(parse_number(number)[0]) == number
    assert float(parse_own_number(repr(number))[0]) == number


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (12.0, ("12", None)),
        ("12 dokumen", ("12", "unit_dropped")),
        ("1.250 orang", ("1250", "unit_dropped")),
        ("100%", ("100", None)),
        ("7 - 8 bulan", ("", "target_range")),
        ("80-90", ("", "target_range")),
        ("Tepat waktu", ("", "target_words")),
        ("", ("", None)),
    ],
)
def test_targets(cell: object, expected: tuple[str, str | None]) -> None:
    assert parse_quantity(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1 jam 30 menit", ("90", None)),
        ("1 jam dan 30 menit", ("90", None)),
        ("90", ("90", None)),
        (90, ("90", None)),
        (90.0, ("90", None)),
        ("90 menit", ("90", None)),
        ("90'", ("90", None)),
        ("1:30", ("90", None)),
        ("01:30:00", ("90", None)),
        ("1,5 jam", ("90", None)),
        ("1.5 Jam", ("90", None)),
        ("2 JP", ("90", None)),
        ("09.00 - 10.30 WIB", ("90", None)),
        (time(1, 30), ("90", None)),
        (timedelta(minutes=90), ("90", None)),
        (timedelta(hours=30), ("1800", None)),
        (2, ("2", "duration_unit")),
        (0, ("0", None)),
        (-30, ("-30", "duration_negative")),
        ("10.30 - 09.00", ("-90", "duration_negative")),
        ("setengah jam", ("", "duration_unknown")),
        ("1 jam lebih", ("", "duration_unknown")),
        (DAY, ("", "duration_unknown")),
        ("", ("", None)),
    ],
)
def test_durations(cell: object, expected: tuple[str, str | None]) -> None:
    assert parse_minutes(cell) == expected


def test_durations_with_a_unit_in_the_header() -> None:
    assert parse_minutes(1.5, unit="jam") == ("90", None)
    assert parse_minutes("30 menit", unit="jam") == ("30", None)
    assert parse_minutes(2, unit="menit") == ("2", None)
    assert minutes_between("09.00", time(10, 30)) == ("90", None)
    assert minutes_between("", "10.30") == ("", None)
    assert minutes_between("pagi", "10.30") == ("", "duration_unknown")


@given(st.integers(0, 23), st.integers(0, 59))
def test_durations_come_back(hours: int, minutes: int) -> None:
    total = str(hours * 60 + minutes)
    forms = (f"{hours} jam {minutes} menit", f"{hours}:{minutes:02d}", timedelta(hours=hours, minutes=minutes))
    assert {parse_minutes(form)[0] for form in forms} == {total}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Ya", "ya"), ("SUDAH", "ya"), ("v", "ya"), ("√", "ya"), (1.0, "ya"), (True, "ya"), ("1", "ya"),
        ("tidak", "tidak"), ("Belum", "tidak"), (0, "tidak"), (False, "tidak"), ("", ""), ("-", ""),
    ],
)  # fmt: skip
def test_booleans(cell: object, expected: str) -> None:
    assert parse_boolean(cell) == (expected, None)
    assert parse_boolean("nanti") == ("", "label_unknown")


def test_labels_by_the_law_and_codes_by_column() -> None:
    assert parse_label(1.0, read_rating) == ("di_atas", None)
    assert parse_label("1", read_predikat) == ("Sangat Baik", None)
    assert parse_label("'2", read_predikat) == ("Baik", None)
    assert parse_label("Cukup", read_predikat) == ("Butuh Perbaikan", None)
    assert parse_label("Sangat Baik Sekali", read_predikat) == ("", "label_unknown")
    assert parse_label(True, read_rating) == ("", "label_unknown")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Biro\x07 Umum", ("Biro Umum", "text_control")),
        ("Biro\nUmum", ("Biro Umum", None)),
        ("=HYPERLINK(1)", ("=HYPERLINK(1)", "text_formula")),
        ("<b>Biro</b>", ("<b>Biro</b>", "text_markup")),
        ("a < b > c", ("a < b > c", None)),
        (12.0, ("12", None)),
        (None, ("", None)),
    ],
)
def test_texts(cell: object, expected: tuple[str, str | None]) -> None:
    assert clean_text(cell) == expected


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("NIP_BARU", "nip baru"),
        ("  Nip   Baru ", "nip baru"),
        ("PerilakuKerjaNilai", "perilaku kerja nilai"),
        ("Rating Hasil\nKerja", "rating hasil kerja"),
        ("JPM (%)", "jpm %"),
        (7, ""),
    ],
)
def test_words_of_headers(header: object, words: str) -> None:
    assert clean_words(header) == words
