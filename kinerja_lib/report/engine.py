"""One notebook -> one executed notebook and one page, whole or not at all.

papermill runs the notebook in a fresh kernel (`kernels/`); a run counts only when every code cell has completed, none
of them after more than `CELL_LIMIT` seconds. What fails leaves no page, but the executed notebook under a name of its
own, so that its author can look.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinerja_lib.errors import RunError, require_choice
from kinerja_lib.language import LANGUAGES, _, current_language, read_catalogue, use_language
from kinerja_lib.read.several import SEPARATOR, split_places
from kinerja_lib.report.files import NOTEBOOK, PROJECT, part_of, write_whole
from kinerja_lib.report.parameters import (
    KERNEL,
    check_values,
    inspect_parameters,
    load_nbformat,
    load_papermill,
    read_notebook,
)
from kinerja_lib.report.privacy_gate import holds_id, refuse_ids
from kinerja_lib.show.quality import hide_numbers

OWN_ERRORS = ("KinerjaError", "CallError", "DataError", "RunError")  # their text is written for readers
FAILED = ".gagal" + NOTEBOOK
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CELL_LIMIT = 3600  # seconds that one cell may take: what takes longer has hung
LONGEST = 400  # characters of an error's text that a message shows


@dataclass(frozen=True, slots=True)
class Run:
    """A notebook that ran to its end.

    Attributes
    ----------
    name : str
        Name of the notebook.
    title : str
        Title of the page.
    page, notebook : Path
        The HTML file and the executed notebook beside it.
    seconds : float
        How long it took.
    """

    name: str
    title: str
    page: Path
    notebook: Path
    seconds: float


def run_notebook(
    source: Path,
    out_folder: Path,
    parameters: Mapping[str, object],
    *,
    lang: str = "id",
    footer: tuple[str, ...] = (),
) -> Run:
    """Run a notebook and write its page and its executed copy into a folder.

    Parameters
    ----------
    source : Path
        The notebook; not changed.
    out_folder : Path
        Made when it is not there; gets ``<name>.html`` and ``<name>.ipynb``.
    parameters : mapping of str to object
        What the notebook takes, by name; `data` may be relative to the current folder. `lang` is added.
    lang : {"id", "en"}, default "id"
        Language of the page.
    footer : tuple of str
        Lines at the foot of the page, see `provenance.build_provenance`.

    Returns
    -------
    Run

    Raises
    ------
    CallError
        A parameter is refused; nothing was started.
    RunError
        A cell failed or ended the run early, or the page cannot be made: notebook, cell and the error's last line are
        named, ``<name>.gagal.ipynb`` is kept, and an older page of that name is gone.
    """
    require_choice("lang", lang, LANGUAGES)
    before = current_language()
    use_language(lang)
    try:
        return _run(source, out_folder.absolute(), dict(parameters), lang, footer)
    finally:
        use_language(before)


def _run(source: Path, folder: Path, given: dict[str, Any], lang: str, footer: tuple[str, ...]) -> Run:
    start = time.perf_counter()
    notebook = read_notebook(source)
    values = _prepare_values(notebook, source.stem, given, lang)
    translate_cells(notebook, lang)
    page, target, failed = (folder / (source.stem + suffix) for suffix in (".html", NOTEBOOK, FAILED))
    part = part_of(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        title = _execute_and_write(notebook, values, part, (page, target), footer)
    except RunError as error:
        _keep_failed(part, (page, target), failed)
        raise RunError(hide_numbers(f"{source.stem}, {error}")) from None
    except OSError as error:
        message = _("{notebook}: {file} tidak dapat ditulis ({why}).")
        where = Path(error.filename or folder).name
        raise RunError(message.format(notebook=source.stem, file=where, why=error.strerror or error)) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    failed.unlink(missing_ok=True)
    return Run(source.stem, title, page, target, time.perf_counter() - start)


def _prepare_values(notebook: Any, name: str, given: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return the checked values, with `lang`, and with a place of the data that does not depend on the folder."""
    known = inspect_parameters(notebook, name=name)
    values = check_values(known, given | ({"lang": lang} if "lang" in known else {}), name=name)
    if values.get("data"):
        values["data"] = SEPARATOR.join(str(Path(place).absolute()) for place in split_places(values["data"]))
    return values


def translate_cells(notebook: Any, lang: str) -> None:
    """Put the catalogue's translation in place of each Markdown cell that has one."""
    catalogue = read_catalogue(lang)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["source"] = catalogue.get(cell.source, cell.source)


def _execute_and_write(
    notebook: Any, values: dict[str, Any], part: Path, targets: tuple[Path, Path], footer: tuple[str, ...]
) -> str:
    """Run the notebook, write page and executed notebook together, and return the title of the page."""
    from kinerja_lib.report.document import read_document
    from kinerja_lib.report.writers.html import write_html

    page, target = targets
    executed = _execute(notebook, values, part)
    _require_complete(executed)
    try:
        document = read_document(executed)
        html = write_html(document, footer=footer)
    except RunError as error:
        raise RunError(_("halaman: {why}").format(why=error)) from None
    executed.metadata.papermill |= {"input_path": target.name, "output_path": target.name}  # no path of this machine
    book = (load_nbformat().writes(executed) + "\n").encode("utf-8")
    refuse_ids({page.name: html, target.name: book}, data=str(values.get("data", "")))
    write_whole({target: book, page: html})
    return str(document.title or target.stem)


def _execute(notebook: Any, values: dict[str, Any], part: Path) -> Any:
    """Run the notebook by papermill, which saves into `part` when the run has ended."""
    papermill = load_papermill()
    from kinerja_lib.report.kernels.provisioner import prepare_kernels
    from kinerja_lib.report.kernels.saving import NAME

    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    try:
        with kernel_settings() as config:
            return papermill.execute_notebook(
                notebook,
                str(part).replace("{", "{{").replace("}", "}}"),  # papermill reads braces as places for parameters
                values,
                engine_name=NAME,
                kernel_name=KERNEL,
                cwd=str(PROJECT),
                progress_bar=False,
                log_output=False,
                config=config,
                kernel_manager_class=prepare_kernels(code, str(values.get("data", ""))),
                execution_timeout=CELL_LIMIT,
                shutdown_kernel="immediate",
            )
    except papermill.PapermillExecutionError as error:
        why = _last_line(error.ename, error.evalue)
        raise RunError(_cell(error.exec_count, why)) from None
    except TimeoutError:  # of the cell; before OSError, whose child it is
        why = _("sel ini belum selesai setelah {limit} detik, jadi kernel dihentikan.").format(limit=CELL_LIMIT)
        raise RunError(_cell(_count_started(part), why)) from None
    except OSError:
        raise
    except Exception as error:  # the kernel died, or never started: many kinds
        why = _("kernel berhenti, mungkin karena memori habis ({why})")
        line = _last_line(type(error).__name__, str(error))
        raise RunError(_cell(_count_started(part), why.format(why=line))) from None


@contextmanager
def kernel_settings() -> Iterator[Any]:
    """Give how a kernel is started, as a traitlets configuration.

    What kernel and program say to each other is encrypted, since others on the machine could listen otherwise; and
    IPython's own folder is an empty one, so that nobody's start-up files change a result.
    """
    import zmq
    from traitlets.config import Config

    transport = {"transport_encryption": "auto" if zmq.has("curve") else "disabled"}
    with tempfile.TemporaryDirectory(prefix="kinerja-", ignore_cleanup_errors=True) as profile:
        quiet = "--log-level=CRITICAL"  # a kernel that is interrupted when it is shut down says so on the terminal
        kernel = {"extra_arguments": [f"--ipython-dir={profile}", quiet]}
        yield Config({"KernelManager": transport, "NotebookClient": kernel})


def _count_started(part: Path) -> int | None:
    """Return the number of the code cell in which a run ended, as Jupyter counts; None when none had started."""
    try:
        cells = json.loads(part.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return None
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    return sum(bool(cell["metadata"].get("papermill", {}).get("start_time")) for cell in code) or None


def _cell(count: int | None, why: str) -> str:
    return _("sel [{count}]: {why}").format(count=count if count is not None else "?", why=why)


def _last_line(name: str, text: str) -> str:
    """Return an error as the last line of its traceback shows it; of our own errors the text alone."""
    line = " ".join(ESCAPES.sub("", text).split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."
    if name in OWN_ERRORS and line:
        return line
    return f"{name}: {line}" if line else name


def _require_complete(executed: Any) -> None:
    """Refuse a run whose cells did not all complete: after ``sys.exit(0)`` papermill returns as if all were well."""
    for cell in executed.cells:
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("status") != "completed":
            raise RunError(
                _cell(cell.execution_count, _("notebook berhenti di sini (SystemExit) sebelum sel terakhir."))
            )
    if executed.metadata.papermill.get("exception") is True:
        raise RunError(_("notebook berhenti sebelum sel terakhir."))


def _keep_failed(part: Path, older: tuple[Path, ...], failed: Path) -> None:
    """Keep what was executed under the name of a failure, unless it shows a NIP; an older page holds no longer."""
    with suppress(OSError):
        for file in (*older, failed):
            file.unlink(missing_ok=True)
        if part.exists() and not holds_id(part.read_bytes()):
            part.replace(failed)
