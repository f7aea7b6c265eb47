"""Words of the law and of exports: ordered levels, their labels for readers, and periods.

Levels run from worst to best, or in the order in which an office lists them. A label is what a reader sees;
data, tables and parameters hold the level itself. Where this stops: what a level *means* under a regulation is in
`kinerja_lib.rules`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

from kinerja_lib.errors import CallError
from kinerja_lib.language import _, mark

PREDIKAT = ("Sangat Kurang", "Kurang", "Butuh Perbaikan", "Baik", "Sangat Baik")
PREDIKAT_ORGANISASI = ("Sangat Kurang", "Kurang", "Butuh Perbaikan", "Baik", "Istimewa")
RATING = ("di_bawah", "sesuai", "di_atas")
POTENSIAL = ("rendah", "menengah", "tinggi")  # of talent mapping
HUKDIS = ("tidak ada", "ringan", "sedang", "berat")  # level of the disciplinary sanction in force
REZIM = ("pp46", "pp30_8", "p6_2022")
JENIS_KELAMIN = ("L", "P")
STATUS = ("PNS", "PPPK")
JENIS_JABATAN = ("pelaksana", "fungsional", "pengawas", "administrator", "jpt_pratama", "jpt_madya", "jpt_utama")
PENDIDIKAN = ("SD", "SLTP", "SLTA", "D-I", "D-II", "D-III", "D-IV", "S-1", "S-2", "S-3")
ALASAN_KELUAR = ("pensiun", "mutasi", "pengunduran_diri", "meninggal", "pemberhentian")
KELUAR_SUKARELA = ("mutasi", "pengunduran_diri")
KONDISI = ("normal", "khusus")
ASPEK = ("kuantitas", "kualitas", "waktu", "biaya")
TAHAP_GROW = ("goal", "reality", "options", "will")
MODA = ("luring", "daring")
PERAN_PEMBIMBING = ("atasan", "mentor", "coach", "widyaiswara", "konselor")
PEMBINAAN = ("coaching", "mentoring", "konseling")
KLASIKAL = (
    "diklat_struktural",
    "diklat_fungsional",
    "diklat_teknis",
    "workshop",
    "pelatihan_manajerial",
    "pelatihan_sosial_kultural",
    "sosialisasi",
    "bimbingan_teknis",
    "seminar",
    "kursus",
    "penataran",
    "klasikal_lainnya",
)
NONKLASIKAL = (
    "magang",
    "coaching",
    "mentoring",
    "e_learning",
    "pelatihan_jarak_jauh",
    "detasering",
    "pembelajaran_alam_terbuka",
    "patok_banding",
    "pertukaran_pns",
    "belajar_mandiri",
    "komunitas_belajar",
    "bimbingan_di_tempat_kerja",
    "nonklasikal_lainnya",
)
JENIS_KEGIATAN = (*KLASIKAL, *NONKLASIKAL, "konseling")

LABELS = {
    "L": mark("Laki-laki"),
    "P": mark("Perempuan"),
    "di_bawah": mark("Di bawah ekspektasi"),
    "sesuai": mark("Sesuai ekspektasi"),
    "di_atas": mark("Di atas ekspektasi"),
    "rendah": mark("Rendah"),
    "menengah": mark("Menengah"),
    "tinggi": mark("Tinggi"),
    "tidak ada": mark("Tidak ada"),
    "ringan": mark("Ringan"),
    "sedang": mark("Sedang"),
    "berat": mark("Berat"),
    "pelaksana": mark("Pelaksana"),
    "fungsional": mark("Fungsional"),
    "pengawas": mark("Pengawas"),
    "administrator": mark("Administrator"),
    "jpt_pratama": mark("JPT pratama"),
    "jpt_madya": mark("JPT madya"),
    "jpt_utama": mark("JPT utama"),
    "pensiun": mark("Pensiun"),
    "mutasi": mark("Mutasi"),
    "pengunduran_diri": mark("Mengundurkan diri"),
    "meninggal": mark("Meninggal"),
    "pemberhentian": mark("Diberhentikan"),
    "goal": mark("Tujuan (goal)"),
    "reality": mark("Kenyataan (reality)"),
    "options": mark("Pilihan (options)"),
    "will": mark("Tekad (will)"),
    "coaching": mark("Coaching"),
    "mentoring": mark("Mentoring"),
    "konseling": mark("Konseling"),
    "klasikal": mark("Klasikal"),
    "nonklasikal": mark("Nonklasikal"),
    "kompetensi": mark("Kompetensi"),
    "perilaku": mark("Perilaku kerja"),
    "skp": mark("Hasil kerja (SKP)"),
    "karier": mark("Karier"),
    "topik_lain": mark("Topik lain"),
    "atasan": mark("Atasan"),
    "mentor": mark("Mentor"),
    "coach": mark("Coach"),
    "widyaiswara": mark("Widyaiswara"),
    "konselor": mark("Konselor"),
    "kuantitas": mark("Kuantitas"),
    "kualitas": mark("Kualitas"),
    "waktu": mark("Waktu"),
    "biaya": mark("Biaya"),
    "struktural": mark("Struktural"),
    "diklat_struktural": mark("Diklat struktural"),
    "diklat_fungsional": mark("Diklat fungsional"),
    "diklat_teknis": mark("Diklat teknis"),
    "workshop": mark("Workshop"),
    "pelatihan_manajerial": mark("Pelatihan manajerial"),
    "pelatihan_sosial_kultural": mark("Pelatihan sosial kultural"),
    "sosialisasi": mark("Sosialisasi"),
    "bimbingan_teknis": mark("Bimbingan teknis"),
    "seminar": mark("Seminar"),
    "kursus": mark("Kursus"),
    "penataran": mark("Penataran"),
    "klasikal_lainnya": mark("Klasikal lainnya"),
    "magang": mark("Magang"),
    "e_learning": mark("E-learning"),
    "pelatihan_jarak_jauh": mark("Pelatihan jarak jauh"),
    "detasering": mark("Detasering"),
    "pembelajaran_alam_terbuka": mark("Pembelajaran alam terbuka"),
    "patok_banding": mark("Patok banding"),
    "pertukaran_pns": mark("Pertukaran PNS"),
    "belajar_mandiri": mark("Belajar mandiri"),
    "komunitas_belajar": mark("Komunitas belajar"),
    "bimbingan_di_tempat_kerja": mark("Bimbingan di tempat kerja"),
    "nonklasikal_lainnya": mark("Nonklasikal lainnya"),
    "ikm": mark("Indeks kepuasan masyarakat"),
    "ketidakhadiran": mark("Ketidakhadiran"),
    "theme_engagement_index": mark("Indeks keterikatan pegawai"),
    "theme_inclusion_treatment": mark("Inklusi dan perlakuan yang adil"),
    "theme_leadership_change": mark("Kepemimpinan dan pengelolaan perubahan"),
    "theme_learning_development": mark("Pembelajaran dan pengembangan"),
    "theme_my_manager": mark("Atasan saya"),
    "theme_my_team": mark("Tim saya"),
    "theme_my_work": mark("Pekerjaan saya"),
    "theme_objectives_purpose": mark("Tujuan dan sasaran organisasi"),
    "theme_pay_benefits": mark("Gaji dan tunjangan"),
    "theme_resources_workload": mark("Sumber daya dan beban kerja"),
    "eng_organisation_inspires": mark("Organisasi mengilhami saya berbuat terbaik"),
    "eng_organisation_motivates": mark("Organisasi mendorong saya mencapai sasarannya"),
    "eng_personal_attachment": mark("Merasa terikat secara pribadi"),
    "eng_proud_to_tell": mark("Bangga menjadi bagian organisasi"),
    "eng_recommend_organisation": mark("Menganjurkan organisasi sebagai tempat kerja"),
    "int_leave_asap": mark("Ingin keluar secepatnya"),
    "int_leave_next_12m": mark("Ingin keluar dalam 12 bulan"),
    "int_stay_next_year": mark("Ingin bertahan setahun lagi"),
    "int_stay_three_years": mark("Ingin bertahan paling sedikit tiga tahun"),
    "ldv_access_learning": mark("Dapat mengakses pembelajaran yang tepat"),
    "ldv_helping_career": mark("Pembelajaran membantu karier"),
    "ldv_improve_performance": mark("Pembelajaran memperbaiki kinerja"),
    "ldv_opportunities_career": mark("Ada kesempatan mengembangkan karier"),
    "meta_response_rate": mark("Tingkat tanggapan survei"),
    "mgr_confidence_manger": mark("Percaya pada keputusan atasan"),
    "mgr_feedback_helps": mark("Umpan balik membantu kinerja"),
    "mgr_manager_considerate": mark("Atasan memperhatikan kehidupan di luar kerja"),
    "mgr_manager_motivates": mark("Atasan mendorong lebih efektif"),
    "mgr_manager_open": mark("Atasan terbuka pada gagasan"),
    "mgr_manager_recognises": mark("Atasan menghargai pekerjaan baik"),
    "mgr_performance_fairly": mark("Kinerja dinilai dengan adil"),
    "mgr_poor_performance": mark("Kinerja buruk ditangani"),
    "mgr_regular_feedback": mark("Umpan balik diterima teratur"),
    "mgr_understand_contribution": mark("Atasan menjelaskan sumbangan pada sasaran"),
    "pay_reflects_performance": mark("Gaji mencerminkan kinerja"),
    "rwk_acceptable_workload": mark("Beban kerja dapat diterima"),
    "rwk_skills_needed": mark("Punya keterampilan yang diperlukan"),
    "hrsemp": mark("Jam pelatihan per pegawai"),
    "employ": mark("Jumlah pegawai"),
    "sales": mark("Penjualan setahun"),
    "avgsal": mark("Gaji rata-rata setahun"),
    "scrap": mark("Tingkat barang cacat"),
}


UNITS = {"persen": mark("persen"), "indeks": mark("indeks"), "indeks 0-100": mark("indeks 0-100")}


def label(level: str) -> str:
    """Return the reader's word for a level, in the language in use.

    Examples
    --------
    >>> label("di_atas")
    'Di atas ekspektasi'
    >>> label("bimbingan_di_tempat_kerja")
    'Bimbingan di tempat kerja'
    """
    known = LABELS.get(level)
    if known is not None:
        return _(known)
    return level if level[:1].isupper() else level.replace("_", " ").capitalize()


PERIOD = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?:(?P<kind>[ST])(?P<part>[1-4])|(?P<month>0[1-9]|1[0-2])))?")
MONTHS = (
    mark("Januari"),
    mark("Februari"),
    mark("Maret"),
    mark("April"),
    mark("Mei"),
    mark("Juni"),
    mark("Juli"),
    mark("Agustus"),
    mark("September"),
    mark("Oktober"),
    mark("November"),
    mark("Desember"),
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """A year, semester, quarter or month: ``2025``, ``2025-S1``, ``2025-T3``, ``2025-07``.

    Periods sort by their first month; of two that start together the longer comes first. ``a in b`` tells
    whether period `a` lies wholly inside `b`.

    Attributes
    ----------
    year : int
        Calendar year.
    first_month, months : int
        First month (1-12) and length in months (1, 3, 6 or 12).

    Examples
    --------
    >>> Period.parse("2025-T1") in Period.parse("2025-S1")
    True
    >>> str(Period.parse("2025-S1").shift(-1))
    '2024-S2'
    """

    year: int
    first_month: int
    months: int

    @classmethod
    def parse(cls, text: object) -> Period:
        """Return the period that `text` names; a `CallError` names what was found and what is allowed."""
        found = PERIOD.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None or (found["kind"] == "S" and found["part"] > "2"):
            message = _("periode: ditemukan {found}; yang diizinkan: 2025, 2025-S1, 2025-T3 atau 2025-07.")
            raise CallError(message.format(found=repr(text)))
        year = int(found["year"])
        if found["month"]:
            return cls(year, int(found["month"]), 1)
        if found["kind"]:
            months = 6 if found["kind"] == "S" else 3
            return cls(year, (int(found["part"]) - 1) * months + 1, months)
        return cls(year, 1, 12)

    def __str__(self) -> str:
        """Return the canonical text, such as ``2025-S1``."""
        if self.months == 12:
            return str(self.year)
        if self.months == 1:
            return f"{self.year}-{self.first_month:02d}"
        return f"{self.year}-{'S' if self.months == 6 else 'T'}{self.part}"

    def __lt__(self, other: Period) -> bool:
        """Order by first month, the longer first."""
        return (self.year, self.first_month, -self.months) < (other.year, other.first_month, -other.months)

    def __contains__(self, other: Period) -> bool:
        """Tell whether `other` lies wholly inside this period."""
        return self.start <= other.start and other.end <= self.end

    @property
    def part(self) -> int:
        """Number of the semester, quarter or month inside the year."""
        return (self.first_month - 1) // self.months + 1

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, self.first_month, 1)

    @property
    def end(self) -> date:
        """Last day."""
        after = self.shift(1)
        return date(after.year, after.first_month, 1) - timedelta(days=1)

    @property
    def label(self) -> str:
        """The reader's words, such as "Semester I 2025", in the language in use."""
        if self.months == 12:
            return str(self.year)
        if self.months == 1:
            return f"{_(MONTHS[self.first_month - 1])} {self.year}"
        word = _("Semester") if self.months == 6 else _("Triwulan")
        return f"{word} {('I', 'II', 'III', 'IV')[self.part - 1]} {self.year}"

    def shift(self, steps: int) -> Period:
        """Return the period `steps` of its own length later (earlier when negative)."""
        month = self.year * 12 + self.first_month - 1 + steps * self.months
        return Period(month // 12, month % 12 + 1, self.months)

    def widen(self, months: int) -> Period:
        """Return the period of `months` (3, 6 or 12) that holds the first month of this one."""
        return Period(self.year, (self.first_month - 1) // months * months + 1, months)

    def year_before(self) -> Period:
        """Return the same part of the year before: ``2024-S1`` for ``2025-S1``."""
        return Period(self.year - 1, self.first_month, self.months)


def sort_periods(texts: object) -> list[str]:
    """Return the distinct period texts in the order of time.

    Examples
    --------
    >>> sort_periods(["2025-S1", "2024-S2", "2025-S1"])
    ['2024-S2', '2025-S1']
    """
    distinct = {str(text) for text in texts}  # type: ignore[attr-defined]
    return sorted(distinct, key=Period.parse)
