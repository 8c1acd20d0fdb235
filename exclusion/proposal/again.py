"""The rules once more, with some ward figures as a change would leave them (guard G6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from exclusion import judgement, provision, risk
from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.judgement.local import Local

_COLUMNS = ["area_code", "area_name", "service_id", "channel", "before", "after", "rule_ids", "reason"]


def rerun(
    assessment: Assessment,
    changed: pd.DataFrame,
    source: str,
    period: str,
    *,
    before: pd.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    today: date | None = None,
) -> pd.DataFrame:
    """What the rules would say with other figures: a library closed, so more people are far from help.

    Parameters
    ----------
    assessment
        The findings as they are.
    changed
        ``area_code, measure, n``: counts as they would be, such as ``far_help``. They must be measured
        as the release measured them (``judgement/measures.toml`` says how), since they are placed in
        the same national distribution.
    source, period
        Where the new figures come from and the day they are for, printed with them.
    before
        Counts as they are now, of the same wards and measures, where they were measured otherwise than the
        release's: the difference is then the change's alone, not that of two ways of measuring.
    labels
        What a measure counts, where the new figures count it otherwise than ours: the places on a list
        that was given, not our libraries. It is what the reasons say, and the nation's rate of ours is left out of them.
    today
        The day, as the assessment was made with; so is its council's own judgement.

    Returns
    -------
    pandas.DataFrame
        One row for each ward, service and way in whose finding would differ: ``before`` and ``after``
        (a severity; "more use" where it is in the minimum already; blank where nothing was or would be
        said), and the ``rule_ids`` and ``reason`` of what would be said. Empty when nothing would differ.

    Raises
    ------
    UsageError
        For a ward or measure the assessment does not hold: a figure cannot change that is not there.
    """
    found = _checked(assessment, changed, source, period, labels, today)
    if before is None:
        return _differences(assessment.findings, found)
    return _differences(_checked(assessment, before, source, period, labels, today), found)


def _checked(
    assessment: Assessment, changed: pd.DataFrame, source: str, period: str, labels: Mapping[str, str] | None, today: date | None
) -> pd.DataFrame:
    """The findings with some counts in place of the release's."""
    local: Local | None = assessment.local
    key = ["area_code", "measure"]
    profile = assessment.profile.set_index(key)
    new = changed.set_index(key)
    unknown = [f"{code} {measure}" for code, measure in new.index.difference(profile.index)]
    if unknown:
        raise UsageError(
            Problem("changed figures", "the assessment holds no such figure", ", ".join(unknown[:5]), "Check ward codes and measures.")
        )
    rows = profile.loc[new.index].copy()
    rows["n"] = new["n"].astype(float)
    rows["value"] = rows["n"] / rows["of"]
    rows = rows.assign(low=np.nan, high=np.nan, source=source, period=period)
    # What is counted otherwise than the nation's figure is not set beside it.
    rows.loc[rows.index.get_level_values("measure").isin(list(labels or ())), "nation_value"] = np.nan
    nations = pd.Series(rows.index.get_level_values("area_code")).map(assessment.areas["nation"]).to_numpy()
    for nation in dict.fromkeys(nations):
        for measure in rows.index.get_level_values("measure").unique():
            here = (nations == nation) & (rows.index.get_level_values("measure") == measure)
            values = rows.loc[here, "value"].to_numpy(float)
            rows.loc[here, "percentile"] = risk.place_in_nation(assessment.evidence, str(nation), "ward", str(measure), values)
    after = pd.concat([profile.drop(index=new.index), rows]).reset_index()
    evidence, held = assessment.evidence, judgement.measures()
    council = evidence.observations[
        (evidence.observations["level"] == "council") & evidence.observations["area_code"].isin(assessment.councils)
    ]
    return provision.check(
        assessment.areas.drop(columns="geometry"),
        after,
        assessment.services,
        thresholds=(local.thresholds if local else None) or assessment.thresholds_version.split(",")[0],
        floors=local.floors if local else None,
        measures=held | {name: held[name].model_copy(update={"label": said}) for name, said in (labels or {}).items()},
        council_profile=council,
        today=today or date.today(),
    ).findings


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    key = ["area_code", "service_id", "channel"]
    old, new = (_states(findings).set_index(key) for findings in (before, after))
    both = new.join(old["state"].rename("state_before"), how="outer").fillna("")
    differ = both[both["state"] != both["state_before"]].reset_index()
    names = before.drop_duplicates("area_code").set_index("area_code")["area_name"]
    differ["area_name"] = differ["area_code"].map(names)
    return differ.rename(columns={"state_before": "before", "state": "after"})[_COLUMNS].reset_index(drop=True)


def _states(findings: pd.DataFrame) -> pd.DataFrame:
    rows = findings[findings["kind"].isin(["keep", "more_use"])]
    state = rows["severity"].where(rows["kind"] == "keep", "more use")
    return rows[["area_code", "service_id", "channel", "rule_ids", "reason"]].assign(state=state)
