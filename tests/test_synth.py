"""The invented agency: its shape, its promises about keys and time, and the planted effects that come back."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kinerja_lib.errors import CallError, KinerjaError
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import TABLES, Dataset
from kinerja_lib.synth import Effects, build_agency, parse_effects
from kinerja_lib.vocabulary import Period

DATA = Path(__file__).parents[1] / "data"
NOTHING = Effects(
    coaching=0, coaching_growth=0, mentoring=0, konseling=0, pelatihan=0, same_source=0, coaching_exit=0, selection=0.5
)
VOLUNTARY = ["mutasi", "pengunduran_diri"]


@pytest.fixture(scope="module")
def agency() -> Dataset:
    """The sample agency, built anew."""
    return build_agency()


def same_tables(left: Dataset, right: Dataset) -> None:
    """Assert that two datasets hold the same frames, types and all."""
    assert list(left) == list(right)
    for name in left:
        pd.testing.assert_frame_equal(left[name], right[name])


def periods_of(dates: pd.Series) -> pd.Series:
    """Return the half-year of each date."""
    half = (1 + (dates.dt.month > 6)).astype("str")
    text: pd.Series = dates.dt.year.astype("str").str.cat(half, sep="-S")
    return text


def edges(periods: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the first and last day of each period."""
    known = {text: Period.parse(text) for text in periods.unique()}
    start, end = ({text: getattr(period, side) for text, period in known.items()} for side in ("start", "end"))
    return pd.to_datetime(periods.map(start)), pd.to_datetime(periods.map(end))


def achievement(data: Dataset) -> pd.DataFrame:
    """Return the weighted achievement, people by periods, in SD of performance (4 points each)."""
    plan = data["skp"]
    ratio = plan["realisasi"] / plan["target"]
    percent = 100 * ratio.where(plan["kondisi"] == "normal", 2 - ratio)
    weighted = plan.assign(points=percent * plan["bobot"] / 100 / 4)
    return weighted.pivot_table(index="pegawai_id", columns="periode", values="points", aggfunc="sum")


def first_coaching(data: Dataset) -> pd.Series:
    """Return the half-year of each coached person's first session."""
    events = data["kegiatan"]
    coaching = events[events["jenis"] == "coaching"]
    return periods_of(coaching.groupby("pegawai_id")["mulai"].min())


# -- files -----------------------------------------------------------------------------------------------------------


def test_sample_agency_is_a_fresh_build(agency: Dataset, tmp_path: Path) -> None:
    fresh = write_dataset(agency, tmp_path)
    assert sorted(p.name for p in (DATA / "contoh").iterdir() if p.is_file()) == sorted(p.name for p in fresh)
    for file in fresh:
        assert (DATA / "contoh" / file.name).read_bytes() == file.read_bytes(), file.name
    sizes = [file.stat().st_size for file in fresh]
    assert max(sizes) <= 1.4e6
    assert sum(sizes) <= 4e6


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"people": 300, "units": 3, "periods": 2},
        {"people": 400, "units": 2, "periods": 1, "last_period": "2024-S2"},
        {"people": 90, "units": 30, "periods": 9, "seed": 0},
    ],
)
def test_what_is_written_is_read_again(shape: dict[str, int], tmp_path: Path) -> None:
    data = build_agency(**shape)  # type: ignore[arg-type]
    write_dataset(data, tmp_path)
    again = read_dataset(tmp_path)
    same_tables(data, again)
    assert data.keterangan == again.keterangan
    assert again.ignored == ()


def test_same_seed_same_tables_other_seed_others() -> None:
    shape = {"people": 120, "units": 4, "periods": 3}
    same_tables(build_agency(**shape), build_agency(**shape))  # type: ignore[arg-type]
    other = build_agency(seed=1, **shape)  # type: ignore[arg-type]
    assert not other["pegawai"]["pegawai_id"].isin(build_agency(**shape)["pegawai"]["pegawai_id"]).all()  # type: ignore[arg-type]


def test_dictionary_names_every_table_and_column(agency: Dataset) -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL))
    assert list(sections) == list(TABLES)
    for name, table in TABLES.items():
        covariates = [column for column in agency[name] if str(column).startswith("x_")] if name == "pegawai" else []
        listed = re.findall(r"^\| `(\w+)`", sections[name], flags=re.MULTILINE)
        keys = list(agency.keterangan) if name == "keterangan" else []
        own = [column.name for column in table.columns]
        assert listed[: len(own)] == own
        assert set(covariates) <= set(listed)
        assert {key for key in keys if not key.startswith("kebenaran_")} <= set(listed)
        for column in table.columns:
            row = re.search(rf"^\| `{column.name}`.*$", sections[name], flags=re.MULTILINE)
            assert row is not None
            assert all(level in row[0] for level in column.levels[:12]), column.name
    for field in fields(Effects):
        assert f"| `{field.name}` | {getattr(Effects(), field.name):.10g} |" in text


# -- shape -----------------------------------------------------------------------------------------------------------


def test_shape_of_the_sample_agency(agency: Dataset) -> None:
    assert agency.periods == ["2022-S2", "2023-S1", "2023-S2", "2024-S1", "2024-S2", "2025-S1"]
    assert len(agency.unit_ids) == 12
    assert len(agency["pegawai"]) == 1200
    sizes = agency["pegawai"].groupby("unit_id").size()
    assert sizes.min() < 30
    assert sizes.max() > 200
    units = agency["unit"].set_index("unit_id")
    parents = units["induk_id"].dropna()
    assert len(parents) == 8
    assert units.loc[parents, "induk_id"].isna().all()
    assert (agency["pegawai"]["status"] == "PPPK").mean() == pytest.approx(0.20, abs=0.04)
    assert set(agency) == set(TABLES) - {"keterangan"}


def test_shares_of_predikat(agency: Dataset) -> None:
    shares = agency["penilaian"]["predikat"].value_counts(normalize=True)
    assert shares["Baik"] == pytest.approx(0.88, abs=0.015)
    assert shares["Sangat Baik"] == pytest.approx(0.11, abs=0.015)
    low = shares[["Sangat Kurang", "Kurang", "Butuh Perbaikan"]]
    assert (low > 0).all()
    assert low.sum() == pytest.approx(0.01, abs=0.005)


def test_predikat_is_the_matrix_of_both_ratings(agency: Dataset) -> None:
    cells = {
        ("di_atas", "di_atas"): "Sangat Baik",
        ("di_atas", "sesuai"): "Baik",
        ("di_atas", "di_bawah"): "Kurang",
        ("sesuai", "di_atas"): "Baik",
        ("sesuai", "sesuai"): "Baik",
        ("sesuai", "di_bawah"): "Kurang",
        ("di_bawah", "di_atas"): "Butuh Perbaikan",
        ("di_bawah", "sesuai"): "Butuh Perbaikan",
        ("di_bawah", "di_bawah"): "Sangat Kurang",
    }
    big = build_agency(people=20_000, units=5, effects=Effects(leniency=2.0))  # wide enough for the rare cells
    for data in (agency, big):
        found = data["penilaian"][["rating_hasil", "rating_perilaku", "predikat"]].astype("str").drop_duplicates()
        for row in found.itertuples(index=False):
            assert cells[str(row.rating_hasil), str(row.rating_perilaku)] == row.predikat
    assert len(found) >= 7  # the two opposite corners hardly occur


def test_reach_of_development_in_the_last_period(agency: Dataset) -> None:
    appraised = set(agency["penilaian"].query("periode == '2025-S1'")["pegawai_id"])
    events = agency["kegiatan"]
    now = events[periods_of(events["mulai"]) == "2025-S1"]
    reach = {
        kind: len(appraised & set(now.loc[now["jenis"] == kind, "pegawai_id"])) / len(appraised)
        for kind in ("coaching", "mentoring", "konseling")
    }
    assert 0.25 <= reach["coaching"] <= 0.35
    assert 0.10 <= reach["mentoring"] <= 0.20
    assert 0.01 <= reach["konseling"] <= 0.03


@pytest.mark.parametrize("year", [2023, 2024])
def test_share_that_reaches_20_jp_in_a_year(agency: Dataset, year: int) -> None:
    served = agency["penilaian"].query("periode.str.startswith(@text)", local_dict={"text": str(year)})
    whole = served.groupby("pegawai_id").size().loc[lambda n: n == 2].index
    pns = pd.Index(agency["pegawai"].query("status == 'PNS'")["pegawai_id"])
    events = agency["kegiatan"]
    jp = events[events["mulai"].dt.year == year].groupby("pegawai_id")["jp"].sum()
    reached = jp.reindex(whole.intersection(pns), fill_value=0) >= 20
    assert 0.60 <= reached.mean() <= 0.70


def test_skp_lines(agency: Dataset) -> None:
    plan = agency["skp"]
    assert (plan.groupby(["pegawai_id", "periode"])["bobot"].agg(["sum", "size"]) == [100, 2]).all(axis=None)
    assert 0.04 < plan["rhk_atasan"].isna().mean() < 0.12
    assert 0 < (plan["kondisi"] == "khusus").mean() < 0.2
    means = 4 * achievement(agency).mean()
    assert means.between(93, 95.5).all()
    assert means.max() - means.min() > 0.5
    retest = achievement(agency).corr().to_numpy()[np.triu_indices(6, 1)]
    assert ((retest > 0.44) & (retest < 0.62)).all()


def test_results_trace_to_the_raters_own_plan(agency: Dataset) -> None:
    plan = agency["skp"].merge(agency["penilaian"][["pegawai_id", "periode", "penilai_id"]])
    own = set(zip(plan["pegawai_id"], plan["periode"], plan["rhk"], strict=True))
    named = zip(plan["penilai_id"], plan["periode"], plan["rhk_atasan"], strict=True)
    found = pd.Series([key in own for key in named])
    top = plan["penilai_id"].isna()
    assert 0.88 < found[~top].mean() < 0.94
    assert 0.01 < (~found & plan["rhk_atasan"].notna())[~top].mean() < 0.04  # a gap to be seen
    assert set(plan.loc[top, "rhk_atasan"].dropna()) == {"Birokrasi melayani"}
    leads = pd.Series(list(zip(plan["pegawai_id"], plan["periode"], strict=True))).isin(
        set(zip(plan["penilai_id"], plan["periode"], strict=True))
    )
    assert not set(plan.loc[leads, "rhk"]) & set(plan.loc[~leads, "rhk"])


def test_potential_goes_with_performance_and_sanctions_are_rare(agency: Dataset) -> None:
    rows = agency["penilaian"]
    people = rows.drop_duplicates("pegawai_id")
    assert people["potensial"].notna().mean() == pytest.approx(2 / 3, abs=0.04)
    assert rows.groupby("pegawai_id")["potensial"].nunique().max() == 1
    above = (rows["rating_hasil"] == "di_atas").groupby(rows["potensial"], observed=True).mean()
    assert above.is_monotonic_increasing
    assert above["tinggi"] > above["rendah"] + 0.1
    assert (rows["hukdis"] == "tidak ada").mean() == pytest.approx(0.98, abs=0.01)
    assert rows["hukdis"].value_counts(sort=False).gt(0).all()


def test_competency_gaps_differ(agency: Dataset) -> None:
    levels = agency["kompetensi"]
    assert sorted(levels["periode"].unique()) == ["2023-S1", "2025-S1"]
    assert levels["kompetensi"].nunique() == 9
    below = (levels["level"] < levels["level_standar"]).groupby(levels["kompetensi"]).mean()
    assert below["Mengelola Perubahan"] > below["Integritas"] + 0.15
    last = agency["penilaian"].query("periode == '2025-S1'")["pegawai_id"]
    assert levels.query("periode == '2025-S1'")["pegawai_id"].nunique() / len(last) == pytest.approx(0.6, abs=0.05)


def test_survey_is_anonymous_and_reliable(agency: Dataset) -> None:
    answers = agency["survei"]
    assert sorted(answers["periode"].unique()) == ["2023-S1", "2024-S1", "2025-S1"]
    assert not answers["responden_id"].isin(agency["pegawai"]["pegawai_id"]).any()
    assert answers.groupby("responden_id")["periode"].nunique().max() == 1
    assert answers["skor"].isin([1, 2, 3, 4, 5]).all()
    staff = agency["penilaian"].groupby("periode").size()
    for period, rows in answers.groupby("periode"):
        wide = rows.pivot_table(index="responden_id", columns="butir", values="skor")
        assert 0.65 <= len(wide) / staff[period] <= 0.75
        variances = wide.cov().to_numpy()
        alpha = 5 / 4 * (1 - np.trace(variances) / variances.sum())
        assert alpha == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    "shape", [{"people": 9000, "units": 300}, {"people": 300, "units": 3, "periods": 2}, {"people": 1000, "units": 2}]
)
def test_other_shapes(shape: dict[str, int]) -> None:
    data = build_agency(**shape)  # type: ignore[arg-type]
    assert len(data["pegawai"]) == shape["people"]
    assert len(data["unit"]) == shape["units"]
    assert data["unit"]["nama"].is_unique
    assert len(data.periods) == shape.get("periods", 6)
    assert data["penilaian"]["unit_id"].nunique() == shape["units"]


# -- keys, identifiers, time -----------------------------------------------------------------------------------------


def test_identifiers_follow_the_rules_of_nip_and_nipppk(agency: Dataset) -> None:
    staff = agency["pegawai"]
    ids = staff["pegawai_id"]
    assert ids.is_unique
    assert ids.str.fullmatch(r"\d{18}").all()
    assert (ids.str[:8] == staff["tanggal_lahir"].dt.strftime("%Y%m%d")).all()
    assert (ids.str[8:12] == staff["tmt_cpns"].dt.strftime("%Y")).all()
    pns = staff["status"] == "PNS"
    assert (ids.str[12:14] == staff["tmt_cpns"].dt.strftime("%m"))[pns].all()
    assert (ids.str[12:14] == "21")[~pns].all()
    assert (ids.str[14] == staff["jenis_kelamin"].map({"L": "1", "P": "2"}).astype("str")).all()
    assert (ids.str[15:] != "000").all()
    assert (staff["tmt_cpns"].dt.day == 1).all()
    age = (staff["tmt_cpns"] - staff["tanggal_lahir"]).dt.days / 365.25
    assert age[pns].between(18, 40).all()
    assert age[~pns].between(18, 58).all()
    assert "nama" not in staff


def test_posts_and_grades_fit_each_other(agency: Dataset) -> None:
    staff = agency["pegawai"]
    pns = staff["status"] == "PNS"
    assert staff.loc[pns, "golongan"].str.fullmatch(r"(I{1,3}|IV)/[a-e]").all()
    assert staff.loc[~pns, "golongan"].isin(["V", "VII", "IX", "X"]).all()
    heads = staff[staff["jenis_jabatan"].isin(["pengawas", "administrator", "jpt_pratama"])]
    assert len(heads) == 13  # one a unit, and the secretary beside the agency's head
    assert (heads["status"] == "PNS").all()
    assert (heads["golongan"] >= "III/c").all()
    madya = staff[staff["jenjang"] == "Ahli Madya"]
    assert madya["golongan"].str.startswith("IV/").all()
    assert madya["pendidikan"].isin(["D-IV", "S-1", "S-2"]).all()


def test_every_key_points_somewhere(agency: Dataset) -> None:
    people, units = set(agency["pegawai"]["pegawai_id"]), set(agency.unit_ids)
    for name, table in TABLES.items():
        for column in table.columns:
            if column.kind != "id" or name not in agency:
                continue
            found = set(agency[name].get(column.name, pd.Series(dtype="str")).dropna())
            if column.name in ("unit_id", "induk_id"):
                assert found <= units, (name, column.name)
            elif column.name in ("pegawai_id", "penilai_id", "pembimbing_id"):
                assert found <= people, (name, column.name)


def test_nobody_is_appraised_before_coming_or_after_leaving(agency: Dataset) -> None:
    rows = agency["penilaian"].merge(agency["pegawai"], on="pegawai_id", suffixes=("", "_now"))
    start, end = edges(rows["periode"])
    assert (rows["tmt_cpns"] <= start).all()
    assert ~(rows["tanggal_keluar"] <= end).any()
    rater = (
        agency["penilaian"]
        .dropna(subset="penilai_id")
        .merge(agency["pegawai"], left_on="penilai_id", right_on="pegawai_id")
    )
    assert ~(rater["tanggal_keluar"] <= edges(rater["periode"])[1]).any()
    assert (agency["penilaian"]["penilai_id"] != agency["penilaian"]["pegawai_id"]).all()
    assert agency["penilaian"]["penilai_id"].isna().sum() == len(agency.periods)  # the agency's head


def test_everybody_in_service_is_appraised(agency: Dataset) -> None:
    staff = agency["pegawai"]
    for text, rows in agency["penilaian"].groupby("periode"):
        period = Period.parse(text)
        serves = (staff["tmt_cpns"] <= pd.Timestamp(period.start)) & ~(
            staff["tanggal_keluar"] <= pd.Timestamp(period.end)
        )
        assert set(rows["pegawai_id"]) == set(staff.loc[serves, "pegawai_id"])


def test_exits(agency: Dataset) -> None:
    staff = agency["pegawai"].dropna(subset="alasan_keluar")
    assert (agency["pegawai"]["tanggal_keluar"].isna() == agency["pegawai"]["alasan_keluar"].isna()).all()
    assert (staff["tanggal_keluar"] > staff["tmt_cpns"]).all()
    assert staff["tanggal_keluar"].max() <= pd.Timestamp(agency.keterangan["tanggal_data"])
    counts = staff["alasan_keluar"].value_counts()
    assert (counts > 0).all()
    assert counts["mutasi"] > counts["pengunduran_diri"]
    retired = staff[staff["alasan_keluar"] == "pensiun"]
    months = (retired["tanggal_keluar"].dt.year - retired["tanggal_lahir"].dt.year) * 12
    months += retired["tanggal_keluar"].dt.month - retired["tanggal_lahir"].dt.month
    assert months.isin([58 * 12 + 1, 60 * 12 + 1]).all()
    assert not ((staff["alasan_keluar"] == "mutasi") & (staff["status"] == "PPPK")).any()


def test_unit_follows_the_period(agency: Dataset) -> None:
    rows = agency["penilaian"].sort_values("periode")
    last = rows.groupby("pegawai_id")["unit_id"].last()
    moved = rows.groupby("pegawai_id")["unit_id"].nunique() > 1
    assert 0.03 < moved.mean() < 0.12
    now = agency["pegawai"].set_index("pegawai_id")
    stays = now["tanggal_keluar"].isna()
    both = last.index.intersection(now.index[stays])
    assert (now.loc[both, "unit_id"] == last[both]).all()


def test_events_lie_within_service_and_period(agency: Dataset) -> None:
    events = agency["kegiatan"].merge(agency["pegawai"], on="pegawai_id")
    assert (events["mulai"] >= events["tmt_cpns"]).all()
    assert (events["selesai"] >= events["mulai"]).all()
    assert ~(events["selesai"] >= events["tanggal_keluar"]).any()
    assert (periods_of(events["mulai"]) == periods_of(events["selesai"])).all()
    for column in ("mulai", "selesai"):
        assert (events[column].dt.day_of_week < 5).all()
    assert (agency["kegiatan"]["pembimbing_id"] != agency["kegiatan"]["pegawai_id"]).all()


def test_events_hold_what_their_kind_has(agency: Dataset) -> None:
    events = agency["kegiatan"]
    session = events["jenis"].isin(["coaching", "mentoring", "konseling"])
    assert (events["tahap_grow"].notna() == (events["jenis"] == "coaching")).all()
    assert (events["tindak_lanjut"].notna() == session).all()
    assert (events["biaya"].notna() == ~session).all()
    assert (events["jp"].notna() == ~session).all()
    assert events.loc[events["jenis"] == "konseling", "topik"].isna().all()
    assert events["topik"].dropna().str.fullmatch(r"(kompetensi|skp|karier):\d").all()
    coaching = events[events["jenis"] == "coaching"].assign(periode=lambda e: periods_of(e["mulai"]))
    rated = coaching.merge(agency["penilaian"], on=["pegawai_id", "periode"])
    assert (rated["pembimbing_id"] == rated["penilai_id"]).mean() == pytest.approx(0.8, abs=0.05)


# -- planted truth ---------------------------------------------------------------------------------------------------


def gain(data: Dataset) -> tuple[float, float]:
    """Return the change from first to last period of the coached beyond that of the others, and its error, in SD."""
    points = achievement(data)
    change = (points.iloc[:, -1] - points.iloc[:, 0]).dropna()
    coached = change.index.isin(first_coaching(data).index)
    groups = change[coached], change[~coached]
    error = sum(group.var() / len(group) for group in groups) ** 0.5
    return groups[0].mean() - groups[1].mean(), error


@pytest.mark.parametrize("planted", [0.0, 0.3])
def test_coaching_comes_back(planted: float) -> None:
    """Selection is on what is stable, so the contrast of changes is unbiased; 3 errors of the mean of 4 agencies."""
    effects = parse_effects(["coaching_growth=0", "mentoring=0", "konseling=0", "pelatihan=0", f"coaching={planted}"])
    found = [gain(build_agency(people=4000, seed=seed, effects=effects)) for seed in range(4)]
    error = sum(e**2 for _value, e in found) ** 0.5 / len(found)
    assert error < 0.025
    assert np.mean([value for value, _error in found]) == pytest.approx(planted, abs=3 * error)


def test_growth_adds_to_the_effect() -> None:
    flat, grown = (gain(build_agency(people=4000, effects=Effects(coaching_growth=growth)))[0] for growth in (0.0, 0.2))
    assert grown - flat > 0.2  # coached people are at least a period past their first session on average


def test_naive_comparison_is_biased_by_selection() -> None:
    data = build_agency(people=8000, effects=NOTHING)
    points = achievement(data).iloc[:, -1].dropna()
    coached = points.index.isin(first_coaching(data).index)
    assert points[coached].mean() - points[~coached].mean() > 0.05
    interest = data["pegawai"].set_index("pegawai_id")["x_minat_belajar"].reindex(points.index)
    assert interest[coached].mean() > interest[~coached].mean() + 2


def test_an_effect_moves_only_what_depends_on_it() -> None:
    with_effect, without = (build_agency(people=600, effects=Effects(coaching=c, konseling=0)) for c in (0.3, 0.0))
    for name in ("unit", "pegawai", "kompetensi", "survei", "biaya"):
        pd.testing.assert_frame_equal(with_effect[name], without[name])
    before, after = achievement(with_effect), achievement(without)
    never = ~before.index.isin(first_coaching(with_effect).index)
    pd.testing.assert_frame_equal(before[never], after[never])
    pd.testing.assert_series_equal(before.iloc[:, 0], after.iloc[:, 0])


def test_units_start_coaching_in_steps(agency: Dataset) -> None:
    first = first_coaching(agency).rename("periode").reset_index()
    at_start = first.merge(agency["penilaian"], on=["pegawai_id", "periode"])
    starts = at_start.groupby("unit_id")["periode"].min()
    assert sorted(starts.unique()) == ["2023-S1", "2023-S2", "2024-S1", "2024-S2"]
    assert 2 <= 12 - len(starts) <= 3


def test_counselling_goes_to_the_weakest_of_before() -> None:
    """With no effect at all the counselled still gain: regression to the mean."""
    data = build_agency(people=8000, effects=NOTHING)
    events = data["kegiatan"]
    counselled = events[events["jenis"] == "konseling"].assign(periode=lambda e: periods_of(e["mulai"]))
    pairs = counselled[["pegawai_id", "periode"]].drop_duplicates()
    assert (pairs["periode"] != data.periods[0]).all()
    before = pairs["periode"].map(dict(zip(data.periods[1:], data.periods[:-1], strict=True)))
    ratings = data["penilaian"].set_index(["pegawai_id", "periode"])[["rating_hasil", "rating_perilaku"]]
    summed = ratings.apply(lambda column: column.cat.codes).sum(axis=1)
    earlier = summed.reindex(pd.MultiIndex.from_arrays([pairs["pegawai_id"], before]))
    later = summed.reindex(pd.MultiIndex.from_frame(pairs))
    assert earlier.notna().all()
    assert earlier.mean() < summed.mean() - 0.4
    assert later.mean() > earlier.mean() + 0.25
    lowest = data["penilaian"].query("predikat < 'Baik' and periode != @last", local_dict={"last": data.periods[-1]})
    reached = lowest.merge(pairs.assign(periode=before), on=["pegawai_id", "periode"], how="left", indicator=True)
    assert (reached["_merge"] == "both").mean() > 0.7  # the others left, or others were lower still


def test_raters_differ_in_leniency() -> None:
    def spread(leniency: float) -> float:
        rows = build_agency(people=8000, units=40, effects=Effects(leniency=leniency))["penilaian"]
        high = (rows["rating_hasil"] == "di_atas").groupby(rows["penilai_id"])
        return float(high.mean()[high.size() >= 40].std())

    assert spread(0.6) > 1.5 * spread(0.0)


def test_quota_takes_the_units_differences_out_of_ratings() -> None:
    def spread(quota: float) -> float:
        rows = build_agency(people=8000, units=20, effects=Effects(quota=quota, leniency=0))["penilaian"]
        return float((rows["rating_hasil"] == "di_atas").groupby(rows["unit_id"]).mean().std())

    assert spread(1.0) < 0.4 * spread(0.0)


def test_same_source_moves_ratings_and_nothing_else() -> None:
    plain, shifted = (build_agency(people=2000, effects=Effects(same_source=s, konseling=0)) for s in (0.0, 1.0))
    high = [(data["penilaian"]["rating_hasil"] == "di_atas").mean() for data in (plain, shifted)]
    assert high[1] > high[0]
    pd.testing.assert_frame_equal(plain["skp"], shifted["skp"])


def test_coaching_keeps_people() -> None:
    plain, kept = (build_agency(people=20_000, effects=Effects(coaching_exit=c)) for c in (0.0, -3.0))
    leavers = [data["pegawai"]["alasan_keluar"].isin(VOLUNTARY).sum() for data in (plain, kept)]
    assert leavers[1] < leavers[0]
    since = first_coaching(kept)
    staff = kept["pegawai"].set_index("pegawai_id")
    gone = staff.loc[since.index]
    gone = gone[gone["alasan_keluar"].isin(VOLUNTARY)]
    later = periods_of(gone["tanggal_keluar"]) != since[gone.index]
    assert later.sum() < 0.05 * leavers[0]


def test_coaching_lifts_climate_and_competency() -> None:
    plain, lifted = (
        build_agency(people=4000, effects=Effects(coaching_climate=c, coaching_competency=c)) for c in (0.0, 1.0)
    )
    for name, column in (("survei", "skor"), ("kompetensi", "level")):
        change = [data[name].groupby("periode")[column].mean().iloc[-1] for data in (plain, lifted)]
        assert change[1] > change[0] + 0.1


def test_truth_is_written_down() -> None:
    notes = build_agency(people=30, units=2, effects=Effects(coaching=0.25)).keterangan
    assert notes["kebenaran_coaching"] == "0.25"
    assert {f"kebenaran_{field.name}" for field in fields(Effects)} <= set(notes)
    assert notes["sintetis"] == "ya"
    assert notes["tanggal_data"] == "2025-07-14"
    assert notes["catatan"] == "contoh, angka rekaan"


# -- calls that are wrong --------------------------------------------------------------------------------------------


def test_settings_change_the_defaults() -> None:
    assert parse_effects([]) == Effects()
    assert parse_effects(["coaching=0", " quota = 1 ", "coaching=-0.1"]) == Effects(coaching=-0.1, quota=1.0)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("coachng=0", r"effect: ditemukan 'coachng'; yang diizinkan: coaching, .* Maksud Anda coaching\?"),
        ("coaching", r"effect: ditemukan 'coaching'; yang diizinkan: nama=bilangan, seperti coaching=0\.3\."),
        ("coaching=banyak", r"ditemukan 'coaching=banyak'; yang diizinkan: nama=bilangan"),
        ("coaching=nan", r"ditemukan 'coaching=nan'; yang diizinkan: nama=bilangan"),
        ("quota=2", r"efek quota: ditemukan 2\.0; yang diizinkan: 0 sampai 1\."),
        ("leniency=-1", r"efek leniency: ditemukan -1\.0; yang diizinkan: 0 sampai 3\."),
    ],
)
def test_a_setting_that_is_none(setting: str, message: str) -> None:
    with pytest.raises(KinerjaError, match=message):
        parse_effects([setting])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"units": 1}, r"units: ditemukan 1; yang diizinkan: paling sedikit 2\."),
        ({"people": 35}, r"people: ditemukan 35; yang diizinkan: paling sedikit 36\."),
        ({"periods": 0}, r"periods: ditemukan 0; yang diizinkan: paling sedikit 1\."),
        ({"seed": -1}, r"seed: ditemukan -1; yang diizinkan: paling sedikit 0\."),
        ({"last_period": "2025"}, r"last_period: ditemukan 2025; yang diizinkan: semester, seperti 2025-S1\."),
        ({"last_period": "2025-S3"}, r"ditemukan '2025-S3'"),
    ],
)
def test_a_shape_that_is_none(call: dict[str, object], message: str) -> None:
    with pytest.raises(CallError, match=message):
        build_agency(**call)  # type: ignore[arg-type]
