"""pyproject.toml, requirements.lock and environment.yml name the same packages, and the lock names nothing else."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
MULAI = runpy.run_path(str(ROOT / "mulai.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK_LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.+!]+)( ; [^\\:/@]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
CONDA_PIN = re.compile(r"^ +- (?P<name>[\w.-]+)==(?P<version>\S+)$", re.MULTILINE)


def direct_requirements():
    """Every dependency that the project names itself: of the library, the extras and the groups."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    return [Requirement(text) for names in lists for text in names]


def lock_pins():
    pins = {}
    for match in filter(None, map(PIN.fullmatch, LOCK_LINES)):
        assert match["name"] not in pins, f"{match['name']} is locked twice: use one version for all Pythons"
        pins[match["name"]] = match["version"]
    return pins


def conda_pins():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    return {canonicalize_name(match["name"]): match["version"] for match in CONDA_PIN.finditer(text)}


@pytest.mark.parametrize("requirement", direct_requirements(), ids=lambda requirement: requirement.name)
def test_lock_has_every_direct_dependency_within_its_range(requirement):
    version = lock_pins().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is not in requirements.lock: renew it (CONTRIBUTING.md)"
    assert version in requirement.specifier


@pytest.mark.parametrize("requirement", direct_requirements(), ids=lambda requirement: requirement.name)
def test_every_range_has_both_bounds(requirement):
    assert {specifier.operator for specifier in requirement.specifier} == {">=", "<"}


def test_conda_pins_equal_the_lock():
    direct = {canonicalize_name(requirement.name) for requirement in direct_requirements()}
    assert conda_pins() == {name: version for name, version in lock_pins().items() if name in direct}


def test_build_backend_is_locked():
    build = PROJECT["build-system"]["requires"]
    assert build == PROJECT["dependency-groups"]["build"]


def test_lock_holds_pins_and_hashes_only():
    """No address, no index, no path, no comment: every line is a pin or a hash of the pin above it."""
    unknown = [line for line in LOCK_LINES if not PIN.fullmatch(line) and not HASH.fullmatch(line)]
    assert unknown == []


def test_every_pin_has_a_hash():
    following = zip(LOCK_LINES, [*LOCK_LINES[1:], ""], strict=True)
    assert [line for line, after in following if PIN.fullmatch(line) and not HASH.fullmatch(after)] == []


def test_there_is_one_lock():
    assert not (ROOT / "uv.lock").exists()


def test_pythons_agree():
    requires = PROJECT["project"]["requires-python"]
    (major, oldest), (_, limit) = MULAI["OLDEST_PYTHON"], MULAI["FIRST_UNSUPPORTED_PYTHON"]
    assert SpecifierSet(requires) == SpecifierSet(f">={major}.{oldest},<{major}.{limit}")
    assert f"  - python{requires}\n" in (ROOT / "environment.yml").read_text(encoding="utf-8")
    message = MULAI["python_fault"]((2, 7, 18), 64)
    assert [minor for minor in range(oldest, limit) if f"{major}.{minor}" not in message] == []


def test_package_without_wheel_is_still_locked():
    assert MULAI["WITHOUT_WHEEL"] in lock_pins()
