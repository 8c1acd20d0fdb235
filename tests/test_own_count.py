"""Cases counted by ward: rows go in, counts come out, and nothing of a row is ever kept or shown."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import exclusion
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, ExclusionError, UsageError
from exclusion.own import count as counting
from exclusion.own import hiding
from exclusion.release import Evidence
from exclusion.sources import postcodes

SECRET = "Zebedee"  # stands in every row of the files below
HEAD = "Ref,Name,Post Code,Channel\r\n"


# ------------------------------------------------------------------ what is hidden


def hidden(rows: list[list[int]], columns: list[str] | None = None) -> list[str]:
    """The table with its totals as it would be printed, a line a row."""
    table = pd.DataFrame(rows, columns=columns or [f"c{n}" for n in range(len(rows[0]))])
    shown = hiding.with_totals(table).astype(str).mask(hiding.hide(table), "*")
    return [" ".join(row) for row in shown.to_numpy()]


def test_a_count_under_ten_is_hidden_and_the_smallest_other_with_it_since_the_total_would_tell():
    # 4 alone follows from the total of 91, so 12 goes too: then the two are 16 together, each 0 to 16.
    assert hidden([[4], [12], [30], [45]]) == ["*", "*", "30", "45", "91"]


def test_nothing_is_hidden_where_nothing_is_small_and_a_nought_is_a_nought():
    assert hidden([[10, 0], [30, 20]]) == ["10 0 10", "30 20 50", "40 20 60"]


def test_two_small_counts_whose_sum_is_printed_are_not_hidden_enough():
    # 1 and 2 are 3 together: each would be known to within 3. The 11 goes too: 14 for three.
    assert hidden([[1], [2], [11], [50]]) == ["*", "*", "*", "50", "64"]


def test_rows_columns_and_totals_are_looked_at_together():
    shown = hidden([[40, 3, 60], [50, 20, 70], [15, 80, 90]])
    assert shown[0].split()[1] == "*"
    for line in [*(row.split() for row in shown), *zip(*(row.split() for row in shown), strict=True)]:
        assert list(line).count("*") != 1  # one alone in a line is its total less the others


def possible(rows: list[list[int]], mask: pd.DataFrame, most: int) -> dict[tuple[int, int], tuple[int, int]]:
    """For each hidden cell the least and the most it can be, by trying every 2 x 2 table that prints the same. Independent of the code."""
    printed = hiding.with_totals(pd.DataFrame(rows)).to_numpy()
    wanted = [range(most + 1) if mask.iloc[r, c] else [rows[r][c]] for r in range(2) for c in range(2)]
    a, b, c, d = np.array(list(itertools.product(*wanted))).T
    tables = np.array([[a, b, a + b], [c, d, c + d], [a + c, b + d, a + b + c + d]])
    same = np.ones(len(a), dtype=bool)
    for r, k in zip(*np.nonzero(~mask.to_numpy()), strict=True):
        same &= tables[r, k] == printed[r, k]
    cells = zip(*np.nonzero(mask.to_numpy()), strict=True)
    return {(r, k): (int(tables[r, k][same].min()), int(tables[r, k][same].max())) for r, k in cells}


@pytest.mark.parametrize("seed", range(8))
def test_whoever_tries_every_table_that_prints_the_same_cannot_tell_a_hidden_count(seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 16, (2, 2)).tolist()
    mask = hiding.hide(pd.DataFrame(rows))
    for cell, (low, high) in possible(rows, mask, 22).items():
        assert high - low >= 9, (rows, cell, low, high)


# ------------------------------------------------------------------ six postcodes, two wards


@pytest.fixture(scope="module")
def evidence(bundled: Evidence) -> Evidence:
    return bundled


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code-Point Open as published, without headings: two postcodes in one ward, one in another, one in Preston, one nowhere."""
    path = tmp_path_factory.mktemp("points") / "fy.csv"
    path.write_text(
        '"FY1 1AA",10,330900,435300,"E92000001","","","","E06000009","E05015188"\n'
        '"FY1 1AB",10,330950,435350,"E92000001","","","","E06000009","E05015188"\n'
        '"FY3 7AA",10,331800,436800,"E92000001","","","","E06000009","E05015189"\n'
        '"PR1 1AA",10,354000,429000,"E92000001","","","","E07000123","E05011670"\n'
        '"FY9 9AA",90,0,0,"E92000001","","","",,\n'
    )
    return path


def wards_of(points: Path, bundled: Evidence) -> dict[str, str]:
    """Postcode -> name of the ward its point lies in, worked out here without the program."""
    shapes = bundled.areas[bundled.areas["council_code"] == "E06000009"]
    held = postcodes.points(points)
    spots = gpd.GeoSeries(shapely.points(held["x"], held["y"]))
    return {
        code: next((name for name, shape in zip(shapes["area_name"], shapes.geometry, strict=True) if shape.contains(spot)), "")
        for code, spot in zip(held["postcode"], spots, strict=True)
    }


def cases(*rows: tuple[int, str, str]) -> bytes:
    """A file of cases: how many rows, with which postcode and channel. Every row holds a name."""
    lines = [f"R1,{SECRET} Quux,{code},{channel}\r\n" for number, code, channel in rows for _ in range(number)]
    return (HEAD + "".join(lines)).encode()


def test_rows_become_counts_by_ward(points: Path, evidence: Evidence) -> None:
    wards = wards_of(points, evidence)
    first, third = wards["FY11AA"], wards["FY37AA"]
    assert first and third and first != third and wards["FY11AB"] == first
    content = cases((30, "FY1 1AA", "Phone"), (12, "fy11ab", "Web"), (25, " fy3  7aa ", "Phone"), (15, "FY3 7AA", "Web"))
    found = counting.count(content, "post code", points, evidence, by="CHANNEL", when="2025-26")
    assert found.counts.set_index("area_name")[["Phone", "Web", "cases", "period"]].to_dict("index") == {
        first: {"Phone": "30", "Web": "12", "cases": "42", "period": "2025-26"},
        third: {"Phone": "25", "Web": "15", "cases": "40", "period": "2025-26"},
    }
    assert found.totals.to_dict("records") == [{"Phone": "55", "Web": "27", "cases": "82"}]
    assert found.said == ["82 rows read, 82 placed in 2 wards.", "Every row was placed."]


def test_how_many_rows_could_not_be_placed_is_said_by_reason_and_never_which(points: Path, evidence: Evidence) -> None:
    content = cases((20, "FY1 1AA", ""), (3, "", ""), (2, "FY1", ""), (4, "ZZ9 9ZZ", ""), (1, "FY9 9AA", ""), (5, "PR1 1AA", ""))
    found = counting.count(content, "Post Code", points, evidence, councils=["E06000009"])
    assert found.said[:2] == [
        "35 rows read, 20 placed in 21 wards.",
        "15 could not be placed: no postcode 3; not a whole postcode 2; not in the file of postcode points 5; "
        "outside the wards of the councils chosen 5.",
    ]
    assert len(found.counts) == 21  # every ward of the council stands there, with 0 where it had no case
    assert sorted(found.counts["cases"])[:2] == ["0", "0"]


def test_a_group_that_few_rows_have_never_becomes_a_heading(points: Path, evidence: Evidence) -> None:
    content = cases((40, "FY1 1AA", "Phone"), (9, "FY1 1AA", f"{SECRET} herself rang"), (20, "FY1 1AA", "=1+1"), (12, "FY1 1AA", "Cases"))
    found = counting.count(content, "Post Code", points, evidence, by="Channel")
    assert list(found.counts.columns[3:]) == ["Phone", "'=1+1", "Cases (group)", "other", "cases", "period"]
    assert found.counts["other"].tolist() == ["*"]


def test_a_workbook_with_a_title_above_its_headings_and_a_csv_of_any_kind_give_the_same(points: Path, evidence: Evidence) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Council tax contacts"])
    sheet.append([])
    sheet.append(["Ref", "Name", "Post Code", "Channel"])
    for _ in range(30):
        sheet.append([1, "Zoë", "FY1 1AA", "Phone"])
    packed = io.BytesIO()
    book.save(packed)
    text = "Ref;Name;Post Code;Channel\n" + "1;Zoë;FY1 1AA;Phone\n" * 30
    ways = [packed.getvalue(), *(text.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"))]
    ways += [text.replace(";", "\t").encode(), ("sep=;\n" + text).encode(), text.replace(";", "|").encode()]
    for content in ways:
        found = counting.count(content, "Post Code", points, evidence)
        assert found.counts["cases"].tolist() == ["30"], content[:20]


def test_postcodes_as_each_publisher_writes_them_give_the_same_points(points: Path, tmp_path: Path) -> None:
    ons = tmp_path / "ONSPD.csv"
    ons.write_text(
        "pcd7,pcd8,pcds,dointr,doterm,east1m,north1m,gridind,wd25cd,lsoa21cd\n"
        "FY1 1AA,FY1  1AA,FY1 1AA,198001,,330900,435300,1,E05015188,E01012670\n"
        "FY9 9AA,FY9  9AA,FY9 9AA,198001,199601,,,9,,\n"
        "BT1 1AA,BT1  1AA,BT1 1AA,198001,,333500,374500,1,N08000301,\n"
    )
    older = tmp_path / "NSPL.csv"
    older.write_text(
        "pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,laua,ward,lsoa21\n"
        '"FY1 1AA","FY1  1AA","FY1 1AA","198001","","330900","0435300","1","E06000009","E05015188","E01012670"\n'
    )
    packed = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("Data/CSV/fy.csv", points.read_text())
        file.writestr("Doc/Code-Point_Open_Column_Headers.csv", "PC,PQ,EA,NO\nPostcode,Quality,Eastings,Northings\n")
    (tmp_path / "CSV").mkdir()
    (tmp_path / "CSV" / "fy.csv").write_text(points.read_text())
    for path in (points, ons, older, packed, tmp_path / "CSV"):
        found = postcodes.points(path, ["fy1 1aa"])
        assert found[["postcode", "x", "y", "area_code"]].to_numpy().tolist() == [["FY11AA", 330900, 435300, "E05015188"]], path.name
    # Northern Ireland stands on the Irish grid in the ONS files: Belfast lies at about 147 km east, 529 km north on the British one.
    belfast = postcodes.points(ons, ["BT1 1AA"]).iloc[0]
    assert (round(belfast["x"] / 1000), round(belfast["y"] / 1000)) == (146, 530)
    assert "FY99AA" not in set(postcodes.points(points)["postcode"])  # without a position


def test_the_wards_of_another_year_in_the_postcode_file_are_not_taken_for_ours(tmp_path: Path, evidence: Evidence) -> None:
    path = tmp_path / "old.csv"
    path.write_text("pcds,oseast1m,osnrth1m,osward\nPR1 1AA,354000,429000,E05000001\nFY1 1AA,330900,435300,E05000002\n")
    content = cases((20, "PR1 1AA", ""), (20, "FY1 1AA", ""))
    with pytest.raises(UsageError) as refused:
        counting.count(content, "Post Code", path, evidence, councils=["E07000123"])
    assert str(refused.value) == (
        "the ward of a postcode: cannot be told from outlines: this release has none for Preston. "
        "Give --boundaries with the wards of this edition, or a file of points that says the ward of each postcode."
    )
    found = counting.count(content, "Post Code", path, evidence, councils=["E06000009"])  # its outlines are held
    assert found.placed == 20
    assert "wards of another edition than WD25" in found.said[2]


# ------------------------------------------------------------------ nothing of a row, anywhere

PERSON = f"R1,{SECRET} Quux,FY1 1AA,Phone\r\n"


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """A workbook whose one part says it unpacks to 5 GB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<a/>")
    content = bytearray(out.getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = (4_000_000_000).to_bytes(4, "little")
    return bytes(content)


HOSTILE = {
    "no heading row": PERSON.encode() * 30,
    "only headings": HEAD.encode(),
    "empty": b"",
    "names as groups": (HEAD + "".join(f"R1,x,FY1 1AA,{SECRET}{n}\r\n" for n in range(99))).encode(),
    "a quotation mark never closed": (HEAD + PERSON + f'R1,"{SECRET}' + "x" * 200_000).encode(),
    "not text": (HEAD + PERSON).encode() + b"\x00\x01\x02",
    "no encoding we know": (HEAD + PERSON).encode() + b"\x81\x8d\n",
    "an old workbook": b"\xd0\xcf\x11\xe0" + PERSON.encode(),
    "a workbook cut off": workbook([["Post Code"], [SECRET]])[:900],
    "a zip that is no workbook": b"PK\x05\x06" + bytes(18),
    "a zip bomb": bomb(),
    "postcodes nobody knows": (HEAD + f"R1,{SECRET},{SECRET},Phone\r\n" * 30).encode(),
    "headings twice": ("Post Code,Post Code\r\n" + f"{SECRET},{SECRET}\r\n").encode(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_message_holds_anything_of_a_row(
    kind: str, points: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT_OPEN_DEBUG", "1")
    file = tmp_path / "export.csv"
    file.write_bytes(HOSTILE[kind])
    code = main(["count", str(file), "--postcode", "Post Code", "--by", "Channel", "--postcodes", str(points)])
    said = "".join(capsys.readouterr())
    assert code in (2, 3), said
    assert "bug" not in said and len(said.strip()) > 30
    assert SECRET.casefold() not in said.casefold()
    assert "FY1 1AA" not in said


def test_even_a_bug_of_ours_shows_nothing_of_a_row(points: Path, evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError(f"{SECRET} FY1 1AA")

    monkeypatch.setattr(postcodes, "points", broken)
    with pytest.raises(ExclusionError) as raised:
        counting.count(cases((20, "FY1 1AA", "Phone")), "Post Code", points, evidence)
    assert str(raised.value) == "This is a bug in the program (KeyError). Nothing of the file is shown or kept."
    assert raised.value.__suppress_context__  # the traceback does not show the first error either


WATCHED = """
import json, sys
written = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and any(sign in args[1] for sign in "wax+"):
        written.append(str(args[0]))
    elif event in ("os.mkdir", "os.rename", "socket.connect", "tempfile.mkstemp", "sqlite3.connect"):
        written.append(event + " " + " ".join(map(str, args[:2])))
sys.addaudithook(watch)
from exclusion.__main__ import main
code = main(sys.argv[1:])
print(json.dumps([code, written]))
"""


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_only_file_written_is_the_counts(ending: str, points: Path, tmp_path: Path) -> None:
    file, out = tmp_path / f"export.{ending}", tmp_path / "out" / "counts.csv"
    rows = [["Name", "Post Code", "Channel"], *([f"{SECRET} Quux", "FY1 1AA", "Phone"] for _ in range(50))]
    file.write_bytes(workbook(rows) if ending == "xlsx" else "\n".join(",".join(row) for row in rows).encode())
    for name in ("home", "tmp", "out"):
        (tmp_path / name).mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "XDG_CACHE_HOME": str(tmp_path / "home")}
    environment = places | {"PYTHONPATH": str(Path(exclusion.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    words = ["count", str(file), "--postcode", "Post Code", "--postcodes", str(points), "-o", str(out)]
    done = subprocess.run([sys.executable, "-c", WATCHED, *words], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    code, written = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    elsewhere = [name for name in written if str(out.parent) not in name and name != "/dev/null"]
    assert elsewhere == []
    assert list((tmp_path / "home").rglob("*")) == list((tmp_path / "tmp").rglob("*")) == []
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["counts.csv"]
    assert SECRET not in out.read_text(encoding="utf-8-sig") + done.stdout + done.stderr
    assert out.read_text(encoding="utf-8-sig").splitlines()[1].endswith(",Bloomfield,Blackpool,50,")


def test_a_bad_column_is_named_as_typed_and_a_likely_one_from_our_own_list(points: Path, evidence: Evidence) -> None:
    with pytest.raises(UsageError) as refused:
        counting.count(cases((20, "FY1 1AA", "")), "postcod", points, evidence, where="export.csv")
    assert str(refused.value) == (
        "--postcode: is not a heading in the first 20 rows of export.csv (found: postcod). There is one headed 'post code'."
    )


def test_a_file_of_no_rows_we_can_place_says_why(points: Path, evidence: Evidence) -> None:
    with pytest.raises(DataRefused, match=r"no row that could be placed, of 20 \(not in the file of postcode points 20\)"):
        counting.count(cases((20, "ZZ1 1ZZ", "")), "Post Code", points, evidence)


@pytest.mark.shared
def test_the_counts_of_a_whole_borough_are_those_of_a_plain_count(shared: Path, evidence: Evidence) -> None:
    path = shared / "data" / "places" / "postcodes_gb_codepoint_open_2025_10.parquet"
    held = pd.read_parquet(path)
    borough = held[(held["lad_code"] == "E09000030") & (held["pq"] < 90)].sample(4000, replace=True, random_state=7)
    content = ("Postcode\n" + "\n".join(borough["postcode"]) + "\n").encode()
    found = counting.count(content, "postcode", path, evidence, councils=["E09000030"])
    plain = Counter(borough["ward_code"].astype(str))
    shown = {code: int(text) for code, text in zip(found.counts["area_code"], found.counts["cases"], strict=True) if text != "*"}
    near = [code for code, number in shown.items() if abs(number - plain[code]) <= 0.03 * number + 2]  # lines are smoothed to 20 m
    assert found.read == 4000 and len(shown) == 20 and len(near) == 20
