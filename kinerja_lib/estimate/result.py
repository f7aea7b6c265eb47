"""The one result shape: every ``estimate_*`` returns an `Estimate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

Design = Literal["random", "comparative", "pre_post", "correlational"]

LEVEL = 0.95
Z = 1.959963984540054  # a normal interval of that level reaches so many errors to each side
COLUMNS = ("term", "group", "estimate", "std_error", "conf_low", "conf_high", "p_value", "n")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimator found, and everything that a reader needs to judge it.

    Attributes
    ----------
    table : DataFrame
        A row per term: term, group, estimate, std_error, conf_low, conf_high (95 %), p_value (two-sided), n (rows
        used). Estimates are in the unit of the outcome; nothing is rounded.
    estimand : str
        What the numbers stand for, in words.
    design : {"random", "comparative", "pre_post", "correlational"}
        How the data came about; it decides which verb a sentence may use.
    method : str
        The estimator, in words.
    errors : str
        The standard-error rule, with its small-sample factor and degrees of freedom, in words.
    assumptions : tuple of str
        What has to hold for the numbers to mean the estimand.
    diagnostics : mapping of str to object
        Named numbers and small tables.
    dropped : mapping of str to int
        Reason -> how many rows, terms or groups were left out.
    reference : str
        The paper of the method.
    """

    table: pd.DataFrame
    estimand: str
    design: Design
    method: str
    errors: str
    assumptions: tuple[str, ...] = ()
    diagnostics: Mapping[str, object] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    reference: str = ""

    @property
    def rule(self) -> str:
        """The name of the standard-error rule, such as "CR2": the first word of `errors`."""
        return self.errors.partition(" ")[0]


def build_table(n: object, **columns: object) -> pd.DataFrame:
    """Return the tidy table of these columns; without a group, intervals or p values where none are given."""
    empty = {"group": "", "std_error": np.nan, "conf_low": np.nan, "conf_high": np.nan, "p_value": np.nan}
    return pd.DataFrame(empty | columns | {"n": n})[list(COLUMNS)]
