"""Numbers of persons, each distinct one parsed once: what refuses it, what is said of it, what its digits say."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from kinerja_lib.read.convert_faults import FAULTS, severity_of
from kinerja_lib.read.values import APOSTROPHES, parse_identifier, plain
from kinerja_lib.rules import parse_nip
from kinerja_lib.typed import IDENTIFYING


@dataclass(frozen=True, slots=True)
class Person:
    """A person's number as read: the number or "", the rule that refuses it, further rules, and what its digits say."""

    id: str
    refused: str | None = None
    notes: tuple[str, ...] = ()
    birth: str = ""
    tmt: str = ""
    sex: str = ""
    status: str = ""


def read_people(raws: Iterable[object], *, lenient: bool = False) -> dict[Hashable, Person]:
    """Return (class, value) -> person for each distinct value.

    `lenient`: canonical tables may hold pseudonyms and short numbers of their own; what has fifteen digits or more
    must still be a NIP.
    """
    people: dict[Hashable, Person] = {}
    waiting: dict[str, list[tuple[Hashable, tuple[str, ...]]]] = {}
    for raw in raws:
        key = (raw.__class__, raw)
        if key in people:
            continue
        text, rule = parse_identifier(raw)
        if lenient and rule == "nip_exponent" and isinstance(raw, str) and not set(raw) & set("+.,"):
            text, rule = raw, None  # a pseudonym may look like this; a spreadsheet writes "E+"
        if lenient and (short := _short_number(raw, rule)) is not None:
            people[key] = Person(short, notes=("id_number",))
        elif rule not in (None, "nip_cleaned"):
            people[key] = Person("", rule)
        elif not text:
            people[key] = Person("", "nip_missing")
        elif not lenient and not re.search("[0-9]", text):
            people[key] = Person("", "nip_missing")  # a name
        elif lenient and not re.fullmatch(f"[0-9]{{{IDENTIFYING},}}", text):
            people[key] = Person(str(raw).strip().lstrip(APOSTROPHES))
        else:
            people[key] = Person(text)
            waiting.setdefault(text, []).append((key, (rule,) if rule else ()))
    _parse_waiting(people, waiting)
    return people


def _short_number(raw: object, rule: str | None) -> str | None:
    if rule == "nip_number" and isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < 10**15:
        return plain(raw) if float(raw).is_integer() else None
    return None


def _parse_waiting(
    people: dict[Hashable, Person], waiting: Mapping[str, list[tuple[Hashable, tuple[str, ...]]]]
) -> None:
    if not waiting:
        return
    parsed = parse_nip(pd.Series(list(waiting), dtype="str"))
    columns = [parsed[name] for name in ("birth_date", "tmt")]
    births, tmts = (column.dt.strftime("%Y-%m-%d").fillna("").tolist() for column in columns)
    rest = [
        parsed[name].astype("object").where(parsed[name].notna(), "")
        for name in ("sex", "status", "faults", "warnings")
    ]
    for keys, birth, tmt, sex, status, faults, warnings in zip(waiting.values(), births, tmts, *rest, strict=True):
        rules = [rule for rule in str(faults).split() if rule in FAULTS]
        refused = next((rule for rule in rules if severity_of(rule, "reject") == "error"), None)
        kept = tuple(rule for rule in (*rules, *str(warnings).split()) if rule in FAULTS and rule != refused)
        for key, notes in keys:
            id_ = "" if refused else people[key].id
            people[key] = Person(id_, refused, (*notes, *(() if refused else kept)), birth, tmt, str(sex), str(status))
