"""Notebooks of a few cells, as an executed one holds them, for the tests of the writers."""

from __future__ import annotations

import json
from typing import Any

from kinerja_lib.report.document import Document, read_document
from kinerja_lib.show.blocks import Block


def markdown(source: str) -> dict[str, Any]:
    """Return a cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(*blocks: Block) -> dict[str, Any]:
    """Return a code cell that was run and shows these blocks."""
    outputs = [{"output_type": "display_data", "data": block._repr_mimebundle_()} for block in blocks]
    return {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": outputs}


def document(*cells: dict[str, Any]) -> Document:
    """Return the document of a notebook, after its way through a file."""
    return read_document(json.loads(json.dumps({"cells": list(cells)})))
