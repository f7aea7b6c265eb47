"""Scalars and Series alike for every call of the law, and labels that are clean once cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinerja_lib import rules
from kinerja_lib.errors import CallError
from kinerja_lib.rules import rows
from kinerja_lib.rules.tables import clean_label
from kinerja_lib.vocabulary import JENIS_JABATAN, PENDIDIKAN, PREDIKAT, RATING, REZIM

WORDS = st.sampled_from(["?", "", None])
RATED, LEVEL = st.sampled_from([*RATING, "2", " Diatas Ekspektasi"]) | WORDS, st.sampled_from([*PREDIKAT, "4"]) | WORDS
NUMBER = st.sampled_from([None, float("nan"), float("inf"), -1.0, 121.0]) | st.integers(0, 1200).map(lambda n: n / 10)
FLAG = st.sampled_from([True, False, None])
DAY = st.dates(date(1950, 1, 1), date(2030, 1, 1)) | st.none()
POST = st.sampled_from([*JENIS_JABATAN, "Ahli Madya", "TERAMPIL", "guru"]) | WORDS
DRAWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "read_rating": {"label": RATED},
    "read_predikat": {"label": LEVEL},
    "score_predikat": {"rating_hasil": RATED, "rating_perilaku": RATED},
    "ordinal": {"predikat": LEVEL},
    "score_nilai_pp30": {"nilai_skp": NUMBER, "nilai_perilaku": NUMBER, "rekan": FLAG},
    "score_predikat_pp30": {"nilai": NUMBER, "ide_baru": st.booleans()},
    "score_predikat_pp46": {"nilai": NUMBER},
    "score_nilai_iki": {"capaian": NUMBER, "target_maksimal": FLAG},
    "score_jp": {
        "kode": st.sampled_from(["9", "Workshop", "coaching", "3", "konseling"]) | WORDS,
        "jp": NUMBER,
        "hari": NUMBER,
        "kejadian": NUMBER,
        "internasional": FLAG,
    },
    "check_jp": {"total_jp": NUMBER, "status": st.sampled_from(["PNS", "PPPK"]) | WORDS},
    "score_gap": {"level": NUMBER, "standar": NUMBER},
    "standard_level": {"jabatan": POST},
    "score_ip_asn": {
        "kelompok": POST,
        "pendidikan": st.sampled_from([*PENDIDIKAN, "s2"]) | WORDS,
        "diklat": FLAG,
        "teknis_20jp": FLAG,
        "seminar": FLAG,
        "predikat": LEVEL,
        "hukdis": st.sampled_from(["tidak ada", "ringan", "S"]) | WORDS,
    },
    "score_box": {"kinerja": RATED, "potensial": st.sampled_from(["rendah", "potensial tinggi"]) | WORDS},
    "score_angka_kredit": {
        "jenjang": st.sampled_from(["Ahli Muda", "UT", "pemula"]) | WORDS,
        "predikat": LEVEL,
        "bulan": NUMBER,
    },
    "pension_date": {"tanggal_lahir": DAY, "jabatan": POST},
    "improvement_deadline": {"tanggal_penetapan": DAY, "predikat": LEVEL},
    "check_rezim": {
        "rezim": st.sampled_from(REZIM) | WORDS,
        "periode": st.sampled_from(["2020", "2021-S1", "2024-11"]) | WORDS,
    },
}


def plain(value: Any) -> Any:
    """Return a value of a result as it can be compared: None for missing, dates as dates."""
    if value is None or pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def one_by_one(call: Callable[..., Any], row: dict[str, Any]) -> Any:
    """Return what the scalar form gives, as a dict of fields or a value; None where it refuses."""
    try:
        found = call(**row)
    except CallError:
        return None
    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found


@pytest.mark.parametrize("name", DRAWN)
@settings(max_examples=25)
@given(data=st.data())
def test_a_series_gives_what_the_scalars_give(name: str, data: st.DataObject) -> None:
    call = getattr(rules, name)
    table = data.draw(st.lists(st.fixed_dictionaries(DRAWN[name]), min_size=1, max_size=6))
    frame = pd.DataFrame(table, dtype="object", index=range(10, 10 + len(table)))
    before = frame.copy(deep=True)
    found = call(**{column: frame[column] for column in frame})
    pd.testing.assert_frame_equal(frame, before)
    assert found.index.equals(frame.index)
    for place, row in enumerate(table):
        expected = one_by_one(call, row)
        if isinstance(found, pd.DataFrame):
            got = {column: plain(found[column].iloc[place]) for column in found}
            if isinstance(expected, dict):
                assert got == expected
            elif name == "score_box":
                assert set(got.values()) == {None}
            else:  # one bad label refuses a scalar call; in a Series the parts that can be scored are
                assert got["total"] is None
        else:
            assert plain(found.iloc[place]) == expected


@pytest.mark.parametrize("name", DRAWN)
def test_no_rows_give_no_rows(name: str) -> None:
    found = getattr(rules, name)(**{column: pd.Series([], dtype="object") for column in DRAWN[name]})
    assert len(found) == 0


def test_every_call_of_the_contract_is_here() -> None:
    scalar_only = {
        "score_jpm",
        "score_jpm_band",
        "check_distribution",
        "score_iki",
        "parse_nip",
    }  # have tests of their own
    readers = {"read_golongan", "read_jenis_kegiatan"}
    scored = {name for name in rules.__all__ if name.startswith(("score_", "check_", "read_", "parse_"))}
    assert scored - scalar_only - readers <= set(DRAWN)


def test_a_wrong_scalar_beside_a_series_is_refused() -> None:
    with pytest.raises(CallError, match="jabatan: ditemukan 'camat'"):
        rules.pension_date(pd.Series([date(1970, 1, 1)]), "camat")
    with pytest.raises(CallError, match="panjang Series berbeda: level 2, standar 1"):
        rules.score_gap(pd.Series([1, 2]), pd.Series([1]))


@given(st.text(max_size=30))
def test_cleaning_a_clean_label_changes_nothing(text: str) -> None:
    once = clean_label(text)
    assert once is None or clean_label(once) == once


@given(
    st.sampled_from([*RATING, "1", "DIATAS ESPEKTASI", " sesuai "]), st.sampled_from([*PREDIKAT, "3", "cukup", "Buruk"])
)
def test_reading_what_was_read_changes_nothing(rating: str, predikat: str) -> None:
    assert rules.read_rating(rules.read_rating(rating)) == rules.read_rating(rating)
    assert rules.read_predikat(rules.read_predikat(predikat)) == rules.read_predikat(predikat)
    series = pd.Series([predikat])
    read = rules.read_predikat(series)
    pd.testing.assert_series_equal(rules.read_predikat(read), read)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, np.nan, "", "  "])
def test_what_counts_as_missing(missing: object) -> None:
    assert rows.is_missing(missing)
    assert rules.score_gap(missing, 3) is None
    assert rules.pension_date(missing, "guru") is None


def test_numbers_of_other_dtypes() -> None:
    assert rules.score_gap(pd.Series([3, None], dtype="Int64"), 3).tolist()[0] == 0
    assert rules.score_gap(pd.Series(["3", "x"]), 3).isna().tolist() == [False, True]
    assert rules.score_gap(pd.Series(["3"], dtype="category"), 3).tolist() == [0]
