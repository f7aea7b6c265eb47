"""A programme to which the weakest are sent: compared two periods before with the period itself, over the dip.

Whoever is sent because of a bad period will do better in the next anyway. The period that sent them is left out, and
the one before it is compared with the one after it: without an effect these two are alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from kinerja_lib.estimate import Estimate, estimate_adjusted, estimate_regression
from kinerja_lib.language import _
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.studies import value_checks as look
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.programme import list_others
from kinerja_lib.studies.result import Study, join_rows, tidy_row, try_fit
from kinerja_lib.studies.verdict import decide, read_interval

WORDS = {"skor": lambda: _("skor rating"), "capaian_skp": lambda: _("capaian SKP")}


def study_dip(study: Study, rows: pd.DataFrame, outcome: Any, plan: StudyPlan) -> Study:
    """Return the study of a programme that follows a dip: the change over two periods against that of all others."""
    name = _choose_source(rows, outcome)
    spread = float(rows.loc[~rows["ikut"], name].std())
    if not spread > 0:
        return replace(study, why=("one_level",))
    unit = _("simpangan baku {outcome}").format(outcome=WORDS[name]()) if name in WORDS else study.unit
    scale = spread if name in WORDS else 1.0
    pairs = build_pairs(rows.assign(hasil=rows[name] / scale), "hasil")
    treated = pairs.loc[pairs["peserta"] == 1, "pegawai_id"].nunique()
    others = pairs.loc[pairs["peserta"] == 0, "pegawai_id"].nunique()
    if min(treated, others) < MIN_GROUP:
        return replace(study, why=("few_people",))
    main = _estimate_change(pairs)
    second = _estimate_weighted(pairs)
    naive = tidy_row(
        _estimate_recovery(rows, name, scale).assign(group="sebelum_sesudah"),
        role="naive",
        unit=unit,
        naive=True,
        term=study.programme,
    )
    parts = [tidy_row(main.table.iloc[[0]], role="main", unit=unit, headline=True, term=study.programme), naive]
    if second is not None:
        parts.insert(1, tidy_row(second.table.iloc[[0]], role="second", unit=unit, term=study.programme))
    checks = (*([look.check_quota(rows)] if outcome.ordinal else []), look.check_second(main, second))
    smallest = plan.smallest_effect * spread / scale
    said = decide(
        read_interval(main.table.iloc[0], plan.alpha), better=1, design="comparative", checks=checks, smallest=smallest
    )
    detail = {"regression_to_mean": look.expect_return(rows, name), "sources": look.split_variance(rows, name)}
    return replace(
        study,
        unit=unit,
        outcome=WORDS[name]() if name in WORDS else study.outcome,
        estimand=main.estimand,
        pooled=main,
        second=second,
        naive=naive,
        table=join_rows(parts),
        checks=checks,
        detail=detail,
        reach={"n_treated": float(treated), "n_control": float(others)},
        limits=look.say_limits(study),
        verdict=said.verdict,
        why=said.why,
    )


def _choose_source(rows: pd.DataFrame, outcome: Any) -> str:
    """Return the outcome: of ratings, the plan's achievement where there is one, for it is not what sent people."""
    if not outcome.ordinal:
        return str(outcome.columns[0])
    return "capaian_skp" if "capaian_skp" in rows and rows["capaian_skp"].notna().any() else "skor"


def build_pairs(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the changes over two periods, a row per person and middle period.

    Participants: sent exactly once, in the last of the three periods. Others: never sent. The last period of the data
    is no end of a pair: whether people were sent after it is not known, and those sent once were not.

    Returns
    -------
    DataFrame
        pegawai_id, waktu (of the end), peserta (0 or 1), perubahan, and other programmes at both ends (`lain_...`,
        `lain_..._awal`).
    """
    times = rows.groupby("pegawai_id")["terkirim"].transform("sum")
    kept = rows[(times <= 1) & rows[outcome].notna()]
    others = [str(name) for name in rows if str(name).startswith("lain_")]
    early = kept[["pegawai_id", "waktu", outcome, *others]].assign(waktu=kept["waktu"] + 2)
    both = kept.merge(early, on=["pegawai_id", "waktu"], suffixes=("", "_awal"))
    both = both[both["waktu"] < rows["waktu"].max()]
    both = both.assign(peserta=both["mulai_ikut"] == both["waktu"])
    both = both[both["peserta"] | (both["mulai_ikut"] < 0)]
    return pd.DataFrame(
        {
            "pegawai_id": both["pegawai_id"].to_numpy(),
            "waktu": both["waktu"].to_numpy(),
            "peserta": both["peserta"].to_numpy().astype("float64"),
            "perubahan": (both[outcome] - both[f"{outcome}_awal"]).to_numpy(),
            **{name: both[name].to_numpy() for name in others},
            **{f"{name}_awal": both[f"{name}_awal"].to_numpy() for name in others},
        }
    )


def _estimate_change(pairs: pd.DataFrame) -> Estimate:
    """Return the difference in change, the same period compared with itself."""
    terms = ["peserta", *list_others(pairs)]
    if pairs["waktu"].nunique() > 1:
        terms.append("C(waktu)")
    found = estimate_regression(pairs, "perubahan ~ " + " + ".join(terms), cluster="pegawai_id", errors="CR2")
    table = found.table[found.table["term"] == "peserta"].reset_index(drop=True)
    return replace(
        found,
        table=table,
        design="comparative",
        estimand=_(
            "perubahan mereka yang dikirim, dari dua periode sebelumnya, dibandingkan dengan perubahan yang lain"
        ),
        assumptions=(
            _("Sebelum dan sesudah penurunan yang membuat mereka dikirim, keadaan sementara mereka serupa."),
            _("Tanpa program, perubahan mereka yang dikirim dan yang lain akan sama."),
        ),
    )


def _estimate_weighted(pairs: pd.DataFrame) -> Estimate | None:
    """Return the same change by doubly robust weighting of the others, for those who were sent."""
    confounders = list_others(pairs) + (["langkah"] if pairs["waktu"].nunique() > 1 else [])
    return try_fit(
        estimate_adjusted,
        pairs.assign(langkah=pairs["waktu"].astype("str")),
        outcome="perubahan",
        treatment="peserta",
        confounders=confounders,
        target="ATT",
        cluster="pegawai_id",
    )


def _estimate_recovery(rows: pd.DataFrame, name: str, scale: float) -> pd.DataFrame:
    """Return the gain of participants from the period that sent them to the next: the answer that is given most."""
    last = rows[rows["mulai_ikut"] - rows["waktu"] == 1].set_index("pegawai_id")[name]
    first = rows[rows["kejadian"] == 0].set_index("pegawai_id")[name]
    gain = ((first - last.reindex(first.index)) / scale).dropna()
    part = pd.DataFrame({"pegawai_id": gain.index, "kenaikan": gain.to_numpy()})
    return estimate_regression(part, "kenaikan ~ 1").table
