"""A council's own release: the release it stands on with the council's own figures in it, in a folder of the council's choosing.

A visit of the app forgets own figures; whoever wants them there every day writes them into a release of
their own. It is never put where fetched answers and releases are, which others may share.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from exclusion import release, release_write
from exclusion.building import tabulate
from exclusion.contracts import Problem, UsageError
from exclusion.own.laying import PREFIX
from exclusion.release import Evidence
from exclusion.sources.keeping import cache_folder


def write_own(base: Evidence, laid: Evidence, out: str | Path, *, owner: str, today: date | None = None) -> Path:
    """Write the evidence with own figures in it as a release.

    Parameters
    ----------
    base
        The release it stands on.
    laid
        The same with own figures (:func:`exclusion.own.laying.lay`).
    out
        A folder of the council's own.

    Raises
    ------
    UsageError
        When ``out`` is where fetched releases or answers are kept, or the release itself.
    """
    folder = Path(out).absolute()
    for shared, what in ((release.data_folder(), "fetched releases are kept"), (cache_folder(), "answers of publishers are kept")):
        if folder.is_relative_to(Path(shared).absolute()):
            do = "Give a folder of your own: others may share that one."
            raise UsageError(Problem("--out", f"is where {what}", str(out), do))
    if folder == base.path.absolute():
        raise UsageError(Problem("--out", "is the release itself", str(out), "Give a new folder; the release stays as it is."))
    names = [name.removesuffix(".parquet") for name in base.manifest.files if name.endswith(".parquet")]
    disk = {name: pq.read_table(base.path / f"{name}.parquet").to_pandas() for name in names if name != "boundaries"}
    disk["observations"] = tabulate._compact(_texts(laid.observations)[disk["observations"].columns])
    disk["reference"] = laid.reference[disk["reference"].columns].astype({"q": "int16", "value": "float32"})
    shapes = base.path / "boundaries.parquet"
    raw = tomllib.loads((base.path / "release.toml").read_text(encoding="utf-8"))
    mine = [source for name, source in laid.manifest.sources.items() if name.startswith(PREFIX)]
    stamp = hashlib.sha256(pd.util.hash_pandas_object(disk["observations"].astype(str), index=False).to_numpy().tobytes()).hexdigest()[:8]
    head: dict[str, Any] = {key: value for key, value in raw.items() if key not in ("format", "files")}
    head |= {
        "name": f"{raw['name']}, with own figures of {owner}",
        "version": f"{raw['version']}+own.{stamp}",
        "built_on": (today or date.today()).isoformat(),
        "source": [*(one for one in raw["source"] if not one["id"].startswith(PREFIX)), *map(_entry, mine)],
    }
    lines = "\n".join(f"- {source.title}, {source.period}: {source.publisher}" for source in mine)
    page = (base.path / "README.md").read_text(encoding="utf-8").split("\n## Own figures\n")[0].rstrip()
    readme = f"{page}\n\n## Own figures\n\nNot published figures. Do not pass this release on without the council's word.\n\n{lines}\n"
    return release_write.write(folder, head, disk, gpd.read_parquet(shapes) if shapes.is_file() else None, readme, quick=True)


def _texts(observations: pd.DataFrame) -> pd.DataFrame:
    return observations.astype(dict.fromkeys(("level", "measure", "fit", "source", "period"), str))


def _entry(source: Any) -> dict[str, Any]:
    return asdict(source) | {"files": []}
