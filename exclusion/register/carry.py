"""One assessment with all its versions as one file, to keep, to send and to take in: a zip of TOML, JSON and Parquet.

``register.toml`` lists every version and every file with its sha256; ``v2/responses.toml`` is what
version 2 added. A file that comes in is not trusted: its size, names, hashes and tables are checked
before anything is written, and then all of it is taken in or none.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from exclusion import __version__, contracts
from exclusion.contracts import DataRefused, ExclusionError, Problem
from exclusion.export import whole_file
from exclusion.register import chain, contents, reading, responses, review, saving, signing
from exclusion.register.archive import Limits, SoundZip, put, sound_zip, zipped
from exclusion.register.chain import Version
from exclusion.register.connect import Register
from exclusion.register.identity import named
from exclusion.release_write import to_toml

FORMAT = 1
LIST, ABOUT = "register.toml", "README.txt"
ZIP_BYTES, ALL_BYTES, FILES = 512 << 20, 2 << 30, 20_000
LIST_BYTES = 32 << 20
_PLACE = re.compile(r"v[1-9][0-9]{0,5}/" + contents.PART_NAME.pattern)
_ID = re.compile(r"[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DO = "Do not use this file; ask for it to be exported again."


def _another(names: Sequence[str]) -> tuple[str, str]:
    if LIST in names:
        return "", ""
    if "share.toml" in names:
        return "is a share pack, from which names and counts were left out", "Take it up with 'exclusion take', or on the Proposal page."
    about = "is a public copy, from which names and figures were left out" if "findings.csv" in names else f"holds no {LIST}"
    return about, "Ask for the file that 'exclusion register export' writes."


def _belongs(name: str) -> bool:
    return name in (LIST, ABOUT) or bool(_PLACE.fullmatch(name))


def _limits() -> Limits:
    return Limits(_belongs, ZIP_BYTES, ALL_BYTES, contents.PART_BYTES, FILES, _DO, _another)


_TEXT = """Kept Open: one assessment with all its versions.

register.toml   what each version is, and the sha256 of every file
v1/run.toml     what was run, on which release, with which weights and thresholds
v1/assessment.json, v1/*.parquet   the services, the method and the tables as they were
v1/proposal-1.toml   the proposal
v2/responses.toml    what officers answered in version 2; v3/review.toml a review, and so on
A file that did not change since an earlier version is there once, under the version that brought it.

Names of officers are in it. To publish, export the public copy instead.
To take it in: exclusion register import FILE --by NAME
"""


@dataclass(frozen=True)
class Imported:
    """What came in."""

    assessment: str
    added: int
    """Versions that were new here."""
    had: int
    """Versions that were here already, to the letter."""


@dataclass(frozen=True)
class _Carried:
    version: Version
    parts: dict[str, str]


# -------------------------------------------------------------------------------- export


def export_file(register: Register, assessment: str, path: str | Path, *, by: str) -> Path:
    """Write every version of one assessment to one file, whole or not at all; the history records it.

    Raises
    ------
    UsageError
        When there is no such assessment, or the place cannot be written.
    """
    who, out = named(by), Path(path)
    content, last = packed(register, assessment)
    with whole_file(out) as work:
        work.write_bytes(content)
    record_export(register, last, who, "all versions")
    return out


def record_export(register: Register, version: Version, who: str, what: str) -> None:
    """Note in the history that a copy left; a register that is read-only can still be exported."""
    if register.read_only:
        return
    with register.writing() as connection:
        detail = {"copy": what, "of": version.digest}
        chain.record(connection, chain.lock(connection), chain.now(), who, "exported", version.assessment, version.number, detail)


def send(register: Register, version: Version, files: Mapping[str, bytes], path: str | Path, who: str, what: str) -> Path:
    """Write a copy of one version that holds less than it, whole or not at all, and note in the history that it left."""
    with whole_file(path) as work:
        work.write_bytes(zipped(files))
    record_export(register, version, who, what)
    return Path(path)


def packed(register: Register, assessment: str) -> tuple[bytes, Version]:
    """The file of :func:`export_file` as bytes, and the newest version in it. The same versions give the same bytes."""
    saved, paths, sizes = [], {}, {}
    buffer = io.BytesIO()
    with register.reading() as connection, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        last = reading.read_version(connection, register.where, assessment).version
        put(archive, ABOUT, _TEXT.encode("utf-8"))
        for number in range(1, last.number + 1):
            one = reading.read_version(connection, register.where, last.assessment, number)
            parts = reading.parts_of(connection, last.assessment, number)
            saved.append(_Carried(one.version, parts))
            for name, content in one.files.items():
                if parts[name] not in paths:
                    paths[parts[name]], sizes[parts[name]] = f"v{number}/{name}", len(content)
                    put(archive, f"v{number}/{name}", content)
        listed = {
            "format": FORMAT,
            "program": f"exclusion {__version__}",
            "assessment": last.assessment,
            "file": [{"path": where, "sha256": digest, "bytes": sizes[digest]} for digest, where in paths.items()],
            "version": [asdict(one.version) | {"parts": one.parts} for one in saved],
        }
        put(archive, LIST, to_toml(listed).encode("utf-8"))
    return buffer.getvalue(), last


# -------------------------------------------------------------------------------- import


def import_file(register: Register, path: str | Path, *, by: str) -> Imported:
    """Take in a file that :func:`export_file` wrote: all of it or nothing.

    Versions that are here already are left alone; newer ones are added as they were made, by whom
    and when, and the history says who took them in.

    Raises
    ------
    DataRefused
        When the file is not sound, or holds another version of the same number than the one here.
    UsageError
        When it cannot be read, or the register cannot be written.
    """
    who = named(by)
    where = Path(path).name
    carried, bodies = unpacked(path)
    last = carried[-1].version
    with register.writing() as connection:
        head = chain.lock(connection)
        here = reading.newest(connection, last.assessment)
        had = here.number if here else 0
        for one in carried[:had]:
            held = reading.version_at(connection, last.assessment, one.version.number)
            if held is None or held.digest != one.version.digest:
                what = f"its version {one.version.number} of {last.assessment} is not the one that is here: the two were worked on apart"
                raise DataRefused(Problem(where, what, "", "Import it into a new register (--register), and compare the two there."))
        at = chain.now()
        for one in carried[had:]:
            parent = carried[one.version.number - 2].version.digest if one.version.number > 1 else chain.START
            kept = saving.insert(connection, one.version, {}, {name: bodies[digest] for name, digest in one.parts.items()}, parent)
            detail = {"digest": kept.digest, "made_by": kept.made_by, "made_at": kept.made_at}
            head = chain.record(connection, head, at, who, "imported", last.assessment, kept.number, detail)
    return Imported(last.assessment, max(0, len(carried) - had), min(had, len(carried)))


def unpacked(path: str | Path) -> tuple[list[_Carried], dict[str, bytes]]:
    """Versions and files (sha256 -> content) of an exported file, all of them checked; DataRefused with what is wrong."""
    where = Path(path).name
    with sound_zip(path, _limits(), "Name the exported file.") as archive:
        listed = contents.toml_from(archive.read(LIST, LIST_BYTES), f"{where}, {LIST}")
        carried = _versions(listed, where)
        bodies = _bodies(archive, listed, carried, where)
    problems = list(_content_problems(carried, bodies, where))
    if problems:
        raise DataRefused(problems)
    return carried, bodies


def _versions(listed: Mapping[str, Any], where: str) -> list[_Carried]:
    """The versions that register.toml lists, each following from the one before; DataRefused otherwise."""
    if listed.get("format") != FORMAT:
        what = f"is of a format this version does not read; it reads format {FORMAT}"
        raise DataRefused(Problem(where, what, str(listed.get("format"))[:40], "Update the program."))
    carried: list[_Carried] = []
    parent = chain.START
    rows = listed.get("version")
    for number, row in enumerate(rows if isinstance(rows, list) else [], start=1):
        version, parts = _one_version(row, f"{where}, version {number}")
        if version.assessment != listed.get("assessment") or version.number != number or version.based_on != number - 1:
            raise DataRefused(Problem(f"{where}, version {number}", "is out of its place", "", _DO))
        if chain.version_digest(version, parts, parent) != version.digest:
            raise DataRefused(Problem(f"{where}, version {number}", "was changed after it was exported: its digest differs", "", _DO))
        parent = version.digest
        carried.append(_Carried(version, parts))
    if not carried:
        raise DataRefused(Problem(where, "lists no version", "", _DO))
    return carried


def _one_version(row: Any, where: str) -> tuple[Version, dict[str, str]]:
    wanted = {field.name: int if field.name in ("number", "based_on") else str for field in fields(Version)}
    if not isinstance(row, dict) or not isinstance(row.get("parts"), dict) or set(row) != {*wanted, "parts"}:
        raise DataRefused(Problem(where, "lacks an entry, or holds one that does not belong", "", _DO))
    wrong = [name for name, kind in wanted.items() if type(row[name]) is not kind]
    version = Version(**{name: row[name] for name in wanted}) if not wrong else None
    if version is None or not _ID.fullmatch(version.assessment) or version.kind not in chain.SAVES or not _moment(version.made_at):
        raise DataRefused(Problem(where, "holds a value of another kind than belongs there", ", ".join(wrong), _DO))
    for name in ("title", "councils", "services", "release", "made_by", "note"):
        text = str(getattr(version, name))
        if contents.plain(text, f"{where}, {name}", 100_000) != text:
            raise DataRefused(Problem(where, f"{name} holds what no text should hold", "", _DO))
    parts = row["parts"]
    sound = all(contents.PART_NAME.fullmatch(name) and _DIGEST.fullmatch(str(digest)) for name, digest in parts.items())
    if not sound or not {contents.RUN, contents.SETTINGS, "findings.parquet", "scores.parquet", "areas.parquet"} <= set(parts):
        raise DataRefused(Problem(where, "does not list the files of an assessment", ", ".join(sorted(parts))[:200], _DO))
    return version, dict(parts)


def _moment(text: str) -> bool:
    try:
        return len(text) <= 32 and datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False


def _bodies(archive: SoundZip, listed: Mapping[str, Any], carried: list[_Carried], where: str) -> dict[str, bytes]:
    bodies: dict[str, bytes] = {}
    problems = []
    for row in listed.get("file") if isinstance(listed.get("file"), list) else []:  # type: ignore[union-attr]
        path, digest = (str(row.get("path")), str(row.get("sha256"))) if isinstance(row, dict) else ("", "")
        if path not in archive.entries:
            problems.append(Problem(where, "does not hold a file it lists", path, _DO))
            continue
        content = archive.read(path, contents.PART_BYTES)
        if chain.sha256(content) != digest:
            problems.append(Problem(where, "holds a file that was changed: its sha256 differs", path, _DO))
        bodies[digest] = content
    for one in carried:
        for name, digest in one.parts.items():
            if digest not in bodies and not problems:
                problems.append(Problem(where, f"lacks {name} of version {one.version.number}", "", _DO))
    if problems:
        raise DataRefused(problems[:10])
    return bodies


def _content_problems(carried: list[_Carried], bodies: Mapping[str, bytes], where: str) -> Iterator[Problem]:
    """Every file is read once as what it says it is, so that nothing comes in that cannot be shown later."""
    seen: set[tuple[str, str]] = set()
    for one in carried:
        for name, digest in one.parts.items():
            if (name, digest) in seen:
                continue
            seen.add((name, digest))
            try:
                _check_part(name, bodies[digest], f"{where}, v{one.version.number}/{name}")
            except ExclusionError as error:
                yield from error.problems


def _check_part(name: str, content: bytes, where: str) -> None:
    if name == "findings.parquet":
        contracts.check(contents.table_from(content, where), "findings", where)
    elif name.endswith(".parquet"):
        table = contents.table_from(content, where)
        lacking = {"scores.parquet": {"band_word"}, "areas.parquet": {"area_name", "council_name"}}.get(name, set()) - set(table.columns)
        if lacking:
            raise DataRefused(Problem(where, "lacks columns", ", ".join(sorted(lacking)), _DO))
    elif name == contents.SETTINGS:
        contents.settings_from({name: content})
    elif name == contents.RESPONSES:
        odd = [row["response"] for row in responses.from_file(content, where) if row["response"] not in responses.ANSWERS]
        if odd:
            raise DataRefused(Problem(where, "holds an answer that is none", odd[0][:40], _DO))
    elif name == contents.SIGNED:
        signing.from_file(content, where)
    elif name == contents.REVIEW:
        try:
            review.from_file(content, where)
        except (ValueError, KeyError, TypeError) as error:
            raise DataRefused(Problem(where, f"is not a review: {error}", "", _DO)) from None
    else:
        contents.toml_from(content, where)
