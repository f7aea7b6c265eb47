"""The tables of the law: origin on every row, and none without."""

from __future__ import annotations

import pytest

from kinerja_lib.rules import sources
from kinerja_lib.rules.tables import FOLDER, ORIGIN, SOURCES, read_rules

MARKS = {"V2", "V", "I", "M-H", "M-M"}  # what memory holds only loosely (M-L) is not shipped as fact


def test_every_table_is_listed() -> None:
    assert {file.stem for file in FOLDER.glob("*.csv")} == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_says_where_it_comes_from(name: str) -> None:
    for row in read_rules(name):
        assert set(ORIGIN) <= set(row)
        assert row["regulasi"]
        assert row["berlaku_mulai"]
        assert row["keyakinan"] in MARKS
        assert None not in row


def test_sources_have_a_row_for_every_rule() -> None:
    frame = sources()
    assert list(frame.columns) == ["rule", "row", "regulasi", "pasal", "keyakinan"]
    assert len(frame) == sum(len(read_rules(name)) for name in SOURCES)
    assert not frame.isna().any(axis=None)
    assert "PP 11/2017" in set(frame["regulasi"])
    assert not frame.duplicated(["rule", "row"]).any()
