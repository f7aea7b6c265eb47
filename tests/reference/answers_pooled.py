"""Pooled effects: BCG trials (log risk ratios) and coaching for the SAT (verbal and mathematics apart)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from answers import NAN, Answer, frame

from kinerja_lib.estimate import estimate_pooled

DIAGNOSTICS = {
    "tau2": ("tau2", "tau2_se"),
    "Q": ("q", ""),
    "I2 (%) REML": ("i2", ""),
    "H2 REML": ("h2", ""),
    "low": ("prediction_low", ""),
    "high": ("prediction_high", ""),
    "z": ("egger_z", ""),
    "t": ("egger_t", ""),
    "k0": ("trim_fill_k0", ""),
}


def read_studies(specification: str) -> pd.DataFrame:
    """Return the effects (yi), their variances (vi) and the moderators."""
    if specification.startswith("SAT"):
        studies = frame("metadat_kalaian1996")
        return studies[studies["outcome"] == specification.rpartition(" ")[2]]
    trials = frame("metadat_bcg")
    treated, control = trials["tpos"] + trials["tneg"], trials["cpos"] + trials["cneg"]
    return trials.assign(
        yi=np.log(trials["tpos"] / treated / (trials["cpos"] / control)),
        vi=1 / trials["tpos"] - 1 / treated + 1 / trials["cpos"] - 1 / control,
    )


def make(estimator: str, specification: str) -> Answer:
    last = estimator.rpartition(" ")[2]
    method = "FE" if estimator.startswith("Equal") else last if estimator.startswith("Random") else "REML"
    result = estimate_pooled(
        read_studies(specification),
        effect="yi",
        variance="vi",
        method=method,  # type: ignore[arg-type]
        interval="knapp_hartung" if "Knapp" in estimator else "normal",
        moderators=specification.rpartition("~ ")[2] if "~" in specification else None,
    )
    found = result.diagnostics

    def answer(quantity: str) -> tuple[float, float]:
        if estimator.startswith("Trim") and quantity == "mu":
            return float(found["trim_fill_mu"]), float(found["trim_fill_se"])  # type: ignore[arg-type]
        if quantity in DIAGNOSTICS:
            value, error = DIAGNOSTICS[quantity]
            return float(found[value]), float(found.get(error, NAN))  # type: ignore[arg-type]
        row = result.table.set_index("term").loc[quantity]
        return float(row["estimate"]), float(row["std_error"])

    return answer


ANSWERS = {("metadat_bcg", ""): make, ("metadat_kalaian1996", ""): make}
