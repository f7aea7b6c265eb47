"""A papermill engine that writes the notebook when its run has ended, however it ended, and not twice for each cell.

Half of what papermill itself costs is writing the growing notebook anew before and after every cell, for someone who
watches. Nobody watches a page of a batch.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, papermill_engines

NAME = "kinerja"


class SavingOnce(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """papermill's own engine, without a place to write to while the cells run."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        """Run the cells; papermill writes the notebook after the last or failed one, but not when the kernel ended."""
        place, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        except BaseException:
            nb_man.output_path = place  # where `notebook_complete`, which comes next, writes
            raise


papermill_engines.register(NAME, SavingOnce)
