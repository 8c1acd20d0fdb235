"""Own figures and areas in the app: looked at first, used in one visit, and seen in no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import exclusion
from exclusion import ui
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.score import method_for
from exclusion.method import alternatives
from exclusion.ui import figures, own, own_method, visit

ROOT = Path(__file__).resolve().parents[1]
WARDS = ["E05015186", "E05015188"]
CSV = ("ward_code,one adult 66+,take-up %\n" + "\n".join(f"{code},901,40%" for code in WARDS)).encode()


def run(page: str, visit: AppTest | None = None) -> AppTest:
    """A page by itself; of the same visit when one is given."""
    test = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=120)
    if visit is not None and own.HELD in visit.session_state:
        test.session_state[own.HELD] = visit.session_state[own.HELD]
    test.run()
    assert not test.exception, test.exception
    return test


def text(test: AppTest) -> str:
    html = [str(block.proto.body) for block in test.get("html")]
    kinds = (test.markdown, test.header, test.info, test.error, test.warning, test.success)
    return "\n".join([*html, *(str(one.value) for kind in kinds for one in kind)])


def brought() -> AppTest:
    """A visit that uses its own count of people aged 66 and over living alone."""
    test = run("own.py")
    test.file_uploader(key="own_figures_file").upload("own.csv", CSV, "text/csv").run()
    test.selectbox(key="own_way_0").select("lone66").run()
    test.text_input(key="own_period").input("2025-26").run()
    test.button(key="own_use").click().run()
    assert not test.exception, test.exception
    return test


def test_the_file_is_looked_at_before_it_is_used() -> None:
    test = run("own.py")
    test.file_uploader(key="own_figures_file").upload("own.csv", CSV, "text/csv").run()
    words = text(test)
    assert "What each column is taken for" in words and "one adult 66+" in words
    assert "Bloomfield" in words and "901" in words and "40.0%" in words
    assert "19 of 21 wards have no figure in the file" in words
    assert test.button(key="own_use").disabled  # until a column is given a use
    test.selectbox(key="own_way_0").select("lone66").run()
    test.button(key="own_use").click().run()
    assert [one.value for one in test.error] == ["Say which period they describe, such as 2025-26: it is printed beside them."]
    assert own.held is not None and own.HELD not in test.session_state


def test_a_bad_file_is_answered_in_words() -> None:
    test = run("own.py")
    test.file_uploader(key="own_figures_file").upload("own.csv", b"ward_code,Surname,calls\nE05015188,Quux,4\n", "text/csv").run()
    assert not test.exception
    assert len(test.error) == 1 and "looks like a name" in test.error[0].value.replace("\\", "")
    assert "Quux" not in text(test)


def test_what_was_brought_is_used_on_the_pages_of_this_visit_and_said_there() -> None:
    visit = brought()
    assert "In use in this visit: own.csv." in text(visit) and "does not use it" not in text(visit)
    service = run("service.py", visit)
    assert "This page uses own.csv" in text(service)
    assert "Own figures of Blackpool, not published by us" in text(service).replace("\\", "")
    method = run("sources.py", visit)
    assert "This page does not use it" in text(method)


def test_areas_that_take_the_figures_away_say_so_before(divisions: bytes) -> None:
    visit = brought()
    visit.file_uploader(key="own_areas_file").upload("divisions.geojson", divisions, "application/json").run()
    assert "own.csv is taken away by this: a visit holds your figures or your areas, not both." in text(visit)
    visit.button(key="own_use_areas").click().run()
    assert "In use in this visit: divisions.geojson." in text(visit)
    assert "divisions.geojson is taken away by this" in text(visit)  # for figures brought after areas


def test_another_visit_never_sees_it_and_no_shared_cache_holds_it() -> None:
    visit = brought()
    mine = run("service.py", visit)
    assert "own.csv" in text(mine)
    other = run("service.py")  # the same question, asked by somebody else, after it was answered for the first
    assert "own.csv" not in text(other) and "Own figures" not in text(other)
    # What anybody is answered from holds the published figures only.
    shared = ui.evidence()
    assert not any(name.startswith("own_") for name in shared.manifest.sources)
    assert "lone66" not in shared.wide("ward", "count") or not (shared.wide("ward", "count")["lone66"].reindex(WARDS) == 901).any()
    assert not any("own.csv" in notice for notice in figures._assessed.__wrapped__("", ("E06000009",), ("blue_badge",), None).notices)


def test_it_is_taken_away_at_once() -> None:
    visit = brought()
    visit.button(key="own_take_away").click().run()
    assert own.HELD not in visit.session_state and own.MADE not in visit.session_state


@pytest.fixture(scope="module")
def divisions(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    areas = exclusion.load().areas.query("council_code == 'E06000009'")
    side = np.where(areas["y"] > areas["y"].median(), "North", "South")
    frame = areas.assign(name=side).dissolve("name")[["geometry"]].reset_index()
    frame["code"] = ["E58099900", "E58099901"]
    path = tmp_path_factory.mktemp("areas") / "divisions.geojson"
    frame.to_crs(4326).to_file(path)
    return path.read_bytes()


@pytest.mark.parametrize("page", ["service.py", "ward.py", "risk_map.py", "tables.py", "method.py", "proposal.py", "sources.py"])
def test_every_page_stands_with_areas_of_your_own(divisions: bytes, page: str) -> None:
    visit = run("own.py")
    visit.file_uploader(key="own_areas_file").upload("divisions.geojson", divisions, "application/json").run()
    assert "made from whole wards" in text(visit)
    visit.button(key="own_use_areas").click().run()
    test = run(page, visit)
    if page in ("service.py", "tables.py"):
        assert "North" in text(test) and "Bloomfield" not in text(test)
    else:
        assert "divisions.geojson" in text(test)


def test_how_sure_a_ward_is_is_worked_out_for_the_visit_alone(divisions: bytes) -> None:
    visit = run("own.py")
    visit.file_uploader(key="own_areas_file").upload("divisions.geojson", divisions, "application/json").run()
    visit.button(key="own_use_areas").click().run()
    test = AppTest.from_file(str(ROOT / "pages" / "service.py"), default_timeout=120)
    test.session_state[own.HELD] = visit.session_state[own.HELD]
    test.session_state["ward"] = "E58099900"
    test.run()
    assert not test.exception, test.exception
    assert "North" in text(test)
    assert any(key[0] == "chances" for key in test.session_state[own.MADE])


def test_an_indicator_of_the_council_s_own_is_shown_on_the_method_page_and_scored_by_its_method_file() -> None:
    """21 wards, 10 to 30 of 100 people asked cannot do it online. The file we hand out gives that part a tenth; weighing it alone,
    the wards are in order of it."""
    visit = run("own.py")
    here = exclusion.load().areas.query("council_code == 'E06000009'").sort_values("area_name")
    rows = "\n".join(f"{code},{10 + number},100" for number, code in enumerate(here.index))
    visit.file_uploader(key="own_figures_file").upload("skills.csv", f"ward_code,cannot,asked\n{rows}".encode(), "text/csv").run()
    visit.selectbox(key="own_way_0").select("indicator").run()
    visit.selectbox(key="own_of_0").select("asked").run()
    visit.text_input(key="own_period").input("2026").run()
    visit.button(key="own_use").click().run()

    page = run("method.py", visit)
    words = text(page)
    assert "Your own indicators, brought in this visit" in words and "own_cannot" in words and "21 of 21" in words
    assert "10%" in words and "30%" in words
    evidence = visit.session_state[own.HELD].evidence
    start = own_method.start_from(alternatives.from_preset(method_for("England")), ["own_cannot"], date(2026, 11, 26))
    method = own_method.read(start.encode(), "own-method.toml", ["own_cannot"])  # what we hand out can be read
    assert [(one.id, one.weight) for one in method.domain][-1] == ("own_cannot", 0.1)
    with pytest.raises(DataRefused, match="uses a measure we do not know"):
        own_method.read(start.encode(), "own-method.toml", [])

    page.file_uploader(key="own_method").upload("own-method.toml", start.encode(), "application/toml").run()
    assert not page.exception, page.exception
    words = text(page)
    assert "our band, and the score by Our own method" in words and "held for 21 wards, so the score is set against those wards" in words
    table = words.split("the score by Our own method")[2].split("</table>")[0]
    assert "Score by this method" in table and "Difference" not in table and " lower" not in table  # fifths of 21 wards are a ranking
    alone = alternatives.score(
        evidence, method.model_copy(update={"domain": method.domain[-1:], "indicator": method.indicator[-1:]}), list(here.index)
    )
    assert alone.table.loc[here.index, "index"].is_monotonic_increasing
    page.file_uploader(key="own_method").upload("other.toml", start.replace("England", "Wales").encode(), "application/toml").run()
    assert "is for Wales, and these wards are in England" in text(page)


def test_without_figures_of_its_own_the_method_page_hands_out_our_method_to_change() -> None:
    """As it is, it gives our bands."""
    bundled = exclusion.load()
    a = exclusion.assess(bundled, ["Blackpool"], ())
    start = own_method.start_from(alternatives.from_preset(method_for("England")), [], date(2026, 11, 26))
    other = alternatives.score(bundled, own_method.read(start.encode(), "own-method.toml", []), list(a.areas.index))
    assert (other.table["band"] == a.scores["band"]).all()


def test_a_file_is_looked_at_once_in_a_visit_also_where_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every click runs the page again: a large file that is refused must not be read again at each."""
    kept: dict[str, object] = {}
    monkeypatch.setattr(visit, "held", lambda: kept)
    reads: list[str] = []

    def look(content: str) -> str:
        reads.append(content)
        if content == "bad":
            raise DataRefused(Problem("own.csv", "is empty", "", "Give a table."))
        return content.upper()

    for _ in range(2):
        assert visit.once("look", "good", lambda: look("good")) == "GOOD"
    for _ in range(2):
        with pytest.raises(DataRefused, match=r"own\.csv: is empty"):
            visit.once("look", "bad", lambda: look("bad"))
    assert reads == ["good", "bad"]


def test_what_the_machine_lacked_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was full is no fault of the file: the next click may find room."""
    kept: dict[str, object] = {}
    monkeypatch.setattr(visit, "held", lambda: kept)
    answers: list[object] = [UsageError(Problem("A folder for temporary files", "cannot be made")), "READ"]

    def look() -> object:
        if isinstance(answer := answers.pop(0), UsageError):
            raise answer
        return answer

    with pytest.raises(UsageError, match="A folder for temporary files"):
        visit.once("look", "file", look)
    assert visit.once("look", "file", look) == "READ"
