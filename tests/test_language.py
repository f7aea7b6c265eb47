"""The language of what a reader sees: Indonesian is the source, English comes from the catalogue, nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from threading import Thread

import pytest

from kinerja_lib import language
from kinerja_lib.errors import CallError
from kinerja_lib.language import _, current_language, mark, read_catalogue, use_language

CATALOGUE = """
msgid "satu"
msgstr "one"

msgid "{n} orang"
msgstr "{n} people"

msgid "kosong"
msgstr ""

#, fuzzy
msgid "kira-kira"
msgstr "guess"
"""


@pytest.fixture
def _catalogue(put_catalogue: Callable[[str], None]) -> None:
    put_catalogue(CATALOGUE)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_use_language_sets_what_current_language_returns(lang: str) -> None:
    assert use_language(lang) == lang
    assert current_language() == lang


@pytest.mark.parametrize("lang", ["fr", "ID", "", None, 1])
def test_another_language_is_refused_and_changes_nothing(lang: object) -> None:
    use_language("en")
    with pytest.raises(CallError, match=r"^lang: (found|ditemukan) "):
        use_language(lang)  # type: ignore[arg-type]
    assert current_language() == "en"


def test_refusal_in_full() -> None:
    with pytest.raises(CallError, match="^" + re.escape("lang: ditemukan 'fr'; yang diizinkan: id, en.") + "$"):
        use_language("fr")


@pytest.mark.usefixtures("_catalogue")
@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("satu", "one"),
        ("{n} orang", "{n} people"),
        ("kosong", "kosong"),  # not translated yet
        ("kira-kira", "kira-kira"),  # a guess of the tool, not yet looked at
        ("tidak tercatat", "tidak tercatat"),
        ("", ""),  # the catalogue's header stands under the empty message
    ],
)
def test_messages_are_translated_only_in_english(message: str, english: str) -> None:
    assert _(message) == message
    use_language("en")
    assert _(message) == english
    assert mark(message) == message


def test_indonesian_needs_no_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "CATALOGUES", tmp_path / "tidak-ada")
    assert read_catalogue("id") == {}
    assert _("satu") == "satu"


def test_language_belongs_to_its_context() -> None:
    found = []
    copy_context().run(lambda: use_language("en"))
    thread = Thread(target=lambda: found.append(current_language()))
    use_language("en")
    thread.start()
    thread.join()
    assert found == ["id"]  # a new thread starts from the default
    assert current_language() == "en"
    use_language("id")
    copy_context().run(use_language, "en")
    assert current_language() == "id"


def test_places_in_a_message_survive_translation() -> None:
    read_catalogue.cache_clear()
    fields = re.compile(r"\{[a-z_]*\}")
    for source, english in read_catalogue("en").items():
        assert sorted(fields.findall(source)) == sorted(fields.findall(english)), source
