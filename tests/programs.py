"""Programs that stand beside the package and are no part of it (benchmarks/, deploy/), as modules to call."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def program(path: Path, name: str = "") -> ModuleType:
    """The program in a file, as a module of the file's name or another."""
    spec = importlib.util.spec_from_file_location(name or path.stem, path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # its dataclasses look for the module they are of
    spec.loader.exec_module(made)
    return made
