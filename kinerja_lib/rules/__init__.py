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
from kinerja_lib.rules.golongan import grades, read_golongan
from kinerja_lib.rules.identity import Nip, clean_nip, parse_nip
from kinerja_lib.rules.iki import score_iki
from kinerja_lib.rules.jp import check_jp, jp_bounds
from kinerja_lib.rules.kegiatan import read_jenis_kegiatan
from kinerja_lib.rules.predikat import ordinal, read_predikat, read_rating, score_predikat
from kinerja_lib.rules.tables import cite, sources

__all__ = [
    "Deviation",
    "Nip",
    "check_distribution",
    "check_jp",
    "cite",
    "clean_nip",
    "grades",
    "judge_distribution",
    "jp_bounds",
    "ordinal",
    "parse_nip",
    "read_golongan",
    "read_jenis_kegiatan",
    "read_predikat",
    "read_rating",
    "score_iki",
    "score_predikat",
    "sharing_limit",
    "smallest_judged",
    "sources",
]
