"""Lists and tables as HTML."""

from __future__ import annotations

import re

import pandas as pd

from exclusion import blocks, maps


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_nothing_in_the_data_becomes_markup():
    nasty = "<b onclick=alert(1)>O'Neil & Sons</b>"
    for html in (
        blocks.listed([nasty, (nasty, nasty)]),
        blocks.table(pd.DataFrame({nasty: [nasty], "n": [nasty]}), nasty),
        blocks.grid(pd.DataFrame({"Service": [nasty], nasty: ["1 Watch"]}), nasty, maps.LEVELS),
    ):
        assert "<b " not in html
        assert "&lt;b onclick=alert(1)&gt;O&#x27;Neil &amp; Sons&lt;/b&gt;" in html


def test_a_table_names_its_rows_and_columns_and_says_what_it_shows():
    html = blocks.table(pd.DataFrame({"Ward": ["Alder"], "People": ["about 640 to 1,000"]}), "People by ward", numbers=["People"])
    assert words(html) == "People by ward Ward People Alder about 640 to 1,000"
    assert '<th scope="row" role="rowheader">Alder</th>' in html
    assert 'data-label="People"' in html  # on a narrow screen each figure stands under its heading
    assert 'aria-label="People by ward"' in html


def test_sixty_rows_stand_on_the_page_and_more_scroll_in_a_frame():
    def frame(rows: int) -> str:
        return blocks.table(pd.DataFrame({"Ward": ["Alder"] * rows, "n": ["1"] * rows}), "Wards")

    assert "overflow-y" not in frame(60)
    assert "overflow-y" in frame(61)


def test_a_cell_of_the_grid_shows_a_number_and_says_a_word():
    html = blocks.grid(
        pd.DataFrame({"Service": ["Blue Badge"], "Alder": ["3 Keep as a condition"], "Birch": ["Not assessed"]}),
        "All",
        [*maps.LEVELS, maps.NOT_ASSESSED],
    )
    assert words(html) == "All Service Alder Birch Blue Badge 3 Keep as a condition – Not assessed"
    assert 'background:#080C54;color:#ffffff">3' in html
