"""What a notebook takes: its parameters, and the refusal of wrong ones before anything starts.

A notebook has exactly one cell tagged ``parameters``, of annotated, commented plain scalars and lists. papermill alone
would run on the default when a name is misspelt, and turn a tuple into a text.
"""

from __future__ import annotations

import ast
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kinerja_lib.errors import CallError, list_values, nearest, require_choice
from kinerja_lib.language import LANGUAGES, _, mark
from kinerja_lib.vocabulary import Period

TAG = "parameters"
KERNEL = "python3"
SLOW = "rfc3987_syntax"  # an optional extra of jsonschema: 0.8 s at import for a check that notebooks do not need
ANNOTATION = re.compile(r"(?:(?P<wrap>Optional|list)\[)?(?P<kind>str|int|float|bool|date)\]?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {
    "str": mark("teks"),
    "int": mark("bilangan bulat"),
    "float": mark("bilangan"),
    "bool": mark("True atau False"),
    "date": mark("tanggal seperti 2025-07-31"),
}
YES, NO = ("true", "ya", "1"), ("false", "tidak", "0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name : str
        As in the notebook.
    annotation : str
        str, int, float, bool, date, ``list[...]`` or ``Optional[...]`` of one; empty where the notebook says nothing.
    default : str
        The default as it is written in the notebook.
    help : str
        The comment beside it.
    """

    name: str
    annotation: str
    default: str
    help: str

    @property
    def kind(self) -> str:
        """Kind of a single value: str, int, float, bool or date; empty when any will do."""
        found = ANNOTATION.fullmatch(self.annotation)
        kind = found["kind"] if found else ""
        return "date" if kind in ("", "str") and self.name.endswith("tanggal") else kind

    @property
    def wrap(self) -> str:
        """``list``, ``Optional`` or empty."""
        found = ANNOTATION.fullmatch(self.annotation)
        return (found["wrap"] or "") if found else ""

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        word = _(KINDS[self.kind]) if self.kind else _("teks, bilangan, True, False atau daftar")
        if self.wrap == "list":
            return _("daftar berisi {kind}").format(kind=word)
        return _("{kind} atau None").format(kind=word) if self.wrap == "Optional" else word


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Let `module` look as if it were not installed, unless it is loaded already."""
    loaded = module in sys.modules
    if not loaded:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if not loaded:
            del sys.modules[module]


def load_papermill() -> Any:
    """Return the module papermill, loaded on first use, without its messages on the terminal."""
    with _left_out(SLOW):
        import papermill
    logging.getLogger("papermill").addHandler(logging.NullHandler())
    return papermill


def load_nbformat() -> Any:
    """Return the module nbformat, loaded on first use."""
    load_papermill()  # first, since nbformat alone would load the slow extra
    import nbformat

    return nbformat


def read_notebook(file: Path) -> Any:
    """Return a notebook as nbformat reads it, set to run on the Python of this installation.

    Raises
    ------
    CallError
        The file is not there or is not a notebook.
    """
    nbformat = load_nbformat()
    try:
        notebook = nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)
    except OSError as error:
        message = _("notebook: {file} tidak dapat dibaca ({why}).")
        raise CallError(message.format(file=file.name, why=error.strerror)) from None
    except Exception:  # nbformat raises many kinds
        raise CallError(_("notebook: {file} bukan berkas notebook yang utuh.").format(file=file.name)) from None
    notebook.metadata["kernelspec"] = {"name": KERNEL, "display_name": "Python 3", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    return notebook


def inspect_parameters(notebook: Any, *, name: str) -> dict[str, Parameter]:
    """Return name -> `Parameter` of a notebook that `read_notebook` gave.

    Raises
    ------
    CallError
        The notebook has not exactly one cell tagged ``parameters``, or a line of it that papermill cannot read.
    """
    tagged = [cell for cell in notebook.cells if TAG in cell.metadata.tags]
    if len(tagged) != 1:
        message = _("{notebook}: ditemukan {n} sel bertanda parameters; harus tepat satu.")
        raise CallError(message.format(notebook=name, n=len(tagged)))
    found = load_papermill().inspect_notebook(notebook)
    parameters = {
        key: Parameter(key, _annotation(one["inferred_type_name"]), one["default"], one["help"])
        for key, one in found.items()
    }
    for assigned in _assigned_names(tagged[0].source, name):
        if assigned not in parameters:
            message = _(
                "{notebook}, parameter {name}: barisnya tidak terbaca; tulis satu parameter dan satu '=' sebaris."
            )
            raise CallError(message.format(notebook=name, name=assigned))
    for parameter in parameters.values():
        if parameter.annotation and not ANNOTATION.fullmatch(parameter.annotation):
            message = _("{notebook}, parameter {name}: anotasi {found} tidak didukung; yang diizinkan: {allowed}.")
            allowed = ", ".join([*KINDS, "list[...]", "Optional[...]"])
            raise CallError(
                message.format(notebook=name, name=parameter.name, found=parameter.annotation, allowed=allowed)
            )
    return parameters


def _annotation(found: str) -> str:
    return "" if found == "None" else found.replace(" ", "")


def _assigned_names(source: str, notebook: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        message = _("{notebook}: sel parameters tidak terbaca pada baris {line}.")
        raise CallError(message.format(notebook=notebook, line=error.lineno)) from None
    targets: list[ast.expr] = []
    for line in body:
        targets += line.targets if isinstance(line, ast.Assign) else []
        targets += [line.target] if isinstance(line, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def check_parameters(notebook: Path, given: Mapping[str, object]) -> dict[str, Any]:
    """Return what to run a notebook with; refuse whatever papermill would let through to a wrong report.

    Parameters
    ----------
    notebook : Path
        File of the notebook.
    given : mapping of str to object
        Values by name: str, int, float, bool, None or lists of them.

    Returns
    -------
    dict
        The same values.

    Raises
    ------
    CallError
        An unknown name, a value of another type than the notebook's annotation says, a text that is no date, period
        or language; or the notebook itself has a fault.
    """
    return check_values(inspect_parameters(read_notebook(notebook), name=notebook.stem), given, name=notebook.stem)


def check_values(known: Mapping[str, Parameter], given: Mapping[str, object], *, name: str) -> dict[str, Any]:
    """Return `given` when each value suits the `known` parameters of the notebook called `name`."""
    for key, value in given.items():
        if key not in known:
            message = _("{notebook}: parameter {name} tidak dikenal; yang ada: {known}.")
            text = message.format(notebook=name, name=key, known=list_values(known) or "-")
            raise CallError(text + nearest(key, known))
        fault = _fault(known[key], value)
        if fault:
            raise CallError(_("{notebook}, parameter {name}: {fault}").format(notebook=name, name=key, fault=fault))
        if key == "period" and value:
            Period.parse(value)
        if key == "lang":
            require_choice("lang", value, LANGUAGES)
    return dict(given)


def _fault(parameter: Parameter, value: object) -> str:
    """Return what is wrong with a value, or an empty text."""
    way_out = _way_out(value)
    suits = not way_out and _suits(parameter, value)
    if suits:
        return ""
    text = _("ditemukan {found}; yang diizinkan: {allowed}.").format(found=_shown(value), allowed=parameter.allowed)
    return f"{text} {way_out}".rstrip()


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _way_out(value: object) -> str:
    """Return what to write instead of a value that cannot reach a notebook unchanged."""
    if isinstance(value, tuple | set | frozenset):
        return _("Tulis sebagai daftar: [1, 2].")
    if isinstance(value, date):
        return _('Tulis tanggal sebagai teks: "2025-07-31".')
    if isinstance(value, Path):
        return _("Tulis letak berkas sebagai teks: str(path).")
    return ""


def _suits(parameter: Parameter, value: object) -> bool:
    if value is None:
        return parameter.wrap == "Optional"
    if parameter.wrap == "list":
        return isinstance(value, list) and all(_is_kind(parameter.kind, item) for item in value)
    if not parameter.kind:
        items = value if isinstance(value, list) else [value]
        return all(type(item) in (str, int, float, bool) for item in items)
    if value == "" and parameter.kind == "date":
        return parameter.default in ('""', "''")
    return _is_kind(parameter.kind, value)


def _is_kind(kind: str, value: object) -> bool:
    if kind == "date":
        return isinstance(value, str) and _is_day(value)
    if kind == "float":
        return type(value) in (int, float)
    return type(value).__name__ == kind if kind else type(value) in (str, int, float, bool)


def _is_day(text: str) -> bool:
    try:
        return bool(DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def parse_text(parameter: Parameter, text: str) -> object:
    """Return a value typed on the command line as the notebook's annotation asks; as text where it cannot be read.

    Examples
    --------
    >>> parse_text(Parameter("ambang", "list[float]", "[]", ""), "0.5, 2")
    [0.5, 2.0]
    """
    if parameter.wrap == "list":
        return [_parse_one(parameter.kind, item.strip()) for item in text.split(",") if item.strip()]
    if parameter.wrap == "Optional" and text in ("", "None"):
        return None
    return _parse_one(parameter.kind, text)


def _parse_one(kind: str, text: str) -> object:
    if kind == "bool":
        low = text.lower()
        return low in YES if low in (*YES, *NO) else text
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text
