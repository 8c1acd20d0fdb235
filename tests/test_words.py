"""How numbers, shares, dates and lists are said. Each line is one example."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclusion import words


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0"), (0.4, "0"), (7, "7"), (12, "12"), (99.6, "100"), (104, "100"), (105, "110"), (1_250, "1,300"), (56_999_000, "57,000,000")],
)
def test_a_count_to_two_figures(n: float, said: str) -> None:
    assert words.two_figures(n) == said


@given(st.floats(min_value=10, max_value=1e8))
def test_two_figures_are_never_more_than_a_twentieth_out(n: float) -> None:
    # The widest step is from 10 to 11: half of 1 out of 10.
    said = float(words.two_figures(n).replace(",", ""))
    assert abs(said - n) <= 0.05 * n + 1e-6


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.004, "0.4%"), (0.0726, "7.3%"), (0.0994, "9.9%"), (0.0996, "10%"), (0.154, "15%"), (1, "100%")],
)
def test_a_percentage_has_a_decimal_only_below_ten(share: float, said: str) -> None:
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.002, "fewer than one in 100"),
        (0.0726, "about 7 in 100"),  # not "one in fourteen", which nobody can picture
        (1 / 12, "about one in twelve"),
        (0.148, "about one in seven"),  # 1/7 = 0.143, 3.6 % off
        (0.2, "about one in five"),
        (0.34, "about one in three"),
        (0.51, "about half"),
        (0.55, "about 55 in 100"),  # half is 10 % off, three in five 8 %: neither will do
        (0.66, "about two in three"),
        (0.99, "nearly all"),
    ],
)
def test_a_share_is_said_as_a_picture_only_where_one_is_near(share: float, said: str) -> None:
    assert words.share_words(share) == said


@given(st.floats(min_value=0.05, max_value=0.95), st.floats(min_value=1.2, max_value=2))
def test_shares_a_fifth_apart_never_sound_the_same(share: float, times: float) -> None:
    # A picture is at most 6 % off either way, so 0.94 to 1.06: 13 % between its ends. In 100, a fifth of 5 is one.
    assert words.share_words(share) != words.share_words(min(share * times, 1)) or share * times > 1


def test_small_numbers_are_words_and_carry_their_noun() -> None:
    assert [words.number_words(n) for n in (0, 1, 10, 11, 1_200)] == ["no", "one", "ten", "11", "1,200"]
    assert words.counted(1, "ward") == "one ward"
    assert words.counted(21, "ward") == "21 wards"
    assert words.counted(2, "library", "libraries") == "two libraries"


def test_lists_read_as_a_phrase() -> None:
    assert words.join_words([]) == ""
    assert words.join_words(["phone"]) == "phone"
    assert words.join_words(["phone", "post"]) == "phone and post"
    assert words.join_words(["phone", "", "post", "a visit"], last="or") == "phone, post or a visit"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2021-03-21", "21 March 2021"),
        (date(2026, 11, 4), "4 November 2026"),
        ("2024-12", "December 2024"),
        ("2022", "2022"),
        ("2016-17", "2016-17"),  # two years, not a month
        ("2021 to 2025", "2021 to 2025"),
        ("2021-02-30", "2021-02-30"),  # no such day: shown as given, not guessed at
    ],
)
def test_dates_are_written_out(when: str | date, said: str) -> None:
    assert words.date_words(when) == said


def test_sentences_begin_and_end_as_sentences() -> None:
    assert words.sentence("keep phone") == "Keep phone."
    assert words.sentence("Who pays?") == "Who pays?"
    assert words.sentence("  ") == ""
    assert words.within("Many disabled people") == "many disabled people"
    assert words.within("BSL and relay") == "BSL and relay"


def test_names_become_safe_file_names() -> None:
    assert words.slug("St Dunstan's") == "st-dunstans"
    assert words.slug("Pen-y-groes & Llanllyfni") == "pen-y-groes-llanllyfni"
    assert words.slug("Tŷ Sign/../x") == "ty-sign-x"
    assert words.slug("…") == "x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Keep the desk.", 3),
        ("7.3%", 4),  # seven point three per cent (one word)
        ("1,100 people", 5),  # one thousand one hundred people
        ("2021", 5),  # two thousand and twenty one
        ("£40,000", 3),  # forty thousand pounds
        ("2020-25", 6),  # two thousand and twenty, twenty five
        ("115", 4),  # one hundred and fifteen
        ("20 or 21", 4),
    ],
)
def test_words_are_counted_as_they_are_said(text: str, said: int) -> None:
    assert words.spoken(text) == said


def test_how_long_a_page_takes_to_read_aloud() -> None:
    # 11.4 for the pauses; 3 + 3 + 4 + 4 letters; "7.3%" is four words of a number: 11.4 + 0.0678 x 14 + 0.39 x 4 = 13.91.
    assert words.seconds_aloud(["Ask for help", "7.3% pays"]) == pytest.approx(11.4 + 0.0678 * 14 + 0.39 * 4)
