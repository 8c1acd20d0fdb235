"""What publishers answered, kept in the platform's cache folder, and the log of what was asked.

An answer is kept under the hash of its question, beside a note of where it is from, with the
publisher's ETag and our own hash of the content: one that was changed or cut off on the disk counts as
not kept. Every file is written under another name and moved into place once it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from exclusion.sources.asking import Ask, Got


def cache_folder() -> Path:
    """Where answers are kept: ``KEPT_OPEN_CACHE`` or the platform's cache folder for this program."""
    given = os.environ.get("KEPT_OPEN_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("kept-open", appauthor=False))


@dataclass(frozen=True)
class Cache:
    """A folder of kept answers."""

    folder: Path

    def files(self, ask: Ask) -> tuple[Path, Path]:
        """Where the answer to a question is kept, and the note beside it."""
        folder = self.folder / "answers" / ask.key[:2]
        return folder / f"{ask.key}.body", folder / f"{ask.key}.json"

    def held(self, ask: Ask) -> dict[str, Any] | None:
        """What we noted of a kept answer, if both are whole; a changed or cut-off file counts as not kept."""
        body, note = self.files(ask)
        try:
            about: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            if sha256_of(body) == about["sha256"]:
                return about
        except (OSError, ValueError, KeyError):
            pass
        return None

    def got(self, ask: Ask, about: Mapping[str, Any], how: str) -> Got:
        """The kept answer as a caller sees it."""
        return Got(self.files(ask)[0], about["sha256"], about["url"], str(about["when"])[:10], how)

    def keep(self, ask: Ask, part: str, about: Mapping[str, Any]) -> None:
        """Move a whole answer into its place, then its note."""
        body, note = self.files(ask)
        os.replace(part, body)
        write_bytes(note, json.dumps(about, indent=1).encode())

    def forget(self, ask: Ask) -> None:
        """Throw away a kept answer that turned out to be wrong, so that the next run asks again."""
        for path in self.files(ask):
            with suppress(FileNotFoundError):
                path.unlink()

    def log(self, ask: Ask, outcome: str, sha256: str, size: int) -> None:
        """One line a request in ``requests.log``: when, what was asked, what came of it and what was kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": ask.source,
            "url": ask.url,
            "params": {name: value[:200] for name, value in ask.params.items()},
            "outcome": outcome,
            "bytes": size,
            "sha256": sha256,
            "kept": str(self.files(ask)[0].name) if sha256 and outcome != "by hand" else "",
        }
        with (self.folder / "requests.log").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def sha256_of(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)
