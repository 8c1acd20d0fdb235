"""The publishers' addresses: one data file, with a user's own laid over it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exclusion.contracts import Problem, UsageError

OURS = Path(__file__).with_name("addresses.toml")


def read_addresses(own: str | Path | None = None) -> dict[str, Any]:
    """Addresses, services and tables by publisher.

    Parameters
    ----------
    own
        A file whose entries replace ours, one by one; that of ``KEPT_OPEN_ADDRESSES`` when None.

    Raises
    ------
    UsageError
        When the file cannot be read, or names something that ours does not know.
    """
    found: dict[str, Any] = tomllib.loads(OURS.read_text(encoding="utf-8"))
    path = own or os.environ.get("KEPT_OPEN_ADDRESSES")
    if not path:
        return found
    try:
        theirs = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            Problem("--addresses", f"cannot be read: {error}", str(path), "See exclusion/sources/addresses.toml for the form.")
        ) from None
    problems: list[Problem] = []
    _lay_over(found, theirs, "", problems)
    if problems:
        raise UsageError(problems)
    return found


def _lay_over(ours: dict[str, Any], theirs: Mapping[str, Any], where: str, problems: list[Problem]) -> None:
    for name, value in theirs.items():
        place = f"{where}{name}"
        if name not in ours and where not in ("recoded.", "nomis.before."):
            problems.append(Problem(str(place), "is not an entry of the addresses file", "", f"Known here: {', '.join(ours)}."))
        elif isinstance(ours.get(name), dict) and isinstance(value, Mapping):
            _lay_over(ours[name], value, f"{place}.", problems)
        elif name in ours and type(value) is not type(ours[name]):
            problems.append(Problem(str(place), "is of another kind than ours", str(value), f"Ours is {ours[name]!r}."))
        else:
            ours[name] = value
