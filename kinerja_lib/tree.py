"""The tree of units that `induk_id` draws: who stands above whom. A unit above that the table lacks counts as none."""

from __future__ import annotations

from kinerja_lib.errors import DataError
from kinerja_lib.language import _
from kinerja_lib.schema import Dataset


def find_parents(data: Dataset) -> dict[str, str | None]:
    """Return unit -> the unit above it; None where there is none, or one that the table lacks."""
    units = data["unit"]
    ids = set(data.unit_ids)
    if "induk_id" not in units:
        return dict.fromkeys(data.unit_ids)
    above = units["induk_id"].astype(object).where(units["induk_id"].notna(), None)
    return {
        str(u): (str(p) if p is not None and p in ids else None) for u, p in zip(units["unit_id"], above, strict=True)
    }


def require_tree(data: Dataset) -> None:
    """Raise a `DataError` that names the units where `induk_id` runs in a circle."""
    circle = find_circle(find_parents(data))
    if circle:
        message = _("tabel unit, kolom induk_id: {circle} berputar; tiap unit harus berujung pada unit tanpa induk.")
        raise DataError(message.format(circle=" -> ".join(circle)))


def find_circle(parents: dict[str, str | None]) -> list[str]:
    """Return the units of one circle, the first again at the end; empty where there is none."""
    done: set[str] = set()
    for start in parents:
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in done:
            if at in path:
                return [*path[path.index(at) :], at]
            path.append(at)
            at = parents[at]
        done.update(path)
    return []


def find_members(data: Dataset, unit: str) -> tuple[str, ...]:
    """Return the unit and all units below it, in the order of the file."""
    parents = find_parents(data)

    def is_below(at: str | None) -> bool:
        while at is not None:
            if at == unit:
                return True
            at = parents[at]
        return False

    return tuple(candidate for candidate in data.unit_ids if is_below(candidate))


def find_depths(data: Dataset) -> dict[str, int]:
    """Return unit -> how many units stand above it."""
    parents = find_parents(data)
    depths: dict[str, int] = {}
    for unit in parents:
        depth, at = 0, parents[unit]
        while at is not None:
            depth, at = depth + 1, parents[at]
        depths[unit] = depth
    return depths


def assign_units(data: Dataset, tops: tuple[str, ...]) -> dict[str, str]:
    """Return unit -> the nearest of `tops` that it is or lies below; units below none of them are left out."""
    parents, chosen = find_parents(data), set(tops)
    assigned: dict[str, str] = {}
    for unit in parents:
        at: str | None = unit
        while at is not None and at not in chosen:
            at = parents[at]
        if at is not None:
            assigned[unit] = at
    return assigned
