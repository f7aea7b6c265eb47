"""The language of what a reader sees: Indonesian in the source, English from the catalogue.

The catalogue ``locale/en.po`` is read once, when English is first asked for. Identifiers, column names and
terms of the law are never translated. Nothing here knows what a report is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["id", "en"]

LANGUAGES: tuple[str, ...] = get_args(Language)
CATALOGUES = Path(__file__).parent / "locale"

_current: ContextVar[Language] = ContextVar("language", default="id")


def use_language(lang: str) -> Language:
    """Set the language of all text made from now on in this context.

    Parameters
    ----------
    lang : {"id", "en"}
        Indonesian or English.

    Returns
    -------
    str
        The language now in use.

    Raises
    ------
    KinerjaError
        If `lang` is neither.

    Examples
    --------
    >>> use_language("id")
    'id'
    """
    from kinerja_lib.errors import require_choice

    require_choice("lang", lang, LANGUAGES)
    _current.set("en" if lang == "en" else "id")
    return _current.get()


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Use a language inside the block only."""
    before = current_language()
    use_language(lang)
    try:
        yield
    finally:
        use_language(before)


def current_language() -> Language:
    """Return the language in use: ``"id"`` or ``"en"``."""
    return _current.get()


@cache
def read_catalogue(lang: str) -> dict[str, str]:
    """Return message -> translation of one language; empty for Indonesian, the source."""
    if lang == "id":
        return {}
    from babel.messages.pofile import read_po

    with (CATALOGUES / f"{lang}.po").open("rb") as file:
        catalogue = read_po(file, locale=lang)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string and not entry.fuzzy}


def _(message: str) -> str:
    """Return `message` in the language in use; the Indonesian source where no translation exists."""
    return read_catalogue(_current.get()).get(message, message)


def mark(message: str) -> str:
    """Mark `message` for the catalogue without translating it yet (for constants)."""
    return message
