"""What a change saves or costs, in the council's own figures only.

No pound figure is ours: published unit costs are fourteen years old or more and differ eight-fold. A council
gives each cost as a low and a high figure, and how many people come back, and gets a range back. A saving that
rests on people not coming back is shown together with the rate at which it is gone.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from exclusion import judgement
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement import Service
from exclusion.proposal.demand import Moved, People, of_wards, still_need
from exclusion.proposal.model import ONLINE, Proposal
from exclusion.words import counted


def _channel(value: str) -> str:
    if value not in judgement.channels() and value != ONLINE:
        raise ValueError(f"is not a way in we know; known are: {', '.join([*judgement.channels(), ONLINE])}")
    return value


ChannelId = Annotated[str, AfterValidator(_channel)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Range(_Part):
    """A low and a high figure; the same twice where the council is sure."""

    low: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="after")
    def _sound(self) -> Range:
        if self.high < self.low:
            raise ValueError("high is below low")
        return self


class Rate(Range):
    """A share between 0 and 1."""

    high: float = Field(ge=0, le=1)


class Costs(_Part):
    """A council's own costs; every figure is the officer's, with who gave it and when it was reckoned.

    ``contact``: pounds a contact, by way in (``online`` among them). ``recontact``: of those moved online,
    the share who come back another way. ``falls_back_to``: the way in they come back by. ``open_in_a_ward``:
    pounds a year to keep a way in open in one ward.
    """

    by: str = Field(min_length=1)
    reckoned: str = Field(min_length=1)
    contact: dict[ChannelId, Range]
    recontact: Rate
    falls_back_to: ChannelId = "phone"
    open_in_a_ward: dict[ChannelId, Range] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Costs:
        lacking = [name for name in (ONLINE, self.falls_back_to) if name not in self.contact]
        if lacking:
            raise ValueError(f"contact lacks a cost for {', '.join(lacking)}")
        return self


@dataclass(frozen=True)
class Saving:
    """Pounds a year, low to high; negative where it costs more. ``lost``: the share of the saving that goes on people who come back."""

    low: float
    high: float
    lost_low: float | None
    lost_high: float | None
    gone_at: float | None  # the recontact rate at which nothing is left, in the middle of the costs; None where nothing is saved

    @property
    def words(self) -> str:
        """The range in one sentence."""
        if self.high <= 0:
            text = f"No saving: it costs {_pounds(-self.high)} to {_pounds(-self.low)} more a year."
        elif self.low < 0:
            text = f"From {_pounds(-self.low)} a year more in cost to {_pounds(self.high)} a year saved."
        else:
            text = f"{_pounds(self.low)} to {_pounds(self.high)} a year saved."
        if self.gone_at is not None and self.gone_at <= 1:
            text += f" All of it is gone when about {round(100 * self.gone_at)} in 100 come back."
        return text


def read(path: str | Path) -> Costs:
    """A council's costs from a TOML file.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake: field, value, what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(Problem("costs", "there is no such file", str(path), "Check its name and folder."))
    try:
        return Costs.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataRefused(Problem(path.name, f"is not valid TOML: {error}", "", "Mend the line it names.")) from None
    except ValidationError as error:
        problems = []
        for mistake in error.errors():
            missing = mistake["type"] == "missing"
            field = ".".join(str(part) for part in mistake["loc"] if part != "[key]") or "the file"
            what = "is missing" if missing else str(mistake["msg"]).removeprefix("Value error, ")
            value = "" if missing or isinstance(mistake["input"], dict) else str(mistake["input"])
            problems.append(Problem(f"{path.name}, {field}", what[:1].lower() + what[1:], value, "Give the council's own figure."))
        raise DataRefused(problems) from None


def template() -> str:
    """An empty file of costs to fill in: what each field means, and no figure of ours."""
    return """# The council's own costs. Every figure is yours; we have none. Give a low and a high figure, or the same twice.
by = ""            # who gave the figures, such as "Finance"
reckoned = ""      # when, such as "October 2026"
falls_back_to = "phone"   # the way in people come back by when online fails them

[contact]          # pounds a contact
# online = { low = , high = }
# phone = { low = , high = }
# f2f = { low = , high = }
# post = { low = , high = }

[recontact]        # of those moved online, the share (0 to 1) who come back another way
# low =
# high =

[open_in_a_ward]   # pounds a year to keep a way in open in one ward
# f2f = { low = , high = }
"""


def leakage(moved_from: float, online: float, recontact: float, fallback: float, contacts: float = 1000) -> tuple[float, float, float]:
    """The sum behind "savings leak", for single figures.

    Parameters
    ----------
    moved_from, online, fallback
        Pounds a contact: by the way in that closes, online, and by the way in people come back by.
    recontact
        Share of those moved who come back.
    contacts
        How many are moved.

    Returns
    -------
    tuple
        ``net``: contacts x (moved_from - online) - contacts x recontact x fallback. ``lost``: the part of the
        gross saving that goes on people who come back. ``gone_at``: the rate at which nothing is left. The last
        two are NaN where moving saves nothing to begin with.
    """
    gross = moved_from - online
    lost = recontact * fallback / gross if gross > 0 else float("nan")
    gone = gross / fallback if gross > 0 and fallback > 0 else float("nan")
    return contacts * (gross - recontact * fallback), lost, gone


def net_saving(contacts: Mapping[str, float], costs: Costs) -> Saving:
    """What moving contacts online saves a year, as a range.

    Parameters
    ----------
    contacts
        Contacts a year that move online, by the way in they leave.

    Raises
    ------
    UsageError
        When a way in has no cost.
    """
    lacking = [name for name in contacts if name not in costs.contact]
    if lacking:
        do = "Give it under [contact]; we have no figure of our own."
        raise UsageError([Problem("costs", "has no cost for a contact by", name, do) for name in lacking])
    online, back, rate = costs.contact[ONLINE], costs.contact[costs.falls_back_to], costs.recontact
    low = high = middle = spent = 0.0
    lost: list[float] = []
    for name, count in contacts.items():
        sums = [leakage(*corner) for corner in _corners(costs.contact[name], online, rate, back, same=name == costs.falls_back_to)]
        low += count * min(net for net, _, _ in sums) / 1000
        high += count * max(net for net, _, _ in sums) / 1000
        lost += [share for _, share, _ in sums if not math.isnan(share)]
        middle += count * (_mid(costs.contact[name]) - _mid(online))
        spent += count * _mid(back)
    gone_at = middle / spent if middle > 0 and spent > 0 else None
    return Saving(low, high, min(lost, default=None), max(lost, default=None), gone_at)


def _corners(moved: Range, online: Range, rate: Range, back: Range, *, same: bool) -> Iterator[tuple[float, float, float, float]]:
    """Every corner of the ranges. Where people come back by the way in that closes it has one price, not two."""
    for cost, web, share in product((moved.low, moved.high), (online.low, online.high), (rate.low, rate.high)):
        for fall in (cost,) if same else (back.low, back.high):
            yield cost, web, share, fall


def of_proposal(proposal: Proposal, people: People, costs: Costs, services: Mapping[str, Service] | None = None) -> pd.DataFrame:
    """What each service of a proposal saves a year, as a range, in the council's own figures.

    Parameters
    ----------
    people
        Residents unlikely to use the internet, as :func:`exclusion.proposal.demand` takes them.

    Returns
    -------
    pandas.DataFrame
        ``service_id, low, high`` (pounds a year; blank where it cannot be reckoned) and ``sentence``.

    Notes
    -----
    Of the contacts whose way in closes, those that cannot go online (a low and a high figure) are taken to use
    ``falls_back_to`` and cost what it costs; only the rest move online, and some of them come back.
    """
    held = judgement.services() if services is None else services
    rows: list[dict[str, object]] = []
    for change in proposal.service:
        if not change.close:
            continue
        contacts = {name: count for name, count in change.total_contacts().items() if name in change.close and count}
        unpriced = [name for name in contacts if name not in costs.contact]
        shares = of_wards(people, change.wards)
        service = held[change.id]
        if not contacts:
            why = "the proposal gives no contacts for a way in that closes"
        elif costs.falls_back_to in change.close:
            why = f"people are taken to come back by {costs.falls_back_to}, which the proposal closes; give another falls_back_to"
        elif unpriced:
            why = f"there is no cost for a contact by {', '.join(unpriced)}"
        elif not shares["adults"] > 0:
            why = "we hold no figures on internet use here"
        else:
            low_share, high_share = (shares[name] / shares["adults"] for name in ("low_raw", "high_raw"))
            moved = still_need(change.total_contacts(), change.close, low_share, high_share, service)
            low, high = _with_those_who_stay(contacts, moved, costs)
            saving = Saving(low, high, None, None, None)
            sentence = f"{service.service_name}: {saving.words} Figures by {costs.by}, {costs.reckoned}."
            rows.append({"service_id": change.id, "low": low, "high": high, "sentence": sentence})
            continue
        rows.append(
            {"service_id": change.id, "low": pd.NA, "high": pd.NA, "sentence": f"{service.service_name}: not reckoned, because {why}."}
        )
    return pd.DataFrame(rows, columns=["service_id", "low", "high", "sentence"]).astype({"low": "Float64", "high": "Float64"})


def _with_those_who_stay(contacts: Mapping[str, int], moved: Moved, costs: Costs) -> tuple[float, float]:
    back = costs.contact[costs.falls_back_to]
    ends = []
    for staying in (moved.low, moved.high):
        part = staying / moved.closing
        online = net_saving({name: count * (1 - part) for name, count in contacts.items()}, costs)
        low = sum(count * part * (costs.contact[name].low - back.high) for name, count in contacts.items())
        high = sum(count * part * (costs.contact[name].high - back.low) for name, count in contacts.items())
        ends.append((online.low + low, online.high + high))
    return min(low for low, _ in ends), max(high for _, high in ends)


def keeping(findings: pd.DataFrame, costs: Costs, severities: tuple[str, ...] = ("required", "recommended")) -> pd.DataFrame:
    """What it costs a year to keep ways in only where they are flagged, against everywhere.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them; a ward counts once for a way in, whichever services ask for it.
    severities
        Which findings count.

    Returns
    -------
    pandas.DataFrame
        ``channel, wards, of_wards, flagged_low, flagged_high, everywhere_low, everywhere_high`` (pounds a year) and
        ``sentence``, for the ways in the council gave a cost for. The council-wide minimum is left out: it
        is kept everywhere whatever it costs.
    """
    every = findings["area_code"].nunique()
    keep = findings[(findings["kind"] == "keep") & findings["severity"].isin(severities)]
    rows = []
    for channel, price in costs.open_in_a_ward.items():
        wards = int(keep.loc[keep["channel"] == channel, "area_code"].nunique())
        label = judgement.channels()[channel].label if channel in judgement.channels() else channel
        rows.append(
            {
                "channel": channel,
                "wards": wards,
                "of_wards": every,
                "flagged_low": wards * price.low,
                "flagged_high": wards * price.high,
                "everywhere_low": every * price.low,
                "everywhere_high": every * price.high,
                "sentence": f"Keeping {label} where we advise it ({counted(wards, 'ward')} of {every}): {_span(wards, price)} a year; "
                f"in every ward: {_span(every, price)}. Figures by {costs.by}, {costs.reckoned}.",
            }
        )
    columns = ["channel", "wards", "of_wards", "flagged_low", "flagged_high", "everywhere_low", "everywhere_high", "sentence"]
    return pd.DataFrame(rows, columns=columns)


def _mid(price: Range) -> float:
    return (price.low + price.high) / 2


def _span(times: int, price: Range) -> str:
    ends = _pounds(times * price.low), _pounds(times * price.high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _pounds(amount: float) -> str:
    return f"£{amount:,.0f}"
