"""Small groups: nothing of one to four people can be read, or worked out from a total and what is shown."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.privacy import MIN_GROUP, hide_counts, hide_share, merge_levels

COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([40, 12, 9], []),
        ([40, 3, 12, 0], [1, 2]),
        ([40, 3, 2], [1, 2]),
        ([40, 1, 1], [0, 1, 2]),  # two ones: their sum of 2 tells both
        ([40, 12, 1, 2], [1, 2, 3]),  # a remainder of 3 would be few people
        ([40, 4, 4, 4], [0, 1, 2, 3]),  # three fours: their sum of 12 tells all
        ([3, 0, 0], [0]),  # the total is hidden too
        ([4, 4, 0], [0, 1, 2]),
        ([6, 0, 0], []),
    ],
)
def test_cells_by_hand(counts: list[int], hidden: list[int]) -> None:
    cells = pd.Series(counts, index=list("abcde")[: len(counts)])
    before = cells.copy()
    found = hide_counts(cells)
    assert [at for at, is_hidden in enumerate(found) if is_hidden] == hidden
    assert found.index.equals(cells.index)
    pd.testing.assert_series_equal(cells, before)


def solutions(total: int, cells: int, least: int) -> list[tuple[int, ...]]:
    """Return all ways to split a total over cells of at least `least` each."""
    return [way for way in product(range(least, total + 1), repeat=cells) if sum(way) == total]


@given(COUNTS)
def test_no_shown_cell_is_small_and_none_hidden_has_one_solution(numbers: list[int]) -> None:
    counts = pd.Series(numbers)
    hidden = hide_counts(counts)
    assert not ((counts > 0) & (counts < MIN_GROUP) & ~hidden).any()
    if not hidden.any() or counts.sum() < MIN_GROUP:  # a total under five is hidden itself
        return
    assert counts[hidden].sum() >= MIN_GROUP
    least = 0 if hidden.all() else 1  # where all cells are hidden, empty ones are too
    ways = solutions(int(counts[hidden].sum()), int(hidden.sum()), least)
    assert all(len({way[at] for way in ways}) > 1 for at in range(int(hidden.sum())))
    if (counts[hidden] < MIN_GROUP).all() and not hidden.all():
        small = [way for way in ways if max(way) < MIN_GROUP]
        assert all(len({way[at] for way in small}) > 1 for at in range(int(hidden.sum())))


@given(COUNTS)
def test_nothing_is_hidden_without_need(numbers: list[int]) -> None:
    counts = pd.Series(numbers)
    if not counts.between(1, MIN_GROUP - 1).any():
        assert not hide_counts(counts).any()


@pytest.mark.parametrize(
    ("counts", "segments"),
    [
        ([8, 51, 3], [((0,), 8), ((1, 2), 54)]),
        ([8, 40, 12], [((0,), 8), ((1,), 40), ((2,), 12)]),
        ([8, 3, 40], [((0, 1), 11), ((2,), 40)]),  # joins the smaller neighbour
        ([0, 3, 57], [((0,), 0), ((1, 2), 60)]),  # an empty neighbour would not help
        ([0, 60, 0], [((0, 1, 2), 60)]),  # everyone on one level
        ([2, 57, 2], [((0, 1, 2), 61)]),
        ([3, 0, 57], [((0, 1, 2), 60)]),
        ([0, 0, 0], [((0, 1, 2), 0)]),
    ],
)
def test_levels_by_hand(counts: list[int], segments: list[tuple[tuple[int, ...], int]]) -> None:
    found = merge_levels(pd.Series(counts))
    assert list(zip(found["levels"], found["n"], strict=True)) == segments
    assert found["hidden"].tolist() == [len(levels) > 1 for levels, _n in segments]


def test_a_total_under_five_is_hidden_altogether() -> None:
    found = merge_levels(pd.Series([0, 3, 1]))
    assert found["levels"].tolist() == [(0, 1, 2)]
    assert found["n"].isna().all()
    assert found["hidden"].all()


@given(COUNTS)
def test_merged_levels_keep_the_total_the_order_and_the_secret(numbers: list[int]) -> None:
    counts = pd.Series(numbers)
    before = counts.copy()
    found = merge_levels(counts)
    assert [level for levels in found["levels"] for level in levels] == list(counts.index)
    shown = found["n"].dropna()
    assert not shown.between(1, MIN_GROUP - 1).any()
    if counts.sum() >= MIN_GROUP:
        assert shown.sum() == counts.sum()
        occupied = found[found["n"] > 0]
        single = len(numbers) > 1 and len(occupied) == 1 and len(occupied["levels"].iloc[0]) == 1
        assert not single  # nobody learns what each person got
    for levels, n in zip(found["levels"], found["n"], strict=True):
        if len(levels) > 1 and pd.notna(n) and n:  # several people could stand on either level
            assert len({way[0] for way in solutions(int(n), 2, 0)}) > 1
    pd.testing.assert_series_equal(counts, before)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_share_shows_neither_few_nor_all_but_few(k: int, others: int) -> None:
    n = k + others
    if not hide_share(k, n):
        assert n >= MIN_GROUP
        assert k not in range(1, MIN_GROUP)
        assert others not in range(1, MIN_GROUP)


@pytest.mark.parametrize("call", [hide_counts, merge_levels])
@pytest.mark.parametrize("bad", [[-1, 9], [1.5, 9], [None, 9]])
def test_only_whole_numbers_are_counted(call: object, bad: list[float]) -> None:
    with pytest.raises(CallError, match=r"counts: yang diizinkan bilangan bulat 0 atau lebih"):
        call(pd.Series(bad, dtype="float64"))  # type: ignore[operator]


def test_a_level_twice_is_refused() -> None:
    with pytest.raises(CallError, match=r"counts: ada tingkat yang tercantum dua kali"):
        hide_counts(pd.Series([3, 9], index=["a", "a"]))
