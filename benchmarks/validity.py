"""How well the score agrees with what people did: the share of census returns made on paper.

Run from the checkout, with the national tables beside it::

    python benchmarks/validity.py ../shared/data            # print the comparison
    python benchmarks/validity.py ../shared/data --keep     # and keep it in the package, with the table of weights

The work is done by ``exclusion.validity``; ``--keep`` is how the two files in ``exclusion/judgement/``
are made anew after a new release or a change of the method.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import exclusion
from exclusion import validity
from exclusion.judgement.entries import FOLDER


def main(folder: str, keep: bool) -> None:
    """Print the comparison; with ``keep``, write both tables into the package."""
    found = validity.check(Path(folder), exclusion.load(), lambda text, share: print(f"{share:4.0%} {text}", file=sys.stderr), grid=keep)
    shown = found.table[["nation", "sent_first", "level", "score", "areas", "spearman", "low", "high", "within_councils", "found"]]
    print(shown.to_string(index=False, float_format="{:.3f}".format))
    print(f"Differences under about {found.noise('England'):.3f} mean nothing in England.")
    print(found.notice)
    if keep:
        for path in validity.write(found, FOLDER, date.today().isoformat()):
            print(f"Wrote {path.name}")


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "--keep"]
    main(given[0] if given else "../shared/data", "--keep" in sys.argv)
