from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinerja_lib.errors import CallError
from kinerja_lib.report.files import find_notebook, folder_names, sweep_parts, write_whole

HOSTILE = [
    "../x",
    "..",
    ".",
    "",
    "CON",
    "con.txt",
    "nul",
    "COM1",
    "a/b",
    "a\\b",
    "C:\\x",
    "titik.",
    "spasi ",
    "x" * 300,
]
HOSTILE += ["x" * 299 + "y", "ab", "AB", "Ab", "é", "\udc80", "a\x00b", "a\nb", "-", "~", "$HOME", "_x"]
HOSTILE += [
    "/etc/passwd",
    "\\\\server\\x",
    "..\\..\\x",
    "a/../../b",
    "%2e%2e%2f",
    "~/x",
    "file:///x",
    "x:y",
    "aux.",
    "aux ...",
]
HOSTILE += [
    "COM\u00b9",
    "CONIN$",
    "CLOCK$",
    "lpt9.tar.gz",
    "PROGRA~1",
    " x",
    "...",
    "x" * 47 + ".y",
    "\u202egpj.x",
    "ß",
    "SS",
    "ss",
]


def assert_safe(names: dict[str, str]) -> None:
    assert len({name.casefold() for name in names.values()}) == len(names)
    for name in names.values():
        assert name == Path(name).name == PureWindowsPath(name).name
        assert name.isascii()
        assert 0 < len(name) <= 80
        assert name[-1] not in ". "
        assert not name.startswith(".")
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|(com|lpt)\d)(\..*)?", name)
        assert (Path("/run/unit") / name).resolve().parent == Path("/run/unit")
        assert PureWindowsPath("C:/run/unit", name).parent == PureWindowsPath("C:/run/unit")


def test_hostile_ids_get_safe_distinct_names() -> None:
    assert_safe(folder_names(HOSTILE))


def test_an_id_that_looks_like_the_name_of_a_twin_gets_another() -> None:
    """AB and ab get a piece of their digests; a third unit may be called so already."""
    twin = folder_names(["AB", "ab"])["AB"]
    names = folder_names(["AB", "ab", twin])
    assert_safe(names)
    assert len(names) == 3


def test_plain_ids_stay_as_they_are() -> None:
    assert folder_names(["U01", "DIS-KES", "1.2_a"]) == {"U01": "U01", "DIS-KES": "DIS-KES", "1.2_a": "1.2_a"}


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_any_ids_get_safe_distinct_names(ids: list[str]) -> None:
    assert_safe(folder_names(ids))


def test_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    write_whole({tmp_path / "a" / "x.html": b"1", tmp_path / "a" / "x.ipynb": b"2"})
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["x.html", "x.ipynb"]
    (tmp_path / "b" / "x.ipynb").mkdir(parents=True)
    (tmp_path / "b" / "x.ipynb" / "isi").touch()
    with pytest.raises(OSError, match=r"x.ipynb"):
        write_whole({tmp_path / "b" / "x.html": b"1", tmp_path / "b" / "x.ipynb": b"2"})
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["x.ipynb"]


def test_unfinished_files_are_swept(tmp_path: Path) -> None:
    for name in (".x.abc.part.ipynb", ".y.abc.part.html", "x.html"):
        (tmp_path / name).touch()
    sweep_parts(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x.html"]


def test_notebooks_are_found_by_name(project: Path, tmp_path: Path) -> None:
    nsw = project / "notebooks" / "studi_kasus" / "nsw.ipynb"
    for name in ("nsw", "studi_kasus/nsw", "studi_kasus\\nsw.ipynb", "notebooks/studi_kasus/nsw.ipynb"):
        assert find_notebook(name) == nsw
    own = tmp_path / "punya_sendiri.ipynb"
    own.write_bytes(nsw.read_bytes())
    assert find_notebook(str(own), own=True) == own
    for name in (str(own), "../punya_sendiri", "../../punya_sendiri.ipynb", ""):
        with pytest.raises(CallError, match=r"^notebook: ditemukan .*; yang ada: 01_mutu_data, "):
            find_notebook(name)


def test_a_name_that_two_notebooks_have_is_refused(project: Path) -> None:
    source = project / "notebooks" / "studi_kasus" / "nsw.ipynb"
    (project / "notebooks" / "latihan").mkdir()
    (project / "notebooks" / "latihan" / "nsw.ipynb").write_bytes(source.read_bytes())
    with pytest.raises(
        CallError, match=r"^notebook: nsw ada pada latihan/nsw, studi_kasus/nsw; sebut dengan foldernya.$"
    ):
        find_notebook("nsw")
