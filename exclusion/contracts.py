"""What each table must look like, and how the program says no.

A table is checked once per door: when it arrives from a publisher, when a release is
written or read, and when an assessment leaves. The same declaration is the check and the
data dictionary (:func:`dictionary`), so the two cannot disagree.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from exclusion.typed import Place, strange, typed

# --------------------------------------------------------------------------- errors


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what, which value, and what to do next."""

    where: str
    what: str
    value: str = ""
    do: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if self.value:
            text += f" (found: {self.value})"
        return f"{text}. {self.do}" if self.do else f"{text}."


class ExclusionError(Exception):
    """Base of every error a user may see; shown as plain text, never as a traceback."""

    exit_code = 70

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            self.problems: tuple[Problem, ...] = ()
            super().__init__(problems)
            return
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        lines = [str(problem) for problem in self.problems]
        head = "" if len(lines) == 1 else f"{len(lines)} problems were found:\n"
        super().__init__(head + "\n".join(f"- {line}" if head else line for line in lines))


class UsageError(ExclusionError):
    """The request itself is off: an unknown council, service, format or weight."""

    exit_code = 2


class DataRefused(ExclusionError):
    """A table, file or release breaks its contract; nothing was written."""

    exit_code = 3


class SourceUnreachable(ExclusionError):
    """A publisher's file or service could not be had."""

    exit_code = 4


class NothingToAssess(ExclusionError):
    """The request is sound, but the release holds nothing to answer it with."""

    exit_code = 5


_Read = TypeVar("_Read")


class Gathered:
    """What several readings refuse, kept until all were tried, so that a reader is told every mistake in one run."""

    def __init__(self) -> None:
        self.errors: list[ExclusionError] = []

    def read(self, reading: Callable[[], _Read]) -> _Read | None:
        """What a reading gives; None where it refuses, which is kept."""
        try:
            return reading()
        except ExclusionError as error:
            self.errors.append(error)
            return None

    def refuse(self) -> None:
        """Raise what was kept: one refusal as it came, several as one with all their problems; nothing when there is none.

        Raises
        ------
        ExclusionError
            DataRefused where there are several.
        """
        if len(self.errors) > 1:
            raise DataRefused(
                problem
                for error in self.errors
                for problem in (error.problems or (Problem(str(error).removesuffix("."), "stands in the way"),))
            )
        if self.errors:
            raise self.errors[0]


def not_text_problems(document: Any, where: Callable[[Place], str]) -> list[Problem]:
    """One for each text in tables and lists that holds what no text should; ``where`` says a place in them."""
    return [not_text_problem(where(at), letter) for at, letter in strange(document)]


def not_text_problem(where: str, letter: str) -> Problem:
    """What is said of a text with a character that is not text."""
    return Problem(where, "holds a character that is not text", letter, "Type it again.")


def toml_document(text: str, where: str, do: str = "Mend the line it names.") -> dict[str, Any]:
    """A TOML text as plain data.

    Raises
    ------
    DataRefused
        When it is not one: also for a number of thousands of digits and for brackets within brackets without end,
        which Python's reader answers with errors of other kinds; and for every text that holds what no text should.
    """
    try:
        document = tomllib.loads(text)
        problems = not_text_problems(document, lambda at: f"{where}, {spelled(at)}")
        found: dict[str, Any] = typed(document)
    except ValueError as error:
        raise DataRefused(Problem(where, f"is not valid TOML: {_short(str(error))}", "", do)) from None
    except RecursionError:
        raise DataRefused(Problem(where, "is not valid TOML: brackets stand within brackets too deeply", "", do)) from None
    if problems:
        raise DataRefused(problems)
    return found


def spelled(at: Iterable[str | int]) -> str:
    """A place in tables and lists as people count: ``service.1.id``."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in at)


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


# --------------------------------------------------------------------------- tables

NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
LEVELS = ("ward", "lsoa21", "council", "nation")
FITS = ("published", "best_fit", "weighted", "council_wide", "estimated", "national", "own", "area")
KINDS = ("floor", "keep", "more_use", "caution", "not_assessed")
SEVERITIES = ("required", "recommended", "monitor", "")
STRENGTHS = ("STRONG", "MODERATE", "ORDINARY", "WEAK", "NONE", "unknown", "")
SUMMARIES = ("reasons_found", "none_in_rules_checked", "not_assessed", "not_run_here")
NO_ANSWER = ("not_assessed", "not_run_here")  # too little could be checked; councils of the nation do not run the service
# What earlier versions called a summary: registers hold tables that were saved under it. It was given up because, read by
# itself, it said more than was checked.
SUMMARIES_BEFORE = {"no_reason_found": "none_in_rules_checked"}

AREA_CODE = r"^[EWSN]\d{8}$"
WARD_CODE = r"^(E05|W05|S13|N08)\d{6}$"
PLACE_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
"""Of a ward, or of an area a council drew itself."""
COUNCIL_CODE = r"^(E0[6-9]|W06|S12|N09)\d{6}$"
SMALL_AREA_CODE = r"^(E01|W01|S01|N21)\d{6}$"


def _text(description: str, *checks: Any, nullable: bool = False) -> pa.Column:
    return pa.Column(str, list(checks), description=description, nullable=nullable)


def _number(description: str, *checks: Any, nullable: bool = True) -> pa.Column:
    return pa.Column(float, list(checks), description=description, nullable=nullable, coerce=True)


def _whole(description: str, *checks: Any, nullable: bool = False) -> pa.Column:
    return pa.Column("Int64" if nullable else "int64", list(checks), description=description, nullable=nullable, coerce=True)


def _code(pattern: str, kind: str) -> pa.Check:
    return pa.Check.str_matches(pattern, error=f"is not a {kind} code (letter and eight digits)")


def _one_of(values: Iterable[str]) -> pa.Check:
    allowed = list(values)
    return pa.Check.isin(allowed, error="is not one of " + ", ".join(repr(value) for value in allowed))


_NOT_NEGATIVE = pa.Check.ge(0, error="is below zero")
_SHARE = pa.Check.in_range(0, 1, error="is not a share between 0 and 1")
_PERCENTILE = pa.Check.in_range(0, 100, error="is not between 0 and 100")

TABLES: dict[str, pa.DataFrameSchema] = {
    "areas": pa.DataFrameSchema(
        {
            "area_code": _text("GSS code of the ward, in the edition named beside it", _code(WARD_CODE, "ward")),
            "area_name": _text("Name of the ward; names repeat between councils, so join by code"),
            "council_code": _text("GSS code of the district, unitary, borough or city council", _code(COUNCIL_CODE, "council")),
            "council_name": _text("Name of that council"),
            "nation": _text("England, Wales, Scotland or Northern Ireland", _one_of(NATIONS)),
            "edition": _text(
                "Edition of the ward boundaries (WD25 = wards of May 2025)",
                pa.Check.str_matches(r"^WD\d\d$", error="is not an edition such as WD25"),
            ),
            "upper_code": _text("GSS code of the county council above it in two-tier areas, else blank"),
            "upper_name": _text("Name of that county council, else blank"),
            "population": _whole(
                "Usual residents shared onto the ward: Census 2021, Scotland's Census 2022, Northern Ireland's estimate of mid-2019",
                _NOT_NEGATIVE,
            ),
            "households": _whole("Households of the same census shared onto the ward (Northern Ireland: Census 2021)", _NOT_NEGATIVE),
            "rural": pa.Column(bool, description="Whether over half of residents live in rural small areas"),
            "straddle": _number("Share of residents whose small area crosses the ward boundary", _SHARE, nullable=False),
            "error_class": _text(
                "How well small areas fit this ward: good, fair, rough, or none (no figure can be given)",
                _one_of(("good", "fair", "rough", "none")),
            ),
            "error_p90": _number("Nine in ten such wards had a smaller error in their count than this share", _SHARE, nullable=False),
            "x": _number("Easting of the ward centre, metres, EPSG:27700", nullable=False),
            "y": _number("Northing of the ward centre, metres, EPSG:27700", nullable=False),
        },
        unique=["area_code"],
        strict="filter",
        description="Wards, one row each",
    ),
    "small_areas": pa.DataFrameSchema(
        {
            "small_area_code": _text("GSS code of the small area", _code(SMALL_AREA_CODE, "small-area")),
            "kind": _text("Kind and edition of small area", _one_of(("lsoa21", "dz11", "sdz21"))),
            "small_area_name": _text("Name of the small area"),
            "population": _whole("Usual residents, Census 2021 (Scotland: 2022)", _NOT_NEGATIVE),
            "x": _number("Easting of a point inside it, metres, EPSG:27700", nullable=False),
            "y": _number("Northing of a point inside it, metres, EPSG:27700", nullable=False),
            "area_code": _text("Ward that part of it lies in", _code(WARD_CODE, "ward")),
            "share": _number("Share of its people taken to live in that ward; shares of one small area sum to 1", _SHARE, nullable=False),
        },
        unique=["small_area_code", "area_code"],
        strict="filter",
        description="Small areas and the wards they feed, one row a pair",
    ),
    "observations": pa.DataFrameSchema(
        {
            "level": _text(
                "What the code is: ward, small area (written lsoa21 in every nation; its kind is in small_areas), council or nation",
                _one_of(LEVELS),
            ),
            "area_code": _text("GSS code", _code(AREA_CODE, "GSS")),
            "measure": _text("What is counted; see measures"),
            "count": _number("People, households or premises counted; blank for a measure that is not a count", _NOT_NEGATIVE),
            "of": _number("Out of how many, in areas with data", _NOT_NEGATIVE),
            "value": _number("count divided by of, to 6 decimals; or the mean of a measure that is not a count"),
            "low": _number("Lower end of the count, where the fit or withheld figures leave a range", _NOT_NEGATIVE),
            "high": _number("Upper end of the count, where the fit or withheld figures leave a range", _NOT_NEGATIVE),
            "observed": _number("Share of the denominator for which there were data", _SHARE),
            "fit": _text("How it came onto this area", _one_of(FITS)),
            "source": _text("Source id; see release.toml"),
            "period": _text("Date or period the figure describes"),
        },
        checks=[
            pa.Check(
                lambda t: t["count"].isna() | t["of"].isna() | (t["count"] <= t["of"]),
                error="count is larger than of (a rate over 100 %)",
                name="count",
            ),
        ],
        unique=["area_code", "measure"],
        strict="filter",
        description="One measure for one area, tidy",
    ),
    "context": pa.DataFrameSchema(
        {
            "level": _text("What the code is: ward, council or nation", _one_of(("ward", "council", "nation"))),
            "area_code": _text("GSS code", _code(AREA_CODE, "GSS")),
            "measure": _text("What is counted; see characteristics"),
            "count": _number("People or households counted; blank where no figure can be given", _NOT_NEGATIVE),
            "of": _number("Out of how many", _NOT_NEGATIVE),
            "value": _number("count divided by of, to 6 decimals"),
            "low": _number("Lower end of the count, where the fit leaves a range", _NOT_NEGATIVE),
            "high": _number("Upper end of the count, where the fit leaves a range", _NOT_NEGATIVE),
            "fit": _text("How it came onto this area", _one_of(FITS)),
            "source": _text("Source id; see release.toml"),
            "period": _text("Date or period the figure describes"),
        },
        checks=[
            pa.Check(
                lambda t: t["count"].isna() | t["of"].isna() | (t["count"] <= t["of"]),
                error="count is larger than of (a rate over 100 %)",
                name="count",
            ),
        ],
        unique=["area_code", "measure"],
        strict="filter",
        description="Who lives where by protected characteristic: context for equality assessments, never scored",
    ),
    "reference": pa.DataFrameSchema(
        {
            "nation": _text("Nation the distribution describes", _one_of(NATIONS)),
            "level": _text("ward or lsoa21", _one_of(LEVELS)),
            "measure": _text("Measure or domain indicator"),
            "q": _whole("Quantile, in thousandths", pa.Check.in_range(0, 1000, error="is not between 0 and 1000")),
            "value": _number("Value at that quantile of the nation's areas", nullable=False),
        },
        unique=["nation", "level", "measure", "q"],
        strict="filter",
        description="Frozen national distributions: 1,001 quantiles each",
    ),
    "reference_wards": pa.DataFrameSchema(
        {
            "area_code": _text("GSS code of the ward", _code(WARD_CODE, "ward")),
            "nation": _text("Nation", _one_of(NATIONS)),
            "domain": _text("Domain of the score"),
            "percentile": _number("Where the ward stands in its nation, 3 decimals, 100 = most affected", _PERCENTILE, nullable=False),
        },
        unique=["area_code", "domain"],
        strict="filter",
        description="Every ward's domain percentiles, from which bands are cut",
    ),
    "alternative": pa.DataFrameSchema(
        {
            "area_code": _text("GSS code of the ward", _code(WARD_CODE, "ward")),
            "domain": _text("Domain of the score"),
            "value": _number("The domain's indicator when each small area goes whole to its official best-fit ward", nullable=False),
        },
        unique=["area_code", "domain"],
        strict="filter",
        description="Domain indicators under the other geography, to see what the way of sharing changes",
    ),
    "findings": pa.DataFrameSchema(
        {
            "area_code": _text("GSS code of the ward, or the council's own code of an area it drew", _code(PLACE_CODE, "place")),
            "area_name": _text("Name of the ward"),
            "service_id": _text("Service, as in services.csv"),
            "channel": _text(
                "The way in this is about; 'all' for a caution. In tables that leave us, what was not assessed stands under every way "
                "in it could have been about: where a way in has no row, everything about it was checked, or the council does not run it"
            ),
            "kind": _text("floor, keep, more_use, caution or not_assessed", _one_of(KINDS)),
            "severity": _text("required, recommended, monitor, or blank", _one_of(SEVERITIES)),
            "strength": _text("Strength of the strongest rule behind it", _one_of(STRENGTHS)),
            "borderline": pa.Column(bool, description="Whether a small change in a figure would change the finding"),
            "rule_ids": _text("Rules behind it, joined by |"),
            "short": _text("The finding in at most 20 words"),
            "reason": _text("The reason in full, with figures and dates"),
            "figures_json": _text("Every figure used, with source, date and fit, as JSON"),
            "protected_characteristics": _text("Protected characteristics concerned, joined by |"),
            "legal_hooks": _text("Law and guidance codes, joined by |"),
            "thresholds_version": _text("Version of the thresholds used"),
            "profile_version": _text("Version of the service profile used"),
        },
        unique=["area_code", "service_id", "channel", "kind", "rule_ids"],
        strict="filter",
        description="What to keep open, where and why",
    ),
    "routes": pa.DataFrameSchema(
        {
            "service_id": _text("Service, as in services.csv"),
            "channel": _text("The way in, as in channels.toml"),
            "where_to_find": _text("Number, address or page, as residents see it"),
            "last_tried": _text("Date somebody last tried it (YYYY-MM-DD), else blank"),
            "tried_by": _text("Who tried it, a role or a name, else blank"),
            "worked": _text("Whether it worked: yes, no or blank", _one_of(("yes", "no", ""))),
            "note": _text("What the council adds, else blank"),
        },
        unique=["service_id", "channel", "where_to_find"],
        strict="filter",
        description="A council's ways in without the internet, and when each was last tried",
    ),
}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for files of a moment, gone when the block ends.

    Raises
    ------
    UsageError
        Where the machine has none to give: no such folder, no leave, no room.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="kept-open-", ignore_cleanup_errors=True)
    except OSError as error:
        what = f"cannot be made ({error.strerror or error})"
        do = "Ask whoever looks after this machine for a folder with room that the program may write to (TMPDIR names it)."
        raise UsageError(Problem("A folder for temporary files", what, "", do)) from None
    with made as folder:
        yield Path(folder)


def check(table: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    """Return ``table`` when it meets its contract, with the declared columns and types.

    Parameters
    ----------
    table
        Any frame; extra columns are dropped from the result.
    name
        Which contract, a key of :data:`TABLES`.
    where
        File or step to name in the message.

    Raises
    ------
    DataRefused
        With every problem found, not only the first.
    """
    schema = TABLES[name]
    table = table.reset_index(drop=True)
    missing = [column for column in schema.columns if column not in table.columns]
    # Asked for here: with strict="filter" pandera lets an absent column pass.
    problems = [Problem(where, f"column '{column}' is missing", "", f"Add it: {schema.columns[column].description}.") for column in missing]
    try:
        checked = _without(schema, missing).validate(table, lazy=True)
    except SchemaErrors as errors:
        problems += list(dict.fromkeys(_problems(errors.failure_cases, table, schema, where)))
    except KeyError:  # a check between columns met an absent one, which is already named
        pass
    if problems:
        raise DataRefused(problems)
    return checked


def _without(schema: pa.DataFrameSchema, missing: list[str]) -> pa.DataFrameSchema:
    """The schema of the columns that are there, so that the rest is checked in the same go."""
    if not missing:
        return schema
    unique = [column for column in schema.unique or [] if column not in missing]
    columns = {name: column for name, column in schema.columns.items() if name not in missing}
    return pa.DataFrameSchema(columns, unique=unique or None, strict="filter", checks=schema.checks)


def _problems(cases: pd.DataFrame, table: pd.DataFrame, schema: pa.DataFrameSchema, where: str) -> Iterable[Problem]:
    keys = [key for key in (schema.unique or []) if key in table.columns]
    for names, group in cases.groupby([cases["column"].astype(str), cases["check"].astype(str)], sort=False):
        column, kind = map(str, names)
        if kind in ("column_in_dataframe", "column_in_schema"):
            continue  # named by check()
        rows = [row for row in group["index"].unique() if not pd.isna(row)]
        shown = ", ".join(dict.fromkeys(str(value) for value in group["failure_case"].head(3)))
        between = any(kind == check.error for check in schema.checks)
        place = "" if between else f"column '{column}'" if column in schema.columns else f"columns {', '.join(keys)}"
        if between:
            shown = ""
        if kind == "multiple_fields_uniqueness":
            what, do = f"{len(rows)} rows repeat the same {' and '.join(keys)}", "Keep one row for each."
            shown = ", ".join(dict.fromkeys(str(table.loc[row, keys[0]]) for row in rows[:3]))
        elif kind == "not_nullable":
            what, shown, do = f"{place} is blank in {len(rows)} rows", "", "Give a value, or leave the row out and say so."
        elif kind.startswith(("dtype(", "coerce_dtype(")):
            what, do = (
                f"{place} holds something that is not of its type",
                f"It must be: {schema.columns[column].description if column in schema.columns else kind}.",
            )
        else:
            what, do = f"{place} {kind}".strip(), "Correct the figure at its source and build again."
            what += f" in {len(rows)} rows" if len(rows) > 1 else ""
        if rows and keys and kind != "multiple_fields_uniqueness":
            what += " at " + ", ".join("/".join(str(table.loc[row, key]) for key in keys[:2]) for row in rows[:3])
            what += " and others" if len(rows) > 3 else ""
        yield Problem(where, what, shown, do)


def dictionary(name: str) -> pd.DataFrame:
    """The data dictionary of one table: ``column, type, description``."""
    schema = TABLES[name]
    rows = [(column, str(spec.dtype), spec.description) for column, spec in schema.columns.items()]
    return pd.DataFrame(rows, columns=["column", "type", "description"])
