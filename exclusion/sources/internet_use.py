"""Yardsticks kept out of the score: Census 2021 online share, and the older index DERI 1.6."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from exclusion.sources import Source, arrive

ONLINE_SHARE = Source(
    id="census2021_online_share",
    title="Census 2021 online share of household responses by LSOA (2011)",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.ons.gov.uk/peoplepopulationandcommunity/householdcharacteristics/homeinternetandsocialmediausage/datasets/"
    "census2021onlineshareofhouseholdresponsesbylowerlayersuperoutputareaforenglandandwales",
    note="The data presented are NOT official statistics on either the census or population. "
    "Telephone returns count as online. "
    "The online share should not be interpreted without taking into account the paper-first status. "
    "To be read with 'Designing a digital-first census'.",
)
DERI = Source(
    id="deri_1_6",
    title="Digital Exclusion Risk Index 1.6, nation-scaled components",
    publisher="Greater Manchester Combined Authority",
    period="2022",
    url="https://github.com/GreaterManchesterODA/Digital-Exclusion-Risk-Index",
    attribution="Contains Greater Manchester Combined Authority data licensed under the Open Government Licence v3.0",
)


def read_online_share(folder: Path) -> tuple[Source, pd.DataFrame]:
    """``paper_share, letter_first`` indexed by LSOA 2011; about a third of districts are left out of the file."""
    arrived = arrive(
        folder,
        "use/census2021_online_share_lsoa.csv.gz",
        key="lsoa11_code",
        texts=["paper_first"],
        numbers=["paper_share"],
        blanks=("paper_share",),
    )
    table = arrived.table.set_index("lsoa11_code")
    return replace(ONLINE_SHARE, files=(arrived.file,)), pd.DataFrame(
        {"paper_share": table["paper_share"], "letter_first": table["paper_first"] == "No"}
    )


def read_deri(folder: Path) -> tuple[Source, pd.Series]:
    """DERI score 0-10 indexed by LSOA 2011."""
    arrived = arrive(
        folder,
        "connectivity/deri_v1.6_components_lsoa11_dz11.csv.gz",
        key="lsoa11_or_dz11_code",
        numbers=["deri_score"],
        blanks=("deri_score",),
    )
    return replace(DERI, files=(arrived.file,)), arrived.table.set_index("lsoa11_or_dz11_code")["deri_score"]


def read_deri_components(folder: Path) -> tuple[Source, pd.DataFrame]:
    """The three components of DERI and its score, 0-10 within each nation.

    Returns
    -------
    DataFrame indexed by LSOA 2011 (or Scottish data zone)
        ``broadband, demography, deprivation, score, nation``; 167 Scottish areas lack deprivation.
    """
    names = ["deri_broadband_component", "deri_demography_component", "deri_deprivation_component", "deri_score"]
    arrived = arrive(
        folder,
        "connectivity/deri_v1.6_components_lsoa11_dz11.csv.gz",
        key="lsoa11_or_dz11_code",
        texts=["nation"],
        numbers=names,
        blanks=tuple(names),
    )
    table = arrived.table.set_index("lsoa11_or_dz11_code")[[*names, "nation"]]
    return replace(DERI, files=(arrived.file,)), table.rename(columns=lambda c: c.removeprefix("deri_").removesuffix("_component"))
