"""What differs between two versions: findings, bands, answers, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion import differences, judgement
from exclusion.register import signing
from exclusion.register.chain import Version, sha256
from exclusion.register.considering import settings_of, words_of
from exclusion.register.reading import Saved
from exclusion.register.responses import KEY
from exclusion.words import join_words

MOST_NAMED = 6
"""Wards named in one line; more are counted."""


@dataclass(frozen=True)
class Comparison:
    """Differences between two versions of an assessment, or of two assessments."""

    before: Version
    after: Version
    settings: pd.DataFrame
    """``what, before, after``: release, weights, thresholds, profiles, proposal."""
    findings: pd.DataFrame
    """``area_code, area_name, service_id, channel, kind, change`` (added, removed, changed), ``what`` (what of it), ``before, after``."""
    bands: pd.DataFrame
    """``area_code, area_name, before, after`` (bands in words; blank = not scored)."""
    responses: pd.DataFrame
    """``area_code, service_id, channel, kind, rule_ids, area_name, severity, before, after, reason, name``: what stands, a row a ward."""
    reviews: int
    """How many reviews were added."""
    signed: tuple[str, ...] = ()
    """Each sign-off that was added, as a sentence."""
    wards: int = 0
    """How many wards the later version has."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (len(self.settings) or len(self.findings) or len(self.bands) or len(self.responses) or self.reviews or self.signed)

    def answers(self) -> pd.DataFrame:
        """What was answered, a row an answer: ``service_id, kind, severity, channel, before, after, reason, name, where``."""
        keys = ["service_id", "kind", "severity", "channel", "before", "after", "reason", "name"]
        held = [(*map(str, key), self.where(rows)) for key, rows in self.responses.groupby(keys, sort=False)]
        return pd.DataFrame(held, columns=[*keys, "where"])

    def where(self, rows: pd.DataFrame) -> str:
        """The wards of rows in words: "all 21 wards", a few by name, else how many of how many."""
        named = dict(zip(rows["area_code"], rows["area_name"], strict=True))
        names = sorted(str(name) or str(code) for code, name in named.items())
        if len(names) == self.wards > 1:
            return f"all {len(names)} wards"
        return join_words(names) if len(names) <= MOST_NAMED else f"{len(names)} of {self.wards} wards"

    def sentences(self) -> list[str]:
        """The differences in words, the counts first."""
        said = [f"Version {self.after.number} was made by {self.after.made_by} on {self.after.made_at[:10]}."]
        for row in self.settings.to_dict("records"):
            said.append(f"{row['what']}: was {row['before'] or 'blank'}, is {row['after'] or 'blank'}.")
        for change in ("added", "removed", "changed"):
            count = int((self.findings["change"] == change).sum())
            said += [f"{count} {'finding was' if count == 1 else 'findings were'} {change}."] if count else []
        if len(self.bands):
            said.append(f"{len(self.bands)} {'ward is' if len(self.bands) == 1 else 'wards are'} in another band.")
        # An answer is most often one for many wards at once: said once, with how many.
        for key, rows in self.responses.groupby(["name", "after", "before", "service_id", "channel"], sort=False):
            name, after, earlier, service, channel = map(str, key)
            was = f"; before that '{earlier}'" if earlier else ""
            said.append(f"{name} answered '{after}' to {_way(channel)} for {_service(service)} in {self.where(rows)}{was}.")
        if self.reviews:
            said.append(f"{self.reviews} {'review was' if self.reviews == 1 else 'reviews were'} added.")
        said += self.signed
        return said if len(said) > 1 else [*said, "Nothing else differs."]


def _way(channel: str) -> str:
    held = judgement.channels()
    return held[channel].label.lower() if channel in held else channel


def _service(service_id: str) -> str:
    held = judgement.services()
    return held[service_id].service_name if service_id in held else service_id


def compare(before: Saved, after: Saved) -> Comparison:
    """What differs between two saved versions. Neither is changed; the release is not needed."""
    return Comparison(
        before.version,
        after.version,
        _settings(before, after),
        differences.findings(before.table("findings"), after.table("findings")),
        _bands(before, after),
        _responses(before, after),
        max(0, len(after.reviewed) - len(before.reviewed)),
        tuple(signing.said(after.signed[len(before.signed) :])),
        len(after.table("areas")),
    )


def _settings(before: Saved, after: Saved) -> pd.DataFrame:
    was, now = dict(_facts(before)), dict(_facts(after))
    rows = [(what, was.get(what, ""), now.get(what, "")) for what in dict.fromkeys([*was, *now]) if was.get(what, "") != now.get(what, "")]
    return pd.DataFrame(rows, columns=["what", "before", "after"])


def _facts(saved: Saved) -> Iterator[tuple[str, str]]:
    """What an assessment rests on, flat: one line a fact."""
    yield "title", saved.version.title

    def walk(name: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{name} {key}".strip(), inner)
        else:
            yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    for name, value in walk("", {key: value for key, value in saved.run.items() if key not in ("when", "command")}):
        yield name, value[:12] if name.startswith("sha256") else value
    for name, text in words_of(saved).items():
        yield f"own words, {name}", text
    settings = settings_of(saved)
    yield "what the council calls the document", settings.label
    yield "socio-economic duty as the council says", settings.socio_economic.replace("_", " ")
    yield "socio-economic duty since", settings.since.isoformat() if settings.since else ""
    for number, text in enumerate(saved.proposals, start=1):
        yield f"proposal {number}", f"{len(text.splitlines())} lines, {hash_of(text)}"


def hash_of(text: str) -> str:
    """The first letters of a text's sha256: enough to tell two apart."""
    return sha256(text.encode("utf-8"))[:12]


def _bands(before: Saved, after: Saved) -> pd.DataFrame:
    was, now = before.table("scores")["band_word"], after.table("scores")["band_word"]
    names = {**dict(before.table("areas")["area_name"]), **dict(after.table("areas")["area_name"])}
    codes = [code for code in dict.fromkeys([*was.index, *now.index]) if _word(was.get(code)) != _word(now.get(code))]
    rows = [(code, names.get(code, ""), _word(was.get(code)), _word(now.get(code))) for code in codes]
    return pd.DataFrame(rows, columns=["area_code", "area_name", "before", "after"])


def _word(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def _responses(before: Saved, after: Saved) -> pd.DataFrame:
    def standing(saved: Saved) -> dict[tuple[str, ...], dict[str, Any]]:
        current = saved.responses[saved.responses["current"]]
        return {
            tuple(str(row[name]) for name in KEY): {str(name): value for name, value in row.items()} for row in current.to_dict("records")
        }

    was, now = standing(before), standing(after)
    watched = ("response", "reason", "name")
    names = {**dict(before.table("areas")["area_name"]), **dict(after.table("areas")["area_name"])}
    rows = []
    for key in dict.fromkeys([*was, *now]):
        old, new = was.get(key, {}), now.get(key, {})
        if [old.get(name, "") for name in watched] != [new.get(name, "") for name in watched]:
            about = (str(names.get(key[0], "")), (new or old).get("severity", ""))
            rows.append((*key, *about, old.get("response", ""), new.get("response", ""), new.get("reason", ""), new.get("name", "")))
    return pd.DataFrame(rows, columns=[*KEY, "area_name", "severity", "before", "after", "reason", "name"])
