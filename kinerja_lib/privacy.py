"""Small groups: which counts may be shown, and how levels are merged so that none under five can be read or worked out.

What a reader knows is taken to be: all shown cells, the total of the group where it is at least `MIN_GROUP`, and the
rule itself. All hidden cells must be drawn alike. Comparison of one report with another is out of scope here.
"""

from __future__ import annotations

import pandas as pd

from kinerja_lib.errors import CallError
from kinerja_lib.language import _

MIN_GROUP = 5  # smallest number of people that is shown


def leaves_few(n: pd.Series, whole: pd.Series | int) -> pd.Series:
    """Tell for each n whether it leaves one to four of the `whole` over: then it is not shown beside the whole."""
    return (whole - n).map(is_small).astype(bool)


def is_small(count: float) -> bool:
    """Tell whether a number of people is 1 to 4: shown nowhere. Zero is not small.

    Examples
    --------
    >>> [is_small(n) for n in (0, 1, 4, 5)]
    [False, True, True, False]
    """
    return bool(0 < count < MIN_GROUP)


def hide_share(k: float, n: float) -> bool:
    """Tell whether the share `k` of `n` must be hidden: the group, those counted or the others number 1 to 4.

    Examples
    --------
    >>> [hide_share(k, n) for k, n in ((10, 20), (3, 20), (17, 20), (0, 20), (20, 20), (2, 4))]
    [False, True, True, False, False, True]
    """
    return n < MIN_GROUP or is_small(k) or is_small(n - k)


def hide_counts(counts: pd.Series) -> pd.Series:
    """Tell which cells of a group stay hidden so that no count of 1 to 4 can be read or worked out.

    Cells of 1 to 4 are hidden. While the total and the shown cells would still give a hidden one back, or leave 1 to
    4 people in the hidden cells together, the next smallest non-zero cell is hidden too; where that is not enough, all
    are. A total under `MIN_GROUP` must be hidden by the caller.

    Parameters
    ----------
    counts : Series of whole numbers
        Numbers of people in the cells of one group. Not changed.

    Returns
    -------
    Series of bool
        True where hidden; index and name of `counts`.

    Examples
    --------
    >>> hide_counts(pd.Series([40, 3, 12, 0])).tolist()
    [False, True, True, False]
    """
    _require_counts(counts)
    hidden = (counts > 0) & (counts < MIN_GROUP)
    if not hidden.any() or int(counts.sum()) < MIN_GROUP:
        return hidden
    for position in counts.where(counts >= MIN_GROUP).dropna().sort_values(kind="stable").index:
        if _is_safe(counts[hidden]):
            return hidden
        hidden = hidden.mask(hidden.index == position, True)
    return hidden if _is_safe(counts[hidden]) else hidden | True


def _is_safe(hidden: pd.Series) -> bool:
    """Tell whether hidden cells, each at least 1, hold no few people together and have more than one solution.

    The latter also when all are known to be small.
    """
    cells, total = len(hidden), int(hidden.sum())
    all_at_top = hidden.max() < MIN_GROUP and total == cells * (MIN_GROUP - 1)
    return cells > 1 and total >= MIN_GROUP and total > cells and not all_at_top


def merge_levels(counts: pd.Series) -> pd.DataFrame:
    """Merge the levels of an ordered distribution until no segment can give back a count of 1 to 4.

    A level of 1 to 4 people joins its smaller occupied neighbour. Where everyone stands on one level nothing is shown
    in detail: the total alone would tell what each person got. A total under `MIN_GROUP` is hidden altogether.

    Parameters
    ----------
    counts : Series of whole numbers
        Number of people at each level, in the order of the levels. Not changed.

    Returns
    -------
    DataFrame
        One row a segment: `levels` (tuple of the index values it holds), `n` (missing where hidden altogether),
        `hidden` (True where the segment is not shown level by level).

    Examples
    --------
    >>> merge_levels(pd.Series([8, 51, 3], index=["Sangat Baik", "Baik", "lebih rendah"]))
                     levels   n  hidden
    0        (Sangat Baik,)   8   False
    1  (Baik, lebih rendah)  54    True
    """
    _require_counts(counts)
    total = int(counts.sum())
    segments = [([level], int(n)) for level, n in counts.items()]
    if total < MIN_GROUP or ((counts > 0).sum() == 1 and len(counts) > 1):
        segments = [(list(counts.index), total)]
    while len(segments) > 1 and any(is_small(n) for _levels, n in segments):
        segments = _merge_smallest(segments)
    frame = pd.DataFrame(
        {
            "levels": [tuple(levels) for levels, _n in segments],
            "n": pd.array([n for _levels, n in segments], dtype="Int64"),
            "hidden": [len(levels) > 1 or is_small(n) for levels, n in segments],
        }
    )
    return frame.assign(n=frame["n"].mask(frame["n"] < MIN_GROUP)) if is_small(total) else frame


def _merge_smallest(segments: list[tuple[list[object], int]]) -> list[tuple[list[object], int]]:
    """Join the smallest segment of 1 to 4 people with its smaller occupied neighbour (an empty one if no other)."""
    at = min((n, i) for i, (_levels, n) in enumerate(segments) if is_small(n))[1]
    beside = [i for i in (at - 1, at + 1) if 0 <= i < len(segments)]
    other = min(beside, key=lambda i: (segments[i][1] == 0, segments[i][1]))
    first, second = sorted((at, other))
    joined = (segments[first][0] + segments[second][0], segments[first][1] + segments[second][1])
    return [*segments[:first], joined, *segments[second + 1 :]]


def _require_counts(counts: pd.Series) -> None:
    numbers = pd.to_numeric(counts, errors="coerce")
    if numbers.isna().any() or (numbers < 0).any() or (numbers % 1 != 0).any():
        raise CallError(_("counts: yang diizinkan bilangan bulat 0 atau lebih; periksa hitungannya."))
    if not counts.index.is_unique:
        raise CallError(_("counts: ada tingkat yang tercantum dua kali; jumlahkan lebih dahulu."))
