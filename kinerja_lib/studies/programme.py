"""Who had a programme, since when, and whom they may be compared with: the panel as a study needs it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinerja_lib.language import _
from kinerja_lib.panel import build_panel
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import COURSES, StudyPlan
from kinerja_lib.studies.result import keep_rows
from kinerja_lib.vocabulary import PEMBINAAN, Period, sort_periods

NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """The panel of a programme.

    Attributes
    ----------
    rows : DataFrame
        The panel's rows in the order of `build_panel`, with: `waktu` (place of the period, from 0), `mulai_ikut`
        (place of the period of the first event; -1 never), `masuk` (place of the person's first row), `kejadian`
        (periods since the first event; -1 before it and without one), `ikut` (bool), `terkirim` (bool: an event in
        this period), `lain_<programme>` (0 or 1: other programmes so far; courses in this period or the last),
        `penilai_id`, `sumber_sama` (0 or 1: the rater led a session of the programme in this period).
    periods : tuple of str
        Their names, in the order of `waktu`.
    programme : str
        Kind of development.
    dropped : mapping of str to int
        What the panel and the population left out.
    """

    rows: pd.DataFrame
    periods: tuple[str, ...]
    programme: str
    dropped: dict[str, int]

    @property
    def people(self) -> pd.DataFrame:
        """A row per person: pegawai_id as index, `mulai_ikut`, `masuk`."""
        return self.rows.drop_duplicates("pegawai_id").set_index("pegawai_id")[["mulai_ikut", "masuk"]]


def choose_programme(data: Dataset, plan: StudyPlan) -> str:
    """Return the programme to study: the plan's, else the first that the data hold; empty where there is none."""
    if plan.programme:
        return plan.programme
    if not data.has("kegiatan", "jenis", "mulai"):
        return ""
    held = set(data["kegiatan"]["jenis"].dropna().astype("str"))
    for name in PEMBINAAN:
        if name in held:
            return name
    return COURSES if held else ""


def list_others(rows: pd.DataFrame) -> list[str]:
    """Return the columns of other programmes (`lain_...`) that vary in these rows."""
    return [str(name) for name in rows if str(name).startswith("lain_") and rows[name].nunique() > 1]


def kinds_of(programme: str, panel: pd.DataFrame) -> list[str]:
    """Return the kinds of event of a programme that the panel holds."""
    held = [name.removeprefix("n_") for name in panel.columns if name.startswith("n_")]
    if programme == COURSES:
        return [kind for kind in held if kind not in PEMBINAAN]
    return [kind for kind in held if kind == programme]


def find_gaps(data: Dataset, programme: str) -> tuple[str, ...]:
    """Return the codes of what is missing before a panel can be built at all."""
    found = []
    if not data.has("pegawai"):
        found.append("no_people")
    if not data.has("kegiatan", "jenis", "mulai") or not programme:
        found.append("no_events")
    if not data.has("penilaian"):
        found.append("no_outcome")
    return tuple(found)


def build_exposed(data: Dataset, plan: StudyPlan, programme: str) -> Exposed:
    """Return the panel of a programme for the plan's population; `find_gaps` must have found nothing."""
    panel = build_panel(data)
    dropped = dict(panel.attrs.get("dropped", {}))
    periods = sort_periods(panel["periode"].unique())
    place = {name: at for at, name in enumerate(periods)}
    first = _first_place(panel, kinds_of(programme, panel), place)
    waktu = panel["periode"].map(place).astype("int64")
    rows = panel.assign(waktu=waktu, mulai_ikut=first)
    rows["ikut"] = (rows["mulai_ikut"] >= 0) & (rows["waktu"] >= rows["mulai_ikut"])
    rows["kejadian"] = (rows["waktu"] - rows["mulai_ikut"]).where(rows["ikut"], NEVER)
    events = [f"n_{kind}" for kind in kinds_of(programme, panel)]
    rows["terkirim"] = rows[events].fillna(0).sum(axis=1) > 0
    rows = _add_others(rows, programme)
    rows = _add_raters(rows, data, programme)
    return _keep_population(Exposed(rows, tuple(periods), programme, dropped), data, plan)


def _first_place(panel: pd.DataFrame, kinds: list[str], place: dict[str, int]) -> np.ndarray:
    """Return for each row the place of the person's first event of these kinds; -1 where there is none."""
    never = len(place)
    starts = [Period.parse(name).start for name in place]
    found = {text for kind in kinds for text in panel[f"first_{kind}"].dropna().astype("str").unique()}
    # a period of which the panel has no rows (before its first one, between two) counts as the next that it has
    known = {text: place.get(text, bisect_left(starts, Period.parse(text).start)) for text in found}
    places = [panel[f"first_{kind}"].astype("object").map(known).fillna(never).astype("int64") for kind in kinds]
    first = np.minimum.reduce(places) if places else np.full(len(panel), never)
    return np.where(first >= never, NEVER, first)


def _add_others(rows: pd.DataFrame, programme: str) -> pd.DataFrame:
    """Add what else each person had so far: dialogues from the first on, courses in this period and the last."""
    others = {}
    for name in (*PEMBINAAN, COURSES):
        kinds = [kind for kind in kinds_of(name, rows) if kind != programme]
        if name == programme or not kinds:
            continue
        now = rows[[f"n_{kind}" for kind in kinds]].fillna(0).sum(axis=1) > 0
        before = now.groupby(rows["pegawai_id"])
        past = before.cummax() if name in PEMBINAAN else now | before.shift(1, fill_value=False)
        others[f"lain_{name}"] = past.astype("float64")
    return rows.assign(**others)


def _add_raters(rows: pd.DataFrame, data: Dataset, programme: str) -> pd.DataFrame:
    """Add the rater of each row, and whether the rater led a session of the programme in that period."""
    appraisals = data["penilaian"]
    keys = ["pegawai_id", "periode"]
    if "penilai_id" not in appraisals:
        return rows.assign(penilai_id=pd.Series(pd.NA, index=rows.index, dtype="str"), sumber_sama=0.0)
    rows = rows.merge(appraisals[[*keys, "penilai_id"]], on=keys, how="left")
    events = data["kegiatan"]
    if "pembimbing_id" not in events:
        return rows.assign(sumber_sama=0.0)
    kinds = [programme] if programme != COURSES else kinds_of(COURSES, rows)
    events = events[events["jenis"].isin(kinds) & events["pembimbing_id"].notna()]
    spans = _find_periods(events["mulai"], rows["periode"].unique())
    led = events[["pegawai_id", "pembimbing_id"]].assign(periode=spans).dropna().drop_duplicates()
    led = led.rename(columns={"pembimbing_id": "penilai_id"}).assign(sumber_sama=1.0)
    rows = rows.merge(led, on=[*keys, "penilai_id"], how="left")
    return rows.assign(sumber_sama=rows["sumber_sama"].fillna(0.0))


def _find_periods(dates: pd.Series, periods: np.ndarray) -> pd.Series:
    """Return the period of each date; missing where none of these holds it. Of several, the shortest counts."""
    found = pd.Series(pd.NA, index=dates.index, dtype="object")
    for period in sorted((Period.parse(str(text)) for text in periods), key=lambda p: -p.months):
        inside = (dates >= pd.Timestamp(period.start)) & (dates <= pd.Timestamp(period.end))
        found = found.mask(inside, str(period))
    return found


def _keep_population(exposed: Exposed, data: Dataset, plan: StudyPlan) -> Exposed:
    """Return the rows of the plan's population and periods, each exclusion counted under its own reason."""
    rows, dropped, staff = exposed.rows, dict(exposed.dropped), data["pegawai"]
    if plan.status and "status" in staff:
        own = rows["pegawai_id"].map(staff.set_index("pegawai_id")["status"]) == plan.status
        rows = keep_rows(rows, own, _("baris di luar status yang direncanakan"), dropped)
    if plan.units:
        rows = keep_rows(rows, rows["unit_id"].isin(plan.units), _("baris di luar unit yang direncanakan"), dropped)
    chosen = [name for name in exposed.periods if is_inside(name, plan)]
    rows = keep_rows(rows, rows["periode"].isin(chosen), _("baris di luar periode yang direncanakan"), dropped)
    rows = rows.assign(masuk=rows.groupby("pegawai_id")["waktu"].transform("min")).reset_index(drop=True)
    return replace(exposed, rows=rows, dropped=dropped)


def is_inside(name: str, plan: StudyPlan) -> bool:
    """Return whether a period lies within the plan's."""
    period = Period.parse(name)
    late = bool(plan.first_period) and period.start < Period.parse(plan.first_period).start
    early = bool(plan.last_period) and period.end > Period.parse(plan.last_period).end
    return not late and not early


def choose_design(exposed: Exposed) -> tuple[str, tuple[str, ...]]:
    """Return the design that the data allow, and the codes of what is missing for a better one.

    "comparative": people before and after, and people who did not, or not yet, take part. "pre_post": before and after
    of participants alone. "correlational": nobody seen before. Empty: nothing to compare.
    """
    rows = exposed.rows[exposed.rows["ordinal"].notna() | exposed.rows["nilai"].notna()]
    people = exposed.people
    treated = int((people["mulai_ikut"] >= 0).sum())
    if treated == 0:
        return "", ("no_treated",)
    if rows["waktu"].nunique() < 2:
        others = int((people["mulai_ikut"] < 0).sum())
        return ("correlational" if others else ""), ("one_period",)
    seen_before = rows[(rows["mulai_ikut"] > rows["masuk"])]
    before = seen_before[~seen_before["ikut"]]["pegawai_id"].nunique()
    after = seen_before[seen_before["ikut"]]["pegawai_id"].nunique()
    never = rows[rows["mulai_ikut"] < 0]["pegawai_id"].nunique()
    if before == 0:
        return ("correlational" if never else ""), ("no_before",)
    if after == 0:
        return "", ("no_after",)
    steps = seen_before["mulai_ikut"].nunique()
    if never == 0 and steps < 2:
        return "pre_post", ("all_at_once",)
    if min(before, after) < MIN_GROUP or (never < MIN_GROUP and steps < 2):
        return "", ("few_people",)
    return "comparative", ()
