"""A person's SKP form, a list of plans, and the results of an assessment centre."""

from __future__ import annotations

import re
from functools import partial

from kinerja_lib.read.convert_batch import Batch, Work, data_rows
from kinerja_lib.read.convert_own import level_parser, number_parser, refuse_without_period, set_period, set_regime
from kinerja_lib.read.convert_penilaian import SCORE, head_number, note_contradictions, read_key, year_of
from kinerja_lib.read.convert_people import read_people
from kinerja_lib.read.kinds import COMPETENCY, STANDARD, find_head_rater
from kinerja_lib.read.times import parse_date, parse_period
from kinerja_lib.read.values import clean_text, clean_words, is_missing, parse_integer, parse_number, parse_quantity
from kinerja_lib.schema import TABLES

STOP = ("perilaku kerja", "rating hasil kerja", "rating perilaku kerja", "predikat kinerja pegawai", "lampiran")
RESULTS = {
    "rating hasil kerja": "rating_hasil",
    "rating perilaku kerja": "rating_perilaku",
    "predikat kinerja pegawai": "predikat",
    "predikat kinerja": "predikat",
    "nilai akhir skp": "nilai_skp",
    "nilai skp": "nilai_skp",
    "nilai perilaku kerja": "nilai_perilaku",
}
CARRIED = ("rhk_atasan", "rhk", "aspek", "pegawai_id", "periode")


def convert_form(work: Work) -> None:
    """Read the rows of a plan; a cell merged over several rows counts for each of them."""
    rows, carried = _plan_rows(work)
    batch = Batch(work, "skp", rows)
    if "pegawai_id" in work.found.columns:
        batch.read_person("pegawai_id", raws=carried["pegawai_id"], key=True)
    else:
        read_key(batch)
    if "periode" in work.found.columns:
        batch.read("periode", lambda raw: (parse_period(raw) or "", None), raws=carried["periode"])
    set_period(batch)
    for name in ("rhk", "iki", "rhk_atasan"):
        if name in work.found.columns:
            missing = None if name == "rhk_atasan" else "text_missing"
            batch.read(name, clean_text, raws=carried.get(name), missing=missing, needed=missing is not None)
    for name in ("aspek", "kondisi"):
        if name in work.found.columns:
            batch.read(name, level_parser(name), raws=carried.get(name))
    for name in ("target", "realisasi"):
        if name in work.found.columns:
            batch.read(name, parse_quantity)
    if "bobot" in work.found.columns:
        batch.read("bobot", number_parser(TABLES["skp"].column("bobot")))
    _read_results(work, batch)


def _plan_rows(work: Work) -> tuple[list[int], dict[str, list[object]]]:
    """Return the rows with an indicator, and for merged columns the value that holds in each of them."""
    columns = work.found.columns
    names = [name for name in CARRIED if name in columns]
    last: dict[str, object] = dict.fromkeys(names, "")
    rows: list[int] = []
    carried: dict[str, list[object]] = {name: [] for name in names}
    for r in range(work.found.header + 1, len(work.sheet.rows)):
        filled = [v for v in work.sheet.rows[r] if not is_missing(v)]
        first = clean_words(filled[0]) if filled else ""
        if first in STOP or first.startswith(("rating hasil", "rating perilaku", "predikat kinerja")):
            break
        own = {name: work.cell(r, columns[name]) for name in names}
        if not is_missing(own.get("rhk", "")):
            last["aspek"] = ""  # an aspect is merged within one plan only
        if len(filled) >= 2:
            last |= {name: value for name, value in own.items() if not is_missing(value)}
        if is_missing(work.cell(r, columns["iki"])) or len(filled) < 2 or _numbers_columns(filled):
            if filled and not _numbers_columns(filled):
                work.note("rows_skipped", r, None)
            continue
        rows.append(r)
        for name in names:
            carried[name].append(last[name])
    work.data.update(rows)
    return rows, carried


def _numbers_columns(filled: list[object]) -> bool:
    texts = [v.strip("() ") if isinstance(v, str) else str(v).removesuffix(".0") for v in filled]
    return len(texts) >= 3 and all(re.fullmatch("[0-9]{1,2}", t) for t in texts)


def _read_results(work: Work, plan: Batch) -> None:
    """Read the ratings below a person's form as one appraisal."""
    places = _result_places(work)
    if not places or "pegawai_id" in work.found.columns:
        return
    row = next(iter(places.values()))[0]
    batch = Batch(work, "penilaian", [row])
    person, period = ((plan.texts(name) or [""])[0] for name in ("pegawai_id", "periode"))
    batch.values |= {"pegawai_id": [person], "periode": [period]}
    if not person or not period:
        batch.bad.add(0)
        work.reject("nip_missing" if not person else "period_missing", row, None, "penilaian", "pegawai_id")
        return
    for name, (r, c) in places.items():
        batch.rows = [r]
        score = name.startswith("nilai")
        parse = partial(parse_number, low=0, high=SCORE) if score else level_parser(name)
        batch.read(name, parse, at=c, needed=not score)
    if (rater := find_head_rater(work.sheet, work.found.header)) is not None:
        raw = head_number(work.cell(*rater))
        batch.values["penilai_id"] = [read_people([raw])[raw.__class__, raw].id]
    set_regime(batch)
    batch.rows = [places["predikat"][0] if "predikat" in places else row]
    note_contradictions(batch)


def _result_places(work: Work) -> dict[str, tuple[int, int]]:
    """Return where the results stand: in the cell to the right of their label, or below it."""
    places: dict[str, tuple[int, int]] = {}
    for r in range(work.found.header + 1, len(work.sheet.rows)):
        for c, value in enumerate(work.sheet.rows[r]):
            name = RESULTS.get(clean_words(value))
            if name is None or name in places:
                continue
            right = next((k for k in range(c + 1, len(work.sheet.rows[r])) if not _is_blank(work.cell(r, k))), None)
            if right is not None:
                places[name] = (r, right)
            elif r + 1 < len(work.sheet.rows) and not _is_blank(work.cell(r + 1, c)):
                places[name] = (r + 1, c)
    return places


def _is_blank(value: object) -> bool:
    return is_missing(value) or (isinstance(value, str) and value.strip() == ":")


# ---------------------------------------------------------------------------------------------------- competencies


def convert_assessment(work: Work) -> None:
    """Read levels of competencies: a column each, or a row each; the standard in columns, or in a row of its own."""
    base = Batch(work, "kompetensi", data_rows(work, "pegawai_id", aside=("level_standar",)))
    base.read_person("pegawai_id", key=True)
    _read_period(base)
    if "kompetensi" in work.found.columns:
        base.read("kompetensi", clean_text, missing="text_missing", needed=True)
        for name in ("level", "level_standar"):
            if name in work.found.columns:
                base.read(name, partial(parse_integer, low=0, high=5), needed=name == "level")
        return
    work.batches.remove(base)
    standards = _standard_row(work)
    kept = [i for i in range(len(base.rows)) if i not in base.bad]
    for field, at in work.found.columns.items():
        if field.startswith(COMPETENCY):
            _read_competency(base, kept, field.removeprefix(COMPETENCY), at, standards)


def _read_period(batch: Batch) -> None:
    columns = batch.work.found.columns
    name = next((n for n in ("tahun", "tanggal") if n in columns), None)
    if "periode" in columns or name is None or batch.work.found.period is not None:
        set_period(batch)
        return
    raws = batch.raws(columns[name])
    years = [str(year_of(raw) or "") or parse_date(raw)[0][:4] for raw in raws]
    batch.values["periode"], batch.cells["periode"] = years, columns[name]
    refuse_without_period(batch)


def _standard_row(work: Work) -> int | None:
    """Return the row that holds the standard of every competency, its first words being "Standar"."""
    for r in range(work.found.header + 1, len(work.sheet.rows)):
        start = next((clean_words(v) for v in work.sheet.rows[r] if isinstance(v, str) and clean_words(v)), "")
        if start == "standar" or start.startswith("standar "):
            return r
    return None


def _read_competency(base: Batch, kept: list[int], name: str, at: int, standards: int | None) -> None:
    work = base.work
    batch = Batch(work, "kompetensi", [base.rows[i] for i in kept])
    for column in ("pegawai_id", "periode"):
        batch.values[column] = [base.values[column][i] for i in kept]
    batch.cells |= base.cells
    batch.fill("kompetensi", name)
    parse = partial(parse_integer, low=0, high=5)
    levels = batch.read("level", parse, at=at, needed=True)
    standard = work.found.columns.get(STANDARD + name, work.found.columns.get("level_standar"))
    if standard is not None:
        batch.read("level_standar", parse, at=standard)
    elif standards is not None:
        batch.fill("level_standar", parse(work.cell(standards, at))[0])
    batch.bad.update(i for i, level in enumerate(levels) if not level)
