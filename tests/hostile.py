"""Hostile files: what the fuzz tests throw at every place where a file or a text comes in.

A **target** is one such place, with files it takes. ``spoil`` damages one of them: bytes flipped, cut off or
doubled, a cell or a word replaced by something nasty. A target must then either read what it is given, and
what it read must be sound, or refuse it with one of our own errors; anything else is a defect.

``python tests/hostile.py --inputs 100000`` (``make fuzz``) runs as many as one likes;
``tests/test_hostile.py`` runs a few thousand of them with every test run.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
from docx import Document
from shapely import Polygon, box

import exclusion
from exclusion import access, costs, equality, places, proposal, release, routes
from exclusion.contracts import ExclusionError
from exclusion.judgement import composites, local
from exclusion.method import older_index
from exclusion.own import areas as own_areas
from exclusion.own import count as own_count
from exclusion.own import figures as own_figures
from exclusion.own.looking import look
from exclusion.register import carry

ROOT = Path(__file__).resolve().parents[1]
REFUSED = ("bowtie", "swapped", "none", "release")
"""Files that are wrong before they are damaged."""
LONGEST = 5.0
"""Seconds of processor time after which an input counts as a hang."""

NASTY = [
    b"", b"-1", b"-0", b"NaN", b"nan", b"inf", b"-inf", b"1e309", b"1e-400", b"99999999999999999999999", b"0x10", b"1_000",
    b"\xc2\xbd", b"1,234", b"12.5.7", b"%", b"100%", b"101 %", b"=1+1", b"=cmd|'/c calc'!A0", b"@SUM(A1)", b"+441253",
    b"<script>alert(1)</script>", b"{{ 7 * 7 }}", b"{% for x in y %}", b"${jndi:ldap://x}", b"'; DROP TABLE areas;--",
    b"../../../etc/passwd", b"C:\\con", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc2\xa0", b"\xe2\x80\xae", b"\xe2\x80\x8b",
    b"\xed\xa0\x80", b"\r", b"\r\n\r\n", b'"', b"'", b";", b"\t", b"|", b"E05015186", b"W05001798", b"e05015186 ", b"E05999999",
    b"E01012670", b"S13003131", b"None", b"null", b"true", b"[[", b"]]", b"{", b"}", b"2026-13-45", b"0000-00-00", b"9999-12-31",
    b"1900-02-29", b"2027-04-01T00:00:00+99:00", b"SW1A 1AA", b"AB 12 34 56 C", b"\xf0\x9f\x9a\xaa" * 40, b"a" * 5_000, b"[" * 3_000,
    b"{" * 3_000, b"," * 2_000, b"9" * 5_000, b"a." * 1_500 + b"b = 1\n",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One place where a file comes in."""

    name: str
    files: Callable[[], Sequence[tuple[str, bytes]]]
    """Files it takes: name and content."""
    read: Callable[[bytes, Path], Any]
    """Give it a content, and the path where the same content lies."""
    sound: Callable[[Any], bool] = lambda _: True
    """Whether what it read can be true: no negative or endless counts, no codes we do not know."""


# ------------------------------------------------------------------------------ damage


def spoil(good: bytes, name: str, chance: random.Random) -> bytes:
    """A file damaged in one to three ways; inside its parts where it is a zip."""
    if good[:2] == b"PK" and chance.random() < 0.7:
        return _spoil_zip(good, chance)
    spoiled = good
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        spoiled = chance.choice(_ways(name))(spoiled, chance)
    return spoiled


def _ways(name: str) -> list[Callable[[bytes, random.Random], bytes]]:
    binary = [_flip, _cut, _double, _insert]
    return binary if Path(name).suffix in (".gpkg", ".parquet", ".gz") else [*binary, _cell, _cell, _cell, _line, _line_twice, _number]


def _at(content: bytes, chance: random.Random) -> int:
    return chance.randint(0, max(len(content) - 1, 0))


def _flip(content: bytes, chance: random.Random) -> bytes:
    place = _at(content, chance)
    return content[:place] + bytes([chance.randint(0, 255)]) + content[place + 1 :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: _at(content, chance)]


def _double(content: bytes, chance: random.Random) -> bytes:
    begin, end = sorted((_at(content, chance), _at(content, chance)))
    return content[:end] + content[begin:end] + content[end:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    place = _at(content, chance)
    return content[:place] + chance.choice(NASTY) + content[place:]


def _pieces(content: bytes, between: bytes, chance: random.Random, change: Callable[[list[bytes], int], None]) -> bytes:
    pieces = content.split(between)
    change(pieces, chance.randint(0, len(pieces) - 1))
    return between.join(pieces)


def _cell(content: bytes, chance: random.Random) -> bytes:
    """Something nasty in the place of one cell, value or word."""
    between = chance.choice([b",", b"\n", b" ", b'"', b":", b"="])
    return _pieces(content, between, chance, lambda pieces, at: pieces.__setitem__(at, chance.choice(NASTY)))


def _line(content: bytes, chance: random.Random) -> bytes:
    return _pieces(content, b"\n", chance, lambda pieces, at: pieces.pop(at) and None)


def _line_twice(content: bytes, chance: random.Random) -> bytes:
    return _pieces(content, b"\n", chance, lambda pieces, at: pieces.insert(at, pieces[chance.randint(0, len(pieces) - 1)]))


def _number(content: bytes, chance: random.Random) -> bytes:
    """One digit replaced: most often a file that still reads, with another figure or code in it."""
    digits = [place for place, sign in enumerate(content[:20_000]) if 48 <= sign <= 57]
    if not digits:
        return content
    place = chance.choice(digits)
    return content[:place] + chance.choice([b"0", b"9", b"-", b".", b"e", b"", b" ", b"NaN"]) + content[place + 1 :]


def _spoil_zip(good: bytes, chance: random.Random) -> bytes:
    """A zip (workbook, Word form, register) with one part spoiled, missing, twice, a bomb or in a place of its own."""
    with zipfile.ZipFile(io.BytesIO(good)) as held:
        parts = [(one.filename, held.read(one)) for one in held.infolist()]
    at = chance.randint(0, len(parts) - 1)
    name, content = parts[at]
    match chance.randint(0, 7):
        case 0:
            parts.pop(at)
        case 1:
            parts.append((chance.choice(["../../evil.txt", "/etc/evil", "xl/../../x", "C:\\evil", "v1/run.toml", "a" * 300]), b"x"))
        case 2:
            parts[at] = (name, b"0" * 10_000_000)  # ten megabytes of nothing in ten kilobytes
        case 3:
            entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY e SYSTEM "file:///etc/hostname">]>'
            parts[at] = (name, content.replace(b"?>", b"?>" + entity, 1).replace(b"</t>", b"&b;&e;</t>"))
        case 4:
            parts[at] = (name, chance.choice(NASTY))
        case _:
            for _ in range(chance.randint(1, 3)):
                content = chance.choice(_ways(name))(content, chance)
            parts[at] = (name, content)
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        warnings.simplefilter("ignore")  # two parts of one name are meant
        for part, content in parts:
            written.writestr(part, content)
    return out.getvalue()


# ------------------------------------------------------------------------------ what the targets stand on


@cache
def evidence() -> Any:
    """The bundled release."""
    return exclusion.load()


@cache
def blackpool() -> pd.DataFrame:
    """Areas of one council."""
    areas = evidence().areas
    return areas[areas["council_name"] == "Blackpool"]


COUNCIL = "E06000009"


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _xlsx(frame: pd.DataFrame) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [list(frame.columns), *frame.astype(object).to_numpy().tolist()]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def _gpkg(frame: gpd.GeoDataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / "x.gpkg", driver="GPKG")
        return (Path(folder) / "x.gpkg").read_bytes()


@cache
def _figures() -> list[tuple[str, bytes]]:
    wards = blackpool().reset_index()[["area_code", "area_name"]].head(8)
    counts = wards.assign(contacts=range(120, 200, 10), phone=range(30, 110, 10))
    shapes = gpd.GeoDataFrame(counts, geometry=[box(n, 0, n + 1, 1) for n in range(8)], crs=27700)
    return [("figures.csv", _csv(counts)), ("figures.xlsx", _xlsx(counts)), ("figures.gpkg", _gpkg(shapes))]


@cache
def _contacts() -> list[tuple[str, bytes]]:
    table = blackpool().reset_index()[["area_code"]].head(8).assign(phone=range(30, 110, 10), online=range(120, 200, 10))
    return [("contacts.csv", _csv(table)), ("contacts.xlsx", _xlsx(table))]


@cache
def _lookup() -> list[tuple[str, bytes]]:
    small = evidence().small_areas
    codes = small.loc[small["area_code"].isin(blackpool().index), "small_area_code"].drop_duplicates().head(12)
    table = pd.DataFrame(
        {"small_area_code": codes.to_numpy(), "area_code": ["N1"] * 6 + ["N2"] * 6, "area_name": ["North"] * 6 + ["South"] * 6}
    )
    shape = Polygon([(330_000, 435_000), (332_000, 435_000), (332_000, 437_000), (330_000, 437_000)])
    outlines = gpd.GeoDataFrame({"area_code": ["N1"], "area_name": ["North"]}, geometry=[shape], crs=27700)
    bowtie = {"type": "Polygon", "coordinates": [[[-3.05, 53.8], [-3.0, 53.85], [-3.0, 53.8], [-3.05, 53.85], [-3.05, 53.8]]]}
    swapped = {"type": "Polygon", "coordinates": [[[53.8, -3.05], [53.85, -3.0], [53.8, -3.0], [53.8, -3.05]]]}

    def collection(geometry: object) -> bytes:
        feature = {"type": "Feature", "properties": {"area_code": "N1", "area_name": "North"}, "geometry": geometry}
        return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    good = outlines.to_crs(4326).to_json().encode()
    return [
        ("lookup.csv", _csv(table)), ("lookup.xlsx", _xlsx(table)), ("areas.geojson", good), ("areas.gpkg", _gpkg(outlines)),
        ("bowtie.geojson", collection(bowtie)), ("swapped.geojson", collection(swapped)), ("none.geojson", collection(None)),
    ]  # fmt: skip


PROPOSAL = b"""title = "Blue Badge applications online"
councils = ["Blackpool"]
date = 2027-04-01
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post", "home_visit"]
wards = ["E05015186"]
contacts = { online = 2000, phone = 1500, f2f = 900, post = 200 }
[[place]]
name = "Palatine Library"
kind = "library"
change = "fewer_hours"
hours_left = 12
gives = ["assisted_digital"]
"""
COSTS = b"""by = "Finance"
reckoned = "October 2026"
falls_back_to = "phone"
[contact]
online = { low = 0.1, high = 0.3 }
phone = { low = 3, high = 5 }
f2f = { low = 8, high = 14 }
[recontact]
low = 0.1
high = 0.3
"""
THRESHOLDS = (
    b"measure,low,high,by,on,why\nage75,70,85,A. Officer,2026-10-01,Our own reading\nno_car,75,90,A. Officer,2026-10-01,Few buses\n"
)
PLACES = (
    b"name,kind,x,y,postcode,hours,help\nPalatine Library,library,331000,435500,,Mon 9-5,computers\n"
    b"Hub,hub,330800,436600,,Tue 10:00-16:00,\n"
)
OPEN_REFERRAL = json.dumps(
    {
        "services": [
            {
                "id": "1", "name": "Help to get online", "status": "active",
                "service_at_locations": [{"location": {"id": "a", "name": "Palatine Library", "latitude": 53.81, "longitude": -3.05}}],
                "schedules": [{"byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:00"}],
            }
        ]
    }
).encode()  # fmt: skip
ROUTES = (
    b"service_id,channel,where_to_find,last_tried,tried_by,worked,note\nblue_badge,phone,01253 477477,2026-10-01,Customer services,yes,\n"
    b"missed_bin,post,Town Hall,,,,\n"
)
DERI = b"lsoa11cd,demography,broadband,deprivation\nE01012670,4.5,3.1,8.2\nE01012671,1.5,,2.2\nE01012672,9.5,3.3,8.8\n"
ROWS = b"account,postcode,channel\n1001,FY1 1AD,phone\n1002,FY1 2HD,online\n1003,FY4 1NW,phone\n" * 10


def _form() -> list[tuple[str, bytes]]:
    out = io.BytesIO()
    word = Document()
    word.add_paragraph("{{ title }} {{ council }}")
    word.add_table(1, 2).cell(0, 0).text = "{{ age_know }}"
    word.save(out)
    return [("form.docx", out.getvalue())]


def _method_file() -> list[tuple[str, bytes]]:
    shipped = [(path.name, path.read_bytes()) for path in sorted(composites.ALTERNATIVES.glob("*.toml"))]
    return [(name, content.replace(b'\nid = "', b'\nid = "our_', 1)) for name, content in shipped]


@cache
def _times() -> tuple[pd.Series, pd.DataFrame]:
    small = evidence().small_areas
    codes = small.loc[small["area_code"].isin(blackpool().index), "small_area_code"].drop_duplicates().head(4)
    return codes, pd.DataFrame({"place_id": ["P1", "P2"], "name": ["Palatine Library", "Hub"]})


def _times_file() -> list[tuple[str, bytes]]:
    codes, held = _times()
    rows = [(code, place, 10 + n) for n, code in enumerate(codes) for place in held["place_id"]]
    return [("times.csv", _csv(pd.DataFrame(rows, columns=["small_area_code", "place_id", "minutes"])))]


@cache
def _points() -> Path:
    """Three postcodes of Blackpool, as Code-Point Open has them."""
    file = Path(tempfile.mkdtemp()) / "postcodes.parquet"
    centre = blackpool().geometry.representative_point()
    table = pd.DataFrame({"postcode": ["FY1 1AD", "FY1 2HD", "FY4 1NW"], "x": centre.x.to_numpy()[:3], "y": centre.y.to_numpy()[:3]})
    table.to_parquet(file)
    return file


@cache
def _carried() -> bytes:
    from exclusion import register
    from exclusion.register.connect import connect

    folder = Path(tempfile.mkdtemp())
    held = connect(folder / "register.sqlite")
    made = exclusion.assess(evidence(), ["Blackpool"], ["blue_badge"])
    return carry.packed(held, register.save(held, made, by="A. Officer").assessment)[0]


def _released() -> list[tuple[str, bytes]]:
    return [("release.toml", (ROOT / "data" / "release.toml").read_bytes())]


# ------------------------------------------------------------------------------ whether what was read can be true


def _counts(table: pd.DataFrame) -> bool:
    """Numbers are blank or finite and not below zero."""
    numbers = table.select_dtypes("number").astype("float64").to_numpy()
    return bool(np.all(np.isnan(numbers) | (np.isfinite(numbers) & (numbers >= 0))))


def _within(given: Any, wards: set[str]) -> bool:
    return set(given) <= wards


def _sound_contacts(found: dict[str, dict[str, int]]) -> bool:
    return _within(found, set(blackpool().index)) and all(0 <= count < 1e12 for row in found.values() for count in row.values())


def _sound_areas(found: own_areas.OwnAreas) -> bool:
    if found.shapes is not None:
        return bool(found.shapes.geometry.is_valid.all() and np.isfinite(found.shapes.total_bounds).all())
    return found.lookup is not None and bool(found.lookup.index.is_unique)


def _sound_costs(found: costs.Costs) -> bool:
    return all(0 <= one.low <= one.high < float("inf") for one in found.contact.values())


def _read_figures(content: bytes, path: Path) -> Any:
    return own_figures.read(look(content, path.name), evidence(), [COUNCIL])


def _read_areas(content: bytes, path: Path) -> Any:
    return own_areas.read(content, path.name)


def _read_local(which: str) -> Callable[[bytes, Path], Any]:
    return lambda _, path: local.read_local(**{which: path})


def _read_release(_: bytes, path: Path) -> Any:
    """A folder that holds nothing but the list of what it holds: always refused, in words."""
    return release.read(path.parent)


def _count(content: bytes, path: Path) -> pd.DataFrame:
    return own_count.count(content, "postcode", _points(), evidence(), councils=[COUNCIL], by="channel", where=path.name).counts


def _read_places(_: bytes, path: Path) -> pd.DataFrame:
    return places.read_places(path).table


def _read_components(content: bytes, path: Path) -> pd.DataFrame:
    return older_index.read_components(content, path.name)


def _finite(table: pd.DataFrame) -> bool:
    return bool(np.isfinite(table[["x", "y"]].to_numpy(float)).all())


def _zero_to_ten(table: pd.DataFrame) -> bool:
    return bool((table.isna() | ((table >= 0) & (table <= 10))).to_numpy().all())


def _rows() -> list[tuple[str, bytes]]:
    return [("rows.csv", ROWS), ("rows.xlsx", _xlsx(pd.read_csv(io.BytesIO(ROWS))))]


TARGETS: list[Target] = [
    Target("own figures", _figures, _read_figures, lambda found: _within(found.table.index, set(evidence().areas.index))),
    Target("own areas", _lookup, _read_areas, _sound_areas),
    Target("contacts", _contacts, lambda content, path: proposal.read_contacts(content, blackpool(), path.name), _sound_contacts),
    Target("proposal", lambda: [("proposal.toml", PROPOSAL)], lambda _, path: proposal.read(path, blackpool())),
    Target("places", lambda: [("places.csv", PLACES), ("places.json", OPEN_REFERRAL)], _read_places, _finite),
    Target("routes", lambda: [("routes.csv", ROUTES)], lambda content, path: routes.read(content, path.name)),
    Target("costs", lambda: [("costs.toml", COSTS)], lambda _, path: costs.read(path), _sound_costs),
    Target("local thresholds", lambda: [("thresholds.csv", THRESHOLDS)], _read_local("thresholds")),
    Target("method file", _method_file, lambda _, path: composites.read_method(path)),
    Target("DERI components", lambda: [("deri.csv", DERI), ("deri.csv.gz", gzip.compress(DERI))], _read_components, _zero_to_ten),
    Target("travel times", _times_file, lambda _, path: access.read_travel_times(path, *_times()).table, _counts),
    Target("Word form", _form, lambda content, _: equality.check_form(content)),
    Target("rows to count", _rows, _count),
    Target("release", _released, _read_release, lambda _: False),
    Target("register file", lambda: [("assessment.zip", _carried())], lambda _, path: carry.unpacked(path)),
]


# ------------------------------------------------------------------------------ one attempt


def attempt(target: Target, content: bytes, name: str, folder: Path) -> str:
    """Give a target one content: "read" or "refused".

    Raises
    ------
    AssertionError
        With what went wrong: an error that is not one of ours, a hang, or something read that cannot be true.
    """
    path = folder / name
    path.write_bytes(content)
    begun = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = target.read(content, path)
    except ExclusionError as refused:
        assert str(refused).strip(), f"{target.name}: refused without a word"
        done = "refused"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise AssertionError(
            f"{target.name}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:200]}"
        ) from error
    else:
        assert target.sound(found), f"{target.name}: read something that cannot be true"
        done = "read"
    spent = time.process_time() - begun
    assert spent < LONGEST, f"{target.name}: took {spent:.1f} s of processor time"
    return done


def warm(targets: Sequence[Target]) -> None:
    """Read what the targets stand on, and every file undamaged: each must be taken, or be one that is refused on purpose."""
    with tempfile.TemporaryDirectory() as folder:
        for target in targets:
            for name, good in target.files():
                if not name.startswith(REFUSED):
                    path = Path(folder) / name
                    path.write_bytes(good)
                    assert target.sound(target.read(good, path)), f"{target.name}: {name} undamaged is not sound"


def main(words: Sequence[str] | None = None) -> int:
    """Throw many inputs at the targets in turn; say what was read, refused, and which went wrong."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--inputs", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=20261126)
    asked.add_argument("--only", default="", help="part of the name of a target")
    asked.add_argument("--keep", type=Path, help="folder for the inputs that went wrong")
    given = asked.parse_args(words)
    chance = random.Random(given.seed)
    chosen = [target for target in TARGETS if given.only in target.name]
    warm(chosen)
    done: Counter[tuple[str, str]] = Counter()
    wrong: dict[str, int] = {}
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.inputs):
            target = chosen[number % len(chosen)]
            name, good = chance.choice(target.files())
            content = spoil(good, name, chance)
            begun = time.process_time()
            try:
                done[target.name, attempt(target, content, name, Path(folder))] += 1
            except AssertionError as error:
                if str(error) not in wrong and given.keep:
                    given.keep.mkdir(parents=True, exist_ok=True)
                    (given.keep / f"{len(wrong)}-{name}").write_bytes(content)
                wrong[str(error)] = wrong.get(str(error), 0) + 1
            slowest = max(slowest, time.process_time() - begun)
    for (name, what), count in sorted(done.items()):
        print(f"{name}: {count:,} {what}")
    print(f"{given.inputs:,} inputs, {sum(wrong.values()):,} went wrong in {len(wrong)} ways, slowest {slowest:.2f} s")
    for error, count in sorted(wrong.items()):
        print(f"  {count:,} x {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
