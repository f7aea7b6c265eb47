"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.hazard import estimate_hazard
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.survival import estimate_incidence, estimate_survival

__all__ = [
    "Estimate",
    "estimate_difference",
    "estimate_hazard",
    "estimate_incidence",
    "estimate_regression",
    "estimate_survival",
]
