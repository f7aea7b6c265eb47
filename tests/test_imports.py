"""Who may import whom: a module imports only from the left of it, and starting up stays light.

`ORDER` is that table. Imports inside functions count too: they are made later, not of another kind.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import kinerja_lib

ROOT = Path(kinerja_lib.__file__).parent

# From left to right; what stands in one row may import the rows before it and its own. The modules of a folder share
# the folder's place.
ORDER = (
    ("language",),
    ("errors",),
    ("vocabulary",),
    ("numbering",),
    ("store",),
    ("schema",),
    ("typed",),
    ("findings",),
    ("rules",),
    ("tree",),
    ("read",),
    ("opendata", "synth"),
    ("privacy",),
    ("pseudonym",),
    ("check",),
    ("importer",),
    ("scope",),
    (
        "indicators",
        "intervals",
        "measures",
        "development",
        "evaluation",
        "exposure",
        "planning",
        "peers",
        "panels",
        "recompute",
    ),
    ("links", "outcomes"),
    ("cluster",),
    ("panel",),
    ("estimate",),
    ("climate",),
    ("published", "studies"),
    ("show",),
    ("report",),
    ("doctor", "terminal"),
    ("cli",),
)
BESIDE = {"__main__", "locale"}  # tools and the door to the command line: nobody imports them
ALLOWED = {("language", "errors")}  # `use_language` refuses a language in the words of `errors`, inside the function
OF_THE_PACKAGE = {"__version__"}  # what a module may take from `kinerja_lib` itself

RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
HEAVY = ("matplotlib", "statsmodels", "papermill")


def module_name(file: Path) -> str:
    """Return the dotted name of a file below `kinerja_lib`: "show.blocks", "show", and "" for the package itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place(module: str) -> str:
    return module.partition(".")[0]


FILES = {module_name(file): file for file in sorted(ROOT.rglob("*.py"))}


def find_imports(source: str, module: str = "") -> list[tuple[int, str]]:
    """Return line and module ("show.blocks") of every import from this library, wherever it stands."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}, line {node.lineno}: write imports in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "kinerja_lib":
                found.append((node.lineno, rest))
    return sorted(found)


def nearest_module(name: str) -> str:
    """Return the module that `name` is, or the module that it is taken from."""
    while name and name not in FILES:
        name = name.rpartition(".")[0]
    return name


def judge(module: str, name: str) -> str:
    """Return what is wrong with `module` importing `name`, or nothing."""
    target = nearest_module(name)
    source, aim = place(module), place(target)
    if not aim:
        return "" if name in OF_THE_PACKAGE else f"takes {name} from the package itself"
    if aim in BESIDE and source != aim:
        return f"imports {target}, which is not part of the way"
    if not module or source in BESIDE or source == aim or (source, aim) in ALLOWED:
        return ""
    if source not in RANK or aim not in RANK:
        return f"is not in the table: {source if source not in RANK else aim}"
    return f"imports backward: {target}" if RANK[aim] > RANK[source] else ""


@pytest.mark.parametrize("module", [m for m in FILES if m], ids=str)
def test_every_module_has_its_place(module: str) -> None:
    assert place(module) in RANK or place(module) in BESIDE, f"add {place(module)} to ORDER in {Path(__file__).name}"


@pytest.mark.parametrize("module", list(FILES), ids=lambda m: m or "kinerja_lib")
def test_imports_run_one_way(module: str) -> None:
    source = FILES[module].read_text(encoding="utf-8")
    faults = {f"line {line}: {fault}" for line, name in find_imports(source, module) if (fault := judge(module, name))}
    assert not faults


def test_no_circle_inside_a_folder_either() -> None:
    graph = {}
    for module, file in FILES.items():
        targets = {nearest_module(name) for _line, name in find_imports(file.read_text(encoding="utf-8"))}
        graph[module] = {t for t in targets if t != module and (place(module), place(t)) not in ALLOWED and module}
    for module, targets in graph.items():  # a folder's list of names stands after what it lists
        targets.difference_update(name for name in graph if name and module.startswith(f"{name}."))
    assert len(list(TopologicalSorter(graph).static_order())) >= len(FILES)


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        ("schema", "read.read_dataset", "imports backward: read"),
        ("show.blocks", "report.document", "imports backward: report.document"),
        ("language", "vocabulary.label", "imports backward: vocabulary"),
        ("language", "errors.require_choice", ""),
        ("report.engine", "show.numbers.count", ""),
        ("report.engine", "report.files", ""),
        ("studies", "show.blocks", "imports backward: show.blocks"),
        ("read", "baru.sesuatu", "takes baru.sesuatu from the package itself"),
        ("baru", "read.read_dataset", "is not in the table: baru"),
        ("report.engine", "locale.PO", "imports locale, which is not part of the way"),
        ("report.provenance", "__version__", ""),
    ],
)
def test_the_judge_itself(module: str, name: str, fault: str) -> None:
    assert judge(module, name) == fault


def test_imports_inside_functions_are_seen() -> None:
    source = "def f():\n    if True:\n        from kinerja_lib.show import blocks\n    import kinerja_lib.read as r\n"
    assert find_imports(source) == [(3, "show.blocks"), (4, "read")]


@pytest.mark.parametrize("module", ["kinerja_lib", "kinerja_lib.cli"])
def test_starting_up_loads_nothing_heavy(module: str) -> None:
    if module != "kinerja_lib" and module.partition(".")[2] not in FILES:
        pytest.skip(f"{module} is not written yet")
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
