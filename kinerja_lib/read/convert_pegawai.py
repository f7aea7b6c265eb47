"""The employee file of SIASN: people, and the units that they belong to."""

from __future__ import annotations

from kinerja_lib.errors import CallError
from kinerja_lib.read.convert_batch import Batch, Work, data_rows
from kinerja_lib.read.convert_own import labels, level_parser
from kinerja_lib.read.times import parse_date
from kinerja_lib.read.values import Parsed, clean_text, clean_words, is_missing, parse_code, plain
from kinerja_lib.rules import read_golongan

POSTS = ("jenis_jabatan_id", "jenis_jabatan", "eselon_id", "eselon", "jenjang", "jabatan")


def convert_staff(work: Work) -> None:
    """Read people; what a cell leaves open and the digits of the NIP say is taken from them."""
    batch = Batch(work, "pegawai", data_rows(work, "pegawai_id"))
    batch.read_person("pegawai_id", key=True)
    _read_unit(batch)
    _read_identity(batch)
    _read_grade(batch)
    _read_post(batch)
    for name in ("pendidikan", "alasan_keluar"):
        if name in work.found.columns:
            batch.read(name, level_parser(name))
    if "tanggal_keluar" in work.found.columns:
        batch.read("tanggal_keluar", parse_date)
    _build_units(batch)


def _read_unit(batch: Batch) -> None:
    if "unit_id" in batch.work.found.columns:
        batch.read("unit_id", parse_code, missing="unit_missing", needed=True)
        return
    at = batch.column("unit_nama")
    batch.read("unit_id", clean_text, at=at, missing="unit_missing", needed=True)
    if batch.rows:
        batch.work.note("unit_from_name", batch.work.found.header, at, table="pegawai", name="unit_id")


def _read_identity(batch: Batch) -> None:
    """Read sex, birth, appointment and status; say where they differ from what the NIP says."""
    people = batch.people
    own = {
        "jenis_kelamin": (level_parser("jenis_kelamin"), "nip_sex_differs", [p.sex for p in people]),
        "tanggal_lahir": (parse_date, "nip_birth_differs", [p.birth for p in people]),
        "tmt_cpns": (parse_date, "nip_tmt_differs", [p.tmt for p in people]),
    }
    for name, (parse, rule, said) in own.items():
        values = batch.read(name, parse) if name in batch.work.found.columns else [""] * len(people)
        for i, (value, other) in enumerate(zip(values, said, strict=True)):
            year = name == "tmt_cpns" and people[i].status == "PPPK"  # the number of a PPPK has no month
            if value and other and (value[:4] != other[:4] if year else value != other) and i not in batch.bad:
                batch.fault(rule, i, name, batch.cells.get(name))
        batch.values[name] = [value or other for value, other in zip(values, said, strict=True)]
    batch.values["status"] = [person.status for person in people]
    if "status" in batch.work.found.columns and not all(batch.values["status"]):
        stated = [
            ("", None) if is_missing(raw) else level_parser("status")(raw) for raw in batch.raws(batch.column("status"))
        ]
        batch.values["status"] = [p.status or text for p, (text, _rule) in zip(people, stated, strict=True)]


def _read_grade(batch: Batch) -> None:
    name = "golongan" if "golongan" in batch.work.found.columns else "golongan_id"
    at = batch.column(name)
    if at is None:
        return
    texts, codes = batch.raws(batch.column("golongan")), batch.raws(batch.column("golongan_id"))
    given = [
        ("" if is_missing(text) and is_missing(code) else text if not is_missing(text) else code, status or "PNS")
        for text, code, status in zip(texts, codes, batch.values["status"], strict=True)
    ]
    batch.read("golongan", _parse_grade, at=at, raws=given)


def _parse_grade(pair: object) -> Parsed:
    assert isinstance(pair, tuple)
    value, status = pair
    if is_missing(value):
        return "", None
    try:
        text = value.strip().lstrip("'") if isinstance(value, str) else value
        return read_golongan(text, status) or "", None
    except CallError:
        return "", "label_unknown"


def _read_post(batch: Batch) -> None:
    names = [name for name in POSTS if name in batch.work.found.columns]
    at = next(
        (
            c
            for name in ("jenis_jabatan", "jenis_jabatan_id", "eselon", "eselon_id")
            if (c := batch.column(name)) is not None
        ),
        None,
    )
    cells = {name: batch.raws(batch.column(name)) for name in names}
    given = [tuple((name, cells[name][i]) for name in names) for i in range(len(batch.rows))]
    if at is not None:
        batch.read("jenis_jabatan", _parse_post, at=at, raws=given)
    level_at = batch.column("jenjang") if "jenjang" in names else batch.column("jabatan")
    if level_at is not None:
        batch.read("jenjang", _parse_rank, at=level_at, raws=given)


def _parse_post(given: object) -> Parsed:
    """Return the kind of post: by its echelon, else by its kind; a rank of specialists means a functional post."""
    cells = {name: _label(value) for name, value in given}  # type: ignore[attr-defined]
    echelon = next((e for n in ("eselon_id", "eselon") if (e := labels("eselon").get(cells.get(n, "")))), "")
    if echelon:
        return echelon, None
    stated = [cells[name] for name in ("jenis_jabatan_id", "jenis_jabatan") if cells.get(name)]
    kinds = [labels("jenis_jabatan").get(words) for words in stated]
    kind = next((k for k in kinds if k), "")
    if kind:
        return kind, None
    return "", "label_unknown" if stated and None in kinds else None


def _label(value: object) -> str:
    return clean_words(value if isinstance(value, str) else plain(value))


def _parse_rank(given: object) -> Parsed:
    """Return the rank: of its own column, else the last words of the post's name."""
    cells = dict(given)  # type: ignore[call-overload]
    if not is_missing(cells.get("jenjang", "")):
        text, rule = clean_text(cells["jenjang"])
        return labels("jenjang").get(clean_words(text), text), rule
    words = clean_words(cells.get("jabatan", ""))
    return next((rank for known, rank in labels("jenjang").items() if words.endswith(" " + known)), ""), None


def _build_units(batch: Batch) -> None:
    """Add a row for each unit that people belong to; one code with two names keeps the first, and is said."""
    work = batch.work
    named, above = batch.column("unit_nama"), batch.column("induk_id")
    first: dict[str, int] = {}
    names: dict[str, str] = {}
    for i, unit in enumerate(batch.values["unit_id"]):
        if not unit or i in batch.bad:
            continue
        name = clean_text(work.cell(batch.rows[i], named))[0] if named is not None else ""
        if unit not in first:
            first[unit] = i
            names[unit] = name
        elif name and not names[unit]:
            names[unit] = name
        elif name and name != names[unit]:
            work.note("unit_name_differs", batch.rows[i], named, table="unit", name="nama")
    units = Batch(work, "unit", [batch.rows[i] for i in first.values()])
    units.values = {"unit_id": list(first), "nama": [names[unit] or unit for unit in first]}
    units.cells = {"unit_id": batch.cells["unit_id"]} | ({"nama": named} if named is not None else {})
    if above is not None:
        units.read("induk_id", parse_code, at=above)
        _add_parents(work, units, batch.column("induk_nama"))


def _add_parents(work: Work, units: Batch, named: int | None) -> None:
    """Add the units above that no person of the file belongs to, where their names are given."""
    if named is None:
        return
    known = set(units.values["unit_id"])
    for i, parent in enumerate(list(units.values["induk_id"])):
        name = clean_text(work.cell(units.rows[i], named))[0]
        if parent and name and parent not in known:
            known.add(parent)
            units.rows.append(units.rows[i])
            for column, value in (("unit_id", parent), ("nama", name), ("induk_id", "")):
                units.values[column].append(value)
