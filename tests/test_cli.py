from __future__ import annotations

import argparse
import ast
import inspect
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kinerja_lib import cli, doctor, terminal
from kinerja_lib.cli import main
from kinerja_lib.errors import DataError
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.report import batch, engine, files, plan, pool
from kinerja_lib.schema import Dataset
from kinerja_lib.studies import Check, Study, StudyPlan

PARAMETERS = 'data: str = "data/contoh"  # data\nperiod: str = ""  # periode\nlang: str = "id"  # bahasa\n'
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kinerja(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command in this process: exit code, standard output, standard error."""
    monkeypatch.delenv(cli.LANGUAGE_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def english(put_catalogue: Callable[[str], None]) -> None:
    """A small catalogue in place of the real one."""
    words = {
        "susun laporan (tanpa argumen lain: instansi contoh)": "make reports (alone: the sample agency)",
        "bahasa laporan dan pesan": "language of reports and messages",
        "--param: ditemukan {found}; yang diizinkan: NAMA=NILAI.": "--param: found {found}; allowed: NAME=VALUE.",
        "perintah": "commands",
    }
    text = "\n".join(f'msgid "{one}"\nmsgstr "{other}"\n' for one, other in words.items())
    put_catalogue(text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three notebooks and two units; notebooks are not run, their pages just appear."""
    import nbformat

    root = tmp_path / "proyek"
    for name, more in (
        ("01_mutu_data", ""),
        ("02_laporan_unit", 'unit: str = ""  # unit\n'),
        ("03_laporan_instansi", ""),
    ):
        cell = nbformat.v4.new_code_cell(PARAMETERS + more, metadata={"tags": ["parameters"]})
        (root / "notebooks").mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), root / "notebooks" / f"{name}.ipynb")
    data = root / "data" / "contoh"
    data.mkdir(parents=True)
    (data / "unit.csv").write_text("unit_id,nama\nU01,Satu\nU02,Dua\n", encoding="utf-8")
    (data / "pegawai.csv").write_text("pegawai_id,unit_id\np1,U01\np2,U02\n", encoding="utf-8")
    (data / "penilaian.csv").write_text("pegawai_id,periode\np1,2025-S1\np2,2025-S1\n", encoding="utf-8")

    def run_notebook(source: Path, folder: Path, parameters: dict[str, Any], **_more: object) -> engine.Run:
        if parameters.get("unit") == "U02" and "rusak" in str(root.parent):
            raise DataError("unit buruk.")
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / f"{source.stem}.html"
        page.touch()
        return engine.Run(source.stem, source.stem, page, page, 0.0)

    monkeypatch.setattr(files, "PROJECT", root)
    monkeypatch.setattr(pool, "run_notebook", run_notebook)
    monkeypatch.setattr(pool, "count_cores", lambda: 1)
    monkeypatch.setattr(batch, "count_cores", lambda: 1)
    return root


def test_report_alone_reports_on_the_sample_agency_and_ends_with_the_index(kinerja: Run, project: Path) -> None:
    code, out, err = kinerja("report")
    assert code == 0
    first, last = out.splitlines()
    assert first == "Selesai 4 halaman, gagal 0, dilewati 0. Buka daftar laporan:"
    assert Path(last).is_file()
    assert Path(last).name == "index.html"
    assert Path(last).parent.parent == project / "reports" / "runs"
    assert err.splitlines()[:2] == [
        "Membaca data instansi contoh ...",
        "Menyusun yang belum ada atau berubah dari 4 halaman, 1 sekaligus ...",
    ]


def test_report_on_own_data_tells_how_to_get_unit_reports(kinerja: Run, project: Path) -> None:
    code, out, err = kinerja("report", str(project / "data" / "contoh"), "--out", str(project / "hasil"))
    assert (code, out.splitlines()[-1]) == (0, str(project / "hasil" / "index.html"))
    assert out.startswith("Selesai 2 halaman")
    assert "Laporan per unit: tambahkan --all-units, atau --unit ID.\n" in err


def test_report_for_some_units(kinerja: Run, project: Path) -> None:
    code, _out, _err = kinerja("report", "--unit", "U01", "--unit", "U02", "U01", "--out", str(project / "hasil"))
    books = json.loads((project / "hasil" / "manifest.json").read_text(encoding="utf-8"))
    assert (code, [page["unit"] for page in books["pages"]]) == (0, ["", "", "U01", "U02"])


def test_json_is_all_that_standard_output_gets(kinerja: Run, project: Path) -> None:
    code, out, _err = kinerja("report", "--unit", "U01", "--out", str(project / "hasil"), "--json")
    told = json.loads(out)
    assert (code, told["done"], told["failed"], told["kept"], told["stale"]) == (0, 3, 0, 0, False)
    assert told["index"] == str(project / "hasil" / "index.html")
    assert [(page["unit"], page["status"]) for page in told["pages"]] == [("", "done"), ("", "done"), ("U01", "done")]


def test_quiet_tells_the_failures_and_the_place(kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinerja("report", "--quiet", "--out", str(project / "hasil")) == (
        0,
        f"{project / 'hasil' / 'index.html'}\n",
        "",
    )

    def fail(*_args: object, **_more: object) -> engine.Run:
        raise DataError("unit buruk.")

    monkeypatch.setattr(pool, "run_notebook", fail)
    code, _out, err = kinerja("report", "--quiet", "--notebook", "01_mutu_data", "--force")
    assert (code, err) == (1, "Gagal: unit buruk.\n")


def test_a_folder_in_use_or_a_template_of_nothing_end_with_2(kinerja: Run, project: Path) -> None:
    from kinerja_lib.report.lock import hold_folder

    out = project / "hasil"
    out.mkdir()
    with hold_folder(out):
        code, _out, err = kinerja("report", "--out", str(out))
    assert code == 2
    assert "sedang ditulis oleh proses lain" in err
    code, _out, err = kinerja("report", "--template", str(project / "tidak-ada"))
    assert code == 2
    assert "tidak-ada" in err


def test_a_failing_page_is_told_and_ends_with_1(kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_more: object) -> engine.Run:
        raise DataError("unit buruk.")

    monkeypatch.setattr(pool, "run_notebook", fail)
    code, out, err = kinerja("report", "--notebook", "02_laporan_unit", "--all-units")
    assert code == 1
    assert out.startswith("Selesai 0 halaman, gagal 2, dilewati 0.")
    assert err.endswith("Gagal [U01]: unit buruk.\nGagal [U02]: unit buruk.\n")


def test_ctrl_c_ends_with_130_in_one_line(kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: object, **_more: object) -> engine.Run:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "run_notebook", stop)
    code, out, err = kinerja("report", "--out", str(project / "hasil"))
    assert (code, out, err.splitlines()[-1]) == (130, "", "kinerja: dihentikan.")
    assert (project / "hasil" / "index.html").is_file()


COMMANDS = ("report", "import", "check", "pseudonymise", "panel", "study", "open", "synth", "verify", "lab", "doctor")
WRONG = {
    "no command": ([], 2, "kinerja: galat: argumen berikut wajib diisi: PERINTAH\npemakaian: kinerja --help\n"),
    "command": (
        ["reprot"],
        2,
        "kinerja: galat: argumen PERINTAH: ditemukan 'reprot'; yang diizinkan: "
        + ", ".join(f"'{name}'" for name in COMMANDS)
        + "\npemakaian: kinerja --help\n",
    ),
    "option": (
        ["report", "--perod", "2025"],
        2,
        (
            "kinerja report: galat: argumen tidak dikenal: --perod. Maksud Anda --period?\n"
            "pemakaian: kinerja report --help\n"
        ),
    ),
    "value": (
        ["report", "--jobs", "dua"],
        2,
        (
            "kinerja report: galat: argumen --jobs: ditemukan 'dua'; yang diizinkan: bilangan bulat\n"
            "pemakaian: kinerja report --help\n"
        ),
    ),
    "both": (
        ["report", "--unit", "U01", "--all-units"],
        2,
        (
            "kinerja report: galat: argumen --all-units: tidak boleh bersama argumen --unit\n"
            "pemakaian: kinerja report --help\n"
        ),
    ),
    "lang": (
        ["--lang", "fr", "report"],
        2,
        "kinerja: galat: argumen --lang: ditemukan 'fr'; yang diizinkan: 'id', 'en'\npemakaian: kinerja --help\n",
    ),
    "format": (
        ["report", "--format", "html,odt"],
        2,
        "kinerja: --format: ditemukan 'odt'; yang diizinkan: html, pdf, docx, xlsx.\n",
    ),
    "param": (
        ["report", "--param", "ambang"],
        2,
        "kinerja: --param: ditemukan 'ambang'; yang diizinkan: NAMA=NILAI.\n",
    ),
    "study": (
        ["study", "valeu", "x"],
        2,
        (
            "kinerja: study: ditemukan 'valeu'; yang diizinkan: value, cost, retention, climate, card. "
            "Maksud Anda value?\n"
        ),
    ),
    "data": (
        ["study", "value", "tidak/ada"],
        2,
        "kinerja: tidak/ada: folder atau berkas tidak ada. Periksa ejaan dan letaknya.\n",
    ),
    "import without out": (["import", "x.csv"], 2, "kinerja: --out: sebut folder tabel baku yang ditulis.\n"),
    "import of nothing": (
        ["import", "tidak/ada", "--out", "x"],
        2,
        "kinerja: tidak/ada: folder atau berkas tidak ada. Periksa ejaan dan letaknya.\n",
    ),
    "check of nothing": (
        ["check", "tidak/ada"],
        2,
        "kinerja: tidak/ada: folder atau berkas tidak ada. Periksa ejaan dan letaknya.\n",
    ),
    "effect": (["synth", "--out", "x", "--effect", "coachng=1"], 2, "kinerja: effect: ditemukan 'coachng'; "),
    "open": (["open", "csps", "--out", "x"], 2, "kinerja: folder: csps memerlukan folder yang berisi "),
}


@pytest.mark.parametrize(("words", "code", "message"), WRONG.values(), ids=WRONG.keys())
def test_wrong_calls_end_with_2_and_say_why_in_a_line(kinerja: Run, words: list[str], code: int, message: str) -> None:
    found, out, err = kinerja(*words)
    assert (found, out) == (code, "")
    assert err.startswith(message)
    assert len(err.splitlines()) <= 2


def test_faults_in_data_end_with_1(kinerja: Run, project: Path) -> None:
    (project / "data" / "contoh" / "penilaian.csv").write_text("pegawai_id,periode\np1,2025-S9\n", encoding="utf-8")
    code, out, err = kinerja("report")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(
        "kinerja: penilaian.csv, baris 2, tabel penilaian, kolom periode: ditemukan "
    )


def test_the_unexpected_is_one_line_with_a_log(
    kinerja: Run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(plan, "read_dataset", lambda _path: 1 / 0)
    code, _out, err = kinerja("report")
    found = re.fullmatch(
        r"kinerja: kesalahan tak terduga \(ZeroDivisionError\); rinciannya tercatat di (.*\.log)", err.splitlines()[-1]
    )
    assert (code, found is not None) == (1, True)
    log = Path(found[1] if found else "")
    assert log.parent == tmp_path
    assert "ZeroDivisionError: division by zero" in log.read_text(encoding="utf-8")


def test_help_is_indonesian(kinerja: Run) -> None:
    code, out, _err = kinerja("report", "--help")
    assert code == 0
    assert out.startswith("pemakaian: kinerja report [-h] [--period 2025-S1]")
    for words in ("\nargumen:\n", "\npilihan:\n", "tampilkan bantuan ini lalu selesai", "bahasa laporan dan pesan"):
        assert words in out
    assert not re.search(r"usage|options:|positional|show this", out)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("words", [["--lang", "en", "report", "-h"], ["report", "--lang=en", "-h"], ["report", "-h"]])
def test_help_is_english_when_asked_for(kinerja: Run, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    if len(words) == 2:
        monkeypatch.setenv(cli.LANGUAGE_VARIABLE, "en")
    code, out, _err = kinerja(*words)
    assert code == 0
    assert out.startswith("usage: kinerja report [-h]")
    assert "Make reports (alone: the sample agency)." in out
    assert "show this help message and exit" in out
    assert "\noptions:\n" in out
    assert "language of reports and messages" in out
    assert "\ncommands:\n" in kinerja("--lang", "en", "--help")[1]


@pytest.mark.usefixtures("english")
def test_faults_are_english_when_asked_for(kinerja: Run) -> None:
    assert kinerja("report", "--param", "x", "--lang", "en") == (
        2,
        "",
        "kinerja: --param: found 'x'; allowed: NAME=VALUE.\n",
    )
    _code, _out, err = kinerja("report", "--lang", "en", "--unit")
    assert (
        err == "kinerja report: error: argument --unit: expected at least one argument\nusage: kinerja report --help\n"
    )


def test_a_wrong_language_in_the_environment_is_told(kinerja: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.LANGUAGE_VARIABLE, "fr")
    assert kinerja("doctor") == (2, "", "kinerja: KINERJA_LANG: ditemukan 'fr'; yang diizinkan: id, en.\n")


def test_argparse_is_left_as_it_was(kinerja: Run) -> None:
    before = vars(argparse)["_"], vars(argparse)["ngettext"]
    kinerja("report", "--help")
    assert (vars(argparse)["_"], vars(argparse)["ngettext"]) == before


def test_every_text_that_argparse_can_show_a_user_has_its_indonesian() -> None:
    """A new Python may bring new texts; those of a programmer's own mistakes stay English."""
    mistakes = re.compile(
        r"conflict|__call__|required|mutually|cannot merge|invalid option string|callable|argument \"-\""
    )
    for call in ast.walk(ast.parse(inspect.getsource(argparse))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}:
            for argument in call.args[: 1 if call.func.id == "_" else 2]:
                if isinstance(argument, ast.Constant):
                    text = str(argument.value)
                    assert text in terminal.WORDS or mistakes.search(text), text


def test_the_version_is_told(kinerja: Run) -> None:
    code, out, _err = kinerja("--version")
    assert (code, out.startswith("kinerja_lib ")) == (0, True)


@pytest.mark.usefixtures("project")
def test_synth_writes_tables_that_can_be_read(kinerja: Run, tmp_path: Path) -> None:
    out_folder = str(tmp_path / "agensi")
    code, out, err = kinerja("synth", "--out", out_folder, "--people", "60", "--units", "3", "--periods", "2")
    assert (code, err, out.splitlines()[-1]) == (0, "", out_folder)
    assert (tmp_path / "agensi" / "penilaian.csv").is_file()
    assert kinerja("study", "value", out_folder)[1].startswith("Belum dapat dikatakan apakah")


def test_open_hands_its_words_on(kinerja: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    unit = pd.DataFrame({"unit_id": ["U01"], "nama": ["Satu"]})

    def open_data(name: str, *, folder: str | None) -> Dataset:
        asked.append((name, folder))
        return Dataset({"unit": unit})

    monkeypatch.setattr("kinerja_lib.opendata.open_data", open_data)
    code, out, _err = kinerja("open", "nsw", "--from", "asal", "--out", str(tmp_path / "nsw"))
    assert (code, asked) == (0, [("nsw", "asal")])
    assert out == f"Ditulis 1 tabel: unit. Folder data:\n{tmp_path / 'nsw'}\n"


SAID = (
    "Didukung data. Coaching berdampak pada nilai: 0,41 poin lebih tinggi daripada pembanding "
    "(selang 95 %: 0,21 sampai 0,61; n = 900).\n"
)
TEXT = """
Alasan putusan:
- Selang kepercayaan seluruhnya berada di sisi yang diharapkan, dan semua pemeriksaan lulus.
- Peserta tidak diundi; kesetaraan peserta dan pembanding bergantung pada anggapan.

Bersifat penjajakan (eksploratif). Tidak ada rencana yang dibekukan sebelum data dilihat.
Rancangan: dengan kelompok pembanding, tanpa undian
Hasil yang diukur: nilai

program   taksiran                               satuan    selisih  galat baku  batas bawah  batas atas    n
coaching  taksiran utama                         poin         0,41        0,10         0,21        0,61  900
coaching  1 periode sebelum                      poin         0,02        0,10        -0,10        0,14  900
coaching  periode mulai                          poin         0,30        0,10         0,10        0,50  900
coaching  1 periode sesudah                      poin         0,50        0,10         0,20        0,80  900
coaching  cara menaksir kedua                    poin SKP     1,20        0,10         0,40        2,00  900
coaching  peserta saja, sesudah dan sebelum      poin         0,90        0,10         0,70        1,10  400
coaching  peserta dan bukan peserta, pada akhir  poin            –           –            –           –   <5

Batas bawah dan batas atas: selang kepercayaan 95%.

pemeriksaan                                            hasil
Apakah peserta sedang turun tepat sebelum mulai ikut?  tidak lulus

Batas kajian:
- Batas satu.
"""


@pytest.fixture
def by_hand(study_of: Callable[..., Study], monkeypatch: pytest.MonkeyPatch) -> list[StudyPlan]:
    """Put a study made by hand in place of the real one; return the plans that it is run with."""
    plans: list[StudyPlan] = []

    def study_value(_data: Dataset, plan: StudyPlan) -> Study:
        plans.append(plan)
        study = study_of(checks=(Check("dip", passed=False),), limits=("Batas satu.",))
        study.table.loc[study.table["group"] == "peserta_bukan", "n"] = 4
        return study

    monkeypatch.setattr("kinerja_lib.studies.study_value", study_value)
    return plans


def test_study_prints_the_verdict_and_writes_json_and_page(
    kinerja: Run, project: Path, by_hand: list[StudyPlan]
) -> None:
    data = project / "data" / "contoh"
    (data / "keterangan.csv").write_text("kunci,isi\nnotebook,03_laporan_instansi\n", encoding="utf-8")
    file, out_folder = project / "hasil.json", project / "hasil"
    code, out, err = kinerja("study", "value", str(data), "--json", str(file), "--out", str(out_folder))
    assert (code, err) == (0, "")
    assert out.startswith(SAID + TEXT)
    assert out.splitlines()[-1] == str(out_folder / "index.html")
    assert (out_folder / "instansi" / "03_laporan_instansi.html").is_file()
    written = json.loads(file.read_text(encoding="utf-8"))
    assert (written["study"], written["verdict"], len(written["table"])) == ("value", "supported", 7)
    assert written["exploratory"] == ["Tidak ada rencana yang dibekukan sebelum data dilihat."]
    assert by_hand[0].programme == ""


def test_a_plan_is_frozen_once_and_then_kept(kinerja: Run, project: Path, by_hand: list[StudyPlan]) -> None:
    data, file = str(project / "data" / "contoh"), project / "rencana.toml"
    code, out, err = kinerja("study", "value", data, "--plan", str(file), "--programme", "coaching")
    assert code == 0
    assert err.startswith(f"Rencana baru dibekukan sebelum data dibaca: {file}.\nHalaman tidak dibuat:")
    assert "Kajian ini menjalankan rencana yang dibekukan pada" in out
    before = file.read_bytes()
    assert 'programme = "coaching"' in before.decode()
    again = kinerja("study", "value", data, "--plan", str(file))
    assert "Rencana baru" not in again[2]
    assert file.read_bytes() == before
    assert [plan.programme for plan in by_hand] == ["coaching", "coaching"]
    other = kinerja("study", "value", data, "--plan", str(file), "--programme", "mentoring")[1]
    assert "(eksploratif). programme: rencana coaching, dijalankan mentoring." in other


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--programme", "kopi"), "programme: ditemukan 'kopi'; yang diizinkan: coaching, mentoring"),
        (("--plan", "rusak.toml"), "rencana rusak.toml: bukan TOML yang benar"),
    ],
)
def test_a_plan_that_is_none_ends_with_2(
    kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str], fault: str
) -> None:
    monkeypatch.chdir(project)
    (project / "rusak.toml").write_text("a = = b", encoding="utf-8")
    code, out, err = kinerja("study", "value", "data/contoh", *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"kinerja: {fault}")


def test_a_study_of_a_broken_dataset_lists_its_faults(kinerja: Run, project: Path) -> None:
    file = project / "data" / "contoh" / "penilaian.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2025-S1", "2025-S9"), encoding="utf-8")
    code, out, err = kinerja("study", "value", str(file.parent))
    assert (code, err) == (1, "")
    assert "galat" in out
    assert out.splitlines()[-1].startswith("Jumlah: ")


def test_a_study_without_its_notebook_still_prints(kinerja: Run, project: Path, by_hand: list[StudyPlan]) -> None:
    data = str(project / "data" / "contoh")
    code, out, err = kinerja("study", "value", data)
    assert (code, out.splitlines()[-1], len(by_hand)) == (0, "- Batas satu.", 1)
    assert err.startswith("Halaman tidak dibuat: notebook: ditemukan '11_nilai'; yang ada: 01_mutu_data")
    assert kinerja("study", "value", data, "--out", str(project / "hasil"))[0] == 2


RECAP = """\
7101 - Kabupaten Rekaan;;;;;
Subbagian Umum;;;;;
Periode Tahunan Tahun 2024;;;;;
No;NIP;Nama;Rating Hasil Kinerja;Rating Perilaku Kerja;Predikat Kinerja Periodik
1;198001012010041001;Satu;Sesuai Ekspektasi;Sesuai Ekspektasi;Baik
2;19800102201004100;Dua;Sesuai Ekspektasi;Sesuai Ekspektasi;Baik
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    root = tmp_path / "ekspor"
    root.mkdir()
    (root / "rekap.csv").write_text(RECAP, encoding="utf-8")
    return root


def test_import_prints_findings_counts_and_places(kinerja: Run, exports: Path, tmp_path: Path) -> None:
    out_folder, other = tmp_path / "D", tmp_path / "temuan.json"
    code, out, err = kinerja("import", str(exports), "--out", str(out_folder), "--findings", str(other), "--jobs", "1")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "rekap.csv: 1 galat"
    assert lines[1].startswith("  galat [baris 6]: NIP tidak 18 angka")
    assert "Tabel data: 1 peringatan" in lines
    assert "Jumlah: 1 galat, 1 peringatan, 1 catatan." in lines
    counts = lines.index("tabel      dibaca  dipakai  digabung  ditolak")
    assert lines[counts + 3] == "penilaian       2        1         0        1"
    assert lines[-4:] == [
        f"Temuan: {out_folder / 'findings.html'}",
        f"Baris yang ditolak: {out_folder / 'rejected.csv'}",
        "Folder data:",
        str(out_folder),
    ]
    assert json.loads(other.read_text(encoding="utf-8")) == json.loads(
        (out_folder / "findings.json").read_text("utf-8")
    )
    assert "rekap.csv" in (out_folder / "findings.html").read_text(encoding="utf-8")


def test_import_without_errors_ends_with_0(kinerja: Run, exports: Path, tmp_path: Path) -> None:
    (exports / "rekap.csv").write_text(RECAP.rsplit("2;", 1)[0], encoding="utf-8")
    code, out, _err = kinerja("import", str(exports / "rekap.csv"), "--out", str(tmp_path / "D"))
    assert code == 0
    assert "ditolak:" not in out


def test_explain_needs_no_folder_and_writes_nothing(kinerja: Run, exports: Path, tmp_path: Path) -> None:
    (exports / "lain.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    code, out, err = kinerja("import", "--explain", str(exports))
    assert (code, err) == (1, "")
    assert "rekap.csv\n  (isi berkas): ekinerja, 6 baris\n    - " in out
    assert "lain.csv\n  (isi berkas): tidak dikenal, 2 baris\n  Tidak ada judul kolom yang dikenal" in out
    assert [path.name for path in tmp_path.iterdir()] == ["ekspor"]


def test_check_ends_with_1_on_errors_and_writes_what_it_found(kinerja: Run, exports: Path, tmp_path: Path) -> None:
    folder = tmp_path / "D"
    kinerja("import", str(exports), "--out", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    code, out, err = kinerja("check", str(folder))
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "rekap.csv: 1 galat"
    assert out.splitlines()[-1] == f"Temuan: {folder / 'findings.html'}"
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.usefixtures("project")
def test_check_writes_nothing_into_a_folder_of_ones_own(kinerja: Run, tmp_path: Path) -> None:
    data = tmp_path / "proyek" / "data" / "contoh"
    before = sorted(path.name for path in data.iterdir())
    code, out, _err = kinerja("check", str(data))
    assert (code, out.splitlines()[-1]) == (0, "Jumlah: 1 catatan.")
    assert sorted(path.name for path in data.iterdir()) == before
    file = tmp_path / "temuan.json"
    assert kinerja("check", str(data), "--json", str(file))[0] == 0
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == 1
    assert file.with_suffix(".html").is_file()


@pytest.mark.usefixtures("project")
def test_check_tells_each_fault_of_tables_that_cannot_be_read(kinerja: Run, tmp_path: Path) -> None:
    data = tmp_path / "proyek" / "data" / "contoh"
    (data / "penilaian.csv").write_text("pegawai_id,periode,predikat\np1,2025-S1,Hebat\np2,2025-S9,Baik\n", "utf-8")
    code, out, err = kinerja("check", str(data))
    assert (code, err) == (1, "")
    assert "penilaian.csv: " in out
    assert "[baris 2]" in out
    assert "[baris 3]" in out


@pytest.fixture
def english_import(put_catalogue: Callable[[str], None]) -> None:
    """A small catalogue in place of the real one."""
    words = {
        "galat": "error",
        "peringatan": "warning",
        "baris {n}": "line {n}",
        "Jumlah: {counts}.": "In all: {counts}.",
        "Folder data:": "Data folder:",
        "tabel": "table",
        "--out: sebut folder tabel baku yang ditulis.": "--out: name the folder of the tables to write.",
    }
    text = "\n".join(f'msgid "{one}"\nmsgstr "{other}"\n' for one, other in words.items())
    put_catalogue(text)


@pytest.mark.usefixtures("english_import")
def test_import_and_its_faults_in_english(kinerja: Run, exports: Path, tmp_path: Path) -> None:
    code, out, _err = kinerja("--lang", "en", "import", str(exports), "--out", str(tmp_path / "D"), "--jobs", "1")
    assert code == 1
    assert out.splitlines()[0] == "rekap.csv: 1 error"
    assert out.splitlines()[1].startswith("  error [line 6]: ")
    assert "In all: 1 error, 1 warning, 1 catatan." in out
    assert "\ntable  " in out
    assert out.splitlines()[-2:] == ["Data folder:", str(tmp_path / "D")]
    assert kinerja("import", "--lang", "en", str(exports)) == (
        2,
        "",
        "kinerja: --out: name the folder of the tables to write.\n",
    )


def test_the_terminal_shows_the_worst_and_counts_the_rest() -> None:
    def one(file: str | None, severity: str = "error", n: int = 1) -> tuple[Finding, ...]:
        about = {"rule": "r", "severity": severity, "file": file, "message": "Salah.", "remedy": "Betulkan."}
        return (Finding(**about),) * n  # type: ignore[arg-type]

    many = [one(f"f{number:02d}.xlsx") for number in range(terminal.FILES + 1)]
    found = Findings.collect([one("ringan.csv", "note"), *many, one("a.xlsx", n=terminal.OF_A_FILE + 2), one(None)])
    lines = terminal.finding_lines(found)
    assert lines[:3] == [f"a.xlsx: {terminal.OF_A_FILE + 2} galat", "  galat: Salah.", "    > Betulkan."]
    assert "  ... dan 2 temuan lain." in lines
    assert lines[-2:] == ["... dan 2 berkas lain dengan 2 temuan.", ""]
    assert "Tabel data: 1 galat" in lines
    assert not any("ringan" in line for line in lines)


def test_doctor_tells_what_to_do(kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = "pandas==0.1 \\\n    --hash=sha256:00\nnumpy==0.2 ; python_full_version < '3'\nrusak === x y\n"
    (project / "requirements.lock").write_text(lock, encoding="utf-8")
    needed = '[project]\ndependencies = ["pandas>=3", "numpy>=2", "paket-yang-tidak-ada>=1"]\n'
    (project / "pyproject.toml").write_text(needed, encoding="utf-8")

    def no_kernel() -> None:
        raise RuntimeError("Kernel didn't respond\nin 60 seconds\n")

    monkeypatch.setattr(doctor, "_start_kernel", no_kernel)
    code, out, err = kinerja("doctor")
    lines = out.splitlines()
    assert (code, err) == (1, "")
    assert lines[0].startswith("Python ")
    assert lines[0].endswith(": beres")
    assert f"pandas {pd.__version__}: perlu dibenahi: terpasang {pd.__version__}, seharusnya 0.1; " in out
    assert re.search(r"^numpy [\d.]+: beres$", out, re.MULTILINE)
    assert "paket-yang-tidak-ada: perlu dibenahi: belum terpasang; jalankan: python mulai.py doctor" in lines
    assert "Notebook: perlu dibenahi: tidak ada: 00_mulai; salin ulang folder proyek seutuhnya" in lines
    assert "Data contoh: beres" in lines
    assert any(line.startswith("Kernel Jupyter: perlu dibenahi: kernel tidak dapat dimulai (in 60") for line in lines)
    assert "Folder laporan reports/runs: beres" in lines
    assert lines[-1] == "4 hal perlu dibenahi."
    assert list((project / "reports" / "runs").iterdir()) == []


def test_a_real_kernel_starts_for_the_doctor() -> None:
    assert doctor._check_kernel() == doctor.Check("Kernel Jupyter")


def test_lab_starts_in_the_project_and_passes_its_exit_code_on(
    kinerja: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[str], Path]] = []

    class Child:
        waits = 0

        def __init__(self, command: list[str], *, cwd: Path) -> None:
            started.append((command, cwd))

        def __enter__(self) -> Child:
            return self

        def __exit__(self, *_error: object) -> None:
            pass

        def wait(self) -> int:
            self.waits += 1
            if self.waits == 1:
                raise KeyboardInterrupt
            return 5

    monkeypatch.setattr(subprocess, "Popen", Child)
    start = project / "notebooks" / "00_mulai.ipynb"
    start.touch()
    assert kinerja("lab") == (5, "", "")
    assert started == [([sys.executable, "-m", "jupyterlab", str(start)], project)]


def test_an_old_code_page_shows_a_minus_and_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", newline=""))
    terminal.prepare_streams()
    terminal.say("−1,5 ≤ ω é")
    assert raw.getvalue() == "-1,5 ? ? é\n".encode("cp1252")


def test_a_closed_pipe_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    terminal.say("satu")
    terminal.say("dua")
    sys.stdout.close()


@pytest.mark.parametrize("words", [["--help"], ["report", "--format", "odt"]])
def test_starting_up_is_light(words: list[str]) -> None:
    heavy = "pandas numpy papermill matplotlib babel jinja2 nbformat"
    code = (
        f"import sys; from kinerja_lib.cli import main; main({words!r}); "
        f"print([name for name in {heavy!r}.split() if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_module_runs_as_a_program() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kinerja_lib.cli", "reprot"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "reprot" in run.stderr


def test_panel_says_what_it_wrote_and_what_no_row_holds(kinerja: Run, tmp_path: Path) -> None:
    data, out_file = tmp_path / "data", tmp_path / "panel.parquet"
    assert kinerja("synth", "--out", str(data), "--people", "120", "--units", "3", "--seed", "4")[0] == 0
    code, out, _err = kinerja("panel", str(data), "--out", str(out_file), "--memory", "1GB", "--jobs", "1")
    panel = pd.read_parquet(out_file)
    assert code == 0
    first, *others = out.splitlines()
    assert first == f"Panel: {len(panel)} baris, {panel['pegawai_id'].nunique()} pegawai."
    assert others[-1] == str(out_file)
    assert all(line.startswith("Tidak masuk: ") for line in others[:-1])


def test_panel_of_a_wrong_call_ends_with_2(kinerja: Run, tmp_path: Path) -> None:
    code, _out, err = kinerja("panel", str(tmp_path), "--out", str(tmp_path / "panel.csv"))
    assert code == 2
    assert err.startswith("kinerja: --out: ditemukan panel.csv")
