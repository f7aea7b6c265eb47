"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.multilevel import estimate_multilevel
from kinerja_lib.estimate.ordinal import estimate_ordinal
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.result import Estimate

__all__ = ["Estimate", "estimate_difference", "estimate_multilevel", "estimate_ordinal", "estimate_regression"]
