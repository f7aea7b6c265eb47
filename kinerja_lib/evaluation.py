"""What the rules say of the people of a scope: Job Person Match, nine boxes, angka kredit, IP ASN, time to improve.

People are those appraised in the scope's period. Shares are in per cent; a number that would show one to four people,
or give such a number back, is missing and flagged `hidden`. A function whose tables are missing returns None;
`measures.missing_reason` says why for each of the needs listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kinerja_lib.development import STRUCTURAL, last_period, scope_events
from kinerja_lib.intervals import Level, mean_interval, mean_intervals, share_interval
from kinerja_lib.measures import LOWER, build_person_scores, find_events, has_people, missing_reason, sum_jp
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share, is_small, leaves_few, merge_levels
from kinerja_lib.rules import (
    Window,
    improvement_deadline,
    ip_asn_windows,
    score_angka_kredit,
    score_box,
    score_ip_asn,
    score_jpm,
    score_jpm_band,
)
from kinerja_lib.rules.tables import read_rules
from kinerja_lib.scope import Scope
from kinerja_lib.vocabulary import HUKDIS, KLASIKAL, NONKLASIKAL, PENDIDIKAN, POTENSIAL, PREDIKAT, RATING

JPM_NEEDS = ("kompetensi.level", "kompetensi.level_standar")
BOX_NEEDS = ("penilaian.rating_hasil", "penilaian.potensial")
AK_NEEDS = ("pegawai.jenis_jabatan", "pegawai.jenjang")
IP_NEEDS = ("pegawai.jenis_jabatan", "pegawai.pendidikan", "penilaian.hukdis", "kegiatan.jp")

ANSWERS = {"bimbingan": (*KLASIKAL, *NONKLASIKAL), "konseling": ("konseling",)}  # what a box asks for -> forms of it
IP_PARTS = ("kualifikasi", "kompetensi", "kinerja", "disiplin")
SEMINAR_MONTHS = 24  # assumed: how far back a seminar counts; no source of the rule could be read
WHOLE_POINTS = 2 * MIN_GROUP  # the gravest sanction costs 4 points: less than half a point of a mean of ten people


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The nine boxes of a scope.

    Attributes
    ----------
    table : DataFrame
        One row a box, from 1 to 9: `kotak`, `kinerja`, `potensial`, `bimbingan`, `konseling` (what the rule asks for),
        `people` (missing where hidden), `share` (per cent of those mapped), `hidden`.
    guidance : DataFrame
        One row a kind of help (bimbingan, konseling): `kind`, `boxes` (those which ask for it and are shown), `n`
        (people in these), `received` (of these, with it in the period), `share`, `conf_low`, `conf_high`, `hidden`
        (all but the kind; no such box is shown), `share_hidden`.
    n, appraised : int or None
        People with both axes, and all who were appraised; None where either would tell of one to four.
    """

    table: pd.DataFrame
    guidance: pd.DataFrame
    n: int | None
    appraised: int | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """How many people have time to improve, and until when: a date, never a sanction.

    Attributes
    ----------
    predikat : tuple of str
        What the rule names, the better first.
    day : date
        For a predikat set on the last day of the period.
    people, n : int or None
        People at the predikat that the rule names, of all with a predikat; None where hidden.
    """

    predikat: tuple[str, ...]
    day: date
    people: int | None
    n: int | None


def _with_columns(scope: Scope, *needs: str) -> pd.DataFrame | None:
    """Return the people appraised in the period with the columns that a rule needs; None where one is not there."""
    if not has_people(scope.data) or any(missing_reason(scope.data, need) for need in needs):
        return None
    people = build_person_scores(scope)
    if people is None:
        return None
    for table, _dot, column in (need.partition(".") for need in needs):
        if table in ("penilaian", "pegawai"):
            rows = scope.data[table]
            rows = rows[rows["periode"] == str(scope.period)] if table == "penilaian" else rows
            people[column] = people["pegawai_id"].map(rows.set_index("pegawai_id")[column])
    return people


def _row(item: str, level: Level, *, levels: tuple[str, ...] = (), hidden: bool | None = None) -> dict[str, object]:
    """Return one row of a table of numbers, without them where fewer than five people, or `hidden`, stand behind."""
    few = level.n < MIN_GROUP
    quiet = few if hidden is None else hidden or few
    numbers = (np.nan,) * 3 if quiet else (level.value, level.conf_low, level.conf_high)
    names = ("value", "conf_low", "conf_high")
    n = pd.NA if few else level.n
    return {"item": item, "levels": levels, "n": n, **dict(zip(names, numbers, strict=True)), "hidden": quiet}


def _band_rows(bands: pd.Series) -> list[dict[str, object]]:
    """Return the share of people in each band, best first, merged where one to four would show; not one band of all."""
    counts = bands.value_counts(sort=False)[::-1]
    segments = merge_levels(counts)
    total = int(counts.sum())
    if len(segments) == 1:
        return []
    return [
        _row("pita", share_interval(int(k), total), levels=tuple(map(str, levels)))
        for levels, k in zip(segments["levels"], segments["n"], strict=True)
    ]


def _numbers(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"n": "Int64"})


def _guard_n(table: pd.DataFrame, appraised: int) -> pd.DataFrame:
    """Return the table without each n that leaves one to four of the people appraised over."""
    return table.assign(n=table["n"].mask(leaves_few(table["n"].fillna(0), appraised)))


def build_jpm(scope: Scope) -> pd.DataFrame | None:
    """Return the Job Person Match of the people assessed: its mean, and how many stand in each band.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. Levels of the scope's period are used, else of the last period up to it.

    Returns
    -------
    DataFrame or None
        `item`: "jpm" (mean, per cent; levels above the standard count in full), "jpm_terbatas" (they count as the
        standard; its bands would tell with the others who owes a band to a surplus, and are not given), "pita"
        (share of people in a band, best first; `levels` names the bands that one row holds); `n`, `value`,
        `conf_low`, `conf_high`, `hidden`, `periode`. None where nobody of the scope was assessed.
    """
    people = _with_columns(scope, *JPM_NEEDS)
    if people is None:
        return None
    rows = scope.data["kompetensi"]
    period = last_period(rows["periode"], scope.period)
    rows = rows[(rows["periode"] == period) & rows["pegawai_id"].isin(people["pegawai_id"])]
    rows = rows.dropna(subset=["level", "level_standar"])
    if rows.empty:
        return None
    plain, capped = (
        pd.Series(
            [
                score_jpm(own["level"], own["level_standar"], batasi_surplus=capped)
                for _person, own in rows.groupby("pegawai_id")
            ],
            dtype="float64",
        )
        for capped in (False, True)
    )
    means = [_row("jpm", mean_interval(plain)), _row("jpm_terbatas", mean_interval(capped))]
    table = _numbers([*means, *_band_rows(score_jpm_band(plain, "pemetaan"))]).assign(periode=period)
    return _guard_n(table, len(people))


def build_boxes(scope: Scope) -> Boxes | None:
    """Return the people in the nine boxes of talent, and how many of those whom a box sends to help had it.

    The axis of performance is the rating of results, that of potential the column `potensial`: no regulation sets a
    limit on either. Help is counted over the boxes that are shown, so that its sums give no hidden box back.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    Boxes or None
        None where nobody has both axes in the period.
    """
    people = _with_columns(scope, *BOX_NEEDS)
    if people is None:
        return None
    own = score_box(people["rating_hasil"], people["potensial"])["kotak"].astype("Int64")
    if own.notna().sum() == 0:
        return None
    table = pd.DataFrame([(kinerja, potensial) for kinerja in RATING for potensial in POTENSIAL])
    table = table.set_axis(["kinerja", "potensial"], axis=1)
    rule = score_box(table["kinerja"], table["potensial"])[["kotak", *ANSWERS]]
    table = pd.concat([rule, table], axis=1).astype({"kotak": int, **dict.fromkeys(ANSWERS, bool)})
    table = table.sort_values("kotak", ignore_index=True)
    counts = own.value_counts().reindex(table["kotak"], fill_value=0).astype(int)
    n = int(counts.sum())
    hidden = (hide_counts(counts) | (n < MIN_GROUP)).to_numpy(bool)
    shown = pd.Series(counts.to_numpy(), dtype="Int64").mask(hidden)
    table = table.assign(people=shown, share=(100 * shown.astype("Float64") / n).astype("float64"), hidden=hidden)
    events = scope_events(scope, people) if scope.data.has("kegiatan") else None
    asked = {kind: tuple(table.loc[table[kind] & ~table["hidden"], "kotak"]) for kind in ANSWERS}
    rows = [
        _guidance_row(kind, boxes, people.loc[own.isin(boxes), "pegawai_id"], events) for kind, boxes in asked.items()
    ]
    frame = pd.DataFrame(rows).astype({"n": "Int64", "received": "Int64"})
    few = hide_share(n, len(people))
    return Boxes(table, frame, None if n < MIN_GROUP else n, None if few else len(people))


def _guidance_row(kind: str, boxes: tuple[int, ...], ids: pd.Series, events: pd.DataFrame | None) -> dict[str, object]:
    """Return how many of the people in these boxes had the help that the rule recommends; without a log only who."""
    n = len(ids)
    k = 0 if events is None else int(ids.isin(events.loc[events["jenis"].isin(ANSWERS[kind]), "pegawai_id"]).sum())
    quiet = events is None or hide_share(k, n)
    level = share_interval(0, 0) if quiet else share_interval(k, n)
    counts = {"n": n if boxes else pd.NA, "received": pd.NA if quiet else k}
    numbers = {"share": level.value, "conf_low": level.conf_low, "conf_high": level.conf_high}
    return {"kind": kind, "boxes": boxes, **counts, **numbers, "hidden": not boxes, "share_hidden": quiet}


def build_angka_kredit(scope: Scope) -> pd.DataFrame | None:
    """Return the angka kredit of functional staff for the length of the period, by jenjang.

    A mean of a few known steps gives back how many stand on each: it is hidden where one to four of a jenjang have
    one predikat, or all have the same.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a jenjang: `jenjang`, `koefisien` (of the law, a year), `n`, `value` (mean angka kredit of the period)
        with `conf_low`, `conf_high`, `share` (mean as per cent of the coefficient), `hidden` (the mean). None without
        functional staff of a known jenjang.
    """
    people = _with_columns(scope, *AK_NEEDS)
    if people is None:
        return None
    people = people[people["jenis_jabatan"] == "fungsional"]
    people = people.assign(ak=score_angka_kredit(people["jenjang"], people["predikat"], scope.period.months))
    people = people[people["ak"].notna()]
    if people.empty:
        return None
    coefficients = {row["jenjang"]: float(row["koefisien"]) for row in read_rules("koefisien_ak")}
    order = pd.CategoricalDtype([jenjang for jenjang in coefficients if jenjang in set(people["jenjang"])])
    people = people.assign(jenjang=people["jenjang"].astype(order))
    table = mean_intervals(people, "jenjang", "ak")
    few = hide_counts(table["n"]) | (table["n"] < MIN_GROUP)
    quiet = few | people.groupby("jenjang", observed=False)["predikat"].agg(_tells_steps)
    table = table.assign(koefisien=[coefficients[str(jenjang)] for jenjang in table.index], hidden=quiet.astype(bool))
    table["share"] = 100 * table["value"] / table["koefisien"]
    numbers = ["value", "conf_low", "conf_high", "share"]
    table[numbers] = table[numbers].mask(table["hidden"])
    table["n"] = table["n"].astype("Int64").mask(few)
    order_of = ["jenjang", "koefisien", "n", "value", "conf_low", "conf_high", "share", "hidden"]
    return table.rename_axis("jenjang").reset_index().astype({"jenjang": "str"})[order_of]


def _tells_steps(steps: pd.Series) -> bool:
    """Tell whether a mean over a few known steps would give back one to four people, or what everybody has."""
    counts = steps.value_counts()
    return any(map(is_small, counts)) or int((counts > 0).sum()) == 1


def build_ip_asn(scope: Scope, *, seminar_months: int = SEMINAR_MONTHS) -> pd.DataFrame | None:
    """Return the Indeks Profesionalitas ASN of the people who have all four parts.

    Courses count as `ip_asn_windows` says (Peraturan BKN 8/2019), as far back as the table `kegiatan` reaches; a
    sanction is the one in force in the period. The mean of a part is hidden where it would give back a few people, or
    what all have (of disiplin only a few: nobody sanctioned may be said); so that the total does not do it in their
    place, it and its interval come in whole points, and not for fewer than `WHOLE_POINTS` people.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.
    seminar_months : int, default 24
        How far back from the end of the period a seminar counts: an assumption, which the report names.

    Returns
    -------
    DataFrame or None
        `item`: "total", the four parts, and "pita" (share of people in a category, best first; `levels` names
        those that one row holds); `maximum` (of the law, points), `n`, `value`, `conf_low`, `conf_high`, `hidden`.
        None where nobody has all parts.
    """
    people = _with_columns(scope, *IP_NEEDS)
    if people is None:
        return None
    scores = _score_people(scope, people, seminar_months)
    whole = scores["total"].notna()
    if not whole.any():
        return None
    appraised, scores, people = len(people), scores[whole], people[whole]
    total = mean_interval(scores["total"])
    low, high = float(np.round(total.conf_low)), float(np.round(total.conf_high))
    rounded = Level(float(np.round(total.value)), low, high, total.n)
    sanctioned = int((people["hukdis"] != HUKDIS[0]).sum())
    quiet = {part: _tells_steps(scores[part]) for part in IP_PARTS} | {"disiplin": hide_share(sanctioned, len(people))}
    rows = [_row("total", rounded, hidden=total.n < WHOLE_POINTS)]
    rows += [_row(part, mean_interval(scores[part]), hidden=quiet.get(part)) for part in IP_PARTS]
    table = _numbers([*rows, *_band_rows(scores["kategori"])])
    best = score_ip_asn(
        "fungsional",
        pendidikan=PENDIDIKAN[-1],
        diklat=True,
        teknis_20jp=True,
        seminar=True,
        predikat=PREDIKAT[-1],
        hukdis=HUKDIS[0],
    )
    return _guard_n(table, appraised).assign(maximum=[getattr(best, str(item), np.nan) for item in table["item"]])


def _score_people(scope: Scope, people: pd.DataFrame, seminar_months: int) -> pd.DataFrame:
    """Return the IP ASN of each of the `people`, in their order: the columns of `score_ip_asn`."""
    flags: dict[str, pd.Series] = {}
    posts = {
        "struktural": people["jenis_jabatan"].isin(STRUCTURAL),
        "fungsional": people["jenis_jabatan"] == "fungsional",
    }
    for window in ip_asn_windows():
        months = seminar_months if window.flag == "seminar" else window.months
        done = _had(scope, people["pegawai_id"], window, months) & posts.get(window.jabatan, True)
        flags[window.flag] = flags.get(window.flag, False) | done
    columns = {name: people[name].astype("object") for name in ("pendidikan", "predikat", "hukdis")}
    scores: pd.DataFrame = score_ip_asn(people["jenis_jabatan"].astype("object"), **columns, **flags)
    return scores


def _had(scope: Scope, ids: pd.Series, window: Window, months: int | None) -> pd.Series:
    """Tell for each person whether the log holds what the window asks for in the months to the end of the period."""
    end = pd.Timestamp(scope.period.end)
    start = pd.Timestamp.min if months is None else end - pd.DateOffset(months=months) + pd.Timedelta(days=1)
    events = find_events(scope.data, start, end)
    events = events[events["jenis"].isin(window.jenis)]
    if window.jp is None:
        return ids.isin(events["pegawai_id"])
    return ids.map(sum_jp(events)).fillna(0.0) >= window.jp


def build_deadline(scope: Scope) -> Deadline | None:
    """Return how many people of the period have time to improve, and until when.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    Deadline or None
        None where nobody has a predikat.
    """
    people = _with_columns(scope)
    if people is None or people["predikat"].notna().sum() == 0:
        return None
    days = {name: improvement_deadline(scope.period.end, name) for name in PREDIKAT}
    due = [name for name, day in days.items() if day is not None]
    counts = people["predikat"].value_counts()
    n, k = int(counts.sum()), int(counts[due].sum())
    beside = [name for name in LOWER if name not in due]  # shown in one with these by the distribution
    hidden = hide_share(k, n) or is_small(int(counts[beside].sum()))
    return Deadline(tuple(due[::-1]), days[due[0]], None if hidden else k, None if n < MIN_GROUP else n)
