"""What a call of reports comes to: which pages, of which notebook, with which values - settled before anything runs.

Everything that can be refused is refused here: data, period, units, notebooks and parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from kinerja_lib.errors import CallError, DataError, KinerjaError, list_values, nearest, require_choice
from kinerja_lib.language import LANGUAGES, _
from kinerja_lib.read import find_datasets, read_dataset
from kinerja_lib.read.several import SEPARATOR
from kinerja_lib.report.files import find_notebook, folder_names, notebooks_folder, sample_data
from kinerja_lib.report.parameters import (
    Parameter,
    check_values,
    inspect_parameters,
    parse_text,
    read_notebook,
)
from kinerja_lib.report.template import Template, read_template
from kinerja_lib.report.writers import read_formats
from kinerja_lib.schema import Dataset
from kinerja_lib.scope import build_scope, find_reported

ALL_UNITS: Literal["all"] = "all"
GATHERING = {"16_gabungan"}  # notebooks that take several data sets at once
QUALITY, UNIT_REPORT, AGENCY_REPORT = "01_mutu_data", "02_laporan_unit", "03_laporan_instansi"
OPTIONS = {"data": "DATA", "period": "--period", "unit": "--unit", "lang": "--lang"}  # parameters with an option each

Units = Sequence[str] | Literal["all"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page to make.

    Attributes
    ----------
    notebook : Path
        The notebook to run.
    folder : str
        Where the page goes, relative to the folder of the run, with "/".
    unit, unit_name : str
        The unit it is about; empty for the whole agency.
    parameters : mapping of str to object
        Checked values for the notebook.
    """

    notebook: Path
    folder: str
    unit: str
    unit_name: str
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the notebook."""
        return self.notebook.stem

    @property
    def id(self) -> str:
        """Folder and name: where its files are, without their suffix."""
        return f"{self.folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All pages of one call.

    Attributes
    ----------
    data : Dataset
        Read once, checked against the schema.
    period : str
        The period reported on.
    lang : str
        Language of the pages.
    pages : tuple of Page
        Those to make, in order.
    skipped : tuple of (Page, str)
        Those left out, each with the reason.
    parameters : mapping of str to object
        The user's own values.
    formats : tuple of str
        In which each page is written.
    template : Template or None
        Letterhead and base document of the office.
    """

    data: Dataset
    period: str
    lang: str
    pages: tuple[Page, ...]
    skipped: tuple[tuple[Page, str], ...]
    parameters: Mapping[str, object]
    formats: tuple[str, ...] = ("html",)
    template: Template | None = None


def plan_reports(
    data_path: str | Path | None = None,
    *,
    period: str = "",
    units: Units = (),
    notebooks: Sequence[str] = (),
    lang: str = "id",
    params: Mapping[str, object] | None = None,
    formats: str = "html",
    template: str | Path | None = None,
) -> Plan:
    """Settle which pages a call makes.

    Parameters
    ----------
    data_path : str or Path, optional
        Folder or workbook of canonical tables; None = the sample agency. For a notebook that pools agencies: several,
        separated by ";", or a folder of such folders.
    period : str, default ""
        Such as "2025-S1"; empty = the latest in the data.
    units : sequence of str or "all", default ()
        Units that get a page of each notebook with a parameter `unit`.
    notebooks : sequence of str
        Names or paths; none = data quality and agency, and the unit report when units are asked for.
    lang : {"id", "en"}, default "id"
        Language of the pages.
    params : mapping of str to object, optional
        Further values for the notebooks that take them; a text is read as the notebook's annotation says.
    formats : str, default "html"
        Of html, pdf, docx, xlsx those wanted, separated by commas.
    template : str or Path, optional
        Folder with letterhead and base document, see `template.read_template`.

    Returns
    -------
    Plan

    Raises
    ------
    CallError
        Anything in the call that is not there or not allowed.
    DataError
        The data have a fault, or nobody of a unit that was asked for by name was appraised in the period.
    """
    require_choice("lang", lang, LANGUAGES)
    wanted = read_formats(formats)
    kept = read_template(template) if template is not None else None
    own = dict(params or {})
    units = [units] if isinstance(units, str) and units != ALL_UNITS else units
    files = [find_notebook(name, own=True) for name in dict.fromkeys(notebooks or _default_notebooks(units))]
    known = {file: inspect_parameters(read_notebook(file), name=file.stem) for file in dict.fromkeys(files)}
    _require_known(own, known)
    given = data_path if data_path is not None else sample_data()
    places = find_datasets(given) if {file.stem for file in files} <= GATHERING else (Path(given),)
    data = _read_places(places, str(given))
    scoped = period or any({"period", "unit"} & set(parameters) for parameters in known.values())
    chosen = str(build_scope(data, period=period).period) if scoped else (data.periods or [""])[-1]
    shared = {"data": SEPARATOR.join(str(place.absolute()) for place in places), "period": chosen, "lang": lang}
    pages, skipped = _plan_pages(data, known, shared, own, units)
    return Plan(data, chosen, lang, tuple(pages), tuple(skipped), own, wanted, kept)


def _read_places(places: Sequence[Path], named: str) -> Dataset:
    """Return the data of one place; of several, the first that can be read, with the files of all and no notes."""
    if len(places) == 1:
        return read_dataset(places[0])
    read: list[Dataset] = []
    hashes: dict[str, str] = {}
    for place in places:
        try:
            data = read_dataset(place)
        except KinerjaError:  # the notebook says why it is left out
            continue
        read.append(data)
        hashes |= {f"{place.name}/{name}": digest for name, digest in data.hashes.items()}
    if not read:
        return read_dataset(places[0])
    return replace(read[0], keterangan={}, source=named, hashes=hashes)


def _default_notebooks(units: Units) -> list[str]:
    return [QUALITY, *([UNIT_REPORT] if units else []), AGENCY_REPORT]


def _require_known(own: Mapping[str, object], known: Mapping[Path, Mapping[str, Parameter]]) -> None:
    """Refuse a parameter that has an option of its own, or that no notebook takes."""
    taken = {name for parameters in known.values() for name in parameters} - set(OPTIONS)
    for name in own:
        if name in OPTIONS:
            message = _("parameter {name}: punya pilihan sendiri; pakai {option}.")
            raise CallError(message.format(name=name, option=OPTIONS[name]))
        if name not in taken:
            message = _("parameter {name}: tidak ada pada notebook {notebooks}; yang ada: {known}.")
            notebooks = list_values(file.stem for file in known)
            text = message.format(name=name, notebooks=notebooks, known=list_values(sorted(taken)) or _("tidak ada"))
            raise CallError(text + nearest(name, [*taken, *OPTIONS.values()]))


def _plan_pages(
    data: Dataset,
    known: Mapping[Path, Mapping[str, Parameter]],
    shared: Mapping[str, str],
    own: Mapping[str, object],
    units: Units,
) -> tuple[list[Page], list[tuple[Page, str]]]:
    _require_distinct(known)
    _require_unit_notebook(known, units)
    wanted, left_out = _choose_units(data, units, shared["period"])
    folders = folder_names(data.unit_ids)
    names = dict(zip(data.unit_ids, data["unit"]["nama"].astype(str), strict=True))
    pages: list[Page] = []
    skipped: list[tuple[Page, str]] = []
    for file, parameters in sorted(known.items(), key=lambda pair: "unit" in pair[1]):  # the agency's own pages first
        values = _values(parameters, shared, own, name=file.stem)
        if "unit" not in parameters:
            pages.append(Page(file, _shared_folder(file), "", "", values))
            continue
        for unit in [*wanted, *left_out]:
            page = Page(file, f"unit/{folders[unit]}", unit, names[unit], values | {"unit": unit})
            if unit in left_out:
                skipped.append((page, left_out[unit]))
            else:
                pages.append(page)
    return pages, skipped


def _require_distinct(known: Mapping[Path, object]) -> None:
    stems = [file.stem.casefold() for file in known]
    for file in known:
        if stems.count(file.stem.casefold()) > 1:
            message = _("notebook: dua notebook bernama {name}; halaman yang satu akan menimpa yang lain.")
            raise CallError(message.format(name=file.stem))


def _require_unit_notebook(known: Mapping[Path, Mapping[str, Parameter]], units: Units) -> None:
    """Refuse a notebook made per unit when no unit is asked for, and units when no notebook is made per unit."""
    per_unit = [file.stem for file, parameters in known.items() if "unit" in parameters]
    if per_unit and not units:
        message = _("notebook: {name} dibuat per unit; tambahkan --unit ID atau --all-units.")
        raise CallError(message.format(name=per_unit[0]))
    if units and not per_unit:
        message = _("unit: notebook {names} tidak dibuat per unit; hapus --unit atau --all-units.")
        raise CallError(message.format(names=list_values(file.stem for file in known)))


def _choose_units(data: Dataset, units: Units, period: str) -> tuple[list[str], dict[str, str]]:
    """Return the units to report on, and those left out with the reason; a unit asked for by name is never left out."""
    if units != ALL_UNITS:
        chosen = list(dict.fromkeys(units))
        for unit in chosen:
            build_scope(data, period=period, unit=_require_unit_text(unit))
        return chosen, {}
    reported = find_reported(data, period)
    left_out: dict[str, str] = {}
    for unit in data.unit_ids:
        if unit not in reported:
            try:
                build_scope(data, period=period, unit=unit)
            except DataError as error:
                left_out[unit] = str(error)
    return [unit for unit in data.unit_ids if unit in reported], left_out


def _require_unit_text(unit: str) -> str:
    if not unit:
        raise CallError(_("unit: ditemukan teks kosong; sebut id unit seperti pada tabel unit, atau --all-units."))
    return unit


def _values(
    parameters: Mapping[str, Parameter], shared: Mapping[str, str], own: Mapping[str, object], *, name: str
) -> dict[str, Any]:
    values: dict[str, object] = {key: value for key, value in shared.items() if key in parameters}
    for key, value in own.items():
        if key in parameters:
            values[key] = parse_text(parameters[key], value) if isinstance(value, str) else value
    return check_values(parameters, values, name=name)


def _shared_folder(file: Path) -> str:
    """Return the folder of pages that are not about one unit: that of the notebook, else ``instansi``."""
    inside = file.parent.relative_to(notebooks_folder()) if file.is_relative_to(notebooks_folder()) else Path()
    return inside.as_posix() if inside.parts else "instansi"
