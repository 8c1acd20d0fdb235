"""The equality assessment as one web page in a real browser: on paper, on a telephone, and asking nobody for anything."""

from __future__ import annotations

import shutil

import pytest
from test_equality import PNG, TEXT, TODAY
from test_equality_files import EVIDENCE, text_of

from exclusion import equality, proposal

pytestmark = pytest.mark.browser


def test_the_web_page_prints_with_the_date_on_every_page_fetches_nothing_and_fits_a_phone(bundled, open_page, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("no poppler on this machine (Debian: apt install poppler-utils)")
    made = equality.build(proposal.consider(bundled, proposal.parse(TEXT, "p.toml"), today=TODAY), label="EqIA", today=TODAY)
    (tmp_path / "a.html").write_text(equality.to_html(made, PNG), encoding="utf-8")
    # open_page fails the test for a request to any other machine and for a script that throws.
    page = open_page("about:blank", width=390, height=800)
    said = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto((tmp_path / "a.html").as_uri())
    assert said == []  # the hostile title and purpose ran nothing
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
    pages = text_of(tmp_path / "a.pdf")
    assert len(pages) > 10
    assert [number for number, text in enumerate(pages, start=1) if EVIDENCE not in text] == []
