"""A council's own files beside its findings: routes, costs, places, its judgement; and a proposal written out again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from exclusion import alongside, costs, places, proposal, register, routes
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, UsageError
from exclusion.judgement.local import read_local_files
from exclusion.release import Evidence

TODAY = dt.date(2026, 11, 24)
TEXT = """
title = "Blue Badge \\"online\\", £40,000"
councils = ["Blackpool"]
date = 2027-04-01

[officer]
purpose = "Quicker.\\nFor everyone."

[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
contacts = { online = 2000, phone = 1500, f2f = 900, post = 200 }

[service.contacts_by_ward]
E05015188 = { f2f = 120, phone = 300 }

[[place]]
name = "Middle House"
kind = "library"
change = "closes"
"""
# Three places on the ground of Blackpool: the middle one closes.
LIST = """name,kind,x,y,hours
North House,library,331500,441000,40
Middle House,library,331000,436000,40
South House,library,332000,432500,20
"""
OWN = """
by = "Finance"
reckoned = "October 2026"
contact = { phone = { low = 3, high = 5 }, f2f = { low = 8, high = 12 }, online = { low = 0.5, high = 1 } }
recontact = { low = 0.1, high = 0.4 }
open_in_a_ward = { f2f = { low = 2000, high = 3000 } }
"""


@pytest.fixture(scope="module")
def considered(bundled: Evidence) -> proposal.Considered:
    return proposal.consider(bundled, proposal.parse(TEXT, areas=bundled.areas), today=TODAY)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_proposal_written_out_reads_back_as_the_same() -> None:
    read = proposal.parse(TEXT)
    assert proposal.parse(proposal.toml_text(read)) == read
    assert "contacts_file" not in proposal.toml_text(read)  # what was not given is not written


def test_without_a_list_no_distance_is_made_up(considered: proposal.Considered) -> None:
    found = alongside.beside(considered, TODAY)
    assert (found.tables, found.notices) == ({}, ())
    # It is said where everybody reads: with the proposal (on standard error and on the page), and in dependents.csv.
    assert proposal.NO_LIST in considered.notices
    leaning = considered.dependents
    assert (leaning["next_open"] == "").all() and leaning["next_open_distance"].isna().all()
    assert leaning["sentence"].str.contains("it is not known which open place is the next nearest").all()


def test_the_next_open_place_and_its_distance_are_named(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    found = alongside.used_by(considered, held)
    assert proposal.NO_LIST not in found.notices
    leaning = found.dependents
    assert set(leaning["next_open"]) <= {"North House", "South House"} and leaning["next_open"].nunique() == 1
    # By hand: whoever is nearest to Middle House lies within 2,500 m south and 1,750 m north of it, and so at least half of the way
    # (1,750 m, by road 2.3 km) and at most the whole of it (5,000 m, by road 6.5 km, and what lies east or west) from another.
    (far,) = leaning["next_open_distance"].unique()
    assert 2.3 <= far <= 8.0 and set(leaning["next_open_unit"]) == {"km"}
    name = leaning["next_open"].iloc[0]
    said = f"Half of those whose nearest it is then have another open place on the list within {far:.1f} km, most often {name}."
    assert leaning["sentence"].str.contains(said, regex=False).all()
    # Where another proposal closes that one too, it is not named.
    (closing,) = considered.proposals
    (middle,) = closing.place

    def leaning_when(*names: str) -> pd.DataFrame:
        more = closing.model_copy(update={"place": tuple(middle.model_copy(update={"name": name}) for name in names)})
        return alongside.used_by(proposal.lay(considered.assessment, [more]), held).dependents

    assert set(leaning_when("Middle House", "South House")["next_open"]) == {"North House"}
    none = leaning_when("North House", "Middle House", "South House")
    assert (none["next_open"] == "").all() and none["sentence"].str.contains("No other place on the list is open").all()


def test_a_closure_is_measured_from_the_councils_own_list(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    found = alongside.beside(considered, TODAY, alongside.Given(places=held))
    table = found.tables["distances.csv"]
    whole = table[(table["level"] == "all") & (table["group"] == "all")].iloc[0]
    # Fewer places are never nearer; the 139,000 residents of the 21 wards stay the same people.
    assert whole["median_after"] > whole["median_before"]
    assert whole["longer_n"] > 0
    assert "have further to go" in " ".join(found.said["How far people are from the places on the list"])
    assert any("whatever its kind" in notice for notice in found.notices)


def test_a_closure_touches_the_wards_where_the_place_is_the_nearest(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    filled = alongside.used_by(considered, held)
    wards = set(filled.proposals[0].place[0].wards)
    # By hand: half way between North House (441,000) and Middle House (436,000) is northing 438,500, and half way to South House
    # 434,250. Bispham lies north of the first line, Squires Gate south of the second, Talbot (436,300) between them.
    names = considered.assessment.areas["area_name"]
    found = {names[code] for code in wards}
    assert "Talbot" in found and not {"Bispham", "Norbreck", "Squires Gate"} & found
    assert filled.notices[0].startswith("The proposal does not say which wards use Middle House. Taken are those where it is the nearest")
    # Help to do it online leans on the library: it closes where the library is the nearest, and nowhere else.
    leaning = filled.findings[(filled.findings["channel"] == "assisted_digital") & (filled.findings["kind"] == "keep")]
    assert set(leaning.loc[leaning["proposal_effect"] == "closes", "area_code"]) <= wards
    assert len(leaning) > (leaning["proposal_effect"] == "closes").sum() > 0
    # Wards that the officer named stay as they were, and so does a place the list does not have.
    named = proposal.lay(considered.assessment, filled.proposals)
    assert alongside.used_by(named, held).proposals == named.proposals
    other = places.read_places(write(tmp_path, "other.csv", LIST.replace("Middle House", "Elsewhere")))
    unlisted = alongside.used_by(considered, other)
    assert unlisted.proposals == considered.proposals
    assert unlisted.dependents["sentence"].str.contains("It is not on the list of places given").all()


def test_the_register_keeps_the_wards_and_the_next_open_place_of_a_list(tmp_path: Path, bundled: Evidence) -> None:
    proposed, listed = write(tmp_path, "p.toml", TEXT), write(tmp_path, "places.csv", LIST)
    own = write(tmp_path, "ours.csv", "id,service_name,by,on,why\nblue_badge,Parking badge,A. Officer,2026-10-01,As people say.\n")
    asked = ["register", "save", "--by", "A. Officer", "--register", str(tmp_path / "register.sqlite"), "--places", str(listed)]
    assert main([*asked, "--council", "Blackpool", "--service", "blue_badge"]) == 2  # a list says something of what a proposal closes only
    assert not (tmp_path / "register.sqlite").exists()
    assert main([*asked, "--proposal", str(proposed), "--local", str(own)]) == 0
    with register.connect(str(tmp_path / "register.sqlite")) as opened:
        saved = register.load(opened, register.versions(opened)["assessment"].iloc[0])
    restored = register.restore(saved, bundled).considered
    assert restored is not None
    # As assess gives it with the same list: the wards where Middle House is the nearest, and the place they have next.
    fresh = proposal.consider(bundled, proposal.parse(TEXT, areas=bundled.areas), local=read_local_files([own]), today=TODAY)
    fresh = alongside.used_by(fresh, places.read_places(listed))
    assert restored.proposals == fresh.proposals and restored.proposals[0].place[0].wards
    pd.testing.assert_frame_equal(restored.dependents, fresh.dependents)
    assert {"Parking badge"} == set(restored.dependents.loc[restored.dependents["service_id"] == "blue_badge", "service_name"])


def test_a_place_that_is_not_on_the_list_is_named(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST.replace("Middle House", "Midle House")))
    with pytest.raises(UsageError, match=r"Did you mean .*Midle House"):
        alongside.beside(considered, TODAY, alongside.Given(places=held))


def test_where_no_small_areas_are_held_it_says_so_and_gives_no_figure(bundled: Evidence, tmp_path: Path) -> None:
    text = TEXT.replace("Blackpool", "Preston").split("[service.contacts_by_ward]")[0]
    there = proposal.consider(bundled, proposal.parse(text, areas=bundled.areas), today=TODAY)
    found = alongside.beside(there, TODAY, alongside.Given(places=places.read_places(write(tmp_path, "places.csv", LIST))))
    assert list(found.tables) == ["places.csv"]  # the list itself, for the map; no distance
    assert any("the release holds no small areas" in notice for notice in found.notices)


def test_routes_and_costs_speak_of_the_named_service_only(considered: proposal.Considered, tmp_path: Path) -> None:
    listed = routes.read(b"service_id,channel,where_to_find,last_tried,worked\nblue_badge,phone,01253 000000,2026-11-01,no\n")
    spent = costs.read(write(tmp_path, "costs.toml", OWN))
    found = alongside.beside(considered, TODAY, alongside.Given(listed, spent))
    assert list(found.tables) == ["routes.csv", "keeping.csv", "savings.csv", "savings_worked.csv"]
    about = [notice for notice in found.notices if "place" not in notice]
    assert about and all(notice.startswith("Blue Badge") for notice in about)
    assert any("did not work when tried on 1 November 2026" in notice for notice in about)
    assert isinstance(found.tables["savings.csv"], pd.DataFrame)
    assert found.tables["savings.csv"][["service_id", "channel"]].to_numpy().tolist() == [["blue_badge", ""], ["blue_badge", "f2f"]]


def test_local_files_say_for_themselves_what_they_hold(tmp_path: Path) -> None:
    profiles = write(tmp_path, "ours.csv", "id,complexity,by,on,why\nblue_badge,3,A. Officer,2026-10-01,Long form.\n")
    floor = '[[floor]]\nid = "L1"\ntitle = "Phone for all"\nchannels = ["phone"]\nreason = "A promise."\n'
    promises = write(tmp_path, "promises.toml", floor + 'by = "Cabinet"\non = 2026-10-01\nwhy = "Minute 12."\n')
    local = read_local_files([promises, profiles])
    assert local.services["blue_badge"].complexity == 3
    assert local.floors is not None and "L1" in local.floors


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"a.csv": "id,complexity,by,on,why\n", "b.csv": "id,urgency,by,on,why\n"}, "and so does a.csv"),
        ({"a.toml": "title = 1\n"}, "holds no local judgement"),
        ({"a.toml": "= 1\n"}, "not valid TOML"),
    ],
)
def test_local_files_that_cannot_be_told_apart_are_refused(tmp_path: Path, names: dict[str, str], said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        read_local_files([write(tmp_path, name, text) for name, text in names.items()])


def test_mistakes_in_several_files_come_at_once(tmp_path: Path) -> None:
    routes_file = write(tmp_path, "routes.csv", "service_id,channel,where_to_find\nblue_badge,pigeon,Town Hall\n")
    costs_file = write(tmp_path, "costs.toml", "= 1\n")
    with pytest.raises(DataRefused) as refused:
        alongside.read_files(routes_file, costs_file)
    assert "pigeon" in str(refused.value) and "not valid TOML" in str(refused.value)
    assert alongside.read_files() == alongside.Given()


def test_the_command_line_lays_every_file_beside_a_proposal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["assess", "--out", str(tmp_path / "out"), "--proposal", str(write(tmp_path, "p.toml", TEXT))]
    ours = "id,complexity,by,on,why\nblue_badge,2,A. Officer,2026-10-01,Shorter form.\n"
    routes_text = "service_id,channel,where_to_find\nblue_badge,phone,01253 000000\n"
    for option, name, text in (
        ("--local", "ours.csv", ours),
        ("--routes", "routes.csv", routes_text),
        ("--costs", "costs.toml", OWN),
        ("--places", "places.csv", LIST),
    ):
        words += [option, str(write(tmp_path, name, text))]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "Blue Badge (disabled parking permit): £" in said.out  # its saving, in the council's own pounds
    assert "have further to go" in said.out
    assert "complexity from 3 to 2. Reason given: Shorter form." in said.err
    assert "no record that anybody has tried it" in said.err
    assert {"routes.csv", "keeping.csv", "savings.csv", "savings_worked.csv", "savings.xlsx", "distances.csv", "effects.csv"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert main([*words[:3], "--council", "Blackpool", "--service", "blue_badge", "--places", str(tmp_path / "none.csv")]) != 0
    assert "is not a file" in capsys.readouterr().err


def test_pack_and_equality_touch_only_the_wards_that_use_the_place_as_assess_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, held = write(tmp_path, "p.toml", TEXT), write(tmp_path, "places.csv", LIST)
    pack, document = tmp_path / "pack", tmp_path / "eia.html"
    told = "Taken are those where it is the nearest place on the list for some people: 11 wards of 21."

    def touched() -> set[str]:
        """Wards whose page names the place that closes."""
        return {page.stem.split("-", 1)[1] for page in pack.glob("E05*.html") if "Middle House" in page.read_text(encoding="utf-8")}

    assert main(["pack", "-p", str(file), "-o", str(pack)]) == 0
    assert told not in capsys.readouterr().err
    assert len(touched()) == 21  # without a list nobody knows who uses it
    assert main(["pack", "-p", str(file), "-o", str(pack), "--places", str(held)]) == 0
    assert told in capsys.readouterr().err
    # As worked out for 'assess' above: Bispham is nearer to North House and Squires Gate to South House, Talbot to Middle House.
    assert len(touched()) == 11 and "talbot" in touched() and not {"bispham", "norbreck", "squires-gate"} & touched()
    assert main(["equality", "-p", str(file), "-o", str(document), "--places", str(held)]) == 0
    assert told in capsys.readouterr().err and told in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["pack", "equality"])
def test_a_list_of_places_that_cannot_say_which_wards_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = write(tmp_path, "p.toml", TEXT), str(tmp_path / "out.html")
    held = write(tmp_path, "places.csv", LIST.replace("Middle House", "Centre House"))
    assert main([command, "-p", str(file), "-o", out, "--places", str(held)]) != 0
    assert "Middle House" in capsys.readouterr().err  # else its closure would silently reach all 21 wards
    assert main([command, "-o", out, "--places", str(held), "--answers", "abc"]) != 0
    assert "--places: needs a --proposal" in capsys.readouterr().err
    assert not (tmp_path / "out.html").exists()


def test_every_mistake_of_a_proposal_and_of_the_files_beside_it_is_told_in_one_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """title = ""
councils = ["Blackpol"]
date = 2027-04-01
[[service]]
id = "blue_badge"
close = ["f2f", "phone"]
keep = ["phone"]
wards = ["E05999999"]
[[place]]
name = "Nowhere library"
kind = "library"
change = "closes"
[[place]]
name = "Central"
kind = "library"
change = "closes"
hours_left = 3
"""
    words = ["assess", "--out", str(tmp_path / "out"), "--proposal", str(write(tmp_path, "p.toml", text))]
    words += ["--proposal", str(write(tmp_path, "second.toml", "title = 1\n"))]
    words += ["--routes", str(write(tmp_path, "routes.csv", "service_id,channel,where_to_find\nblue_badge,pigeon,Town Hall\n"))]
    words += ["--places", str(write(tmp_path, "places.csv", "name,kind,x,y\nCentral,library,330800,436300\n"))]
    words += ["--local", str(write(tmp_path, "own.csv", "measure,low,high,by,on,why\nage75,40,20,A,2026-10-01,B\n"))]
    assert main(words) == 3
    said = capsys.readouterr().err
    for mistake in (
        "p.toml, line 1, title: is blank",
        "p.toml, line 2, councils.1: is not in this release (found: Blackpol). Did you mean “Blackpool”?",
        "p.toml, line 4, service.1: phone stands under both close and keep; leave it in one",
        "p.toml, line 8, service.1.wards: is not a ward of the councils named (found: E05999999)",
        "p.toml, line 10, place.1.name: is not in the list of places (found: Nowhere library)",
        "p.toml, line 13, place.2: closes, so no hours are left",
        "second.toml, councils: is missing",
        "second.toml: names no service and no place",
        "pigeon",
        "own.csv, line 2",
    ):
        assert mistake in said
    assert not (tmp_path / "out").exists()


def test_places_that_are_no_published_library_are_told_with_the_other_mistakes(
    tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """title = "Online"
councils = ["Blackpool"]
date = 2027-04-01
[[service]]
id = "blue_badge"
close = ["fax"]
[[place]]
name = "Nowhere Library"
kind = "library"
change = "closes"
"""
    words = ["assess", "--out", str(tmp_path / "out"), "--proposal", str(write(tmp_path, "p.toml", text))]
    assert main([*words, "--libraries", str(shared / "data")]) == 3
    said = capsys.readouterr().err
    assert "p.toml, line 6, service.1.close" in said
    assert "p.toml, line 8, place.1.name: is not in the list of places (found: Nowhere Library)" in said


def test_own_judgement_that_cannot_be_read_is_refused_also_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = write(tmp_path, "own.csv", "measure,low,high,by,on,why\nage75,40,20,A,2026-10-01,B\n")
    asked = ["-c", "Blackpool", "-s", "missed_bin", "--local", str(own)]
    assert main(["assess", *asked, "--out", str(tmp_path / "out")]) == 3
    assert main(["register", "save", *asked, "--by", "A", "--register", str(tmp_path / "r.sqlite")]) == 3
    assert capsys.readouterr().err.count("own.csv, line 2") == 2
    assert not (tmp_path / "out").exists() and not (tmp_path / "r.sqlite").exists()
