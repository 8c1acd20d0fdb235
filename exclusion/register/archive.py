"""Zip files that are sent: written the same byte for byte, and read without trusting a name, a size or a link in them."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; real dates stand in the files


def put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to a zip, without the minute it was written: equal zips are equal to the letter."""
    about = zipfile.ZipInfo(name, _DATE)
    about.external_attr = 0o644 << 16
    archive.writestr(about, content, zipfile.ZIP_DEFLATED)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files as one zip, by name: the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            put(archive, name, content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Limits:
    """What a zip of one kind may hold."""

    belongs: Callable[[str], bool]
    """Whether a file of this name belongs in it."""
    zip_bytes: int
    all_bytes: int
    """All its files unpacked."""
    file_bytes: int
    """One file unpacked."""
    files: int
    do: str
    """What to do with one that is not sound."""
    another: Callable[[Sequence[str]], tuple[str, str]] = lambda names: ("", "")
    """Told by the names it holds: what other file it is, and what to do then; blank for the right one."""


@dataclass(frozen=True)
class SoundZip:
    """A zip whose names, sizes and kinds of file were checked. Nothing is unpacked until it is read."""

    archive: zipfile.ZipFile
    entries: Mapping[str, zipfile.ZipInfo]
    limits: Limits

    def read(self, name: str, most: int) -> bytes:
        """One file, never more than it said it would be, nor than ``most`` bytes; DataRefused otherwise."""
        entry = self.entries[name]
        most = min(most, entry.file_size)
        with self.archive.open(entry) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise DataRefused(Problem(name, "unpacks to more than it says", "", self.limits.do))
        return content


@contextmanager
def sound_zip(path: str | Path, limits: Limits, name_it: str) -> Iterator[SoundZip]:
    """A zip from elsewhere, once no name in it leads out of it, no file is a link and the sizes are sane.

    Parameters
    ----------
    name_it
        What to do where there is no such file.

    Raises
    ------
    DataRefused
        When it is not a sound zip, also while it is read.
    UsageError
        When it cannot be read at all.
    """
    where = Path(path).name
    try:
        if Path(path).stat().st_size > limits.zip_bytes:
            raise DataRefused(Problem(where, f"is over {limits.zip_bytes >> 20} megabytes", "", limits.do))
        with zipfile.ZipFile(path) as archive:
            yield SoundZip(archive, _entries(archive, where, limits), limits)
    except OSError as error:
        raise UsageError(Problem(str(path), f"cannot be read: {error.strerror or error}", "", name_it)) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise DataRefused(Problem(where, f"is not a sound zip file: {error}", "", limits.do)) from None
    except Exception as error:
        if isinstance(error, ExclusionError) or type(error).__module__ not in ("zlib", "_lzma"):
            raise
        raise DataRefused(Problem(where, "is damaged: a file in it cannot be unpacked", str(error), limits.do)) from None


def _entries(archive: zipfile.ZipFile, where: str, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    found = archive.infolist()
    names = [entry.filename for entry in found]
    about, do = limits.another(names)
    if about:
        raise DataRefused(Problem(where, about, "", do))
    problems = []
    for entry in found[: limits.files + 1]:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not limits.belongs(entry.orig_filename):
            problems.append(Problem(where, "holds a file of a name that does not belong in it", repr(entry.orig_filename)[:80], limits.do))
        elif kind not in (0, stat.S_IFREG):
            problems.append(Problem(where, "holds a link in place of a file", entry.filename, limits.do))
        elif entry.flag_bits & 0x1:
            problems.append(Problem(where, "holds a file under a password", entry.filename, limits.do))
        elif entry.file_size > limits.file_bytes:
            problems.append(Problem(where, "holds a file that is too large", f"{entry.filename}, {entry.file_size:,} bytes", limits.do))
    if len(found) > limits.files or sum(entry.file_size for entry in found) > limits.all_bytes:
        problems.append(Problem(where, "unpacks to more than it can be", f"{len(found):,} files", limits.do))
    if len(set(names)) < len(names):
        problems.append(Problem(where, "holds two files of one name", "", limits.do))
    if problems:
        raise DataRefused(problems[:10])
    return {entry.filename: entry for entry in found}
