"""Checks of plans and competencies: targets that nothing can be measured against, standards that nobody set."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kinerja_lib.check.faults import Fault, fault
from kinerja_lib.language import _
from kinerja_lib.rules import standard_level
from kinerja_lib.schema import Dataset


def check_targets(data: Dataset) -> Iterator[Fault]:
    """Report targets of 0: an achievement is a share of its target."""
    if not data.has("skp", "target"):
        return
    words = _("{n} indikator bertarget 0; capaiannya tidak dapat dihitung dan tidak ikut dirata-ratakan.")
    remedy = _("Isi target lebih dari 0; pada kondisi khusus pakai batas yang masih diterima, seperti 5 kesalahan.")
    yield from fault("target_zero", "error", "skp.target", data["skp"]["target"] <= 0, words, remedy=remedy)


def check_standards(data: Dataset) -> Iterator[Fault]:
    """Report competencies without a standard of people whose post has none by law: functional posts."""
    if not data.has("kompetensi", "level"):
        return
    rows = data["kompetensi"]
    bad = rows["level"].notna() & ~has_standard(data)
    if "level_standar" in rows:
        bad &= rows["level_standar"].isna()
    words = _(
        "{n} baris kompetensi tanpa standar: jabatan fungsional tidak berstandar tunggal, atau jabatannya kosong."
    )
    remedy = _("Isi level_standar dari standar kompetensi jabatan itu; sampai itu kesenjangannya tidak dihitung.")
    yield from fault("standard_missing", "warning", "kompetensi.level_standar", bad, words, remedy=remedy)


def has_standard(data: Dataset) -> pd.Series:
    """Tell for each row of `kompetensi` whether the law sets a standard for the person's post."""
    rows = data["kompetensi"]
    if not data.has("pegawai", "jenis_jabatan"):
        return pd.Series(data=False, index=rows.index)
    posts = data["pegawai"].drop_duplicates("pegawai_id").set_index("pegawai_id")["jenis_jabatan"]
    known: pd.Series = standard_level(rows["pegawai_id"].map(posts)).notna()
    return known
