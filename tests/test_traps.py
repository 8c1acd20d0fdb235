"""Every trap for every connector: what publishers and networks do, played on loopback.

Each connector must name its source, say what came and what the user can do, keep nothing that is wrong,
and give the same table where the trap is none (a mark at the start, Windows letters, a redirect, a busy server).
"""

from __future__ import annotations

import re
import socket
import threading

import pandas as pd
import pytest
from doors import DOORS, PATH, Door, two
from publishers import zipped
from werkzeug import Request, Response

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import archive
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

EVERY = re.compile(rf"{PATH}.*")


@pytest.fixture(params=DOORS, ids=lambda door: door.name)
def door(request) -> Door:
    return request.param


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def fetcher(tmp_path, waits) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, retries=2, sleep=waits.append)


@pytest.fixture
def ask(door, fetcher, httpserver):
    """Ask the connector, with its publisher at the local server."""
    addresses = two(read_addresses())
    door.point(addresses, httpserver.url_for(PATH))
    return lambda: door.call(fetcher, addresses)


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


def test_a_whole_answer_is_read(door, ask, httpserver):
    httpserver.expect_request(EVERY).respond_with_data(door.make("whole"))
    table = ask()
    assert len(table) >= 1 and not table.isna().all(axis=None)


# ------------------------------------------------------------------ what is no trap after all


def test_a_mark_at_the_start_windows_letters_a_redirect_and_a_busy_server_change_nothing(door, ask, httpserver, fetcher, waits):
    whole = door.make("whole")
    httpserver.expect_request(EVERY).respond_with_data(whole)
    plain = ask()
    for path in fetcher.cache.rglob("*.*"):
        path.unlink()
    httpserver.clear()
    if door.kind in ("csv", "json"):
        whole = b"\xef\xbb\xbf" + whole
    busy = [429, 500]

    def moved(request: Request) -> Response:
        if busy:
            return Response("busy", busy.pop(), headers={"Retry-After": "7"})
        # 307 and not 301: a question by POST must stay one.
        return Response(status=307, headers={"Location": f"{request.path.replace(PATH, '/moved')}?{request.query_string.decode()}"})

    httpserver.expect_request(EVERY).respond_with_handler(moved)
    httpserver.expect_request(re.compile(r"/moved.*")).respond_with_data(whole)
    pd.testing.assert_frame_equal(pd.DataFrame(ask()), pd.DataFrame(plain))
    assert waits[:2] == [7, 7]


@pytest.mark.parametrize("door", [d for d in DOORS if d.kind == "csv"], ids=lambda door: door.name, indirect=True)
def test_windows_letters_are_read(door, ask, httpserver):
    whole = door.make("whole")
    first, rest = whole.split(b"\n", 1)
    noted = first + b"\n" + rest
    if b",x," in noted:
        noted = noted.replace(b",x,", ",Ynys M\u00f4n \u2013 caf\u00e9,".encode("cp1252"), 1)
    httpserver.expect_request(EVERY).respond_with_data(noted)
    assert len(ask()) >= 1


# ------------------------------------------------------------------ faults of the network


@pytest.mark.parametrize(
    ("status", "words", "turns"),
    [
        (403, r"refuses this program or this network \(answered 403\)", 1),
        (404, r"has no such file any more \(answered 404\)", 1),
        (429, "answered 429 .*, 3 times", 3),
        (500, "answered 500 .*, 3 times", 3),
    ],
)
def test_a_refusal_says_whose_and_what_to_do(door, ask, httpserver, fetcher, status, words, turns):
    httpserver.expect_request(EVERY).respond_with_data("no", status)
    refused(ask, door, fetcher, words, SourceUnreachable)
    assert len(httpserver.log) == turns


def test_a_time_out(door, ask, httpserver, fetcher):
    done = threading.Event()

    def slow(request: Request) -> Response:
        done.wait(5)
        return Response("late")

    httpserver.expect_request(EVERY).respond_with_handler(slow)
    fetcher.timeout, fetcher.retries = (1, 0.05), 0
    refused(ask, door, fetcher, "did not answer in time", SourceUnreachable)
    done.set()


def test_a_dropped_connection_is_never_taken_for_the_whole_answer(door, fetcher):
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
        addresses = two(read_addresses())
        door.point(addresses, f"http://127.0.0.1:{server.getsockname()[1]}{PATH}")
        refused(lambda: door.call(fetcher, addresses), door, fetcher, "the connection dropped", SourceUnreachable)
        thread.join()


# ------------------------------------------------------------------ answers that are none


def test_a_web_page_with_200(door, ask, httpserver, fetcher):
    httpserver.expect_request(EVERY).respond_with_data("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>")
    refused(ask, door, fetcher, r"sent a web page where .* was expected \(found: Just a moment\.\.\.\)")


def test_an_empty_answer(door, ask, httpserver, fetcher):
    httpserver.expect_request(EVERY).respond_with_data("")
    refused(ask, door, fetcher, "sent an empty answer")


def test_an_error_with_200(door, ask, httpserver, fetcher):
    httpserver.expect_request(EVERY).respond_with_data('{"error": {"code": 400, "message": "Invalid URL"}}')
    refused(ask, door, fetcher, "error 400|sent something else than|sent no list of observations")


def test_an_answer_that_is_cut_off(door, ask, httpserver, fetcher):
    """Cut within a row, announced as whole: what is missing is counted, or does not open."""
    whole = door.make("whole")
    end = len(whole) - (3 + len(whole.rstrip(b"\n").rsplit(b"\n", 1)[-1]) if door.kind == "csv" else len(whole) // 3)
    httpserver.expect_request(EVERY).respond_with_data(whole[:end])
    refused(ask, door, fetcher, "expected|cannot be read|lacks|counts|sent 3 figures|holds no number|England has")


def test_a_renamed_column_is_named(door, ask, httpserver, fetcher):
    httpserver.expect_request(EVERY).respond_with_data(door.make("renamed"))
    refused(ask, door, fetcher, "lacks the (column|field)|no list of observations|was expected|dimension|does not")


def test_a_row_sent_twice(door, ask, httpserver, fetcher):
    httpserver.expect_request(EVERY).respond_with_data(door.make("twice"))
    refused(ask, door, fetcher, "twice|2 .* in 3 rows|were expected|holds 3|counts 4|sent 5 rows")


ZIPS = [d for d in DOORS if d.kind == "zip"]


@pytest.mark.parametrize("door", ZIPS, ids=lambda door: door.name, indirect=True)
def test_a_zip_that_is_corrupt_lacks_its_file_or_bursts(door, ask, httpserver, fetcher, monkeypatch):
    whole = door.make("whole")
    spot = len(whole) // 2
    for content, words in (
        (whole[:spot], "sent a zip file that cannot be read"),
        (zipped({"renamed.txt": "x"}), r"sent a zip file without .* \(found: renamed\.txt\)"),
    ):
        httpserver.clear()
        httpserver.expect_request(EVERY).respond_with_data(content)
        refused(ask, door, fetcher, words)
    httpserver.clear()
    httpserver.expect_request(EVERY).respond_with_data(whole)
    monkeypatch.setattr(archive, "LARGEST", 20)
    monkeypatch.setattr(archive.member, "__defaults__", (20,))
    refused(ask, door, fetcher, "unpacks to more than 20 bytes")
