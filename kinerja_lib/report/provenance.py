"""Where a page comes from: lines for its foot, and the record that its executed notebook and the manifest keep.

Nothing here changes from run to run while data, notebook and program stay the same: no clock, no path of a machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kinerja_lib import __version__
from kinerja_lib.language import _, mark
from kinerja_lib.report.files import project_folder
from kinerja_lib.report.fingerprint import Fingerprint
from kinerja_lib.report.keys import Basis
from kinerja_lib.report.plan import Page, Plan
from kinerja_lib.schema import Dataset

SHORT = 12  # hexadecimal digits of a SHA-256 shown
NOTES = (
    ("sumber", mark("Sumber: {text}")),
    ("kutipan", mark("Kutipan: {text}")),
    ("lisensi", mark("Lisensi: {text}")),
    ("catatan", mark("Catatan: {text}")),
)


CLOCK = ("start_time", "end_time", "duration")  # what papermill notes of the clock
INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds


def build_provenance(data: Dataset, *, notebook: str, key: str = "") -> tuple[str, ...]:
    """Return the lines at the foot of a page.

    Parameters
    ----------
    data : Dataset
        What the page was made from.
    notebook : str
        Name of the notebook.
    key : str
        Of the page's content, see `keys.build_key`; empty where there is none.

    Returns
    -------
    tuple of str
        In the language in use: what the office says of its data (only what is there), the input files with the
        start of their SHA-256, and the program with the notebook and the start of the key.

    Examples
    --------
    >>> build_provenance(Dataset({}, keterangan={"sumber": "e-Kinerja"}), notebook="01_mutu_data")[0]
    'Sumber: e-Kinerja'
    """
    notes = [
        _(line).format(text=data.keterangan[key].strip()) for key, line in NOTES if data.keterangan.get(key, "").strip()
    ]
    files = ", ".join(f"{name} {digest[:SHORT]}" for name, digest in sorted(data.hashes.items()))
    if files:
        notes.append(_("Berkas masukan (SHA-256): {files}").format(files=files))
    made = _("Disusun dengan kinerja_lib {version}, notebook {notebook}").format(version=__version__, notebook=notebook)
    return (*notes, made + (_(", kunci isi {key}").format(key=key[:SHORT]) if key else ""))


def build_record(plan: Plan, page: Page, basis: Basis, key: str, columns: Fingerprint) -> dict[str, Any]:
    """Return what a page was made from, for its executed notebook: enough to make it again and to compare.

    Parameters
    ----------
    plan, page : Plan and Page
        As planned.
    basis : Basis
        What the pages hang on.
    key : str
        Of the page, see `keys.build_key`.
    columns : mapping
        Of the data, see `fingerprint`.

    Returns
    -------
    dict
        Plain values: key, notebook, period, unit, parameters, and `describe_basis`.
    """
    own = {name: value for name, value in page.parameters.items() if name != "data"}
    return {
        "key": key,
        "notebook": {"name": page.name, "sha256": basis.notebooks[page.name]},
        "unit": page.unit,
        "parameters": own,
        **describe_basis(plan, basis, columns),
    }


def describe_basis(plan: Plan, basis: Basis, columns: Fingerprint) -> dict[str, Any]:
    """Return what all pages of a plan were made from, as plain values: files with their SHA-256, versions, choices."""
    return {
        "data": {
            "place": name_place(plan.data.source),
            "title": plan.data.keterangan.get("judul", ""),
            "office": plan.data.keterangan.get("instansi", ""),
            "files": dict(basis.inputs),
            "columns": columns,
        },
        "period": plan.period,
        "lang": plan.lang,
        "formats": list(plan.formats),
        "template": basis.template,
        "library": {"version": __version__, "sha256": basis.library},
        "versions": dict(basis.versions),
        "rules": dict(basis.rules),
    }


def name_place(named: str) -> str:
    """Return the data's place as it was named; what belongs to the project is named from there."""
    path, project = Path(named), project_folder()
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else named


def stamp_notebook(executed: Any, name: str, record: Mapping[str, Any]) -> None:
    """Put the record into an executed notebook, and take out what differs from run to run: times, paths, chance ids.

    Parameters
    ----------
    executed : NotebookNode
        Changed in place; its metadata get `kinerja`.
    name : str
        Of its file.
    record : mapping
        Plain values.
    """
    told = executed.metadata.papermill
    told |= {"input_path": name, "output_path": name}
    for metadata in (told, *(cell.metadata.get("papermill", {}) for cell in executed.cells)):
        for word in CLOCK:
            metadata.pop(word, None)
    for cell in executed.cells:
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED
    executed.metadata["kinerja"] = dict(record)
