"""Words of the invented exports: headers as the systems write them, labels, and names put together from syllables."""

from __future__ import annotations

import zlib

from kinerja_lib.vocabulary import RATING

CODE = "9901"  # of the invented agency
SHEET_NAME = 31  # most characters that Excel allows
PLAIN = ("unit", "kinerja_unit", "indikator_unit", "survei", "biaya")  # what no export of these systems carries
FORM_UNIT = 0  # the unit whose SKP forms are written out, as a place in `unit`

FIRST = ("Ba", "Ce", "Do", "Fu", "Ga", "Ji", "Ko", "Lu", "Mo", "Ne", "Pi", "Ra", "So", "Ti", "Vu", "Zo")
SECOND = ("lim", "rot", "bek", "nuv", "zad", "pim", "gol", "tek")
LAST = (
    "Arvonu",
    "Belkota",
    "Dimruza",
    "Gozanti",
    "Kelvuro",
    "Molinzo",
    "Navrike",
    "Ozbanu",
    "Pudavi",
    "Tozimek",
    "Zurbela",
)

RATING_LABEL = dict(zip(RATING, ("Dibawah Ekspektasi", "Sesuai Ekspektasi", "Diatas Ekspektasi"), strict=True))
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
EDUCATION = {
    "SD": ("05", "Sekolah Dasar"),
    "SLTP": ("10", "SLTP"),
    "SLTA": ("15", "SLTA"),
    "D-I": ("20", "Diploma I"),
    "D-II": ("25", "Diploma II"),
    "D-III": ("30", "Diploma III/Sarjana Muda"),
    "D-IV": ("35", "Diploma IV"),
    "S-1": ("40", "S-1/Sarjana"),
    "S-2": ("45", "S-2"),
    "S-3": ("50", "S-3/Doktor"),
}
# jenis_jabatan -> jenisJabatanId and its name, eselon id and its name
KINDS = {
    "pelaksana": ("4", "Jabatan Fungsional Umum", "99", "NON"),
    "fungsional": ("2", "Jabatan Fungsional Tertentu", "99", "NON"),
    "pengawas": ("1", "Jabatan Struktural", "41", "IV.a"),
    "administrator": ("1", "Jabatan Struktural", "31", "III.a"),
    "jpt_pratama": ("1", "Jabatan Struktural", "22", "II.b"),
}
POST_NAMES = {
    "Klerek": "Penelaah Teknis Kebijakan",
    "Operator": "Operator Layanan Operasional",
    "Teknisi": "Teknisi Sarana dan Prasarana",
    "Pemula": "Pranata SDM Aparatur Pemula",
    "Terampil": "Pranata SDM Aparatur Terampil",
    "Mahir": "Pranata SDM Aparatur Mahir",
    "Penyelia": "Pranata SDM Aparatur Penyelia",
    "Ahli Pertama": "Analis SDM Aparatur Ahli Pertama",
    "Ahli Muda": "Analis SDM Aparatur Ahli Muda",
    "Ahli Madya": "Analis SDM Aparatur Ahli Madya",
}
STAFF_HEADER = (
    *("PNS ID", "NIP BARU", "nip_lama", "NAMA", "GELAR DEPAN", "GELAR BELAKANG", "Tempat Lahir Nama", "TANGGAL LAHIR"),
    *("Jenis Kelamin", "NIK", "NOMOR HP", "EMAIL", "jenis_pegawai_nama", "KEDUDUKAN HUKUM ID", "KEDUDUKAN HUKUM NAMA"),
    *(
        "TMT CPNS",
        "GOL AKHIR ID",
        "GOL AKHIR NAMA",
        "JENIS JABATAN ID",
        "JENIS JABATAN NAMA",
        "jabatan_nama",
        "JENJANG",
    ),
    *("TINGKAT PENDIDIKAN ID", "TINGKAT PENDIDIKAN NAMA", "UNOR ID", "UNOR NAMA", "Instansi Kerja Nama"),
    *("ESELON ID", "ESELON NAMA"),
)
RECAP_TITLE = "REKAPITULASI PENILAIAN KINERJA PEGAWAI"
RECAP_HEADER = (
    *("No", "NIP", "Nama", "Jabatan", "Rating Hasil Kinerja", "Rating Perilaku Kerja"),
    "Predikat Kinerja Periodik",
)
FORM_HEADER = (
    *("No", "Kategori", "Rencana Hasil Kerja Pimpinan yang Diintervensi", "Rencana Hasil Kerja", "Aspek"),
    *("Indikator Kinerja Individu", "Target", "Realisasi Berdasarkan Bukti Dukung"),
)
LOG_HEADER = (
    *("No", "ID Sesi", "Hari/Tanggal", "Jenis", "Nama Pegawai", "NIP Pegawai", "Nama Pembimbing", "NIP Pembimbing"),
    *("Peran", "Lama", "Moda", "Tindak Lanjut"),
)
COURSE_TOPICS = ("Pelayanan Publik", "Tata Naskah Dinas", "Analisis Jabatan", "Pengelolaan Arsip", "Literasi Digital")


def invented_name(person: str) -> str:
    """Return the name of an invented person: the same for the same id, and nobody's.

    Examples
    --------
    >>> invented_name("197902182012012001")
    'Funuv Navrike'
    """
    place = zlib.crc32(person.encode())
    first = FIRST[place % len(FIRST)] + SECOND[place // 16 % len(SECOND)]
    return f"{first} {LAST[place // 128 % len(LAST)]}"
