"""Write a data release in one move: whole, read back once, or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from exclusion.contracts import Problem, UsageError
from exclusion.release import FORMAT, read, recover


def write(
    folder: str | Path,
    head: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    boundaries: gpd.GeoDataFrame | None,
    readme: str,
    *,
    quick: bool = False,
) -> Path:
    """Write a release in one move: a killed writer leaves the old one as it was.

    Parameters
    ----------
    head
        What goes into ``release.toml`` besides the list of files.
    tables
        The five tables, as they go to disk.
    boundaries
        ``area_code, geometry`` for display, or None.
    quick
        Write fast rather than small, for a release that stays on one machine.

    Raises
    ------
    UsageError
        When the folder holds something else or cannot be written to (read only, disk full): what was there is
        as it was.
    """
    out = Path(folder).absolute()
    try:
        return _write(out, head, tables, boundaries, readme, quick, str(folder))
    except OSError as error:  # whatever the disk or its owner refuses
        do = f"{'Free some space' if error.errno in FULL else 'Give a folder you may write to'}, and run the same again."
        what = f"cannot be written ({error.strerror or error}); what was there is as it was"
        raise UsageError(Problem(str(folder), what, "", do)) from error


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _write(
    out: Path,
    head: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    boundaries: gpd.GeoDataFrame | None,
    readme: str,
    quick: bool,
    named: str,
) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    recover(out)
    if out.exists() and any(out.iterdir()) and not (out / "release.toml").is_file():
        raise UsageError(Problem(named, "holds other files and no release", "", "Give an empty or new folder."))
    _clear_abandoned(out)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-{os.getpid()}-", dir=out.parent))
    try:
        files: dict[str, dict[str, Any]] = {}
        for name, table in tables.items():
            _write_parquet(table, work / f"{name}.parquet", quick)
            files[f"{name}.parquet"] = {"rows": len(table)}
        if boundaries is not None:
            boundaries.to_parquet(work / "boundaries.parquet", compression="zstd", index=False)
            files["boundaries.parquet"] = {"rows": len(boundaries)}
        (work / "README.md").write_text(readme, encoding="utf-8")
        files["README.md"] = {"rows": readme.count("\n")}
        for name, about in files.items():
            content = (work / name).read_bytes()
            about |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        (work / "release.toml").write_text(to_toml({"format": FORMAT, **head, "files": files}), encoding="utf-8")
        read(work)  # what cannot be read back is not released
        work.chmod(0o755)
        swap(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out


def _clear_abandoned(out: Path) -> None:
    """Remove the half-written folders of writers that were killed; one that still runs keeps its own."""
    for left in out.parent.glob(f".{out.name}-*-*"):
        writer = left.name.removeprefix(f".{out.name}-").split("-")[0]
        if writer.isdigit() and left.is_dir() and not runs(int(writer)):
            shutil.rmtree(left, ignore_errors=True)


def short_of(folder: Path, least: int) -> bool:
    """Whether the disk of a folder has fewer bytes left than these; no where we cannot know."""
    try:
        return shutil.disk_usage(folder).free < least
    except OSError:
        return False


def runs(process: int) -> bool:
    """Whether a process of this machine still runs; yes where we cannot know."""
    if os.name == "nt":  # there a signal of 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_parquet(table: pd.DataFrame, path: Path, quick: bool) -> None:
    """As small as Parquet gets here: columns are sorted runs, which plain encoding leaves to the compressor."""
    single = [column for column in table if table[column].dtype == "float32"]
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    plain = [column for column in arrow.column_names if pa.types.is_dictionary(arrow.schema.field(column).type)]
    for column in plain:
        position = arrow.column_names.index(column)
        arrow = arrow.set_column(position, column, arrow.column(column).cast(pa.string()))
    if quick:
        pq.write_table(arrow, path, compression="zstd")
        return
    pq.write_table(
        arrow,
        path,
        compression="brotli",
        compression_level=11,
        version="2.6",
        data_page_size=8 << 20,
        use_dictionary=False,
        use_byte_stream_split=single,
    )


def swap(new: Path, out: Path) -> None:
    """Put ``new`` in the place of ``out``; the old folder is only removed once the new one stands.

    Of two that do so at the same moment each stands whole for a while, and the last one stays.
    """
    previous = out.with_name(f".{out.name}.previous")
    for left in reversed(range(TURNS)):
        try:
            if out.exists():
                shutil.rmtree(previous, ignore_errors=True)
                os.rename(out, previous)
            os.rename(new, out)
            break
        except OSError as error:
            # Another writer, or a reader that found no release there and put the old one back, was first.
            another = error.errno in (errno.ENOTEMPTY, errno.EEXIST) or (isinstance(error, FileNotFoundError) and new.exists())
            if not another or not left:
                recover(out)
                raise
    shutil.rmtree(previous, ignore_errors=True)


TURNS = 100


def to_toml(document: Mapping[str, Any]) -> str:
    """Plain TOML: scalars first, then tables, then arrays of tables."""
    lines: list[str] = []

    def value(item: Any) -> str:
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, (int, float, np.integer, np.floating)):
            return repr(item.item() if isinstance(item, np.generic) else item)
        if isinstance(item, (list, tuple)):
            return "[" + ", ".join(value(part) for part in item) + "]"
        if isinstance(item, Mapping):
            return "{ " + ", ".join(f"{_key(k)} = {value(v)}" for k, v in item.items()) + " }"
        # JSON writes text as TOML does, but for one control character.
        return json.dumps(str(item), ensure_ascii=False).replace("\x7f", "\\u007f")

    def is_tables(item: Any) -> bool:
        return isinstance(item, (list, tuple)) and bool(item) and all(isinstance(part, Mapping) for part in item)

    for key, item in document.items():
        if not isinstance(item, Mapping) and not is_tables(item):
            lines.append(f"{_key(key)} = {value(item)}")
    for key, item in document.items():
        if isinstance(item, Mapping):
            lines += ["", f"[{_key(key)}]", *(f"{_key(k)} = {value(v)}" for k, v in item.items())]
    for key, item in document.items():
        if is_tables(item):
            for part in item:
                lines += ["", f"[[{_key(key)}]]", *(f"{_key(k)} = {value(v)}" for k, v in part.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'
