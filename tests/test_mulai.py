"""`mulai.py` without network and without real installations: what it finds, decides and says."""

import ast
import contextlib
import errno
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "mulai.py"
PLENTY = SimpleNamespace(free=10**12)


def load():
    spec = importlib.util.spec_from_file_location("mulai", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mulai = load()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project folder with a lock, on a machine with room on the disk and without uv."""
    monkeypatch.setattr(mulai.shutil, "disk_usage", lambda _: PLENTY)
    monkeypatch.setattr(mulai.shutil, "which", lambda name, path=None: path and f"{path}/{name}")
    (tmp_path / mulai.LOCK).write_text("pandas==3.1.1\n")
    (tmp_path / mulai.PROJECT).write_text("[project]\n")
    return tmp_path


@pytest.fixture
def no_uv_no_pip(folder, monkeypatch):
    monkeypatch.setattr(mulai.shutil, "which", lambda name, path=None: None)


@pytest.fixture
def uv(folder, monkeypatch):
    monkeypatch.setattr(mulai.shutil, "which", lambda name, path=None: name)


@pytest.fixture
def steps(monkeypatch):
    """The commands that the installation would run, and whether the stamp was there before each."""
    done = []

    def record(command, folder):
        done.append((command, (folder / mulai.VENV / mulai.STAMP).exists()))

    monkeypatch.setattr(mulai, "run_logged", record)
    return done


@pytest.fixture
def decision(monkeypatch):
    """What `prepare` decided to do, instead of doing it."""
    made = []
    monkeypatch.setattr(mulai, "remake", lambda folder, wanted: made.append("remake"))
    monkeypatch.setattr(mulai, "install_project", lambda folder, wanted: made.append("install_project"))
    return made


def make_venv(folder, stamp=True):
    venv = folder / mulai.VENV
    python = mulai.venv_python(venv)
    python.parent.mkdir(parents=True)
    python.touch()
    (venv / "pyvenv.cfg").write_text(f"home = {folder}\nversion = 3.11.7\n")
    if stamp:
        (venv / mulai.STAMP).write_text("\n".join(mulai.fingerprint(folder)))
    return venv


# --- the Python that starts it


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_supported_python_has_no_fault(version):
    assert mulai.python_fault(version, 64) == ""


@pytest.mark.parametrize(
    ("version", "bits", "found"),
    [
        ((3, 6, 15), 64, "3.6.15 (64-bit)"),
        ((3, 10, 13), 64, "3.10.13 (64-bit)"),
        ((3, 14, 0), 64, "3.14.0 (64-bit)"),
        ((3, 13, 0), 32, "3.13.0 (32-bit)"),
    ],
)
def test_unsupported_python_gets_one_line_that_names_it(version, bits, found):
    message = mulai.python_fault(version, bits)
    assert found in message
    assert "3.11, 3.12 atau 3.13" in message
    assert "\n" not in message


def test_older_python_stops_at_the_message(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"yang dipakai 3\.8\.18"):
        load()


def test_older_python_can_read_the_file():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 7))


# --- the places inside .venv


@pytest.mark.parametrize(("system", "python"), [("posix", "bin/python"), ("nt", "Scripts/python.exe")])
def test_venv_layout_follows_the_system(system, python):
    assert mulai.venv_python(Path(".venv"), system) == Path(".venv") / python


# --- the stamp


def test_whole_venv_is_left_alone(folder, decision):
    make_venv(folder)
    mulai.prepare(folder)
    assert decision == []
    assert not (folder / mulai.GUARD).exists()


def no_venv_yet(folder, venv):
    mulai.shutil.rmtree(venv)


def killed_before_the_end(folder, venv):
    (venv / mulai.STAMP).unlink()


def stamp_is_rubbish(folder, venv):
    (venv / mulai.STAMP).write_bytes(b"\xff\xfe")


def python_is_gone(folder, venv):
    mulai.venv_python(venv).unlink()


def base_python_is_gone(folder, venv):
    (venv / "pyvenv.cfg").write_text(f"home = {folder / 'uninstalled'}\n")


def config_is_gone(folder, venv):
    (venv / "pyvenv.cfg").unlink()


def lock_has_changed(folder, venv):
    (folder / mulai.LOCK).write_text("pandas==3.2.0\n")


SPOILS = [no_venv_yet, killed_before_the_end, stamp_is_rubbish, python_is_gone, base_python_is_gone, config_is_gone]


@pytest.mark.parametrize("spoil", [*SPOILS, lock_has_changed])
def test_anything_but_a_whole_venv_is_remade(folder, decision, spoil):
    spoil(folder, make_venv(folder))
    mulai.prepare(folder)
    assert decision == ["remake"]


def test_moved_folder_is_remade(folder, decision):
    make_venv(folder)
    moved = folder / "moved"
    moved.mkdir()
    for name in (mulai.VENV, mulai.LOCK, mulai.PROJECT):
        (folder / name).rename(moved / name)
    mulai.prepare(moved)
    assert decision == ["remake"]


def test_other_python_version_is_remade(folder, decision, monkeypatch):
    make_venv(folder)
    major, minor = sys.version_info[:2]
    monkeypatch.setattr(mulai, "sys", SimpleNamespace(version_info=(major, minor + 1, 0), stderr=sys.stderr))
    mulai.prepare(folder)
    assert decision == ["remake"]


def test_patch_release_of_python_changes_nothing(folder, decision, monkeypatch):
    make_venv(folder)
    monkeypatch.setattr(mulai, "sys", SimpleNamespace(version_info=(*sys.version_info[:2], 99)))
    mulai.prepare(folder)
    assert decision == []


def test_changed_pyproject_installs_only_the_project(folder, decision):
    make_venv(folder)
    (folder / mulai.PROJECT).write_text("[project]\nname = 'x'\n")
    mulai.prepare(folder)
    assert decision == ["install_project"]


@pytest.mark.usefixtures("no_uv_no_pip")
def test_changed_pyproject_without_installer_is_remade(folder, decision):
    make_venv(folder)
    (folder / mulai.PROJECT).write_text("[project]\nname = 'x'\n")
    mulai.prepare(folder)
    assert decision == ["remake"]


def test_venv_made_by_another_start_meanwhile_is_used(folder, decision, monkeypatch):
    @contextlib.contextmanager
    def wait_for_the_other(folder):
        make_venv(folder)
        yield

    monkeypatch.setattr(mulai, "only_one", wait_for_the_other)
    mulai.prepare(folder)
    assert decision == []


# --- making it


def test_stamp_is_written_after_the_last_step(folder, steps):
    mulai.remake(folder, ["a", "b"])
    assert [stamped for _, stamped in steps] == [False, False, False]
    assert (folder / mulai.VENV / mulai.STAMP).read_text() == "a\nb"


def test_pip_installs_by_hash_and_then_the_project_alone(folder, steps):
    mulai.remake(folder, ["a", "b"])
    (make, _), (packages, _), (project, _) = steps
    python = str(mulai.venv_python(folder / mulai.VENV))
    assert make[1:] == ["-m", "venv", str(folder / mulai.VENV)]
    assert packages[:4] == [python, "-m", "pip", "install"]
    assert "--require-hashes" in packages
    assert packages[-2:] == ["-r", "requirements.lock"]
    assert project[-5:] == ["--no-deps", "--no-build-isolation", "--no-index", "-e", "."]


@pytest.mark.usefixtures("uv")
def test_uv_is_used_where_it_is_on_the_path(folder, steps):
    mulai.remake(folder, ["a", "b"])
    python = str(mulai.venv_python(folder / mulai.VENV))
    assert "--without-pip" in steps[0][0]
    for command, _ in steps[1:]:
        assert command[:5] == ["uv", "pip", "install", "--python", python]


def test_half_made_venv_is_cleared(folder, steps):
    venv = make_venv(folder, stamp=False)
    mulai.remake(folder, ["a", "b"])
    assert not (venv / "pyvenv.cfg").exists()


def test_finished_venv_goes_once_the_new_one_is_whole(folder, steps):
    venv = make_venv(folder)
    mulai.remake(folder, ["a", "b"])
    assert mulai.read_stamp(venv) == []  # the fake steps made no Python
    assert (venv / mulai.STAMP).read_text() == "a\nb"
    assert not (folder / mulai.OLD_VENV).exists()


@pytest.mark.parametrize("stop", [mulai.StartError("no network"), KeyboardInterrupt("stop")])
def test_finished_venv_comes_back_when_the_new_one_fails(folder, monkeypatch, stop):
    venv = make_venv(folder)
    before = mulai.read_stamp(venv)

    def fail(command, folder):
        (folder / mulai.VENV / mulai.LOG).write_text("what went wrong")
        raise stop

    monkeypatch.setattr(mulai, "run_logged", fail)
    with pytest.raises(type(stop), match=str(stop)):
        mulai.remake(folder, ["a", "b"])
    assert mulai.read_stamp(venv) == before
    assert (venv / mulai.LOG).read_text() == "what went wrong"
    assert not (folder / mulai.OLD_VENV).exists()


def test_finished_venv_survives_a_kill_while_the_new_one_is_made(folder, monkeypatch):
    before = mulai.read_stamp(make_venv(folder))
    mulai.put_aside(folder)
    make_venv(folder, stamp=False)  # here the first start was killed

    def fail(command, folder):
        raise mulai.StartError("no network")

    monkeypatch.setattr(mulai, "run_logged", fail)
    with pytest.raises(mulai.StartError, match="no network"):
        mulai.remake(folder, ["a", "b"])
    assert mulai.read_stamp(folder / mulai.VENV) == before


# --- what stops it


def test_foreign_file_is_refused_and_kept(folder):
    (folder / mulai.VENV).write_text("mine")
    with pytest.raises(mulai.StartError, match="bukan lingkungan Python"):
        mulai.remake(folder, ["a", "b"])
    assert (folder / mulai.VENV).read_text() == "mine"


def test_foreign_folder_is_refused_and_kept(folder):
    (folder / mulai.VENV).mkdir()
    (folder / mulai.VENV / "surat.docx").touch()
    with pytest.raises(mulai.StartError, match="bukan lingkungan Python"):
        mulai.remake(folder, ["a", "b"])
    assert (folder / mulai.VENV / "surat.docx").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_link_is_refused_and_its_target_kept(folder):
    target = make_venv(folder).rename(folder / "elsewhere")
    (folder / mulai.VENV).symlink_to(target)
    with pytest.raises(mulai.StartError, match="bukan lingkungan Python"):
        mulai.remake(folder, ["a", "b"])
    assert (target / "pyvenv.cfg").exists()


def test_empty_folder_is_taken(folder, steps):
    (folder / mulai.VENV).mkdir()
    mulai.remake(folder, ["a", "b"])
    assert len(steps) == 3


def test_venv_in_use_is_named(folder, monkeypatch):
    make_venv(folder)

    def in_use(self, target):
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(Path, "rename", in_use)
    with pytest.raises(mulai.StartError, match=r"sedang dipakai \(Access is denied\); tutup Jupyter"):
        mulai.put_aside(folder)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(mulai.StartError, match=f"berkas {name} tidak terbaca di .*salin ulang folder"):
        mulai.prepare(folder)


def test_too_little_room_is_told_in_numbers(folder, steps, monkeypatch):
    monkeypatch.setattr(mulai.shutil, "disk_usage", lambda _: SimpleNamespace(free=400_000_000))
    with pytest.raises(mulai.StartError, match=r"ruang disk tersisa 0\.4 GB, perlu 1\.5 GB"):
        mulai.remake(folder, ["a", "b"])
    assert steps == []
    assert not (folder / mulai.VENV).exists()


@pytest.mark.usefixtures("no_uv_no_pip")
def test_python_without_venv_is_told_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(mulai.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    with pytest.raises(mulai.StartError, match="sudo apt install python3-venv"):
        mulai.check_can_install(folder)


def test_folder_that_cannot_be_written_is_named(folder):
    (folder / mulai.GUARD).mkdir()  # opening a folder as a file fails for every user, root too
    with pytest.raises(mulai.StartError, match=r"folder .* tidak dapat ditulisi"), mulai.only_one(folder):
        pass


def test_only_one_start_at_a_time_holds_the_guard(folder):
    with (folder / mulai.GUARD).open("a+b") as second:
        with mulai.only_one(folder):
            assert not mulai.take(second.fileno())
        assert mulai.take(second.fileno())


def test_second_start_waits_and_says_so(folder, monkeypatch, capsys):
    answers = iter([False, False, True])
    monkeypatch.setattr(mulai, "take", lambda guard: next(answers))
    monkeypatch.setattr(mulai, "time", SimpleNamespace(sleep=lambda seconds: None))
    with mulai.only_one(folder):
        pass
    assert capsys.readouterr().err.count("menunggu mulai.py lain") == 1


# --- steps and their log


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("OSError: [Errno 28] No space left on device", "disk penuh"),
        ("[WinError 112] There is not enough space on the disk", "disk penuh"),
        ("socket.gaierror: [Errno 11001] getaddrinfo failed", "tidak dapat mengunduh paket"),
        ("Temporary failure in name resolution", "tidak dapat mengunduh paket"),
        ("ERROR: Could not find a version (from versions: none)", "tidak dapat mengunduh paket"),
        ("cause: dns error", "tidak dapat mengunduh paket"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "pemasangan gagal"),
    ],
)
def test_failure_is_explained_from_the_log(log, message):
    assert mulai.explain_failure(log).startswith(message)


def test_failed_step_shows_the_end_of_its_own_output(folder):
    venv = make_venv(folder)
    (venv / mulai.LOG).write_text("output of an earlier step: getaddrinfo failed\n")
    script = "print('\\n'.join(f'line {n}' for n in range(100))); raise SystemExit(3)"
    with pytest.raises(mulai.StartError, match="pemasangan gagal") as caught:
        mulai.run_logged([sys.executable, "-c", script], folder)
    lines = str(caught.value).splitlines()
    assert lines[1:-1] == [f"    line {n}" for n in range(92, 100)]
    assert lines[-1] == f"    log: {venv / mulai.LOG}"


def test_step_works_in_the_project_folder_and_leaves_no_scratch(folder):
    venv = make_venv(folder)
    before = set(venv.iterdir())
    script = "import os, tempfile; print(os.getcwd(), tempfile.mkdtemp(), os.environ['PIP_NO_CACHE_DIR'])"
    mulai.run_logged([sys.executable, "-c", script], folder)
    cwd, scratch, no_cache = (venv / mulai.LOG).read_text().split()
    assert Path(cwd).samefile(folder)
    assert venv.name in Path(scratch).parts
    assert no_cache == "1"
    assert set(venv.iterdir()) - before == {venv / mulai.LOG}


# --- the environment of the children


def test_disturbing_settings_do_not_reach_the_children(monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_USER", "UV_SYSTEM_PYTHON"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("VIRTUAL_ENV", "/other")
    monkeypatch.setenv("KINERJA_LANG", "en")
    env = mulai.child_environment(Path("here"))
    assert {"PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_USER", "UV_SYSTEM_PYTHON"}.isdisjoint(env)
    assert (env["VIRTUAL_ENV"], env["KINERJA_LANG"], env["PYTHONUTF8"]) == ("here", "en", "1")
    assert env["PATH"].split(os.pathsep)[0] == str(mulai.scripts_folder(Path("here")))


def test_cache_of_the_user_is_respected(monkeypatch):
    monkeypatch.setenv("PIP_CACHE_DIR", "/cache")
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.delenv("PIP_NO_CACHE_DIR", raising=False)
    env = mulai.installer_environment(Path("here"), "scratch")
    assert "PIP_NO_CACHE_DIR" not in env
    assert env["UV_NO_CACHE"] == "1"


# --- running


@pytest.fixture
def no_signals(monkeypatch):
    monkeypatch.setattr(mulai.signal, "signal", lambda number, handler: None)


@pytest.mark.usefixtures("no_signals")
def test_exit_code_passes_through(folder):
    assert mulai.run([sys.executable, "-c", "raise SystemExit(7)"], folder) == 7


@pytest.mark.usefixtures("no_signals")
@pytest.mark.parametrize(
    ("code", "expected"), [(0, 0), (-signal.SIGINT, 130), (0xC000013A, 130), (-15, 143), (130, 130)]
)
def test_ended_by_signal_gives_the_code_of_the_shells(folder, monkeypatch, code, expected):
    class Child(contextlib.nullcontext):
        answers = iter([KeyboardInterrupt, code])

        def __enter__(self):
            return self

        def wait(self):
            answer = next(self.answers)
            if answer is KeyboardInterrupt:
                raise KeyboardInterrupt
            return answer

    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: Child())
    assert mulai.run(["program"], folder) == expected


@pytest.fixture
def ran(monkeypatch):
    """The programs that would run in a whole `.venv`; each returns 0 unless `codes` says otherwise."""
    calls = SimpleNamespace(commands=[], codes={})

    def record(command, folder, cwd=None):
        calls.commands.append(command[1:])
        return next((code for word, code in calls.codes.items() if word in command), 0)

    monkeypatch.setattr(mulai, "run", record)
    monkeypatch.setattr(mulai, "prepare", lambda folder: None)
    return calls


def test_arguments_go_to_kinerja(ran):
    ran.codes["check"] = 1
    assert mulai.main(["check", "my data"]) == 1
    assert ran.commands == [["-P", "-m", "kinerja_lib.cli", "check", "my data"]]


def test_no_arguments_show_the_help(ran):
    assert mulai.main([]) == 0
    assert ran.commands == [["-P", "-m", "kinerja_lib.cli", "--help"]]


def test_test_runs_every_check_and_pytest_last(ran, capsys):
    ran.codes["mypy"] = 2
    assert mulai.main(["test", "-k", "panel"]) == 1
    assert [command[1] for command in ran.commands] == ["ruff", "ruff", "mypy", "pytest"]
    assert ran.commands[-1][-2:] == ["-k", "panel"]
    assert capsys.readouterr().err.splitlines()[-1] == "mulai: gagal (failed): mypy"


def test_test_is_silent_at_the_end_when_all_is_well(ran, capsys):
    assert mulai.main(["test"]) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("mulai: pytest")


def test_interrupted_test_stops(ran):
    ran.codes["mypy"] = 130
    assert mulai.main(["test"]) == 130
    assert ran.commands[-1][1] == "mypy"


@pytest.mark.parametrize(
    ("stop", "code", "line"),
    [
        (mulai.StartError("berkas hilang"), 1, "mulai: berkas hilang"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, f"mulai: {mulai.NO_SPACE}"),
        (OSError(errno.EIO, "Input/output error"), 1, "mulai: gagal (failed): [Errno 5] Input/output error"),
        (KeyboardInterrupt(), 130, "mulai: dihentikan (stopped)"),
    ],
)
def test_every_stop_is_one_line_and_a_code(monkeypatch, capsys, stop, code, line):
    def prepare(folder):
        raise stop

    monkeypatch.setattr(mulai, "prepare", prepare)
    assert mulai.main([]) == code
    assert capsys.readouterr().err == f"{line}\n"
