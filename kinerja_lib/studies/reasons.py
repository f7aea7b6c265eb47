"""Why a verdict is what it is: every reason and every check, in words, from one table.

The sentences hold no numbers: those stand in the checks, beside them on the page.
"""

from __future__ import annotations

from kinerja_lib.language import _, mark

# Reasons of a verdict by code. A check that failed gives the reason of its own name.
REASONS = {
    "good": mark("Selang kepercayaan seluruhnya berada di sisi yang diharapkan, dan semua pemeriksaan lulus."),
    "bad": mark("Selang kepercayaan seluruhnya berada di sisi yang berlawanan dengan harapan."),
    "small": mark("Selang kepercayaan memuat nol dan menyingkirkan dampak sebesar yang layak diharapkan."),
    "wide": mark(
        "Selang kepercayaan memuat nol dan juga dampak yang berarti: data ini terlalu sedikit untuk memutuskan."
    ),
    "not_random": mark("Peserta tidak diundi; kesetaraan peserta dan pembanding bergantung pada anggapan."),
    "no_people": mark("Tabel pegawai tidak ada, jadi pembanding tidak diketahui. Diperlukan daftar semua pegawai."),
    "no_events": mark(
        "Tidak ada kegiatan yang dapat ditelaah. Diperlukan tabel kegiatan dengan jenis dan tanggal mulai."
    ),
    "no_outcome": mark("Hasil yang hendak ditelaah tidak ada dalam data ini."),
    "several_units": mark("Hasil (penilaian.nilai) memakai lebih dari satu satuan."),
    "several_rules": mark("Hasil dinilai menurut lebih dari satu aturan penilaian, sehingga tidak dapat dibandingkan."),
    "no_treated": mark("Tidak ada pegawai yang mengikuti kegiatan ini."),
    "no_comparison": mark(
        "Tidak ada pembanding: semua pegawai mengikuti kegiatan ini. Diperlukan pegawai yang tidak, atau belum, ikut."
    ),
    "all_at_once": mark(
        "Semua peserta mulai pada waktu yang sama dan tidak ada yang tidak ikut, jadi pengaruh waktu "
        "tidak dapat dipisahkan."
    ),
    "one_period": mark(
        "Hanya ada satu periode. Diperlukan paling sedikit satu periode sebelum dan satu sesudah program."
    ),
    "no_before": mark("Tidak ada peserta yang dinilai sebelum mulai ikut, jadi keadaan awalnya tidak diketahui."),
    "no_after": mark("Tidak ada hasil sesudah program mulai."),
    "few_people": mark(
        "Peserta atau pembanding yang dapat dibandingkan kurang dari lima orang; angkanya tidak ditampilkan."
    ),
    "one_level": mark(
        "Hasil hanya berisi satu tingkat: semua pegawai bernilai sama, jadi tidak ada yang dapat berubah."
    ),
    "no_dates": mark(
        "Tanggal atau alasan keluar tidak ada. Diperlukan tanggal_keluar dan alasan_keluar pada tabel pegawai."
    ),
    "few_exits": mark(
        "Pegawai yang keluar atas kemauan sendiri terlalu sedikit untuk dibandingkan. Diperlukan lebih banyak periode."
    ),
    "no_presence": mark(
        "Tabel penilaian tidak ada, jadi tidak diketahui siapa bekerja pada periode mana. Diperlukan tabel penilaian."
    ),
    "no_survey": mark("Tidak ada survei iklim. Diperlukan tabel survei dengan jawaban per butir."),
    "one_wave": mark("Hanya ada satu gelombang survei. Diperlukan paling sedikit dua."),
    "no_staff": mark("Tabel penilaian tidak ada, jadi pegawai tiap unit dan periode tidak diketahui."),
    "one_item": mark("Hanya satu butir yang dapat dipakai, jadi keandalan skor tidak diketahui. Diperlukan dua."),
    "no_costs": mark("Tidak ada biaya. Diperlukan tabel biaya per unit dan periode."),
    "few_units": mark("Unit yang dapat dibandingkan terlalu sedikit."),
    "few_agencies": mark(
        "Instansi yang dapat digabung kurang dari tiga; rata-rata antarinstansi tidak dapat ditaksir."
    ),
    "no_headline": mark("Kajian ini tidak memberi taksiran dengan galat baku."),
    "correlation": mark("Data hanya menunjukkan kaitan pada satu waktu; mana sebab dan mana akibat tidak diketahui."),
    "before_after": mark(
        "Hanya sebelum dan sesudah yang dapat dibandingkan; semua hal lain yang berubah ikut terhitung."
    ),
    "opposed": mark("Dua cara menaksir yang berbeda saling bertentangan."),
    "adjusted_alpha": mark("Sesudah koreksi untuk beberapa hasil yang diuji bersama, perbedaannya tidak lagi pasti."),
}

# What each check asks, and the reason where it fails (and is blocking).
CHECKS = {
    "pre_trend": (
        mark("Sebelum program, apakah peserta dan pembanding bergerak sejajar?"),
        mark("Sebelum program pun peserta dan pembanding sudah bergerak berbeda."),
    ),
    "dip": (
        mark("Apakah peserta sedang turun tepat sebelum mulai ikut?"),
        mark(
            "Peserta sedang turun tepat sebelum mulai ikut; sebagian kenaikannya adalah pemulihan yang akan "
            "terjadi juga."
        ),
    ),
    "quota": (
        mark("Apakah penilaian dibagi menurut jatah di dalam unit?"),
        mark(
            "Rata-rata antarunit lebih seragam daripada yang dapat terjadi secara kebetulan: penilaian "
            "tampak dijatah, sehingga kenaikan peserta dapat berarti penurunan rekannya dan selisih di dalam "
            "unit berlebihan."
        ),
    ),
    "spillover": (
        mark("Apakah rekan yang tidak ikut berubah ketika unitnya mulai?"),
        mark("Rekan yang tidak ikut berubah ketika unitnya mulai, sehingga mereka bukan pembanding yang bersih."),
    ),
    "same_source": (
        mark("Apakah yang membimbing juga yang menilai?"),
        mark(
            "Hampir semua penilaian peserta diberikan oleh pembimbingnya sendiri, jadi kenaikan kinerja tidak "
            "dapat dibedakan dari pendapat pembimbing."
        ),
    ),
    "second": (
        mark("Apakah cara menaksir kedua sejalan?"),
        mark("Cara menaksir kedua bertentangan dengan yang pertama."),
    ),
    "sensitivity": (
        mark("Seberapa kuat faktor yang tidak tercatat agar hasil ini hilang?"),
        mark("Faktor tak tercatat yang sekuat faktor tercatat sudah cukup untuk menghapus hasil ini."),
    ),
    "overlap": (
        mark("Adakah pembanding yang serupa untuk para peserta?"),
        mark("Peserta dan pembanding terlalu berbeda untuk dibandingkan."),
    ),
    "reliability": (
        mark("Seberapa andal ukuran ini?"),
        mark("Ukuran ini terlalu tidak andal untuk menunjukkan perubahan."),
    ),
    "agreement": (
        mark("Apakah jawaban di dalam unit cukup sepakat untuk diringkas?"),
        mark("Jawaban di dalam unit terlalu beragam untuk diringkas menjadi iklim unit."),
    ),
    "response": (
        mark("Berapa yang menjawab, dan apakah yang menjawab berubah?"),
        mark(
            "Tingkat jawaban berubah bersama program, sehingga yang menjawab sebelum dan sesudahnya bukan "
            "kelompok yang sama."
        ),
    ),
    "proportional": (
        mark("Apakah perbandingan bahayanya tetap sepanjang waktu?"),
        mark("Perbandingan bahayanya berubah sepanjang waktu."),
    ),
    "attrition": (
        mark("Apakah yang hilang dari pengamatan sama banyak di kedua kelompok?"),
        mark("Yang hilang dari pengamatan tidak sama banyak di kedua kelompok."),
    ),
    "output": (
        mark("Apakah keluaran tetap sama ketika biaya berubah?"),
        mark("Keluaran ikut berubah, sehingga perubahan biaya bukan perubahan biaya satuan."),
    ),
}


def say_reason(code: str) -> str:
    """Return the sentence of a reason; a text that is no code (an error's words) is its own sentence."""
    if code in REASONS:
        return _(REASONS[code])
    return _(CHECKS[code][1]) if code in CHECKS else code


def say_question(name: str) -> str:
    """Return the question that a check answers."""
    return _(CHECKS[name][0])
