"""Who lives where by protected characteristic: context for equality assessments, never a part of the score or of a rule."""

import hashlib
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest

from exclusion import judgement, release
from exclusion.building import context as building
from exclusion.contracts import DataRefused
from exclusion.judgement.characteristics import context_measures
from exclusion.judgement.composites import alternatives
from exclusion.judgement.score import methods
from exclusion.sources import characteristics

BY_COUNCIL = {"religion_catholic", "religion_protestant", "english_council", "disabled_lot_council", "disabled_little_council"}
BY_COUNCIL |= {"age75_council", "carers_council", "no_car_council"}
"""Held for Northern Ireland, by council."""
NEVER = {"orientation_lgb", "orientation_not_said", "gender_different", "gender_not_said"}


def rows(bundled, level):
    table = bundled.context()
    return table[table["level"] == level]


def held_by_ward(bundled):
    """Wards of the nations whose figures come by small area: all but Northern Ireland's."""
    return bundled.areas[bundled.areas["nation"] != "Northern Ireland"]


def test_ward_figures_are_held_for_every_ward_whose_nation_publishes_them(bundled):
    wards, areas = rows(bundled, "ward"), held_by_ward(bundled)
    assert set(wards["area_code"]) == set(areas.index)
    assert set(wards["measure"]) == set(context_measures()) - NEVER - BY_COUNCIL
    census = wards["area_code"].map(areas["nation"]).map({"England": "2021-03-21", "Wales": "2021-03-21", "Scotland": "2022-03-20"})
    assert set(wards["fit"]) == {"weighted"} and (wards["period"] == census).all()
    blank = set(wards.loc[wards["count"].isna(), "area_code"])
    assert blank == set(areas.index[areas["error_class"] == "none"])  # blank, never zero


def test_counts_of_the_parts_of_a_question_add_up_to_everybody_asked(bundled):
    wards = rows(bundled, "ward").pivot(index="area_code", columns="measure", values=["count", "of"]).dropna()
    for start, least in (("ethnic_", 5), ("religion_", 9), ("partner_", 5), ("male", 1), ("female", 1)):
        parts = [name for name in wards["count"] if name.startswith(start)]
        assert len(parts) >= least
        if start.endswith("_"):
            # each part is rounded once, so a sum is at most half a person a part away
            assert (wards["count"][parts].sum(axis=1) - wards["of"][parts[0]]).abs().max() <= (len(parts) + 1) / 2
    both = wards["count"]["female"] + wards["count"]["male"] - wards["of"]["female"]
    assert both.abs().max() <= 1.5


@pytest.mark.parametrize(
    ("measure", "published"),
    # England and Wales as ONS published them (TS008, TS021, TS030, TS077, gender identity first results)
    [
        ("female", 30_420_202),
        ("ethnic_asian", 5_515_420),
        ("religion_muslim", 3_868_133),
        ("orientation_lgb", 1_536_614),
        ("gender_different", 262_113),
    ],
)
def test_national_rows_agree_with_the_published_totals(bundled, measure, published):
    nation = rows(bundled, "nation")
    nation = nation[nation["area_code"].isin(["E92000001", "W92000004"])]
    assert nation.loc[nation["measure"] == measure, "count"].sum() == pytest.approx(published, rel=2e-4)


def test_wards_add_up_to_the_nation(bundled):
    wards, nation = rows(bundled, "ward"), rows(bundled, "nation")
    nation = nation[nation["area_code"] != "N92000002"]
    for measure in ("female", "ethnic_black", "religion_sikh", "partner_widowed", "age0_4"):
        whole = nation.loc[nation["measure"] == measure, "count"].sum()
        assert wards.loc[wards["measure"] == measure, "count"].sum() == pytest.approx(whole, rel=2e-3)  # less 22 wards without a figure


def test_the_share_can_be_redone_from_the_row_and_a_rough_ward_is_a_range(bundled):
    wards = rows(bundled, "ward").set_index(["area_code", "measure"])
    row = wards.loc[("E05009317", "female")]  # a ward of Tower Hamlets
    assert row["value"] == round(row["count"] / row["of"], 6)
    rough = bundled.areas[bundled.areas["error_class"] == "rough"].iloc[0]
    row = wards.loc[(rough.name, "female")]
    assert (row["low"], row["high"]) == (round(row["count"] * (1 - rough["error_p90"])), round(row["count"] * (1 + rough["error_p90"])))


# ------------------------------------------------------------------ what is never mapped by ward


def test_sexual_orientation_and_gender_identity_are_held_by_council_only(bundled):
    table = bundled.context()
    held = table[table["measure"].isin(NEVER)]
    assert {name for name, one in context_measures().items() if one.never_by_ward} == NEVER
    assert set(held["level"]) == {"council", "nation"}
    assert set(held.loc[held["level"] == "council", "fit"]) == {"council_wide"}
    england_and_wales = bundled.areas.loc[bundled.areas["nation"].isin(["England", "Wales"]), "council_code"]
    assert set(held.loc[held["level"] == "council", "area_code"]) == set(england_and_wales)


def test_a_builder_that_is_handed_them_by_small_area_refuses():
    frame = pd.DataFrame({"count": [5.0], "of": [100.0], "low": [5.0], "high": [5.0]}, index=["E01000001"])
    with pytest.raises(DataRefused, match=r"context: is never shared onto wards \(found: gender_different\)"):
        building.table({"gender_different": frame}, pd.DataFrame(), {}, pd.DataFrame(), pd.DataFrame())


def spoilt(tmp_path, change):
    """A copy of the bundled release with another context table, its new hash in release.toml."""
    folder = tmp_path / "release"
    shutil.copytree(release.bundled(), folder)
    path = folder / "context.parquet"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    change(pq.read_table(path).to_pandas()).to_parquet(path, index=False)
    toml = folder / "release.toml"
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    toml.write_text(toml.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    return folder


def test_a_release_that_holds_them_by_ward_is_refused(tmp_path):
    def by_ward(table):
        extra = table[(table["measure"] == "female") & (table["level"] == "ward")].head(3).assign(measure="gender_different")
        return pd.concat([table, extra], ignore_index=True)

    folder = spoilt(tmp_path, by_ward)
    with pytest.raises(DataRefused, match=r"holds 3 ward figures of what is never to be had by ward \(found: gender_different\)"):
        release.verify(folder)


def test_a_context_table_that_breaks_its_contract_is_named(tmp_path):
    folder = spoilt(tmp_path, lambda table: table.assign(count=table["count"].where(table["measure"] != "female", table["of"] + 1)))
    with pytest.raises(DataRefused, match=r"context.parquet: .*count is larger than of"):
        release.verify(folder)


@pytest.mark.shared
def test_scotlands_parts_add_up_and_agree_with_the_census(shared):
    _, measures = characteristics.read_scotland(shared / "data")
    total = {name: table["count"].sum() for name, table in measures.items()}
    of = {name: table["of"].sum() for name, table in measures.items()}
    for start, parts in (("ethnic_", 5), ("religion_", 9)):
        names = [name for name in total if name.startswith(start)]
        assert len(names) == parts and sum(total[name] for name in names) == of[names[0]]
    # Scotland's Census 2022 as published: 51.1 per cent no religion, 2.2 per cent Muslim, 7.1 per cent not White
    assert total["religion_none"] / of["religion_none"] == pytest.approx(0.511, abs=0.0005)
    assert total["religion_muslim"] / of["religion_muslim"] == pytest.approx(0.022, abs=0.0005)
    assert 1 - total["ethnic_white"] / of["ethnic_white"] == pytest.approx(0.071, abs=0.0005)


@pytest.mark.shared
def test_northern_irelands_councils_add_up_to_its_published_figures(shared):
    _, rows = characteristics.read_northern_ireland(shared / "data")
    assert rows["area_code"].nunique() == 11
    total = rows.groupby("measure")["count"].sum()
    # MS-B19: Catholic 805,151; MS-D02: limited a lot 217,964; MS-A07: female 967,043
    assert (total["religion_catholic"], total["disabled_lot_council"], total["female"]) == (805_151, 217_964, 967_043)
    # MS-A02: 66,377 + 43,776 + 25,879 + 13,512 aged 75 and over; MS-D17: 1,789,348 - 1,567,135 carers; MS-E10: no car 150,279.
    assert total["age75_council"] == pytest.approx(149_544, abs=30) and total["no_car_council"] == pytest.approx(150_279, abs=30)
    assert total["carers_council"] == pytest.approx(222_213, abs=60)
    parts = rows[rows["measure"].str.startswith("ethnic_")].groupby("area_code")["count"].sum()
    everybody = rows[rows["measure"] == "ethnic_white"].set_index("area_code")["of"]
    assert (parts - everybody).abs().max() <= 15  # cells are perturbed apart from their total


# ------------------------------------------------------------------ kept out of score and rules


def test_no_score_no_rule_and_no_threshold_can_name_a_context_measure():
    judgement.cross_check()  # rules, thresholds and pages may name measures.toml only
    assert not set(context_measures()) & set(judgement.measures())
    scored = {i.measure for preset in methods().values() for d in preset.domain for i in d.indicator}
    assert not scored & set(context_measures())
    for method in alternatives().values():
        assert not {name for name in context_measures() if f"'{name}'" in repr(method)}


def test_context_is_not_among_the_figures_of_an_assessment(bundled):
    import exclusion

    found = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"])
    assert not set(found.profile["measure"]) & set(context_measures())
    assert not [name for name in context_measures() if found.findings["figures_json"].str.contains(f'"{name}"').any()]


def test_an_older_release_without_the_table_is_still_read(tmp_path):
    folder = tmp_path / "release"
    shutil.copytree(release.bundled(), folder)
    (folder / "context.parquet").unlink()
    toml = folder / "release.toml"
    lines = toml.read_text(encoding="utf-8").splitlines(keepends=True)
    toml.write_text("".join(line for line in lines if "context.parquet" not in line), encoding="utf-8")
    held = release.read(folder).context()
    assert held.empty and {"level", "area_code", "measure", "count", "of", "value", "low", "high"} <= set(held.columns)


def test_reading_a_release_does_not_read_the_table(bundled):
    evidence = release.read(bundled.path)
    assert ("context", "") not in evidence.cache
    assert len(evidence.context()) > 170_000
    assert evidence.context() is evidence.context()


def test_a_release_stays_small(bundled):
    assert sum(item.stat().st_size for item in bundled.path.iterdir()) < 2_500_000
