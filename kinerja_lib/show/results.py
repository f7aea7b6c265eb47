"""Any result of `kinerja_lib.estimate` as a block: one table for all families, and the figure of each.

`to_block` picks; the `plot_` functions may be called by name. A figure's title says what the result shows, with no
verb of cause: which verb a study may use is decided in `kinerja_lib.show.verdict`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.estimate import Estimate
from kinerja_lib.language import _
from kinerja_lib.show.blocks import Figure, LeftOut, Table
from kinerja_lib.show.result_balance import plot_balance, plot_overlap, plot_probability_change, plot_studies
from kinerja_lib.show.result_curves import (
    plot_acceptability,
    plot_contours,
    plot_funnel,
    plot_incidence,
    plot_survival,
    table_bounds,
)
from kinerja_lib.show.result_effects import plot_coefficients, plot_event_study, table_result
from kinerja_lib.show.result_parts import Labels, Words

What = Literal["table", "figure", "overlap", "forest"]


FIGURES: dict[str, Callable[[Estimate, Words], Figure | LeftOut]] = {  # first diagnostic that is there
    "event": plot_event_study,
    "median": plot_survival,
    "at_risk": plot_incidence,
    "balance": plot_balance,
    "probability_change": plot_probability_change,
    "acceptability": plot_acceptability,
    "studies": plot_funnel,
}


def to_block(
    result: Any,
    *,
    what: What = "table",
    id: str = "hasil",
    title: str = "",
    labels: Labels | None = None,
    unit: str = "",
) -> Table | Figure | LeftOut:
    """Return a result as a table or as the figure of its family.

    Parameters
    ----------
    result : Estimate or Robustness
        What an ``estimate_`` or ``sensitivity_robustness`` call returned.
    what : {"table", "figure", "overlap", "forest"}
        The table; the figure of the family (roll-out: effects before and after; survival and incidence: curves with
        the number at risk; adjusted: balance; ordinal and latent: change in the probability of each level;
        cost-effectiveness: acceptability; pooled: funnel of the studies; robustness: contours; all others:
        coefficients); the overlap of the propensity; the studies of a pooled result one by one.
    id, title : str
        Name for references, and the finding in words of your own; empty = made from the result.
    labels : mapping of str to str, optional
        Term or level -> what a reader calls it.
    unit : str
        Unit of the outcome.

    Returns
    -------
    Table, Figure or LeftOut
        The last where the result holds nothing that may be drawn, with the reason.

    Raises
    ------
    CallError
        An unknown `what`, or something that is no result.

    Examples
    --------
    >>> from kinerja_lib.estimate import estimate_difference
    >>> import pandas as pd
    >>> data = pd.DataFrame({"y": [1.0, 2, 3, 2, 4, 6], "arm": list("aaabbb")})
    >>> to_block(estimate_difference(data, outcome="y", group="arm")).rows[0][0]
    'b'
    """
    require_choice("what", what, ("table", "figure", "overlap", "forest"))
    words = Words(id, title, labels or {}, unit)
    if hasattr(result, "rv_q"):
        return plot_contours(result, words) if what != "table" else table_bounds(result, words)
    if not isinstance(result, Estimate):
        message = _("result: ditemukan {found}; yang diizinkan: hasil estimate_* atau sensitivity_robustness.")
        raise CallError(message.format(found=type(result).__name__))
    if what == "table":
        return table_result(result, words)
    if what == "overlap":
        return plot_overlap(result, words)
    if what == "forest":
        return plot_studies(result, words)
    for key, plot in FIGURES.items():
        if key in result.diagnostics:
            return plot(result, words)
    return plot_coefficients(result, words)
