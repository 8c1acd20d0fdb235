"""The publishers played on loopback: each answers in its own shape, traps included.

``Publishers`` holds small invented tables (or the national ones, where a test has them) and answers the
questions the connectors put, as ``sources.md`` of the design says the services do.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


def json_of(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def layer(
    server: HTTPServer, name: str, table: pd.DataFrame, *, most: int = 2000, lower: bool = False, flag: bool = True
) -> list[dict[str, str]]:
    """An ArcGIS layer: filters by ``where``, pages at ``most`` rows whatever is asked, says whether there is more.

    ``lower`` writes the field names in lower case; ``flag=False`` plays a service that forgets to say
    that there is more. Returns the list of questions it was asked, which grows.
    """
    asked: list[dict[str, str]] = []

    def answer(request: Request) -> Response:
        want = dict(request.form or request.args)
        asked.append(want)
        where = want["where"]
        rows = table
        if found := re.fullmatch(r"(\w+) IN \((.*)\)", where):
            codes = {text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", found[2])}
            rows = table[table[found[1]].isin(codes)]
        elif found := re.fullmatch(r"(\w+)\s*=\s*'(.*)'", where):
            rows = table[table[found[1]] == found[2].replace("''", "'")]
        if want.get("returnCountOnly") == "true":
            return json_of({"count": len(rows)})
        start = int(want["resultOffset"])
        page = rows.sort_values(want["orderByFields"]).iloc[start : start + min(most, int(want["resultRecordCount"]))]
        more = flag and start + len(page) < len(rows)
        named: Callable[[str], str] = str.lower if lower else str
        fields = [c for c in want["outFields"].split(",") if c in page]
        if want["f"] == "geojson":
            features = json.loads(page[[*fields, "geometry"]].to_json(drop_id=True))["features"]
            for feature in features:
                feature["properties"] = {named(k): v for k, v in feature["properties"].items()}
            return json_of(
                {"type": "FeatureCollection", "features": features, **({"properties": {"exceededTransferLimit": True}} if more else {})}
            )
        features = [{"attributes": {named(k): v for k, v in row.items()}} for row in page[fields].to_dict("records")]
        return json_of({"features": features, **({"exceededTransferLimit": True} if more else {})})

    server.expect_request(f"/arcgis/{name}/FeatureServer/0/query").respond_with_handler(answer)
    return asked


def nomis(
    server: HTTPServer,
    dataset: str,
    dimension: str,
    cells: pd.DataFrame,
    *,
    cut: int = 25_000,
    count: bool = True,
    bom: bool = True,
    inside: Mapping[str, list[str]] | None = None,
    words: Mapping[int, str] | None = None,
) -> list[dict[str, str]]:
    """A Nomis table: ``cells`` has areas for rows and category codes for columns.

    Cuts at ``cut`` rows without a word. Without ``measures`` every row comes twice. ``inside`` says which
    areas a council has (``E07000117TYPE153``), ``words`` how categories are named. Returns the list of
    questions it was asked, which grows.
    """
    asked: list[dict[str, str]] = []
    column = dimension.upper()

    def answer(request: Request) -> Response:
        want = dict(request.args)
        asked.append(want)
        where = want["geography"]
        if where.startswith("TYPE"):
            areas = [code for code in cells.index if (str(code)[1:3] == "05") == (where == "TYPE153")]
        elif "TYPE" in where:
            areas = (inside or {}).get(where.split("TYPE")[0], [])
        else:
            areas = [c for c in where.split(",") if c in cells.index]
        codes = [int(c) for c in want[dimension].split(",")] if dimension in want else list(cells.columns)
        start, limit = int(want["recordoffset"]), min(cut, int(want["recordlimit"]))
        total = len(areas) * len(codes)
        spots = range(start, min(start + limit, total))
        spot = np.arange(spots.start, spots.stop)
        area, code = spot // len(codes), spot % len(codes)
        long = pd.DataFrame(
            {
                "GEOGRAPHY_CODE": np.asarray(areas, dtype=object)[area],
                column: np.asarray(codes)[code],
                f"{column}_NAME": [(words or {}).get(codes[c], f"Category {codes[c]}") for c in code],
                "OBS_VALUE": cells.loc[areas, codes].to_numpy()[area, code],
            }
        )
        if "measures" not in want:
            long = pd.concat([long.assign(MEASURES=20100), long.assign(MEASURES=20301)])
        if count:
            long["RECORD_COUNT"] = total
        if "select" in want:
            long = long[[c for c in long if c.lower() in want["select"].split(",")]]
        text = long.to_csv(index=False, quoting=1)
        return Response((b"\xef\xbb\xbf" if bom else b"") + text.encode(), content_type="text/csv")

    server.expect_request(f"/nomis/{dataset}.data.csv").respond_with_handler(answer)
    return asked


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip file of what is given by name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def squares(codes: list[str], column: str = "WD25CD") -> gpd.GeoDataFrame:
    """One square kilometre a code, side by side, in degrees as the publisher sends them."""
    from shapely.geometry import box

    shapes = [box(400_000 + 1000 * i, 300_000, 401_000 + 1000 * i, 301_000) for i in range(len(codes))]
    return gpd.GeoDataFrame({column: codes}, geometry=shapes, crs=27700).to_crs(4326)


def at(server: HTTPServer, addresses: dict[str, Any]) -> dict[str, Any]:
    """The addresses with every publisher on the local server."""
    addresses["open_geography"]["base"] = server.url_for("/arcgis")
    addresses["nomis"]["base"] = server.url_for("/nomis")
    addresses["nomis"]["bulk"] = server.url_for("/nomis-bulk")
    addresses["ons_custom"]["base"] = server.url_for("/ons-custom")
    addresses["ofcom"]["base"] = server.url_for("/ofcom")
    addresses["iod"]["scores"]["url"] = server.url_for("/iod/File_7_IoD2025.csv")
    addresses["iod"]["indicators"]["url"] = server.url_for("/iod/File_8_IoD2025.xlsx")
    addresses["local_statistics"]["base"] = server.url_for("/els")
    addresses["nisra"]["base"] = server.url_for("/nisra")
    return addresses
