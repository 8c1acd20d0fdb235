"""What a change saves or costs, in the council's own figures only.

No pound figure is ours: published unit costs are fourteen years old or more and differ eight-fold. A council
gives each cost as a low and a high figure, and how many people come back, and gets a range back. A saving that
rests on people not coming back is shown together with the rate at which it is gone, and with every line of the
sum, so that whoever keeps the council's books can do it again.
"""

from exclusion.costs.given import Costs, Range, Rate, build, read, template, to_toml
from exclusion.costs.keeping import keeping
from exclusion.costs.leaking import Saving, leakage, net_saving
from exclusion.costs.proposed import lines_table, of_proposal, worked
from exclusion.costs.sums import LINES, Line, Worked

__all__ = [
    "LINES",
    "Costs",
    "Line",
    "Range",
    "Rate",
    "Saving",
    "Worked",
    "build",
    "keeping",
    "leakage",
    "lines_table",
    "net_saving",
    "of_proposal",
    "read",
    "template",
    "to_toml",
    "worked",
]
