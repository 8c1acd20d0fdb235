"""The hosting of deploy/, run for real on this machine: nginx with TLS, two app processes, a PostgreSQL register.

``make test-deploy`` runs these; elsewhere they are skipped, with the reason, where nginx or openssl is missing.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from programs import program
from registers import free_port, server  # noqa: F401  (a fixture)

ROOT = Path(__file__).parents[2]
BASE = "/kept-open"
pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def host() -> ModuleType:
    """deploy/host.py, which is a program beside the package and not part of it."""
    return program(ROOT / "deploy" / "host.py")


# The service people sign in with, at an address where nothing listens.
NOBODY_ANSWERS = """
[auth]
redirect_uri = "https://127.0.0.1:{front}/kept-open/oauth2callback"
cookie_secret = "for this test only"
client_id = "kept-open"
client_secret = "for this test only"
server_metadata_url = "http://127.0.0.1:{nobody}/.well-known/openid-configuration"
"""


@dataclass
class Hosted:
    """nginx in front of two app processes, all on 127.0.0.1."""

    folder: Path
    ports: list[int]
    front: int
    register: str
    host: ModuleType
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    front_process: subprocess.Popen[bytes] = field(init=False)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.front}{BASE}"

    def start(self, port: int) -> None:
        words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1", f"--server.port={port}"]
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "KEPT_OPEN_REGISTER": self.register, "STREAMLIT_SERVER_BASE_URL_PATH": BASE}
        surroundings |= {"STREAMLIT_SECRETS_FILES": str(self.folder / "secrets.toml")}
        with (self.folder / f"app-{port}.log").open("ab") as log:
            self.running[port] = subprocess.Popen(words, cwd=ROOT, env=surroundings, stdout=log, stderr=log)

    def stop(self, port: int, how: int = signal.SIGTERM) -> None:
        self.running[port].send_signal(how)
        self.running[port].wait(timeout=30)

    def nginx(self, *words: str) -> list[str]:
        return ["nginx", "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(self.folder / "nginx.conf"), *words]

    def start_front(self) -> None:
        self.front_process = subprocess.Popen(self.nginx("-g", "daemon off;"))
        for _ in range(200):
            with contextlib.suppress(OSError):
                assert self.visitor().open(f"https://127.0.0.1:{self.front}/nginx-health", timeout=5).read() == b"ok\n"
                return
            time.sleep(0.05)

    def get(self, path: str, visitor: urllib.request.OpenerDirector | None = None) -> tuple[str, dict[str, str]]:
        with (visitor or self.visitor()).open(self.address + path, timeout=30) as answer:
            return answer.read().decode(), dict(answer.headers.items())

    def visitor(self) -> urllib.request.OpenerDirector:
        """A browser of our own: it keeps its cookies, and trusts this certificate."""
        trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust), jar)


@pytest.fixture(scope="module")
def hosted(host: ModuleType, server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("hosted")
    ports, front = [free_port(), free_port()], free_port()
    subprocess.run(
        shlex.split(f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
                    f"-keyout {folder / 'key.pem'} -out {folder / 'cert.pem'}"),
        check=True, capture_output=True,
    )  # fmt: skip
    made = Hosted(folder, ports, front, server.database(), host)
    (folder / "secrets.toml").write_text(NOBODY_ANSWERS.format(front=front, nobody=free_port()))
    words = ["nginx", "--name", "127.0.0.1", "--base", BASE, "--out", str(folder), "--ports", *map(str, ports)]
    words += ["--instead", "Telephone 01200 000000 <weekdays>"]
    words += ["--listen", f"127.0.0.1:{front} ssl", "--certificate", str(folder / "cert.pem"), "--key", str(folder / "key.pem")]
    assert host.main(words) == 0
    # Its workers would be nobody, who may not look into the folder of a test; /etc/nginx/conf.d is open to all.
    worker = "" if os.getuid() else "user root;\n"
    (folder / "nginx.conf").write_text(
        f"{worker}pid {folder}/nginx.pid;\nworker_processes 1;\nevents {{ worker_connections 512; }}\n"
        f"http {{\n access_log off;\n client_body_temp_path {folder}/body;\n proxy_temp_path {folder}/proxy;\n"
        f" fastcgi_temp_path {folder}/f;\n"
        f" uwsgi_temp_path {folder}/u;\n scgi_temp_path {folder}/s;\n include {folder}/kept-open.conf;\n}}\n"
    )
    subprocess.run(made.nginx("-t"), check=True, capture_output=True)
    made.start_front()
    try:
        for port in ports:
            made.start(port)
        for port in ports:
            host.warm(port, BASE)
        yield made
    finally:
        made.front_process.terminate()
        made.front_process.wait(timeout=20)
        for port in made.running:
            made.stop(port)


def test_every_answer_carries_the_security_headers_and_no_version(hosted: Hosted) -> None:
    _, headers = hosted.get("/")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "nginx"


def test_health_is_told_for_nginx_and_for_each_process(hosted: Hosted) -> None:
    trusting = hosted.visitor()
    assert trusting.open(f"https://127.0.0.1:{hosted.front}/nginx-health").read() == b"ok\n"
    assert hosted.get("/_stcore/health")[0] == "ok"
    assert all(hosted.host.healthy(port, BASE) for port in hosted.ports)


def test_a_visit_stays_on_its_process_and_new_visits_are_shared_out(hosted: Hosted) -> None:
    """Of 60 new visits at one half each, all falling on one process has a chance of 2 in 2**60."""
    begun = set()
    for _ in range(60):
        one = hosted.visitor()
        cookie = hosted.get("/_stcore/health", one)[1]["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "Secure" in cookie
        begun.add(cookie.split(";")[0].split("=")[1])
        assert "Set-Cookie" not in hosted.get("/_stcore/health", one)[1], "a visit that knows its process is not moved"
    assert begun == {str(port) for port in hosted.ports}


@pytest.mark.browser
def test_the_app_works_under_the_policy_without_a_word_in_the_console(hosted: Hosted) -> None:
    assert apart(words_in_the_console, f"{hosted.address}/") == []


@pytest.mark.browser
def test_a_link_to_another_page_writes_two_lines_in_the_console_both_of_them_streamlit_looking_for_its_server(hosted: Hosted) -> None:
    """deploy/README.md says which; nginx must not answer them, or Streamlit would take the page's path for its own."""
    said = apart(words_in_the_console, f"{hosted.address}/risk_map?council=Blackpool", "")
    asked = sorted(re.findall(r"https://[^/]+(\S+)$", "\n".join(said), re.MULTILINE))
    assert asked == [f"{BASE}/risk_map/_stcore/{name}" for name in ("health", "host-config")]
    assert len(said) == 2
    readme = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    assert f"`{asked[0]}`" in readme


def apart(work: Callable[..., Any], *given: Any) -> Any:
    """Playwright in a thread of its own: a process that also runs tests/browser holds one in its first thread to the end."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given).result()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A page in Chromium that takes this certificate."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = launched.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(120_000)  # patience is for a busy machine: what is waited for is the same
        yield page
        launched.close()


def words_in_the_console(address: str, button: str = "Findings (CSV)") -> list[str]:
    """What Chromium's console says, and of which address, while a page with a map is drawn and a file is taken away."""
    said: list[str] = []
    with chromium() as page:
        page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}") if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.wait_for_selector("iframe[title^='Map']")
        frame = page.query_selector("iframe[title^='Map']").content_frame()
        frame.wait_for_selector("#map_div[data-ready][data-applied]", timeout=120_000)
        if button:
            with page.expect_download() as taken:
                page.get_by_role("button", name=button).click()
            assert taken.value.path().read_bytes().startswith(b"\xef\xbb\xbfarea_code")
    return said


AXE = """async source => { (0, eval)(source);
  const found = await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
  return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" ")}`) }"""


def read_and_checked(page: Any) -> tuple[str, list[str]]:
    """The words of a page, and what axe-core finds in it."""
    return page.inner_text("main"), page.evaluate(AXE, (ROOT / "tests" / "browser" / "axe.min.js").read_text(encoding="utf-8"))


@pytest.mark.browser
def test_when_the_service_people_sign_in_with_does_not_answer_a_page_says_so_and_leads_back(hosted: Hosted) -> None:
    def sign_in() -> tuple[int, tuple[str, list[str]], str]:
        with chromium() as page:
            page.goto(f"{hosted.address}/")
            with page.expect_event("response", lambda answer: "/auth/login" in answer.url) as came:
                page.get_by_role("button", name="Sign in", exact=True).click()
            page.get_by_role("heading", name="You could not be signed in").wait_for()
            read = read_and_checked(page)
            page.get_by_role("link", name="Go back to Kept Open").click()
            page.get_by_role("button", name="Sign in", exact=True).wait_for()
            return came.value.status, read, page.url

    status, (words, found), back = apart(sign_in)
    assert status == 503
    assert "What was saved is not lost." in words
    assert "Authentication error" not in words
    assert found == []
    assert back == f"{hosted.address}/"


@pytest.mark.browser
def test_when_no_process_answers_a_page_in_plain_words_stands_there_under_the_same_policy(hosted: Hosted) -> None:
    def look() -> tuple[Any, tuple[str, list[str]]]:
        with chromium() as page:
            answer = page.goto(f"{hosted.address}/risk_map?council=Blackpool")
            return (answer.status, answer.all_headers()), read_and_checked(page)

    for port in hosted.ports:
        hosted.stop(port, signal.SIGKILL)
    try:
        (status, headers), (words, found) = apart(look)
    finally:
        for port in hosted.ports:
            hosted.start(port)
        for port in hosted.ports:
            hosted.host.warm(port, BASE)
    assert status == 503
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "cannot be reached at the moment" in words
    assert "What was saved is not lost." in words
    assert "Telephone 01200 000000 <weekdays>" in words, "the council's own words, and never as markup"
    assert "Ni ellir cyrraedd" in words
    assert found == []


def test_nginx_lets_through_as_much_as_the_app_takes(hosted: Hosted) -> None:
    """31 MB of postcode points ended in nginx's 413. The app answers itself: 400, there is no such visit."""
    asked = urllib.request.Request(f"{hosted.address}/_stcore/upload_file/nobody/nothing", data=b"0" * (31 << 20), method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        hosted.visitor().open(asked, timeout=60)
    assert refused.value.code != 413
    assert "nginx" not in refused.value.read().decode()


def test_a_process_that_dies_leaves_its_visits_to_the_other(hosted: Hosted) -> None:
    one = hosted.visitor()
    mine = int(hosted.get("/_stcore/health", one)[1]["Set-Cookie"].split(";")[0].split("=")[1])
    hosted.stop(mine, signal.SIGKILL)
    try:
        assert hosted.get("/_stcore/health", one)[0] == "ok"
    finally:
        hosted.start(mine)
        hosted.host.warm(mine, BASE)


def test_a_page_open_while_nginx_is_restarted_joins_its_process_again_with_its_answers(hosted: Hosted) -> None:
    """The line of the open page breaks; a browser then asks again with the name of its visit, as done here."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    visitor = hosted.visitor()
    cookie = hosted.get("/_stcore/health", visitor)[1]["Set-Cookie"].split(";")[0]
    trust = ssl.create_default_context(cafile=str(hosted.folder / "cert.pem"))
    link = [""]  # the address of the page, which holds what was chosen

    def joined(*visit: str):  # type: ignore[no-untyped-def]
        words = [Subprotocol(word) for word in ("streamlit", *visit)]
        address = f"wss://127.0.0.1:{hosted.front}{BASE}/_stcore/stream"
        return connect(address, subprotocols=words, additional_headers={"Cookie": cookie}, ssl=trust, max_size=None, open_timeout=60)

    def run(line, **answers: str) -> tuple[str, dict[str, tuple[str, str]]]:  # type: ignore[no-untyped-def]
        """Run the page: the name of the visit, and what its selection boxes ask, by key: id and the answer shown."""
        asked = BackMsg()
        asked.rerun_script.query_string = link[-1]
        for widget, answer in answers.items():
            asked.rerun_script.widget_states.widgets.add(id=widget, string_value=answer)
        line.send(asked.SerializeToString())
        visit, boxes = "", {}
        while True:
            told = ForwardMsg()
            told.ParseFromString(line.recv(timeout=120))
            kind = told.WhichOneof("type")
            if kind == "new_session":
                visit = told.new_session.initialize.session_id
            elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "selectbox":
                box = told.delta.new_element.selectbox
                boxes[box.id.split("-", 2)[2]] = (box.id, list(box.options), box.raw_value)
            elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "html":
                if "kept-open-status" in (text := told.delta.new_element.html.body):
                    boxes["status"] = ("", [], text)
            elif kind == "page_info_changed":
                link.append(told.page_info_changed.query_string)
            elif kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return visit, boxes

    with joined() as line:
        visit, boxes = run(line)
        service, offered, _ = boxes["service"]
        other = next(one for one in offered if one not in boxes["status"][2])
        _, boxes = run(line, **{service: other})
        assert other in boxes["status"][2]
        hosted.front_process.terminate()
        hosted.front_process.wait(timeout=20)
        hosted.start_front()
        with pytest.raises(ConnectionClosed):
            while True:
                line.recv(timeout=30)
    # What a browser sends when it comes back: who it was, its address, and the answers it holds.
    with joined("xsrf", visit) as line:
        again, boxes = run(line, **{service: other})
        assert again == visit, "the same visit, on the process that holds it"
        assert other in boxes["status"][2]


def test_a_rolling_restart_answers_throughout_and_loses_no_save(hosted: Hosted) -> None:
    """Saves go on from another process while both app processes are restarted: what was acknowledged is there afterwards."""
    saver = subprocess.Popen(
        [sys.executable, "-c", SAVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KEPT_OPEN_REGISTER": hosted.register},
    )  # fmt: skip
    restart = hosted.folder / "restart.py"
    restart.write_text("import sys, pathlib; pathlib.Path(sys.argv[2]).write_text(sys.argv[1])\n")
    before = {port: process.pid for port, process in hosted.running.items()}
    answers: list[str] = []

    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            answers.append(hosted.get("/_stcore/health")[0])

    def rolled() -> list[str]:
        wanted = hosted.folder / "wanted"
        run = hosted.host._run

        def in_turn(command: str, **more: str) -> None:
            run(command, **more)
            if wanted.exists():  # what systemd would do
                port = int(wanted.read_text())
                wanted.unlink()
                hosted.stop(port)
                hosted.start(port)

        hosted.host._run = in_turn
        try:
            restarting, reloading = f"{sys.executable} {restart} {{port}} {wanted}", shlex.join(hosted.nginx("-s", "reload"))
            return hosted.host.roll(hosted.ports, BASE, hosted.folder / "kept-open.newcomers", restarting, reloading, patience=2.0)
        finally:
            hosted.host._run = run

    with ThreadPoolExecutor(max_workers=1) as aside:
        watching = aside.submit(watch)
        try:
            told = rolled()
        finally:
            done.set()
        watching.result()
    assert [line.split()[1] for line in told] == [str(port) for port in hosted.ports]
    assert all(hosted.running[port].pid != before[port] for port in hosted.ports)
    assert set(answers) == {"ok"}
    assert len(answers) > 10
    acknowledged, _ = saver.communicate("stop\n", timeout=120)
    saved = set(acknowledged.split())
    assert len(saved) > 3
    assert saved <= {row["assessment"] for row in json.loads(_listed(hosted.register))}


def _listed(register: str) -> str:
    """What ``exclusion register list`` says of a register."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "KEPT_OPEN_REGISTER": register}
    words = [sys.executable, "-m", "exclusion", "register", "list", "--json"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env=surroundings).stdout


SAVER = """
import sys, threading
import exclusion
from exclusion import register
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
found = exclusion.assess(exclusion.load(), ["Ribble Valley"], ["blue_badge"])
held = register.connect()
while not stopped.is_set():
    print(register.save(held, found, by="A. Officer", title="while restarting").assessment, flush=True)
"""


def test_a_backup_goes_back_with_one_command_and_every_hash_is_checked(hosted: Hosted, server, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "KEPT_OPEN_REGISTER": hosted.register}
    words = ["save", "--council", "Ribble Valley", "--service", "blue_badge", "--by", "A. Officer", "--title", "Drill"]
    subprocess.run([sys.executable, "-m", "exclusion", "register", *words], cwd=ROOT, env=surroundings, check=True, capture_output=True)
    assert hosted.host.main(["backup", hosted.register, "--out", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("register-*.dump")
    assert not list(tmp_path.glob("*.part"))
    fresh = server.database()
    assert hosted.host.main(["restore", str(file), fresh]) == 0
    assert "are as they were written" in capsys.readouterr().out
    lists = [_listed(where) for where in (hosted.register, fresh)]
    assert json.loads(lists[0]) == json.loads(lists[1])
    assert "Drill" in lists[1]


def test_a_backup_does_not_go_into_a_database_that_holds_something(hosted: Hosted, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    _listed(hosted.register)
    assert hosted.host.main(["backup", hosted.register, "--out", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("register-*.dump")
    before = _listed(hosted.register)
    assert hosted.host.main(["restore", str(file), hosted.register]) == 1
    said = capsys.readouterr().err
    assert re.search(r" is not empty: it holds \d+ tables\. Nothing was changed\. .*create one with 'createdb'", said)
    assert "pg_restore" not in said
    assert hosted.host._plain(hosted.register)[1]["PGPASSWORD"] not in said
    assert _listed(hosted.register) == before


def test_a_backup_that_was_damaged_is_refused_and_leaves_nothing(hosted: Hosted, server, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    assert hosted.host.main(["backup", hosted.register, "--out", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("register-*.dump")
    held = bytearray(file.read_bytes())
    del held[len(held) // 2 :]
    file.write_bytes(held)
    fresh = server.database()
    assert hosted.host.main(["restore", str(file), fresh]) == 1
    assert "pg_restore" in capsys.readouterr().err
    # nothing half-written: the database is as empty as before, so a sound backup still goes in
    assert hosted.host.main(["backup", hosted.register, "--out", str(tmp_path / "again")]) == 0
    (sound,) = (tmp_path / "again").glob("*.dump")
    assert hosted.host.main(["restore", str(sound), fresh]) == 0


# ----------------------------------------------------------------------- what host.py refuses, without any server


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nginx", "--name", "a b;", "--out", "OUT"], "is not a host name"),
        (["nginx", "--name", "a.example", "--base", "kept; evil", "--out", "OUT"], "is not a path such as /kept-open"),
        (["nginx", "--name", "a.example", "--certificate", "c.pem", "--out", "OUT"], "go together"),
        (["backup", "sqlite:///x", "--out", "OUT"], "Only a PostgreSQL register"),
        (["restore", "nowhere.dump", "postgresql:///x"], "There is no file nowhere.dump"),
    ],
)
def test_a_slip_is_answered_with_a_sentence_and_writes_nothing(host: ModuleType, words, said, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    assert host.main([str(out) if word == "OUT" else word for word in words]) == 1
    assert said in capsys.readouterr().err
    assert not list(out.glob("*"))


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://kept:p%40ss@db.example:5432/register", "postgres://kept@db.example:5432/register?password=p%40ss"],
)
def test_a_password_never_stands_in_a_command_line(host: ModuleType, url: str) -> None:
    """Other people on the machine can read the words of every running command."""
    address, secret = host._plain(url)
    assert address == "postgresql://kept@db.example:5432/register"
    assert secret == {"PGPASSWORD": "p@ss"}


def test_no_restart_without_another_process_to_take_over(host: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(host.Refused, match="at least two processes"):
        host.roll([8501], "", tmp_path / "list", "true", "true")


def test_a_process_that_is_out_gets_no_new_visits(host: ModuleType) -> None:
    assert host.newcomers([8502]).splitlines()[1] == "    * 8502;"
    assert [line.strip() for line in host.newcomers([1, 2, 3]).splitlines()[1:4]] == ["33.33% 1;", "33.33% 2;", "* 3;"]
