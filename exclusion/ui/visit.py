"""What a visitor types or uploads, kept for the visit only: never in the address, never on the disk.

Streamlit forgets what was asked on another page, so answers and files are kept beside it in the session.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from exclusion.contracts import DataRefused, ExclusionError, Problem, temporary_folder
from exclusion.language import tr

File = tuple[str, bytes]
SMALL = 5  # megabytes; server.maxUploadSize of .streamlit/config.toml stands above the largest that any question takes
Found = TypeVar("Found")


def held() -> dict[str, Any]:
    """What this visit holds."""
    kept: dict[str, Any] = st.session_state.setdefault("proposal_visit", {})
    return kept


def ask(widget: Callable[..., Any], label: str, key: str, first: Any = None, **more: Any) -> Any:
    """Ask with a widget and keep the answer for the visit."""
    if key not in st.session_state:
        st.session_state[key] = held().get(key, first)
    if widget is st.multiselect:  # else Enter would choose everything that loosely matches
        more = {"filter_mode": "contains", "select_all": False} | more
    answer = widget(label, key=key, **more)
    held()[key] = answer
    return answer


def upload(label: str, key: str, kinds: Sequence[str], *, several: bool = False, megabytes: int = SMALL) -> list[File]:
    """Files for the visit; the uploader forgets them when the page changes, the visit does not.

    ``megabytes``: how large one may be.
    """

    def took() -> None:
        given = st.session_state.get(key)
        listed = given if isinstance(given, list) else [given] if given else []
        held()[f"{key}_files"] = [(one.name, one.getvalue()) for one in listed]

    shown = st.file_uploader(label, type=list(kinds), key=key, accept_multiple_files=several, on_change=took, max_upload_size=megabytes)
    given: list[File] = files(key)
    if given and not shown and st.button(tr("Take {name} away again", name=", ".join(name for name, _ in given)), key=f"{key}_forget"):
        held()[f"{key}_files"] = given = []
    return given


def files(key: str) -> list[File]:
    """Files that :func:`upload` took under a key."""
    given: list[File] = held().get(f"{key}_files", [])
    return given


def print_of(given: Sequence[File]) -> tuple[tuple[str, str], ...]:
    """Names and hashes of files: the same for the same content."""
    return tuple((name, sha256(content).hexdigest()) for name, content in given)


def from_file(read: Callable[[Path], Found], given: File) -> Found:
    """Read an uploaded file with a reader that wants a path; nothing is left on the disk."""
    with folder() as place:
        return read(written(place, given))


def folder() -> AbstractContextManager[Path]:
    """A folder for uploaded files that is gone when the block ends."""
    return temporary_folder()


def written(place: Path, given: File) -> Path:
    """An uploaded file under its own name in a folder."""
    path = place / Path(given[0]).name
    path.write_bytes(given[1])
    return path


def attempt(work: Callable[[], Found], problems: list[Problem]) -> Found | None:
    """Do the work; what is wrong is added to ``problems`` and None given back."""
    try:
        return work()
    except ExclusionError as error:
        problems += error.problems or [Problem("proposal", str(error), "", tr("Mend it."))]
        return None


def once(name: str, key: Hashable, work: Callable[[], Found]) -> Found:
    """Work done once in the visit for each ``key``; only the last one is kept.

    A refusal of what a file holds is kept too: it would be the same at every click. What else goes wrong, such as a
    machine without room, may be mended by the next.

    Raises
    ------
    ExclusionError
        What the work raised.
    """
    if held().get(f"{name}_key") != key:
        try:
            held()[name] = work()
        except DataRefused as error:
            held()[name] = error
        held()[f"{name}_key"] = key
    if isinstance(found := held()[name], DataRefused):
        raise found.with_traceback(None)  # else it grows a frame, and holds what the frame held, at every run
    kept: Found = found
    return kept
