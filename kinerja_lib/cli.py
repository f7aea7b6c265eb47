"""The `kinerja` command: parse, call, print. What is done is done elsewhere.

Exit codes: 0 done; 1 the data or the run have faults that the output lists; 2 the call itself is wrong; 130 stopped.
Heavy modules are imported by the command that needs them, so that help and faults appear at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kinerja_lib import __version__
from kinerja_lib.errors import CallError, DataError, KinerjaError, list_values, nearest, require_choice
from kinerja_lib.language import LANGUAGES, _, current_language, use_language
from kinerja_lib.terminal import (
    Parser,
    argparse_words,
    card_lines,
    explain_lines,
    import_lines,
    note,
    panel_lines,
    prepare_streams,
    print_findings,
    print_report,
    say,
    study_lines,
    verification_lines,
    write_json,
    write_log,
)

DONE, FAULTS, WRONG_CALL, STOPPED = 0, 1, 2, 130
STUDY_NOTEBOOKS = {
    "value": "11_nilai",
    "cost": "12_biaya",
    "retention": "13_retensi",
    "climate": "14_iklim",
    "card": "15_kartu_empat_hasil",
}
LANGUAGE_VARIABLE = "KINERJA_LANG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; None = as the program was started.

    Returns
    -------
    int
        0 done, 1 faults, 2 wrong call, 130 stopped.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    try:
        use_language(choose_language(words, os.environ))
        args = parse(words)
        return int(args.run(args))
    except KinerjaError as error:
        note(f"kinerja: {error}")
        return WRONG_CALL if isinstance(error, CallError) else FAULTS
    except SystemExit as end:  # argparse: help was shown, or a fault told
        return int(end.code or 0)
    except KeyboardInterrupt:
        note("kinerja: " + _("dihentikan."))
        return STOPPED
    except Exception as error:
        message = _("kesalahan tak terduga ({kind}); rinciannya tercatat di {log}")
        note("kinerja: " + message.format(kind=type(error).__name__, log=write_log(words)))
        return FAULTS


def choose_language(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the language that ``--lang`` or the environment asks for; a wrong ``--lang`` is told by the parser."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        asked = following if word == "--lang" else word.partition("=")[2] if word.startswith("--lang=") else ""
        if asked in LANGUAGES:
            return asked
    chosen = environment.get(LANGUAGE_VARIABLE) or "id"
    require_choice(LANGUAGE_VARIABLE, chosen, LANGUAGES)
    return chosen


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments, with the function to run as `run`; end with 2 on a wrong call."""
    with argparse_words():
        parser, commands = build_parser()
        args, strange = parser.parse_known_args(words)
        if strange:
            own = commands[args.command]
            hint = nearest(strange[0].partition("=")[0], own._option_string_actions)
            own.error(_("argumen tidak dikenal: {strange}.").format(strange=list_values(strange, shown=3)) + hint)
    if args.lang is not None:
        use_language(args.lang)
    return args


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """Return the parser of the whole command, and those of its commands by name."""
    parser = Parser(prog="kinerja", description=_("Laporan dan kajian pembinaan kinerja dari data kepegawaian."))
    version = _("tampilkan nomor versi lalu selesai")
    parser.add_argument("--version", action="version", version=f"kinerja_lib {__version__}", help=version)
    _add_language(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar=_("PERINTAH"), required=True, title=_("perintah"))
    parts = {
        "report": (_add_report, _("susun laporan (tanpa argumen lain: instansi contoh)")),
        "import": (_add_import, _("baca ekspor (e-Kinerja, SIASN, SKP, log) menjadi tabel baku")),
        "check": (_add_check, _("periksa mutu data")),
        "pseudonymise": (_add_pseudonymise, _("ganti NIP dengan nama samaran dan buang nama serta catatan")),
        "panel": (_add_panel, _("susun panel pegawai x periode sebagai satu berkas Parquet")),
        "study": (_add_study, _("jalankan satu kajian dan tampilkan hasilnya")),
        "open": (_add_open, _("ambil data terbuka menjadi tabel baku")),
        "synth": (_add_synth, _("buat instansi rekaan dengan dampak yang diketahui")),
        "verify": (_add_verify, _("susun ulang laporan dari asal-usulnya dan tampilkan yang berbeda")),
        "lab": (_add_alone(run_lab), _("buka Jupyter pada notebook pembuka")),
        "doctor": (_add_alone(run_doctor), _("periksa pemasangan")),
    }
    for name, (add, text) in parts.items():
        part = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        add(part)
        _add_language(part, default=argparse.SUPPRESS)
    return parser, dict(commands.choices)


def _add_language(parser: Parser, *, default: Any) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, default=default, help=_("bahasa laporan dan pesan"))


def _add_report(parser: Parser) -> None:
    add = parser.add_argument
    add("data", nargs="?", metavar="DATA", help=_("folder atau buku kerja data; bawaan: instansi contoh"))
    add("--period", default="", metavar="2025-S1", help=_("periode laporan; bawaan: yang terakhir pada data"))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--unit", nargs="+", action="extend", default=[], metavar="ID", help=_("laporan untuk unit ini"))
    which.add_argument("--all-units", action="store_true", help=_("laporan untuk setiap unit"))
    names = _("hanya notebook ini")
    add("--notebook", nargs="+", action="extend", default=[], metavar=_("NAMA"), help=names)
    add("--format", default="html", metavar="html,pdf,docx,xlsx", help=_("format laporan, dipisahkan koma"))
    add("--template", metavar=_("FOLDER"), help=_("folder kop surat dan dokumen dasar kantor"))
    out = _("folder hasil; bawaan: lanjutkan penyusunan yang sama, atau folder baru di reports/runs")
    add("--out", metavar=_("FOLDER"), help=out)
    add("--jobs", type=_whole_number, metavar="N", help=_("banyaknya halaman sekaligus; bawaan: jumlah inti prosesor"))
    add("--scheduler", metavar=_("ALAMAT"), help=_("alamat penjadwal Dask, seperti tcp://10.0.0.1:8786"))
    add("--force", action="store_true", help=_("susun ulang semua halaman, juga yang tidak berubah"))
    add("--quiet", action="store_true", help=_("tampilkan hanya yang gagal dan letak hasilnya"))
    add("--json", action="store_true", help=_("tampilkan hasilnya sebagai JSON"))
    values = _("nilai parameter notebook")
    add("--param", nargs="+", action="extend", default=[], metavar=_("NAMA=NILAI"), help=values)
    parser.set_defaults(run=run_report)


def _add_import(parser: Parser) -> None:
    add = parser.add_argument
    add("paths", nargs="+", metavar=_("BERKAS"), help=_("berkas ekspor, atau folder yang berisi ekspor"))
    add("--out", metavar="DATA", help=_("folder tabel baku yang ditulis; yang sudah ada diperbarui"))
    add("--findings", metavar=_("BERKAS"), help=_("tulis temuannya juga sebagai JSON di sini"))
    add("--explain", action="store_true", help=_("tampilkan apa yang dikenali dan mengapa; tidak menulis apa pun"))
    add("--hidden", action="store_true", help=_("baca juga lembar tersembunyi"))
    maps = _("berkas peta (TOML) yang menamai kolom ekspor yang tidak dikenal")
    add("--map", action="append", default=[], metavar=_("BERKAS.toml"), help=maps)
    add(
        "--accept-warnings",
        action="store_true",
        help=_("pakai juga nilai yang diragukan, seperti durasi di atas 24 jam"),
    )
    add("--jobs", type=_whole_number, metavar="N", help=_("banyaknya berkas sekaligus; bawaan: jumlah inti prosesor"))
    parser.set_defaults(run=run_import)


def _add_check(parser: Parser) -> None:
    parser.add_argument("data", metavar="DATA", help=_("folder atau buku kerja data"))
    where = _(
        "tulis temuannya di sini, dengan .csv dan .html di sampingnya; bawaan: findings.json pada folder hasil impor"
    )
    parser.add_argument("--json", metavar=_("BERKAS"), help=where)
    parser.set_defaults(run=run_check)


def _add_pseudonymise(parser: Parser) -> None:
    parser.add_argument("data", metavar="DATA", help=_("folder atau buku kerja data"))
    key = _("berkas kunci; dibuat bila belum ada; simpan di luar data dan folder proyek")
    parser.add_argument("--key", required=True, metavar=_("BERKAS"), help=key)
    parser.add_argument("--out", required=True, metavar=_("FOLDER"), help=_("folder tabel baku yang ditulis"))
    keep = _("kolom teks bebas yang tetap disertakan, seperti kegiatan.topik")
    parser.add_argument("--keep", nargs="+", action="extend", default=[], metavar=_("TABEL.KOLOM"), help=keep)
    parser.set_defaults(run=run_pseudonymise)


def _add_panel(parser: Parser) -> None:
    add = parser.add_argument
    add("data", metavar="DATA", help=_("folder atau buku kerja data"))
    add("--out", required=True, metavar=_("BERKAS.parquet"), help=_("berkas panel yang ditulis"))
    add("--memory", metavar="4GB", help=_("batas memori seluruh proses; data besar dipecah menurut pegawai"))
    add("--jobs", type=_whole_number, metavar="N", help=_("banyaknya proses sekaligus; bawaan: jumlah inti prosesor"))
    add("--scheduler", metavar=_("ALAMAT"), help=_("alamat penjadwal Dask, seperti tcp://10.0.0.1:8786"))
    parser.set_defaults(run=run_panel)


def _add_study(parser: Parser) -> None:
    add = parser.add_argument
    add("name", metavar=_("KAJIAN"), help=" | ".join(STUDY_NOTEBOOKS))
    add("data", metavar="DATA", help=_("folder atau buku kerja data"))
    add("--json", metavar=_("BERKAS"), help=_("tulis hasilnya juga sebagai JSON"))
    add("--out", metavar=_("FOLDER"), help=_("folder hasil; bawaan: folder baru di reports/runs"))
    plan = _("rencana kajian; bila belum ada, dibekukan di berkas itu sebelum data dibaca")
    add("--plan", metavar=_("BERKAS.toml"), help=plan)
    programme = _("program yang dikaji, seperti coaching; bawaan: menurut rencana, lalu yang pertama ada dalam data")
    add("--programme", default="", metavar=_("PROGRAM"), help=programme)
    parser.set_defaults(run=run_study)


def _add_open(parser: Parser) -> None:
    parser.add_argument("name", metavar=_("NAMA"), help="csps | bdj2018 | jtrain | nsw")
    parser.add_argument("--from", dest="folder", metavar=_("FOLDER"), help=_("folder berkas asalnya"))
    parser.add_argument("--out", required=True, metavar="DATA", help=_("folder tabel baku yang ditulis"))
    parser.set_defaults(run=run_open)


def _add_verify(parser: Parser) -> None:
    add = parser.add_argument
    add("report", metavar=_("LAPORAN"), help=_("folder laporan, atau satu berkasnya"))
    add("--data", metavar="DATA", help=_("tempat datanya sekarang; bawaan: seperti tercatat pada laporan"))
    add("--template", metavar=_("FOLDER"), help=_("kop surat dan dokumen dasar yang dipakai laporan itu"))
    add("--jobs", type=_whole_number, metavar="N", help=_("banyaknya halaman sekaligus; bawaan: jumlah inti prosesor"))
    add("--json", action="store_true", help=_("tampilkan hasilnya sebagai JSON"))
    parser.set_defaults(run=run_verify)


def _add_synth(parser: Parser) -> None:
    parser.add_argument("--out", required=True, metavar="DATA", help=_("folder tabel baku yang ditulis"))
    for name, text in (
        ("people", _("banyaknya pegawai")),
        ("units", _("banyaknya unit")),
        ("periods", _("banyaknya semester")),
        ("seed", _("benih bilangan acak")),
    ):
        parser.add_argument(f"--{name}", type=_whole_number, default=argparse.SUPPRESS, metavar="N", help=text)
    effect = _("dampak yang ditanam, seperti coaching=0.3")
    parser.add_argument("--effect", nargs="+", action="extend", default=[], metavar=_("NAMA=NILAI"), help=effect)
    parser.set_defaults(run=run_synth)


def _add_alone(run: Callable[[argparse.Namespace], int]) -> Callable[[Parser], None]:
    return lambda parser: parser.set_defaults(run=run)


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        message = _("ditemukan {found}; yang diizinkan: bilangan bulat")
        raise argparse.ArgumentTypeError(message.format(found=repr(text))) from None


def run_report(args: argparse.Namespace) -> int:
    """Make reports and print where they are."""
    from kinerja_lib.report.writers import read_formats

    read_formats(args.format)  # refused before anything heavy is loaded
    params = _split_settings(args.param)
    tell: Callable[[str], None] = note if not args.quiet else lambda _text: None
    tell(_("Membaca data {data} ...").format(data=args.data or _("instansi contoh")))
    from kinerja_lib.report.batch import run_plan
    from kinerja_lib.report.plan import plan_reports
    from kinerja_lib.report.pool import count_cores

    sample = args.data is None and not args.notebook
    units = "all" if args.all_units or (sample and not args.unit) else args.unit
    plan = plan_reports(
        args.data,
        period=args.period,
        units=units,
        notebooks=args.notebook,
        lang=current_language(),
        params=params,
        formats=args.format,
        template=args.template,
    )
    jobs = args.jobs if args.jobs is not None else count_cores()
    text = _("Menyusun yang belum ada atau berubah dari {n} halaman, {jobs} sekaligus ...")
    tell(text.format(n=len(plan.pages), jobs=max(1, min(jobs, len(plan.pages)))))
    means = {"jobs": args.jobs, "scheduler": args.scheduler, "force": args.force}
    result = run_plan(plan, out=args.out, progress=not args.quiet, **means)
    if not units and not args.notebook:
        tell(_("Laporan per unit: tambahkan --all-units, atau --unit ID."))
    return print_report(result, quiet=args.quiet, as_json=args.json)


def _split_settings(texts: Sequence[str]) -> dict[str, str]:
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            message = _("--param: ditemukan {found}; yang diizinkan: NAMA=NILAI.")
            raise CallError(message.format(found=repr(text)))
        values[name] = value
    return values


def run_import(args: argparse.Namespace) -> int:
    """Turn exports into canonical tables; print what was found, what became of the rows, and where everything is."""
    from kinerja_lib import importer
    from kinerja_lib.report.findings_page import write_findings

    if args.explain:
        reads = list(importer.explain_exports(args.paths, maps=args.map, hidden=args.hidden))
        for line in (line for read in reads for line in explain_lines(read)):
            say(line)
        return FAULTS if any(finding.severity == "error" for read in reads for finding in read.findings) else DONE
    if args.out is None:
        raise CallError(_("--out: sebut folder tabel baku yang ditulis."))
    result = importer.import_exports(
        args.paths,
        out=args.out,
        maps=args.map,
        hidden=args.hidden,
        accept_warnings=args.accept_warnings,
        jobs=args.jobs,
        progress=True,
    )
    page = write_findings(result.dataset, result.findings, result.folder / importer.FINDINGS_JSON)
    if args.findings is not None:
        write_json(Path(args.findings), result.findings.to_json())
    code = print_findings(result.findings)
    for line in import_lines(result.counts, page):
        say(line)
    say(str(Path(args.out)))
    return code


def run_check(args: argparse.Namespace) -> int:
    """Print all that is wrong with canonical tables; write it down where asked, or where an import made them."""
    from kinerja_lib import importer
    from kinerja_lib.report.findings_page import write_findings

    data, findings = importer.check_folder(args.data)
    own = Path(args.data) / importer.FINDINGS_JSON if importer.is_import(args.data) else None
    target = Path(args.json) if args.json is not None else own
    page = write_findings(data, findings, target) if target is not None else None
    code = print_findings(findings)
    if page is not None:
        say(_("Temuan: {page}").format(page=page))
    return code


def run_pseudonymise(args: argparse.Namespace) -> int:
    """Write the tables under pseudonyms; say so where the key is new."""
    from kinerja_lib.pseudonym import write_pseudonyms

    new = not Path(args.key).exists()
    written = write_pseudonyms(args.data, key=args.key, out=args.out, keep_text=args.keep)
    if new:
        note(
            _(
                "Kunci baru: {key}. Simpan salinannya, terpisah dari data; tanpa kunci itu samaran tidak terulang."
            ).format(key=args.key)
        )
    _print_tables(written, args.out)
    return DONE


def run_panel(args: argparse.Namespace) -> int:
    """Write the panel; print how many rows it has and what no row holds."""
    from kinerja_lib.panel.files import write_panel

    means = {name: getattr(args, name) for name in ("memory", "jobs", "scheduler")}
    panel = write_panel(args.data, args.out, progress=True, **means)
    for line in panel_lines(panel.rows, panel.people, panel.dropped):
        say(line)
    say(str(panel.path))
    return DONE


def run_study(args: argparse.Namespace) -> int:
    """Freeze or read the plan, print one study's result, write it as JSON and as a page."""
    from dataclasses import replace

    from kinerja_lib import studies
    from kinerja_lib.read import read_dataset
    from kinerja_lib.studies.plan import freeze_plan

    require_choice("study", args.name, STUDY_NOTEBOOKS)
    study_data = getattr(studies, f"study_{args.name}")
    if args.plan is not None and freeze_plan(args.plan, programme=args.programme):
        note(_("Rencana baru dibekukan sebelum data dibaca: {file}.").format(file=args.plan))
    plan = studies.choose_plan(programme=args.programme, file=args.plan or "")
    try:
        data = read_dataset(args.data)
    except DataError:
        from kinerja_lib.importer import check_folder

        return print_findings(check_folder(args.data)[1])
    study = study_data(data, plan)
    if args.name != "card":
        study = replace(study, exploratory=tuple(dict.fromkeys((*study.exploratory, *plan.outside))))
    for line in card_lines(study) if args.name == "card" else study_lines(study, plan):
        say(line)
    if args.json is not None:
        write_json(Path(args.json), study.to_json())
    own = data.keterangan.get("notebook", "") if args.name == "value" else ""
    return _write_study_page(args, own or STUDY_NOTEBOOKS[args.name])


def _write_study_page(args: argparse.Namespace, notebook: str) -> int:
    from kinerja_lib.report.batch import run_reports
    from kinerja_lib.report.files import find_notebook

    try:
        find_notebook(notebook)
    except CallError as error:
        if args.out is not None:
            raise
        note(_("Halaman tidak dibuat: {why}").format(why=error))
        return DONE
    words = {"programme": args.programme, "plan": str(Path(args.plan).absolute()) if args.plan else ""}
    params = {name: text for name, text in words.items() if text and notebook in STUDY_NOTEBOOKS.values()}
    result = run_reports(args.data, notebooks=[notebook], lang=current_language(), out=args.out, jobs=1, params=params)
    say("")
    return print_report(result)


def run_open(args: argparse.Namespace) -> int:
    """Write an open data set as canonical tables."""
    from kinerja_lib.opendata import open_data
    from kinerja_lib.read import write_dataset

    _print_tables(write_dataset(open_data(args.name, folder=args.folder), args.out), args.out)
    return DONE


def run_synth(args: argparse.Namespace) -> int:
    """Write an invented agency as canonical tables."""
    from kinerja_lib.read import write_dataset
    from kinerja_lib.synth import build_agency, parse_effects

    numbers = {name: getattr(args, name) for name in ("people", "units", "periods", "seed") if hasattr(args, name)}
    agency = build_agency(**numbers, effects=parse_effects(args.effect))
    _print_tables(write_dataset(agency, args.out), args.out)
    return DONE


def _print_tables(written: Sequence[Path], out: str) -> None:
    say(
        _("Ditulis {n} tabel: {names}. Folder data:").format(n=len(written), names=list_values(f.stem for f in written))
    )
    say(str(Path(out)))


def run_lab(_args: argparse.Namespace) -> int:
    """Open Jupyter in the project's folder and return its exit code."""
    from kinerja_lib.doctor import open_lab

    return open_lab()


def run_verify(args: argparse.Namespace) -> int:
    """Make a report again from what it says of its making; print what differs."""
    from kinerja_lib.report.verify import verify_report

    note(_("Menyusun ulang {report} ...").format(report=args.report))
    found = verify_report(args.report, data=args.data, template=args.template, jobs=args.jobs, progress=True)
    for line in [json.dumps(found.to_json(), ensure_ascii=False)] if args.json else verification_lines(found):
        say(line)
    return DONE if found.same else FAULTS


def run_doctor(_args: argparse.Namespace) -> int:
    """Print a line for each thing that the reports need."""
    from kinerja_lib.doctor import check_installation

    faults = 0
    for check in check_installation():
        faults += not check.ok
        say(f"{check.name}: " + (_("beres") if check.ok else _("perlu dibenahi: {what}").format(what=check.advice)))
    say(_("Semua beres.") if not faults else _("{n} hal perlu dibenahi.").format(n=faults))
    return FAULTS if faults else DONE


if __name__ == "__main__":
    sys.exit(main())
