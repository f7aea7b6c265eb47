"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.pooled import estimate_pooled
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.reliability import estimate_agreement, estimate_reliability
from kinerja_lib.estimate.result import Estimate

__all__ = [
    "Estimate",
    "estimate_agreement",
    "estimate_difference",
    "estimate_pooled",
    "estimate_regression",
    "estimate_reliability",
]
