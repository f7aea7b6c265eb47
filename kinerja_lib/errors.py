"""The errors that a user can cause, in one shape: what, where, what is allowed, what to do.

`KinerjaError` is the base of all of them; the command line prints its text in one or two lines and never a
traceback. Programming mistakes stay `TypeError` and the like.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kinerja_lib.language import _

SHOWN = 10  # how many allowed values a message lists before it says how many more there are


class KinerjaError(ValueError):
    """A fault in data, a parameter or a call that its user can mend; the message says how."""


class CallError(KinerjaError):
    """The call itself is wrong (a name, a value, a path): the command line ends with 2."""


class DataError(KinerjaError):
    """The data have a fault: the command line ends with 1."""


class RunError(KinerjaError):
    """A notebook stopped before its end: the command line ends with 1."""


def list_values(values: Iterable[object], *, shown: int = SHOWN) -> str:
    """Return the values as one line of text, cut after `shown` with a count of the rest."""
    texts = [str(value) for value in values]
    rest = len(texts) - shown
    line = ", ".join(texts[:shown])
    return line + (_(" dan {n} lainnya").format(n=rest) if rest > 0 else "")


def nearest(name: object, allowed: Iterable[object]) -> str:
    """Return " Maksud Anda ...?" with the nearest allowed name, or nothing where none is near."""
    texts = {str(value).casefold(): str(value) for value in allowed}
    found = get_close_matches(str(name).casefold(), texts, n=1, cutoff=0.6)
    return " " + _("Maksud Anda {name}?").format(name=texts[found[0]]) if found else ""


def require_choice(argument: str, found: object, allowed: Iterable[object]) -> None:
    """Raise a `CallError` that names argument, found and allowed, unless `found` is among `allowed`.

    An empty text among the allowed is told last, as "kosong".
    """
    choices = list(allowed)
    if found in choices:
        return
    named = [choice for choice in choices if choice != ""]
    allowed = list_values(named) + (_(", atau kosong") if len(named) < len(choices) else "")
    text = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
    raise CallError(text.format(argument=argument, found=repr(found), allowed=allowed) + nearest(found, named))


def refuse(argument: str, found: object, allowed: str) -> CallError:
    """Return the refusal of an argument: what was found, what is allowed."""
    message = _("{argument}: ditemukan {found}; yang diizinkan: {allowed}.")
    return CallError(message.format(argument=argument, found=repr(found)[:60], allowed=allowed))


class KinerjaWarning(UserWarning):
    """A result that a rule allows only with a fact that was not given; the message says which."""
