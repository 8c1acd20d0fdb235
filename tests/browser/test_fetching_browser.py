"""The Fetch button, pressed in a real browser, with the publishers played on loopback."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.browser


def test_a_publisher_that_refuses_is_said_on_the_page_and_nothing_is_changed(serving, browser, tmp_path):
    with HTTPServer(host="127.0.0.1") as refusing:
        refusing.expect_request("/arcgis/WD_MAY_2025_UK_BGC_V2/FeatureServer/0/query").respond_with_data("no", 403)
        own = tmp_path / "own.toml"
        own.write_text(f'[open_geography]\nbase = "{refusing.url_for("/arcgis")}"\n', encoding="utf-8")
        settings = {"KEPT_OPEN_ADDRESSES": str(own), "KEPT_OPEN_DATA": str(tmp_path / "data"), "KEPT_OPEN_CACHE": str(tmp_path / "cache")}
        with serving("app.py", **settings) as address:
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{address}/sources")
            page.get_by_text("three councils are mapped").wait_for()
            page.get_by_role("button", name="Fetch", exact=True).click()
            page.get_by_text("Choose a council first.").wait_for()
            page.get_by_label("Councils to fetch").click()
            page.keyboard.type("Leeds")
            page.keyboard.press("Enter")
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Fetch", exact=True).click()
            page.get_by_text("Leeds: not fetched. Boundaries are needed; nothing was changed.").wait_for()
            said = page.locator("[data-testid=stAlert]").last.inner_text()
            page.close()
        assert len(refusing.log) == 1  # a refusal is not asked again
    assert "refuses this program or this network (answered 403)" in said
    assert "https://geoportal.statistics.gov.uk" in said and "--from" in said
    assert not (tmp_path / "data" / "release").exists()
