"""An equality assessment as one web page: own style, no script, nothing fetched; it prints, with the date on every page."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from exclusion.equality import made_words
from exclusion.equality.model import Choice, Equality, Listed, Open, Sub, Table
from exclusion.equality.word import check_logo
from exclusion.judgement import equality as texts


def html(made: Equality, logo: bytes | None = None) -> str:
    """The whole page."""
    picture = "" if logo is None else f"data:{check_logo(logo)};base64,{base64.b64encode(logo).decode('ascii')}"
    # It stands inside a style sheet, where only plain letters are safe.
    every = re.sub(r"[^\w .,():-]", "", f"{made.label}. {made.evidence}. Evidence, not a decision.")
    page: str = _template().render(made=made, line=made_words(made), logo=picture, standing=texts.words().standing, every=every)
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
        "open": lambda block: isinstance(block, Open),
        "choice": lambda block: isinstance(block, Choice),
    }
    return environment.get_template("equality.html")
