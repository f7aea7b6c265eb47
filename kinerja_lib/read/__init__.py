"""Files -> tables: canonical tables exactly as they are, exports by what their header words say.

`canonical` reads and writes the tables of a `Dataset`. `sheets` turns any file of an office into guarded sheets of
cells, `kinds` says what a sheet is, `convert` makes canonical rows and findings of it.
"""

from __future__ import annotations

from kinerja_lib.read.canonical import open_dataset, read_dataset, write_dataset
from kinerja_lib.read.held import hash_file
from kinerja_lib.read.several import find_datasets

__all__ = ["find_datasets", "hash_file", "open_dataset", "read_dataset", "write_dataset"]
