"""A council's own travel times: one row a pair of small area and place, in minutes, used in place of distance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet as pq

from exclusion.contracts import DataRefused, Problem, SourceUnreachable
from exclusion.words import capital, counted

COLUMNS = ("small_area_code", "place_id", "minutes")
MOST_BYTES = 200_000_000
LONGEST = 600.0
DO = "Give small_area_code, place_id and minutes, one row for each pair."


@dataclass(frozen=True)
class TravelTimes:
    """Minutes from small areas to places, and the pairs that are not there."""

    table: pd.DataFrame
    """``small_area_code, place_id, minutes``."""
    missing: pd.DataFrame
    """Pairs without a time: ``small_area_code, place_id``. Left out, never taken as near or far."""
    notes: tuple[str, ...]

    def nearest(self, place_ids: pd.Series) -> pd.DataFrame:
        """``place_id, minutes`` of the quickest of these places, indexed by small area; areas without any time are not there."""
        here = self.table[self.table["place_id"].isin(place_ids)]
        order = here.sort_values(["small_area_code", "minutes", "place_id"], kind="stable")
        return order.drop_duplicates("small_area_code").set_index("small_area_code")[["place_id", "minutes"]]


def read_travel_times(path: str | Path, small_area_codes: pd.Series, places: pd.DataFrame) -> TravelTimes:
    """Travel times from a CSV or Parquet file.

    Parameters
    ----------
    path
        ``small_area_code, place_id, minutes`` (0 to 600), one row for each pair; ``place`` (the
        name, where only one place has it) may stand for ``place_id``. Other columns, and small
        areas of other councils, are passed over.
    small_area_codes
        The small areas asked about (see ``access.origins``).
    places
        The places asked about.

    Returns
    -------
    TravelTimes
        A pair that is missing is named and counted, and left out: the time to the nearest place
        may then be too long, and a small area without any time is not known.

    Raises
    ------
    DataRefused
        With every problem: columns, places not in the list, repeated pairs, times that are none.
    """
    path = Path(path)
    table = _table(path)
    column = "place_id" if "place_id" in table else "place"
    problems = [
        Problem(path.name, f"column '{name}' is missing", ", ".join(map(str, table.columns[:6])), DO)
        for name in ("small_area_code", column, "minutes")
        if name not in table
    ]
    if problems:
        raise DataRefused(problems)
    wanted = pd.Index(small_area_codes.dropna().unique())
    codes, places_given = (table[name].fillna("").astype(str).str.strip() for name in ("small_area_code", column))
    table = table.assign(small_area_code=codes, place_id=places_given)
    rows = table[table["small_area_code"].isin(wanted)].copy()
    if rows.empty:
        shown = ", ".join(table["small_area_code"].head(3))
        raise DataRefused(
            Problem(path.name, "holds none of the small areas asked about", shown, "Use the codes of the release (LSOA 2021).")
        )
    ids = pd.Series(places["place_id"].to_numpy(), index=places["place_id"].to_numpy())
    if column == "place":
        single = places[~places["name"].str.casefold().duplicated(keep=False)]
        ids = pd.Series(single["place_id"].to_numpy(), index=single["name"].str.casefold().to_numpy())
        rows["place_id"] = rows["place_id"].str.casefold()
    known = rows["place_id"].isin(ids.index)
    for name in list(dict.fromkeys(rows.loc[~known, column].astype(str)))[:10]:
        problems.append(Problem(f"{path.name}, column '{column}'", "is not in the list of places", name, "Use the place_id of the list."))
    minutes = pd.to_numeric(rows["minutes"], errors="coerce")
    wrong = rows[~minutes.between(0, LONGEST)]
    for row in wrong.head(10).itertuples():
        where = f"{path.name}, row {int(str(row.Index)) + 2}, column 'minutes'"
        problems.append(Problem(where, f"is not a time between 0 and {LONGEST:g}", str(row.minutes), "Correct it, or leave the pair out."))
    twice = rows[rows.duplicated(["small_area_code", "place_id"])]
    if len(twice):
        shown = f"{twice['small_area_code'].iloc[0]}, {twice[column].iloc[0]}"
        problems.append(Problem(path.name, f"{len(twice)} pairs are there twice", shown, "Keep one time for each pair."))
    if problems:
        raise DataRefused(problems)
    rows = rows.assign(place_id=ids.reindex(rows["place_id"]).to_numpy(), minutes=minutes)[list(COLUMNS)].reset_index(drop=True)
    pairs = pd.MultiIndex.from_product([wanted, places["place_id"]], names=["small_area_code", "place_id"])
    missing = pairs.difference(pd.MultiIndex.from_frame(rows[["small_area_code", "place_id"]])).to_frame(index=False)
    return TravelTimes(rows, missing, tuple(_notes(path.name, missing, len(pairs), wanted.difference(pd.Index(rows["small_area_code"])))))


def _notes(name: str, missing: pd.DataFrame, pairs: int, without: pd.Index) -> list[str]:
    notes = [f"Travel times from {name}."]
    if len(missing):
        first = f"{missing['small_area_code'].iloc[0]} to {missing['place_id'].iloc[0]}"
        left = "They are left out, so a time to the nearest place may be too long."
        notes.append(f"{len(missing):,} of {pairs:,} pairs have no time (such as {first}). {left}")
    if len(without):
        areas = capital(counted(len(without), "small area is", "small areas are"))
        notes.append(f"{areas} without any time: how far people are there is not known.")
    return notes


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise SourceUnreachable(Problem(str(path), "is not a file", "", DO))
    if path.stat().st_size > MOST_BYTES:
        raise DataRefused(
            Problem(path.name, f"is larger than {MOST_BYTES / 1e6:,.0f} MB", "", "Keep the council's small areas and its places.")
        )
    try:
        if path.suffix.lower() == ".parquet":
            table: pd.DataFrame = pq.read_table(path).to_pandas().reset_index(drop=True)
            return table
        rows = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        if not isinstance(rows.index, pd.RangeIndex):  # what pandas makes of them
            raise ValueError("rows have more cells than there are headings")
        return rows
    except (OSError, UnicodeDecodeError, ValueError, pyarrow.ArrowException) as error:
        problem = Problem(path.name, f"cannot be read as a table: {error}", "", "Save it as CSV UTF-8 or Parquet. " + DO)
        raise DataRefused(problem) from None
