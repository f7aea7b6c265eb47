"""One cell -> one canonical text and, where something was found, the name of a rule.

Exact and honest: an identifier is never repaired and never padded, a date that can be read in two ways is said to be
so, and what cannot be read gives an empty text with the rule that says why. Each function takes any value that a
`Sheet` holds. What a rule means for the row is in `kinerja_lib.read.convert_faults`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from math import isfinite

from kinerja_lib.errors import CallError

Parsed = tuple[str, str | None]  # canonical text, rule

MISSING = {"", "-", "--", "—", "–", "n/a", "null", "none", "nan"}
APOSTROPHES = "'’‘`´"
EXPONENT = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+")
EXPONENT_WITHIN = re.compile(r"\b[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+\b")
PEOPLE = re.compile(r"[\n\r;|&]+|\bdan\b|\bserta\b", re.IGNORECASE)  # between people
BETWEEN_PEOPLE = re.compile(PEOPLE.pattern + "|[,/]", re.IGNORECASE)  # or inside a name: "S.Sos., M.Si."
LIST_NUMBER = re.compile(r"^\s*[0-9]{1,2}[.)]\s+(?=\D|[0-9]{8})")
DIGIT_RUN = re.compile(r"[0-9](?:[0-9\s ]*[0-9])?")
NUMBERED = 5  # digits from which a part of a cell is meant as a person's number, if a damaged one
IDENTIFYING = 9  # digits from which a run inside a text may be a person's number
EXACT = 10**15  # a spreadsheet's number keeps fifteen digits


def is_missing(value: object) -> bool:
    """Tell whether a cell says nothing: empty, or only a dash or the like."""
    return value is None or (isinstance(value, str) and value.strip().lower() in MISSING)


def clean_text(value: object) -> Parsed:
    r"""Return a cell as text on one line; control characters are taken out and said, markup is kept and said.

    Examples
    --------
    >>> clean_text("Biro\x07 Umum"), clean_text("=1+1"), clean_text(12.0)
    (('Biro Umum', 'text_control'), ('=1+1', 'text_formula'), ('12', None))
    """
    if value is None:
        return "", None
    if not isinstance(value, str):
        return plain(value), None
    spaced = re.sub(r"\s", " ", value)
    text = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    rule = "text_control" if len(text) < len(spaced) else None
    text = text.strip()
    if text.startswith(("=", "+", "@")):
        rule = "text_formula"
    elif re.search(r"<[A-Za-z/!][^>]*>", text):
        rule = "text_markup"
    return text, rule


def plain(value: object) -> str:
    """Return a value that is no text as the canonical CSV would hold it."""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


# ---------------------------------------------------------------------------------------------------- identifiers


def parse_identifier(value: object) -> Parsed:
    """Return an identifier of a person as text, without spaces and a leading ``'``; nothing else is ever changed.

    Examples
    --------
    >>> parse_identifier("'19850101 201001 1 001")
    ('198501012010011001', 'nip_cleaned')
    >>> parse_identifier(1.98501012010011e17), parse_identifier("1,98501E+17")
    (('', 'nip_number'), ('', 'nip_exponent'))
    """
    if is_missing(value):
        return "", None
    if not isinstance(value, str):
        return "", "nip_number" if isinstance(value, (int, float)) else "nip_digits"
    if value.isalnum() and value.isascii() and not EXPONENT.fullmatch(value):
        return value, None
    bare = "".join(c for c in value if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    bare = bare.lstrip(APOSTROPHES)
    if EXPONENT.fullmatch(bare):
        return "", "nip_exponent"
    return bare, None if bare == value else "nip_cleaned"


def split_people(value: object) -> list[object]:
    """Return the people whom one cell names: by line, ``;``, ``,``, ``/``, ``&``, " dan ".

    A name goes with a number beside it; a person named without any number is "".

    Examples
    --------
    >>> split_people("198501012010011001; 198602022011012002 dan 199003032015031003")
    ['198501012010011001', '198602022011012002', '199003032015031003']
    >>> split_people("Siti, S.Sos. (198501012010011001)")
    ['198501012010011001']
    """
    if not isinstance(value, str) or value.isdigit():
        return [value]
    between = PEOPLE if EXPONENT_WITHIN.search(value) else BETWEEN_PEOPLE  # "1,98E+17" has a comma of its own
    parts = [LIST_NUMBER.sub("", part).strip() for part in between.split(value) if part.strip()]
    numbered = [part for part in parts if len(re.findall("[0-9]", part)) >= NUMBERED]
    if len(parts) < 2 or not numbered:
        return [_number_in(parts[0])] if len(parts) == 1 else [value]
    entries = [part for part in PEOPLE.split(value) if part.strip()]
    named = sum(len(re.findall("[0-9]", entry)) < NUMBERED for entry in entries)
    without = max(named - len(numbered), 0)  # names beside as many numbers are theirs; more names lack a number
    return [*(_number_in(part) for part in dict.fromkeys(numbered)), *[""] * without]


def _number_in(text: str) -> str:
    """Return the one run of digits beside words, such as a NIP after a name, else the text as it is."""
    if not re.search("[A-Za-z]", text):
        return text
    runs = [run for run in DIGIT_RUN.findall(text) if len(re.findall("[0-9]", run)) >= IDENTIFYING]
    outside = re.sub(DIGIT_RUN, " ", text)
    glued = re.search(r"[A-Za-z][0-9]|[0-9][A-Za-z]", text)
    return text if len(runs) != 1 or glued or re.search("[0-9]", outside) else runs[0]


def parse_code(value: object) -> Parsed:
    """Return an identifier of a unit, an event or the like; a number loses zeros in front, which is said.

    Examples
    --------
    >>> parse_code("007"), parse_code(7.0), parse_code(1.5e15)
    (('007', None), ('7', 'id_number'), ('', 'id_damaged'))
    """
    if is_missing(value):
        return "", None
    if isinstance(value, str):
        text = value.strip().lstrip(APOSTROPHES) if value.strip()[:1] in APOSTROPHES else value.strip()
        return ("", "id_damaged") if EXPONENT.fullmatch(text) and "+" in text else (clean_text(text)[0], None)
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value)), "id_number"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < EXACT:
        return str(value), "id_number"
    return "", "id_damaged"


# ---------------------------------------------------------------------------------------------------- numbers


GROUPS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}(?:,[0-9]+)?|[+-]?[0-9]{1,3}\.[0-9]{3},[0-9]+")
ENGLISH = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.[0-9]+)?|[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
ONE_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
DECIMAL = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
RANGE = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(?:-|–|s/?d|s\.d\.?|sampai)\s*([0-9]+(?:[.,][0-9]+)?)")


def parse_number(value: object, *, low: float | None = None, high: float | None = None, money: bool = False) -> Parsed:
    """Return a number as text with a decimal point; decimal commas, points between thousands and "%" are read.

    Parameters
    ----------
    value : object
        A number, or text such as "88,46", "1.250.000", "Rp 1.250.000,00", "97%".
    low, high : float, optional
        The least and greatest that it can be; outside is `number_range`.
    money : bool
        Rupiah: "1.250" is one thousand two hundred and fifty.

    Returns
    -------
    tuple
        Text and None, or "" and `number_unknown`, `number_ambiguous` ("1.250" may be two things), `number_range`.

    Examples
    --------
    >>> parse_number("88,46"), parse_number("1.250.000"), parse_number("97 %"), parse_number("1.250")
    (('88.46', None), ('1250000', None), ('97', None), ('', 'number_ambiguous'))
    """
    if is_missing(value):
        return "", None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return "", "number_unknown"
    number, rule = (float(value), None) if not isinstance(value, str) else _read_number(value, high, money)
    if rule is not None:
        return "", rule
    if not isfinite(number):
        return "", "number_unknown"
    if (low is not None and number < low) or (high is not None and number > high):
        return "", "number_range"
    return plain(number), None


def _read_number(text: str, high: float | None, money: bool) -> tuple[float, str | None]:
    bare = re.sub(r"^rp\.?\s*", "", text.strip().lstrip(APOSTROPHES).lower().replace("\u00a0", " "))
    bare = re.sub(r"\s*(%|persen)$|,-$", "", bare).strip()
    if GROUPS.fullmatch(bare) or (money and re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+", bare)):
        return float(bare.replace(".", "").replace(",", ".")), None
    if ENGLISH.fullmatch(bare):
        return float(bare.replace(",", "")), None
    if ONE_GROUP.fullmatch(bare):
        decimal, whole = float(bare.replace(",", ".")), float(re.sub("[.,]", "", bare))
        if high is not None and whole > high >= decimal:
            return decimal, None
        return 0.0, "number_ambiguous"
    if DECIMAL.fullmatch(bare):
        return float(bare.replace(",", ".")), None
    return 0.0, "number_unknown"


def parse_own_number(value: object, *, low: float | None = None, high: float | None = None) -> Parsed:
    """Return a number of a canonical table, whose point is always decimal.

    Examples
    --------
    >>> parse_own_number("88.125"), parse_own_number("88,5")
    (('88.125', None), ('88.5', None))
    """
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*", value):
        value = float(value)
    return parse_number(value, low=low, high=high)


def parse_integer(value: object, *, low: float | None = None, high: float | None = None) -> Parsed:
    """Return a whole number as text; one with decimals is `number_range`."""
    text, rule = parse_number(value, low=low, high=high)
    return ("", "number_range") if rule is None and "." in text else (text, rule)


def parse_quantity(value: object) -> Parsed:
    """Return the number of a target such as "12 dokumen"; words alone and ranges give no number, which is said.

    Examples
    --------
    >>> parse_quantity("12 dokumen"), parse_quantity("7 - 8 bulan"), parse_quantity("Tepat waktu")
    (('12', 'unit_dropped'), ('', 'target_range'), ('', 'target_words'))
    """
    if not isinstance(value, str):
        return parse_number(value, low=0)
    text, rule = parse_number(value, low=0, money=True)
    if rule != "number_unknown":
        return text, rule
    bare = " ".join(value.split()).lower()
    if RANGE.match(bare):
        return "", "target_range"
    found = re.fullmatch(r"([0-9][0-9.,]*)\s+([a-z][a-z /]*)", bare)
    if found is None:
        return "", "target_words"
    text, rule = parse_number(found[1], low=0, money=True)
    return text, rule or "unit_dropped"


# ---------------------------------------------------------------------------------------------------- labels


TRUE = {"ya", "y", "yes", "true", "sudah", "selesai", "ada", "1", "v", "√", "✓", "✔", "terlaksana", "sudah selesai"}
FALSE = {"tidak", "t", "no", "n", "false", "belum", "tidak ada", "0", "belum ada", "belum selesai", "tdk"}


def parse_boolean(value: object) -> Parsed:
    """Return "ya" or "tidak"; anything else is `label_unknown`.

    Examples
    --------
    >>> parse_boolean("Sudah"), parse_boolean(0.0), parse_boolean("mungkin")
    (('ya', None), ('tidak', None), ('', 'label_unknown'))
    """
    if is_missing(value):
        return "", None
    text = " ".join(plain(value).split()).lower() if not isinstance(value, str) else " ".join(value.split()).lower()
    if text in TRUE:
        return "ya", None
    return ("tidak", None) if text in FALSE else ("", "label_unknown")


def parse_label(value: object, read: Callable[[str], str | None]) -> Parsed:
    """Return the level that `read` finds for a label; unknown is `label_unknown`.

    Examples
    --------
    >>> from kinerja_lib.rules import read_rating
    >>> parse_label("Diatas Espektasi", read_rating), parse_label("Luar biasa", read_rating)
    (('di_atas', None), ('', 'label_unknown'))
    """
    if is_missing(value):
        return "", None
    text = plain(value) if not isinstance(value, str) else value
    try:
        return read(text.strip().lstrip(APOSTROPHES)) or "", None
    except CallError:
        return "", "label_unknown"


def parse_level(value: object, levels: dict[str, str]) -> Parsed:
    """Return the level of a label by a table of cleaned words; unknown is `label_unknown`."""
    if is_missing(value):
        return "", None
    text = plain(value) if not isinstance(value, str) else value
    found = levels.get(clean_words(text))
    return (found, None) if found is not None else ("", "label_unknown")


CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SIGNS = re.compile(r"[^0-9a-z%]+")


def clean_words(value: object) -> str:
    """Return words as headers are looked up: camelCase and "_" taken apart, small letters, no signs.

    Examples
    --------
    >>> clean_words("hasilKinerjaNilai"), clean_words("NIP_BARU"), clean_words(" Durasi (menit) ")
    ('hasil kinerja nilai', 'nip baru', 'durasi menit')
    """
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFKC", value)
    return SIGNS.sub(" ", CAMEL.sub(" ", text).lower()).strip()
