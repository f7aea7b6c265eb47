"""SE MenPANRB 3/2023: the pattern of predikat that goes with the predikat of the organisation.

The pattern is material for the head's consideration: a deviation is a finding, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kinerja_lib.errors import CallError, require_choice
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.language import _, mark
from kinerja_lib.rules.predikat import read_predikat
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.vocabulary import PREDIKAT, PREDIKAT_ORGANISASI

SHORT = {
    "terbanyak": mark("terbanyak bukan {predikat}"),
    "maksimal": mark("{predikat} di atas {persen} %"),
    "minimal": mark("{predikat} di bawah {persen} %"),
    "ada": mark("tidak ada {predikat}"),
}
LONG = {
    "terbanyak": mark("{predikat} {found} dari {n} pegawai, bukan kelompok terbanyak."),
    "maksimal": mark("{predikat} {found} dari {n} pegawai; paling banyak {limit} ({persen} %)."),
    "minimal": mark("{predikat} {found} dari {n} pegawai; paling sedikit {limit} ({persen} %)."),
    "ada": mark("Tidak seorang pun dari {n} pegawai berpredikat {predikat}; seharusnya ada."),
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """One line of the pattern that a distribution does not keep.

    Attributes
    ----------
    kind : str
        terbanyak, maksimal, minimal or ada.
    predikat : tuple of str
        The predikat that the line is about; together, where two.
    percent : int or None
        The limit in per cent.
    found, limit, n : int
        People found, the limit in people, all people.
    """

    kind: str
    predikat: tuple[str, ...]
    percent: int | None
    found: int
    limit: int
    n: int

    def say(self, *, short: bool = True) -> str:
        """Return it in words; the short ones hold no count of people."""
        words = (SHORT if short else LONG)[self.kind]
        names = _(" atau ").join(self.predikat)
        return _(words).format(predikat=names, persen=self.percent, found=self.found, n=self.n, limit=self.limit)


def judge_distribution(counts: Mapping[str, int], predikat_organisasi: str) -> tuple[Deviation, ...] | None:
    """Return what the distribution does not keep of the pattern; None where there are too few people to judge."""
    whole = _whole_counts(counts)
    n = sum(whole.values())
    if n < smallest_judged(predikat_organisasi):
        return None
    rows = [row for row in read_rules("pola_distribusi") if row["organisasi"] == predikat_organisasi]
    found = (_deviation(row, whole, n) for row in rows if row["jenis"] in SHORT)
    return tuple(deviation for deviation in found if deviation is not None)


def smallest_judged(predikat_organisasi: str) -> int:
    """Return how many people there must be for a judgement: ten per cent of fewer than ten is not a person."""
    kinds = {(row["organisasi"], row["jenis"]): row["orang"] for row in read_rules("pola_distribusi")}
    return int(kinds[predikat_organisasi, "dinilai_mulai"])


def sharing_limit(predikat_organisasi: str, predikat: str) -> int:
    """Return the highest share of people, in per cent, that the pattern allows at a predikat."""
    for row in read_rules("pola_distribusi"):
        if (row["organisasi"], row["predikat"], row["jenis"]) == (predikat_organisasi, predikat, "maksimal"):
            return int(row["persen"])
    return 100


def _deviation(row: dict[str, str], counts: dict[str, int], n: int) -> Deviation | None:
    names = tuple(row["predikat"].split(";"))
    percent = int(row["persen"]) if row["persen"] else None
    people = sum(counts[name] for name in names)
    limit = max(counts.values()) if row["jenis"] == "terbanyak" else _limit(row, n)
    kept = people <= limit if row["jenis"] == "maksimal" else people >= limit
    return None if kept else Deviation(row["jenis"], names, percent, people, limit, n)


def _limit(row: dict[str, str], n: int) -> int:
    """Return the limit of a line in whole people: at least = rounded up, at most = rounded down."""
    percent = int(row["persen"] or 0)
    limits = {"ada": int(row["orang"] or 0), "minimal": -(-percent * n // 100), "maksimal": percent * n // 100}
    return limits[row["jenis"]]


def _whole_counts(counts: Mapping[str, Any]) -> dict[str, int]:
    whole = dict.fromkeys(PREDIKAT, 0)
    for name, number in counts.items():
        predikat = read_predikat(name)
        if predikat is None or pd.isna(number) or number < 0 or number % 1 != 0:
            message = _("counts: ditemukan {name}: {number}; yang diizinkan: predikat dengan bilangan bulat 0 ke atas.")
            raise CallError(message.format(name=name, number=number))
        whole[predikat] += int(number)
    return whole


def check_distribution(counts: Mapping[str, int] | pd.Series, predikat_organisasi: str | None) -> Findings:
    """Compare the numbers of people at each predikat with the pattern of SE MenPANRB 3/2023.

    Shares become people with whole numbers: at least = rounded up, at most = rounded down. "Most" means the largest
    group; a tie counts. With fewer than ten people the one finding is `tidak_dapat_dinilai`.

    Parameters
    ----------
    counts : mapping or Series
        Predikat -> whole number of people; a predikat left out counts 0.
    predikat_organisasi : str or None
        Istimewa, Baik, Butuh Perbaikan (or Cukup), Kurang or Sangat Kurang; None = not set yet.

    Returns
    -------
    Findings
        Empty where the pattern is kept.

    Raises
    ------
    CallError
        An unknown predikat, or a count that is not a whole number from 0.

    Examples
    --------
    >>> [f.rule for f in check_distribution({"Sangat Baik": 2, "Baik": 8}, "Baik")]
    ['distribusi_maksimal', 'distribusi_ada']
    """
    pairs = {str(name): number for name, number in counts.items()}
    level = _organisation(predikat_organisasi)
    if level is None:
        return Findings((_not_judged(_("predikat organisasi belum ada")),))
    deviations = judge_distribution(pairs, level)
    if deviations is None:
        return Findings((_not_judged(_("kurang dari {n} pegawai dinilai").format(n=smallest_judged(level))),))
    return Findings(tuple(_finding(deviation, level) for deviation in deviations))


def count_changes(counts: Mapping[str, int] | pd.Series, predikat_organisasi: str | None) -> int | None:
    """Return the least number of people whose predikat would have to differ for the pattern to be kept.

    A measure of distance, not advice: SE MenPANRB 3/2023 leaves the setting of predikat to the head. Solved as a whole
    number programme (scipy's HiGHS, to optimality); that its arrangement keeps the pattern is checked afterwards.

    Parameters
    ----------
    counts : mapping or Series
        Predikat -> whole number of people; a predikat left out counts 0.
    predikat_organisasi : str or None
        As in `check_distribution`.

    Returns
    -------
    int or None
        0 where the pattern is kept; None where it is not judged.

    Raises
    ------
    CallError
        An unknown predikat, a count that is not a whole number from 0, or no arrangement of so many people that keeps
        the pattern.

    Examples
    --------
    >>> count_changes({"Sangat Baik": 2, "Baik": 8}, "Baik"), count_changes({"Baik": 9}, "Baik")
    (1, None)
    """
    level = _organisation(predikat_organisasi)
    whole = _whole_counts({str(name): number for name, number in counts.items()})
    if level is None:
        return None
    deviations = judge_distribution(whole, level)
    if not deviations:
        return None if deviations is None else 0
    nearest = _nearest_arrangement(np.array(list(whole.values())), level)
    if nearest is None or judge_distribution(dict(zip(PREDIKAT, nearest, strict=True)), level):
        text = _("counts: tidak ada susunan {n} pegawai yang memenuhi pola organisasi {level}.")
        raise CallError(text.format(n=sum(whole.values()), level=level))
    return sum(max(0, after - before) for before, after in zip(whole.values(), nearest, strict=True))


def _nearest_arrangement(counts: npt.NDArray[np.int64], organisation: str) -> list[int] | None:
    """Return the arrangement of the same people that keeps the pattern with the fewest changes; None without any.

    Unknowns are the people at each predikat, then those who come to it: these are at least the difference.
    """
    from scipy.optimize import LinearConstraint, milp

    size, n = len(PREDIKAT), int(counts.sum())
    one = np.eye(size)
    lines, least = [np.ones(size)], [float(n)]
    for row in read_rules("pola_distribusi"):
        if row["organisasi"] == organisation and row["jenis"] in SHORT:
            for weights, bound in _bounds(row, n):
                lines.append(weights)
                least.append(bound)
    most = [float(n), *[np.inf] * (len(lines) - 1)]
    pattern = LinearConstraint(np.hstack([lines, np.zeros((len(lines), size))]), least, most)
    moves = LinearConstraint(np.hstack([-one, one]), -counts.astype(float), np.inf)
    found = milp(np.repeat([0.0, 1.0], size), constraints=[pattern, moves], integrality=np.ones(2 * size))
    return [round(value) for value in found.x[:size]] if found.success else None


def _bounds(row: dict[str, str], n: int) -> list[tuple[npt.NDArray[np.float64], float]]:
    """Return a line of the pattern as weights of the predikat and the least that their weighted sum may be."""
    members = np.array([float(name in row["predikat"].split(";")) for name in PREDIKAT])
    if row["jenis"] == "terbanyak":
        return [(members - other, 0.0) for other in np.eye(len(PREDIKAT))]
    limit = _limit(row, n)
    return [(-members, -float(limit))] if row["jenis"] == "maksimal" else [(members, float(limit))]


def _organisation(predikat: str | None) -> str | None:
    if predikat is None or pd.isna(predikat):
        return None
    if predikat in PREDIKAT_ORGANISASI:
        return predikat
    try:
        level = str(read_predikat(predikat))
    except CallError:
        level = str(predikat).strip().capitalize()
    require_choice("predikat_organisasi", level, PREDIKAT_ORGANISASI)
    return level


def _not_judged(why: str) -> Finding:
    return Finding(
        rule="tidak_dapat_dinilai",
        severity="note",
        table="penilaian",
        column="predikat",
        message=_("Pola distribusi predikat tidak dapat dinilai: {why}.").format(why=why),
        remedy=_("Nilai pola pada unit yang lebih besar, atau lengkapi datanya."),
    )


def _finding(deviation: Deviation, organisation: str) -> Finding:
    return Finding(
        rule=f"distribusi_{deviation.kind}",
        severity="warning",
        table="penilaian",
        column="predikat",
        count=deviation.found,
        message=_("Organisasi {level}: ").format(level=organisation) + deviation.say(short=False),
        remedy=_("Bahan pertimbangan pimpinan, bukan kesalahan: periksa lagi penetapan predikat."),
    )
