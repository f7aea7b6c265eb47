"""Reliability of the Big Five items, intraclass correlations of raters and of army companies, and their rwg."""

from __future__ import annotations

import pandas as pd
from answers import NAN, Answer, frame, terms_of

from kinerja_lib.estimate import estimate_agreement, estimate_reliability

REVERSED = ["A1", "C4", "C5", "E1", "E2", "O2", "O5"]
MEASURES = {"raw": "alpha", "standardized": "alpha_standardised", "G6": "lambda6", "average": "mean_r"}
MEASURES |= {"omega": "omega_total"}
RATERS = {"ICC1": "icc1", "ICC1k": "icc2", "ICC2": "icc_a1", "ICC2k": "icc_ak", "ICC3": "icc_c1", "ICC3k": "icc_ck"}

# Shrout and Fleiss (1979), table 2: six targets rated by four judges
JUDGED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def make_reliability(estimator: str, specification: str) -> Answer:
    scale = specification.strip("-")[0].upper()  # "-A1 A2 ..." and "agree" are the items A1 to A5
    items = [f"{scale}{number}" for number in range(1, 6)]
    result = estimate_reliability(
        frame("psych_bfi"),
        items=items,
        reverse=[name for name in items if name in REVERSED],
        low=1,
        high=6,
        missing="listwise" if "listwise" in estimator else "pairwise",
    )
    look_up = terms_of(result)

    def answer(quantity: str) -> tuple[float, float]:
        return look_up(MEASURES[quantity.split(" ", maxsplit=1)[0]])

    return answer


def make_groups(estimator: str, specification: str) -> Answer:
    score = specification.split(" ", maxsplit=1)[0]
    result = estimate_agreement(frame("multilevel_bh1996"), group="GRP", score=score, null_variance=2)
    return terms_of(result, {"ICC1": "icc1", "ICC2": "icc2", "mean rwg": "rwg_mean"})


def make_raters(estimator: str, specification: str) -> Answer:
    cells = [(target, judge, score) for target, row in enumerate(JUDGED) for judge, score in enumerate(row)]
    ratings = pd.DataFrame(cells, columns=["target", "judge", "score"])
    look_up = terms_of(estimate_agreement(ratings, group="target", score="score", rater="judge"))
    return lambda quantity: (look_up(RATERS[specification])[0], NAN)


ANSWERS = {
    ("psych_bfi", ""): make_reliability,
    ("(inline: Shrout & Fleiss 1979, 6 targets x 4 judges)", "ICC"): make_raters,
    ("multilevel_bh1996", "ICC(1) ANOVA"): make_groups,
    ("multilevel_bh1996", "ICC(2) ANOVA"): make_groups,
    ("multilevel_bh1996", "rwg"): make_groups,
}
