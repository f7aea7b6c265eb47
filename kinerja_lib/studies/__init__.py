"""The four studies and the card: from the tables of an office to what can be said of a programme, and what cannot.

Each study picks the design that the data allow, runs a main estimator and an independent second, checks that design,
and gives a verdict by rules fixed before the data are seen (`kinerja_lib.studies.verdict`).
"""

from __future__ import annotations

from kinerja_lib.studies.association import Association, study_association
from kinerja_lib.studies.card import Card, study_card, study_cards
from kinerja_lib.studies.cases import Cases, build_cases
from kinerja_lib.studies.climate import study_climate
from kinerja_lib.studies.cost import study_cost
from kinerja_lib.studies.plan import StudyPlan, choose_plan, find_departures, read_plan, write_plan
from kinerja_lib.studies.pooled import Pooled, study_agencies, study_pooled
from kinerja_lib.studies.result import Check, Study
from kinerja_lib.studies.retention import study_retention
from kinerja_lib.studies.roll_out import study_roll_out
from kinerja_lib.studies.value import study_value

__all__ = [
    "Association",
    "Card",
    "Cases",
    "Check",
    "Pooled",
    "Study",
    "StudyPlan",
    "build_cases",
    "choose_plan",
    "find_departures",
    "read_plan",
    "study_agencies",
    "study_association",
    "study_card",
    "study_cards",
    "study_climate",
    "study_cost",
    "study_pooled",
    "study_retention",
    "study_roll_out",
    "study_value",
    "write_plan",
]
