"""Who stands above whom."""

from __future__ import annotations

import pandas as pd
import pytest

from kinerja_lib.errors import DataError
from kinerja_lib.schema import Dataset
from kinerja_lib.tree import assign_units, find_circle, find_depths, find_members, find_parents, require_tree


def units(**parents: str | None) -> Dataset:
    frame = pd.DataFrame({"unit_id": list(parents), "nama": list(parents), "induk_id": list(parents.values())})
    return Dataset({"unit": frame.astype("str")})


TREE = units(A=None, B="A", C="B", D="A", E=None, F="X")


def test_a_unit_above_that_the_table_lacks_counts_as_none() -> None:
    assert find_parents(TREE) == {"A": None, "B": "A", "C": "B", "D": "A", "E": None, "F": None}


def test_without_a_column_all_stand_alone() -> None:
    flat = Dataset({"unit": pd.DataFrame({"unit_id": ["A", "B"], "nama": ["a", "b"]})})
    assert find_parents(flat) == {"A": None, "B": None}


def test_members_and_depths() -> None:
    assert find_members(TREE, "A") == ("A", "B", "C", "D")
    assert find_members(TREE, "C") == ("C",)
    assert find_depths(TREE) == {"A": 0, "B": 1, "C": 2, "D": 1, "E": 0, "F": 0}


def test_units_are_assigned_to_the_nearest_top() -> None:
    assert assign_units(TREE, ("A", "B")) == {"A": "A", "B": "B", "C": "B", "D": "A"}


def test_a_circle_is_named() -> None:
    data = units(A="B", B="C", C="A", D="A")
    assert find_circle(find_parents(data)) == ["A", "B", "C", "A"]
    with pytest.raises(DataError, match=r"kolom induk_id: A -> B -> C -> A berputar"):
        require_tree(data)
    require_tree(TREE)
    with pytest.raises(DataError, match=r"A -> A berputar"):
        require_tree(units(A="A"))
