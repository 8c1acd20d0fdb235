"""What is known of each characteristic where a proposal applies: figure, comparison, date, source; never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from exclusion.equality.model import Block, Listed, Table
from exclusion.judgement import equality as texts
from exclusion.judgement.characteristics import context_measures
from exclusion.judgement.equality import Characteristic
from exclusion.judgement.score import Measure, measures
from exclusion.proposal import Considered
from exclusion.provision.reasons import about, overlap
from exclusion.sources import Source
from exclusion.sources.boundaries import NATION_CODE
from exclusion.words import counted, date_words, join_words, percent, two_figures, within

FEWEST = 10  # guard G8 speaks of counts; a share of fewer would give the count away
RANGE = "Between"
COLUMNS = ("Group", "How many", "Share", "Nation", "Date", "Source")


@dataclass(frozen=True)
class Where:
    """The wards a proposal changes something in, and every figure held for them."""

    considered: Considered
    wards: tuple[str, ...]

    @property
    def nations(self) -> tuple[str, ...]:
        """Nations of these wards."""
        return tuple(dict.fromkeys(self.considered.assessment.areas.loc[list(self.wards), "nation"]))

    @property
    def whole(self) -> bool:
        """Whether these are all wards of their councils."""
        return len(self.wards) == len(self.considered.assessment.areas)

    def phrase(self, nation: str = "") -> str:
        """ "the 21 wards of Blackpool", or how many of them."""
        areas = self.considered.assessment.areas
        areas = areas[areas["nation"] == nation] if nation else areas
        names = join_words(list(dict.fromkeys(areas["council_name"])))
        here = sum(code in areas.index for code in self.wards)
        return f"all {here} wards of {names}" if here == len(areas) else f"{counted(here, 'ward')} of {len(areas)} in {names}"

    @cached_property
    def table(self) -> pd.DataFrame:
        """``area_code, measure, n, of, nation_value, low, high, fit, source, period`` of these wards, context among them."""
        a = self.considered.assessment
        columns = ["area_code", "measure", "n", "of", "nation_value", "low", "high", "fit", "source", "period"]
        known = a.profile[a.profile["area_code"].isin(self.wards)][columns]
        context = a.evidence.context()
        here = context[(context["level"] == "ward") & context["area_code"].isin(self.wards)].rename(columns={"count": "n"})
        nation = context[context["level"] == "nation"].set_index(["area_code", "measure"])["value"]
        keys = pd.MultiIndex.from_arrays([here["area_code"].map(a.areas["nation"]).map(NATION_CODE), here["measure"]])
        here = here.assign(nation_value=nation.reindex(keys).to_numpy(dtype=float) if len(here) else [])
        return pd.concat([known, here[columns]], ignore_index=True) if len(here) else known

    @cached_property
    def council_wide(self) -> pd.DataFrame:
        """Counts of whole councils, context among them, with ``council_name, nation`` and the nation's share as ``nation_value``."""
        a = self.considered.assessment
        evidence, columns = a.evidence, ["level", "area_code", "measure", "count", "of", "value", "fit", "source", "period"]
        ours = evidence.observations[evidence.observations["level"].isin(["council", "nation"])][columns]
        context = evidence.context()
        every = pd.concat([table for table in (ours, context[columns]) if len(table)], ignore_index=True)
        councils = a.areas.loc[list(self.wards)].drop_duplicates("council_code").set_index("council_code")
        rows = every[(every["level"] == "council") & every["area_code"].isin(councils.index) & every["count"].notna()]
        compare = every[every["level"] == "nation"].set_index(["area_code", "measure"])["value"]
        nation = rows["area_code"].map(councils["nation"])
        keys = pd.MultiIndex.from_arrays([nation.map(NATION_CODE), rows["measure"]])
        values: Any = compare[~compare.index.duplicated()].reindex(keys).to_numpy(dtype=float) if len(rows) else []
        return rows.assign(council_name=rows["area_code"].map(councils["council_name"]), nation=nation, nation_value=values)

    def total(self, measure: str, nation: str = "") -> dict[str, Any] | None:
        """One measure summed over the wards that have it; None where none has."""
        rows = self.table[(self.table["measure"] == measure) & self.table["n"].notna() & self.table["of"].notna()]
        if nation:
            rows = rows[rows["area_code"].map(self.considered.assessment.areas["nation"]) == nation]
        if rows.empty:
            return None
        first = rows.iloc[0]
        ends = {name: float(rows[name].fillna(rows["n"]).sum()) for name in ("low", "high")} if rows["low"].notna().any() else {}
        return {
            "n": float(rows["n"].sum()),
            "of": float(rows["of"].sum()),
            "wards": len(rows),
            "nation_value": float(first["nation_value"]),
            "fit": str(first["fit"]),
            "source": str(first["source"]),
            "period": str(first["period"]),
            # over whole councils what one ward has too many its neighbour has too few
            **(ends if not self.whole or len(rows) < len(self.wards) else {}),
        }

    def notable(self, measure: str, nation: str) -> list[str]:
        """Wards, by name, whose share is well above the nation's (``judgement/equality.toml``)."""
        words, areas = texts.words(), self.considered.assessment.areas
        rows = self.table[(self.table["measure"] == measure) & (self.table["of"] > 0) & (self.table["n"] >= words.notable_fewest)]
        rows = rows[rows["area_code"].map(areas["nation"]) == nation]
        high = rows[rows["n"] / rows["of"] >= words.notable_ratio * rows["nation_value"]]
        return sorted(str(name) for name in areas.loc[high["area_code"], "area_name"])


def held_measure(name: str) -> Measure:
    """A measure of the score and the rules, or of the context."""
    return measures().get(name) or context_measures()[name]


def know(where: Where, one: Characteristic) -> tuple[Block, ...]:
    """What is known of a characteristic, what is not, and whom to ask. Never empty."""
    blocks: list[Block] = []
    rows, above, without, limits = [], [], [], {}
    for nation in where.nations:
        for name in one.measures_in(nation):
            row = [] if one.never_by_ward else _ward_row(where, name, nation)
            row = row or _council_rows(where, name, nation)  # what is not held for wards is given for the whole council, marked so
            if row:
                rows += row
                limits[held_measure(name).limits] = held_measure(name).short
            else:
                # An older measure of the same name, income_dep_wimd2019 for income_dep, is a figure: it is not said to be lacking.
                if not any(other.startswith(f"{name}_") for other in one.measures_in(nation)):
                    without.append(held_measure(name).short)
                continue
            if not one.never_by_ward and (wards := where.notable(name, nation)):
                here = sum(where.considered.assessment.areas.at[code, "nation"] == nation for code in where.wards)
                names = "every ward here" if len(wards) == here > 1 else join_words(wards)
                above.append((f"{held_measure(name).short}.", f"Well above {nation} in {names}."))
    if rows:
        whole = all("whole council" in row[0] for row in rows)
        scope = "the whole council" if whole else join_words([where.phrase(nation) for nation in where.nations])
        blocks.append(Table(f"{one.title}: figures for {scope}", COLUMNS, tuple(rows), ("How many", "Share", "Nation")))
    if above:
        blocks.append(Listed(tuple(above)))
    if without:
        blocks.append(
            f"No ward figure is held here for: {join_words([within(name) for name in dict.fromkeys(without)])}. Missing is not none."
        )
    notes = list(one.notes_in_nations(where.nations))
    for limit in limits:
        if limit and not any(limit.rstrip(".")[:30] in note or note.rstrip(".") in limit for note in notes):
            notes.append(limit)
    blocks.append(Listed(tuple(notes)))
    if one.no_ward_figure:
        blocks.append(Listed(one.no_ward_figure))
    if not rows:
        blocks.append("There is no figure for this characteristic here. That does not mean no impact.")
    blocks.append(f"Ask: {one.asked_in(where.nations)}.")
    return tuple(blocks)


def council_wide_held(where: Where, one: Characteristic, nation: str) -> bool:
    """Whether any figure of a whole council is held for a characteristic in one nation."""
    rows = where.council_wide
    return (nation, True) in set(zip(rows["nation"], rows["measure"].isin(one.measures_in(nation)), strict=True))


def _ward_row(where: Where, name: str, nation: str) -> list[tuple[str, ...]]:
    total = where.total(name, nation)
    if total is None or not held_measure(name).counted:
        return []
    measure, wards = held_measure(name), [code for code in where.wards if where.considered.assessment.areas.at[code, "nation"] == nation]
    short = "" if total["wards"] == len(wards) else f" ({total['wards']} of {len(wards)} wards)"
    return [_row(where, f"{measure.short}{short}", total, nation, measure)]


def _council_rows(where: Where, name: str, nation: str) -> list[tuple[str, ...]]:
    rows = where.council_wide
    rows = rows[(rows["measure"] == name) & (rows["nation"] == nation)]
    measure = held_measure(name)
    return [
        _row(where, f"{measure.short} ({row['council_name']}, whole council)", {**row, "n": row["count"]}, nation, measure)
        for row in rows.sort_values("council_name").to_dict("records")
    ]


def _row(where: Where, group: str, figure: Any, nation: str, measure: Measure) -> tuple[str, ...]:
    n, of = float(figure["n"]), float(figure["of"])
    many = about(n, str(figure["fit"]))
    low, high = figure.get("low"), figure.get("high")
    if n >= FEWEST and low is not None and not pd.isna(low) and two_figures(low) != two_figures(high):
        many += f" ({two_figures(low)} to {two_figures(high)})" if low >= FEWEST else f" (up to {two_figures(high)})"
    share = f"{percent(n / of)} of {measure.of}" if of > 0 and n >= FEWEST else "not given"
    nation_value = figure["nation_value"]
    compared = f"{percent(nation_value)} in {nation}" if not pd.isna(nation_value) else "not held"
    held = where.considered.assessment.evidence.manifest.sources
    source = held[str(figure["source"])]
    return (
        group,
        f"{many} {'households' if measure.unit == 'households' else ''}".strip(),
        share,
        compared,
        date_words(str(figure["period"])),
        source_name(source),
    )


def source_name(source: Source) -> str:
    """A source in a table cell; its whole title stands in section 14."""
    return texts.words().short_sources.get(source.id) or f"{source.publisher}: {source.title}"


def sources_used(where: Where, chosen: Iterable[Characteristic]) -> list[str]:
    """Ids of the sources behind the figures of these characteristics."""
    names = {name for one in chosen for nation in where.nations for name in one.measures_in(nation)}
    table, wide = where.table, where.council_wide
    used = [*table.loc[table["measure"].isin(names) & table["n"].notna(), "source"], *wide.loc[wide["measure"].isin(names), "source"]]
    return list(dict.fromkeys(str(name) for name in used))


def combined(where: Where) -> Table | None:
    """Groups set beside each other (guard G1): a range where it says something, else that we cannot tell."""
    areas = where.considered.assessment.areas
    rows = []
    for pair in texts.pairs().values():
        first, second = pair.groups
        a, b = where.total(first), where.total(second)
        if a is None or b is None:
            continue
        everyone = float(areas.loc[list(where.wards), "population"].sum())
        names = f"{held_measure(first).short} and {within(held_measure(second).short)}"
        single = where.table[where.table["measure"].isin(pair.groups)].pivot(index="area_code", columns="measure", values="n").dropna()
        told = []
        for code, row in single.iterrows():
            said = overlap(row[first], row[second], float(areas.at[code, "population"]))
            if said.startswith(RANGE):
                told.append(f"{areas.at[code, 'area_name']} ({within(said.removesuffix(' are in both groups.'))})")
        here = "; ".join(sorted(told)) if told else "in no ward by itself"
        rows.append((names, about(a["n"]), about(b["n"]), overlap(a["n"], b["n"], everyone), here))
    columns = ("Groups", "The first", "The second", "In both", "Wards where a range can be given")
    return Table(f"Groups combined, in {where.phrase()}", columns, tuple(rows), columns[1:3]) if rows else None
