"""What the pages show of an assessment, as plain tables and lines of text. Nothing is decided here.

Every gap is said in words ("not known", "fewer than 10"), so that a blank never reads as nothing.
Wards keep the order of the assessment: by council, then by name; never by who is most affected.
"""

from exclusion.views.method import CAVEATS, METHOD, attributions, methods, rule_rows, sources, threshold_rows, threshold_words
from exclusion.views.people import by_age_and_disability, is_wide, people_by_age, ten_words
from exclusion.views.service import (
    FIRST,
    ON_TOP,
    across,
    band_label,
    bands,
    could_move_first,
    floor,
    grid,
    how_sure,
    keep_lines,
    kept,
    left_open,
    levels,
    names_by_level,
    never_checked,
    other_findings,
    reasons_here,
    risk_rows,
    ward_rows,
    ways_grid,
)
from exclusion.views.shared import BEYOND, published_nowhere, rule_names
from exclusion.views.ward import how_counted, not_known, residents, score_drivers, spread, spread_rows, ward_services, who_lives_here

__all__ = [
    "BEYOND",
    "CAVEATS",
    "FIRST",
    "METHOD",
    "ON_TOP",
    "across",
    "attributions",
    "band_label",
    "bands",
    "by_age_and_disability",
    "could_move_first",
    "floor",
    "grid",
    "how_counted",
    "how_sure",
    "is_wide",
    "keep_lines",
    "kept",
    "left_open",
    "levels",
    "methods",
    "names_by_level",
    "never_checked",
    "not_known",
    "other_findings",
    "people_by_age",
    "published_nowhere",
    "reasons_here",
    "residents",
    "risk_rows",
    "rule_names",
    "rule_rows",
    "score_drivers",
    "sources",
    "spread",
    "spread_rows",
    "ten_words",
    "threshold_rows",
    "threshold_words",
    "ward_rows",
    "ward_services",
    "ways_grid",
    "who_lives_here",
]
