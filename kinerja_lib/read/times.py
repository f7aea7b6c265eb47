"""Dates, periods and durations of one cell -> one canonical text and, where something was found, the name of a rule.

As in `values`: what cannot be read gives an empty text with the rule that says why, and what can be read in two ways is
said to be so.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache

from kinerja_lib.errors import CallError
from kinerja_lib.read.values import APOSTROPHES, Parsed, is_missing, parse_number, plain
from kinerja_lib.vocabulary import MONTHS, Period

YEARS = (1900, 2100)
HOUR, JP = 60, 45  # minutes; 1 JP is 45 minutes (Peraturan LAN 5/2018)
SHORTEST = 5  # a bare number of minutes below this may be hours

NUMERIC_DATE = re.compile(r"([0-9]{1,4})\s?([-/.])\s?([0-9]{1,2})\s?\2\s?([0-9]{1,4})(?:[ t][0-9]{1,2}[:.][0-9:.]+)?")
WORD_DATE = re.compile(r"(?:[a-z']+,?\s+)?([0-9]{1,2})[\s-]+([a-z]+)\.?[\s,-]+([0-9]{4})")


@cache
def months() -> dict[str, int]:
    """Return the names of months and their short forms, Indonesian and English, in small letters."""
    names = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
    names |= {"pebruari": 2, "nopember": 11, "january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7}
    names |= {"august": 8, "october": 10, "december": 12, "agt": 8, "ags": 8, "sept": 9, "nop": 11, "peb": 2}
    return names | {name[:3]: number for name, number in list(names.items())}


def parse_date(value: object, *, free: bool = False) -> Parsed:
    """Return a date as ISO text; the day stands before the month.

    Parameters
    ----------
    value : object
        A date cell, or text such as "2025-07-31", "31-07-2025", "31/7/2025", "Kamis, 31 Juli 2025".
    free : bool
        Written by hand: a date that could also be read month first is `date_ambiguous`. In an export of a system
        the order is known.

    Returns
    -------
    tuple
        ISO text and None, `date_text` (in words), `date_ambiguous`; or "" and `date_impossible`, `date_unknown`,
        `date_number`.

    Examples
    --------
    >>> parse_date("31 Juli 2025"), parse_date("03/04/2025", free=True), parse_date("Jul-25")
    (('2025-07-31', 'date_text'), ('2025-04-03', 'date_ambiguous'), ('', 'date_unknown'))
    """
    if is_missing(value):
        return "", None
    if isinstance(value, (datetime, date)):
        return _build_date(value.year, value.month, value.day)
    if not isinstance(value, str):
        return "", "date_number" if isinstance(value, (int, float)) else "date_unknown"
    text = " ".join(value.split()).lstrip(APOSTROPHES).lower()
    if found := NUMERIC_DATE.fullmatch(text):
        return _numeric_date(found[1], found[3], found[4], free)
    if found := WORD_DATE.fullmatch(text):
        month = months().get(found[2])
        if month is None:
            return "", "date_unknown"
        iso, rule = _build_date(int(found[3]), month, int(found[1]))
        return iso, rule or "date_text"
    return "", "date_unknown"


def _numeric_date(first: str, middle: str, last: str, free: bool) -> Parsed:
    if len(first) == 4 and len(last) <= 2:
        return _build_date(int(first), int(middle), int(last))
    if len(last) != 4 or len(first) > 2:
        return "", "date_unknown"
    day, month = int(first), int(middle)
    iso, rule = _build_date(int(last), month, day)
    if rule is None and free and day <= 12 and day != month:
        return iso, "date_ambiguous"
    return iso, rule


def _build_date(year: int, month: int, day: int) -> Parsed:
    if not YEARS[0] <= year <= YEARS[1]:
        return "", "date_impossible"
    try:
        return date(year, month, day).isoformat(), None
    except ValueError:
        return "", "date_impossible"


PARTS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, **{str(number): number for number in range(1, 13)}}
PARTS |= {f"{number:02d}": number for number in range(1, 10)} | {"satu": 1, "dua": 2, "tiga": 3, "empat": 4}
LENGTHS = {"bulan": 1, "bulanan": 1, "triwulan": 3, "triwulanan": 3, "tw": 3, "semester": 6, "semesteran": 6, "smt": 6}
YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")
PART = re.compile(
    r"\b(bulan(?:an)?|triwulan(?:an)?|tw|semester(?:an)?|smt)\s*(?:ke)?[\s:.-]*([ivx]+|[0-9]{1,2}|[a-z]+)\b"
)
TO = re.compile(r"\s+(?:s/?d|s\.?\s?d\.?|sampai(?: dengan)?|hingga|to)\.?\s+|\s*[-–—]\s*")


def parse_period(value: object) -> str | None:
    """Return the period that words name, such as "Periode Triwulan II Tahun 2025" -> "2025-T2"; None where none.

    Examples
    --------
    >>> parse_period("Periode Bulanan 3 Tahun 2025"), parse_period("Periode Tahunan 2024")
    ('2025-03', '2024')
    >>> parse_period("1 Januari s.d. 30 Juni 2021"), parse_period("Periode Bulanan 13 Tahun 2025")
    ('2021-S1', None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = " ".join(str(value).split())
    try:
        return str(Period.parse(text))
    except CallError:
        return _worded_period(text.lower())


def _worded_period(text: str) -> str | None:
    years = YEAR.findall(text)
    if not years:
        return None
    dates = [parse_date(found[0])[0] for found in NUMERIC_DATE.finditer(text)]
    if len(dates) == 2 and all(dates):
        return _period_of_dates(date.fromisoformat(dates[0]), date.fromisoformat(dates[1]))
    part = PART.search(text)
    if part and len(set(years)) == 1 and not (part[1].startswith("bulan") and part[2] in ("tahun", "penilaian")):
        return period_of(int(years[0]), LENGTHS[part[1]], PARTS.get(part[2]) or months().get(part[2]))
    named = _month_span(text, [int(year) for year in years])
    if named is not None:
        return named or None
    bare = re.sub(r"[^a-z]+", " ", YEAR.sub(" ", text)).split()
    yearly = {"periode", "penilaian", "tahunan", "tahun", "kinerja", "akhir", "evaluasi", "skp", "anggaran"}
    return (
        years[0]
        if len(set(years)) == 1 and set(bare) <= yearly and not re.search("[0-9]", YEAR.sub("", text))
        else None
    )


def _month_span(text: str, years: list[int]) -> str | None:
    """Return the period from the first to the last month named; "" where they make none, None where none is named."""
    halves = TO.split(text)
    found = [(half, months()[word]) for half in halves for word in re.findall("[a-z]+", half) if word in months()]
    if not found:
        return None
    if len(found) > 2 or len(set(years)) > 1:
        return ""
    first, last = found[0], found[-1]
    days = [int(n) for half, _month in (first, last) for n in re.findall(r"\b([0-9]{1,2})\b", half)[:1]]
    if len(found) == 2 and days and (days[0] != 1 or days[-1] < 28):
        return ""
    if len(found) == 1 and days:
        return ""  # a date, not a period
    return period_between(years[0], first[1], years[0], last[1]) or ""


def _period_of_dates(first: date, last: date) -> str | None:
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return None
    return period_between(first.year, first.month, last.year, last.month)


def period_of(year: int, length: int, part: int | None) -> str | None:
    """Return the canonical text of part `part` of a year, of `length` months; None where there is none."""
    if part is None or not 1 <= part <= 12 // length or not YEARS[0] <= year <= YEARS[1]:
        return None
    return str(Period(year, (part - 1) * length + 1, length))


def period_between(first_year: int, first: int, last_year: int, last: int) -> str | None:
    """Return the month, quarter, semester or year from month `first` to month `last`; None where they make none."""
    length = last - first + 1
    if first_year != last_year or length not in (1, 3, 6, 12) or not 1 <= first <= last <= 12 or (first - 1) % length:
        return None
    return period_of(first_year, length, (first - 1) // length + 1)


# ---------------------------------------------------------------------------------------------------- durations


CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")
SPAN = re.compile(
    r"([0-9]{1,2})[.:]([0-5][0-9])\s*(?:-|–|s/?d|s\.d\.?|sampai)\s*([0-9]{1,2})[.:]([0-5][0-9])(?:\s*wi[bt]a?)?"
)
PIECE = re.compile(r"([+-]?[0-9]+(?:[.,][0-9]+)?)\s*(jam|j|hours?|menit|mnt|mn|m|min|minutes?|'|jp)\.?(?=[\s0-9]|$)")
FACTORS = {"jam": HOUR, "j": HOUR, "hour": HOUR, "hours": HOUR, "jp": JP}


def parse_minutes(value: object, *, unit: str | None = None) -> Parsed:
    """Return a duration in minutes, as text.

    Parameters
    ----------
    value : object
        A time or duration cell, a number, or text such as "1 jam 30 menit", "90", "1:30", "1,5 jam", "09.00-10.30".
    unit : {"menit", "jam"}, optional
        Unit that the header names; without one a bare number is minutes, and below 5 it is `duration_unit`.

    Returns
    -------
    tuple
        Text and None, `duration_unit`, `duration_negative`; or "" and `duration_unknown`.

    Examples
    --------
    >>> parse_minutes("1 jam 30 menit"), parse_minutes("1:30"), parse_minutes(1.5, unit="jam"), parse_minutes(2)
    (('90', None), ('90', None), ('90', None), ('2', 'duration_unit'))
    """
    if is_missing(value):
        return "", None
    if isinstance(value, timedelta):
        return _minutes(value.total_seconds() / 60)
    if isinstance(value, time):
        return _minutes(value.hour * 60 + value.minute + value.second / 60)
    if isinstance(value, str):
        minutes = _worded_minutes(" ".join(value.split()).lower())
        if minutes is not None:
            return _minutes(minutes)
    text, rule = parse_number(value)
    if rule is not None:
        return "", "duration_unknown"
    number = float(text) * (HOUR if unit == "jam" else 1)
    text, rule = _minutes(number)
    return text, rule or ("duration_unit" if unit is None and 0 < number < SHORTEST else None)


def _minutes(number: float) -> Parsed:
    return plain(round(float(number), 4)), "duration_negative" if number < 0 else None


def _worded_minutes(text: str) -> float | None:
    if found := CLOCK.fullmatch(text):
        return int(found[1]) * 60 + int(found[2]) + int(found[3] or 0) / 60
    if found := SPAN.fullmatch(text):
        return (int(found[3]) - int(found[1])) * 60 + int(found[4]) - int(found[2])
    pieces = PIECE.findall(text)
    if not pieces or re.sub(r"\s+|\bdan\b", "", PIECE.sub("", text)):
        return None
    return sum(float(number.replace(",", ".")) * FACTORS.get(unit, 1) for number, unit in pieces)


def minutes_between(start: object, end: object) -> Parsed:
    """Return the minutes from one time of day to another, as text; "" where either is missing."""
    if is_missing(start) or is_missing(end):
        return "", None
    ends = [_minute_of_day(value) for value in (start, end)]
    if ends[0] is None or ends[1] is None:
        return "", "duration_unknown"
    return _minutes(ends[1] - ends[0])


def _minute_of_day(value: object) -> float | None:
    if isinstance(value, datetime):
        value = value.time()
    if isinstance(value, time):
        return value.hour * 60 + value.minute
    if isinstance(value, str):
        found = re.fullmatch(
            r"([01]?[0-9]|2[0-4])[.:]([0-5][0-9])(?:[.:][0-5][0-9])?(?:\s*wi[bt]a?)?", value.strip().lower()
        )
        return int(found[1]) * 60 + int(found[2]) if found else None
    return None
