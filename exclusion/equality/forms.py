"""A council's own Word form, filled in: plain placeholders only, so that a form can never run anything."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from difflib import get_close_matches

from docx import Document as new_document
from docx.document import Document as WordDocument
from docxtpl import DocxTemplate, Listing
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from exclusion.audit import word as audit_word
from exclusion.contracts import Problem, UsageError
from exclusion.equality import placeholder_names, placeholders
from exclusion.equality.model import Equality
from exclusion.judgement import equality as texts

FORM_BYTES = 20 << 20
OPENED_BYTES = 200 << 20
MOST_SHOWN = 80  # letters of what stands between braces in a message
BRACES = re.compile(r"\{\{(?P<name>.*?)\}\}|\{%(?P<statement>.*?)%\}|\{#(?P<note>.*?)#\}", re.DOTALL)
HOW = (
    "A placeholder is a name between double braces, such as {{ age_know }}; run 'exclusion equality --sample-form form.docx' for all names."
)


def fill(made: Equality, form: bytes) -> bytes:
    """The form with its placeholders filled in; see :func:`exclusion.equality.fill_form`."""
    template = _opened(form)
    values = placeholders(made)
    environment = SandboxedEnvironment(autoescape=True)
    names = _sound(template, environment, set(values))
    # A Listing keeps line ends as line ends and is escaped.
    template.render({name: Listing(values[name]) for name in names}, environment, autoescape=True)
    return audit_word.steady(template.docx)


def check(form: bytes) -> None:
    """What can be said of a form before there is anything to put into it; see :func:`exclusion.equality.check_form`."""
    _sound(_opened(form), SandboxedEnvironment(autoescape=True), placeholder_names())


def _sound(template: DocxTemplate, environment: SandboxedEnvironment, held: set[str]) -> set[str]:
    """The names a form asks for; UsageError with everything that is wrong with it at once."""
    names, problems = _asked(template, environment)
    for name in sorted(names - held):
        close = get_close_matches(name, held, n=1, cutoff=0.6)
        hint = f"Did you mean {{{{ {close[0]} }}}}? " if close else ""
        problems.append(Problem("form", "has a placeholder we hold no value for", name, f"{hint}{HOW}"))
    if not names and not problems:
        problems.append(Problem("form", "has no placeholder", "", HOW))
    if problems:
        raise UsageError(problems)
    return names


def _opened(form: bytes) -> DocxTemplate:
    wrong = Problem("form", "is not a Word document (.docx)", "", "Save your form as .docx; an older .doc or a PDF cannot be filled in.")
    if len(form) > FORM_BYTES:
        raise UsageError(Problem("form", "is over twenty megabytes", f"{len(form):,} bytes", "Take pictures out of it."))
    try:
        with zipfile.ZipFile(io.BytesIO(form)) as held:
            if sum(part.file_size for part in held.infolist()) > OPENED_BYTES:
                raise UsageError(Problem("form", "unpacks to over 200 megabytes", "", "Save it again in Word."))
            if "word/document.xml" not in held.namelist():
                raise UsageError(wrong)
        template = DocxTemplate(io.BytesIO(form))
        template.init_docx()
        template.get_xml(), template.docx.core_properties  # a document may be one without a text, or with no properties of its kind
    except UsageError:
        raise
    except Exception:  # python-docx and lxml raise many kinds; each means the file cannot be read
        raise UsageError(wrong) from None
    return template


def _asked(template: DocxTemplate, environment: SandboxedEnvironment) -> tuple[set[str], list[Problem]]:
    """Names between double braces anywhere in the form, and everything in braces that is more than a name."""
    names: set[str] = set()
    problems: list[Problem] = []
    sources = [("text", template.patch_xml(template.get_xml()))]
    for kind in (template.HEADER_URI, template.FOOTER_URI):
        for _, part in template.get_headers_footers(kind):
            sources.append(("header or footer", template.patch_xml(template.get_part_xml(part))))
    about = template.docx.core_properties
    kinds = ("author", "category", "comments", "identifier", "keywords", "subject", "title")
    sources += [("properties", str(getattr(about, name) or "")) for name in kinds]
    sources += [
        ("footnotes", template.patch_xml(part.blob.decode("utf-8", errors="replace")))
        for part in template.docx.part.package.iter_parts()
        if str(part.partname) in ("/word/footnotes.xml", "/word/endnotes.xml")
    ]
    for where, source in sources:
        # Each pair of braces by itself first: one that is wrong must not hide the others.
        wrong = []
        for found in BRACES.finditer(source):
            inner = next((group for group in found.groups() if group is not None), "").strip("-+ \t\r\n\xa0")
            if found["name"] is not None and inner.isidentifier():
                names.add(inner)
            elif found["note"] is None:
                wrong.append(Problem(f"form, {where}", "has more than a name between braces", " ".join(found[0].split())[:MOST_SHOWN], HOW))
        # Then as the engine reads it, which has the last word on what may be filled in.
        try:
            tree = environment.parse(source)
        except TemplateSyntaxError as error:
            if not wrong:
                wrong.append(Problem(f"form, {where}", "has braces that are not closed or not a name", str(error.message), HOW))
            problems += wrong
            continue
        parts = [part for node in tree.body for part in (node.nodes if isinstance(node, nodes.Output) else [node])]
        names |= {one.name for one in parts if isinstance(one, nodes.Name)}
        others = [one for one in parts if not isinstance(one, nodes.TemplateData | nodes.Name)]
        if others and not wrong:
            wrong = [Problem(f"form, {where}", "has more than a name between braces", type(one).__name__.lower(), HOW) for one in others]
        problems += wrong
    return names, list(dict.fromkeys(problems))


def sample(made: Equality | None = None) -> bytes:
    """A form with every placeholder under its label: the start of a council's own."""
    word = new_document()
    audit_word.set_up(word, "Equality assessment form", made.evidence_on if made else date(2026, 1, 1))
    word.sections[0].header.paragraphs[0].add_run("{{ label }}: {{ title }}. {{ evidence_as_at }}")
    word.add_heading("{{ label }}: {{ title }}", level=1)
    word.add_paragraph("{{ council }}. {{ evidence_as_at }}. {{ made_on }} {{ seal }}")
    word.add_paragraph("{{ warnings }}")
    parts = made.parts if made else texts.characteristics_of("England")
    head = [
        ("Services", "services"),
        ("Go-live", "go_live"),
        ("Purpose, in the officer's words", "officer_purpose"),
        ("Saving, in the officer's words", "officer_saving"),
        ("What the proposal says", "purpose_evidence"),
        ("The duty and other law", "law"),
        ("Who is affected", "affected"),
        ("Screening", "screening"),
    ]
    tail = [
        ("What we do not know", "gaps"),
        ("Impact", "impact"),
        ("Combined and cumulative effects", "cumulative_evidence"),
        ("Options", "options"),
        ("Draft actions and officers' answers", "actions"),
        ("Signed off", "signed_off"),
        ("Figures to look at again", "review_figures"),
        ("How to read this", "caveats"),
    ]
    for label, name in head:
        _asks(word, label, name)
    for one in parts:
        word.add_heading(one.title, level=2)
        word.add_heading("What do you know?", level=3)
        word.add_paragraph(f"{{{{ {one.id}_know }}}}")
        for question in texts.questions().values():
            word.add_heading(question.title, level=3)
            word.add_paragraph(f"{{{{ {one.id}_{question.id} }}}}")
    for label, name in tail:
        _asks(word, label, name)
    for blank in texts.blanks().values():
        _asks(word, blank.label, blank.id)
    return audit_word.steady(word)


def _asks(word: WordDocument, label: str, name: str) -> None:
    word.add_heading(label, level=2)
    word.add_paragraph(f"{{{{ {name} }}}}")
