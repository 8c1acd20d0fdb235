"""Every trap for every connector: what publishers and networks do, played on loopback.

Each connector must name its source, say what came and what the user can do, keep nothing that is wrong,
and give the same table where the trap is none (pages, a mark at the start, Windows letters, a file that was
moved, a busy server). Which trap can happen to which connector is said once, in ``doors.TRAPS``; the table of
``docs/fetching.md`` is made of it and held against it here.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from doors import DOORS, PATH, TRAPS, Door, pages_table, trapped, traps_table, two
from publishers import zipped
from werkzeug import Request, Response

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import archive, nomis
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

EVERY = re.compile(rf"{PATH}.*")
FETCHING = Path(__file__).parents[1] / "docs" / "fetching.md"
PLAYED: set[str] = set()


def trap(name: str, wanted: Callable[[Door], bool] = lambda door: True) -> pytest.MarkDecorator:
    """The test plays a trap against every connector that it can happen to."""
    PLAYED.add(name)
    doors = [door for door in trapped(name) if wanted(door)]
    return pytest.mark.parametrize("door", doors, ids=lambda door: door.name, indirect=True)


def by_network(door: Door) -> bool:
    return door.kind != "hand"


@pytest.fixture
def door(request) -> Door:
    return request.param


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def fetcher(tmp_path, waits, door) -> Fetcher:
    (tmp_path / "hand").mkdir()
    hand = tmp_path / "hand" if door.kind == "hand" else None
    return Fetcher(cache=tmp_path / "cache", hand=hand, pause=0, retries=2, sleep=waits.append)


@pytest.fixture
def ask(door, fetcher, httpserver):
    """Ask the connector, with its publisher at the local server."""

    def asked(url: str = "") -> pd.DataFrame:
        addresses = two(read_addresses())
        door.point(addresses, url or httpserver.url_for(PATH))
        return pd.DataFrame(door.call(fetcher, addresses))

    return asked


@pytest.fixture
def send(door, fetcher, httpserver):
    """What the publisher sends from now on, or what lies in the folder of files downloaded by hand."""

    def sent(content: bytes | str) -> None:
        content = content.encode() if isinstance(content, str) else content
        if door.kind == "hand":
            (fetcher.hand / door.file).write_bytes(content)
            return
        httpserver.clear()
        httpserver.expect_request(EVERY).respond_with_data(content)
        for path in fetcher.cache.rglob("*.*"):
            path.unlink()

    return sent


def kept(fetcher: Fetcher) -> list[str]:
    return [path.name for path in fetcher.cache.rglob("*") if path.is_file() and path.name != "requests.log"]


def refused(ask, door: Door, fetcher: Fetcher, words: str, kind=DataRefused) -> None:
    """Refused with the source, the words and what to do; nothing kept."""
    with pytest.raises(kind, match=words) as refusal:
        ask()
    said = str(refusal.value)
    assert said.startswith(door.source)
    assert "https://" in said and ("download it by hand" in said or "Try again later" in said)
    assert kept(fetcher) == []


# ------------------------------------------------------------------ what is no trap after all


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name, indirect=True)
def test_a_whole_answer_is_read(door, ask, send):
    send(door.make("whole"))
    table = ask()
    assert len(table) >= 1 and not table.isna().all(axis=None)


@trap("in pages")
def test_pages_of_one_row_give_the_same_table(door, ask, send, httpserver, monkeypatch):
    send(door.make("whole"))
    whole = ask()
    httpserver.clear()
    # Nomis says at most 25,000 rows an answer; here it is one.
    told = nomis.tables
    monkeypatch.setattr(nomis, "tables", lambda a: told({**a, "nomis": {**a["nomis"], "rows_in_an_answer": 1}}))
    url = door.paged(httpserver)
    asked = len(httpserver.log)
    pd.testing.assert_frame_equal(ask(url), whole)
    assert len(httpserver.log) - asked > 1


@trap("mark (BOM)")
def test_a_mark_at_the_start_changes_nothing(door, ask, send):
    send(door.make("whole"))
    plain = ask()
    marked = door.make("mark")
    assert (b"\xef\xbb\xbf" in marked) == (door.kind != "zip")  # inside a zip it is packed
    send(marked)
    pd.testing.assert_frame_equal(ask(), plain)


@trap("Windows letters")
def test_windows_letters_are_read(door, ask, send):
    send(door.make("whole"))
    plain = ask()
    send(door.make("windows"))
    pd.testing.assert_frame_equal(ask(), plain)


@trap("moved")
def test_a_file_that_was_moved_is_followed(door, ask, send, httpserver):
    whole = door.make("whole")
    send(whole)
    plain = ask()
    send(b"")
    httpserver.clear()

    def moved(request: Request) -> Response:
        # 307 and not 301: a question by POST must stay one.
        return Response(status=307, headers={"Location": f"{request.path.replace(PATH, '/moved')}?{request.query_string.decode()}"})

    httpserver.expect_request(EVERY).respond_with_handler(moved)
    httpserver.expect_request(re.compile(r"/moved.*")).respond_with_data(whole)
    pd.testing.assert_frame_equal(ask(), plain)


@trap("500")
def test_a_busy_server_is_waited_for_as_long_as_it_asks(door, ask, send, httpserver, waits):
    whole = door.make("whole")
    send(whole)
    plain = ask()
    send(b"")
    httpserver.clear()
    for status in (500, 429):
        httpserver.expect_oneshot_request(EVERY).respond_with_data("busy", status, headers={"Retry-After": "7"})
    httpserver.expect_request(EVERY).respond_with_data(whole)
    pd.testing.assert_frame_equal(ask(), plain)
    assert waits == [7, 7]


# ------------------------------------------------------------------ faults of the network


REFUSALS = {
    "403": (403, r"refuses this program or this network \(answered 403\)", 1),
    "gone (404)": (404, r"has no such file any more \(answered 404\)", 1),
    "429": (429, "answered 429 .*, 3 times", 3),
    "500": (500, "answered 500 .*, 3 times", 3),
}
PLAYED.update(REFUSALS)


@pytest.mark.parametrize(
    ("door", "status", "words", "turns"),
    [pytest.param(door, *how, id=f"{door.name}-{how[0]}") for name, how in REFUSALS.items() for door in trapped(name)],
    indirect=["door"],
)
def test_a_refusal_says_whose_and_what_to_do(door, ask, httpserver, fetcher, status, words, turns):
    httpserver.expect_request(EVERY).respond_with_data("no", status)
    refused(ask, door, fetcher, words, SourceUnreachable)
    assert len(httpserver.log) == turns


@trap("time-out")
def test_a_time_out(door, ask, httpserver, fetcher):
    done = threading.Event()

    def slow(request: Request) -> Response:
        done.wait(5)
        return Response("late")

    httpserver.expect_request(EVERY).respond_with_handler(slow)
    fetcher.timeout, fetcher.retries = (1, 0.05), 0
    refused(ask, door, fetcher, "did not answer in time", SourceUnreachable)
    done.set()


@trap("dropped")
def test_a_dropped_connection_is_never_taken_for_the_whole_answer(door, ask, fetcher):
    content = door.make("whole")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def hang_up() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(content) + 500) + content)

        thread = threading.Thread(target=hang_up)
        thread.start()
        fetcher.retries = 0
        url = f"http://127.0.0.1:{server.getsockname()[1]}{PATH}"
        refused(lambda: ask(url), door, fetcher, "the connection dropped", SourceUnreachable)
        thread.join()


# ------------------------------------------------------------------ answers that are none


@trap("web page", by_network)
def test_a_web_page_with_200(door, ask, send, fetcher):
    send("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>")
    refused(ask, door, fetcher, r"sent a web page where .* was expected \(found: Just a moment\.\.\.\)")


@trap("empty", by_network)
def test_an_empty_answer(door, ask, send, fetcher):
    send("")
    refused(ask, door, fetcher, "sent an empty answer")


HAND = [door for door in DOORS if door.kind == "hand"]


@pytest.mark.parametrize("door", HAND, ids=lambda door: door.name, indirect=True)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<!DOCTYPE html>\n<title>Log in</title>", "no file you downloaded holds it .*begins with <!DOCTYPE html> <title>Log in"),
        ("", r"no file you downloaded holds it \(found: table_2026-11-01_09-00-00\.csv: cannot be read as a table"),
    ],
)
def test_a_file_by_hand_that_is_a_web_page_or_empty_is_named_with_what_it_holds(door, ask, send, fetcher, content, words):
    """A page saved in place of the table: the user is told which file it was, for a folder holds many."""
    send(content)
    with pytest.raises(SourceUnreachable, match=words) as refusal:
        ask()
    assert "https://www.scotlandscensus.gov.uk" in str(refusal.value)


@trap("error in a 200")
def test_an_error_with_200(door, ask, send, fetcher):
    send('{"error": {"code": 400, "message": "Invalid URL"}}')
    refused(ask, door, fetcher, "error 400|sent something else than|sent no list of observations")


@trap("cut off")
def test_an_answer_that_is_cut_off(door, ask, send, fetcher):
    """Cut within a row, announced as whole: what is missing is counted, or does not open."""
    whole = door.make("whole")
    last = len(whole.rstrip(b"\n").rsplit(b"\n", 1)[-1])
    send(whole[: -(3 + last) if door.kind in ("csv", "hand") else -(len(whole) // 3)])
    refused(ask, door, fetcher, "expected|cannot be read|lacks|counts|sent 3 figures|holds no number|England has")


@trap("renamed column")
def test_a_renamed_column_is_named(door, ask, send, fetcher):
    send(door.make("renamed"))
    words = "lacks the (column|field)|no list of observations|was expected|dimension|does not"
    if door.kind == "hand":  # told by its headings, so with one renamed it is another table: they are listed
        with pytest.raises(SourceUnreachable, match="headings Data Zone 2011, All households, Other"):
            ask()
    else:
        refused(ask, door, fetcher, words)


@trap("code twice")
def test_a_row_sent_twice(door, ask, send, fetcher):
    send(door.make("twice"))
    refused(ask, door, fetcher, "twice|2 .* in 3 rows|were expected|holds 3|counts 4|sent 5 rows")


@trap("corrupt zip")
def test_a_zip_or_workbook_that_is_corrupt_or_lacks_its_file(door, ask, send, fetcher):
    whole = door.make("whole")
    send(whole[: len(whole) // 2])
    refused(ask, door, fetcher, "cannot be read")
    send(zipped({"renamed.txt": "x"}))
    refused(ask, door, fetcher, r"sent a zip file without .* \(found: renamed\.txt\)|cannot be read")


@trap("zip bomb")
def test_a_zip_or_workbook_made_to_burst_is_stopped(door, ask, send, fetcher, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 20)
    monkeypatch.setattr(archive.member, "__defaults__", (20,))
    send(door.make("whole"))
    refused(ask, door, fetcher, "unpacks to more than 20 bytes")


# ------------------------------------------------------------------ what the manual says of it


def test_every_trap_of_the_list_is_played():
    assert {*TRAPS} == PLAYED


@pytest.mark.parametrize(("mark", "table"), [("traps", traps_table), ("pages", pages_table)])
def test_the_tables_of_the_manual_are_these(mark, table):
    """``python tests/doors.py`` prints both; paste them between the marks."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- end -->", FETCHING.read_text(encoding="utf-8"), re.DOTALL)
    assert found and found[1] == table()
