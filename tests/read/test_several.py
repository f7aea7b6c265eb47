"""Several data sets in one text: where they lie, each once, in order."""

from __future__ import annotations

from pathlib import Path

from kinerja_lib.read import find_datasets


def test_where_data_sets_lie(tmp_path: Path) -> None:
    for name in ("b", "a", ".git", "satu;dua"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "unit.csv").write_text("unit_id,nama\n", encoding="utf-8")
    assert [place.name for place in find_datasets(tmp_path)] == ["a", "b", "satu;dua"]
    assert find_datasets(tmp_path / "satu;dua") == (tmp_path / "satu;dua",)
    assert find_datasets(tmp_path / "a") == (tmp_path / "a",)
    assert find_datasets(" ; ") == (Path(" ; "),)
