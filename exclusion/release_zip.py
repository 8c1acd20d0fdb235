"""A data release out of a zip of its folder, as a visitor brings one: unpacked, verified, and nothing left on the disk."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from exclusion import release
from exclusion.contracts import DataRefused, Problem, temporary_folder
from exclusion.release import Evidence

MOST_FILES, MOST_BYTES = 200, 300_000_000
"""What a release of the whole country stays far below (twelve files, two megabytes in the bundled one)."""


def read(path: str | Path) -> Evidence:
    """Evidence of a release, from its folder or from a zip of it.

    In the zip the files may lie at the top or in one folder; folders inside that, such as ``boundaries``, are passed over, as are
    hidden files. What a release reads only when first asked for (context, shares, census wards) a zipped one no longer has.

    Raises
    ------
    DataRefused
        When the zip cannot be read, unpacks to more than any release, or its release does not verify.
    """
    path = Path(path)
    if path.is_dir() or path.suffix.lower() != ".zip":
        return release.read(path)
    with temporary_folder() as folder:
        _unpack(path, Path(folder))
        return release.read(folder)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            parts = {PurePosixPath(part.filename): part for part in packed.infolist() if not part.is_dir()}
            home = next((name.parent for name in sorted(parts, key=lambda one: len(one.parts)) if name.name == "release.toml"), None)
            if home is None:
                do = "Zip the whole folder of a release, as it is under data/ or as `exclusion release build` writes it."
                raise DataRefused(Problem(path.name, "holds no release.toml, so it is no zip of a data release", "", do))
            wanted = {name.name: part for name, part in parts.items() if name.parent == home and not name.name.startswith(".")}
            if len(wanted) > MOST_FILES or sum(part.file_size for part in wanted.values()) > MOST_BYTES:
                said = f"unpacks to more than {MOST_FILES} files or {MOST_BYTES / 1e6:,.0f} MB"
                raise DataRefused(Problem(path.name, said, "", "No release is so large. Check where it came from."))
            for name, part in wanted.items():
                # Never longer than it said: what unpacks to more is cut there, and its hash is then not the released one.
                with packed.open(part) as source, (folder / name).open("wb") as target:
                    target.write(source.read(part.file_size))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise DataRefused(Problem(path.name, f"cannot be read as a zip: {error}", "", "Zip the folder of the release again.")) from None


__all__ = ["read"]
