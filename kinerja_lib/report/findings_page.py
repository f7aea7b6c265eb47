"""The page of findings beside the tables of an import: notebook `01_mutu_data`, filled in at once.

Its cells are one call each, so they are evaluated here without a kernel: the page is there in a moment, also for
tables that no report could be made from. `kinerja report` runs the same notebook like any other.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinerja_lib.errors import CallError
from kinerja_lib.findings import Findings
from kinerja_lib.language import _, current_language
from kinerja_lib.report.document import read_document
from kinerja_lib.report.engine import translate_cells
from kinerja_lib.report.files import find_notebook, write_whole
from kinerja_lib.report.parameters import read_notebook
from kinerja_lib.report.provenance import build_provenance
from kinerja_lib.report.writers.html import write_html
from kinerja_lib.schema import Dataset
from kinerja_lib.show.blocks import MIME, Block

NOTEBOOK = "01_mutu_data"


def write_findings(data: Dataset, findings: Findings, file: Path) -> Path:
    """Write findings as JSON, and as a CSV and a page beside it, and return where the page is.

    Raises
    ------
    CallError
        A file cannot be written.
    """
    file = file.absolute()
    page = file.with_suffix(".html")
    contents = {file: findings.json_bytes(), file.with_suffix(".csv"): findings.csv_bytes()}
    try:
        write_whole({**contents, page: build_findings_page(data, findings)})
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=file, why=error.strerror)) from None
    return page


def build_findings_page(data: Dataset, findings: Findings) -> bytes:
    """Return the page of findings.

    Parameters
    ----------
    data : Dataset
        The tables, those that are there.
    findings : Findings
        What was found in the exports and in the tables.

    Returns
    -------
    bytes
        One HTML file, in the language in use.
    """
    notebook = read_notebook(find_notebook(NOTEBOOK))
    translate_cells(notebook, current_language())
    names = {"kl": importlib.import_module("kinerja_lib"), "dataset": data, "findings": findings}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"] = [{"data": {MIME: block.to_dict()}} for block in _evaluate(cell.source, names)]
    known = replace(data, hashes={})  # the tables are made from exports: `impor.json` has the hashes of those
    return write_html(read_document(notebook), footer=build_provenance(known, notebook=NOTEBOOK))


def _evaluate(source: str, names: dict[str, Any]) -> list[Block]:
    """Return the blocks that a cell shows; a cell that sets something up shows none and is passed over."""
    body = ast.parse(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        return []
    shown: list[Block] = []
    value = eval(compile(source, NOTEBOOK, "eval"), {**names, "display": lambda *blocks: shown.extend(blocks)})
    return [*shown, *([value] if isinstance(value, Block) else [])]
