"""Pseudonyms: one person stays one person, nothing else of a person stays, and the key lies apart or not at all."""

from __future__ import annotations

import base64
import hmac
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kinerja_lib import pseudonym
from kinerja_lib.cli import main
from kinerja_lib.errors import CallError, DataError
from kinerja_lib.measures import score_people
from kinerja_lib.pseudonym import IDS, hash_ids, pseudonymise, read_key, require_apart, write_pseudonyms
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import Dataset
from kinerja_lib.synth import build_agency

LONG_NUMBER = re.compile(r"[0-9]{15}")


@pytest.fixture(scope="module")
def agency() -> Dataset:
    data = build_agency(people=120, units=3, periods=4)
    staff = data["pegawai"].assign(nama=[f"Zubek {n}" for n in range(len(data["pegawai"]))])
    events = data["kegiatan"].copy()
    events.loc[events.index[0], "topik"] = "Budi sering terlambat"
    return Dataset({**data.tables, "pegawai": staff, "kegiatan": events}, keterangan=data.keterangan)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "kunci"


@pytest.fixture
def folder(agency: Dataset, tmp_path: Path) -> Path:
    write_dataset(agency, tmp_path / "data")
    return tmp_path / "data"


def mapping(before: Dataset, after: Dataset) -> dict[str, str]:
    """Return id -> pseudonym of the people, found by what is unique to a row and stays."""
    own = ["x_minat_belajar", "x_jarak_km", "unit_id", "golongan", "tanggal_keluar"]
    pairs = before["pegawai"].merge(after["pegawai"], on=own, suffixes=("", "_baru")).drop_duplicates(own, keep=False)
    return dict(zip(pairs["pegawai_id"], pairs["pegawai_id_baru"], strict=True))


# -- what comes out --------------------------------------------------------------------------------------------------


def test_a_person_is_the_same_in_every_table(agency: Dataset, key: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    codes = mapping(agency, hidden)
    assert len(codes) > 100
    for table, column in (("penilaian", "pegawai_id"), ("penilaian", "penilai_id"), ("kegiatan", "pembimbing_id")):
        before, after = agency[table][column].dropna(), hidden[table][column].dropna()
        assert len(before) == len(after)
        counts = before.value_counts().rename(index=codes)
        known = [code for code in counts.index if code in set(codes.values())]
        assert len(known) > 5
        assert (after.value_counts()[known] == counts[known]).all()


def test_the_same_key_gives_the_same_pseudonyms_and_another_gives_others(
    agency: Dataset, key: Path, tmp_path: Path
) -> None:
    early = agency["penilaian"].query("periode <= '2024-S1'")
    part = Dataset({**agency.tables, "penilaian": early})
    first, second = pseudonymise(agency, key=key), pseudonymise(part, key=key)
    pd.testing.assert_frame_equal(first["pegawai"], second["pegawai"])
    assert set(second["penilaian"]["pegawai_id"]) <= set(first["penilaian"]["pegawai_id"])
    other = pseudonymise(agency, key=tmp_path / "lain")
    assert not set(other["pegawai"]["pegawai_id"]) & set(first["pegawai"]["pegawai_id"])


def test_a_pseudonym_is_a_keyed_hash_of_80_bits() -> None:
    values, secret = [f"1979021820120120{n:02d}" for n in range(50)], bytes(range(32))
    plain = [
        "P" + base64.b32encode(hmac.new(secret, value.encode(), "sha256").digest()[:10]).decode() for value in values
    ]
    assert hash_ids(values, secret).tolist() == plain
    assert all(re.fullmatch("P[A-Z2-7]{16}", code) for code in plain)
    assert hash_ids([], secret).tolist() == []


def test_chunks_give_what_one_piece_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    values, secret = [str(n) for n in range(25)], bytes(32)
    whole = hash_ids(values, secret)
    monkeypatch.setattr(pseudonym, "CHUNK", 10)
    pd.testing.assert_series_equal(hash_ids(values, secret), whole)


def test_nothing_that_names_a_person_is_left(agency: Dataset, key: Path, tmp_path: Path) -> None:
    for file in write_dataset(pseudonymise(agency, key=key), tmp_path / "keluar"):
        text = file.read_text(encoding="utf-8")
        assert not LONG_NUMBER.search(text), file.name
        assert "Zubek" not in text
        assert "Budi" not in text


def test_dates_become_coarser(agency: Dataset, key: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    codes = mapping(agency, hidden)
    before = agency["pegawai"].assign(pegawai_id=agency["pegawai"]["pegawai_id"].map(codes)).dropna(subset="pegawai_id")
    both = before.merge(hidden["pegawai"], on="pegawai_id", suffixes=("", "_baru"))
    assert (both["tanggal_lahir_baru"].dt.strftime("%m-%d") == "01-01").all()
    assert (both["tanggal_lahir_baru"].dt.year == both["tanggal_lahir"].dt.year // 5 * 5).all()
    assert (both["tmt_cpns_baru"].dt.strftime("%m-%d") == "01-01").all()
    assert (both["tmt_cpns_baru"].dt.year == both["tmt_cpns"].dt.year).all()
    assert (both["tanggal_keluar"].isna() == both["tanggal_keluar_baru"].isna()).all()


def test_missing_dates_stay_missing(agency: Dataset, key: Path) -> None:
    some, none = agency["pegawai"].copy(), agency["pegawai"].copy()
    some.loc[some.index[:3], "tanggal_lahir"] = pd.NaT
    none["tanggal_lahir"] = pd.Series(pd.NaT, index=none.index, dtype=some["tanggal_lahir"].dtype)
    for staff, missing in ((some, 3), (none, len(none))):
        hidden = pseudonymise(Dataset({**agency.tables, "pegawai": staff}), key=key)["pegawai"]
        assert hidden["tanggal_lahir"].isna().sum() == missing
        assert hidden["tanggal_lahir"].dtype == some["tanggal_lahir"].dtype


def test_counselling_keeps_date_kind_and_ids_whatever_is_asked(agency: Dataset, key: Path) -> None:
    events = agency["kegiatan"].copy()
    counselling = (events["jenis"] == "konseling").to_numpy()
    assert counselling.sum() > 0
    events.loc[counselling, "topik"] = "masalah keluarga"
    hidden = pseudonymise(Dataset({**agency.tables, "kegiatan": events}), key=key, keep_text=["kegiatan.topik"])
    rows = hidden["kegiatan"].query("jenis == 'konseling'")
    assert len(rows) == counselling.sum()
    kept = {"kegiatan_id", "pegawai_id", "pembimbing_id", "jenis", "mulai", "selesai"}
    for column in rows:
        assert rows[column].isna().all() == (column not in kept), column
    assert sorted(rows["mulai"]) == sorted(events.loc[counselling, "mulai"])


def test_free_topics_go_unless_asked_for(agency: Dataset, key: Path) -> None:
    events = agency["kegiatan"]
    free = pseudonymise(agency, key=key)["kegiatan"]["topik"].dropna()
    assert free.str.fullmatch(r"[a-z]+:[0-9]").all()
    assert len(free) == events["topik"].notna().sum() - 1
    kept = pseudonymise(agency, key=key, keep_text=["kegiatan.topik"])["kegiatan"]["topik"].dropna()
    assert "Budi sering terlambat" in set(kept)
    assert len(kept) == len(free) + 1


def test_a_covariate_that_is_no_number_goes(agency: Dataset, key: Path) -> None:
    staff = agency["pegawai"].assign(x_catatan=pd.Series("rajin", index=agency["pegawai"].index, dtype="str"))
    data = Dataset({**agency.tables, "pegawai": staff})
    assert "x_catatan" not in pseudonymise(data, key=key)["pegawai"]
    assert "x_jarak_km" in pseudonymise(data, key=key)["pegawai"]
    assert "x_catatan" in pseudonymise(data, key=key, keep_text=["pegawai.x_catatan"])["pegawai"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("kegiatan.topic", r" Maksud Anda kegiatan\.topik\?"),
        ("pegawai.nama", ""),
        ("skp.rhk", ""),
        ("topik", ""),
    ],
)
def test_only_free_text_can_be_asked_for(agency: Dataset, key: Path, name: str, hint: str) -> None:
    with pytest.raises(CallError, match=rf"--keep: ditemukan '{name}'; yang diizinkan: kegiatan\.topik\.{hint}"):
        pseudonymise(agency, key=key, keep_text=[name])
    assert not key.exists()


def test_all_other_values_stay(agency: Dataset, key: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    assert list(hidden) == list(agency)
    assert hidden.keterangan == agency.keterangan
    changed = {*IDS, "nama", "topik", "tanggal_lahir", "tmt_cpns"}
    for name, frame in agency.tables.items():
        before, after = frame, hidden[name]
        if name == "kegiatan":
            before, after = (f[f["jenis"] != "konseling"] for f in (before, after))
        own = [column for column in before if column not in changed or (name == "unit" and column == "nama")]
        assert list(after.columns) == [c for c in before.columns if (name, c) != ("pegawai", "nama")]
        for column in own:
            counts = (f[column].value_counts(dropna=False).sort_index() for f in (before, after))
            pd.testing.assert_series_equal(*counts)
            assert before[column].dtype == after[column].dtype
    for name in ("unit", "kinerja_unit", "indikator_unit", "biaya"):
        pd.testing.assert_frame_equal(hidden[name], agency[name])


def test_rows_of_one_person_stay_together(agency: Dataset, key: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    codes = mapping(agency, hidden)
    person, code = next(iter(codes.items()))
    for name, values in (("skp", ["periode", "rhk", "target", "realisasi"]), ("kompetensi", ["periode", "level"])):
        before = agency[name].query("pegawai_id == @person", local_dict={"person": person})[values]
        after = hidden[name].query("pegawai_id == @code", local_dict={"code": code})[values]
        pd.testing.assert_frame_equal(before.reset_index(drop=True), after.reset_index(drop=True))


def test_the_order_of_rows_gives_nobody_away(agency: Dataset, key: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    for name in ("pegawai", "penilaian", "skp", "kompetensi", "kegiatan"):
        assert hidden[name]["pegawai_id"].is_monotonic_increasing
    assert hidden["survei"]["responden_id"].is_monotonic_increasing


def test_answers_cannot_be_laid_beside_people(agency: Dataset, key: Path) -> None:
    """Even where an office used the NIP as the respondent's number."""
    survey = agency["survei"].copy()
    people = dict(zip(survey["responden_id"].unique(), agency["pegawai"]["pegawai_id"], strict=False))
    survey["responden_id"] = survey["responden_id"].map(people)
    survey = survey.dropna(subset="responden_id").astype({"responden_id": "str"})
    hidden = pseudonymise(Dataset({**agency.tables, "survei": survey}), key=key)
    answers = hidden["survei"]["responden_id"].str[1:]
    assert not set(answers) & set(hidden["pegawai"]["pegawai_id"].str[1:])
    assert answers.nunique() == survey["responden_id"].nunique()


def test_a_number_of_an_event_is_replaced_too(agency: Dataset, key: Path) -> None:
    events = agency["kegiatan"].assign(kegiatan_id="K-" + agency["kegiatan"]["pegawai_id"])
    shared = pseudonymise(Dataset({**agency.tables, "kegiatan": events}), key=key)["kegiatan"]
    assert shared["kegiatan_id"].nunique() == events["kegiatan_id"].nunique()
    assert shared["kegiatan_id"].str.fullmatch("K[A-Z2-7]{16}").all()


def test_it_comes_back_from_files(agency: Dataset, key: Path, tmp_path: Path) -> None:
    hidden = pseudonymise(agency, key=key)
    write_dataset(hidden, tmp_path / "keluar")
    again = read_dataset(tmp_path / "keluar")
    assert list(again) == list(hidden)
    for name in hidden:
        pd.testing.assert_frame_equal(again[name], hidden[name])


def test_the_data_are_not_changed(agency: Dataset, key: Path) -> None:
    before = {name: frame.copy() for name, frame in agency.tables.items()}
    pseudonymise(agency, key=key)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(agency[name], frame)


def test_a_dataset_of_units_alone(key: Path) -> None:
    data = build_agency(people=30, units=2)
    units = Dataset({name: data[name] for name in ("unit", "indikator_unit")})
    for name, frame in pseudonymise(units, key=key).tables.items():
        pd.testing.assert_frame_equal(frame, units[name])


@pytest.mark.parametrize("number", ["197902182012012001", "NIP. 19790218 201201 2 001", "3201-0118-0279-0001"])
def test_a_number_in_a_text_that_stays_is_refused(agency: Dataset, key: Path, number: str) -> None:
    plans = agency["skp"].copy()
    plans.loc[plans.index[:2], "rhk"] = f"Mendampingi {number}"
    with pytest.raises(DataError, match=r"skp\.rhk: 2 isian memuat nomor sepanjang NIP atau NIK"):
        pseudonymise(Dataset({**agency.tables, "skp": plans}), key=key)
    notes = {"catatan": f"hubungi {number}"}
    with pytest.raises(DataError, match=r"keterangan\.catatan: 1 isian"):
        pseudonymise(Dataset(agency.tables, keterangan=notes), key=key)
    assert not key.exists()


def test_two_people_of_one_pseudonym_stop_it(agency: Dataset, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonym, "hash_ids", lambda values, _key, _letter: pd.Series(["PA"] * len(values)))
    with pytest.raises(DataError, match="pasang pegawai mendapat nama samaran yang sama; pakai kunci lain"):
        pseudonymise(agency, key=key)


# -- the key ---------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_for_its_owner_alone(key: Path) -> None:
    secret = read_key(key)
    assert len(secret) == 32
    assert read_key(key) == secret == key.read_bytes()
    if os.name == "posix":
        assert key.stat().st_mode & 0o777 == 0o600
    assert read_key(key.with_name("lain")) != secret


@pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(key: Path, mode: int) -> None:
    read_key(key)
    key.chmod(mode)
    with pytest.raises(CallError, match=rf"{key} dapat dibuka orang lain; batasi dahulu: chmod 600 {key}"):
        read_key(key)


@pytest.mark.parametrize(("content", "said"), [(b"", "0"), (b"x" * 31, "31"), (b"x" * 33, "> 32"), (b"x" * 99, "> 32")])
def test_a_file_that_is_no_key_is_refused_and_left_alone(key: Path, content: bytes, said: str) -> None:
    key.write_bytes(content)
    key.chmod(0o600)
    with pytest.raises(CallError, match=rf"bukan berkas kunci \({said} byte; yang diizinkan: 32\)"):
        read_key(key)
    assert key.read_bytes() == content


def test_a_key_that_cannot_be_read_or_made(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "tidak" / "ada"):
        with pytest.raises(CallError, match="tidak dapat dibaca atau dibuat"):
            read_key(path)


@pytest.mark.parametrize(
    "where", ["data/kunci", "data/dalam/kunci", "keluar/kunci", "data/../keluar/kunci", "tautan/k"]
)
def test_a_key_beside_data_or_result_is_refused(folder: Path, where: str) -> None:
    root = folder.parent
    (root / "tautan").symlink_to(folder, target_is_directory=True)
    with pytest.raises(CallError, match=r"--key: .* ada di dalam (DATA|--out) \(.*\); simpan kunci di folder lain"):
        write_pseudonyms(folder, key=root / where, out=root / "keluar")
    assert not (root / "keluar").exists()
    assert not (root / where).exists()


def test_a_key_inside_the_data_is_refused_without_the_command_too(folder: Path) -> None:
    with pytest.raises(CallError, match="ada di dalam DATA"):
        pseudonymise(read_dataset(folder), key=folder / "kunci")


def test_a_key_inside_the_project_or_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="ada di dalam folder proyek"):
        require_apart(Path(pseudonym.__file__).parent / "kunci")
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    with pytest.raises(CallError, match="ada di dalam folder proyek"):
        require_apart(tmp_path / "repo" / "dalam" / "kunci")
    require_apart(tmp_path / "kunci")


# -- files and the command -------------------------------------------------------------------------------------------


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder.parent
    call = ["pseudonymise", str(folder), "--key", str(root / "kunci"), "--out", str(root / "keluar")]
    assert main(call) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1] == str(root / "keluar")
    assert f"Kunci baru: {root / 'kunci'}." in shown.err
    first = (root / "keluar" / "pegawai.csv").read_bytes()
    assert main([*call, "--keep", "kegiatan.topik"]) == 0
    assert "Kunci baru" not in capsys.readouterr().err
    assert (root / "keluar" / "pegawai.csv").read_bytes() == first
    assert "Budi" in (root / "keluar" / "kegiatan.csv").read_text(encoding="utf-8")
    assert sorted(p.name for p in root.iterdir()) == ["data", "keluar", "kunci"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: {"--out": root / "data"}, "ada di dalam data aslinya"),
        (lambda root: {"--out": root / "data" / "baru"}, "ada di dalam data aslinya"),
        (lambda root: {"--out": root}, r"--key: .* ada di dalam --out"),
        (lambda root: {"--out": root / "penuh"}, r"folder berisi berkas lain \(surat\.docx\)"),
        (lambda root: {"--out": root / "penuh" / "surat.docx"}, r"folder berisi berkas lain \(surat\.docx\)"),
        (lambda root: {"--out": root / "mirip"}, r"folder berisi berkas lain \(unit\.docx\)"),
        (lambda root: {"--keep": "pegawai.nama"}, "--keep: ditemukan 'pegawai.nama'"),
        (lambda root: {"--key": root / "data" / "unit.csv"}, "ada di dalam DATA"),
    ],
)
def test_a_wrong_call_writes_nothing(
    folder: Path,
    change: Callable[[Path], dict[str, object]],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = folder.parent
    (root / "penuh").mkdir()
    (root / "penuh" / "surat.docx").write_text("x", encoding="utf-8")
    (root / "mirip").mkdir()
    (root / "mirip" / "unit.docx").write_text("x", encoding="utf-8")
    before = sorted(root.rglob("*"))
    options = {"--key": root / "kunci", "--out": root / "keluar", **change(root)}
    words = [str(word) for pair in options.items() for word in pair]
    assert main(["pseudonymise", str(folder), *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.search(message, lines[0])
    assert sorted(root.rglob("*")) == before


def test_a_failed_write_leaves_what_was_there(folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder.parent / "keluar"
    write_pseudonyms(folder, key=key, out=out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def fail(data: Dataset, part: Path) -> list[Path]:
        write_dataset(Dataset({"unit": data["unit"]}), part)
        raise CallError("penuh")

    monkeypatch.setattr(pseudonym, "write_dataset", fail)
    with pytest.raises(CallError, match="penuh"):
        write_pseudonyms(folder, key=key, out=out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert sorted(p.name for p in folder.parent.iterdir()) == ["data", "keluar", "kunci"]


def test_a_failed_exchange_puts_back_what_was_there(folder: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder.parent / "keluar"
    write_pseudonyms(folder, key=key, out=out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name == "baru":
            raise PermissionError(13, "terkunci")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(CallError, match=r"keluar: tidak dapat ditulis \(terkunci\)"):
        write_pseudonyms(folder, key=key, out=out)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_people_score_the_same_under_pseudonyms(agency: Dataset, key: Path) -> None:
    before, after = (score_people(data, agency.periods) for data in (agency, pseudonymise(agency, key=key)))
    numbers = [name for name in before if pd.api.types.is_numeric_dtype(before[name])]
    assert numbers
    for name in numbers:
        assert before[name].sort_values().to_list() == pytest.approx(after[name].sort_values().to_list(), nan_ok=True)
