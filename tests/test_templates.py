"""Empty files to fill in: each is read by the reader it is for, asks for what is missing, and holds no figure of ours."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from exclusion import costs, places, proposal, routes
from exclusion.__main__ import main
from exclusion.contracts import DataRefused

PROPOSAL = """
title = "Online"
councils = ["Blackpool"]
date = 2027-04-01
[[service]]
id = "blue_badge"
close = ["home_visit"]
keep = ["phone", "post"]
"""


def given(kind: str, folder: Path, *more: str) -> str:
    assert main(["template", kind, "-o", str(folder / kind), *more]) == 0
    return (folder / kind).read_text(encoding="utf-8")


def test_each_is_read_by_its_reader_which_asks_for_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataRefused) as refused:
        proposal.parse(given("proposal", tmp_path))
    said = str(refused.value)
    assert "title" in said and "is not a service we know" in said and "not valid TOML" not in said
    given("places", tmp_path)
    (tmp_path / "places").rename(tmp_path / "places.csv")
    with pytest.raises(DataRefused, match="holds no places"):
        places.read_places(tmp_path / "places.csv")
    given("costs", tmp_path)
    with pytest.raises(DataRefused, match="by: is blank"):
        costs.read(tmp_path / "costs")
    # A line for each way in of the minimum: what nobody fills in is no route, so a list half filled in can be used.
    text = given("routes", tmp_path)
    assert "blue_badge,post,,,,," in text and routes.read(text.encode()).empty
    half = routes.read(text.replace("blue_badge,post,,,,,", "blue_badge,post,Town Hall,,,,").encode())
    assert half[["service_id", "channel", "where_to_find"]].to_numpy().tolist() == [["blue_badge", "post", "Town Hall"]]
    with pytest.raises(DataRefused, match="does not say where to find it"):
        routes.read(text.replace("blue_badge,post,,,,,", "blue_badge,post,,2026-01-05,,,").encode())


def test_every_field_of_a_proposal_stands_in_its_template(tmp_path: Path) -> None:
    # With the marks taken off and something filled in, it is a whole proposal.
    text = given("proposal", tmp_path)
    lines = [
        line.removeprefix("# ") if line.startswith(("# [[", "# name", "# kind", "# change", "# wards")) else line
        for line in text.splitlines()
    ]
    filled = "\n".join(lines).replace('title = ""', 'title = "T"').replace('councils = [""]', 'councils = ["Blackpool"]')
    filled = (
        filled.replace('id = ""', 'id = "blue_badge"').replace("keep = []", 'keep = ["post"]').replace('name = ""', 'name = "Town Hall"')
    )
    read = proposal.parse(filled.replace('wards = [""]', 'wards = ["E05015188"]'))
    assert read.place[0].kind == "library" and read.service[0].keep == ("post",)


def test_costs_and_routes_ask_for_what_the_proposal_is_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tmp_path / "p.toml"
    asked.write_text(PROPOSAL, encoding="utf-8")
    costs_text = given("costs", tmp_path, "--proposal", str(asked))
    assert "# home_visit = { low = , high = }" in costs_text and "f2f" not in costs_text and "£" not in costs_text
    assert {line.split(",")[0] for line in given("routes", tmp_path, "--proposal", str(asked)).splitlines()[1:]} == {"blue_badge"}
    capsys.readouterr()
    assert main(["template", "costs", "--json"]) == 0
    assert tomllib.loads(json.loads(capsys.readouterr().out)["text"])["falls_back_to"] == "phone"
