"""The law as data: tables with regulation, article, validity and confidence on each row, and the calls that apply them.

Each call takes scalars or equal-length Series and gives the same shape; missing stays missing.
"""

from __future__ import annotations

from kinerja_lib.rules.distribution import (
    Deviation,
    check_distribution,
    judge_distribution,
    sharing_limit,
    smallest_judged,
)
from kinerja_lib.rules.iki import score_iki
from kinerja_lib.rules.jp import check_jp, jp_bounds
from kinerja_lib.rules.predikat import ordinal, read_predikat, read_rating, score_predikat
from kinerja_lib.rules.tables import sources

__all__ = [
    "Deviation",
    "check_distribution",
    "check_jp",
    "judge_distribution",
    "jp_bounds",
    "ordinal",
    "read_predikat",
    "read_rating",
    "score_iki",
    "score_predikat",
    "sharing_limit",
    "smallest_judged",
    "sources",
]
