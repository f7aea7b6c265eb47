"""Estimators: a frame in, one `Estimate` out. Heavy libraries are imported only when a call needs them."""

from __future__ import annotations

from kinerja_lib.estimate.adjusted import estimate_adjusted
from kinerja_lib.estimate.attrition import bound_attrition
from kinerja_lib.estimate.cost import benefit_cost, estimate_cost_effectiveness, internal_rate, present_value
from kinerja_lib.estimate.did import estimate_did
from kinerja_lib.estimate.hazard import estimate_hazard
from kinerja_lib.estimate.instrument import estimate_late
from kinerja_lib.estimate.latent import estimate_latent
from kinerja_lib.estimate.mediation import estimate_mediation
from kinerja_lib.estimate.multilevel import estimate_multilevel
from kinerja_lib.estimate.ordinal import estimate_ordinal
from kinerja_lib.estimate.plan import plan_sample
from kinerja_lib.estimate.pooled import estimate_pooled
from kinerja_lib.estimate.regression import estimate_difference, estimate_regression
from kinerja_lib.estimate.reliability import estimate_agreement, estimate_reliability
from kinerja_lib.estimate.result import Estimate
from kinerja_lib.estimate.sensitivity import (
    expect_regression_to_mean,
    sensitivity_evalue,
    sensitivity_robustness,
    sensitivity_selection,
)
from kinerja_lib.estimate.staggered import estimate_staggered
from kinerja_lib.estimate.survival import estimate_incidence, estimate_survival

__all__ = [
    "Estimate",
    "benefit_cost",
    "bound_attrition",
    "estimate_adjusted",
    "estimate_agreement",
    "estimate_cost_effectiveness",
    "estimate_did",
    "estimate_difference",
    "estimate_hazard",
    "estimate_incidence",
    "estimate_late",
    "estimate_latent",
    "estimate_mediation",
    "estimate_multilevel",
    "estimate_ordinal",
    "estimate_pooled",
    "estimate_regression",
    "estimate_reliability",
    "estimate_staggered",
    "estimate_survival",
    "expect_regression_to_mean",
    "internal_rate",
    "plan_sample",
    "present_value",
    "sensitivity_evalue",
    "sensitivity_robustness",
    "sensitivity_selection",
]
