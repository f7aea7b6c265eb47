"""The canonical tables: every column of every table, the types it gets, and messages that name no person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import DataError
from kinerja_lib.schema import TABLES, Column, Dataset, Table
from kinerja_lib.typed import check_table, known_columns

NIP, NAME = "198501012010011001", "Siti Rahayu"
GOOD = {"id": "A1", "text": "teks", "period": "2025-S1", "date": "2025-01-31", "integer": "3", "boolean": "ya"}
BAD = {
    "level": "tidak dikenal",
    "period": "2025-S3",
    "date": "31-01-2025",
    "number": "1.250,50",
    "integer": "2.5",
    "boolean": "mungkin",
}
DTYPES = {
    **dict.fromkeys(("id", "text", "period"), "str"),
    "level": "category",
    "date": "datetime64[us]",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
}


def columns_where(test: Callable[[Column], bool]) -> pytest.MarkDecorator:
    """Run a test for every column of every table that passes `test`."""
    chosen = [(table, column) for table in TABLES.values() for column in table.columns if test(column)]
    names = [f"{table.name}.{column.name}" for table, column in chosen]
    return pytest.mark.parametrize(("table", "column"), chosen, ids=names)


every_column = columns_where(lambda _column: True)


def where(position: int) -> str:
    return "judul" if position < 0 else f"baris {position + 2}"


def good(column: Column) -> str:
    if column.kind == "level":
        return column.levels[-1]
    return "12.5" if column.kind == "number" else GOOD[column.kind]


def raw(table: Table, rows: int = 2, **changes: list[str]) -> pd.DataFrame:
    """Return valid text for every column of the table, the key numbered, with some columns changed."""
    cells = {column.name: [good(column)] * rows for column in table.columns}
    text_key = next(c for c in table.columns if c.key and c.kind in ("id", "text"))
    cells[text_key.name] = [f"K{row}" for row in range(rows)]
    return pd.DataFrame(cells | changes, dtype="str")


def check(table: Table, frame: pd.DataFrame, **options: bool) -> pd.DataFrame:
    return check_table(table.name, frame, locate=where, **options)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_types_of_every_table(table: Table) -> None:
    frame = check(table, raw(table))
    assert list(frame) == [column.name for column in table.columns]
    assert {name: dtype.name for name, dtype in frame.dtypes.items()} == {c.name: DTYPES[c.kind] for c in table.columns}


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize("comma", [False, True])
def test_input_stays_as_it_was(table: Table, comma: bool) -> None:
    frame = raw(table)
    before = frame.copy(deep=True)
    check(table, frame, comma=comma)
    assert_frame_equal(frame, before)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_has_a_key_of_required_columns(table: Table) -> None:
    assert table.key
    assert all(table.column(name).required for name in table.key)
    assert len({column.name for column in table.columns}) == len(table.columns)


@every_column
def test_missing_values(table: Table, column: Column) -> None:
    frame = raw(table, **{column.name: ["", "  "]})
    if not column.required:
        assert check(table, frame)[column.name].isna().all()
        return
    text = f"baris 2, tabel {table.name}, kolom {column.name}: nilai kosong; yang diizinkan: kolom ini wajib diisi."
    with pytest.raises(DataError, match=f"^{re.escape(text)} Ada 1 baris lain yang serupa\\.$"):
        check(table, frame)


@every_column
def test_columns_that_may_be_left_out(table: Table, column: Column) -> None:
    frame = raw(table).drop(columns=column.name)
    if column.required:
        with pytest.raises(DataError, match=f"^judul: kolom {column.name} tidak ada; ditemukan: "):
            check(table, frame)
    else:
        assert column.name not in check(table, frame)


@columns_where(lambda column: column.kind not in ("id", "text"))
def test_a_bad_value_is_refused_in_every_column_that_has_a_type(table: Table, column: Column) -> None:
    bad = BAD[column.kind]
    frame = raw(table, **{column.name: [good(column), bad]})
    start = f"baris 3, tabel {table.name}, kolom {column.name}: ditemukan '{bad}'; yang diizinkan: "
    with pytest.raises(DataError, match=f"^{re.escape(start)}.+\\.$"):
        check(table, frame)


@columns_where(lambda column: column.low is not None or column.high is not None)
def test_ends_of_every_range(table: Table, column: Column) -> None:
    for end, step in ((column.low, -1), (column.high, 1)):
        if end is None:
            continue
        assert check(table, raw(table, rows=1, **{column.name: [f"{end:g}"]}))[column.name].tolist() == [end]
        outside = f"{end + step:g}"
        with pytest.raises(DataError, match=f"kolom {column.name}: ditemukan '{outside}'; yang diizinkan: .*{end:g}"):
            check(table, raw(table, rows=1, **{column.name: [outside]}))


@columns_where(lambda column: column.kind == "level")
def test_levels_keep_the_declared_order(table: Table, column: Column) -> None:
    values = [*reversed(column.levels), *([] if column.required else [""])]
    dtype = check(table, raw(table, rows=len(values), **{column.name: values}))[column.name].dtype
    assert isinstance(dtype, pd.CategoricalDtype)
    assert dtype.ordered
    assert tuple(dtype.categories) == column.levels
    only = check(table, raw(table, rows=1, **{column.name: [column.levels[0]]}))[column.name]
    assert tuple(only.cat.categories) == column.levels  # levels that do not occur stay


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_key_stands_once(table: Table) -> None:
    frame = pd.concat([raw(table), raw(table).iloc[[1, 1]]], ignore_index=True)
    text = f"baris 4, tabel {table.name}: kunci {' + '.join(table.key)} sama dengan baris 3; "
    with pytest.raises(DataError, match=f"^{re.escape(text)}satu kunci hanya boleh satu baris\\. Ada 1 baris lain"):
        check(table, frame)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_no_rows_give_typed_empty_columns(table: Table) -> None:
    frame = check(table, raw(table).iloc[:0])
    assert len(frame) == 0
    assert frame.dtypes.astype(str).to_dict() == check(table, raw(table)).dtypes.astype(str).to_dict()


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (["unit_id"], "judul: kolom nama tidak ada; ditemukan: unit_id. Tambahkan kolom itu pada tabel unit."),
        ([], "judul: kolom unit_id, nama tidak ada; ditemukan: -. Tambahkan kolom itu pada tabel unit."),
        (
            ["unit_id", "nma"],
            (
                "judul: kolom nama tidak ada; ditemukan: unit_id, nma. Tambahkan kolom itu pada tabel unit. "
                "Maksud Anda nma?"
            ),
        ),
        (["unit_id", "nama", "nama"], "judul: kolom nama ada dua kali; sisakan satu."),
        (
            ["unit_id", "nama", "induk"],
            "judul: kolom induk tidak dikenal pada tabel unit. Maksud Anda induk_id?",
        ),
        ([NIP, "A1"], "judul: baris pertama harus nama kolom; di situ ada data."),
    ],
)
def test_columns_that_do_not_fit(columns: list[str], text: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(text)}$"):
        check(TABLES["unit"], pd.DataFrame([["x"] * len(columns)], columns=columns, dtype="str"))


def test_columns_of_other_tables_and_covariates() -> None:
    found = ["nama", "x_lama", "catatan", "pegawai_id", "unit_id"]
    assert known_columns("pegawai", found) == ["pegawai_id", "unit_id", "nama", "x_lama"]
    assert known_columns("unit", found) == ["unit_id", "nama"]
    assert TABLES["pegawai"].column("x_lama") == Column("x_lama", "number")
    with pytest.raises(KeyError, match="x_lama"):
        TABLES["unit"].column("x_lama")
    frame = raw(TABLES["pegawai"], x_lama=["1.5", ""], catatan=["a", "b"])
    assert check(TABLES["pegawai"], frame)["x_lama"].iloc[0] == 1.5
    with pytest.raises(DataError, match=r"^baris 2, tabel pegawai, kolom x_lama: ditemukan 'lama'; .* titik desimal"):
        check(TABLES["pegawai"], frame.assign(x_lama="lama"))


@pytest.mark.parametrize(
    ("text", "comma", "number"),
    [
        ("88.46", False, 88.46),
        ("-3", False, -3.0),
        ("+5", False, 5.0),
        ("1e3", False, 1000.0),
        (" 7 ", False, 7.0),
        ("88,46", False, None),
        ("1.250.000", False, None),
        ("nan", False, None),
        ("inf", False, None),
        ("-Infinity", False, None),
        ("0x10", False, None),
        ("1_000", False, None),
        ("12 jam", False, None),
        ("١٢", False, None),
        ("88,46", True, 88.46),
        ("88.46", True, 88.46),
        ("0.125", True, 0.125),
        ("1250", True, 1250.0),
        ("1.250", True, None),  # one thousand two hundred and fifty, or one and a quarter: not ours to guess
        ("-750.000", True, None),
        ("1.250.000", True, None),
        ("1.250,50", True, None),
        ("1,250,000", True, None),
    ],
)
def test_numbers(text: str, comma: bool, number: float | None) -> None:
    frame = raw(TABLES["indikator_unit"], rows=1, nilai=[text])
    if number is not None:
        assert check(TABLES["indikator_unit"], frame, comma=comma)["nilai"].tolist() == [number]
        return
    allowed = "bilangan tanpa titik ribuan" if comma else "bilangan dengan titik desimal"
    with pytest.raises(DataError, match=f"kolom nilai: ditemukan '{re.escape(text)}'; yang diizinkan: {allowed}"):
        check(TABLES["indikator_unit"], frame, comma=comma)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_to_its_last_bit(value: float) -> None:
    assert check(TABLES["indikator_unit"], raw(TABLES["indikator_unit"], rows=1, nilai=[repr(value)]))[
        "nilai"
    ].tolist() == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [*[(t, True) for t in ("ya", "YA", "true", "True", "1")], *[(t, False) for t in ("tidak", "FALSE", "0")]],
)
def test_booleans(text: str, value: bool) -> None:
    assert check(TABLES["penilaian"], raw(TABLES["penilaian"], rows=1, ide_baru=[text]))["ide_baru"].tolist() == [value]


@pytest.mark.parametrize("word", ["NA", "nan", "null", "None", "NaN", "-", "N/A", "<NA>"])
def test_words_that_other_tools_take_for_missing_stay_text(word: str) -> None:
    frame = check(TABLES["unit"], raw(TABLES["unit"], rows=1, unit_id=[word], nama=[word]))
    assert frame[["unit_id", "nama"]].iloc[0].tolist() == [word, word]


Breaker = Callable[[Table, Column], pd.DataFrame]


def _people(table: Table, rows: int = 2) -> dict[str, list[str]]:
    ids = {c.name: [f"{NIP[:-1]}{row}" for row in range(rows)] for c in table.columns if c.kind == "id"}
    return ids | ({"nama": [NAME] * rows} if table.name == "pegawai" else {})


BREAKERS: dict[str, Breaker] = {
    "bad value": lambda t, c: raw(t, **_people(t) | {c.name: ["ngawur", "ngawur"]}),
    "empty": lambda t, c: raw(t, **_people(t) | {c.name: ["", ""]}),
    "identifier in the wrong column": lambda t, c: raw(t, **_people(t) | {c.name: [NIP, f"  {NIP[:8]} {NIP[8:]} "]}),
    "no column": lambda t, c: raw(t, **_people(t)).drop(columns=c.name),
    "no head": lambda t, c: raw(t, **_people(t)).drop(columns=c.name).pipe(lambda f: f.set_axis(f.iloc[0], axis=1)),
    "key twice": lambda t, c: raw(t, **_people(t)).iloc[[0, 0]].reset_index(drop=True),
}


@pytest.mark.parametrize("breaker", BREAKERS)
@every_column
def test_messages_name_no_person(table: Table, column: Column, breaker: str) -> None:
    try:
        check(table, BREAKERS[breaker](table, column))
    except DataError as error:
        text = str(error)
    else:
        return  # what is wrong elsewhere is right here: any text will do
    assert NIP[:-1] not in re.sub(r"[^0-9]", "", text)
    assert NAME not in text


def test_a_long_value_is_cut() -> None:
    frame = raw(TABLES["penilaian"], rows=1, predikat=["x" * 500])
    with pytest.raises(DataError, match=f"ditemukan '{'x' * 37}\\.\\.\\.'; yang diizinkan: Sangat Kurang, Kurang, "):
        check(TABLES["penilaian"], frame)


@pytest.fixture
def dataset() -> Dataset:
    appraisals = raw(TABLES["penilaian"], rows=3, periode=["2025-S1", "2024-S2", "2025-S1"], nilai=["", "", ""])
    indicators = raw(TABLES["indikator_unit"], rows=1, periode=["2023"])
    tables = {"unit": raw(TABLES["unit"]), "penilaian": appraisals, "indikator_unit": indicators}
    return Dataset({name: check(TABLES[name], frame) for name, frame in tables.items()})


def test_dataset(dataset: Dataset) -> None:
    assert list(dataset) == ["unit", "penilaian", "indikator_unit"]
    assert dataset["unit"]["unit_id"].tolist() == dataset.unit_ids == ["K0", "K1"]
    assert dataset.periods == ["2024-S2", "2025-S1"]
    assert Dataset({"indikator_unit": dataset["indikator_unit"]}).periods == ["2023"]
    assert Dataset({"unit": dataset["unit"]}).periods == []
    with pytest.raises(KeyError, match="skp"):
        dataset["skp"]


@pytest.mark.parametrize(
    ("table", "columns", "there"),
    [
        ("unit", (), True),
        ("unit", ("nama", "jenis"), True),
        ("unit", ("ada",), False),
        ("penilaian", ("nilai",), False),  # the column is there, but nothing in it
        ("penilaian", ("predikat", "nilai"), False),
        ("skp", (), False),
    ],
)
def test_dataset_has(dataset: Dataset, table: str, columns: tuple[str, ...], there: bool) -> None:
    assert dataset.has(table, *columns) is there
    assert Dataset({"unit": dataset["unit"].iloc[:0]}).has("unit") is False
