"""The study of value: did performance change with a programme?"""

from __future__ import annotations

from dataclasses import replace

from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import choose_programme
from kinerja_lib.studies.result import RANDOM, Study, read_truth
from kinerja_lib.studies.trial import study_trial


def study_value(data: Dataset, plan: StudyPlan | None = None) -> Study:
    """Study whether a programme changed performance."""
    plan = StudyPlan() if plan is None else plan
    if data.keterangan.get("rancangan", "").strip().lower() == RANDOM:
        return study_trial(data, plan)
    return replace(Study("value", programme=choose_programme(data, plan)), truth=read_truth(data.keterangan))
