"""The command line: parse, call, print. What the commands do is done elsewhere.

``main(argv)`` returns an exit code and can be called from Python; ``run`` is the console script.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import typer

from exclusion.cli import answer_commands, method_older, method_sure  # noqa: F401  each adds its commands
from exclusion.cli.app_command import open_app
from exclusion.cli.assess_commands import assess, councils, export_table, pack, score, services
from exclusion.cli.equality_commands import equality
from exclusion.cli.fetch_commands import fetch_figures
from exclusion.cli.method_commands import method_app
from exclusion.cli.own_commands import count, figures
from exclusion.cli.register_commands import register_app
from exclusion.cli.release_commands import release_app
from exclusion.cli.screen import complain
from exclusion.cli.take_command import take
from exclusion.cli.template_commands import template
from exclusion.contracts import ExclusionError

app = typer.Typer(
    help="Kept Open: where moving a council service online needs phone, post or face-to-face provision kept open.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (councils, services, score, assess, pack):
    app.command()(command)
app.command(name="app")(open_app)
app.command(name="export")(export_table)
app.command(name="fetch")(fetch_figures)
app.add_typer(release_app, name="release")
app.add_typer(register_app, name="register")
app.add_typer(method_app, name="method")
app.command()(count)
app.command()(figures)
app.command()(equality)
app.command()(template)
app.command()(take)


# ------------------------------------------------------------------------------ the door


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2, 3, 4, 5, 6, 70, or 130 when stopped.

    Parameters
    ----------
    argv
        The words after ``exclusion``; None = those of this process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = typer.main.get_command(app)
    try:
        # Not app(): it swallows Ctrl-C and a closed pipe in ways of its own.
        with command.make_context("exclusion", words or ["--help"], obj=words) as context:
            command.invoke(context)
        sys.stdout.flush()
        return 0
    except ExclusionError as error:
        complain(str(error))
        return error.exit_code
    except typer.Exit as leave:
        return int(leave.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        complain("Stopped. Nothing was left half written.")
        return 130
    except BrokenPipeError:
        # The reader has gone ('| head'): not a mistake. Keep Python from complaining again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _surprise(error)


def _surprise(error: Exception) -> int:
    """Whatever is not one of ours: a slip in the words typed, an operating-system error, or a bug."""
    if hasattr(error, "format_message"):  # typer's own kind for unknown options and missing values
        context = getattr(error, "ctx", None)
        complain(f"{error.format_message()} Try '{context.command_path if context else 'exclusion'} --help'.")
        return 2
    if isinstance(error, OSError):
        complain(f"{error.filename or 'A file'}: {error.strerror or error}")
        return 2
    if os.environ.get("KEPT_OPEN_DEBUG") == "1":
        raise error
    complain(f"This is a bug in the program, not in what you asked: {type(error).__name__}: {error}. Set KEPT_OPEN_DEBUG=1 to see where.")
    return ExclusionError.exit_code


def run() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old Windows console cannot show every letter of every name
            stream.reconfigure(errors="replace")
    sys.exit(main())


if __name__ == "__main__":
    run()
