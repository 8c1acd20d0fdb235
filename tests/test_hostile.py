"""Every place where a file comes in, against damaged files: see hostile.py, which `make fuzz` runs at length.

5,000 inputs, the same in every run. What was found is beneath, each as a test of its own.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import hostile
import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from exclusion import access, costs, equality, places, proposal, routes
from exclusion.contracts import DataRefused, UsageError, toml_document
from exclusion.judgement import composites, local
from exclusion.method import older_index
from exclusion.own import areas as own_areas
from exclusion.own import looking
from exclusion.own.looking import look

EACH = 5_000 // len(hostile.TARGETS) + 1


@pytest.fixture(scope="module", autouse=True)
def warmed() -> None:
    """Every file undamaged is read, so that what is refused below is refused for its damage."""
    hostile.warm(hostile.TARGETS)


@pytest.mark.parametrize("target", hostile.TARGETS, ids=lambda target: target.name)
def test_a_damaged_file_is_read_soundly_or_refused_in_words(target: hostile.Target, tmp_path: Path) -> None:
    files = target.files()

    # A seed cannot be made simpler, so there is nothing to shrink.
    @settings(max_examples=EACH, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(range(len(files))), st.integers(0, 2**32))
    def damaged(which: int, seed: int) -> None:
        name, good = files[which]
        hostile.attempt(target, hostile.spoil(good, name, random.Random(seed)), name, tmp_path)

    damaged()


def refused(error: pytest.ExceptionInfo[DataRefused]) -> str:
    return str(error.value)


@pytest.mark.parametrize("text", ["a = " + "9" * 5_000, "a = " + "[" * 5_000], ids=["thousands of digits", "brackets within brackets"])
def test_toml_that_python_answers_with_other_errors_is_refused_in_a_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"^mine\.toml: is not valid TOML: .{1,220}\. Mend the line it names\.$"):
        toml_document(text, "mine.toml")
    file = tmp_path / "mine.toml"
    file.write_text(text)
    for read in (costs.read, proposal.read, composites.read_method, lambda path: local.read_local_files([path])):
        with pytest.raises(DataRefused, match=r"mine\.toml"):
            read(file)


def test_json_with_a_number_of_thousands_of_digits_is_refused_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "places.json"
    file.write_text('{"services": [{"id": ' + "9" * 5_000 + "}]}")
    with pytest.raises(DataRefused, match=r"^places\.json: cannot be read as JSON: Exceeds the limit .{1,200}Fetch or export it again\.$"):
        places.read_places(file)


def test_a_count_that_cannot_be_is_refused_with_its_place() -> None:
    """Read as a float, 23 nines became 99999999999999991611392."""
    table = b"area_code,phone,online\nE05015186," + b"9" * 23 + b",120\n"
    with pytest.raises(DataRefused, match=r"^contacts\.csv, line 2, column 'phone': is more than can be counted in a ward \(found: 9+\)"):
        proposal.read_contacts(table, hostile.blackpool(), "contacts.csv")


def test_a_zip_of_a_kind_python_does_not_read_is_refused_as_damaged() -> None:
    """Its list of parts says that version 15.9 of the format is needed: an error of a kind of its own."""
    (_, good) = hostile._figures()[1]
    at = good.rindex(b"PK\x01\x02") + 6
    with pytest.raises(DataRefused, match=r"^figures\.xlsx: is cut off or damaged"):
        look(good[:at] + b"\x9f" + good[at + 1 :], "figures.xlsx")


def test_an_outline_that_crosses_itself_only_once_it_is_in_metres_is_read_soundly_or_refused() -> None:
    """One point of it was given a height, which moves it by a tenth of a millimetre on the way to metres."""
    ring = "[-3.0644, 53.8065], [-3.0340, 53.8068], [-3.0345191358422072, 53.82480084755196, 53.80682792395966], "
    ring += "[-3.0345191358422072, 53.824800847551984], [-3.0648, 53.8245], [-3.0644, 53.8065]"
    feature = f'{{"type": "Feature", "properties": {{"area_code": "N1"}}, "geometry": {{"type": "Polygon", "coordinates": [[{ring}]]}}}}'
    shapes = own_areas.read(f'{{"type": "FeatureCollection", "features": [{feature}]}}'.encode(), "areas.geojson").shapes
    assert shapes is not None
    assert not shapes.geometry.has_z.any()
    assert shapes.geometry.is_valid.all()


def test_a_word_document_whose_properties_are_of_another_kind_is_refused() -> None:
    ((_, good),) = hostile._form()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as held, zipfile.ZipFile(out, "w") as archive:
        for part in held.namelist():
            content = held.read(part)
            kind = b"application/vnd.openxmlformats-package.core-properties+xml"
            archive.writestr(part, content.replace(kind, b"text/plain") if part == "[Content_Types].xml" else content)
    with pytest.raises(UsageError, match=r"^form: is not a Word document"):
        equality.check_form(out.getvalue())


def test_a_word_document_without_a_text_is_refused_as_none() -> None:
    ((_, good),) = hostile._form()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as held, zipfile.ZipFile(out, "w") as archive:
        for part in held.namelist():
            content = held.read(part)
            archive.writestr(part, re.sub(rb"w:document\b", b"w:documemt", content) if part == "word/document.xml" else content)
    with pytest.raises(UsageError, match=r"^form: is not a Word document"):
        equality.check_form(out.getvalue())


QUESTIONS = ("council", "service", "ward", "code", "show", "w_age", "w_income", "people_scale", "people_why", "find", "left", "method")


@pytest.mark.parametrize("page", ["", "risk_map", "ward", "two_maps", "tables", "national", "proposal", "places", "register", "method"])
def test_whatever_a_link_holds_a_page_opens_and_says_nothing_of_its_own_inside(page: str) -> None:
    """Three links to each page, five questions answered with something nasty, the same in every run; each is a visit of its own."""
    chance = random.Random(f"links to {page}")
    for _ in range(3):
        shown = AppTest.from_file(str(hostile.ROOT / "app.py"), default_timeout=120)
        for name in chance.sample(QUESTIONS, 5):
            given = chance.choice(hostile.NASTY).decode("utf-8", errors="replace")
            shown.query_params[name] = [given, "E06000009"] if chance.random() < 0.2 else given
        if page:
            shown.switch_page(f"pages/{page}.py")
        shown.run()
        assert list(shown.exception) == []
        for block in shown.get("html"):
            assert "<script>alert" not in str(block.proto.body)


def test_rows_with_more_cells_than_headings_are_refused_not_taken_for_an_index(tmp_path: Path) -> None:
    more = b"lsoa11cd,demography,broadband,deprivation\nE01012670,4.5,3.1,8.2,1,2\n"
    with pytest.raises(DataRefused, match="more cells than there are headings"):
        older_index.read_components(more, "deri.csv")
    file = tmp_path / "times.csv"
    file.write_text("small_area_code,place_id,minutes\nE01012670,P1,10,7,8\n")
    codes, held = hostile._times()
    with pytest.raises(DataRefused, match="more cells than there are headings"):
        access.read_travel_times(file, codes, held)


def test_a_small_gzip_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"0" * 60_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(DataRefused, match=r"deri\.csv\.gz: is larger than 50 MB"):
        older_index.read_components(bomb, "deri.csv.gz")


def test_a_workbook_without_a_sheet_of_cells_is_refused() -> None:
    whole, out = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(whole)
    with zipfile.ZipFile(whole) as held, zipfile.ZipFile(out, "w") as archive:
        for part in held.namelist():
            archive.writestr(part, re.sub(rb"<sheets>.*</sheets>", b"<sheets></sheets>", held.read(part)))
    with pytest.raises(DataRefused, match=r"^none\.xlsx: is a workbook without a sheet of cells"):
        look(out.getvalue(), "none.xlsx")


def test_a_cell_too_long_for_a_table_is_refused_and_a_stray_line_end_is_a_line_end(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"routes\.csv, line 3: is not a service we know \(found: one\)"):
        routes.read(b"service_id,channel,where_to_find\nblue_badge,ph\rone,Town Hall\n", "routes.csv")
    with pytest.raises(DataRefused, match=r"routes\.csv: cannot be read as CSV: field larger than field limit"):
        routes.read(b'service_id,channel,where_to_find\n"' + b"a" * 200_000 + b'",phone,Town Hall\n', "routes.csv")
    file = tmp_path / "services.csv"
    file.write_text('id,by,on,why\n"' + "a" * 200_000 + '",x,2026-01-01,y\n')
    with pytest.raises(DataRefused, match=r"services\.csv: cannot be read as CSV: field larger than field limit"):
        local.read_local(services=file)


def test_a_file_of_another_kind_than_its_name_says_is_not_opened(tmp_path: Path) -> None:
    """GDAL goes by the content. A VRT names another file to read: on a server that would be one of the server's."""
    (name, good) = next(file for file in hostile._lookup() if file[0] == "areas.geojson")
    secret = tmp_path / "secret.geojson"
    secret.write_bytes(good)
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'.encode()
    assert list(own_areas.read(good, name).names) == ["North"]
    with pytest.raises(DataRefused, match=r"^x\.geojson: cannot be read as outlines: its content is not what its name says"):
        own_areas.read(vrt, "x.geojson")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.vrt", vrt)
    with pytest.raises(DataRefused, match=r"holds something else than a shapefile \(found: x\.vrt\)"):
        own_areas.read(packed.getvalue(), "x.zip")


def test_a_geopackage_whose_view_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LONGEST", 0.2)
    file = tmp_path / "endless.gpkg"
    with closing(sqlite3.connect(file)) as base:
        base.execute("create table gpkg_contents (table_name, data_type)")
        base.execute("create table gpkg_geometry_columns (column_name)")
        base.execute("insert into gpkg_contents values ('endless', 'attributes')")
        forever = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) as ward_code from n"
        base.execute(f"create view endless as {forever}")
        base.commit()
    with pytest.raises(DataRefused, match="cannot be read as a GeoPackage"):
        look(file.read_bytes(), "endless.gpkg")
