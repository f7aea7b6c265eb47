"""The law as data: tables with regulation, article, validity and confidence on each row, and the calls that apply them.

Each call takes scalars or equal-length Series and gives the same shape; missing stays missing.
"""

from __future__ import annotations

from kinerja_lib.rules.distribution import (
    Deviation,
    check_distribution,
    count_changes,
    judge_distribution,
    sharing_limit,
    smallest_judged,
)
from kinerja_lib.rules.golongan import grades, read_golongan
from kinerja_lib.rules.identity import Nip, clean_nip, parse_nip
from kinerja_lib.rules.iki import score_iki, score_nilai_iki
from kinerja_lib.rules.indeks import Box, IpAsn, score_angka_kredit, score_box, score_ip_asn
from kinerja_lib.rules.jendela import Window, ip_asn_windows
from kinerja_lib.rules.jp import check_jp, jp_bounds, score_jp
from kinerja_lib.rules.kegiatan import read_jenis_kegiatan
from kinerja_lib.rules.kompetensi import score_gap, score_jpm, score_jpm_band, standard_level
from kinerja_lib.rules.nilai import score_nilai_pp30, score_predikat_pp30, score_predikat_pp46
from kinerja_lib.rules.predikat import ordinal, read_predikat, read_rating, score_predikat
from kinerja_lib.rules.rezim import check_rezim, find_rezim
from kinerja_lib.rules.tables import cite, sources
from kinerja_lib.rules.tanggal import improvement_deadline, pension_date

__all__ = [
    "Box",
    "Deviation",
    "IpAsn",
    "Nip",
    "Window",
    "check_distribution",
    "check_jp",
    "check_rezim",
    "cite",
    "clean_nip",
    "count_changes",
    "find_rezim",
    "grades",
    "improvement_deadline",
    "ip_asn_windows",
    "judge_distribution",
    "jp_bounds",
    "ordinal",
    "parse_nip",
    "pension_date",
    "read_golongan",
    "read_jenis_kegiatan",
    "read_predikat",
    "read_rating",
    "score_angka_kredit",
    "score_box",
    "score_gap",
    "score_iki",
    "score_ip_asn",
    "score_jp",
    "score_jpm",
    "score_jpm_band",
    "score_nilai_iki",
    "score_nilai_pp30",
    "score_predikat",
    "score_predikat_pp30",
    "score_predikat_pp46",
    "sharing_limit",
    "smallest_judged",
    "sources",
    "standard_level",
]
