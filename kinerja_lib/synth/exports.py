"""The invented agency as an office would hand it over: raw exports, with everything that the canonical tables hold.

Shapes are those of the rule digest: e-Kinerja recap, SIASN files, SKP forms, assessment centre, a trainer's own log.
Names of people are put together from syllables. The same tables give the same files.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from kinerja_lib.rules.tables import read_rules
from kinerja_lib.schema import Dataset
from kinerja_lib.synth.export_words import (
    CODE,
    COURSE_TOPICS,
    EDUCATION,
    FORM_HEADER,
    FORM_UNIT,
    KINDS,
    LOG_HEADER,
    PLAIN,
    POST_NAMES,
    RATING_LABEL,
    RECAP_HEADER,
    RECAP_TITLE,
    SHEET_NAME,
    STAFF_HEADER,
    WEEKDAYS,
    invented_name,
)
from kinerja_lib.vocabulary import MONTHS, Period

Row = Sequence[Any]


def write_exports(data: Dataset, folder: str | Path) -> list[Path]:
    """Write the tables of an invented agency as the raw exports of an office.

    Parameters
    ----------
    data : Dataset
        As `build_agency` gives it.
    folder : str or Path
        Made when it is not there; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files written, by name.
    """
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    office = Office(data)
    written = [
        _write_staff(office, out),
        *_write_recaps(office, out),
        _write_appraisals(office, out),
        *_write_events(office, out),
        *_write_plans(office, out),
        *_write_assessments(office, out),
        *_write_plain(office, out),
    ]
    return sorted(written)


class Office:
    """The tables with what several exports need: names and posts of people, names of units."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.agency = data.keterangan.get("instansi", "Instansi Contoh")
        self.place = data.keterangan.get("tempat", "")
        self.day = date.fromisoformat(data.keterangan["tanggal_data"])
        self.units = dict(zip(data["unit"]["unit_id"], data["unit"]["nama"], strict=True))
        staff = data["pegawai"].astype({"jenis_jabatan": "str", "pendidikan": "str"})
        self.staff = staff.assign(nama=staff["pegawai_id"].map(invented_name)).fillna({"jenjang": ""})
        self.staff["jabatan"] = [
            self._post(*row) for row in self._rows(self.staff, "jenis_jabatan", "jenjang", "unit_id")
        ]
        self.people = self.staff.set_index("pegawai_id")

    @staticmethod
    def _rows(frame: pd.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
        return frame[list(names)].itertuples(index=False, name=None)

    def _post(self, kind: str, level: str, unit: str) -> str:
        if kind == "jpt_pratama":
            return "Kepala Badan"
        return POST_NAMES.get(level) or f"Kepala {self.units[unit]}"

    @property
    def head(self) -> str:
        """Id of the agency's head: the first who holds the highest post."""
        ranks = self.staff["jenis_jabatan"].map(list(KINDS).index)
        return str(self.staff["pegawai_id"].iloc[int(ranks.to_numpy().argmax())])


# -- files -------------------------------------------------------------------------------------------------------------


def _write_text(file: Path, rows: Sequence[Row], *, delimiter: str, mark: bool = False) -> Path:
    with file.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return file


@contextmanager
def _workbook(file: Path) -> Iterator[Any]:
    """Open a new workbook whose bytes do not depend on the clock."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2025, 7, 14, tzinfo=UTC).replace(tzinfo=None)})
    yield book
    book.close()


def _sheet(book: Any, name: str, widths: Sequence[int]) -> Any:
    """Add a sheet; Excel allows neither long names nor some signs."""
    sheet = book.add_worksheet(name.replace("/", " ")[:SHEET_NAME].strip())
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    return sheet


def _write_rows(sheet: Any, rows: Sequence[Row], first: int, formats: dict[type, Any] | None = None) -> int:
    """Write rows of cells from row `first` on and return the row after them; text stays text."""
    for number, row in enumerate(rows, start=first):
        for column, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    sheet.write_string(number, column, value)
            elif isinstance(value, date | timedelta):
                sheet.write_datetime(number, column, value, (formats or {})[type(value)])
            elif not pd.isna(value):
                sheet.write_number(number, column, value)
    return first + len(rows)


def _period_words(period: Period) -> str:
    """Return the period as an export's head block names it."""
    return f"Periode Semester {('I', 'II')[period.part - 1]} Tahun {period.year}"


def _file_words(period: Period) -> str:
    return f"{period.year}_Semester_{period.part}"


def _day_words(day: date, *, weekday: bool = False) -> str:
    text = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{WEEKDAYS[day.weekday()]}, {text}" if weekday else text


def _printed(number: str) -> str:
    """Return a NIP as it is printed under a signature."""
    return f"{number[:8]} {number[8:14]} {number[14]} {number[15:]}"


def _records(frame: pd.DataFrame) -> Iterator[Any]:
    """Return the rows, each with its values as attributes."""
    return iter(frame.itertuples())


# -- SIASN -------------------------------------------------------------------------------------------------------------


def _write_staff(office: Office, out: Path) -> Path:
    """Write the employee file: ``|``, byte-order mark, ``'`` before the numbers, dd-mm-yyyy, M and F."""
    rows: list[Row] = [STAFF_HEADER]
    grades = {row["golongan"]: row["id"] for row in read_rules("golongan") if row["status"] == "PNS"}
    for place, person in enumerate(_records(office.staff), start=1):
        kind, kind_name, echelon, echelon_name = KINDS[person.jenis_jabatan]
        pppk = person.status == "PPPK"
        level, level_name = EDUCATION[person.pendidikan]
        rows.append(
            [
                *(f"{place:08X}", f"'{person.pegawai_id}", "", person.nama, "", "", office.place),
                *(f"{person.tanggal_lahir:%d-%m-%Y}", "M" if person.jenis_kelamin == "L" else "F", "", "", ""),
                *("PPPK" if pppk else "PNS Daerah", "'71" if pppk else "'01", "PPPK Aktif" if pppk else "Aktif"),
                *(f"{person.tmt_cpns:%d-%m-%Y}", "" if pppk else grades[person.golongan], person.golongan),
                *(kind, kind_name, person.jabatan, person.jenjang, f"'{level}", level_name),
                *(person.unit_id, office.units[person.unit_id], office.place, f"'{echelon}", echelon_name),
            ]
        )
    return _write_text(out / "Data_Pegawai_SIASN.csv", rows, delimiter="|", mark=True)


def _write_appraisals(office: Office, out: Path) -> Path:
    """Write the records of appraisals (rw-kinerjaperiodik): codes, unit and rater of each period."""
    header = "nip tahun periodikNama hasilKinerjaNilai perilakuKerjaNilai kuadranKinerjaNilai unorId nipNrpPenilai"
    months = "bulanMulaiPenilaian tahunMulaiPenilaian bulanSelesaiPenilaian tahunSelesaiPenilaian"
    rows: list[Row] = [[*header.split(), "statusPenilai", *months.split()]]
    frame = office.data["penilaian"]
    ratings = [frame[name].cat for name in ("rating_hasil", "rating_perilaku", "predikat")]
    numbers = [rating.categories.size - rating.codes for rating in ratings]  # 1 is best
    raters = frame["penilai_id"].fillna("")
    for person, text, unit, rater, *rating in zip(
        frame["pegawai_id"], frame["periode"], frame["unit_id"], raters, *numbers, strict=True
    ):
        period = Period.parse(text)
        span = (period.first_month, period.year, period.end.month, period.year)
        who = (unit, rater, "ASN" if rater else "NON ASN")
        rows.append([person, period.year, "Semesteran", *rating, *who, *span])
    return _write_text(out / "Riwayat_Kinerja_SIASN.csv", rows, delimiter=";")


def _write_courses(office: Office, events: pd.DataFrame, out: Path) -> Path:
    """Write the records of courses (rw-kursus); duration, mode and cost are in no such record."""
    header = "id nipBaru namaKursus jenisDiklatId jenisKursusSertifikat institusiPenyelenggara jumlahJam tahunKursus"
    kinds = {row["jenis"]: row for row in read_rules("jenis_kegiatan")}
    rows: list[Row] = []
    for event in _records(events):
        kind = kinds[event.jenis]
        name = f"{kind['bentuk']} {COURSE_TOPICS[zlib.crc32(event.kegiatan_id.encode()) % len(COURSE_TOPICS)]}"
        days = (f"{event.mulai:%d-%m-%Y}", f"{event.selesai:%d-%m-%Y}")
        what = (name, kind["kode"], kind["tag"], "BKPSDM " + office.place, event.jp, event.mulai.year)
        rows.append([event.kegiatan_id, event.pegawai_id, *what, *days])
    file = out / "Riwayat_Kursus_SIASN.xlsx"
    with _workbook(file) as book:
        sheet = _sheet(book, "rw-kursus", (10, 20, 44, 14, 20, 24, 12, 12, 14, 22))
        _write_rows(sheet, [[*header.split(), "tanggalKursus", "tanggalSelesaiKursus"], *rows], 0)
    return file


# -- e-Kinerja and SKP -------------------------------------------------------------------------------------------------


def _write_recaps(office: Office, out: Path) -> Iterator[Path]:
    """Write a recap workbook for each period with a sheet for each unit."""
    for text, rows in office.data["penilaian"].groupby("periode"):
        period = Period.parse(text)
        file = out / f"Rekap_eKinerja_{_file_words(period)}.xlsx"
        with _workbook(file) as book:
            centred = book.add_format({"bold": True, "align": "center"})
            for place, (unit, own) in enumerate(rows.groupby("unit_id")):
                sheet = _sheet(book, f"{unit} {office.units[unit]}", (5, 22, 26, 36, 22, 24, 26))
                head: list[Row] = [[f"{CODE} - {office.agency}"], [office.units[unit]], [_period_words(period)]]
                at = _write_rows(sheet, head, 0) + 1
                if place % 3 == 1:  # some offices put a title of their own above the table
                    sheet.merge_range(at, 0, at, 6, RECAP_TITLE, centred)
                    at += 2
                at = _write_rows(sheet, _recap_rows(office, own, numbered=place % 2 == 0), at)
                _sign(office, sheet, at + 1, 4)
        yield file


def _recap_rows(office: Office, rows: pd.DataFrame, *, numbered: bool) -> list[Row]:
    """Return the header and a row a person; with numbers of columns under the header, or a total below."""
    posts = office.people.loc[rows["pegawai_id"], ["nama", "jabatan"]].itertuples(index=False, name=None)
    ratings = zip(rows["pegawai_id"], rows["rating_hasil"], rows["rating_perilaku"], rows["predikat"], strict=True)
    lines: list[Row] = [
        [number, nip, *post, RATING_LABEL[result], RATING_LABEL[conduct], predikat]
        for number, (post, (nip, result, conduct, predikat)) in enumerate(zip(posts, ratings, strict=True), start=1)
    ]
    if numbered:
        return [RECAP_HEADER, [f"({number})" for number in range(1, len(RECAP_HEADER) + 1)], *lines]
    return [RECAP_HEADER, *lines, ["", "Jumlah", f"{len(lines)} pegawai"]]


def _sign(office: Office, sheet: Any, at: int, column: int) -> None:
    """Write the signature block of the agency's head."""
    words = [f"{office.place}, {_day_words(office.day)}", "Kepala Badan,", "", "", invented_name(office.head)]
    _write_rows(sheet, [[*[""] * column, word] for word in [*words, f"NIP. {_printed(office.head)}"]], at)


def _write_plans(office: Office, out: Path) -> Iterator[Path]:
    """Write all plans in our own columns, and one unit's forms of the last period in the shape of 2022."""
    if not office.data.has("skp"):
        return
    frame = office.data["skp"].astype({"aspek": "str", "kondisi": "str"})
    yield _write_table(frame.fillna({"rhk_atasan": ""}), out / "SKP_Seluruh_Pegawai.xlsx")
    period = Period.parse(office.data.periods[-1])
    unit = office.data.unit_ids[FORM_UNIT]
    ratings = office.data["penilaian"].query(
        "periode == @period and unit_id == @unit", local_dict={"period": str(period), "unit": unit}
    )
    file = out / f"SKP_{office.units[unit].replace(' ', '_')}_{_file_words(period)}.xlsx"
    with _workbook(file) as book:
        for place, rating in enumerate(_records(ratings), start=1):
            plan = frame[(frame["pegawai_id"] == rating.pegawai_id) & (frame["periode"] == str(period))]
            name = f"{place:02d} {invented_name(rating.pegawai_id)}"
            _write_form(office, _sheet(book, name, (5, 12, 30, 30, 12, 26, 12, 22)), period, rating, plan)
    yield file


def _write_form(office: Office, sheet: Any, period: Period, rating: Any, plan: pd.DataFrame) -> None:
    """Write one person's evaluation form of 2022: who, results, conduct, ratings, signature."""
    person = office.people.loc[rating.pegawai_id]
    span = f"1 {MONTHS[period.first_month - 1].upper()} SD {_day_words(period.end).upper()}"
    head: list[Row] = [
        ["EVALUASI KINERJA PEGAWAI"],
        [_period_words(period)],
        [f"PERIODE PENILAIAN: {span}"],
        [],
        ["PEGAWAI YANG DINILAI"],
        ["1", "NAMA", person["nama"]],
        ["2", "NIP", rating.pegawai_id],
        ["3", "JABATAN", person["jabatan"]],
        ["4", "UNIT KERJA", office.units[rating.unit_id]],
        [],
        ["HASIL KERJA"],
        FORM_HEADER,
    ]
    lines = zip(
        plan["rhk_atasan"].fillna(""),
        plan["rhk"],
        plan["aspek"].str.capitalize(),
        plan["iki"],
        plan["target"],
        plan["realisasi"],
        strict=True,
    )
    results = [[number, "Utama", *line] for number, line in enumerate(lines, start=1)]
    foot: list[Row] = [
        [],
        ["RATING HASIL KERJA", "", RATING_LABEL[rating.rating_hasil]],
        ["RATING PERILAKU KERJA", "", RATING_LABEL[rating.rating_perilaku]],
        ["PREDIKAT KINERJA PEGAWAI", "", rating.predikat],
    ]
    at = _write_rows(sheet, [*head, *results, *foot], 0)
    _sign(office, sheet, at + 1, 5)


def _write_assessments(office: Office, out: Path) -> Iterator[Path]:
    """Write the results of the assessment centre, a row a person and a column a competency."""
    if not office.data.has("kompetensi"):
        return
    for text, rows in office.data["kompetensi"].groupby("periode"):
        period = Period.parse(text)
        names = list(rows["kompetensi"].unique())
        keys = ["pegawai_id", "level_standar"]
        wide = rows.pivot_table(index=keys, columns="kompetensi", values="level", sort=False)[names].reset_index()
        lines = [
            [
                number,
                nip,
                *office.people.loc[nip, ["nama"]],
                office.units[office.people.at[nip, "unit_id"]],
                standard,
                *levels,
                sum(levels),
            ]
            for number, (nip, standard, *levels) in enumerate(wide.itertuples(index=False, name=None), start=1)
        ]
        header = ["No", "NIP", "Nama", "Perangkat Daerah", "Standar Level", *names, "Total"]
        head: list[Row] = [
            ["HASIL PENILAIAN KOMPETENSI (ASSESSMENT CENTER)"],
            [office.agency],
            [_period_words(period)],
            [],
        ]
        file = out / f"Hasil_Asesmen_{_file_words(period)}.xlsx"
        with _workbook(file) as book:
            sheet = _sheet(book, "Hasil Asesmen", (5, 20, 20, 40, 14))
            _write_rows(sheet, [*head, header, *lines], 0)
        yield file


# -- events ------------------------------------------------------------------------------------------------------------


def _write_events(office: Office, out: Path) -> Iterator[Path]:
    """Write courses as SIASN records with what these lack beside them, and sessions as logs, one workbook a year."""
    if not office.data.has("kegiatan"):
        return
    levels = ["jenis", "peran_pembimbing", "moda", "tahap_grow"]
    events = office.data["kegiatan"].astype(dict.fromkeys(levels, "str"))
    session = events["peran_pembimbing"].notna()
    courses = events[~session]
    yield _write_courses(office, courses, out)
    rest = courses[["kegiatan_id", "pegawai_id", "jenis", "mulai", "durasi_menit", "moda", "biaya"]]
    yield _write_table(rest.assign(mulai=rest["mulai"].dt.strftime("%Y-%m-%d")), out / "Realisasi_Pelatihan.xlsx")
    for year, rows in events[session].groupby(events["mulai"].dt.year):
        file = out / f"Log_Pembinaan_{year}.xlsx"
        with _workbook(file) as book:
            formats = {
                datetime: book.add_format({"num_format": "dd/mm/yyyy"}),
                timedelta: book.add_format({"num_format": "[h]:mm"}),
            }
            for kind in sorted(rows["jenis"].unique()):
                sheet = _sheet(book, kind.capitalize(), (5, 10, 26, 12, 22, 24, 22, 24))
                _write_log(sheet, kind, rows[rows["jenis"] == kind], formats)
        yield file


def _write_log(sheet: Any, kind: str, events: pd.DataFrame, formats: dict[type, Any]) -> None:
    """Write one sheet of a trainer's log, dates and lengths as different hands write them."""
    counselling = kind == "konseling"
    header = (*LOG_HEADER, "Catatan") if counselling else (*LOG_HEADER, "Topik", "Tahap GROW")
    rows: list[Row] = [[f"LOG {kind.upper()}"], [], header]
    for number, event in enumerate(_records(events), start=1):
        guide = "" if pd.isna(event.pembimbing_id) else event.pembimbing_id
        nip = _printed(event.pegawai_id) if number % 4 == 0 else event.pegawai_id
        people = (invented_name(event.pegawai_id), nip, invented_name(guide) if guide else "", guide)
        topic = ("disimpan oleh konselor",) if counselling else (event.topik, _words(event.tahap_grow))
        when, length = _date_cell(event.mulai.to_pydatetime(), number), _length_cell(int(event.durasi_menit), number)
        how = (_words(event.peran_pembimbing), length, _words(event.moda), "Ya" if event.tindak_lanjut else "Tidak")
        rows.append([number, event.kegiatan_id, when, _words(kind), *people, *how, *topic])
    _write_rows(sheet, rows, 0, formats)


def _words(level: object) -> str:
    return "" if pd.isna(level) else str(level).capitalize()  # type: ignore[call-overload]


def _date_cell(day: datetime, number: int) -> object:
    """Return a date as text in two ways, or as a date cell."""
    return day if number % 3 == 0 else _day_words(day, weekday=number % 3 == 1)


def _length_cell(minutes: int, number: int) -> object:
    """Return a length as words, as minutes, or as a time cell."""
    hours, rest = divmod(minutes, 60)
    words = " ".join([*([f"{hours} jam"] if hours else []), *([f"{rest} menit"] if rest else [])])
    return (words, minutes, timedelta(minutes=minutes), f"{minutes} menit")[number % 4]


# -- what no export carries --------------------------------------------------------------------------------------------


def _write_plain(office: Office, out: Path) -> Iterator[Path]:
    """Write in our own columns what these systems do not hold."""
    for name in PLAIN:
        if office.data.has(name):
            yield _write_frame(office.data[name], out / f"{name}.csv")
    own = [name for name in office.data["pegawai"].columns if name.startswith("x_")]
    staff = office.data["pegawai"][["pegawai_id", "unit_id", "tanggal_keluar", "alasan_keluar", *own]]
    yield _write_frame(staff, out / "pegawai_tambahan.csv")
    appraisals = office.data["penilaian"][["pegawai_id", "periode", "potensial", "hukdis"]]
    yield _write_frame(appraisals, out / "penilaian_tambahan.csv")
    notes = office.data.keterangan
    yield _write_text(out / "keterangan.csv", [("kunci", "isi"), *notes.items()], delimiter=",")


def _write_table(frame: pd.DataFrame, file: Path) -> Path:
    """Write a workbook with our own columns; dates as text."""
    with _workbook(file) as book:
        sheet = _sheet(book, file.stem, [18] * frame.shape[1])
        _write_rows(sheet, [list(frame.columns), *frame.itertuples(index=False, name=None)], 0)
    return file


def _write_frame(frame: pd.DataFrame, file: Path) -> Path:
    frame.to_csv(file, index=False, lineterminator="\n", encoding="utf-8", date_format="%Y-%m-%d")
    return file
