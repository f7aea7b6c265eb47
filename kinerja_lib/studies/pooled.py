"""What several agencies say together: the headline of one study in each of them, pooled, with what they differ by.

Agencies are the cases: each counts with the precision of its own estimate. What cannot be compared is refused or set
aside with its reason, never mixed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, KinerjaError, list_values, require_choice
from kinerja_lib.estimate import Estimate, estimate_pooled
from kinerja_lib.estimate.result import LEVEL
from kinerja_lib.language import _, mark
from kinerja_lib.read import find_datasets, read_dataset
from kinerja_lib.studies.card import STUDIES
from kinerja_lib.studies.plan import PROGRAMMES, StudyPlan
from kinerja_lib.studies.reasons import say_reason
from kinerja_lib.studies.result import Study, empty_frame

FEWEST_AGENCIES = 3
STRENGTH = ("correlational", "pre_post", "comparative", "random")  # of designs, the weakest first
SAME = {  # what must be the same in all that is pooled
    "name": mark("kajian"),
    "programme": mark("program"),
    "outcome": mark("hasil"),
    "unit": mark("satuan"),
}
AGENCIES = ("agency", "design", "sound", "verdict", "estimate", "std_error", "conf_low", "conf_high", "n")
WITHOUT = ("agency", "estimate", "std_error", "conf_low", "conf_high", "n")


@dataclass(frozen=True, slots=True)
class Pooled:
    """The same study of several agencies together.

    Attributes
    ----------
    name, programme, outcome, unit : str
        As in `Study`; the same in every agency.
    agencies : DataFrame
        A row per agency that is pooled: agency, design, sound (bool: no blocking check of its study failed), verdict,
        estimate, std_error, conf_low, conf_high (95 %), n (as its study counts).
    left_out : mapping of str to str
        Agency -> why it is not among them, in words.
    pooled : Estimate or None
        The mean over agencies, from `estimate_pooled`; its n counts agencies.
    spread : mapping of str to float
        `tau2` (squared unit) and `i2` (per cent) with `tau2_low`, `tau2_high`, `i2_low`, `i2_high` (95 %).
    without : DataFrame
        The mean again without one agency (named) at a time, n agencies left; the row with an empty name is without all
        agencies in whose study a check failed. Empty where fewer than three would be left.
    why : str
        Why nothing is pooled, in words; empty where it is.
    exploratory : tuple of str
        As in `Study`.
    """

    name: str
    programme: str = ""
    outcome: str = ""
    unit: str = ""
    agencies: pd.DataFrame = field(default_factory=lambda: empty_frame(*AGENCIES))
    left_out: Mapping[str, str] = field(default_factory=dict)
    pooled: Estimate | None = None
    spread: Mapping[str, float] = field(default_factory=dict)
    without: pd.DataFrame = field(default_factory=lambda: empty_frame(*WITHOUT))
    why: str = ""
    exploratory: tuple[str, ...] = ()

    @property
    def design(self) -> str:
        """The weakest design among the agencies; a comparison whose checks failed counts as a correlation."""
        held = self.agencies["design"].where(self.agencies["sound"].astype(bool), STRENGTH[0])
        return min(map(str, held), key=STRENGTH.index, default="")


def study_pooled(studies: Mapping[str, Study]) -> Pooled:
    """Pool the headline of the same study and programme over several agencies.

    Every agency with a headline is pooled, whatever its verdict: to choose by verdict would choose by result.

    Parameters
    ----------
    studies : mapping of str to Study
        Name of the agency -> its study; independent agencies, each once. Not changed.

    Returns
    -------
    Pooled
        Without an estimate and with its reason where fewer than three agencies have a headline.

    Raises
    ------
    CallError
        No studies at all.
    DataError
        Agencies with a headline of another study, programme, outcome or unit; the first such agency is named.

    References
    ----------
    REML: Viechtbauer (2005), Journal of Educational and Behavioral Statistics 30(3); interval of the mean: Knapp and
    Hartung (2003), Statistics in Medicine 22(17); intervals of tau2 and I2 by the Q profile: Viechtbauer (2007),
    Statistics in Medicine 26(1).

    Examples
    --------
    >>> study_pooled({"Dinas A": Study("value", why=("no_events",))}).left_out
    {'Dinas A': 'Tidak ada kegiatan yang dapat ditelaah. Diperlukan tabel kegiatan dengan jenis dan tanggal mulai.'}
    """
    if not studies:
        raise CallError(_("studies: kosong; diperlukan paling sedikit satu kajian, dengan nama instansinya."))
    left_out = {agency: reason for agency, study in studies.items() if (reason := _find_gap(study))}
    kept = {agency: study for agency, study in studies.items() if agency not in left_out}
    _require_same(kept)
    first = next(iter(kept.values()), next(iter(studies.values())))
    agencies = pd.DataFrame([_read_agency(agency, study) for agency, study in kept.items()], columns=list(AGENCIES))
    shared = {key: getattr(first, key) for key in SAME}
    result = Pooled(**shared, agencies=agencies, left_out=left_out)
    if len(agencies) < FEWEST_AGENCIES:
        return replace(result, why=say_reason("few_agencies"))
    try:
        pooled = _pool(agencies)
    except KinerjaError as error:
        return replace(result, why=str(error))
    return replace(result, pooled=pooled, spread=_find_spread(agencies, pooled), without=_leave_one_out(agencies))


def find_own(study: Study) -> pd.DataFrame:
    """Return the headline of a study as one row, of several arms that of its programme; none without a known error."""
    rows = study.own
    return rows[(rows["std_error"] > 0) & rows["estimate"].notna()]


def _find_gap(study: Study) -> str:
    """Return why a study cannot be pooled, in words; empty where it can."""
    if len(find_own(study)):
        return ""
    return " ".join(study.reasons) or say_reason("no_headline")


def _require_same(studies: Mapping[str, Study]) -> None:
    for key, word in SAME.items():
        found = {agency: getattr(study, key) for agency, study in studies.items()}
        first = next(iter(found.items()), ("", ""))
        for agency, value in found.items():
            if value != first[1]:
                message = _(
                    "studies: {what} {agency} adalah {found}, sedangkan {what} {first} adalah {expected}; yang berbeda "
                    "tidak dapat digabung. Keluarkan salah satunya."
                )
                values = {"agency": agency, "found": repr(value), "first": first[0], "expected": repr(first[1])}
                raise DataError(message.format(what=_(word), **values))


def _read_agency(agency: str, study: Study) -> dict[str, object]:
    row = find_own(study).iloc[0]
    sound = not any(check.blocking and check.passed is False for check in study.checks)
    own: dict[str, object] = {"agency": agency, "design": study.design, "sound": sound, "verdict": study.verdict}
    return own | {name: row[name] for name in AGENCIES if name not in own}


def _pool(agencies: pd.DataFrame) -> Estimate:
    effects = agencies.set_index("agency")["estimate"].astype("float64")
    errors = agencies.set_index("agency")["std_error"].astype("float64")
    return estimate_pooled(
        pd.DataFrame({"effect": effects, "variance": errors**2}), effect="effect", variance="variance"
    )


def _leave_one_out(agencies: pd.DataFrame) -> pd.DataFrame:
    """Return the mean without each agency in turn, and without all whose checks failed."""
    sound = agencies["sound"].astype(bool)
    parts = [("", sound)] if not sound.all() else []
    parts += [(str(agency), agencies["agency"] != agency) for agency in agencies["agency"]]
    rows = []
    for name, kept in parts:
        if kept.sum() < FEWEST_AGENCIES:
            continue
        row = _pool(agencies[kept]).table.iloc[0]
        rows.append({"agency": name, **{key: row[key] for key in WITHOUT if key != "agency"}})
    return pd.DataFrame(rows, columns=list(WITHOUT))


def _find_spread(agencies: pd.DataFrame, pooled: Estimate) -> dict[str, float]:
    """Return tau2 and I2 with their intervals by the Q profile."""
    effects = agencies["estimate"].to_numpy(dtype="float64")
    variances = agencies["std_error"].to_numpy(dtype="float64") ** 2
    low, high = profile_tau2(effects, variances)
    weights = 1 / variances
    typical = (len(weights) - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum())
    tau2 = float(np.float64(pooled.diagnostics["tau2"]))  # type: ignore[arg-type]
    found = {"tau2": tau2, "tau2_low": low, "tau2_high": high}
    return found | {name.replace("tau2", "i2"): 100 * value / (value + typical) for name, value in found.items()}


def profile_tau2(effects: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of tau2: the values at which the spread is neither too small nor too large for it.

    Parameters
    ----------
    effects, variances : array of shape (k,)
        Effect and sampling variance of each study.

    Returns
    -------
    tuple of float
        Both ends, 0 where the spread is smaller than even tau2 = 0 would give.
    """
    from scipy import stats
    from scipy.optimize import brentq

    def spread(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        return float(weights @ (effects - weights @ effects / weights.sum()) ** 2)

    ends = []
    for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2):
        bar = float(stats.chi2.ppf(share, len(effects) - 1))
        high = float(effects.var() + variances.max())
        while spread(high) > bar:
            high *= 2
        ends.append(0.0 if spread(0.0) <= bar else float(brentq(lambda t, bar=bar: spread(t) - bar, 0.0, high)))
    return ends[0], ends[1]


def study_agencies(data: str | Path, study: str = "value", plan: StudyPlan | None = None) -> Pooled:
    """Run one study on the data of each of several agencies, and pool what they say.

    Parameters
    ----------
    data : str or Path
        Folders or workbooks separated by ";", or one folder whose subfolders are data sets.
    study : {"value", "cost", "retention", "climate"}
        Which study.
    plan : StudyPlan, optional
        One plan for all agencies; its programme empty = the one that most agencies would study by themselves.

    Returns
    -------
    Pooled
        A data set that cannot be read, has another outcome or unit than most, or repeats the numbers of another, is
        left out with its reason. An agency is called by `instansi` of its keterangan, or by its folder.

    Raises
    ------
    CallError
        An unknown study, or `data` names one place only and it is not there.
    DataError
        `data` names one place only and its tables have a fault.

    Examples
    --------
    >>> study_agencies("data/contoh").why
    'Instansi yang dapat digabung kurang dari tiga; rata-rata antarinstansi tidak dapat ditaksir.'
    """
    require_choice("study", study, STUDIES)
    plan = StudyPlan() if plan is None else plan
    places = find_datasets(data)
    studies: dict[Path, Study] = {}
    names: dict[Path, str] = {}
    left_out: dict[Path, str] = {}
    for place in places:
        try:
            read = read_dataset(place)
        except KinerjaError as error:
            if len(places) == 1:
                raise
            left_out[place] = str(error).replace(str(place), place.name)
            continue
        names[place] = read.keterangan.get("instansi", "").strip()
        studies[place] = STUDIES[study](read, plan)
    studies = _agree_on_programme(studies, study, plan)
    names = _name_agencies(places, names)
    left_out |= _find_odd(studies, names)
    apart = {names[place]: reason for place, reason in left_out.items()}
    found = {names[place]: one for place, one in studies.items() if place not in left_out}
    result = study_pooled(found) if found else Pooled(study, plan.programme, why=say_reason("few_agencies"))
    return replace(result, left_out={**result.left_out, **apart})


def _agree_on_programme(studies: dict[Path, Study], study: str, plan: StudyPlan) -> dict[Path, Study]:
    """Return the studies of the programme that most have, those of another run again."""
    counts = Counter(one.programme for one in studies.values() if one.programme)
    if len(counts) < 2:
        return studies
    chosen = max(PROGRAMMES, key=lambda name: counts[name])
    plan = replace(plan, programme=chosen)
    return {
        place: one if one.programme == chosen else STUDIES[study](read_dataset(place), plan)
        for place, one in studies.items()
    }


def _name_agencies(places: tuple[Path, ...], names: Mapping[Path, str]) -> dict[Path, str]:
    """Return what each agency is called, no two alike: where names repeat, the folder tells them apart."""
    own = {place: names.get(place, "") or place.stem for place in places}
    counts = Counter(own.values())
    told = {place: name if counts[name] == 1 else place.stem for place, name in own.items()}
    counts = Counter(told.values())
    return {place: name if counts[name] == 1 else f"{place.parent.name}/{place.name}" for place, name in told.items()}


def _find_odd(studies: Mapping[Path, Study], names: Mapping[Path, str]) -> dict[Path, str]:
    """Return what cannot be pooled with most: another outcome or unit, or the numbers of another data set again."""
    held = {place: study for place, study in studies.items() if not _find_gap(study)}
    kinds = Counter((study.outcome, study.unit) for study in held.values())
    odd: dict[Path, str] = {}
    seen: dict[tuple[float, ...], Path] = {}
    for place, study in held.items():
        kind = (study.outcome, study.unit)
        numbers = tuple(map(float, find_own(study)[["estimate", "std_error", "n"]].iloc[0]))
        if kind != kinds.most_common(1)[0][0]:
            text = _("Hasilnya {outcome} ({unit}), lain daripada instansi yang lain, sehingga tidak dapat digabung.")
            odd[place] = text.format(outcome=study.outcome, unit=study.unit)
        elif numbers in seen:
            text = _("Angkanya sama persis dengan {other}: data yang sama tidak dihitung dua kali.")
            odd[place] = text.format(other=list_values([names[seen[numbers]]]))
        seen.setdefault(numbers, place)
    return odd
