"""Kept Open: which other ways in must stay open when a council service moves online.

>>> import exclusion
>>> evidence = exclusion.load()                                     # doctest: +SKIP
>>> exclusion.assess(evidence, ["Blackpool"], ["blue_badge"])       # doctest: +SKIP

The names below are the public ones. Each is fetched from its module when first used, so that
``import exclusion`` costs nothing and needs neither Streamlit nor folium.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exclusion.assessment import Assessment as Assessment
    from exclusion.assessment import assess as assess
    from exclusion.assessment import load as load
    from exclusion.contracts import DataRefused as DataRefused
    from exclusion.contracts import ExclusionError as ExclusionError
    from exclusion.contracts import NothingToAssess as NothingToAssess
    from exclusion.contracts import SourceUnreachable as SourceUnreachable
    from exclusion.contracts import UsageError as UsageError
    from exclusion.release import Evidence as Evidence

__version__ = "0.1.0"

_HOME = {
    "load": "assessment",
    "assess": "assessment",
    "Assessment": "assessment",
    "Evidence": "release",
    "ExclusionError": "contracts",
    "UsageError": "contracts",
    "DataRefused": "contracts",
    "SourceUnreachable": "contracts",
    "NothingToAssess": "contracts",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'exclusion' has no attribute {name!r}")
    return getattr(importlib.import_module(f"exclusion.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
