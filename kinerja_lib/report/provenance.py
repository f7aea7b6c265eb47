"""Where a page comes from: licence, citation, source, input files, program and notebook, as lines for its foot.

Nothing here changes from run to run while data, notebook and program stay the same: no clock, no path of a machine.
"""

from __future__ import annotations

from kinerja_lib import __version__
from kinerja_lib.language import _, mark
from kinerja_lib.schema import Dataset

SHORT = 12  # hexadecimal digits of a SHA-256 shown
NOTES = (
    ("sumber", mark("Sumber: {text}")),
    ("kutipan", mark("Kutipan: {text}")),
    ("lisensi", mark("Lisensi: {text}")),
    ("catatan", mark("Catatan: {text}")),
)


def build_provenance(data: Dataset, *, notebook: str) -> tuple[str, ...]:
    """Return the lines at the foot of a page.

    Parameters
    ----------
    data : Dataset
        What the page was made from.
    notebook : str
        Name of the notebook.

    Returns
    -------
    tuple of str
        In the language in use: what the office says of its data (only what is there), the input files with the
        start of their SHA-256, and the program with the notebook.

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
    made = _("Disusun dengan kinerja_lib {version}, notebook {notebook}")
    return (*notes, made.format(version=__version__, notebook=notebook))
