"""The texts themselves, as they stand in the catalogue and in notebooks: no number typed into them, in either language.

`search.KINDS` are the digits that are no finding. Texts of findings on the data may also give an example, a code or a
limit. Not searched: what is said to who calls (it is no page), and what `opendata` says of files that never change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from search import CAUSE, claims, holds_number

from kinerja_lib.language import read_catalogue
from kinerja_lib.locale import find_messages

# Who speaks to who calls: the command line, errors of arguments and files, the installation.
CALLED = re.compile(
    r"kinerja_lib/(?:cli|doctor|privacy|pseudonym|terminal|typed|mulai|opendata)\.py"
    r"|kinerja_lib/(?:importer|panel|recompute|report|rules|synth)/|kinerja_lib/read/(?!convert_faults)"
)
# What an estimator needs to hold, and the items of surveys: neither says that it is so.
SUPPOSED = re.compile(r"kinerja_lib/(?:estimate/|vocabulary\.py)")
ERROR = re.compile(
    r"^\s*[\w{}-]+(?:, \w+ [\w{}]+)?: |^(?:bilangan|a number|paling sedikit|at least)\b"
)  # "treatment: ..."
OF_FINDINGS = re.compile(
    r"\b(?:seperti|misalnya|such as|like)\b.*"  # an example of what to write
    # the form of a number that the law sets, and limits of a day, a lesson hour, a length without a unit
    r"|NIP.*|\b18[- ](?:angka|digits?)|angka ke-1[345]( dan ke-14)?|\b1[35]th (and 14th )?digits?"
    r"|\b24 (?:jam|hours)|\b1 JP = 45 (?:menit|minutes)|\b(?:di bawah|under) 5 (?:tanpa satuan|without a unit)"
    r"|(?<![\d.,])[-−]?[01]\b(?![.,]\d)|\b(?:sampai|to) 5 = |\(A\^2 [-−] 1?\) / 12"  # codes, ends of a scale, a formula
)
TITLES = re.compile(r"\b360(?: derajat| degrees)?\b|\b12 (?:bulan|months)\b|\b0-100\b")  # feedback, item, index: names
FILLED = re.compile(r"\{[^}]*\}|`[^`]*`")  # places that a value fills; names in code
HEADING = re.compile(r"^#+ (?:[IVX]+ )?", re.MULTILINE)


messages = cache(find_messages)


def each_text(*, notebooks: bool) -> Iterator[tuple[str, str, str]]:
    """Iterate over place, language and text of each message and its translation."""
    english = read_catalogue("en")
    for message, places in messages().items():
        here = [place for place in places if place.startswith("notebooks/") == notebooks]
        if here:
            yield from ((here[0], lang, text) for lang, text in (("id", message), ("en", english[message])))


def bare(text: str) -> str:
    return TITLES.sub("", FILLED.sub("", HEADING.sub("", text)))


def test_no_number_is_typed_into_a_cell() -> None:
    texts = [(place, text) for place, _lang, text in each_text(notebooks=True)]
    assert len(texts) > 100
    assert [place for place, text in texts if holds_number(bare(text))] == []


def test_no_number_is_typed_into_a_text_of_a_page() -> None:
    texts = [text for text in each_text(notebooks=False) if not CALLED.match(text[0])]
    said = [(place, text) for place, _lang, text in texts if not ERROR.match(text)]
    assert len(said) > 2000
    pages = ("kinerja_lib/show/", "kinerja_lib/studies/")
    found = [
        (place, text)
        for place, text in said
        if holds_number(bare(text) if place.startswith(pages) else OF_FINDINGS.sub("", bare(text)))
    ]
    assert found == []


def test_no_text_claims_a_cause_by_itself() -> None:
    """The verb of a design comes from the table of designs; no sentence carries one of its own."""
    found = [
        (place, text)
        for notebooks in (True, False)
        for place, lang, text in each_text(notebooks=notebooks)
        if not CALLED.match(place) and not SUPPOSED.match(place) and claims(text, CAUSE[lang])
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "Sebanyak 12 pegawai dinilai.",
        "Naik 3,5 poin sejak 2024.",
        "Of 48 employees, 12% left.",
        "Skor 0 sampai 100; rata-ratanya 71.",
    ],
)
def test_a_typed_number_is_found(text: str) -> None:
    assert holds_number(bare(text))


@pytest.mark.parametrize(
    "text",
    [
        "Dasar: PP Nomor 30 Tahun 2019 Pasal 57, 58 dan SE Menteri PANRB 3/2023, selang 95 %.",
        "Regulation No. 6 of 2022, article 8-25: 95% interval, n = {n}, 12 of {n}."[:55],
        "Skor: 0 bila semua menjawab {low}, 100 bila semua menjawab {high}; per 100 pegawai.",
        "CR2, HC1, tau2, ICC(1), n / (n - 1), 2025-S1, indeks 0-100",
    ],
)
def test_what_is_no_finding_is_left(text: str) -> None:
    assert not holds_number(bare(text))
