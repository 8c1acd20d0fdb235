"""The command that opens the app, from a checkout and from an installed package alike."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from exclusion.contracts import Problem, UsageError


def open_app(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where the app answers on this machine.")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="Which address it answers at; anything but 127.0.0.1 lets others in, see docs/register.md.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser on it.")] = True,
) -> None:
    """Open the app, until Ctrl-C.

    The same as 'make run' in a checkout.
    """
    lacking = [name for name in ("streamlit", "folium", "streamlit_folium", "PIL") if importlib.util.find_spec(name) is None]
    if lacking:
        do = "Install them: python -m pip install 'exclusion[app]'. Every other command works without."
        raise UsageError(Problem("app", "needs packages that are not installed", ", ".join(lacking), do))
    ours = {"server.address": address, "server.port": port, "server.headless": not browser, "server.showEmailPrompt": False}
    raise typer.Exit(subprocess.run(command(app_folder(), ours)).returncode)


def app_folder() -> Path:
    """Where app.py and the pages lie: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "app"
    return inside if (inside / "app.py").is_file() else package.parent


def command(folder: Path, ours: Mapping[str, Any]) -> list[str]:
    """The words that start Streamlit on the app with its own settings, wherever they are spoken from.

    Streamlit reads ``.streamlit/config.toml`` of the folder it is started in, which for an installed package
    may be any: its usage reports, for one, would then be on.
    """
    held = tomllib.loads((folder / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    settings = {f"{part}.{name}": value for part, named in held.items() for name, value in named.items()} | dict(ours)
    words = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in settings.items()]
    return [sys.executable, "-m", "streamlit", "run", str(folder / "app.py"), *words]


__all__ = ["app_folder", "command", "open_app"]
