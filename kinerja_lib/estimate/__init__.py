"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.did import estimate_did
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.staggered import estimate_staggered

__all__ = ["Estimate", "estimate_did", "estimate_difference", "estimate_regression", "estimate_staggered"]
