"""Whether two measures of units go together: a correlation, three ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kinerja_lib.estimate import Estimate, estimate_regression


@dataclass(frozen=True, slots=True)
class Association:
    """What goes with what among units over time, three ways.

    Attributes
    ----------
    outcome, exposure : str
        Names of the two columns.
    within : Estimate
        Each unit against itself in other periods, what all units went through in a period taken out.
    pooled : Estimate
        All units and periods together, with the same covariates.
    naive : Estimate
        The same without covariates.
    """

    outcome: str
    exposure: str
    within: Estimate
    pooled: Estimate
    naive: Estimate


def study_association(
    panel: pd.DataFrame,
    *,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    unit: str = "unit_id",
    period: str = "periode",
) -> Association:
    """Study whether two measures of units go together, errors clustered by unit (CR2 with fewer than 40 units).

    Parameters
    ----------
    panel : DataFrame
        One row a unit and period, such as `build_indicator_panel` gives.
    outcome, exposure : str
        Columns: what is explained, and what it may go with.
    covariates : sequence of str
        Columns held equal in `within` and `pooled`.
    unit, period : str
        Columns that name the unit and the period.

    Returns
    -------
    Association
        A correlation, whichever way it is computed: nobody was assigned to anything.
    """
    formula = f"`{outcome}` ~ " + " + ".join(f"`{name}`" for name in (exposure, *covariates))
    return Association(
        outcome,
        exposure,
        within=estimate_regression(panel, formula, absorb=[unit, period], cluster=unit),
        pooled=estimate_regression(panel, formula, cluster=unit),
        naive=estimate_regression(panel, f"`{outcome}` ~ `{exposure}`", cluster=unit),
    )
