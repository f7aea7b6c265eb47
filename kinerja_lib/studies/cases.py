"""The same question asked of four open data sets with four designs, a row an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, list_values, require_choice
from kinerja_lib.indicators import build_indicator_panel
from kinerja_lib.language import _, mark
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.association import Association, study_association
from kinerja_lib.studies.result import Study
from kinerja_lib.studies.roll_out import study_roll_out
from kinerja_lib.studies.value import study_value
from kinerja_lib.vocabulary import label

CASES = ("bdj2018", "nsw", "jtrain", "csps")  # in the order of what their designs allow
COUNTRIES = {
    "bdj2018": mark("Kenya"),
    "nsw": mark("Amerika Serikat (NSW)"),
    "jtrain": mark("Amerika Serikat (Michigan)"),
    "csps": mark("Inggris"),
}
WHO = {
    "bdj2018": mark("pemilik usaha mikro"),
    "nsw": mark("laki-laki peserta program kerja"),
    "jtrain": mark("perusahaan"),
    "csps": mark("organisasi layanan sipil"),
}
CANNOT = {
    "bdj2018": mark("dampak pada pegawai negeri: pesertanya pengusaha"),
    "nsw": mark("bertahan atau tidaknya dampak: hanya satu tahun sesudah program yang tercatat"),
    "jtrain": mark("sebab: perusahaan penerima dapat berbeda dalam hal yang tidak tercatat"),
    "csps": mark("arah pengaruh, dan orang per orang: yang menilai keduanya orang yang sama"),
}
ENGAGEMENT, LEARNING, MANAGER = "theme_engagement_index", "theme_learning_development", "theme_my_manager"
STEP = 10  # points of learning that the survey's row speaks of
NUMBERS = ("estimate", "conf_low", "conf_high", "naive", "naive_low", "naive_high")
SCALED = ("scaled", "scaled_low", "scaled_high", "scaled_naive", "scaled_naive_low", "scaled_naive_high")
WORDS = ("case", "country", "who", "design", "programme", "outcome", "unit", "better", "cannot", "source")
COLUMNS = (*WORDS, *NUMBERS, "n", "naive_n", *SCALED)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Answers of several open data sets.

    Attributes
    ----------
    rows : DataFrame
        A row per data set and programme: case (as in `open_data`), country, who, design ("random", "comparative",
        "correlational"), programme, outcome, unit, better (1 or -1), estimate, conf_low, conf_high (95 %), n, the same
        of the naive answer (naive, naive_low, naive_high, naive_n; missing where there is none), cannot (what the case
        cannot say), source (with its licence). All six numbers with scaled before them: in standard deviations of the
        outcome among those without the programme (of its logarithm where the estimate is in per cent), above zero
        where better; missing where there is no programme.
    left_out : mapping of str to str
        Case -> why it has no row.
    """

    rows: pd.DataFrame
    left_out: Mapping[str, str]


def build_cases(data: Mapping[str, Dataset | None]) -> Cases:
    """Return the answers of open data sets side by side.

    Parameters
    ----------
    data : mapping of str to Dataset or None
        Case ("bdj2018", "nsw", "jtrain", "csps") -> its tables as of `open_data`; None or absent: left out.

    Returns
    -------
    Cases
        In the order in which designs allow more to be said.

    Raises
    ------
    CallError
        A case that is not there, or tables of another data set.

    Examples
    --------
    >>> build_cases({}).left_out["nsw"]
    'folder datanya tidak diisi'
    """
    rows: list[dict[str, Any]] = []
    left_out = {}
    for name in data:
        require_choice("data", name, CASES)
    for name in CASES:
        tables = data.get(name)
        if tables is None:
            left_out[name] = _("folder datanya tidak diisi")
            continue
        _require_case(name, tables)
        found, why = _answer(name, tables)
        rows += found
        if not found:
            left_out[name] = why
    return Cases(pd.DataFrame(rows, columns=list(COLUMNS)), left_out)


def _require_case(name: str, data: Dataset) -> None:
    found = data.keterangan.get("kode", "")
    if found != name:
        message = _("data: folder {name} berisi data {found}; buat dengan: kinerja open {name} --out FOLDER")
        raise CallError(message.format(name=name, found=found or _("tanpa kode")))


def _answer(name: str, data: Dataset) -> tuple[list[dict[str, Any]], str]:
    """Return the rows of a case, or why there are none."""
    case = _describe(name, data)
    if name == "csps":
        missing = [column for column in (ENGAGEMENT, LEARNING, MANAGER) if not _has_indicator(data, column)]
        if missing:
            return [], _("indikator {names} tidak ada").format(names=list_values(missing))
        panel = build_indicator_panel(data)
        found = study_association(panel, outcome=ENGAGEMENT, exposure=LEARNING, covariates=[MANAGER])
        return [case | _read_association(found)], ""
    study = study_roll_out(data, outcome="scrap", better=-1, log=True) if name == "jtrain" else study_value(data)
    if study.table.empty:
        return [], " ".join(study.reasons)
    return [case | row for row in _read_study(study)], ""


def _has_indicator(data: Dataset, name: str) -> bool:
    return data.has("indikator_unit") and bool((data["indikator_unit"]["indikator"] == name).any())


def _describe(name: str, data: Dataset) -> dict[str, Any]:
    words = {"country": COUNTRIES, "who": WHO, "cannot": CANNOT}
    source = ", ".join(text for text in map(data.keterangan.get, ("kutipan", "lisensi")) if text)
    return {"case": name, "source": source} | {column: _(texts[name]) for column, texts in words.items()}


def _read_study(study: Study) -> list[dict[str, Any]]:
    """Return a row per programme of a study."""
    rows = []
    for _place, row in study.headline.sort_values("estimate", ascending=False).iterrows():
        same = (study.table["term"] == row["term"]) & (study.table["group"] == row["group"])
        naive = study.table[study.table["naive"] & same]
        numbers = _numbers(row, {} if naive.empty else naive.iloc[0])
        rows.append(
            {"design": study.design, "programme": label(row["term"]), "outcome": study.outcome.lower()}
            | {"unit": study.unit, "better": study.better}
            | numbers
            | _scale(numbers, study)
        )
    return rows


def _scale(numbers: Mapping[str, float], study: Study) -> dict[str, float]:
    """Return the numbers in standard deviations of the comparison's outcome, above zero where better."""
    values = np.array([numbers[name] for name in NUMBERS])
    if study.detail.get("log"):
        values = np.log1p(values / 100)
    values = study.better * values / float(study.detail["spread"])
    ends = values if study.better > 0 else values[[0, 2, 1, 3, 5, 4]]
    return dict(zip(SCALED, ends.tolist(), strict=True))


def _read_association(found: Association) -> dict[str, Any]:
    """Return the row of an association, for a step of the exposure."""
    within, naive = (estimate.table.set_index("term").loc[found.exposure] for estimate in (found.within, found.naive))
    scaled = [
        {**row.to_dict(), **{name: STEP * row[name] for name in ("estimate", "conf_low", "conf_high")}}
        for row in (within, naive)
    ]
    return {
        "design": "correlational",
        "programme": label(found.exposure),
        "outcome": label(found.outcome).lower(),
        "unit": _("poin tiap {step} poin").format(step=STEP),
        "better": 1,
        **_numbers(*scaled),
        **dict.fromkeys(SCALED, np.nan),
    }


def _numbers(row: Any, naive: Any) -> dict[str, float]:
    names = {"estimate": "naive", "conf_low": "naive_low", "conf_high": "naive_high", "n": "naive_n"}
    own = {name: row[name] for name in names}
    return own | {other: naive.get(name, np.nan) for name, other in names.items()}
