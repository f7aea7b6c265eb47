"""The three searches over what a page says: verbs, numbers that are bound to nothing, percentages without n.

What a search lets pass is a rule with its reason, never a list of sentences.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kinerja_lib.measures import CAPAIAN_CAP
from kinerja_lib.report.document import Document
from kinerja_lib.rules import sharing_limit
from kinerja_lib.show.figures import LARGEST

COMPARED = ("random", "comparative")  # designs whose sentences may speak of an effect; see show.verdict.VERBS
SPACE = r"[\s\u00a0]"

# Verbs that no design has, and those that only a comparison has.
CAUSE = {
    "id": r"(?:menyebab|mengakibat|meningkat|menaik|menurun)kan|mengurangi|memperbaiki|mengubah|akibatnya|berkat",
    "en": r"caus(?:es|ed)|improv(?:es|ed)|increas(?:es|ed)|rais(?:es|ed)|lower(?:s|ed)|reduc(?:es|ed)|thanks to",
}
EFFECT = {
    "id": r"berdampak|dampaknya|berpengaruh|pengaruhnya|mem?pengaruhi",
    "en": r"(?:had|has|have) an effect|affect(?:s|ed)?|its effect|the effects? of",
}
# A verb is not claimed in a question; after a condition ("if the programme also changes ..."); nor where a denial or an
# open question stands before it in the same clause, at most six words away.
CONDITION = re.compile(r"\b(?:jika|bila|seandainya|apabila|if)\b", re.IGNORECASE)
DENIAL = re.compile(
    r"\b(?:tidak|bukan|belum|tanpa|apakah|not|no|nor|without|whether)\b(?:[\s\u00a0]+[\w'-]+){0,6}[\s\u00a0]*$",
    re.IGNORECASE,
)

# Digits that are no finding, each kind with its reason. They are taken out before a text is searched.
LAW = (  # the name, number, year and articles of a rule of law
    r"\b(?:PP|UU|SE|Permen\w*|Peraturan|Keputusan|Regulation|Circular|Decree|Law)\b[\w\s]*?"
    r"(?:(?:Nomor|No\.) \d+(?: (?:Tahun|of) \d{4})?|\d+(?:/\d{4}| of \d{4}))"
    r"|\b(?:Pasal|[Aa]rticles?) \d[\d(),\- ]*"
)
KINDS = (
    LAW,
    rf"\b(?:95|99[,.]8){SPACE}?(?:%|persen\b|per cent\b)",  # the level of an interval or of a limit
    r"\b(?:19|20)\d\d(?:-(?:[ST]\d|\d\d)(?:-\d\d)?)?\b",  # a year or a period: when, not how much
    r"[A-Za-z_][A-Za-z_]*\d\w*|[A-Z]+-\d+\b|ICC\(\d\)|[Ll]ambda \d",  # a name: tau2, CR1, UTF-8, of a column or method
    r"\b[nGAK](?:\^2)? [-−] 1\b|1 [-−] r²|\) / 12\b",  # a formula
    # the ends of a scale
    r"\b[01](?= =| bila\b| if\b|: )|\b100 (?=bila|if)|\b0 (?:sampai|to) 100\b|(?:berjumlah|sum to) 100\b",
    r"(?:setara|equals) 45 (?:menit|minutes)",  # what a lesson hour (JP) is
    r"(?:sekitar|about) 95 (?=berada|lie)",  # the level of a limit, told in units
    r"(?:[Pp]er|[Tt]iap|[Ee]very|[Dd]ari|[Oo]f) 10{1,2}\b",  # what a rate or a step counts by
    r"(?:menjadi|becomes|dari|from) 0\b(?! to)|\bp < 0[,.]05\b",  # no effect, and the level of a test
)
ALLOWED = re.compile("|".join(KINDS))

PERCENT = re.compile(rf"\d{SPACE}?%|\d (?:persen|per cent|percent)\b|\(%\)|^% ")
LIMITS = {CAPAIAN_CAP, *(sharing_limit(organisation, level) for organisation, level in LARGEST.items())}
# No share of anybody: the level of an interval, and the limits that rules of law set, named as limits.
NO_SHARE = re.compile(
    rf"{KINDS[1]}|(?:(?:di atas|lebih dari|paling tinggi|above|over|more than|up to){SPACE}|batas [\w ]+|limit [\w ]+)"
    rf"(?:{'|'.join(f'{limit:g}' for limit in sorted(LIMITS))}){SPACE}?%"
)
COUNTED = (
    r"pegawai|orang|unit|rencana|indikator|kegiatan|sesi|peserta|penjawab|pengamatan|instansi|"
    r"employees|people|units|plans|indicators|events|sessions|participants|respondents|observations|agencies"
)
# n is named as "n = 64", as "48 of 119", or with what is counted: "of 119 employees"; or it is said that it is unknown.
NAMED = re.compile(
    rf"\bn{SPACE}*[=:]|\| n \||[\d<]{SPACE}(?:dari|of){SPACE}[\d<]"
    rf"|\b(?:dari|antara|bagi|pada|of|among|for|in){SPACE}[\d.,<]+{SPACE}(?:{COUNTED})\b"
    r"|jumlah penjawab tidak ada|n tidak dirinci|number of respondents is not|n not shown",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that a reader meets, what is read together with it, and the parts of the page in which it stands."""

    text: str
    beside: str
    parts: tuple[str, ...] = ()
    counts: bool = False  # a head, title or note of a table with a column of counts


def plain(runs: Iterable[Mapping[str, Any]]) -> str:
    return "".join(str(run["text"]) for run in runs)


def each_passage(document: Document) -> Iterator[Passage]:
    """Iterate over all that a page says: head, headings, blocks with all their words, and why something is missing."""
    head = document.head or {}
    texts = [str(head[name]) for name in ("office", "title", "subtitle") if head.get(name)]
    texts += [f"{name}: {value}" for name, value in head.get("facts", ())]
    texts += [section.title for section in (*document.sections, *document.left_out)]
    texts += [section.left_out for section in document.left_out]
    yield from (Passage(text, text) for text in texts)
    for section in document.sections:
        part = section.title
        for row in section.rows:
            for block in (*row.main, *row.notes):
                part = plain(block["runs"]) if block["kind"] == "heading" else part
                for passage in READERS[block["kind"]](block):
                    yield Passage(passage.text, passage.beside, (*passage.parts, part), passage.counts)


def read_runs(block: Mapping[str, Any]) -> Iterator[Passage]:
    """Each paragraph, item of a list, or paragraph of a note is read by itself."""
    for runs in (*each_runs(block),):
        text = plain(runs)
        yield Passage(text, text, (text.partition(":")[0],))


def each_runs(block: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Iterate over the texts of a block that are kept as runs."""
    if "runs" in block:
        yield block["runs"]
    for name in ("items", "paragraphs", "notes"):
        yield from block.get(name, [])
    yield block.get("note", [])


def read_figure(block: Mapping[str, Any]) -> Iterator[Passage]:
    """Who sees the figure reads the drawing with title, subtitle, caption and source; who hears it, the alt text."""
    around = [block[name] for name in ("title", "subtitle", "caption", "source")]
    for svg in (block["svg"], block["svg_narrow"]):
        drawn = [html.unescape(words) for words in re.findall(r"<text[^>]*>([^<]*)", svg)]
        yield from (Passage(text, " | ".join([*around, *drawn])) for text in (*around, *drawn))
    yield from (Passage(text, " | ".join([*around, block["alt"]])) for text in (*around, block["alt"]))


def read_table(block: Mapping[str, Any]) -> Iterator[Passage]:
    """A table is read whole, its counts beside its percentages; a cell with words is read with its row."""
    heads = [str(column["label"]) for column in (*block["columns"], *block["spanners"])]
    around = [block["title"], *heads, *map(plain, block["notes"]), block["source"]]
    counts = any(column["kind"] == "count" for column in block["columns"]) or "n" in heads
    yield from (Passage(text, " | ".join(around), (), counts) for text in around)
    for row in block["display"]:
        beside = " | ".join([*around, *row])
        yield from (Passage(text, beside, (row[0],), counts and text.endswith("(%)")) for text in row)


def read_panels(block: Mapping[str, Any]) -> Iterator[Passage]:
    """A panel is read by itself."""
    yield from read_runs(block)
    for panel in block["panels"]:
        texts = [text for part in (panel, panel.get("strip") or {}) for text in part.values() if isinstance(text, str)]
        yield from (Passage(text, " | ".join(texts), (panel["title"],)) for text in texts)


def read_others(block: Mapping[str, Any]) -> Iterator[Passage]:
    texts = [block[name] for name in ("what", "reason", "place_date") if block.get(name)]
    yield from (Passage(text, text) for text in (*texts, *block.get("left", ()), *block.get("right", ())))


READERS = {
    **dict.fromkeys(("paragraph", "heading", "list", "note"), read_runs),
    **dict.fromkeys(("left_out", "sign_off", "page_break"), read_others),
    "figure": read_figure,
    "table": read_table,
    "panels": read_panels,
}


def take_out(text: str, names: Iterable[str]) -> str:
    """Return the text without the names and labels that the owner of the data gave: they are not the page's words."""
    for name in names:
        text = text.replace(name, " … ")
    return text


def find_verbs(document: Document, designs: Mapping[str, str], names: Iterable[str] = ()) -> list[str]:
    """Return the texts that claim a cause beyond the design of their part of the page; "" is the page as a whole."""
    found = []
    for passage in each_passage(document):
        part = next((part for part in passage.parts if part in designs), "")
        allowed = designs.get(part, "") in COMPARED
        words = CAUSE[document.lang] if allowed else f"{CAUSE[document.lang]}|{EFFECT[document.lang]}"
        if claims(take_out(passage.text, names), words):
            found.append(passage.text)
    return found


def claims(text: str, words: str) -> bool:
    """Tell whether a sentence of the text claims what one of the verbs says."""
    for sentence in re.split(r"(?<=[.?!])\s", text):
        for hit in re.finditer(rf"\b(?:{words})\b", sentence, re.IGNORECASE):
            before = sentence[: hit.start()]
            clause = re.split(r"[,;:.]", before)[-1]
            if not (sentence.rstrip().endswith("?") or CONDITION.search(before) or DENIAL.search(clause)):
                return True
    return False


def find_unbound(document: Document, names: Iterable[str] = ()) -> list[str]:
    """Return the texts of computed sentences and notes that hold a number which is bound to no field."""
    found = []
    for block in document.blocks():
        for runs in each_runs(block) if block.get("computed") else ():
            loose = [run["text"] for run in runs if "field" not in run and run.get("style") != "reference"]
            found += [text for text in loose if holds_number(take_out(text, names))]
    return found


def holds_number(text: str) -> bool:
    """Tell whether digits are left where all that is no finding is taken out."""
    return bool(re.search(r"\d", ALLOWED.sub("", text)))


def find_shares(document: Document, names: Iterable[str] = ()) -> list[str]:
    """Return the texts with a percentage, or heads of percentages, that are not read together with an n."""
    found = []
    for passage in each_passage(document):
        if not passage.counts and PERCENT.search(NO_SHARE.sub("", take_out(passage.text, names))):
            found += [] if NAMED.search(passage.beside) else [passage.text]
    return found
