"""An audit document as one web page: own style, no script, nothing fetched; it prints."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from exclusion import risk
from exclusion.audit import made_words
from exclusion.audit.model import Document, Intervals, Listed, Sub, Table

LEFT, STEP, LINE = 220, 110, 24  # of the picture, in its own units


def html(document: Document) -> str:
    """The whole page."""
    sections = [(f"part-{number}", section) for number, section in enumerate(document.sections, start=1)]
    page: str = _template().render(document=document, sections=sections, made=made_words(document))
    return page


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests |= {
        "said": lambda block: isinstance(block, str),
        "table": lambda block: isinstance(block, Table),
        "listed": lambda block: isinstance(block, Listed),
        "sub": lambda block: isinstance(block, Sub),
        "intervals": lambda block: isinstance(block, Intervals),
    }
    environment.globals |= {"left": LEFT, "step": STEP, "line": LINE, "bands": risk.BANDS}
    return environment.get_template("audit.html")
