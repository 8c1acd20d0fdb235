"""What the pages say must be so: commands exist, make targets exist, versions agree, nothing private is written down."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import exclusion
from exclusion import judgement
from exclusion.__main__ import app
from exclusion.release import Evidence
from exclusion.words import percent, two_figures

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [path for path in (README, *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every command by its full name, such as ``release verify``."""
    top = typer.main.get_command(app)
    for name, command in top.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", under) for inner, under in command.commands.items())
        else:
            yield name, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    first = (command.help or "").strip().splitlines()[0]
    assert first.endswith(".") and 15 < len(first) <= 60, f"the first line of {name} is not a short sentence: {first!r}"
    context = command.make_context(name, [], resilient_parsing=True)
    for parameter in command.params:
        _, words = parameter.get_help_record(context) or ("", "")
        assert len(words) > 10, f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"app"}))  # which opens pages, and answers nothing
def test_every_command_can_answer_in_json(name: str) -> None:
    assert "--json" in {option for parameter in COMMANDS[name].params for option in parameter.opts}


def shown_lines(page: Path) -> list[str]:
    """Lines of the code blocks of a page, continued lines joined."""
    blocks = re.findall(r"^```(?:sh|bash|console|text)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip().removeprefix("$ ").removeprefix("> ") for line in text.splitlines()]


def shown_commands() -> list[tuple[str, str]]:
    """``exclusion ...`` lines of the pages, in code blocks."""
    return [(page.name, line) for page in PAGES for line in shown_lines(page) if re.match(r"exclusion [a-z]", line)]


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_commands_on_the_pages_are_commands_of_the_program(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index("|")] if "|" in words else words
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    assert name in COMMANDS, f"{page} shows a command that is not there: {line}"
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help"}
    used = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert used <= known, f"{page} shows options that are not there: {line}"
    services = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("--service", "-s")]
    assert [service for service in services if service.isidentifier() and service.islower() and service not in judgement.services()] == []


@pytest.mark.skipif(not README.is_file(), reason="there is no README yet")
def test_the_readme_shows_the_ways_in() -> None:
    text = README.read_text(encoding="utf-8")
    for words in ("make run", "make test", "python -m venv", "exclusion assess", "import exclusion"):
        assert words in text, f"the README does not show: {words}"
    shown = {name for name in COMMANDS if re.search(rf"exclusion {name}\b", text)}
    assert {name for name in COMMANDS if " " not in name} <= shown, "every command is in the README"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_on_the_pages_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))) | {
        line.split()[1] for line in shown_lines(page) if re.match(r"make [a-z]", line)
    }
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_pictures_the_pages_link_to_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_dependency_has_a_lower_bound_and_a_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    tested = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split())
    tested = {name.lower().replace("_", "-"): version for name, version in tested.items()}
    for line in wanted:
        name, _, bound = line.partition(">=")
        assert re.fullmatch(r"[0-9.]+", bound), f"{line}: give a lower bound and nothing else"
        assert name in tested, f"{name} has no tested version in constraints.txt"
        lowest, ours = ([int(part) for part in re.findall(r"\d+", text)] for text in (bound, tested[name]))
        assert lowest <= ours, f"{line} asks for more than the tested {tested[name]}"


def test_nothing_names_an_index_or_a_place_on_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    private = re.compile(r"--(?:extra-)?index-url|pypi\.org|/root/|/home/[a-z]+/|/work/" + "main")
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".toml", ".md", ".txt", ".cfg", ".csv"} or name in {"Makefile", ".ci/run", "NOTICE"}:
            found = private.search(path.read_text(encoding="utf-8")) if path.is_file() and path != Path(__file__) else None
            assert found is None, f"{name} names {found[0] if found else ''}"


def test_what_the_notice_must_name_is_in_it() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [line.partition(">=")[0] for line in [*project["dependencies"], *project["optional-dependencies"]["app"]]]
    assert [name for name in names if name not in notice] == []
    release = tomllib.loads((ROOT / "data" / "release.toml").read_text(encoding="utf-8"))
    for source in release["source"]:
        owner = source["publisher"].split(",")[0]
        assert owner in notice, f"NOTICE does not name {owner}"
        assert source["licence"]


def test_the_changelog_has_a_section_to_write_in() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_says_of_bloomfield_what_the_program_says(bundled: Evidence) -> None:
    text = README.read_text(encoding="utf-8")
    a = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"])
    code = a.areas.index[a.areas["area_name"] == "Bloomfield"][0]
    people, rows = a.people.loc[code], a.profile[a.profile["area_code"] == code].set_index("measure")
    assert f"{str(people['label']).capitalize()} residents aged 16 and over are unlikely to use the internet at all" in text
    assert f"(about {people['estimate_2020']} at 2020 rates, {people['low80']} to {people['high80']} eight times in ten;" in text
    limited = rows.loc["disabled_lot"]
    assert f"about {two_figures(limited['n'])} people there say their day-to-day activities are limited a lot" in text
    assert f"({percent(limited['value'])} of residents, against {percent(limited['nation_value'])} in England;" in text
    found = a.findings[(a.findings["area_code"] == code) & (a.findings["kind"] == "keep")]
    assert "f2f" in set(found["channel"])
