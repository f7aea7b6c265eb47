"""Section IV on the page, second half: what coaching and mentoring were about, how intense, and who also rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinerja_lib.exposure import MEASURES
from kinerja_lib.language import _, mark
from kinerja_lib.scope import Scope
from kinerja_lib.show.blocks import LeftOut, Note, Runs, Table, TableColumn, build_table, compose, each_row, lower_first
from kinerja_lib.show.development import INDENT
from kinerja_lib.show.numbers import MISSING, count, interval, number, percent
from kinerja_lib.vocabulary import label

GROUPS = {
    "tahap_grow": mark("Tahap GROW"),
    "topik": mark("Topik"),
    "peran_pembimbing": mark("Peran pembimbing"),
}
BLANK = "\u00a0"  # beside the head of a grouping
DECIMALS = {"sessions": 1, "minutes": 0, "gap": 0, "guided": 1, "same_source": 0}


def table_sessions(sessions: pd.DataFrame | None, scope: Scope, *, id: str = "sesi") -> Table | LeftOut:
    """Return coaching and mentoring sessions and their follow-up by GROW stage, topic and role of the guide.

    Parameters
    ----------
    sessions : DataFrame or None
        From `build_sessions`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Isi sesi coaching dan mentoring")
    if sessions is None:
        return LeftOut(_("tahap_grow, topik, dan peran_pembimbing tidak dicatat"), what)
    if sessions["hidden"].all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    kinds = [kind for kind in sessions["jenis"].unique() if not sessions.loc[sessions["jenis"] == kind, "hidden"].all()]
    frame, heads = _side_by_side(sessions, kinds)
    columns = [TableColumn("label", _("Tahap, topik, peran"))]
    for kind in kinds:
        columns += [
            TableColumn(f"{kind}_sessions", _("Sesi"), "count"),
            TableColumn(f"{kind}_share", _("Bagian (%)"), "number", 0),
            TableColumn(f"{kind}_follow_up", _("Selesai (%)"), "number", 0),
        ]
    names = [column.name for column in columns[1:]]
    cover = pd.DataFrame({name: [BLANK if head else np.nan for head in heads] for name in names}, dtype="object")
    return build_table(
        frame,
        columns,
        id=id,
        title=_("Isi sesi coaching dan mentoring, {period}").format(period=scope.period.label),
        hidden=cover,
        spanners=_spanners(kinds),
        notes=(compose(_("Bagian: dari sesi yang tahap, topik, atau perannya dicatat. Selesai: tindak lanjutnya.")),),
        source=_("tabel kegiatan, diolah."),
    )


def _spanners(kinds: list[str]) -> list[dict[str, Any]]:
    """Return the kinds as heads over three columns each, beside the column of labels."""
    over = [{"label": label(kind), "first": 1 + 3 * at, "span": 3} for at, kind in enumerate(kinds)]
    return [{"label": "", "first": 0, "span": 1}, *over]


def _side_by_side(sessions: pd.DataFrame, kinds: list[str]) -> tuple[pd.DataFrame, list[bool]]:
    """Return the kinds beside each other under a head for each grouping, and which rows are heads."""
    numbers = ["sessions", "share", "follow_up"]
    rows: list[dict[str, Any]] = []
    for name, part in sessions[sessions["jenis"].isin(kinds)].groupby("group", sort=False):
        rows.append({"label": _(GROUPS[str(name)]), "head": True})
        for level, cells in part.groupby("level", sort=False):
            row: dict[str, Any] = {"label": INDENT + str(cells["label"].iloc[0]), "head": False, "level": level}
            for cell in each_row(cells):
                row |= {f"{cell.jenis}_{number}": getattr(cell, number) for number in numbers}
            rows.append(row)
    names = [f"{kind}_{name}" for kind in kinds for name in numbers]
    frame = pd.DataFrame(rows).reindex(columns=["label", "head", *names])
    frame[names] = frame[names].astype("Float64")
    return frame, list(frame["head"])


def table_intensity(intensity: pd.DataFrame | None, scope: Scope, *, id: str = "intensitas") -> Table | LeftOut:
    """Return how intense coaching and mentoring were: each measure with its interval and n, the kinds side by side.

    Parameters
    ----------
    intensity : DataFrame or None
        From `build_intensity`.
    scope : Scope
        What the report is about.
    id : str
        Name for references.
    """
    what = _("Intensitas coaching dan mentoring")
    if intensity is None:
        return LeftOut(_("tidak ada coaching maupun mentoring"), what)
    if intensity["value"].isna().all():
        return LeftOut(_("tidak dirinci, agar tidak menunjuk orang"), what)
    kinds = [str(kind) for kind, rows in intensity.groupby("jenis", sort=False) if rows["value"].notna().any()]
    cells = {(row.jenis, row.measure): row for row in each_row(intensity)}
    known = [name for name in MEASURES if any(pd.notna(cells[kind, name].value) for kind in kinds)]
    columns, shown = [TableColumn("label", _("Ukuran"))], {"label": [_(MEASURES[name]) for name in known]}
    for kind in kinds:
        texts = [_cell(cells[kind, name], DECIMALS[name]) for name in known]
        columns += [
            TableColumn(f"{kind}_value", _("Nilai"), "words"),
            TableColumn(f"{kind}_ends", _("Selang 95 %"), "words"),
            TableColumn(f"{kind}_n", "n", "words"),
        ]
        shown |= {f"{kind}_{part}": [text[at] for text in texts] for at, part in enumerate(("value", "ends", "n"))}
    title = _("Intensitas coaching dan mentoring, {period}").format(period=scope.period.label)
    note = compose(_("n: pegawai; untuk pegawai per pembimbing, banyaknya pembimbing."))
    source = _("tabel kegiatan dan penilaian, diolah.")
    frame = pd.DataFrame(shown)
    return build_table(frame, columns, id=id, title=title, spanners=_spanners(kinds), notes=(note,), source=source)


def _cell(row: Any, decimals: int) -> tuple[str, str, str]:
    if pd.isna(row.value):
        return MISSING, MISSING, MISSING
    ends = interval(row.conf_low, row.conf_high, decimals)
    return number(row.value, decimals).text, ends.text, count(int(row.n)).text


def note_intensity(intensity: pd.DataFrame | None) -> Note | None:
    """Return what a guide who is also the rater means for reading the ratings, and how people spread over guides."""
    if intensity is None:
        return None
    rows = each_row(intensity)
    paragraphs = [runs for say in (_say_same_source, _say_load) for row in rows for runs in say(row)]
    return Note(tuple(paragraphs)) if paragraphs else None


def _say_same_source(row: Any) -> list[Runs]:
    if row.measure != "same_source" or pd.isna(row.value) or row.value == 0:
        return []
    text = _(
        "**Pembimbing juga penilai ({kind}): {share}** (selang 95 %: {interval}; n = {n}). Kesan sebagai pembimbing "
        "dapat terbawa ke rating yang ia beri, jadi rating yang lebih tinggi belum tentu kinerja yang lebih baik. "
        "Bandingkan dengan capaian SKP, atau dengan pegawai yang pembimbingnya bukan penilainya."
    )
    ends = interval(row.conf_low, row.conf_high, 0)
    kind = lower_first(label(row.jenis))
    return [compose(text, kind=kind, share=percent(row.value), interval=ends, n=count(int(row.n)))]


def _say_load(row: Any) -> list[Runs]:
    if row.measure != "guided" or pd.isna(row.median):
        return []
    text = _("**{kind}:** separuh pembimbing mendampingi paling banyak {median} pegawai")
    runs = compose(text, kind=label(row.jenis), median=number(row.median, 0 if row.median % 1 == 0 else 1))
    if pd.notna(row.highest):
        runs = (*runs, *compose(_("; yang terbanyak {highest}"), highest=count(row.highest)))
    return [(*runs, {"text": "."})]
