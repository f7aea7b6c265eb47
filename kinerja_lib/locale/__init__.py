"""The catalogue of translations: collects every text that a reader sees, and renews ``en.po`` from it.

``python -m kinerja_lib.locale`` adds new messages, drops those no longer used, keeps the rest, and lists what is not
translated yet. Texts come from ``_()`` and ``mark()`` in the library, from templates, and from the Markdown cells of
notebooks (a whole cell is one message).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).parents[2]
PO = Path(__file__).parent / "en.po"
KEYWORDS = {"_": None, "mark": None}


def find_messages(project: Path = PROJECT) -> dict[str, list[str]]:
    """Return message -> the files in which it stands, relative to the project, in the order found."""
    found: dict[str, list[str]] = {}
    for file, message in _messages(project):
        places = found.setdefault(message, [])
        if file not in places:
            places.append(file)
    return found


def _messages(project: Path) -> Iterator[tuple[str, str]]:
    for method, pattern in (("python", "*.py"), ("jinja2.ext:babel_extract", "*.j2")):
        for path in sorted((project / "kinerja_lib").rglob(pattern)):
            with path.open("rb") as stream:
                for _line, message, _comments, _context in extract(method, stream, keywords=KEYWORDS):
                    yield path.relative_to(project).as_posix(), str(message)
    for path in sorted((project / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "markdown":
                    yield path.relative_to(project).as_posix(), "".join(cell["source"])


def renew_catalogue() -> list[str]:
    """Write ``en.po`` anew from what the project says today; return the messages without a translation."""
    old = {}
    if PO.exists():
        with PO.open("rb") as stream:
            old = {str(entry.id): str(entry.string) for entry in read_po(stream, locale="en") if entry.id}
    catalogue = Catalog(locale="en")
    for message, places in find_messages().items():
        catalogue.add(message, old.get(message, ""), locations=[(place, 0) for place in places])
    with PO.open("wb") as stream:
        write_po(stream, catalogue, include_lineno=False, omit_header=True, sort_output=False, width=0)
    return [message for message in find_messages() if not old.get(message)]
