"""The four studies and the card: from the tables of an office to what can be said of a programme, and what cannot.

Each study picks the design that the data allow, runs a main estimator and an independent second, checks that design,
and gives a verdict by rules fixed before the data are seen (`kinerja_lib.studies.verdict`).
"""

from __future__ import annotations

from kinerja_lib.studies.association import Association, study_association
from kinerja_lib.studies.plan import StudyPlan, find_departures, read_plan, write_plan
from kinerja_lib.studies.pooled import Pooled, study_agencies, study_pooled
from kinerja_lib.studies.result import Check, Study
from kinerja_lib.studies.value import study_value

__all__ = [
    "Association",
    "Check",
    "Pooled",
    "Study",
    "StudyPlan",
    "find_departures",
    "read_plan",
    "study_agencies",
    "study_association",
    "study_pooled",
    "study_value",
    "write_plan",
]
