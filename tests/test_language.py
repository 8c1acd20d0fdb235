"""Another language for the screens: how a sentence is looked up, what the catalogue must hold, how a visit changes its language."""

from __future__ import annotations

import ast
import re
import threading
from datetime import date
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.string_util import clean_text
from streamlit.testing.v1 import AppTest
from test_pages import run

from exclusion import blocks, explain, language, report, saying, ward_search
from exclusion.assessment import assess, once
from exclusion.contracts import DataRefused
from exclusion.language import mark, speaking, tr, trn
from exclusion.language.catalogue import Catalogue, Entry, placeholders, read, written
from exclusion.language.sentences import brought_up, mistakes, said_in, sentences
from exclusion.retold import told, told_html

ROOT = Path(__file__).resolve().parents[1]
WELSH = language.catalogue("cy")


# --------------------------------------------------------------------------- a sentence


def test_a_sentence_is_in_english_until_another_language_is_spoken():
    assert tr("Service") == "Service"
    with speaking("cy"):
        assert language.current() == "cy"
        assert tr("Service") == "Gwasanaeth"
    assert (language.current(), tr("Service")) == ("en", "Service")


def test_what_the_catalogue_lacks_and_a_language_there_is_none_for_are_english():
    with speaking("cy"):
        assert tr("Nobody ever says {this}.", this="that") == "Nobody ever says that."
        assert trn("{n} never said", "{n} never said at all", 3) == "3 never said at all"
    with speaking("xx"):
        assert (language.current(), tr("Service")) == ("en", "Service")


def test_braces_of_a_text_without_placeholders_stay():
    assert tr("{as} it stands") == "{as} it stands"
    assert tr("{n:,} wards", n=7000) == "7,000 wards"
    assert mark("said later") == "said later"


def test_a_language_is_of_one_run_and_reaches_no_other():
    heard = []
    with speaking("cy"):
        other = threading.Thread(target=lambda: heard.append(tr("Service")))
        other.start()
        other.join()
    assert heard == ["Service"]


def test_a_number_takes_the_form_that_its_language_has_for_it():
    forms = ("dim cath", "un gath", "{n} gath", "{n} cath", "{n} chath", "{n} o gathod")
    held = Catalogue("cy", WELSH.header, (Entry("{n} cat", forms, "{n} cats"),))
    assert [held.plural("{n} cat", "{n} cats", n) for n in (0, 1, 2, 3, 6, 5, 21)] == [*forms, forms[-1]]
    assert trn("{n} cat", "{n} cats", 1) == "1 cat"


def test_what_is_kept_with_an_assessment_is_kept_for_each_language():
    @once
    def title(a: SimpleNamespace) -> str:
        return tr("Service")

    shared = SimpleNamespace(cache={})
    with speaking("cy"):
        assert title(shared) == "Gwasanaeth"
    assert title(shared) == "Service"


def test_numbers_lists_dates_and_reasons_are_said_in_the_language_and_in_english_as_ever():
    assert (saying.counted(2, "ward"), saying.counted(14, "finding")) == ("two wards", "14 findings")
    assert saying.figure("about 640 to 1,000") == "about 640 to 1,000"
    with speaking("cy"):
        assert [saying.counted(n, "ward") for n in (0, 1, 2, 3, 14)] == ["dim ward", "un ward", "dwy ward", "tair ward", "14 ward"]
        assert saying.join_words(["Ceredigion", "Caerdydd"]) == "Ceredigion a Caerdydd"
        assert saying.join_words(["Ceredigion", "Abertawe"]) == "Ceredigion ac Abertawe"
        assert saying.date_words("2021-03-21") == "21 Mawrth 2021"
        assert saying.figure("about 640 to 1,000") == "tua 640 i 1,000"
        assert saying.figure("fewer than 10") == "llai na 10"
        assert saying.figure("3 Middle to 5 Highest") == "3 Canol i 5 Uchaf"
        assert saying.in_short("about 900 people aged 75 and over.") == "tua 900 o bobl 75 oed a throsodd."
        assert saying.in_short("nobody has looked at this kind.") == "nobody has looked at this kind."


def test_what_stays_in_english_is_marked_as_english_where_the_page_is_not():
    lines = [("Ffôn.", saying.English("The law says so."))]
    table = pd.DataFrame({"Ward": ["Clifton"], "Pam": ["Because."]})
    assert "lang=" not in blocks.listed(lines) + blocks.table(table, "Wardiau", english=("Pam",))
    with speaking("cy"):
        assert '<span lang="en">The law says so.</span>' in blocks.listed(lines)
        assert '<td role="cell" lang="en" data-label="Pam">Because.</td>' in blocks.table(table, "Wardiau", english=("Pam",))


# --------------------------------------------------------------------------- the catalogue


def test_welsh_holds_every_sentence_of_the_code_with_its_placeholders_and_nothing_that_is_no_longer_said():
    """What this names is mended by ``python -m exclusion.language cy --write`` and by translating what it leaves blank."""
    assert mistakes(WELSH, sentences()) == []


def test_the_file_is_as_the_program_writes_it_so_that_bringing_it_up_changes_nothing_else():
    path = language.FOLDER / "cy.po"
    assert written(brought_up(read(path), sentences())) == path.read_text(encoding="utf-8")


def test_nobody_has_signed_the_welsh_yet_and_both_a_name_and_a_day_sign_it():
    for by, on, signed in (("", "", False), ("A. Translator", "", False), ("", "2026-12-01", False), ("A. Translator", "2026-12-01", True)):
        assert Catalogue("cy", {**WELSH.header, "X-Checked-By": by, "X-Checked-On": on}, ()).checked is signed
    assert not WELSH.checked


def test_mistakes_name_what_is_missing_stale_or_has_other_placeholders():
    held = Catalogue(
        "cy",
        {},
        (
            Entry("{n} wards", ("{m} ward",)),
            Entry("Gone", ("Wedi mynd",)),
            Entry("Unsure", ("Ansicr",), notes=("#, fuzzy",)),
            Entry("{n} map", ("un map", "{n} map"), "{n} maps"),
        ),
    )
    said = [Entry("{n} wards"), Entry("New"), Entry("Unsure"), Entry("{n} map", plural="{n} maps")]
    assert mistakes(held, said) == [
        "not translated: New",
        "not translated: Unsure",
        "no longer said: Gone",
        "other placeholders: {n} wards -> {m} ward",
    ]
    assert [(one.english, one.said) for one in brought_up(held, said).entries] == [
        ("{n} wards", ("{m} ward",)),
        ("New", ("",)),
        ("Unsure", ("Ansicr",)),
        ("{n} map", ("un map", "{n} map")),
    ]


def test_a_catalogue_keeps_quotes_breaks_and_notes_and_a_line_that_is_none_is_named(tmp_path):
    entry = Entry('Say "so"\n', ('Dywedwch "felly"\n',), where=("app.py",), notes=("# From a translator.",))
    path = tmp_path / "cy.po"
    path.write_text(written(Catalogue("cy", WELSH.header, (entry,))), encoding="utf-8")
    assert read(path).entries == (entry,)
    assert read(path).header == WELSH.header
    path.write_text('msgid "a"\nmsgstr b\n', encoding="utf-8")
    with pytest.raises(DataRefused, match="line 2"):
        read(path)


def test_sentences_are_found_where_they_are_marked(tmp_path):
    page = tmp_path / "page.py"
    page.write_text('KINDS = (mark("One"),)\nst.header(tr("Two " "parts {a}", a=1))\nst.text(trn("{n} x", "{n} xs", 2))\ntr(KINDS[0])\n')
    assert list(said_in(page)) == [("One", ""), ("Two parts {a}", ""), ("{n} x", "{n} xs")]
    assert placeholders("{a} of {b:,}, {{not}}") == {"a", "b"}


# --------------------------------------------------------------------------- a visit


def html(test: AppTest) -> str:
    return "\n".join(str(block.proto.body) for block in test.get("html"))


def test_a_visit_changes_its_language_and_back_and_the_address_says_which():
    test = run("accessibility.py")
    assert test.title[0].value == "Accessibility"
    assert "kept-open-language" not in "".join(
        str(block.proto.body) for block in test.get("html") if "<style>" not in str(block.proto.body)
    )
    test.button(key="language_cy").click().run()
    assert test.title[0].value == "Hygyrchedd"
    assert test.query_params.get("lang") in ("cy", ["cy"])
    assert 'documentElement.lang = "cy"' in html(test).replace("'", '"')
    test.button(key="language_en").click().run()
    assert test.title[0].value == "Accessibility"
    assert "lang" not in test.query_params


def test_a_link_opens_in_its_language_with_the_notice_that_nobody_has_checked_it():
    test = run("accessibility.py", lang="cy")
    assert test.title[0].value == "Hygyrchedd"
    assert "Cymraeg: Heb ei wirio gan gyfieithydd eto." in html(test)
    assert '<span lang="en">Cymraeg: Not yet checked by a translator.' in html(test)
    assert run("accessibility.py").title[0].value == "Accessibility", "the next visitor reads English"
    assert run("accessibility.py", lang="xx").title[0].value == "Accessibility"


def test_the_language_goes_along_from_page_to_page_and_a_signed_catalogue_says_who_signed(monkeypatch):
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.query_params["lang"] = "cy"
    test.run()
    assert test.title[0].value == "Gwasanaeth"
    signed = Catalogue("cy", {**WELSH.header, "X-Checked-By": "A. Cyfieithydd", "X-Checked-On": "2026-12-01"}, WELSH.entries)
    monkeypatch.setattr(language, "catalogue", lambda code: signed)
    with speaking("cy"):  # AppTest spells what is chosen as this thread would
        test.switch_page("pages/accessibility.py").run()
    assert test.title[0].value == "Hygyrchedd"
    assert "Wedi&#x27;i wirio gan gyfieithydd: A. Cyfieithydd" in html(test)
    assert "Heb ei wirio" not in html(test)


# --------------------------------------------------------------------------- every screen string in one place

SCREENS = ("app.py", "pages/*.py", "exclusion/ui/*.py", "exclusion/views/*.py")
NAMES = {
    "Kept Open",  # the program
    *("England", "Wales", "Scotland", "Northern Ireland"),  # compared with what a release holds, and said through tr
    *("Service", "Ward", "Risk map", "Two maps", "Tables", "Proposal", "Equality review", "Councillor page", "Your figures", "Method"),
}
"""What is no sentence of a screen though it looks like one: the names by which code knows nations and pages."""
CODE = {
    *("DD/MM/YYYY", "Point", "Group", "Row", "Index", "Council-wide minimum: ", r", | and (?=[A-Z])"),
    *("not disabled", "small area", "fewer than 10", "no ward figure", "Not checked", "no assessment has been saved in it", "findings do"),
    *("service in the link", "link lacks ward", "link lacks {}", "link lacks "),
    *("Equality assessment", "Our own method", "Write here why.", "Write here on what it rests."),  # of a document or file, in English
    "checked_on = {}\nreview_by = {}\n",
}
"""Formats, keys, words looked for in what was made in English, and what goes into an English document."""


def looks_like_words(text: str) -> bool:
    if "<" in text or "://" in text or text in NAMES | CODE:
        return False
    return bool(re.search(r"[A-Za-z]{2,}[^A-Za-z]* [^A-Za-z]*[A-Za-z]", text) or re.fullmatch(r"[A-Z][a-z]+[.,:!?%]*", text))


def unsaid(path: Path) -> list[str]:
    """String literals of a file that look like words and go through neither ``tr`` nor ``mark``."""
    found: list[str] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in ("tr", "mark", "trn"):
                for more in node.keywords:
                    walk(more.value)
                return
            if name in ("TypeVar", "re.compile", "cast", "logging.getLogger", "counted"):
                return
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            for one in node.body:
                walk(one)
            for default in node.args.defaults if isinstance(node, ast.FunctionDef) else ():
                walk(default)
            return  # what spins while a cache is filled is said by Streamlit, in English
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                walk(node.value)
            return
        if isinstance(node, ast.Assert):
            return
        if isinstance(node, ast.JoinedStr):
            said = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if re.search(r"[A-Za-z]{3,}", said.replace("{}", "")) and " " in said and looks_like_words(said):
                found.append(f"{path.name}:{node.lineno}: {said}")
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    walk(part.value)
            return
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and looks_like_words(node.value):
                found.append(f"{path.name}:{node.lineno}: {node.value}")
            return
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_every_sentence_of_a_screen_goes_through_the_catalogue():
    """What this names is put inside ``tr("...")``; a constant inside ``mark("...")``, and ``tr`` where it is shown."""
    paths = [path for pattern in SCREENS for path in sorted(ROOT.glob(pattern))]
    assert len(paths) > 50
    assert [line for path in paths for line in unsaid(path)] == []


# --------------------------------------------------------------------------- what was made in English, told in the language spoken


def test_a_reason_is_told_sentence_by_sentence_with_its_figures_and_names():
    reason = (
        "We advise keeping a staffed counter or outreach desk here. This ward has about 1,100 people aged 75 and over (between 990 and "
        "1,200; 14% of all residents, against 8.6% in Wales and more than in 93% of wards there; 21 March 2021) and 320 people who give "
        "unpaid care. We cannot tell how many are in both groups. Keep in mind: Income is not skill: most people on low incomes are "
        "online. Borderline: with 10% fewer people aged 75 and over, it would read 'Watch'."
    )
    assert told(reason) == reason, "English is not touched"
    with speaking("cy"):
        said = told(reason)
        assert not isinstance(said, saying.English)
        assert said.startswith("Rydym yn cynghori cadw'r canlynol yma: cownter â staff neu ddesg allgymorth. Yn y ward hon mae tua ")
        assert "14% o blith pob preswylydd, o'i gymharu â 8.6% yng Nghymru" in said
        assert "21 Mawrth 2021) a 320 o bobl sy'n rhoi gofal di-dâl." in said
        assert said.endswith("gyda 10% yn llai o'r canlynol, pobl 75 oed a throsodd, byddai'n darllen 'Gwylio'.")


@pytest.mark.parametrize("rule", ["Keep the ferry running.", "This ward has about 900 dragons."])
def test_a_text_with_a_part_that_is_not_understood_stays_in_english_whole_and_marked(rule):
    with speaking("cy"):
        said = told(f"We advise keeping a visit at home here. {rule}")
        assert isinstance(said, saying.English)
        assert said == f"We advise keeping a visit at home here. {rule}"


def test_every_reason_of_the_bundled_release_is_told_in_welsh(bundled):
    """All that findings, summaries, notices and gaps say in Wales, and of one council in each other nation."""
    areas = bundled.areas
    councils = set(areas.loc[areas["nation"] == "Wales", "council_code"])
    councils |= set(areas.drop_duplicates("nation")["council_code"])
    left = set()
    for nation in sorted(set(areas["nation"])):
        mine = sorted(councils & set(areas.loc[areas["nation"] == nation, "council_code"]))
        a = assess(bundled, mine, None)
        texts = {*a.findings["reason"], *a.findings["short"], *a.council_wide["reason"], *a.notices, *a.scores["why_not"]}
        texts |= set(a.summaries.loc[a.summaries["summary"] != "not_run_here", "sentence"])
        texts |= {text for service in a.services for text in explain.differences(a, service.id)}
        with speaking("cy"):
            left |= {text for text in texts if isinstance(told(text), saying.English)}
    assert left == set()


def test_the_page_of_a_councillor_is_told_on_screen_and_its_sources_stay_in_english_marked_so(bundled):
    a = assess(bundled, ["E06000009"], None)
    code = str(a.areas.index[0])
    for service in a.services:
        part = report.ward_part(a, service.id, code, date(2026, 11, 27))
        assert told_html(part) == part, "English is not touched"
        with speaking("cy"):
            page, _, sources = told_html(part).partition("<footer")
        assert "Cwestiynau i&#x27;w gofyn" in page
        assert 'lang="en"' not in page, service.id
        assert '<span lang="en">Sources and versions</span>' in sources


@pytest.mark.parametrize("asked", ["Bloomfield", "a", "Blo", "E05000000", "FY1 5AA", "FY1", "Blackpool", "Blomfeild", "Xyzzy plugh", "St"])
def test_what_the_search_for_a_ward_answers_is_told(bundled, asked):
    said = ward_search.search(bundled, asked).said
    with speaking("cy"):
        assert not isinstance(told(said), saying.English), said


def test_what_spins_speaks_the_language_of_who_waits_though_it_was_written_once_for_all():
    spinning = saying.Later("Looking …")
    assert clean_text(spinning) == "Looking …"
    with speaking("cy"):
        assert clean_text(spinning) == "Yn chwilio …"  # what Streamlit does with the words it was given


ENGLISH_WORDS = re.compile(r"\b(the|of|and|are|not|with|for|this|from|that|were|was|by|what|each|which)\b", re.IGNORECASE)
MARKED = re.compile(r"<(style|script)\b.*?</\1>|<(\w+)[^>]* lang=\"en\"[^>]*>.*?</\2>", re.DOTALL)


def english_left(test: AppTest) -> list[str]:
    """Texts of a page that read as English and do not say so to a screen reader."""
    blocks = [str(block.proto.body) for block in test.get("html")]
    texts = [unescape(text).strip() for body in blocks for text in re.split(r"<[^>]+>", MARKED.sub(" ", body))]
    texts += [str(one.value) for kind in (test.title, test.header, test.markdown, test.info, test.warning, test.caption) for one in kind]
    return [text for text in texts if len(ENGLISH_WORDS.findall(text)) > 0.08 * len(text.split()) and "://" not in text]


@pytest.mark.parametrize("page", ["ward.py", "service.py", "councillor.py", "risk_map.py", "tables.py", "guide.py"])
def test_what_stays_english_on_a_welsh_page_says_so_to_a_screen_reader(page):
    welsh = run(page, lang="cy", ward="Bloomfield (E05015188)")
    assert english_left(welsh) == []
    words = "\n".join([*(str(block.proto.body) for block in welsh.get("html")), *(str(one.value) for one in welsh.markdown)])
    assert not re.search("no single count|Nobody publishes|of the ways we worked", words), "English inside a Welsh sentence"
    assert len(english_left(run(page, ward="Bloomfield (E05015188)"))) > 3, "an English page has what the Welsh one lacks"
