"""An earlier data release, to see what changed since: one that whoever runs the app has put there, or a zip that a visitor brings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from exclusion import differences, release, release_zip, ui
from exclusion.contracts import ExclusionError, Problem
from exclusion.differences import Differences, WardChanges
from exclusion.language import mark, tr
from exclusion.release import Evidence
from exclusion.saying import Later
from exclusion.ui import own, visit

EARLIER = "KEPT_OPEN_EARLIER"
ZIP = "earlier_release"
MOST_ZIP = 50  # megabytes
NONE, OWN = mark("None"), mark("One of my own (a zip)")


def known(held: Evidence) -> dict[str, Path]:
    """Releases on this machine by what they call themselves, without the one that is open.

    They are those of the folder that ``KEPT_OPEN_EARLIER`` names (a release, or a folder of releases), and the one that came with
    the program where another is open. A folder that is no release is passed over.
    """
    named = os.environ.get(EARLIER)
    folders = [] if not named else [Path(named), *sorted(one for one in Path(named).glob("*") if one.is_dir())]
    found: dict[str, Path] = {}
    for folder in [*folders, release.bundled()]:
        if (folder / "release.toml").is_file():
            try:
                title = _title(release.describe(folder))
            except ExclusionError:
                continue
            found.setdefault(title, folder)
    manifest = held.manifest
    about = {"name": manifest.name, "version": manifest.version, "edition": manifest.edition, "built_on": manifest.built_on}
    found.pop(_title(about), None)
    return found


def _title(about: Mapping[str, object]) -> str:
    return tr(
        "{name} {version} ({edition}, built {built_on})",
        name=about["name"],
        version=about["version"],
        edition=about["edition"],
        built_on=about["built_on"],
    )


@st.cache_resource(max_entries=4, show_spinner=Later(mark("Reading the earlier release …")))
def _held(folder: str, printed: float) -> Evidence:
    return release.read(folder)


def choose(held: Evidence, councils: Sequence[str], problems: list[Problem]) -> tuple[WardChanges, Differences] | None:
    """Ask for an earlier release; what moved since in the chosen councils, ward by ward and in sentences, or None."""
    listed = known(held)
    with st.expander(tr("An earlier release, to see on a map what changed since")):
        st.markdown(
            tr(
                "Choose the earlier of two data releases; the later is the one in use. Wards whose boundary changed are not "
                "compared, and a figure that either release lacks is not taken for no change."
            )
        )
        which = OWN
        if listed:
            which = ui.choose_layer(
                tr("Earlier release"),
                "since",
                {NONE: tr(NONE), **{one: one for one in listed}, OWN: tr(OWN)},
                NONE,
                tr("an earlier release we do not hold"),
            )
        given = visit.upload(tr("The folder of a release, zipped"), ZIP, ["zip"], megabytes=MOST_ZIP) if which == OWN else []
    if which == NONE or (which == OWN and not given):
        return None
    if own.here() is not None:
        st.info(tr("The change between releases is of published figures. Take your own away on the page Your figures to see it."))
        return None

    def compared(earlier: Evidence) -> tuple[WardChanges, Differences]:
        with st.spinner(tr("Comparing the two releases …")):
            return differences.ward_changes(earlier, held, councils), differences.compare(earlier, held, councils)

    def work() -> tuple[WardChanges, Differences]:
        if which == OWN:  # read anew for other councils: a release in memory is too much to keep for each visit
            return visit.from_file(lambda path: compared(release_zip.read(path)), given[0])
        folder = listed[which]
        return compared(_held(str(folder), (folder / "release.toml").stat().st_mtime))

    key = (which, visit.print_of(given), tuple(councils), held.manifest.version, held.manifest.built_on)
    return visit.attempt(lambda: visit.once("changes", key, work), problems)


__all__ = ["EARLIER", "choose", "known"]
