"""The English catalogue: complete, nothing left over, and each translation keeps fields, marks and structure."""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import cache

import pytest
from babel.messages.pofile import read_po

from kinerja_lib.locale import PO
from kinerja_lib.locale import find_messages as find_messages_anew

SAME = {  # what an English reader sees as an Indonesian one does: terms of the law, names, marks
    "April",
    "Baik",
    "Coach",
    "Coaching",
    "Data",
    "FOLDER",
    "Format",
    "JP",
    "JPT madya",
    "Kenya",
    "IP ASN",
    "JPT pratama",
    "JPT utama",
    "Median",
    "Mentor",
    "E-learning",
    "Mentoring",
    "Job Person Match",
    "Optimal",
    "Seminar",
    "Workshop",
    "November",
    "Sangat Baik",
    "Sem.",
    "Semester",
    "September",
    "Status",
    "Unit",
    "n",
    "scrap",
    "target",
    "{notebook}, parameter {name}: {fault}",
}
INDONESIAN = re.compile(
    r"\b(ada|adalah|atau|bila|belum|dan|dari|daripada|dengan|di|hanya|ini|itu|karena|ke|menurut|oleh|pada|sampai|"
    r"seperti|sudah|tanpa|tiap|tidak|untuk|yang)\b",
    re.IGNORECASE,
)


find_messages = cache(find_messages_anew)


@cache
def catalogue() -> dict[str, str]:
    with PO.open("rb") as stream:
        return {str(entry.id): str(entry.string) for entry in read_po(stream, locale="en") if entry.id}


def translated() -> list[tuple[str, str]]:
    """Return message and translation of each that has both, so that a gap is told by one test and not by all."""
    found = find_messages()
    return [(message, english) for message, english in catalogue().items() if english and message in found]


def differing(count_marks: object) -> list[str]:
    """Return the messages whose translation has other marks than they have, by `count_marks`."""
    assert callable(count_marks)
    return [message for message, english in translated() if count_marks(message) != count_marks(english)]


def test_every_message_is_translated() -> None:
    english = catalogue()
    assert [message for message in find_messages() if not english.get(message)] == []


def test_no_translation_is_left_over() -> None:
    assert sorted(set(catalogue()) - set(find_messages())) == []


def test_no_translation_is_a_guess_of_the_tool() -> None:
    with PO.open("rb") as stream:
        assert [str(entry.id) for entry in read_po(stream, locale="en") if entry.id and entry.fuzzy] == []


def fields(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _text, name, spec, _conversion in string.Formatter().parse(text) if name is not None}


def is_cell(message: str) -> bool:
    return any(place.endswith(".ipynb") for place in find_messages()[message])


def test_fields_are_the_same() -> None:
    pairs = [(message, english) for message, english in translated() if not is_cell(message)]
    assert [message for message, english in pairs if fields(message) != fields(english)] == []


MARKS = {
    "strong": r"\*\*",
    "references in text": r"\[\[[^\]]*\]\]",
    "links": r"\]\(#[^)]*\)",
    "code": r"`[^`]*`",
    "headings with their numerals": r"(?m)^#+(?: [IVX]+(?= ))?",
    "items of lists": r"(?m)^ *(?:-|\d+\.) ",
    "quotations": r"(?m)^>",
    "paragraphs": r"\n\n",
    "lines": r"\n",
    "white space at the ends": r"\A\s+|\s+\Z",
}


@pytest.mark.parametrize("pattern", MARKS.values(), ids=MARKS)
def test_marks_are_the_same(pattern: str) -> None:
    assert differing(lambda text: Counter(re.findall(pattern, text))) == []


def test_only_listed_messages_stay_as_they_are() -> None:
    same = {message for message, english in translated() if english == message}
    wordless = {message for message in same if not re.search("[A-Za-z]", re.sub(r"\{[^}]*\}", "", message))}
    assert sorted(same - wordless - SAME) == []
    assert sorted(SAME - same) == []


def test_no_indonesian_word_is_left_in_a_translation() -> None:
    assert [english for _message, english in translated() if INDONESIAN.search(re.sub(r"`[^`]*`", "", english))] == []
