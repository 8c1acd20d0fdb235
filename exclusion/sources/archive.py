"""Files inside zip files, read without unpacking to the disk: nested, renamed, corrupt or made to burst."""

from __future__ import annotations

import fnmatch
import io
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask, Got

DEEPEST = 3
MOST = 5_000
LARGEST = 600_000_000
"""Bytes that one file inside a zip may unpack to; the largest we ask for is a third of it."""


def member(ask: Ask, got: Got, names: Sequence[str], largest: int = LARGEST) -> tuple[str, bytes]:
    """The first file whose name matches a pattern, looked for in zips inside the zip as well.

    Parameters
    ----------
    names
        Patterns with ``*``, the best first; compared without the folder and without case, as
        publishers change both.

    Returns
    -------
    tuple of str and bytes
        Its path inside the zip, and what it holds.

    Raises
    ------
    DataRefused
        When the zip is corrupt, bursts its limits or holds no such file; names what it holds.
    """
    seen: list[str] = []
    with got.path.open("rb") as file:
        try:
            for pattern in names:
                if found := _search(ask, file, pattern, largest, 1, seen):
                    return found
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise DataRefused(
                ask.problem(f"sent a zip file that cannot be read: {error}", got.path.name, "It may be cut off; run the same again.")
            ) from None
    held = list(dict.fromkeys(seen))
    raise DataRefused(
        ask.problem(
            f"sent a zip file without {' or '.join(names)}",
            ", ".join(held[:6]) + (" ..." if len(held) > 6 else ""),
            "The publisher may have renamed it.",
        )
    )


def burst(ask: Ask, path: Path, largest: int | None = None) -> None:
    """Refuse a workbook made to burst: one is a zip file, and what reads it unpacks whatever it says it holds.

    Every part is unpacked and thrown away, counted by what comes out. A file that is no zip (an old workbook)
    cannot burst, and one that cannot be read is told of by what reads it.

    Raises
    ------
    DataRefused
        When its parts together unpack to more than ``largest`` bytes.
    """
    most = LARGEST if largest is None else largest
    size = 0
    with suppress(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError), zipfile.ZipFile(path) as book:
        for entry in book.infolist():
            with book.open(entry) as file:
                while chunk := file.read(1 << 20):
                    size += len(chunk)
                    if size > most:
                        said = f"sent a workbook that unpacks to more than {most:,} bytes"
                        raise DataRefused(ask.problem(said, path.name, "It is not the file we know."))


def _search(ask: Ask, file: IO[bytes], pattern: str, largest: int, depth: int, seen: list[str]) -> tuple[str, bytes] | None:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > MOST:
            raise DataRefused(ask.problem(f"sent a zip file of {len(entries):,} files; at most {MOST:,} were expected"))
        seen += [entry.filename for entry in entries if not entry.is_dir()]
        for entry in entries:
            if fnmatch.fnmatch(entry.filename.rsplit("/", 1)[-1].casefold(), pattern.casefold()):
                return entry.filename, _read(ask, archive, entry, largest)
        for entry in entries:
            if entry.filename.casefold().endswith(".zip") and depth < DEEPEST:
                inside = io.BytesIO(_read(ask, archive, entry, largest))
                if found := _search(ask, inside, pattern, largest, depth + 1, seen):
                    return f"{entry.filename} > {found[0]}", found[1]
    return None


def _read(ask: Ask, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int) -> bytes:
    """What a member holds, never more than the limit, whatever its header says of its size."""
    too_large = ask.problem(
        f"sent a zip file in which {entry.filename} unpacks to more than {largest:,} bytes", "", "It is not the file we know."
    )
    if entry.file_size > largest:
        raise DataRefused(too_large)
    parts, size = [], 0
    with archive.open(entry) as file:
        while chunk := file.read(1 << 20):
            size += len(chunk)
            if size > largest:
                raise DataRefused(too_large)
            parts.append(chunk)
    return b"".join(parts)
