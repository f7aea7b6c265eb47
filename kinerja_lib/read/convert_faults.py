"""What each rule of reading means: how grave, in which words, what to do; and the findings made of places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Literal

from kinerja_lib.errors import list_values
from kinerja_lib.findings import Finding, Severity
from kinerja_lib.language import _, mark
from kinerja_lib.read.sheets import Sheet
from kinerja_lib.read.values import clean_words
from kinerja_lib.vocabulary import LABELS, PREDIKAT

Effect = Literal["reject", "empty", "keep"]
Place = tuple[int, int | None]  # row and column of `sheet.rows`

SHOWN = 10  # places and examples that a message lists
LINES = 200  # findings of one kind in a CSV, one a line; the rest together in one


@dataclass(frozen=True, slots=True)
class Fault:
    """How grave a rule is, what it found, what to do; `doubtful`: the value can be read, but hardly be true."""

    severity: Severity
    text: str
    remedy: str
    doubtful: bool = False


RETYPE = mark("Ubah format kolom menjadi Teks di Excel, lalu ketik ulang NIP dari sumbernya.")
RECHECK = mark("Periksa NIP pada SIASN atau surat keputusan, lalu betulkan selnya.")
AT_SOURCE = mark("Periksa pada sumbernya, lalu betulkan selnya.")
WRITE_DATE = mark("Tulis tanggal seperti 31-07-2025 atau 31 Juli 2025.")
NOTHING = mark("Tidak perlu tindakan.")
PLAIN_NUMBER = mark("Tulis bilangan tanpa titik ribuan, dengan koma untuk desimal, seperti 1250 atau 88,46.")

FAULTS: dict[str, Fault] = {
    "nip_number": Fault(
        "error", mark("NIP tersimpan sebagai bilangan, sehingga angka terakhirnya sudah hilang"), RETYPE
    ),
    "nip_exponent": Fault(
        "error", mark("NIP tertulis dalam bentuk E+17, sehingga angka terakhirnya sudah hilang"), RETYPE
    ),
    "nip_missing": Fault("error", mark("NIP tidak ada"), mark("Isi NIP; nama saja tidak dapat menunjuk satu orang.")),
    "nip_length": Fault("error", mark("NIP tidak 18 angka"), RECHECK),
    "nip_digits": Fault("error", mark("NIP memuat huruf atau tanda"), RECHECK),
    "nip_date": Fault("error", mark("tanggal lahir di dalam NIP tidak ada pada kalender"), RECHECK),
    "nip_month": Fault("error", mark("angka ke-13 dan ke-14 NIP bukan bulan dan bukan 21 ke atas"), RECHECK),
    "nip_sequence": Fault("error", mark("tiga angka terakhir NIP 000, seperti sesudah dibulatkan Excel"), RETYPE),
    "nip_sex": Fault("warning", mark("angka ke-15 NIP bukan 1 atau 2"), RECHECK),
    "nip_age": Fault("note", mark("menurut NIP, diangkat sebelum 18 atau sesudah 40 tahun"), RECHECK),
    "nip_cleaned": Fault("note", mark("spasi atau tanda petik pada NIP dibuang"), NOTHING),
    "nip_spellings": Fault("note", mark("NIP yang sama ditulis dengan dua cara"), mark("Samakan penulisannya.")),
    "nip_birth_differs": Fault("warning", mark("tanggal lahir berbeda dari NIP"), AT_SOURCE),
    "nip_sex_differs": Fault("warning", mark("jenis kelamin berbeda dari NIP"), AT_SOURCE),
    "nip_tmt_differs": Fault("warning", mark("TMT CPNS berbeda dari NIP"), AT_SOURCE),
    "id_number": Fault("warning", mark("kode tersimpan sebagai bilangan; nol di depannya mungkin hilang"), RETYPE),
    "id_damaged": Fault("error", mark("kode tersimpan sebagai bilangan yang angkanya sudah hilang"), RETYPE),
    "id_missing": Fault("error", mark("kolom kunci kosong"), mark("Isi selnya.")),
    "guide_name": Fault(
        "note", mark("pembimbing disebut dengan nama saja, tanpa NIP"), mark("Tambahkan NIP pembimbing.")
    ),
    "guide_several": Fault("note", mark("lebih dari satu pembimbing; dipakai yang pertama"), NOTHING),
    "unit_missing": Fault("error", mark("unit pegawai kosong"), mark("Isi kode unit (UNOR ID) pegawai.")),
    "unit_name_differs": Fault("warning", mark("satu kode unit dengan dua nama; dipakai yang pertama"), AT_SOURCE),
    "unit_from_name": Fault("note", mark("kode unit tidak ada; nama unit dipakai sebagai kodenya"), NOTHING),
    "label_unknown": Fault("error", mark("tulisan tidak dikenal"), mark("Pakai tulisan yang baku, lihat kamus data.")),
    "label_missing": Fault(
        "error", mark("jenis kegiatan tidak ada"), mark("Isi jenis: coaching, mentoring, konseling, ...")
    ),
    "code_reversed": Fault(
        "warning",
        mark("arah kode terbalik terhadap tulisannya (1 = terbaik); dipakai tulisannya"),
        mark("Periksa sumber ekspor: pada SIASN kode 1 adalah yang terbaik."),
    ),
    "code_mismatch": Fault("warning", mark("kode tidak cocok dengan tulisannya; dipakai tulisannya"), AT_SOURCE),
    "predikat_contradiction": Fault(
        "warning",
        mark("predikat tidak cocok dengan kedua ratingnya"),
        mark("Periksa rating dan predikat pada sumbernya (PermenPANRB 6/2022)."),
    ),
    "period_missing": Fault(
        "error",
        mark("periode penilaian tidak ada atau tidak terbaca"),
        mark("Tambahkan baris seperti Periode Bulanan 3 Tahun 2025 di atas tabel, atau periode pada berkas peta."),
    ),
    "period_second": Fault(
        "error", mark("periode lain muncul di tengah lembar"), mark("Pisahkan tiap periode ke lembarnya sendiri.")
    ),
    "date_missing": Fault("error", mark("tanggal tidak ada"), mark("Isi tanggalnya.")),
    "date_impossible": Fault("error", mark("tanggal tidak ada pada kalender"), WRITE_DATE),
    "date_unknown": Fault("error", mark("tanggal tidak terbaca atau tidak lengkap"), WRITE_DATE),
    "date_number": Fault("error", mark("tanggal tersimpan sebagai bilangan"), mark("Ubah format sel menjadi Tanggal.")),
    "date_ambiguous": Fault(
        "warning", mark("tanggal dapat dibaca dua cara; dibaca hari lebih dulu"), mark("Tulis bulannya dengan kata.")
    ),
    "date_text": Fault("note", mark("tanggal tertulis dengan kata; dibaca sebagai tanggal"), NOTHING),
    "event_ends_early": Fault("error", mark("kegiatan selesai sebelum mulai"), WRITE_DATE),
    "event_before_birth": Fault("error", mark("kegiatan sebelum tanggal lahir menurut NIP"), WRITE_DATE),
    "event_before_service": Fault("warning", mark("kegiatan sebelum TMT menurut NIP"), WRITE_DATE),
    "event_future": Fault("warning", mark("kegiatan bertanggal di masa depan"), WRITE_DATE),
    "number_unknown": Fault("error", mark("bilangan tidak terbaca"), PLAIN_NUMBER),
    "number_ambiguous": Fault(
        "error", mark("bilangan dapat dibaca dua cara (titik ribuan atau desimal)"), PLAIN_NUMBER
    ),
    "number_range": Fault("error", mark("bilangan di luar batas yang mungkin"), AT_SOURCE),
    "number_text": Fault("note", mark("bilangan tersimpan sebagai teks; dibaca sebagai bilangan"), NOTHING),
    "unit_dropped": Fault("note", mark("satuan di belakang bilangan dibuang"), NOTHING),
    "target_range": Fault("note", mark("rentang tidak dapat menjadi satu bilangan"), NOTHING),
    "target_words": Fault("note", mark("kata tidak dapat menjadi bilangan"), NOTHING),
    "duration_unknown": Fault("error", mark("durasi tidak terbaca"), mark("Tulis durasi dalam menit, seperti 90.")),
    "duration_negative": Fault("error", mark("durasi di bawah nol"), mark("Tulis durasi dalam menit, seperti 90.")),
    "duration_over_day": Fault(
        "warning", mark("durasi lebih dari 24 jam sehari"), mark("Isi durasi dengan menit, bukan detik."), doubtful=True
    ),
    "duration_unit": Fault(
        "warning",
        mark("durasi di bawah 5 tanpa satuan, mungkin jam"),
        mark("Tulis satuannya, seperti 2 jam."),
        doubtful=True,
    ),
    "jp_implausible": Fault(
        "warning",
        mark("JP melebihi yang mungkin untuk lamanya"),
        mark("Periksa JP pada sertifikat (1 JP = 45 menit)."),
        doubtful=True,
    ),
    "jp_zero": Fault("note", mark("JP 0 dianggap tidak diisi"), NOTHING),
    "text_control": Fault("note", mark("huruf kendali yang tidak tampak dibuang"), NOTHING),
    "text_formula": Fault("warning", mark("teks diawali tanda rumus"), mark("Hapus tanda = di depannya.")),
    "text_markup": Fault("warning", mark("teks memuat kode HTML"), mark("Ketik ulang sebagai teks biasa.")),
    "text_missing": Fault("error", mark("isian wajib kosong"), mark("Isi selnya.")),
    "text_free": Fault("note", mark("catatan bebas tidak diambil"), mark("Pakai kode pendek, seperti kompetensi:3.")),
    "cell_error": Fault("error", mark("sel galat, seperti #N/A"), mark("Betulkan rumusnya, lalu simpan ulang.")),
    "cell_error_unused": Fault("note", mark("sel galat pada kolom yang tidak dipakai"), NOTHING),
    "formula_unstored": Fault(
        "error", mark("rumus tanpa nilai tersimpan"), mark("Buka di Excel, tunggu dihitung, lalu simpan ulang.")
    ),
    "fields_few": Fault(
        "error", mark("isian lebih sedikit daripada judul kolom"), mark("Periksa baris dan pemisahnya.")
    ),
    "fields_many": Fault(
        "error",
        mark("isian lebih banyak daripada judul kolom"),
        mark("Apit isian yang memuat pemisah dengan tanda kutip."),
    ),
    "form_unreadable": Fault(
        "error", mark("formulir tidak menyebut NIP pegawai yang dinilai"), mark("Isi NIP pada kepala formulir.")
    ),
    "rows_skipped": Fault("note", mark("baris bukan data (judul, jumlah, tanda tangan) dilewati"), NOTHING),
    "columns_unused": Fault(
        "note", mark("kolom tidak dipakai"), mark("Bila perlu, petakan kolom itu dengan berkas peta (--map).")
    ),
    "columns_personal": Fault("note", mark("kolom pribadi atau catatan bebas tidak diambil"), NOTHING),
    "formula_cells": Fault("note", mark("nilai hasil rumus dipakai"), NOTHING),
    "sheet_hidden": Fault("note", mark("lembar tersembunyi ini ikut dibaca"), NOTHING),
}


@dataclass(slots=True)
class Found:
    """The places of one rule in one column."""

    rule: str
    effect: Effect
    table: str | None
    column: str | None
    places: list[Place] = field(default_factory=list)
    examples: dict[str, None] = field(default_factory=dict)


def severity_of(rule: str, effect: Effect) -> Severity:
    """Return how grave a rule is; a doubtful value that was taken out is an error, one that was kept a warning."""
    fault = FAULTS[rule]
    return "error" if fault.doubtful and effect != "keep" else fault.severity


def build_findings(sheet: Sheet, headers: Mapping[int, str], found: Found) -> Iterator[Finding]:
    """Return one finding for all places; in a CSV one a line, since a finding has one line."""
    if sheet.lines is None or len(found.places) == 1 or severity_of(found.rule, found.effect) == "note":
        yield _build(sheet, headers, found, found.places)
        return
    for place in found.places[:LINES]:
        yield _build(sheet, headers, found, [place])
    if found.places[LINES:]:
        yield _build(sheet, headers, found, found.places[LINES:])


def _build(sheet: Sheet, headers: Mapping[int, str], found: Found, places: Sequence[Place]) -> Finding:
    fault = FAULTS[found.rule]
    cells = () if sheet.lines is not None else tuple(sheet.address(r, c) for r, c in places if c is not None)
    lines = [line for r, _c in places if (line := sheet.line(r)) is not None]
    columns = {headers.get(c, "") for _r, c in places if c is not None}
    header = mask(columns.pop()) if len(columns) == 1 else ""
    where = list_values(cells or [_("baris {n}").format(n=n) for n in lines], shown=SHOWN)
    return Finding(
        rule=found.rule,
        severity=severity_of(found.rule, found.effect),
        file=sheet.file,
        sheet=sheet.name,
        cell=cells[0] if cells else None,
        line=lines[0] if lines else None,
        table=found.table,
        column=found.column,
        count=len(places),
        message=_message(found, len(places), header, where),
        remedy=_(fault.remedy),
        cells=cells if len(cells) > 1 else (),
    )


EFFECTS: dict[Effect, str] = {
    "reject": mark("Barisnya tidak diambil."),
    "empty": mark("Nilainya dikosongkan, barisnya tetap diambil."),
    "keep": "",
}


def _message(found: Found, n: int, header: str, where: str) -> str:
    what = _(FAULTS[found.rule].text)
    what = what[:1].upper() + what[1:]
    if header:
        text = _("{what}: kolom {header}, {n} kali ({where}).").format(what=what, header=header, n=n, where=where)
    elif where:
        text = _("{what}: {n} kali ({where}).").format(what=what, n=n, where=where)
    else:
        text = _("{what}: {n} kali.").format(what=what, n=n)
    if found.examples:
        text += " " + _("Ditemukan: {examples}.").format(examples=list_values(found.examples, shown=SHOWN))
    effect = EFFECTS[found.effect]
    return text + (" " + _(effect) if effect and FAULTS[found.rule].severity != "note" else "")


def mask(text: str) -> str:
    """Return a header as it may be shown: without a run of digits that could be a person's number."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return "***" if len(re.findall("[0-9]", text)) >= 9 else short


@cache
def _known_labels() -> tuple[str, ...]:
    return tuple({clean_words(text) for text in (*LABELS.values(), *PREDIKAT, *LABELS)})


@lru_cache(maxsize=4096)
def show_label(value: object) -> str | None:
    """Return an unknown label where it resembles a known one; anything else might name a person.

    Examples
    --------
    >>> show_label("Amat Baik"), show_label("Siti Aminah")
    ("'Amat Baik'", None)
    """
    words = clean_words(value)
    if not 6 <= len(words) <= 40 or not get_close_matches(words, _known_labels(), n=1, cutoff=0.75):
        return None
    return repr(" ".join(str(value).split()))
