"""Bring a catalogue up to the sentences of the code: ``python -m exclusion.language [cy] [--write]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from exclusion.language import FOLDER
from exclusion.language.catalogue import read, written
from exclusion.language.sentences import brought_up, mistakes, sentences


def main(given: Sequence[str]) -> int:
    """Say what a catalogue lacks; with ``--write``, add what is new to be translated and take out what is no longer said."""
    code = next((one for one in given if not one.startswith("-")), "cy")
    path = FOLDER / f"{code}.po"
    held, said = read(path), sentences()
    if "--write" in given:
        held = brought_up(held, said)
        path.write_text(written(held), encoding="utf-8")
    wrong = mistakes(held, said)
    sys.stdout.write("".join(f"{line}\n" for line in [*wrong, f"{len(said)} sentences, {len(wrong)} to see to."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
