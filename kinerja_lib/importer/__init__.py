"""Exports of an office -> a folder of canonical tables: what is good is exact, what is not is named by its cell.

`files` finds the exports, `reading` reads each, `double` and `merge` make tables of them, `folder` writes them whole.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinerja_lib.check import Origin, check_dataset, read_import_findings, read_origin
from kinerja_lib.check.origin import read_record
from kinerja_lib.errors import CallError, DataError
from kinerja_lib.findings import Finding, Findings
from kinerja_lib.importer.files import Export, find_exports
from kinerja_lib.importer.folder import FINDINGS_JSON, load_reads, restore_interrupted, write_folder
from kinerja_lib.importer.merge import Merged, merge_exports
from kinerja_lib.importer.reading import FileRead, Options, read_exports
from kinerja_lib.language import _, current_language
from kinerja_lib.read import read_dataset
from kinerja_lib.read.kinds import ColumnMap, read_map
from kinerja_lib.schema import TABLES, Dataset

__all__ = ["FINDINGS_JSON", "ImportResult", "check_folder", "explain_exports", "import_exports", "is_import"]

INCOMPLETE = "tables_missing"
FEW = 8  # files that are read sooner in one process than others are started


@dataclass(frozen=True, slots=True, eq=False)
class ImportResult:
    """An import.

    Attributes
    ----------
    folder : Path
        Where the tables are.
    dataset : Dataset
        The tables; those that a report needs may be missing, as `findings` then says.
    findings : Findings
        All that was found, errors first.
    reads : tuple of FileRead
        What each export gave: those of this call and of earlier ones, by name.
    counts : mapping
        Table -> how many rows were `read`, `used`, are one with another row (`merged`), were `rejected`.
    """

    folder: Path
    dataset: Dataset
    findings: Findings
    reads: tuple[FileRead, ...]
    counts: dict[str, dict[str, int]]


def import_exports(
    paths: Sequence[str | Path],
    *,
    out: str | Path,
    maps: Sequence[str | Path] = (),
    hidden: bool = False,
    accept_warnings: bool = False,
    jobs: int | None = None,
    progress: bool = False,
) -> ImportResult:
    """Read exports and write what they give as canonical tables.

    Parameters
    ----------
    paths : sequence of str or Path
        Files and folders.
    out : str or Path
        Folder of the result: new, empty, or that of an earlier import. There an export of the same name replaces its
        own rows, and the rows of other exports stay.
    maps : sequence of str or Path, optional
        Mapping files (TOML) that name the columns of shapes nobody foresaw.
    hidden : bool, default False
        Read hidden sheets too.
    accept_warnings : bool, default False
        Take ids that are only doubtful (`nip_month`, `nip_sex`, ...) instead of keeping their rows apart.
    jobs : int, optional
        Files read at a time; None = as many as there are cores, where there are many files.
    progress : bool, default False
        Show a bar on standard error.

    Returns
    -------
    ImportResult
        The folder then holds the tables, ``rejected.csv``, ``asal.csv`` (file, sheet, row of each row),
        ``findings.json``, ``findings.csv`` and ``impor.json``, all of them or, after a fault, what was there before.

    Raises
    ------
    CallError
        A path or a mapping file is not there, `out` holds something else, or nothing can be written.
    """
    folder = Path(out).absolute()
    reads = load_reads(folder)
    options = Options(_read_maps(maps), hidden, accept_warnings, lang=current_language())
    exports, faults = find_exports(paths, out=folder)
    new, merged, dataset, findings = _gather(exports, options, faults, jobs=jobs, progress=progress, earlier=reads)
    write_folder(folder, merged, dataset, new, findings)
    return ImportResult(folder, dataset, findings, tuple(new), merged.counts)


def check_folder(path: str | Path) -> tuple[Dataset, Findings]:
    """Return canonical tables and all that is wrong with them, of those too that no report could be made from.

    Parameters
    ----------
    path : str or Path
        A folder of canonical tables, made by hand or by an import, or a workbook.

    Returns
    -------
    tuple of Dataset and Findings
        The rows that can be read; and what was found while exports were read (where an import made the folder) and
        in the tables, errors first. Files, sheets and cells are those of the exports where they are known.

    Raises
    ------
    CallError
        The path is not there, or holds none of the tables.
    """
    restore_interrupted(Path(path).absolute())
    told = read_import_findings(path)
    origin = read_origin(path)
    try:
        data = read_dataset(path)
    except DataError as error:
        data, found = _check_leniently(Path(path), origin)
        found = Findings(tuple(dict.fromkeys([*told, *found])))
        if not found.errors and not any(finding.rule == INCOMPLETE for finding in found):
            remedy = _("Perbaiki tabelnya, lalu ulangi.")
            found += Findings((Finding(rule="data_refused", severity="error", message=str(error), remedy=remedy),))
        return data, found.ranked()
    return data, check_dataset(data, origin, told)


def is_import(path: str | Path) -> bool:
    """Tell whether an import made a folder."""
    return read_record(path) is not None


def _check_leniently(path: Path, origin: Origin | None) -> tuple[Dataset, Findings]:
    """Read tables as an import does: every fault is named, and the rows without one are checked."""
    files = [path / f"{name}.csv" for name in TABLES] if path.is_dir() else [path]
    exports = [Export(file, file.name) for file in files if file.is_file()]
    options = Options(lang=current_language())
    _new, _merged, data, findings = _gather(exports, options, (), jobs=1, progress=False, earlier={}, origin=origin)
    return data, findings


def explain_exports(
    paths: Sequence[str | Path], *, maps: Sequence[str | Path] = (), hidden: bool = False
) -> Iterator[FileRead]:
    """Yield for each export what its sheets are taken for and why; nothing is converted or written.

    Parameters
    ----------
    paths, maps, hidden
        As in `import_exports`.
    """
    exports, faults = find_exports(paths)
    options = Options(_read_maps(maps), hidden, explain=True, lang=current_language())
    yield from (FileRead(str(fault.file), findings=(fault,)) for fault in faults)
    yield from read_exports(exports, options)


def _read_maps(maps: Sequence[str | Path]) -> tuple[ColumnMap, ...]:
    for path in map(Path, maps):
        if not path.is_file():
            raise CallError(_("--map: {path} tidak ada. Periksa ejaan dan letaknya.").format(path=path))
    return tuple(read_map(Path(path)) for path in maps)


def _gather(
    exports: Sequence[Export],
    options: Options,
    faults: Sequence[Finding],
    *,
    jobs: int | None,
    progress: bool,
    earlier: dict[str, FileRead],
    origin: Origin | None = None,
) -> tuple[list[FileRead], Merged, Dataset, Findings]:
    """Read the exports, join them with what earlier ones gave, and check the tables."""
    reads = dict(earlier)
    reads |= {read.file: read for read in _watch(exports, options, jobs=jobs, shown=progress)}
    for fault in faults:  # a file that is not read any more gives nothing any more
        reads[str(fault.file)] = FileRead(str(fault.file), findings=(fault,))
    new = sorted(reads.values(), key=lambda read: read.file)
    merged = merge_exports(new)
    tables = dict(merged.tables)
    described = tables.pop("keterangan", None)
    notes = {}
    if described is not None:
        notes = dict(zip(described["kunci"].astype("str"), described["isi"].fillna("").astype("str"), strict=True))
    merged.findings += _tell_incomplete(tables)
    dataset = Dataset(tables, keterangan=notes)
    told = Findings(tuple(merged.findings))
    return new, merged, dataset, check_dataset(dataset, origin or Origin(merged.origin), told)


def _watch(exports: Sequence[Export], options: Options, *, jobs: int | None, shown: bool) -> Iterator[FileRead]:
    """Read the exports, with a bar where it is asked for."""
    if jobs is not None and jobs < 1:
        raise CallError(_("jobs: ditemukan {found}; yang diizinkan: 1 atau lebih.").format(found=jobs))
    workers = jobs if jobs is not None else (_count_cores() if len(exports) > FEW else 1)
    reads = read_exports(exports, options, jobs=workers)
    if not shown or len(exports) < 2:
        yield from reads
        return
    from tqdm import tqdm

    often = 0.1 if sys.stderr.isatty() else 10.0  # few lines where the bar goes into a file
    with tqdm(total=len(exports), unit=_(" berkas"), file=sys.stderr, mininterval=often, dynamic_ncols=True) as bar:
        for read in reads:
            bar.update()
            yield read


def _count_cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _tell_incomplete(tables: Mapping[str, object]) -> Iterator[Finding]:
    """Yield a finding where a report could not be made from the tables yet."""
    people = {"penilaian", "pegawai"} <= set(tables)
    if "unit" in tables and (people or "indikator_unit" in tables):
        return
    missing = [name for name in ("unit", "pegawai", "penilaian") if name not in tables]
    yield Finding(
        rule=INCOMPLETE,
        severity="warning",
        message=_("Laporan belum dapat disusun: belum ada tabel {names}.").format(names=", ".join(missing)),
        remedy=_("Impor juga ekspor pegawai SIASN dan rekap penilaian e-Kinerja ke folder yang sama."),
    )
