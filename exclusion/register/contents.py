"""An assessment as files in open formats, and back: Parquet for tables, JSON and TOML for the rest."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from exclusion import export
from exclusion.assessment import Assessment
from exclusion.contracts import SUMMARIES_BEFORE, DataRefused, Problem, UsageError, not_text_problem, toml_document
from exclusion.release import Evidence
from exclusion.typed import as_typed, not_text

RUN, SETTINGS = "run.toml", "assessment.json"
WORDS = "words.parquet"
"""The council's own words and settings; see :mod:`exclusion.register.considering`."""
RESPONSES, REVIEW, SIGNED = "responses.toml", "review.toml", "signoff.toml"
ADDED = (RESPONSES, REVIEW, SIGNED)
"""Parts that hold only what their version added; every other part is the whole, and is carried on."""
TABLE, ARRAY, FIELDS = "$table", "$array", "$fields"
PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,70}(-[0-9]{1,3})?\.(toml|json|parquet)")
PART_BYTES = 256 << 20
TABLE_ROWS, TABLE_BYTES = 20_000_000, 2 << 30
TEXT_LENGTH = 10_000
PROPOSAL_BYTES = 1 << 20


@dataclass(frozen=True)
class Reopened:
    """A saved assessment made live again, or what keeps it from being so."""

    assessment: Assessment | None
    """Exactly as it was saved; None when something it rests on is missing."""
    missing: tuple[str, ...]
    """One sentence for each thing that is not as it was."""


# ------------------------------------------------------------------------------- writing


def files_of(assessment: Assessment, proposals: Sequence[str] = (), tables: Mapping[str, pd.DataFrame] | None = None) -> dict[str, bytes]:
    """The parts of a version: part name -> content.

    Parameters
    ----------
    proposals
        The text of each proposal file, kept to the letter.
    tables
        More tables by name, such as ``demand`` and ``effects`` of a considered proposal.

    Raises
    ------
    UsageError
        For a proposal that is not TOML or too long, or a table whose name is taken.
    """
    files: dict[str, bytes] = {RUN: export.run_toml(assessment).encode("utf-8")}
    hints = get_type_hints(Assessment)
    settings = {
        field.name: _packed(field.name, getattr(assessment, field.name), hints[field.name], files)
        for field in dataclasses.fields(Assessment)
        if field.name != "evidence"  # the release: named and hashed in run.toml, never copied
    }
    files[SETTINGS] = json.dumps(settings, ensure_ascii=False, indent=1).encode("utf-8")
    problems = []
    for number, text in enumerate(proposals, start=1):
        content = text.encode("utf-8", errors="surrogatepass")
        try:
            toml_document(content.decode("utf-8"), f"proposal {number}")
        except UnicodeDecodeError:
            problems.append(Problem(f"proposal {number}", "is not a text file", "", "Save it as UTF-8."))
        except DataRefused as refused:
            problems += refused.problems
        if len(content) > PROPOSAL_BYTES:
            problems.append(Problem(f"proposal {number}", "is over one megabyte", f"{len(content):,} bytes", "Give the proposal alone."))
        files[f"proposal-{number}.toml"] = content
    for name, table in (tables or {}).items():
        part = f"{name}.parquet"
        if part in files or not PART_NAME.fullmatch(part):
            problems.append(Problem("tables", "cannot be kept under this name", name, "Use small letters, and no name of our own tables."))
        else:
            files[part] = table_bytes(pd.DataFrame(table))
    if problems:
        raise UsageError(problems)
    return files


def _packed(name: str, value: Any, hint: Any, files: dict[str, bytes]) -> Any:
    """A value as JSON; tables and arrays in it become files, and what is packed by its parts says so."""
    if isinstance(value, pd.DataFrame):
        # Shapes are the release's, and come back from there.
        files[f"{name}.parquet"] = table_bytes(pd.DataFrame(value.drop(columns="geometry", errors="ignore")))
        return {TABLE: name}
    if isinstance(value, np.ndarray):
        files[f"{name}.parquet"] = table_bytes(pd.DataFrame({"value": value.ravel()}))
        return {ARRAY: name, "shape": list(value.shape)}
    try:
        return TypeAdapter(hint).dump_python(value, mode="json")
    except PydanticSchemaGenerationError:  # it holds tables further in
        hints = get_type_hints(type(value))
        inner = {
            field.name: _packed(f"{name}__{field.name}", getattr(value, field.name), hints[field.name], files)
            for field in dataclasses.fields(value)
        }
        return {FIELDS: inner}


def _unpacked(value: Any, hint: Any, files: Mapping[str, bytes]) -> Any:
    """What :func:`_packed` packed; ValueError or KeyError when this program has no place for it."""
    if isinstance(value, dict) and TABLE in value:
        return table_from(files[f"{value[TABLE]}.parquet"], value[TABLE])
    if isinstance(value, dict) and ARRAY in value:
        flat = table_from(files[f"{value[ARRAY]}.parquet"], value[ARRAY])["value"].to_numpy(copy=True)
        array = flat.reshape([int(length) for length in value["shape"]])
        array.setflags(write=False)
        return array
    if isinstance(value, dict) and FIELDS in value:
        hints = get_type_hints(hint)
        return hint(**{name: _unpacked(inner, hints[name], files) for name, inner in value[FIELDS].items()})
    return TypeAdapter(hint).validate_python(value, strict=False)


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet with its types and its index, the same bytes for the same table."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def plain(text: object, where: str, longest: int = TEXT_LENGTH) -> str:
    """Text a person entered, :func:`exclusion.typed.as_typed`; UsageError for what no text should hold."""
    words = as_typed(str(text)).strip()
    if strange := not_text(words):
        raise UsageError(not_text_problem(where, strange))
    if len(words) > longest:
        raise UsageError(Problem(where, f"is longer than {longest:,} letters", f"{len(words):,}", "Shorten it, or attach a document."))
    return words


# ------------------------------------------------------------------------------- reading


def table_from(content: bytes, where: str) -> pd.DataFrame:
    """A table from Parquet; DataRefused when it is not one, or far larger than its file suggests."""
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        about = file.metadata
        size = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
        if about.num_rows > TABLE_ROWS or size > TABLE_BYTES or about.num_columns > 1_000:
            raise DataRefused(Problem(where, "unpacks to a table that is too large", f"{about.num_rows:,} rows", "Do not use this file."))
        table: pd.DataFrame = file.read().to_pandas()
        # Text that was kept as plain objects comes back as pandas' own text type unless it is told.
        kept = {c["name"] for c in (file.schema_arrow.pandas_metadata or {}).get("columns", []) if c["numpy_type"] == "object"}
        table = table.astype({name: object for name in table.columns if name in kept and table[name].dtype == "str"})
        if {"service_id", "summary"} <= set(table.columns):  # the bytes stay as they were saved; only the word is today's
            table["summary"] = table["summary"].replace(SUMMARIES_BEFORE)
        return table
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise DataRefused(Problem(where, f"cannot be read as a Parquet table: {str(error)[:200]}", "", "Use another copy.")) from None


def toml_from(content: bytes, where: str) -> dict[str, Any]:
    """A TOML file as plain data; DataRefused when it is not one."""
    try:
        return toml_document(content.decode("utf-8"), where, "Use another copy.")
    except UnicodeDecodeError:
        raise DataRefused(Problem(where, "is not a text file", "", "Use another copy.")) from None


def settings_from(files: Mapping[str, bytes]) -> dict[str, Any]:
    """``assessment.json`` as plain data; DataRefused when it is not that."""
    try:
        found = json.loads(files[SETTINGS].decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError, KeyError) as error:
        raise DataRefused(Problem(SETTINGS, f"cannot be read: {error}", "", "Use another copy.")) from None
    return found if isinstance(found, dict) else {}


def release_missing(run: Mapping[str, Any], evidence: Evidence | None) -> tuple[str, ...]:
    """What of the release an assessment was made with is not in ``evidence``: a sentence for each thing."""
    wanted = run.get("release", {})
    name = f"{wanted.get('name', 'unknown')}, version {wanted.get('version', 'unknown')}"
    if evidence is None:
        return (f"The release it was made with is not here: {name}. Give its folder with --release.",)
    manifest = evidence.manifest
    held = {file: str(about["sha256"]) for file, about in manifest.files.items()}
    # The reading page of a release is no figure; everything else must be to the letter.
    differs = [file for file, digest in run.get("sha256", {}).items() if held.get(file) != digest and file.endswith(".parquet")]
    if (manifest.name, manifest.version) != (wanted.get("name"), wanted.get("version")):
        return (f"It was made with the release {name}; this is {manifest.name}, version {manifest.version}.",)
    return tuple(f"The file {file} of the release {name} is not the one it was made with: its sha256 differs." for file in differs)


def reopen(files: Mapping[str, bytes], evidence: Evidence | None) -> Reopened:
    """The assessment exactly as it was: the tables that were saved, laid on the release they were made with.

    Nothing is worked out again, so a later version of the program or of its judgement files
    changes nothing.
    """
    missing = list(release_missing(toml_from(files[RUN], RUN), evidence))
    settings = settings_from(files)
    hints = get_type_hints(Assessment)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Assessment):
        if field.name == "evidence":
            values["evidence"] = evidence
        elif field.name in settings:
            try:
                values[field.name] = _unpacked(settings[field.name], hints[field.name], files)
            except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
                missing.append(
                    f"This version of the program cannot read '{field.name}' as it was saved. Open it with the version named in run.toml."
                )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            missing.append(f"'{field.name}' was not yet kept by the version of the program that saved it.")
    if missing or evidence is None:
        return Reopened(None, tuple(missing))
    places = evidence.areas.geometry.reindex(values["areas"].index)
    values["areas"] = gpd.GeoDataFrame(values["areas"], geometry=places, crs=evidence.areas.crs)[list(evidence.areas.columns)]
    return Reopened(Assessment(**values), ())
