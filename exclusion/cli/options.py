"""The options that several commands share, each said once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Scope(StrEnum):
    """Over which wards another method stretches its figures."""

    council = "council"
    nation = "nation"
    great_britain = "great-britain"


Within = Annotated[
    Scope | None,
    typer.Option(
        "--within",
        help="Over which wards the other method stretches its figures (min-max). Great Britain is refused, with reasons, where figures are "
        "not held or not counted alike in England, Wales and Scotland.",
    ),
]
Councils = Annotated[list[str], typer.Option("--council", "-c", help="Council by code or name; repeat for several.")]
AnyCouncils = Annotated[list[str] | None, typer.Option("--council", "-c", help="Council by code or name; repeat for several.")]
Every = Annotated[bool, typer.Option("--all", help="Every council of the release.")]
Proposals = Annotated[
    list[Path] | None,
    typer.Option(
        "--proposal", "-p", help="A proposal (TOML, see docs/proposals.md) in place of councils and services; repeat for all that are live."
    ),
]
AnyServices = Annotated[
    list[str] | None, typer.Option("--service", "-s", help="Service by id (see 'exclusion services'); repeat for several.")
]
Services = Annotated[list[str], typer.Option("--service", "-s", help="Service by id (see 'exclusion services'); repeat for several.")]
Release = Annotated[Path | None, typer.Option("--release", help="Folder of a data release; else the fetched or bundled one.")]
Boundaries = Annotated[Path | None, typer.Option("--boundaries", help="Ward boundaries, GeoJSON or GeoPackage.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Own = Annotated[
    list[Path] | None,
    typer.Option("--local", help="Your own service profiles, thresholds or promises (CSV or TOML); repeat for several files."),
]
Postcodes = Annotated[
    Path | None,
    typer.Option(
        "--postcodes",
        envvar="KEPT_OPEN_POSTCODES",
        help="Postcode points (Code-Point Open or ONS Postcode Directory as Parquet): places given by postcode, distances from homes.",
    ),
]
PlaceList = Annotated[
    Path | None,
    typer.Option(
        "--places", help="Your list of places (CSV, Open Referral JSON): for distances, and for which wards use a place that closes."
    ),
]
OwnFigures = Annotated[
    Path | None,
    typer.Option("--own-figures", help="Your own figures by ward or small area (CSV, Excel, GeoPackage): 'exclusion figures'."),
]
OwnUse = Annotated[
    list[str] | None,
    typer.Option(
        "--own-use",
        help="What a column of them is for: 'Living alone = lone66_est' stands in for that measure, 'Cannot / Asked = indicator' is for a "
        "method file. Repeat for each.",
    ),
]
OwnWhen = Annotated[str, typer.Option("--own-when", help="The period your figures describe; printed with them.")]
Thresholds = Annotated[
    str | None,
    typer.Option("--thresholds", help="An older version of the thresholds, to make an assessment again as it was."),
]
OwnAreas = Annotated[
    Path | None,
    typer.Option("--areas", help="Areas in place of wards: a lookup of small areas or wards, outlines, or dea (Northern Ireland)."),
]
Weights = Annotated[
    list[str] | None,
    typer.Option("--weight", "-w", help="Weight of a domain, such as age=40; repeat for each, one not named counts nothing."),
]
PeopleScale = Annotated[
    float | None,
    typer.Option("--people-scale", help="Your factor on the 2020 level of people unlikely to use the internet; 1 = as in 2020."),
]
PeopleWhy = Annotated[str | None, typer.Option("--people-why", help="Why that factor: printed with the figures.")]
Label = Annotated[
    str | None,
    typer.Option("--label", help="What your council calls it: EIA, EqIA, IIA ...; EIA, or as it was saved, when left out."),
]
SocioEconomic = Annotated[
    str | None,
    typer.Option("--socio-economic", help="How the socio-economic duty stands: not_in_force, in_force or adopted."),
]
Since = Annotated[str | None, typer.Option("--socio-economic-since", help="From when, as YYYY-MM-DD.")]
Place = Annotated[
    str | None,
    typer.Option("--register", help="SQLite file or postgresql:// URL; else KEPT_OPEN_REGISTER, else kept-open/register.sqlite at home."),
]
By = Annotated[str, typer.Option("--by", help="Your name; the register records who and when.")]
Id = Annotated[str, typer.Argument(help="The assessment, by its id or the first letters of it.")]
Answers = Annotated[
    str | None,
    typer.Option("--answers", help="A saved assessment by its id: officers' answers, and without --proposal the proposal as it was saved."),
]
