"""What a visitor brought is gone from the server's memory when the visit ends: a real server, a real upload, a closed page."""

from __future__ import annotations

import os
import signal
import time

import pytest

pytestmark = pytest.mark.browser

# The app as it is served, with a clock that runs faster: a closed visit is kept for one second instead of two minutes.
# On a signal it says how many uploads, and copies of what stood in them, can still be reached.
WATCHED = """
import gc, os, signal, sys
from pathlib import Path
from streamlit.runtime import uploaded_file_manager
from exclusion.ui import leaving
leaving.EVERY = 0.5

def reached(*_):
    gc.unfreeze()  # what is set aside from the search for garbage is not listed
    found = gc.get_objects()
    uploads = sum(isinstance(one, uploaded_file_manager.UploadedFileRec) for one in found)
    words = sum(word in held and held != word for one in found if type(one) in (dict, list, tuple)
                for held in (one.values() if isinstance(one, dict) else one) if isinstance(held, str) and len(held) < 200)
    with said.open("a") as file:
        file.write(f"{uploads} {words}\\n")

said = Path(os.environ["KEPT_OPEN_SAID"])
word = "".join(("ZEBRA", "QUUX"))  # longer in the upload, so that this program is not found
said.with_suffix(".pid").write_text(str(os.getpid()))
signal.signal(signal.SIGUSR1, reached)
from streamlit.web import cli
cli.main()
"""


@pytest.fixture
def watched(serving, root, tmp_path):
    """``(address, reached)``: the app, and ``reached()`` -> uploads, copies of a word of the upload in its memory."""
    said = tmp_path / "said.txt"
    said.touch()
    program = tmp_path / "watched.py"
    program.write_text(WATCHED, encoding="utf-8")
    with serving(root / "app.py", program=program, KEPT_OPEN_SAID=str(said), STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1") as address:

        def reached() -> tuple[int, int]:
            before = said.read_text().count("\n")
            os.kill(int(said.with_suffix(".pid").read_text()), signal.SIGUSR1)
            while said.read_text().count("\n") == before:
                time.sleep(0.1)
            uploads, words = map(int, said.read_text().splitlines()[-1].split())
            return uploads, words

        yield address, reached


def test_uploads_and_what_was_read_from_them_are_gone_when_the_visit_ends(watched, open_page, settle, tmp_path):
    address, reached = watched
    table = tmp_path / "own.csv"
    table.write_text("ward_code,ward name,ZEBRAQUUX calls\nE05015186,Anchorsholme,901\nE05015188,Bloomfield,402\n", encoding="utf-8")
    page = open_page(f"{address}/own?council=E06000009")
    page.get_by_test_id("stFileUploader").first.locator("input[type=file]").set_input_files(table)
    page.get_by_text("What each column is taken for").wait_for()
    settle(page)
    uploads, words = reached()
    assert uploads == 1 and words > 0, "what is looked for can be found while the visit lasts"
    page.close()
    until = time.monotonic() + 60
    while reached() != (0, 0) and time.monotonic() < until:
        time.sleep(0.5)
    assert reached() == (0, 0)
