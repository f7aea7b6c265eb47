"""One notebook -> one executed notebook and its page in each format asked for, whole or not at all.

papermill runs the notebook in a fresh kernel (`kernels/`); a run counts only when every code cell has completed, none
of them after more than `CELL_LIMIT` seconds. What fails leaves no page, but the executed notebook under a name of its
own, so that its author can look.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinerja_lib.errors import RunError, require_choice
from kinerja_lib.language import LANGUAGES, _, read_catalogue, speaking
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
from kinerja_lib.report.provenance import stamp_notebook
from kinerja_lib.report.writers import FORMATS
from kinerja_lib.show.quality import hide_numbers

if TYPE_CHECKING:
    from kinerja_lib.report.document import Document
    from kinerja_lib.report.template import Template

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
        The file of the first format, and the executed notebook beside it.
    seconds : float
        How long it took.
    files : mapping of str to str
        SHA-256 of each file written, by its name.
    panels : tuple of dict
        The numbers of the summary as they are shown: title, number, unit.
    """

    name: str
    title: str
    page: Path
    notebook: Path
    seconds: float
    files: Mapping[str, str] = field(default_factory=dict)
    panels: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """How a page is written."""

    formats: tuple[str, ...]
    footer: tuple[str, ...]
    template: Template | None
    record: Mapping[str, Any]


def run_notebook(
    source: Path,
    out_folder: Path,
    parameters: Mapping[str, object],
    *,
    lang: str = "id",
    footer: tuple[str, ...] = (),
    formats: tuple[str, ...] = ("html",),
    template: Template | None = None,
    record: Mapping[str, Any] | None = None,
) -> Run:
    """Run a notebook and write its page, in each format, and its executed copy into a folder.

    Parameters
    ----------
    source : Path
        The notebook; not changed.
    out_folder : Path
        Made when it is not there; gets ``<name>.ipynb`` and ``<name>.html``, ``<name>.pdf`` and so on.
    parameters : mapping of str to object
        What the notebook takes, by name; `data` may be relative to the current folder. `lang` is added.
    lang : {"id", "en"}, default "id"
        Language of the page.
    footer : tuple of str
        Lines at the foot of the page, see `provenance.build_provenance`.
    formats : tuple of {"html", "pdf", "docx", "xlsx"}
        Written together.
    template : Template, optional
        Letterhead and base document of the office.
    record : mapping, optional
        Where the page comes from, kept in the executed notebook, see `provenance.build_record`.

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
    with speaking(lang):
        form = _Form(formats, footer, template, record or {})
        return _run(source, out_folder.absolute(), dict(parameters), lang, form)


def _run(source: Path, folder: Path, given: dict[str, Any], lang: str, form: _Form) -> Run:
    start = time.perf_counter()
    notebook = read_notebook(source)
    values = _prepare_values(notebook, source.stem, given, lang)
    translate_cells(notebook, lang)
    target, failed = folder / (source.stem + NOTEBOOK), folder / (source.stem + FAILED)
    part = part_of(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        document, files = _execute_and_write(notebook, values, part, target, form)
    except RunError as error:
        _keep_failed(part, target, failed)
        raise RunError(hide_numbers(f"{source.stem}, {error}")) from None
    except OSError as error:
        message = _("{notebook}: {file} tidak dapat ditulis ({why}).")
        where = Path(error.filename or folder).name
        raise RunError(message.format(notebook=source.stem, file=where, why=error.strerror or error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    failed.unlink(missing_ok=True)
    page = target.with_suffix(f".{form.formats[0]}")
    seconds = time.perf_counter() - start
    return Run(source.stem, document.title or source.stem, page, target, seconds, files, _read_panels(document))


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
    notebook: Any, values: dict[str, Any], part: Path, target: Path, form: _Form
) -> tuple[Document, dict[str, str]]:
    """Run the notebook, write all formats and the executed notebook together; return document and SHA-256 by name."""
    from kinerja_lib.report.document import read_document
    from kinerja_lib.report.writers import write_document

    executed = _execute(notebook, values, part)
    _require_complete(executed)
    try:
        document = read_document(executed)
        packed = _pack(form.record, document)
        made = {
            target.with_suffix(f".{suffix}").name: write_document(
                document, suffix, footer=form.footer, template=form.template, record=packed
            )
            for suffix in form.formats
        }
    except RunError as error:
        raise RunError(_("halaman: {why}").format(why=error)) from None
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    stamp_notebook(executed, target.name, {**form.record, "outputs": hashes})
    made[target.name] = (load_nbformat().writes(executed) + "\n").encode("utf-8")
    hashes[target.name] = hashlib.sha256(made[target.name]).hexdigest()
    refuse_ids(made, data=str(values.get("data", "")))
    write_whole({target.with_name(name): content for name, content in made.items()})
    return document, hashes


def _pack(record: Mapping[str, Any], document: Document) -> tuple[str, ...]:
    """Return what a page was made from and what it says, as every format carries it; without a path of this machine."""
    if "data" not in record:
        return ()
    from kinerja_lib.report.record import list_lines, pack_record

    place = Path(record["data"]["place"])
    own = not place.is_absolute() and (PROJECT / place).exists()
    data = record["data"] | {"place": place.as_posix() if own else place.name}
    return pack_record({**record, "data": data, "lines": list_lines(document)})


def _read_panels(document: Document) -> tuple[dict[str, str], ...]:
    """Return the numbers of the summary as they are shown."""
    panels = next((block["panels"] for block in document.blocks() if block["kind"] == "panels"), ())
    return tuple({name: panel[name] for name in ("title", "number", "unit")} for panel in panels)


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


def _keep_failed(part: Path, target: Path, failed: Path) -> None:
    """Keep what was executed under the name of a failure, unless it shows a NIP; an older page holds no longer."""
    with suppress(OSError):
        for file in (target, failed, *(target.with_suffix(f".{suffix}") for suffix in FORMATS)):
            file.unlink(missing_ok=True)
        if part.exists() and not holds_id(part.read_bytes()):
            part.replace(failed)
