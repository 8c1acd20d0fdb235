"""HTTP in one place: what is kept, what is asked again, and every way an answer can be wrong."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from publishers import zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from exclusion.contracts import DataRefused, SourceUnreachable, UsageError
from exclusion.sources import archive
from exclusion.sources.asking import AGENT, Ask
from exclusion.sources.fetch import Fetcher

PAGE = "https://publisher.example/downloads"


@pytest.fixture
def waits() -> list[float]:
    """Every pause the fetcher made, in seconds; nobody waits for them in a test."""
    return []


@pytest.fixture
def fetcher(tmp_path, waits) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", sleep=waits.append, timeout=(1, 1), pause=0)


def ask(server, path="/file.csv", **more) -> Ask:
    return Ask("A publisher", server.url_for(path), PAGE, **{"kind": "csv", "by_hand": ("file.csv",), **more})


def log(fetcher: Fetcher) -> list[dict]:
    return [json.loads(line) for line in (fetcher.cache / "requests.log").read_text().splitlines()]


# ------------------------------------------------------------------ what is kept


def test_a_second_run_downloads_nothing_when_the_publisher_says_it_has_not_changed(fetcher, httpserver):
    def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response(status=304)
        return Response("a,b\n1,2\n", content_type="text/csv", headers={"ETag": '"v1"'})

    httpserver.expect_request("/file.csv").respond_with_handler(answer)
    first, second = fetcher.get(ask(httpserver)), fetcher.get(ask(httpserver))
    assert (first.how, second.how) == ("downloaded", "unchanged")
    assert first.sha256 == second.sha256
    assert second.content() == b"a,b\n1,2\n"


def test_a_file_that_changed_is_downloaded_again(fetcher, httpserver):
    httpserver.expect_oneshot_request("/file.csv").respond_with_data("a\n1\n", headers={"ETag": '"v1"'})
    httpserver.expect_oneshot_request("/file.csv").respond_with_data("a\n2\n", headers={"ETag": '"v2"'})
    fetcher.get(ask(httpserver))
    again = fetcher.get(ask(httpserver))
    assert (again.how, again.content()) == ("downloaded", b"a\n2\n")


def test_an_answer_without_an_etag_is_used_again_until_it_is_old_or_a_refresh_is_asked_for(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    assert [fetcher.get(ask(httpserver)).how for _ in range(2)] == ["downloaded", "kept"]
    assert Fetcher(cache=fetcher.cache, keep_days=0, pause=0).get(ask(httpserver)).how == "downloaded"
    assert Fetcher(cache=fetcher.cache, refresh=True, pause=0).get(ask(httpserver)).how == "downloaded"


def test_another_question_to_the_same_address_is_another_answer(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_handler(lambda request: Response("a\n" + request.args["x"]))
    got = [fetcher.get(ask(httpserver, params={"x": x})).content() for x in ("1", "2")]
    assert got == [b"a\n1", b"a\n2"]


def test_a_kept_file_that_was_changed_on_the_disk_is_not_trusted(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    fetcher.get(ask(httpserver)).path.write_text("a\n999\n")
    again = fetcher.get(ask(httpserver))
    assert (again.how, again.content()) == ("downloaded", b"a\n1\n")


def test_offline_uses_what_is_kept_and_asks_nobody(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    fetcher.get(ask(httpserver))
    offline = Fetcher(cache=fetcher.cache, offline=True)
    assert offline.get(ask(httpserver)).how == "kept"
    with pytest.raises(SourceUnreachable, match=r"A publisher: is not in the cache, and --offline asks nobody.*Run once without --offline"):
        offline.get(ask(httpserver, "/other.csv"))
    assert len(httpserver.log) == 1


def test_a_file_downloaded_by_hand_is_used_and_not_asked_for(fetcher, httpserver, tmp_path):
    (tmp_path / "hand" / "deep").mkdir(parents=True)
    (tmp_path / "hand" / "deep" / "FILE.csv").write_text("a\n7\n")
    by_hand = Fetcher(cache=tmp_path / "cache", hand=tmp_path / "hand")
    got = by_hand.get(ask(httpserver))
    assert (got.how, got.content(), len(httpserver.log)) == ("by hand", b"a\n7\n", 0)
    (tmp_path / "hand" / "deep" / "FILE.csv").write_text("<html><title>Log in</title>")
    with pytest.raises(DataRefused, match=r"your file FILE.csv is a web page where a CSV table was expected \(found: Log in\)") as refused:
        by_hand.get(ask(httpserver))
    assert f"Download it again from {PAGE} and put it in place of FILE.csv" in str(refused.value)
    assert "Or download it by hand" not in str(refused.value)
    with pytest.raises(UsageError, match="--from: is not a folder"):
        Fetcher(hand=tmp_path / "nowhere")


def test_every_request_is_logged_with_what_was_kept(fetcher, httpserver, waits):
    httpserver.expect_oneshot_request("/file.csv").respond_with_data("no", 503)
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    got = fetcher.get(ask(httpserver))
    first, second = log(fetcher)
    assert first["outcome"] == "failed: answered 503 (SERVICE UNAVAILABLE)"
    assert (second["outcome"], second["sha256"], second["bytes"]) == ("downloaded", got.sha256, 4)
    assert second["kept"] == got.path.name


def test_requests_say_who_asks_and_leave_a_pause_between_two(tmp_path, httpserver, waits):
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    polite = Fetcher(cache=tmp_path, sleep=waits.append, pause=30)
    for x in ("1", "2"):
        polite.get(ask(httpserver, params={"x": x}))
    assert httpserver.log[0][0].headers["User-Agent"] == AGENT
    assert len(waits) == 1 and 25 < waits[0] <= 30


# ------------------------------------------------------------------ faults that pass


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_asked_again_and_longer_apart(fetcher, httpserver, waits, status):
    for _ in range(3):
        httpserver.expect_oneshot_request("/file.csv").respond_with_data("busy", status)
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    assert fetcher.get(ask(httpserver)).content() == b"a\n1\n"
    assert waits == [1, 2, 4]


def test_a_publisher_that_says_how_long_to_wait_is_heeded(fetcher, httpserver, waits):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    for wait in ("7", later, "99999"):
        httpserver.expect_oneshot_request("/file.csv").respond_with_data("busy", 429, headers={"Retry-After": wait})
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    fetcher.get(ask(httpserver))
    assert waits[0] == 7
    assert 90 <= waits[1] <= 100  # a date
    assert waits[2] == 300  # never longer than five minutes


def test_a_fault_that_stays_says_what_came_how_often_and_what_to_do(fetcher, httpserver, waits):
    httpserver.expect_request("/file.csv").respond_with_data("broken", 500)
    with pytest.raises(SourceUnreachable) as refusal:
        fetcher.get(ask(httpserver))
    said = str(refusal.value)
    assert said.startswith("A publisher: answered 500 (INTERNAL SERVER ERROR), 5 times (found: http://")
    assert f"download it by hand from {PAGE}, keep its name (file.csv), and give its folder with --from" in said
    assert refusal.value.exit_code == 4
    assert len(waits) == 4


def test_an_older_answer_serves_where_the_publisher_is_down(fetcher, httpserver):
    httpserver.expect_oneshot_request("/file.csv").respond_with_data("a\n1\n", headers={"ETag": '"v1"'})
    httpserver.expect_request("/file.csv").respond_with_data("broken", 500)
    fetcher.get(ask(httpserver))
    assert fetcher.get(ask(httpserver)).how == "kept"


def test_a_publisher_that_does_not_answer_in_time(tmp_path, httpserver, waits):
    done = threading.Event()

    def slow(request: Request) -> Response:
        done.wait(5)
        return Response("a\n1\n")

    httpserver.expect_request("/file.csv").respond_with_handler(slow)
    impatient = Fetcher(cache=tmp_path, sleep=waits.append, timeout=(1, 0.1), retries=1, pause=0)
    with pytest.raises(SourceUnreachable, match="did not answer in time, 2 times"):
        impatient.get(ask(httpserver))
    done.set()


def dropping(content: bytes, announced: int) -> tuple[str, threading.Thread]:
    """A server that announces more than it sends and hangs up, for as long as it is asked."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)

    def serve() -> None:
        with server:
            for _ in range(2):
                line, _ = server.accept()
                with line:
                    line.recv(65536)
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % announced + content)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/file.csv", thread


def test_a_dropped_connection_is_never_taken_for_the_whole_file(tmp_path, waits):
    url, thread = dropping(b"a,b\n1,2\n", 10_000)
    fetcher = Fetcher(cache=tmp_path, sleep=waits.append, retries=1, pause=0)
    with pytest.raises(SourceUnreachable, match=r"the connection dropped \(ChunkedEncodingError\), 2 times"):
        fetcher.get(Ask("A publisher", url, PAGE, kind="csv"))
    thread.join()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "requests.log"] == []  # nothing half kept


def test_nobody_there(tmp_path, waits):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceUnreachable, match="could not be reached"):
        Fetcher(cache=tmp_path, sleep=waits.append, retries=1).get(Ask("A publisher", f"http://127.0.0.1:{port}/", PAGE))


# ------------------------------------------------------------------ faults that do not pass


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, r"refuses this program or this network \(answered 403\)"),
        (404, r"has no such file any more \(answered 404\).*correct the address in your addresses file"),
        (410, r"has no such file any more \(answered 410\)"),
        (418, "answered 418"),
    ],
)
def test_a_no_is_not_asked_again(fetcher, httpserver, waits, status, words):
    httpserver.expect_request("/file.csv").respond_with_data("no", status)
    with pytest.raises(SourceUnreachable, match=words):
        fetcher.get(ask(httpserver))
    assert waits == []


def test_a_moved_file_is_followed(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_data("", 301, headers={"Location": httpserver.url_for("/new.csv?v=2")})
    httpserver.expect_request("/new.csv").respond_with_data("a\n1\n")
    got = fetcher.get(ask(httpserver))
    assert (got.content(), got.url) == (b"a\n1\n", httpserver.url_for("/new.csv?v=2"))


def test_a_web_page_in_place_of_a_table_is_refused_with_its_title(fetcher, httpserver):
    page = "\ufeff<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
    httpserver.expect_request("/file.csv").respond_with_data(page, content_type="text/csv")
    with pytest.raises(DataRefused, match=r"sent a web page where a CSV table was expected \(found: Just a moment\.\.\.\)"):
        fetcher.get(ask(httpserver))
    assert not list(fetcher.cache.rglob("*.body"))


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("csv", b"", "sent an empty answer; a CSV table was expected"),
        ("csv", b"PK\x03\x04", "sent something else than a CSV table"),
        ("csv", b'{"error": 1}', "sent something else than a CSV table"),
        ("zip", b"a,b\n1,2\n", "sent something else than a zip file"),
        ("json", b"a,b\n", "sent something else than JSON"),
        ("sheet", b"a,b\n", "sent something else than a workbook"),
    ],
)
def test_another_kind_of_file_is_refused(fetcher, httpserver, kind, content, words):
    httpserver.expect_request("/file.csv").respond_with_data(content)
    with pytest.raises(DataRefused, match=words):
        fetcher.get(ask(httpserver, kind=kind))


def test_more_than_the_largest_is_refused_announced_or_not(fetcher, httpserver):
    httpserver.expect_request("/file.csv").respond_with_data(b"a" * 5000)
    with pytest.raises(DataRefused, match=r"is larger than it can be \(5,000 bytes; at most 1,000\)"):
        fetcher.get(ask(httpserver, largest=1000))
    httpserver.expect_request("/chunks.csv").respond_with_handler(lambda request: Response(iter([b"a" * 800] * 5)))
    with pytest.raises(DataRefused, match=r"is larger than it can be \(over 1,000 bytes\)"):
        fetcher.get(ask(httpserver, "/chunks.csv", largest=1000))


def test_a_certificate_that_is_not_there_is_said_before_anything_is_asked(tmp_path):
    with pytest.raises(UsageError, match="--certificate: is not there"):
        Fetcher(cache=tmp_path, certificate=str(tmp_path / "council.pem"))


# ------------------------------------------------------------------ a council's network


def test_a_proxy_is_heeded_and_not_for_what_no_proxy_names(fetcher, httpserver, monkeypatch):
    """The publisher's name leads nowhere: only the proxy of the environment can have answered."""
    httpserver.expect_request("/file.csv").respond_with_data("a\n1\n")
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", httpserver.url_for(""))
    question = Ask("A publisher", "http://publisher.invalid/file.csv", PAGE, kind="csv")
    assert fetcher.get(question).content() == b"a\n1\n"
    assert httpserver.log[0][0].headers["Host"] == "publisher.invalid"
    monkeypatch.setenv("NO_PROXY", "publisher.invalid")
    direct = Fetcher(cache=fetcher.cache / "other", retries=0, sleep=lambda seconds: None)
    with pytest.raises(SourceUnreachable, match="could not be reached"):
        direct.get(question)
    assert len(httpserver.log) == 1


def test_a_proxy_that_is_not_there_is_named_as_the_proxy(fetcher, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(SourceUnreachable, match=r"could not be reached through the proxy.*Check HTTPS_PROXY, or ask your IT team"):
        fetcher.get(Ask("A publisher", "http://publisher.invalid/file.csv", PAGE, kind="csv"))


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A publisher behind a certificate that only this council's network knows, and the file of that certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine (Debian: apt install openssl)")
    folder = tmp_path_factory.mktemp("council")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "council.pem")]
    subprocess.run(["openssl", *words, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "council.pem", folder / "key.pem")
    server = HTTPServer(host="localhost", ssl_context=context)
    server.expect_request("/file.csv").respond_with_data("a\n1\n")
    server.start()
    yield server.url_for("/file.csv"), folder / "council.pem"
    server.stop()


@pytest.mark.parametrize("how", ["option", "environment", "option over environment"])
def test_the_certificate_of_a_council_s_network_is_taken_from_the_option_or_the_environment(secure, tmp_path, monkeypatch, how):
    url, certificate = secure
    monkeypatch.setenv("NO_PROXY", "localhost")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    question = Ask("A publisher", url, PAGE, kind="csv")
    with pytest.raises(SourceUnreachable, match=r"a certificate this machine does not know.*--certificate or REQUESTS_CA_BUNDLE"):
        Fetcher(cache=tmp_path, retries=0).get(question)
    if how == "environment":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    elif how == "option over environment":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    given = str(certificate) if how.startswith("option") else None
    assert Fetcher(cache=tmp_path, certificate=given).get(question).content() == b"a\n1\n"


# ------------------------------------------------------------------ zip files


def got(fetcher, server, content):
    server.expect_request("/file.zip").respond_with_data(content)
    question = ask(server, "/file.zip", kind="zip")
    return question, fetcher.get(question)


def test_a_file_is_found_in_a_zip_inside_a_zip_under_a_changed_folder(fetcher, httpserver):
    inner = zipped({"202507_r01/202507_fixed_oa_coverage_r01.csv": "output_area\nE00000001\n"})
    question, answer = got(fetcher, httpserver, zipped({"readme.txt": "x", "deep/202507_fixed_oa_coverage_r01.zip": inner}))
    name, content = archive.member(question, answer, ["202601_fixed_oa*.csv", "*_fixed_OA_coverage_r*.csv"])
    assert name == "deep/202507_fixed_oa_coverage_r01.zip > 202507_r01/202507_fixed_oa_coverage_r01.csv"
    assert content == b"output_area\nE00000001\n"


def test_a_zip_without_the_file_says_what_it_holds(fetcher, httpserver):
    question, answer = got(fetcher, httpserver, zipped({"coverage_new_name.csv": "x"}))
    with pytest.raises(DataRefused, match=r"without \*_oa_\*\.csv \(found: coverage_new_name\.csv\)\. The publisher may have renamed it"):
        archive.member(question, answer, ["*_oa_*.csv"])


def test_a_corrupt_zip_is_refused(fetcher, httpserver):
    whole = zipped({"oa.csv": b"0123456789" * 1000})
    question, answer = got(fetcher, httpserver, whole[: len(whole) // 2])
    with pytest.raises(DataRefused, match="sent a zip file that cannot be read"):
        archive.member(question, answer, ["oa.csv"])


def test_a_zip_whose_content_was_changed_is_refused(fetcher, httpserver):
    held = zipped({"oa.csv": "0123456789"})
    spot = held.index(b"oa.csv") + 8
    question, answer = got(fetcher, httpserver, held[:spot] + bytes([held[spot] ^ 0xFF]) + held[spot + 1 :])
    with pytest.raises(DataRefused, match="sent a zip file that cannot be read"):
        archive.member(question, answer, ["oa.csv"])


def test_a_zip_made_to_burst_is_stopped_by_what_comes_out_not_by_what_it_says(fetcher, httpserver, monkeypatch):
    question, answer = got(fetcher, httpserver, zipped({"oa.csv": b"0" * 5_000_000}))
    assert answer.path.stat().st_size < 10_000
    with pytest.raises(DataRefused, match="unpacks to more than 1,000,000 bytes"):
        archive.member(question, answer, ["oa.csv"], largest=1_000_000)
    # A header that lies about the size does not help: Python stops at the size it says, and the check fails.
    real = zipfile.ZipFile.infolist

    def lying(self):
        entries = real(self)
        for entry in entries:
            entry.file_size = 10
        return entries

    monkeypatch.setattr(zipfile.ZipFile, "infolist", lying)
    with pytest.raises(DataRefused):
        archive.member(question, answer, ["oa.csv"], largest=1_000_000)
