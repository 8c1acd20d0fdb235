"""How far people are from the places that stay open: by group, before and after, never one average.

``origins`` puts people on the ground, ``measure`` says how far they are from places (straight line
times a stated factor, or a council's own travel times), ``compare`` what a closure or fewer hours
changes, ``in_words`` says it in sentences. ``floating_catchment`` needs the extra ``access``.
"""

from exclusion.access.catchment import floating_catchment
from exclusion.access.distance import nearest, origins, share_beyond
from exclusion.access.measure import Reach, compare, how_far, in_words, measure, working
from exclusion.access.travel_times import TravelTimes, read_travel_times

__all__ = [
    "Reach",
    "TravelTimes",
    "compare",
    "floating_catchment",
    "how_far",
    "in_words",
    "measure",
    "nearest",
    "origins",
    "read_travel_times",
    "share_beyond",
    "working",
]
