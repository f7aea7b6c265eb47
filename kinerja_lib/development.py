"""Development that the people of a scope got, and who of its staff left.

Events, reach, JP of the year, competency gaps. People are those appraised in the scope's period. Shares
are in per cent; a number that would show one to four people (or leave one to four as the rest) is missing and flagged.
Counselling is counted, never described.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from kinerja_lib.intervals import mean_interval, mean_intervals, share_interval, share_intervals
from kinerja_lib.language import _, mark
from kinerja_lib.measures import build_person_scores, find_events, has_people, sum_jp
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share, is_small, leaves_few
from kinerja_lib.rules import jp_bounds
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import Scope, find_appraised, keep_per_scope
from kinerja_lib.tree import assign_units, find_parents
from kinerja_lib.vocabulary import KLASIKAL, NONKLASIKAL, STATUS, Period, label, sort_periods

VOLUNTARY = "pengunduran_diri"
GUIDED = ("coaching", "mentoring")
LAN_GROUPS = ("nonklasikal", "klasikal")
MOST_FORMS = 4  # forms of a group that have a row of their own
MOST_NAMES = 2  # forms of one row that are named
HIDDEN_ROW = {"events": pd.NA, "people": pd.NA, "share": np.nan, "follow_up": np.nan, "hidden": True}
ANY = "any"
ANY_LABEL = mark("Sedikitnya satu bentuk, tanpa konseling")
FORMS_OF = {"klasikal": set(KLASIKAL), "nonklasikal": set(NONKLASIKAL), ANY: {*KLASIKAL, *NONKLASIKAL}}
WHOLE = "semua"
STRUCTURAL = ("pengawas", "administrator", "jpt_pratama", "jpt_madya", "jpt_utama")
GRADES = ("I", "II", "III", "IV")
OTHER = "lain"  # in the grouping by golongan: PPPK, who have none; "" is not known. Both are counted, not shown
LEVELS = {
    "jenis_kelamin": ("P", "L"),
    "golongan": GRADES,
    "jenis_jabatan": ("pelaksana", "fungsional", "struktural"),
    "status": STATUS,
}


def event_group(jenis: pd.Series) -> pd.Series:
    """Return the group of LAN of each form, klasikal or nonklasikal; konseling, which LAN does not list, is its own."""
    groups = {**dict.fromkeys(KLASIKAL, "klasikal"), **dict.fromkeys(NONKLASIKAL, "nonklasikal")}
    return jenis.astype("object").map({**groups, "konseling": "konseling"})


def scope_events(scope: Scope, people: pd.DataFrame) -> pd.DataFrame:
    """Return the events of the `people` that began in the scope's period."""
    events = find_events(scope.data, scope.period.start, scope.period.end)
    return events[events["pegawai_id"].isin(people["pegawai_id"])]


def mark_guided(scope: Scope, people: pd.DataFrame) -> pd.Series:
    """Tell for each of the `people` whether they had coaching or mentoring in the scope's period."""
    events = scope_events(scope, people)
    return people["pegawai_id"].isin(events.loc[events["jenis"].isin(GUIDED), "pegawai_id"])


def find_people(scope: Scope, *needs: str) -> pd.DataFrame | None:
    """Return `build_person_scores` of a scope whose data hold each need ("table" or "table.column"), else None."""
    tables = [need.partition(".") for need in needs]
    there = all(scope.data.has(table, *([column] if column else [])) for table, _dot, column in tables)
    return build_person_scores(scope) if there and has_people(scope.data) else None


@keep_per_scope
def build_events(scope: Scope) -> pd.DataFrame | None:
    """Return how many events of each form there were, and how many people had them.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        For each group of LAN that occurred (nonklasikal, klasikal) a row of the whole group and a row for each of its
        forms, coaching and mentoring first, then by people; then konseling, and "any" (without konseling, a track of
        its own: a sum with it would tell how many were counselled): `kelompok`, `jenis`, `label`, `events`, `people`,
        `n` (people appraised), `share` and `follow_up` (per cent of events with a known follow-up that was done),
        `hidden`, `few` (one to four events). Forms beyond the first four of a group, and those that would show one
        to four people, are one row, their names in `jenis` joined by "+". Counselling has neither share nor
        follow-up; the latter is missing too where one to four people had it done, or not. None without the table
        `kegiatan`.
    """
    people = find_people(scope, "kegiatan")
    if people is None:
        return None
    events = scope_events(scope, people)
    n, groups = len(people), event_group(events["jenis"])
    lan = {name: events[groups == name] for name in LAN_GROUPS if (groups == name).any()}
    rows = [_events_row(name, name, part, n) for name, part in lan.items()]
    guided = events[groups != "konseling"]
    counsel, whole = events[groups == "konseling"], _events_row(ANY, ANY, guided, n)
    if _gives_group_back(lan, rows, guided):
        rows = [{**row, **HIDDEN_ROW} for row in rows]
        forms: dict[str, list[dict[str, object]]] = {}
    else:
        forms = {name: _form_rows(name, part, n) for name, part in lan.items()}
    ordered = [row for group in rows for row in (group, *forms.get(str(group["kelompok"]), []))]
    ordered += [_events_row("konseling", "konseling", counsel, n), whole]
    table = pd.DataFrame(ordered).astype({"events": "Int64", "people": "Int64", "n": "Int64"})
    return table.assign(follow_up=table["follow_up"].mask(_gives_done_back(table, guided)))


def _gives_done_back(table: pd.DataFrame, guided: pd.DataFrame) -> pd.Series:
    """Tell which sums' follow-up, with that of the parts shown, would tell who had it done or not."""
    told = set(table.loc[table["follow_up"].notna(), "jenis"])
    forms = {form for kinds in told for form in kinds.split("+")}
    groups = event_group(guided["jenis"])
    open_ = guided[~guided["jenis"].isin(forms)]
    quiet = {name for name in LAN_GROUPS if tells_done(open_[groups.loc[open_.index] == name])}
    if tells_done(open_[~groups.loc[open_.index].isin(told - quiet)]):
        quiet.add(ANY)
    return table["jenis"].isin(quiet)


def tells_done(events: pd.DataFrame) -> bool:
    """Tell whether the follow-up of these events rests on one to four people: those with it done, not done or known."""
    if "tindak_lanjut" not in events:
        return False
    known = events.dropna(subset=["tindak_lanjut"])
    done = known["tindak_lanjut"].astype(bool)
    return any(is_small(known.loc[rows, "pegawai_id"].nunique()) for rows in (done, ~done, done | ~done))


def _gives_group_back(lan: dict[str, pd.DataFrame], rows: list[dict[str, object]], whole: pd.DataFrame) -> bool:
    """Tell whether the groups that are shown would give a hidden one back, taken from the whole."""
    shown = [part["pegawai_id"] for part, row in zip(lan.values(), rows, strict=True) if not row["hidden"]]
    known = pd.concat(shown) if shown else pd.Series(dtype="object")
    rest = whole.loc[~whole["pegawai_id"].isin(known), "pegawai_id"].nunique()
    return is_small(rest) or any(is_small(len(part)) for part in lan.values())


def tells_few(n: int, forms: Iterable[str], events: pd.DataFrame) -> bool:
    """Tell whether `n` people who had one of the `forms` would, beside the table of forms, tell of one to four.

    Compared with each row of `build_events` that counts some of those forms only, or those forms among others.
    """
    wanted = set(forms)
    for jenis, people in events.loc[events["people"].notna(), ["jenis", "people"]].itertuples(index=False):
        row = FORMS_OF.get(jenis) or set(jenis.split("+"))
        if (row <= wanted or wanted <= row) and is_small(abs(n - int(people))):
            return True
    return False


def _form_rows(group: str, events: pd.DataFrame, n: int) -> list[dict[str, object]]:
    """Return the rows of a group's forms; small ones and those beyond the first four together in the last."""
    persons = events.groupby("jenis", observed=True)["pegawai_id"].nunique()
    order = sorted(persons.index, key=lambda form: (form not in GUIDED, -persons[form], form))
    parts = {form: events[events["jenis"] == form] for form in order}
    shown = [form for form in order if not _is_few(parts[form], n)]
    shown = shown[:MOST_FORMS] if len(order) > MOST_FORMS + 1 else shown
    rest = [form for form in order if form not in shown]
    while rest and shown and _is_few(pd.concat([parts[form] for form in rest]), n):
        rest.insert(0, shown.pop())
    rows = [_events_row(group, form, parts[form], n) for form in shown]
    return [*rows, _events_row(group, "+".join(rest), pd.concat([parts[form] for form in rest]), n)] if rest else rows


def _is_few(events: pd.DataFrame, n: int) -> bool:
    return hide_share(events["pegawai_id"].nunique(), n) or is_small(len(events))


def _events_row(group: str, kind: str, events: pd.DataFrame, n: int) -> dict[str, object]:
    persons = int(events["pegawai_id"].nunique())
    hidden = hide_share(persons, n)
    plain, few = kind == "konseling" or hidden, is_small(len(events))
    untold = plain or tells_done(events)
    done = events["tindak_lanjut"].dropna() if "tindak_lanjut" in events else pd.Series(dtype="boolean")
    return {
        "kelompok": group,
        "jenis": kind,
        "label": _form_label(kind),
        "events": pd.NA if few or n < MIN_GROUP else len(events),
        "people": pd.NA if hidden else persons,
        "n": n if n >= MIN_GROUP else pd.NA,
        "share": np.nan if plain else 100 * persons / n,
        "follow_up": np.nan if untold or done.empty else 100 * float(done.astype(float).mean()),
        "hidden": hidden,
        "few": few and n >= MIN_GROUP,
    }


def _form_label(kind: str) -> str:
    if kind == ANY:
        return _(ANY_LABEL)
    names = [label(form) for form in kind.split("+")]
    if len(names) > MOST_NAMES:
        return _("{n} bentuk lain").format(n=len(names))
    return ", ".join([names[0], *[name[:1].lower() + name[1:] for name in names[1:]]])


def build_reach(scope: Scope) -> pd.DataFrame | None:
    """Return who was reached by coaching or mentoring and how much JP each group got.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        `group` (semua, jenis_kelamin, golongan, jenis_jabatan, status), `level`, `label`, `n`, `share` with
        `conf_low`, `conf_high` (per cent with coaching or mentoring), `jp` with `jp_low`, `jp_high` (mean JP in the
        period), `hidden` (nothing of the row is shown), `share_hidden`. A grouping that shows fewer than two levels is
        one hidden row with all its levels in `label`. None without `kegiatan`.
    """
    people = find_people(scope, "kegiatan")
    if people is None:
        return None
    people = people.assign(guided=mark_guided(scope, people))
    if "jp" not in people:
        people["jp"] = np.nan
    levels = {WHOLE: pd.Series(WHOLE, index=people.index), **_groupings(scope.data, people["pegawai_id"])}
    parts = [people[["guided", "jp"]].assign(group=name, level=values) for name, values in levels.items()]
    table = _reach_table(pd.concat(parts, ignore_index=True).fillna({"level": ""}), levels)
    kept = [rows for _name, rows in table.groupby("group", sort=False) if _is_told(rows)]
    return pd.concat([_left_out(rows) if _is_silent(rows) else rows for rows in kept], ignore_index=True)


def _is_told(rows: pd.DataFrame) -> bool:
    """Tell whether a grouping has anything to compare; the whole scope always has."""
    return len(rows) > 1 or rows["group"].iloc[0] == WHOLE


def _is_silent(rows: pd.DataFrame) -> bool:
    return len(rows) > 1 and int((~rows["hidden"]).sum()) < 2


def _groupings(data: Dataset, ids: pd.Series) -> dict[str, pd.Series]:
    person = data["pegawai"].set_index("pegawai_id").reindex(ids).set_axis(ids.index)
    found: dict[str, pd.Series] = {}
    if "jenis_kelamin" in person:
        found["jenis_kelamin"] = person["jenis_kelamin"].astype("str")
    if "golongan" in person:
        grade = person["golongan"].str.extract(r"^(IV|I{1,3})(?:/|$)", expand=False)
        if "status" in person:
            status = person["status"].astype("object")
            grade = grade.mask((status == "PPPK") | (grade.isna() & (status != "PNS")), OTHER)
        found["golongan"] = grade
    if "jenis_jabatan" in person:
        post = person["jenis_jabatan"].astype("object")
        found["jenis_jabatan"] = post.mask(post.isin(STRUCTURAL), "struktural").astype("str")
    if "status" in person:
        found["status"] = person["status"].astype("str")
    return found


def _reach_table(long: pd.DataFrame, groups: Iterable[str]) -> pd.DataFrame:
    """Return the numbers of each group and level, in the order of `groups` and `LEVELS`."""
    long = long.assign(key=long["group"] + "/" + long["level"])
    guided = long.groupby("key")["guided"]
    k, n = guided.sum(), guided.size()
    shares = share_intervals(k, n).rename(columns={"value": "share"})
    means = mean_intervals(long, "key", "jp").drop(columns="n")
    means = means.rename(columns={"value": "jp", "conf_low": "jp_low", "conf_high": "jp_high"})
    table = pd.concat([n.rename("n"), k.rename("k"), shares, means], axis=1)
    order = [f"{name}/{level}" for name in groups for level in (*LEVELS.get(name, (WHOLE,)), "", OTHER)]
    table = table.reindex([key for key in order if key in table.index])
    table.insert(0, "level", table.index.str.partition("/").get_level_values(2))
    table.insert(0, "group", table.index.str.partition("/").get_level_values(0))
    names = [_("Seluruh unit") if level == WHOLE else _level_label(level) for level in table["level"]]
    table.insert(2, "label", names)
    table = table.assign(hidden=_hide_by_totals(table, _hide_sizes))
    quiet = _hide_by_totals(table, _hide_shares)
    table[["share", "conf_low", "conf_high"]] = table[["share", "conf_low", "conf_high"]].mask(quiet)
    table[["jp", "jp_low", "jp_high"]] = table[["jp", "jp_low", "jp_high"]].mask(table["hidden"])
    table = table.assign(n=table["n"].astype("Int64").mask(table["hidden"]), share_hidden=quiet)
    return table[~table["level"].isin(["", OTHER])].drop(columns="k").reset_index(drop=True)


def _hide_by_totals(table: pd.DataFrame, hide: Callable[[pd.DataFrame], pd.Series]) -> pd.Series:
    """Hide within each grouping for each total a reader may have: of its levels, of one status, of everybody."""
    hidden = pd.Series(data=False, index=table.index)
    while True:  # what one total asks for can leave few people under another
        before = hidden.copy()
        for _name, rows in table.assign(hidden=table.get("hidden", False) | before).groupby("group"):
            for outside in (["", OTHER], [OTHER], []):
                hidden |= hide(rows[~rows["level"].isin(outside)]).reindex(table.index, fill_value=False)
        if hidden.equals(before):
            return hidden.astype(bool)


def _hide_sizes(rows: pd.DataFrame) -> pd.Series:
    return hide_counts(rows["n"]) | (rows["n"] < MIN_GROUP)


def _hide_shares(rows: pd.DataFrame) -> pd.Series:
    """Hide shares of small numbers, and the next smallest group's while the hidden are one or hold few together."""
    k, n = rows["k"], rows["n"]
    small = [hide_share(a, b) for a, b in zip(k, n, strict=True)]
    quiet = (rows["hidden"] | pd.Series(small, index=n.index, dtype=bool)).astype(bool)
    while quiet.any() and not quiet.all() and (quiet.sum() == 1 or hide_share(k[quiet].sum(), n[quiet].sum())):
        quiet = quiet.mask(n.index == n[~quiet].idxmin(), True)
    return quiet


def _left_out(rows: pd.DataFrame) -> pd.DataFrame:
    names = list(rows["label"])
    text = _("{first} dan {last}").format(first=", ".join(names[:-1]), last=names[-1])
    row = rows.iloc[[0]].assign(level="", label=text, n=pd.array([pd.NA], dtype="Int64"), hidden=True)
    row[["share", "conf_low", "conf_high", "jp", "jp_low", "jp_high"]] = np.nan
    return row.assign(share_hidden=True)


def _level_label(level: str) -> str:
    return _("Golongan {level}").format(level=level) if level in GRADES else label(level)


def build_jp(scope: Scope) -> pd.DataFrame | None:
    """Return how many people reached the yearly quantum of JP by the end of the scope's period.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a bound: `status` (ASN = everybody, PNS, PPPK), `bound` ("minimal": `count` reached it; "maksimal":
        went over it), `jp` (the bound, a year), `role` ("aturan" or "informasi"), `n`, `count`, `share`, `conf_low`,
        `conf_high`, `mean` (mean JP of the year so far), `hidden` (count and share). None without JP.
    """
    people = find_people(scope, "kegiatan.jp")
    if people is None:
        return None
    events = find_events(scope.data, date(scope.period.year, 1, 1), scope.period.end)
    total = people["pegawai_id"].map(sum_jp(events)).fillna(0.0)
    who = pd.Series(pd.NA, index=people.index, dtype="object")
    if "status" in scope.data["pegawai"]:
        who = people["pegawai_id"].map(scope.data["pegawai"].set_index("pegawai_id")["status"].astype("object"))
    rows = []
    for status, bound, limit, role in jp_bounds():
        jp = total if status == "ASN" else total[(who == status).fillna(value=False).astype(bool)]
        if len(jp):
            k = int((jp >= limit).sum() if bound == "minimal" else (jp > limit).sum())
            rows.append({"status": status, "bound": bound, "jp": limit, "role": role, **_jp_numbers(jp, k)})
    rows.sort(key=lambda row: ("ASN", "PNS", "PPPK").index(str(row["status"])))
    return _hide_jp(pd.DataFrame(rows))


def _jp_numbers(jp: pd.Series, k: int) -> dict[str, object]:
    level = share_interval(k, len(jp))
    interval = {"share": level.value, "conf_low": level.conf_low, "conf_high": level.conf_high}
    return {"n": len(jp), "count": k, **interval, "mean": mean_interval(jp).value}


def _hide_jp(table: pd.DataFrame) -> pd.DataFrame:
    """Hide small numbers, and what would give them back: everybody minus PNS, or the size of a small group."""
    whole, parts = table["status"] == "ASN", table["status"] != "ASN"
    everybody, pns = table[whole].iloc[0], table[table["status"] == "PNS"]
    others = [everybody[name] - (pns.iloc[0][name] if len(pns) else 0) for name in ("count", "n")]
    sizes_hidden = bool(is_small(others[1]) or (table["n"] < MIN_GROUP).any())
    hidden = pd.Series([hide_share(k, n) for k, n in zip(table["count"], table["n"], strict=True)], index=table.index)
    shown = table.loc[parts & ~hidden, "count"].sum()  # the bound of PPPK is higher: some of them may be left over
    if sizes_hidden:
        hidden |= parts
    elif (len(pns) and others[1] > 0 and hide_share(*others)) or is_small(everybody["count"] - shown):
        hidden |= whole
    numbers = ["share", "conf_low", "conf_high"]
    table = table.astype({"n": "Int64", "count": "Int64"})
    table[numbers] = table[numbers].mask(hidden)
    table["count"] = table["count"].mask(hidden)
    quiet = (parts & sizes_hidden) | (everybody["n"] < MIN_GROUP)
    return table.assign(n=table["n"].mask(quiet), mean=table["mean"].mask(quiet), hidden=hidden)


def build_gaps(scope: Scope) -> pd.DataFrame | None:
    """Return for each competency how many people stand below the standard of their post, and by how much.

    Parameters
    ----------
    scope : Scope
        From `build_scope`. Levels of the scope's period are used, else of the last period up to it.

    Returns
    -------
    DataFrame or None
        One row a competency, in the order of the file: `kompetensi`, `periode`, `n` (missing too where one to four of
        the people were not assessed), `share` with `conf_low`,
        `conf_high` (per cent below standard), `gap` with `gap_low`, `gap_high` (mean of level minus standard),
        `hidden` (under five assessed), `share_hidden` (the gap too). None where nobody of the scope was assessed.
    """
    people = find_people(scope, "kompetensi.level", "kompetensi.level_standar")
    if people is None:
        return None
    rows = scope.data["kompetensi"]
    period = last_period(rows["periode"], scope.period)
    rows = rows[(rows["periode"] == period) & rows["pegawai_id"].isin(people["pegawai_id"])]
    rows = rows.dropna(subset=["level", "level_standar"])
    if rows.empty:
        return None
    gap = (rows["level"] - rows["level_standar"]).astype("float64")
    order = pd.CategoricalDtype(list(rows["kompetensi"].unique()))
    frame = pd.DataFrame({"kompetensi": rows["kompetensi"].astype(order), "gap": gap, "below": gap < 0})
    means = mean_intervals(frame, "kompetensi", "gap")
    n, k = means["n"], frame.groupby("kompetensi", observed=False)["below"].sum()
    shares = share_intervals(k, n).rename(columns={"value": "share"})
    means = means.drop(columns="n").rename(columns={"value": "gap", "conf_low": "gap_low", "conf_high": "gap_high"})
    hidden = n < MIN_GROUP
    quiet = pd.Series([hide_share(a, b) for a, b in zip(k, n, strict=True)], index=n.index, dtype=bool)
    table = pd.concat([shares, means], axis=1).mask(quiet)  # a mean of a few steps tells who is below
    table = table.assign(hidden=hidden, share_hidden=quiet)
    table.insert(0, "n", n.astype("Int64").mask(hidden | leaves_few(n, len(people))))
    table.insert(0, "periode", period)
    return table.rename_axis("kompetensi").reset_index().astype({"kompetensi": "str"})


def last_period(found: pd.Series, last: Period) -> str | None:
    """Return the period that a table has for `last`: itself, one that holds it, else the last that ended before."""
    known = [Period.parse(text) for text in sort_periods(found.dropna().unique())]
    if last in known:
        return str(last)
    around = [period for period in known if last in period]
    earlier = [period for period in known if period.end <= last.end]
    chosen: Sequence[Period] = around or earlier
    return str(chosen[-1]) if chosen else None


def find_staff(scope: Scope, period: Period) -> pd.DataFrame:
    """Return the people employed in a period: `pegawai_id`, `unit_id`, `left` (resigned in it).

    A person's unit is that of the last appraisal up to the period, else that of the table `pegawai`.
    """
    people = scope.data["pegawai"]
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    units = last_units(scope, period)
    gone = people["tanggal_keluar"]
    there = gone.isna() | (gone >= start)
    if "tmt_cpns" in people:
        there &= people["tmt_cpns"].isna() | (people["tmt_cpns"] <= end)
    left = gone.between(start, end) & (people["alasan_keluar"] == VOLUNTARY).fillna(value=False).astype(bool)
    staff = pd.DataFrame({"pegawai_id": people["pegawai_id"], "unit_id": units, "left": left})
    return staff[there].reset_index(drop=True)


def last_units(scope: Scope, period: Period) -> pd.Series:
    """Return the unit of each row of `pegawai`: that of the last appraisal up to the period, else its own."""
    people = scope.data["pegawai"]
    known = [text for text in scope.periods if Period.parse(text).start <= period.start]
    rows = find_appraised(scope.data, known)
    order = np.argsort(rows["periode"].map({text: at for at, text in enumerate(known)}).to_numpy(), kind="stable")
    places = pd.Index(people["pegawai_id"]).get_indexer(pd.Index(rows["pegawai_id"]))[order]
    homes = rows["unit_id"].to_numpy(dtype=object)[order]
    units = people["unit_id"].to_numpy(dtype=object, copy=True)
    known_unit = (places >= 0) & pd.notna(homes)
    units[places[known_unit]] = homes[known_unit]  # rows are in the order of time: the last one stays
    return pd.Series(units, index=people.index, dtype="str")


def gives_sibling_back(scope: Scope, staff: pd.DataFrame) -> bool:
    """Tell whether the unit's count, with its sisters' and their total, would give a hidden one back."""
    parents = find_parents(scope.data)
    sisters = tuple(unit for unit, above in parents.items() if above == parents[str(scope.unit)])
    tops = staff["unit_id"].map(assign_units(scope.data, sisters))
    counts = staff["left"].groupby(tops).sum().reindex(sisters, fill_value=0).astype(int)
    return bool(hide_counts(counts)[str(scope.unit)])
