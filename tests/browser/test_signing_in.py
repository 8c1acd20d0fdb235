"""Signing in with a real OpenID Connect service on loopback: who may save in the register, and who may only look."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from registers import free_port

pytestmark = pytest.mark.browser

OFFICER, STRANGER = "a.officer@council.example", "somebody@elsewhere.example"
ROLES = f'officer = ["{OFFICER}"]\n'
PEOPLE = (
    {"sub": "17", "email": OFFICER, "name": "Ann Officer", "email_verified": True},
    {"sub": "18", "email": STRANGER, "name": "Sam Stranger", "email_verified": True},
    {"sub": "19", "email": OFFICER, "name": "Not Ann", "email_verified": False},
)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A service that asks nobody for a password: who types a number is that person."""
    port = free_port()
    words = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    for person in PEOPLE:
        words += ["--user-claims", json.dumps(person)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=5).read()
                break
            except OSError:
                assert running.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=60)


@pytest.fixture(scope="module")
def shared_server(service: str, serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole app as others can reach it: it saves for those who sign in and have leave."""
    folder: Path = tmp_path_factory.mktemp("hosted")
    (folder / "roles.toml").write_text(ROLES, encoding="utf-8")
    (folder / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"\ncookie_secret = "{"only for this test " * 3}"\n'
        f'[auth.council]\nlabel = "Sign in with your council account"\nclient_id = "kept-open"\nclient_secret = "of no worth"\n'
        f'server_metadata_url = "{service}/.well-known/openid-configuration"\n',
        encoding="utf-8",
    )
    settings = {
        "KEPT_OPEN_SHARED": "1",
        "KEPT_OPEN_ROLES": str(folder / "roles.toml"),
        "KEPT_OPEN_REGISTER": str(folder / "register.sqlite"),
        "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"),
    }
    with serving(Path(__file__).parents[2] / "app.py", **settings) as address:
        yield address


def sign_in(page, number: str) -> None:
    page.get_by_role("button", name="Sign in with your council account").click()
    page.locator("input[name=sub]").fill(number)
    page.get_by_role("button", name="Authorize").click()
    page.get_by_text("Signed in as").wait_for()


def test_an_officer_signs_in_and_may_save_under_their_own_address(open_page, shared_server, service, settle, axe, map_frame):
    page = open_page(f"{shared_server}/register", not_ours=service)
    page.get_by_text("Sign in before you enter anything").wait_for()
    settle(page)
    assert axe(page) == []
    page.get_by_text("This server can be reached by others and nobody has signed in, so it only shows").first.wait_for()
    sign_in(page, "17")
    said = page.get_by_text("Signed in as").inner_text()
    assert said == f"Signed in as Ann Officer ({OFFICER}): may save, answer and review."
    map_frame(page)  # the way back leads to the first page
    settle(page)
    assert axe(page) == []
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{service}/**")  # the service ends its own session as well
    page.goto(f"{shared_server}/register")
    page.get_by_text("Sign in before you enter anything").wait_for()


@pytest.mark.parametrize("number", ["18", "19"])
def test_whoever_has_no_leave_or_no_confirmed_address_only_looks(open_page, shared_server, service, number):
    page = open_page(f"{shared_server}/register", not_ours=service)
    sign_in(page, number)
    assert page.get_by_text("Signed in as").inner_text().endswith(": may look.")
    assert page.get_by_role("button", name="Save in the register").count() == 0


def test_without_a_service_nothing_is_said_of_signing_in(open_page, app, settle):
    page = open_page(f"{app}/register")
    page.get_by_role("heading", name="Register").first.wait_for()
    settle(page)
    assert page.get_by_text("Sign in").count() == 0
