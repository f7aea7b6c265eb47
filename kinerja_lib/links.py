"""How predikat goes together with development: people of a scope who have had a form beside those who have not.

A description, not an effect: nobody is drawn by lot. Both groups of a form are shown or neither, since the whole is on
the page; nothing is shown that would tell of one to four people. Counselling is counted elsewhere, never described: it
is not compared. Shares are in per cent, differences in points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinerja_lib.development import GUIDED, build_events, find_people, tells_few
from kinerja_lib.indicators import previous_period
from kinerja_lib.intervals import Level, mean_difference, mean_interval, share_difference, share_interval
from kinerja_lib.language import _, mark
from kinerja_lib.measures import GROUPS, add_predikat
from kinerja_lib.privacy import hide_share, is_small, merge_levels
from kinerja_lib.scope import Scope, find_appraised
from kinerja_lib.vocabulary import KLASIKAL, NONKLASIKAL, PREDIKAT, Period, label

BEST, MOVED = "best", "moved"
TRAINING = "pelatihan"
TRAINING_LABEL = mark("Pelatihan")
COURSES = tuple(form for form in (*KLASIKAL, *NONKLASIKAL) if form not in GUIDED)
FORMS = {"coaching": ("coaching",), "mentoring": ("mentoring",), TRAINING: COURSES}  # konseling is counted only


def build_links(scope: Scope) -> pd.DataFrame | None:
    """Return predikat of people who have had each form of development beside those who have not.

    Parameters
    ----------
    scope : Scope
        From `build_scope`.

    Returns
    -------
    DataFrame or None
        One row a measure and form: `measure` ("best": share with the highest predikat; "moved": 100 times people
        who rose less people who fell since the period before, per person appraised in both; absent where the two
        periods stand under different regulations or there is none before), `jenis` (coaching, mentoring,
        pelatihan), `label`, for those who have had it up to and with the period `n_had`, `had`, `had_low`,
        `had_high`, for the others `n_rest`, `rest`, `rest_low`, `rest_high`, and `difference`,
        `difference_low`, `difference_high` (Newcombe for shares, Welch for movements), `hidden`. Forms that nobody
        has had are left out. None without `kegiatan` or predikat.

    Examples
    --------
    >>> from kinerja_lib.scope import build_scope
    >>> from kinerja_lib.synth import build_agency
    >>> table = build_links(build_scope(build_agency(people=300, units=3, periods=3)))
    >>> table.loc[table["measure"] == "best", "jenis"].tolist()
    ['coaching', 'mentoring', 'pelatihan']
    """
    people, events = find_people(scope, "kegiatan"), build_events(scope)
    if people is None or events is None:
        return None
    people = people[people["predikat"].notna()]
    if people.empty:
        return None
    log = scope.data["kegiatan"]
    log = log.loc[log["mulai"] <= pd.Timestamp(scope.period.end), ["pegawai_id", "jenis"]]
    log = log[log["pegawai_id"].isin(people["pegawai_id"])]
    who = {kind: log.loc[log["jenis"].isin(forms), "pegawai_id"].unique() for kind, forms in FORMS.items()}
    had = {kind: people["pegawai_id"].isin(ids) for kind, ids in who.items()}
    had = {kind: flags for kind, flags in had.items() if flags.any()}
    moves, silent = _find_moves(scope, people), _hides_best(people["predikat"])
    rows = []
    for kind, flags in had.items():
        quiet = silent or tells_few(int(flags.sum()), FORMS[kind], events)
        rows.append(_best_row(people["predikat"] == PREDIKAT[-1], flags, quiet=quiet) | {"jenis": kind})
    for kind, flags in had.items():
        if moves is None:
            break
        quiet = tells_few(int(flags.sum()), FORMS[kind], events)
        rows.append(_moved_row(moves, flags, quiet=quiet) | {"jenis": kind})
    return _tabulate(rows) if rows else None


def _hides_best(predikat: pd.Series) -> bool:
    """Tell whether the page's distribution does not show how many have the highest predikat."""
    counts = pd.Series([int(predikat.isin(group).sum()) for group in GROUPS])
    return (0,) not in set(merge_levels(counts)["levels"])


def _find_moves(scope: Scope, people: pd.DataFrame) -> pd.Series | None:
    """Return for each of the people 100 where predikat rose since the period before, -100 where it fell, else 0.

    Missing for those not appraised then, wherever they were; None where the periods cannot be compared.
    """
    since = previous_period(scope)
    rules = [_rezim(scope, period) for period in (since, scope.period)]
    if str(since) not in scope.periods or (all(rules) and rules[0] != rules[1]):
        return None
    before = add_predikat(find_appraised(scope.data, [str(since)]))
    before = before[before["predikat"].notna()].drop_duplicates("pegawai_id").set_index("pegawai_id")
    then = before["predikat"].cat.codes.astype("float64").reindex(people["pegawai_id"])
    now = people["predikat"].cat.codes.to_numpy("float64")
    return pd.Series(100 * np.sign(now - then.to_numpy()), index=people.index)


def _rezim(scope: Scope, period: Period) -> frozenset[str]:
    rows = scope.data["penilaian"]
    if "rezim" not in rows:
        return frozenset()
    return frozenset(rows.loc[rows["periode"] == str(period), "rezim"].dropna().astype("str"))


def _best_row(best: pd.Series, flags: pd.Series, *, quiet: bool) -> dict[str, object]:
    pair = [best[flags], best[~flags]]
    k, n = [int(part.sum()) for part in pair], [len(part) for part in pair]
    hidden = quiet or any(hide_share(a, b) for a, b in zip(k, n, strict=True))
    arms = [share_interval(a, b) for a, b in zip(k, n, strict=True)]
    return _row(BEST, arms, share_difference((k[0], k[1]), (n[0], n[1])), hidden=hidden)


def _moved_row(moves: pd.Series, flags: pd.Series, *, quiet: bool) -> dict[str, object]:
    pair = [moves[flags], moves[~flags]]
    hidden = quiet or any(_tells_mover(part) for part in pair)
    return _row(MOVED, [mean_interval(part) for part in pair], mean_difference(*pair), hidden=hidden)


def _tells_mover(moves: pd.Series) -> bool:
    """Tell whether a group's movement rests on one to four who rose, stayed or fell, or leaves so many out."""
    known = moves.dropna()
    counts = [int((np.sign(known) == way).sum()) for way in (-1, 0, 1)]
    return any(map(is_small, (*counts, len(moves) - len(known)))) or hide_share(0, len(known))


def _row(measure: str, arms: list[Level], difference: Level, *, hidden: bool) -> dict[str, object]:
    row: dict[str, object] = {"measure": measure, "hidden": hidden}
    for name, level in zip(("had", "rest", "difference"), (*arms, difference), strict=True):
        numbers = (level.value, level.conf_low, level.conf_high)
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), [np.nan] * 3 if hidden else numbers, strict=True))
        row[f"n_{name}"] = pd.NA if hidden else level.n
    return row


def _tabulate(rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table["label"] = [_(TRAINING_LABEL) if kind == TRAINING else label(str(kind)) for kind in table["jenis"]]
    order = ["measure", "jenis", "label"]
    order += [part for arm in ("had", "rest") for part in (f"n_{arm}", arm, f"{arm}_low", f"{arm}_high")]
    order += ["difference", "difference_low", "difference_high", "hidden"]
    return table[order].astype({"n_had": "Int64", "n_rest": "Int64"})
