"""The frozen plan of a study: what is asked, of whom, by which rule, written down before the data are seen.

`read_plan` and `write_plan` move a plan from and to a TOML file; `choose_plan` takes what a reader asks for. The file
carries a seal of its own content: a plan that was changed after it was frozen is told apart, and what it holds counts
as exploratory.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from kinerja_lib.errors import CallError, list_values, require_choice
from kinerja_lib.language import _
from kinerja_lib.vocabulary import JENIS_KEGIATAN, PEMBINAAN, STATUS, Period

COURSES = "pelatihan"  # all kinds but coaching, mentoring and counselling
PROGRAMMES = (*PEMBINAAN, COURSES, *(kind for kind in JENIS_KEGIATAN if kind not in PEMBINAAN))
OUTCOMES = ("", "rating", "predikat", "nilai", "capaian_skp")
CORRECTIONS = ("holm", "none")
SEAL = "segel"
WORDS = ("units", "outside")  # lists of words; other lists are of numbers


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a study will do; the defaults are what is done without a plan.

    Attributes
    ----------
    programme : str
        Kind of development; empty = the first of coaching, mentoring, konseling, pelatihan that the data hold.
    outcome : str
        Of `study_value`: "rating" (both ratings), "predikat", "nilai" (the user's own number), "capaian_skp"; empty =
        the first that the data hold.
    status : str
        "PNS" or "PPPK"; empty = everybody.
    units : tuple of str
        Only people appraised in these units; empty = all.
    first_period, last_period : str
        Only these periods; empty = all.
    alpha : float
        Two-sided level; intervals are 1 - alpha where a verdict is taken.
    correction : {"holm", "none"}
        For the four outcomes of the card.
    smallest_effect : float
        The smallest effect worth having: in standard deviations of the outcome.
    minimum_service : float
        Years since tmt_cpns during which an employee may not ask for a transfer; 0 = no such rule.
    daily_cost, replacement_cost : float
        Rupiah of a day of absence, and of filling a post; 0 = not known, and what needs it is left out.
    effect_worth : tuple of float
        Low, middle and high rupiah for one more employee with a good outcome for one period: the scenarios of ROI.
    seed : int
        For whatever is drawn.
    frozen_on : str
        Day on which the plan was frozen; empty = never.
    intact : bool
        False where the file was changed after it was frozen.
    outside : tuple of str
        What a run does outside its frozen plan, in words (`choose_plan`).
    """

    programme: str = ""
    outcome: str = ""
    status: str = ""
    units: tuple[str, ...] = ()
    first_period: str = ""
    last_period: str = ""
    alpha: float = 0.05
    correction: str = "holm"
    smallest_effect: float = 0.2
    minimum_service: float = 0.0
    daily_cost: float = 0.0
    replacement_cost: float = 0.0
    effect_worth: tuple[float, ...] = ()
    seed: int = 2025
    frozen_on: str = ""
    intact: bool = True
    outside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Bring whole numbers and lists to the types of the file; a `CallError` for a value that no study can use."""
        for field in fields(self):
            object.__setattr__(self, field.name, _as_type(field.name, getattr(self, field.name), field.default))
        for name, allowed in (("programme", ("", *PROGRAMMES)), ("outcome", OUTCOMES), ("status", ("", *STATUS))):
            require_choice(name, getattr(self, name), allowed)
        require_choice("correction", self.correction, CORRECTIONS)
        for text in (self.first_period, self.last_period):
            if text:
                Period.parse(text)
        limits = {"alpha": (0.0001, 0.5), "smallest_effect": (0.0, 3.0), "minimum_service": (0.0, 40.0)}
        limits |= {"daily_cost": (0.0, 1e9), "replacement_cost": (0.0, 1e12)}
        limits["effect_worth"] = (0.0, 1e12)
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            for found in value if isinstance(value, tuple) else (value,):
                if not low <= found <= high:
                    message = _("{name}: ditemukan {found}; yang diizinkan: {low} sampai {high}.")
                    raise CallError(message.format(name=name, found=found, low=f"{low:g}", high=f"{high:g}"))


def _as_type(key: str, value: Any, default: Any) -> Any:
    """Return a value in the type of its default: 5 as 5.0, a list as a tuple; one of another type is refused."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, tuple) and isinstance(value, list | tuple):
        if key in WORDS and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        if key not in WORDS and all(type(entry) in (int, float) and isfinite(entry) for entry in value):
            return tuple(float(entry) for entry in value)
    elif isinstance(default, float) and number:
        return float(value)
    elif type(value) is type(default):
        return value
    message = _("{key} = {found} bertipe {kind}; yang diizinkan: {allowed}.")
    found = list_values(value) if isinstance(value, list | tuple) else repr(value)
    kinds = {"kind": type(value).__name__, "allowed": type(default).__name__}
    raise CallError(message.format(key=key, found=found, **kinds))


OF_THE_FILE = ("frozen_on", "intact", "outside")
KEYS = tuple(field.name for field in fields(StudyPlan) if field.name not in OF_THE_FILE)


def read_plan(file: str | Path) -> StudyPlan:
    """Read a plan from a TOML file.

    Parameters
    ----------
    file : str or Path
        As `write_plan` wrote it, or by hand (then it is not frozen).

    Returns
    -------
    StudyPlan
        `intact` is False where the content does not fit the file's seal.

    Raises
    ------
    CallError
        No such file, no TOML, an unknown key, a value of another type or out of range.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = str(Path(folder) / "rencana.toml")
    ...     frozen = write_plan(StudyPlan(programme="coaching"), name)
    ...     read_plan(name) == frozen
    True
    """
    path = Path(file)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        message = _("rencana {file}: tidak dapat dibaca ({why}).")
        raise CallError(message.format(file=path.name, why=error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = _("rencana {file}: bukan TOML yang benar ({why}).")
        raise CallError(message.format(file=path.name, why=str(error)[:80])) from None
    seal = values.pop(SEAL, None)
    frozen_on = str(values.pop("dibekukan", ""))
    for key in values:
        require_choice(_("rencana {file}").format(file=path.name), key, KEYS)
    try:
        plan = StudyPlan(**values)
    except CallError as error:
        raise CallError(_("rencana {file}: {why}").format(file=path.name, why=error)) from None
    return replace(plan, frozen_on=frozen_on if seal else "", intact=seal is None or seal == _seal(plan, frozen_on))


def write_plan(plan: StudyPlan, file: str | Path) -> StudyPlan:
    """Freeze a plan: write it with today's date and a seal; an existing file is never overwritten.

    Parameters
    ----------
    plan : StudyPlan
        What the study will do.
    file : str or Path
        TOML file that does not exist yet.

    Returns
    -------
    StudyPlan
        The plan as it stands in the file.

    Raises
    ------
    CallError
        The file exists, or cannot be written.
    """
    path, today = Path(file), datetime.now().astimezone().date().isoformat()
    lines = [f"{key} = {json.dumps(_as_toml(getattr(plan, key)), ensure_ascii=False)}" for key in KEYS]
    lines += [f'dibekukan = "{today}"', f'{SEAL} = "{_seal(plan, today)}"', ""]
    try:
        with path.open("x", encoding="utf-8", newline="\n") as handle:
            handle.write("\n".join(lines))
    except FileExistsError:
        message = _("rencana {file}: sudah ada dan tidak ditimpa. Pakai nama lain.")
        raise CallError(message.format(file=path.name)) from None
    except OSError as error:
        message = _("rencana {file}: tidak dapat ditulis ({why}).")
        raise CallError(message.format(file=path.name, why=error.strerror)) from None
    return replace(plan, frozen_on=today, intact=True)


def _as_toml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _seal(plan: StudyPlan, frozen_on: str) -> str:
    content = {key: value for key, value in asdict(plan).items() if key in KEYS}
    text = json.dumps([content, frozen_on], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_departures(plan: StudyPlan, run: StudyPlan) -> tuple[str, ...]:
    """Return in words what a run does outside its plan; nothing where all was planned.

    Examples
    --------
    >>> find_departures(StudyPlan(frozen_on="2025-01-02"), StudyPlan(frozen_on="2025-01-02"))
    ()
    """
    if not plan.frozen_on:
        return (_("Tidak ada rencana yang dibekukan sebelum data dilihat."),)
    found = [] if plan.intact else [_("Rencana diubah sesudah dibekukan.")]
    text = _("{key}: rencana {planned}, dijalankan {run}.")
    for key in KEYS:
        planned, used = getattr(plan, key), getattr(run, key)
        if planned != used:
            found.append(text.format(key=key, planned=_as_toml(planned) or "–", run=_as_toml(used) or "–"))
    return tuple(found)


def choose_plan(*, programme: str = "", file: str | Path = "") -> StudyPlan:
    """Return the plan that a study runs with; `outside` says what of it was not planned.

    Parameters
    ----------
    programme : str
        Kind of development to study; empty = the file's, else the first that the data hold.
    file : str or Path
        TOML file of a plan; empty = none.

    Returns
    -------
    StudyPlan

    Raises
    ------
    CallError
        As `read_plan`, or an unknown programme.

    Examples
    --------
    >>> choose_plan(programme="coaching").outside
    ('Tidak ada rencana yang dibekukan sebelum data dilihat.',)
    """
    planned = read_plan(file) if file else StudyPlan()
    run = replace(planned, programme=programme) if programme else planned
    return replace(run, outside=find_departures(planned, run))


def freeze_plan(file: str | Path, *, programme: str = "") -> bool:
    """Freeze the default plan where no file of that name is there yet; tell whether it was written."""
    if Path(file).exists():
        return False
    write_plan(StudyPlan(programme=programme), file)
    return True
