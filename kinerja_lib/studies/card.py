"""The card: the four outcomes of one programme side by side, never summed, and how many of the four claims hold.

The four are those that the literature review of DeMik (2007) reports from case studies, as retold by Waluyo; nothing of
its data is reproduced here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from kinerja_lib.errors import CallError
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.climate import study_climate
from kinerja_lib.studies.cost import study_cost
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import choose_programme
from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, SUPPORTED, Study
from kinerja_lib.studies.retention import study_retention
from kinerja_lib.studies.value import study_value

STUDIES = {"value": study_value, "cost": study_cost, "retention": study_retention, "climate": study_climate}


@dataclass(frozen=True, slots=True)
class Card:
    """The four studies of one programme and one population.

    Attributes
    ----------
    programme : str
        Kind of development.
    plan : StudyPlan
        What was asked, of whom.
    studies : mapping of str to Study
        "value", "cost", "retention", "climate"; verdicts after the correction for four outcomes.
    adjusted : mapping of str to float
        p value of each headline after Holm's correction, by study; missing where there is no headline.
    """

    programme: str
    plan: StudyPlan
    studies: Mapping[str, Study]
    adjusted: Mapping[str, float]

    @property
    def holds(self) -> int:
        """How many of the four claims are supported."""
        return sum(study.verdict == SUPPORTED for study in self.studies.values())

    @property
    def verdict(self) -> str:
        """The claim is all four together: supported only where each is, contradicted where one is."""
        verdicts = [study.verdict for study in self.studies.values()]
        if all(verdict == SUPPORTED for verdict in verdicts):
            return SUPPORTED
        return CONTRADICTED if CONTRADICTED in verdicts else CANNOT_SAY

    def to_json(self) -> dict[str, object]:
        """Return the card as plain values: the headlines as one table, and each study by itself."""
        parts = {name: study.to_json() for name, study in self.studies.items()}
        table: list[object] = []
        for name, study in self.studies.items():
            rows = study.headline.astype(object).where(study.headline.notna(), None)
            table += [{"outcome": name, **row} for row in rows.to_dict("records")]
        result: dict[str, object] = {
            "study": "card",
            "programme": self.programme,
            "design": {name: study.design for name, study in self.studies.items()},
            "verdict": self.verdict,
            "holds": self.holds,
            "of": len(self.studies),
            "reasons": [f"{name}: {reason}" for name, study in self.studies.items() for reason in study.reasons],
            "adjusted": dict(self.adjusted),
            "exploratory": list(self.plan.outside),
            "table": table,
            "studies": parts,
        }
        truth = {name: study.truth["headline"] for name, study in self.studies.items() if "headline" in study.truth}
        if truth:
            result["truth"] = truth
        return result


def study_card(data: Dataset, plan: StudyPlan | None = None) -> Card:
    """Study the four outcomes of one programme.

    Parameters
    ----------
    data : Dataset
        As the four studies need it; what one lacks is a reason of its own.
    plan : StudyPlan, optional
        One plan for all four; `correction` "holm" takes into account that four are tested together.

    Returns
    -------
    Card
        A claim that no longer holds after the correction says "cannot_say" with that reason.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2).

    Examples
    --------
    >>> from kinerja_lib.synth import build_agency
    >>> card = study_card(build_agency(people=300, units=6, seed=5))
    >>> list(card.studies), 0 <= card.holds <= 4
    (['value', 'cost', 'retention', 'climate'], True)
    """
    plan = StudyPlan() if plan is None else plan
    programme = choose_programme(data, plan)
    chosen = replace(plan, programme=programme) if programme else plan
    studies = {name: study(data, chosen) for name, study in STUDIES.items()}
    adjusted = adjust_holm({name: p for name, study in studies.items() if (p := _p_value(study)) is not None})
    if plan.correction == "holm":
        studies = {name: _correct(study, adjusted.get(name), plan.alpha) for name, study in studies.items()}
    return Card(programme, chosen, studies, adjusted)


def study_cards(
    data: Dataset, programmes: Sequence[str], plan: StudyPlan | None = None, *, known: Sequence[Card] = ()
) -> tuple[Card, ...]:
    """Return the cards of several programmes, side by side as cases: each for itself, none pooled.

    Parameters
    ----------
    data : Dataset
        As for `study_card`.
    programmes : sequence of str
        Kinds of development.
    plan : StudyPlan, optional
        One plan for all; its programme is replaced.
    known : sequence of Card
        Cards of the same data and plan that are there already: they are taken, not computed again.

    Returns
    -------
    tuple of Card
        In the order of `programmes`.

    Raises
    ------
    CallError
        No programme, or one that does not exist.
    """
    if not programmes:
        raise CallError(_("programmes: sebut paling sedikit satu program."))
    plan = StudyPlan() if plan is None else plan
    there = {card.programme: card for card in known}
    return tuple(there.get(name) or study_card(data, replace(plan, programme=name)) for name in programmes)


def _p_value(study: Study) -> float | None:
    """Return the p value of the headline of the studied programme; None where there is none."""
    rows = study.own
    return None if rows.empty or pd.isna(rows["p_value"].iloc[0]) else float(rows["p_value"].iloc[0])


def adjust_holm(values: Mapping[str, float]) -> dict[str, float]:
    """Return p values after Holm's correction, in the order given.

    Examples
    --------
    >>> adjust_holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    found: dict[str, float] = {}
    largest = 0.0
    for at, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(values) - at) * value))
        found[name] = largest
    return {name: found[name] for name in values}


def _correct(study: Study, adjusted: float | None, alpha: float) -> Study:
    """Return the study with its verdict taken back where the corrected p value no longer carries it."""
    if study.verdict not in (SUPPORTED, CONTRADICTED) or adjusted is None or adjusted < alpha:
        return study
    return replace(study, verdict=CANNOT_SAY, why=("adjusted_alpha", *study.why[1:]))
