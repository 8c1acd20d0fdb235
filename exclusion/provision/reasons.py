"""The words of a finding: counts with "about", comparisons, what is not known. No decisions.

Every sentence is put together once for each ward and rule and reused for every service, because
a national run writes some hundred thousand of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.judgement import Channel, Indicator, Rule, Service
from exclusion.judgement.score import Measure
from exclusion.provision.flags import SEVERITY_NAME, Outcome, Tip
from exclusion.provision.strength import ENOUGH, UNKNOWN, Figures, laid_out, many_students, use_strengths
from exclusion.words import capital, date_words, join_words, percent, two_figures

SCREEN_WORDS = {"required": "Keep as a condition", "recommended": "Advise keeping", "monitor": "Watch"}
OWN = "own"  # the fit of a figure that a council brought
SHORT_WORDS = 20  # the contract of `short`
_OPENING = {
    "required": "Keep {way} here{notes}, as a condition of the proposal.",
    "recommended": "We advise keeping {way} here{notes}.",
    "monitor": "Watch whether {way} should be kept here{notes}.",
}
_SHORT = {
    "required": "Keep {way} as a condition",
    "recommended": "Advise keeping {way}",
    "monitor": "Watch {way}",
    "": "Expect more use of {way}",
}


def about(n: float, fit: str = "") -> str:
    """A count as it may be printed.

    Under ten it is "fewer than 10" (guard G8). A published count stands as it is; any other is
    rounded to two figures with "about", because it was shared onto the ward.
    """
    if n < judgement.guards()["G8"].values["fewest"]:
        return judgement.guards()["G8"].text
    return f"{n:,.0f}" if fit == "published" else f"about {two_figures(n)}"


def overlap(a: float, b: float, everyone: float) -> str:
    """How many may be in two groups (guard G1): a range where it says something, else that we cannot tell.

    The range runs from max(0, a + b - everyone) to min(a, b). Rates are never multiplied.
    """
    low, high = max(0.0, a + b - everyone), min(a, b)
    if low > 0 and high / low <= judgement.guards()["G1"].values["largest_ratio"]:
        return f"Between {two_figures(low)} and {two_figures(high)} are in both groups."
    return "We cannot tell how many are in both groups."


def fitted(prefix: str, parts: Sequence[str], most: int = SHORT_WORDS) -> str:
    """A prefix and as many parts as fit in ``most`` words."""
    chosen: list[str] = []
    for part in parts:
        if len(" ".join([prefix, *chosen, part]).split()) <= most:
            chosen.append(part)
    return f"{prefix}: {'; '.join(chosen)}." if chosen else f"{prefix}."


@dataclass
class Words:
    """Sentences about the chosen wards, made when asked for and kept.

    ``profile`` is the tidy table of ward figures; ``council_profile`` holds figures published by
    council only (``area_code`` = council code, ``measure``, ``value``, ``source``, ``period``).
    """

    areas: pd.DataFrame
    profile: pd.DataFrame
    held: Figures
    thresholds: Mapping[str, Any]
    measures: Mapping[str, Measure]
    indicators: Mapping[str, Indicator]
    channels: Mapping[str, Channel]
    rules: Mapping[str, Rule]
    council_profile: pd.DataFrame | None = None
    _columns: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    _answers: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = ("n", "of", "value", "percentile", "nation_value", "low", "high", "fit", "source", "period")
        measures, table = laid_out(self.held.codes, self.profile, wanted)
        for place, measure in enumerate(measures):
            self._columns[measure] = {name: values[place].tolist() for name, values in table.items()}
        self.nations: list[str] = self.areas["nation"].tolist()
        self.nation_names = list(dict.fromkeys(self.nations))
        self.nation_numbers = np.array([self.nation_names.index(nation) for nation in self.nations], dtype=np.int64)
        self._rural = self.areas["rural"].to_numpy(dtype=bool)
        self._council: list[str] = self.areas["council_code"].tolist()
        self._students = many_students(self.indicators["income_dep"], self.held) if "income_dep" in self.indicators else None
        self.measure_ids = list(dict.fromkeys(use.id for indicator in self.indicators.values() for use in indicator.measures))
        for name, indicator in self.indicators.items():
            self._answers[name] = self._answering(indicator)
        self._council_figures: dict[tuple[str, str], dict[str, Any]] = {}
        if self.council_profile is not None:
            code = "council_code" if "council_code" in self.council_profile else "area_code"
            for row in self.council_profile.to_dict("records"):
                self._council_figures[str(row[code]), str(row["measure"])] = {str(key): value for key, value in row.items()}

    def _answering(self, indicator: Indicator) -> npt.NDArray[np.int64]:
        """Which of its measures an indicator rests on, in each ward: a place in ``measure_ids``."""
        parts = np.stack(use_strengths(indicator, self.held, self.thresholds))
        place = parts.argmax(axis=0) if indicator.combine == "max" else (parts != UNKNOWN).argmax(axis=0)
        numbers: npt.NDArray[np.int64] = np.array([self.measure_ids.index(use.id) for use in indicator.measures])[place]
        return numbers

    def measure_of(self, ward: int, indicator: str) -> str:
        """The measure an indicator rests on in one ward."""
        return str(self.measure_ids[self._answers[indicator][ward]])

    # ---- figures

    def label(self, ward: int, measure: str) -> str:
        """What a measure counts in one ward: a council's own count may be of something nearby."""
        kept = self.measures[measure]
        return kept.own if self._otherwise(ward, measure) else kept.label

    def _otherwise(self, ward: int, measure: str) -> bool:
        """Whether a council's own count stands here that is not of what the nation's figure counts: the two are not set side by side."""
        known = self.measures[measure].own and measure in self._columns
        return bool(known) and _text(self._columns[measure]["fit"][ward]) == OWN

    def count(self, ward: int, measure: str) -> str:
        """A count and what it counts: about 1,500 people aged 75 and over."""
        key = ("count", ward, measure)
        if key not in self._kept:
            column = self._columns[measure]
            self._kept[key] = f"{about(column['n'][ward], _text(column['fit'][ward]))} {self.label(ward, measure)}"
        return str(self._kept[key])

    def figure(self, ward: int, measure: str) -> str:
        """A count with its range, its rate, the nation's rate and its date."""
        key = ("figure", ward, measure)
        if key not in self._kept:
            column = self._columns[measure]
            n, fit = column["n"][ward], _text(column["fit"][ward])
            notes: list[str] = []
            low, high = column["low"][ward], column["high"][ward]
            fewest = judgement.guards()["G8"].values["fewest"]
            enough = n >= fewest
            if enough and fit != "published" and _is_number(low) and _is_number(high):
                notes.append(f"between {two_figures(low)} and {two_figures(high)}" if low >= fewest else f"up to {two_figures(high)}")
            if enough and _is_number(column["value"][ward]):
                rate = f"{percent(column['value'][ward])} of {self.measures[measure].of}"
                if _is_number(column["nation_value"][ward]) and not self._otherwise(ward, measure):
                    rate += f", against {percent(column['nation_value'][ward])} in {self.nations[ward]}"
                    place = column["percentile"][ward]
                    if _is_number(place) and place >= judgement.strength_test().upper_percentile:
                        rate += f" and more than in {min(99, math.floor(place))}% of wards there"
                notes.append(rate)
            if fit == OWN:
                notes.append("the council's own figure")
            if _text(column["period"][ward]):
                notes.append(date_words(_text(column["period"][ward])))
            self._kept[key] = f"{self.count(ward, measure)} ({'; '.join(notes)})" if notes else self.count(ward, measure)
        return str(self._kept[key])

    def figure_json(self, ward: int, measure: str) -> str:
        """One figure as JSON; a count under ten and all that gives it away are withheld (G8)."""
        key = ("json", ward, measure)
        if key not in self._kept:
            column = {name: values[ward] for name, values in self._columns[measure].items()}
            small = _is_number(column["n"]) and column["n"] < judgement.guards()["G8"].values["fewest"]
            hidden = {"n", "rate", "low", "high"} if small else set()
            record = {
                "id": measure,
                "n": _number(column["n"]),
                "rate": _number(column["value"]),
                "percentile": _number(column["percentile"]),
                "nation_value": None if self._otherwise(ward, measure) else _number(column["nation_value"]),
                "source": _text(column["source"]),
                "period": _text(column["period"]),
                "fit": _text(column["fit"]),
                "low": _number(column["low"]),
                "high": _number(column["high"]),
            }
            record.update(dict.fromkeys(hidden))
            if small:
                record["note"] = judgement.guards()["G8"].text
            self._kept[key] = json.dumps(record, ensure_ascii=False)
        return str(self._kept[key])

    def council_figure(self, ward: int, measure: str) -> dict[str, Any] | None:
        """A figure published for the ward's whole council, or None."""
        row = self._council_figures.get((self._council[ward], measure))
        return row if row is not None and _is_number(row.get("value")) else None

    # ---- rules

    def behind(self, outcome: Outcome, service: Service) -> list[npt.NDArray[np.int64]]:
        """For each leg of a rule, the measure it rests on in each ward (a place in ``measure_ids``), -1 where the leg is no reason."""
        rule = outcome.rule
        result = []
        for leg, steps in zip(rule.legs, outcome.legs, strict=True):
            counts = np.ones(len(steps), dtype=bool) if rule.combine == "min" else steps >= ENOUGH
            if leg.areas != "all":
                counts = counts & (self._rural == (leg.areas == "rural"))
            result.append(np.where(counts, self._answers[leg.indicator_for(service)], -1))
        return result

    def evidence(self, ward: int, measures: tuple[str, ...]) -> str:
        """The figures behind a finding, each once, in a sentence."""
        key = ("evidence", ward, measures)
        if key not in self._kept:
            self._kept[key] = f"This ward has {join_words([self.figure(ward, measure) for measure in measures])}." if measures else ""
        return str(self._kept[key])

    def sentence(self, ward: int, rule: Rule, unsure: bool) -> str:
        """A rule's reason in one ward; ``unsure`` when what switches the rule off is not known there."""
        if not (rule.overlap or rule.unless):
            return rule.reason
        key = ("reason", ward, rule.id, unsure)
        if key not in self._kept:
            between = self._overlap(ward, rule) if rule.overlap else ""
            self._kept[key] = rule.reason.format(overlap=between, gate=self._gate(ward, rule, unsure) if rule.unless else "").strip()
        return str(self._kept[key])

    def caution(self, ward: int, rule: Rule, measures: tuple[str, ...]) -> str:
        """A rule's caution in one ward."""
        return f"{rule.caution.format(figures=self.evidence(ward, measures))} {self.limits([rule])}"

    def _overlap(self, ward: int, rule: Rule) -> str:
        first, second = (self._columns[self.measure_of(ward, name)] for name in rule.overlap)
        everyone = [column["of"][ward] for column in (first, second) if _is_number(column["of"][ward])]
        return overlap(first["n"][ward], second["n"][ward], max(everyone, default=math.inf))

    def _gate(self, ward: int, rule: Rule, unsure: bool) -> str:
        assert rule.unless is not None
        if not unsure:
            return rule.unless.text_clear
        row = self.council_figure(ward, rule.unless.council_measure)
        return rule.unless.text_unknown.format(pct=percent(row["value"])) if row else rule.unless.text_unknown_no_figure

    def figures_json(self, ward: int, rules: Sequence[Rule], unsure: Sequence[bool], measures: tuple[str, ...]) -> str:
        """Every figure behind a finding, each once, with those that guards and gates looked at."""
        named = list(measures)
        councils: list[str] = []
        for rule, not_known in zip(rules, unsure, strict=True):
            named += [guard for leg in rule.legs if (guard := self._guard_of(leg.indicator)) and self._held(guard, ward)]
            if rule.unless and rule.unless.council_measure and not_known:
                councils.append(rule.unless.council_measure)
        key = ("all json", ward, tuple(dict.fromkeys(named)), tuple(councils))
        if key not in self._kept:
            parts = [self.figure_json(ward, measure) for measure in dict.fromkeys(named)]
            parts += [text for measure in dict.fromkeys(councils) if (text := self._council_json(ward, measure))]
            self._kept[key] = f"[{', '.join(parts)}]"
        return str(self._kept[key])

    def _guard_of(self, indicator: str) -> str:
        return self.indicators[indicator].fewer_steps_where

    def _held(self, measure: str, ward: int) -> bool:
        return measure in self._columns and _is_number(self._columns[measure]["n"][ward])

    def _council_json(self, ward: int, measure: str) -> str:
        row = self.council_figure(ward, measure)
        if row is None:
            return ""
        blank: dict[str, Any] = dict.fromkeys(("n", "percentile", "nation_value", "low", "high"))
        record = {"id": measure, **blank, "rate": _number(row["value"]), "fit": "council_wide"}
        return json.dumps(record | {"source": _text(row.get("source")), "period": _text(row.get("period"))}, ensure_ascii=False)

    def ordinary(self, ward: int) -> str:
        """What to say where the number is large and the rate is not."""
        return next((test.text.format(nation=self.nations[ward]) for test in judgement.strength_tests().values() if test.text), "")

    def students(self, ward: int, rules: Iterable[Rule]) -> str:
        """What guard G5 did to the income figures, where a rule used them."""
        if self._students is None or not any(leg.indicator == "income_dep" for rule in rules for leg in rule.legs):
            return ""
        guard = judgement.guards()["G5"]
        return guard.text if self._students[ward] == 1 else guard.unknown if self._students[ward] == UNKNOWN else ""

    def borderline(self, ward: int, tip: Tip, becomes: int, in_floor: bool) -> str:
        """What would tip a borderline finding."""
        name = SEVERITY_NAME[becomes]
        result = "it would not be said" if in_floor or not name else f"it would read '{SCREEN_WORDS[name]}'"
        return f"Borderline: {self._change(ward, tip)}, {result}."

    def nearly(self, ward: int, tip: Tip, becomes: int, channel: str) -> str:
        """What a small change would bring where nothing is flagged."""
        change = self._change(ward, tip)
        key = ("nearly", change, becomes, channel)
        if key not in self._kept:
            self._kept[key] = f"{self.channels[channel].label} ('{SCREEN_WORDS[SEVERITY_NAME[becomes]]}' {change})"
        return str(self._kept[key])

    def _change(self, ward: int, tip: Tip) -> str:
        label = self.label(ward, tip.measure)
        if tip.points:
            return f"if this ward stood {abs(tip.points):g} places in 100 {'higher' if tip.points > 0 else 'lower'} for {label}"
        return f"with {abs(round(100 * (tip.count_factor - 1)))}% {'more' if tip.count_factor > 1 else 'fewer'} {label}"

    # ---- whole findings

    def opening(self, severity: str, channel: str, notes: Sequence[str]) -> str:
        """The first sentence of a finding about a channel; a blank severity means it is in the floor already."""
        if not severity:
            label = self.channels[channel].label
            return f"{capital(label)} is already in the council-wide minimum; expect more use of it here."
        added = "".join(f", {note}" for note in dict.fromkeys(notes) if note)
        return _OPENING[severity].format(way=self.channels[channel].long, notes=added)

    def short(self, severity: str, channel: str, ward: int, measures: tuple[str, ...]) -> str:
        """A finding in at most twenty words."""
        key = ("short", severity, channel, ward, measures)
        if key not in self._kept:
            prefix = _SHORT[severity].format(way=self.channels[channel].label)
            self._kept[key] = fitted(prefix, [self.count(ward, measure) for measure in measures])
        return str(self._kept[key])

    def closing(self, rules: tuple[Rule, ...], nation: str) -> str:
        """What is not known, and what holds for every way in kept in the nation."""
        key = ("closing", nation, tuple(rule.id for rule in rules))
        if key not in self._kept:
            self._kept[key] = f"{self.limits(rules)} {judgement.nations()[nation].kept_line}".strip()
        return str(self._kept[key])

    def limits(self, rules: Iterable[Rule]) -> str:
        """What is not known, from the rules that fired."""
        return " ".join(["Keep in mind:", *dict.fromkeys(rule.limits for rule in rules)])


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, str) and not pd.isna(value)


def _number(value: Any) -> float | int | None:
    if not _is_number(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 6)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or pd.isna(value) else str(value)
