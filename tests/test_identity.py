"""Who may write: this machine alone asks for a name; a server that others can reach only shows, until people sign in and have leave."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from registers import free_port
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from exclusion.contracts import DataRefused, UsageError
from exclusion.register import ROLES, load_roles, visitor
from exclusion.ui import visitor as seen_by_page

ROOT = Path(__file__).resolve().parents[1]
OFFICER, APPROVER = "a.officer@council.example", "head@council.example"
GIVEN = {OFFICER: "officer", APPROVER: "approver"}
HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


@pytest.mark.parametrize(
    ("address", "headers", "may"),
    [
        ("127.0.0.1", {}, True),  # this machine only: a name is asked for
        ("localhost", HERE, True),
        ("::1", {"Host": "[::1]:8501"}, True),
        ("[::1]", {}, True),
        ("127.8.9.1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("0.0.0.0", HERE, False),  # open to a network
        ("::", {}, False),
        ("", {}, False),  # blank means every address
        ("192.168.1.4", {}, False),
        ("council.example", {}, False),
        ("localhost.council.example", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "10.1.1.1"}, False),  # behind another server this machine is not alone
        ("127.0.0.1", {**HERE, "x-forwarded-proto": "https"}, False),
        ("127.0.0.1", {"Forwarded": "for=10.1.1.1"}, False),
        ("127.0.0.1", {"Via": "1.1 proxy"}, False),
        ("127.0.0.1", {"X-Real-IP": "10.1.1.1"}, False),
        ("127.0.0.1", {"Host": "kept-open.council.example"}, False),  # it hands on the name people typed
        ("127.0.0.1", {"Host": "127.0.0.1:8501", "Origin": "https://kept-open.council.example"}, False),  # or the browser does
        ("127.0.0.1", {"Host": "127.0.0.1:8501", "Origin": "null"}, False),
        ("127.0.0.1", {"Host": "[::1"}, False),  # not a name at all
    ],
)
def test_who_nobody_signed_in_may_be(address: str, headers: dict[str, str], may: bool) -> None:
    found = visitor(address, headers, roles={}, shared=False)
    assert (found.may_write, found.asks_name, found.name) == (may, may, "")
    if may:
        assert found.author("  A.  Officer ") == "A. Officer"
        with pytest.raises(UsageError, match="name: is blank"):
            found.author(" ")
    else:
        assert found.why_not.startswith("This server can be reached by others and nobody has signed in, so it only shows.")
        with pytest.raises(UsageError, match="only shows"):
            found.author("A. Officer")


def test_a_server_that_is_said_to_be_shared_is_never_taken_for_one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a server in between that hides itself altogether: deploy/ sets it on every process."""
    assert not visitor("127.0.0.1", HERE, roles={}, shared=True).may_write
    monkeypatch.setenv("KEPT_OPEN_SHARED", "1")
    assert not visitor("127.0.0.1", HERE, roles={}).may_write
    monkeypatch.setenv("KEPT_OPEN_SHARED", "0")
    assert visitor("127.0.0.1", HERE, roles={}).may_write
    for file in ("Dockerfile", "compose.yaml", "kept-open@.service"):
        assert "KEPT_OPEN_SHARED" in (ROOT / "deploy" / file).read_text(encoding="utf-8"), file


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize(
    ("told", "role", "name"),
    [
        ({"email": OFFICER}, "officer", OFFICER),
        ({"email": " A.Officer@Council.EXAMPLE"}, "officer", OFFICER),
        ({"email": APPROVER, "email_verified": True}, "approver", APPROVER),
        ({"email": APPROVER, "email_verified": False}, "viewer", APPROVER),  # whoever can type an address is not its owner
        ({"email": APPROVER, "email_verified": "false"}, "viewer", APPROVER),
        ({"email": "stranger@elsewhere.example"}, "viewer", "stranger@elsewhere.example"),
        ({"name": OFFICER, "sub": "17"}, "viewer", OFFICER),  # a name that was chosen is no address
    ],
)
def test_who_signed_in_has_the_role_they_were_given(address: str, told: dict[str, object], role: str, name: str) -> None:
    found = visitor(address, {"X-Forwarded-For": "10.1.1.1"}, told, roles=GIVEN, shared=True)
    assert (found.role, found.name, found.asks_name) == (role, name, False)
    assert [one for one in ROLES if found.may(one)] == list(ROLES[: ROLES.index(role) + 1])
    if role == "viewer":
        assert name in found.why_not
        with pytest.raises(UsageError):
            found.author("Somebody Else")
    else:
        assert found.author("Somebody Else") == name, "who signed in cannot save under another name"


def test_everyone_who_signs_in_may_be_given_a_role() -> None:
    assert visitor("0.0.0.0", {}, {"email": "b@council.example"}, roles={"everyone": "officer", **GIVEN}).role == "officer"
    assert visitor("0.0.0.0", {}, {"email": APPROVER}, roles={"everyone": "officer", **GIVEN}).role == "approver"
    assert visitor("0.0.0.0", {}, None, roles={"everyone": "officer"}).role == "viewer", "nobody is not everyone"


def test_roles_are_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEPT_OPEN_ROLES", raising=False)
    assert load_roles() == {}
    file = tmp_path / "roles.toml"
    file.write_text(f'officer = ["A.Officer@council.example"]\napprover = ["{APPROVER}"]\neveryone = "viewer"\n', encoding="utf-8")
    monkeypatch.setenv("KEPT_OPEN_ROLES", str(file))
    assert load_roles() == {**GIVEN, "everyone": "viewer"}
    assert visitor("0.0.0.0", {}, {"email": OFFICER}).may_write


def test_everything_wrong_in_the_file_of_roles_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(
        f'everyone = "king"\nmayor = ["m@council.example"]\nviewer = "x@council.example"\n'
        f'officer = ["nobody", "{APPROVER}"]\napprover = ["{APPROVER}"]\n',
        encoding="utf-8",
    )
    with pytest.raises(DataRefused) as error:
        load_roles(file)
    assert [one.what for one in error.value.problems] == [
        "is not a role",
        "is not a role with a list of addresses",
        "is not a role with a list of addresses",
        "holds what is not an e-mail address",
        "gives a second role to",
    ]
    file.write_text("officer = [", encoding="utf-8")
    with pytest.raises(DataRefused, match="is not valid TOML"):
        load_roles(file)
    with pytest.raises(UsageError, match="cannot be read"):
        load_roles(tmp_path / "none.toml")


def test_a_broken_file_of_roles_lets_nobody_write_and_shows_nobody_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(f'officer = ["{OFFICER}", "{APPROVER} "]\napprover = ["{APPROVER}"]\n', encoding="utf-8")
    monkeypatch.setenv("KEPT_OPEN_ROLES", str(file))
    found = seen_by_page.visitor()
    assert not found.may_write and found.why_not == seen_by_page.BROKEN
    assert APPROVER in caplog.text, "whoever runs the server reads what is wrong"


# ----------------------------------------------------------------------------- a real server

SCRIPT = """
import streamlit as st
from exclusion.ui.visitor import visitor
st.text(f"may write: {visitor().may_write}")
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server on the settings that are shipped, told no address."""
    script = tmp_path_factory.mktemp("page") / "page.py"
    script.write_text(SCRIPT, encoding="utf-8")
    found = free_port()
    words = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={found}"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(words, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if f":{found}" in line:
            break
    yield found
    running.terminate()
    running.communicate(timeout=20)


def seen(port: int, **headers: str) -> str:
    """What the page says to a visitor with these headers."""

    async def visit() -> str:
        ask, words = BackMsg(), ""
        ask.rerun_script.query_string = ""
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        async with asyncio.timeout(60), connect(address, subprotocols=[Subprotocol("streamlit")], additional_headers=more) as line:
            await line.send(ask.SerializeToString())
            async for message in line:
                told = ForwardMsg()
                told.ParseFromString(message if isinstance(message, bytes) else message.encode())
                words += told.delta.new_element.text.body
                if told.WhichOneof("type") == "script_finished":
                    break
        return words

    return asyncio.run(visit())


def test_a_server_told_nothing_is_reached_from_this_machine_only(port: int) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [one for one in listening if int(one.split(":")[1], 16) == port] == [f"0100007F:{port:04X}"], "127.0.0.1 and no other address"
    everywhere = [line.split()[1] for line in Path("/proc/net/tcp6").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [one for one in everywhere if int(one.split(":")[1], 16) == port] == []


def test_a_page_knows_who_may_write(port: int) -> None:
    assert seen(port) == "may write: True"
    assert seen(port, Origin=f"http://localhost:{port}") == "may write: True"
    assert seen(port, X_Forwarded_For="10.1.1.1") == "may write: False"


def test_only_an_approver_may_sign_off_where_people_sign_in() -> None:
    viewer, officer, approver = (visitor("0.0.0.0", {}, {"email": one}, roles=GIVEN) for one in ("v@council.example", OFFICER, APPROVER))
    assert approver.why_not_sign == "" and approver.author(role="approver") == APPROVER
    assert officer.author() == OFFICER and viewer.why_not_sign == viewer.why_not
    for one in (officer, viewer):
        with pytest.raises(UsageError, match=re.escape(one.why_not_sign)):
            one.author("H. Head", "approver")
    assert (
        officer.why_not_sign == f"{OFFICER} may save and answer here. To sign off, ask whoever runs this server for the role of approver."
    )
    alone = visitor("127.0.0.1", HERE, roles={}, shared=False)  # one machine by itself: it asks for a name, and believes it
    assert alone.why_not_sign == "" and alone.author("H. Head", "approver") == "H. Head"
