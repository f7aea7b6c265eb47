"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.adjusted import estimate_adjusted
from kinerja_lib.estimate.cost import benefit_cost, estimate_cost_effectiveness, internal_rate, present_value
from kinerja_lib.estimate.mediation import estimate_mediation
from kinerja_lib.estimate.plan import plan_sample
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.result import Estimate

__all__ = [
    "Estimate",
    "benefit_cost",
    "estimate_adjusted",
    "estimate_cost_effectiveness",
    "estimate_difference",
    "estimate_mediation",
    "estimate_regression",
    "internal_rate",
    "plan_sample",
    "present_value",
]
