"""Inputs that look for their own way in: atheris watches which lines of ours an input reaches, and changes those that reach new ones.

    python tests/guided.py --runs 3000            # every place where a file comes in, one after the other
    python tests/guided.py --only costs --runs 50000

It begins from the files that a target of ``hostile.py`` takes, and holds every input to the same: read soundly or
refused in words, within five seconds. `make fuzz` runs it after the damaged files. What goes wrong is kept in
``--keep`` and the run ends with 1. atheris is no dependency of the program or of its tests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve()


def main(words: Sequence[str] | None = None) -> int:
    """Each target in a process of its own, since libFuzzer ends the one it runs in."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--runs", type=int, default=3_000, help="inputs for each target")
    asked.add_argument("--seed", type=int, default=20261126)
    asked.add_argument("--only", default="", help="part of the name of a target")
    asked.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="folder for the inputs that went wrong")
    asked.add_argument("--one", help=argparse.SUPPRESS)
    given = asked.parse_args(words)
    if given.one:
        _fuzz(given.one, given.runs, given.seed, given.keep)
    import hostile

    given.keep.mkdir(parents=True, exist_ok=True)
    wrong = []
    for target in hostile.TARGETS:
        if given.only not in target.name:
            continue
        more = ["--one", target.name, "--runs", str(given.runs), "--seed", str(given.seed), "--keep", str(given.keep)]
        done = subprocess.run([sys.executable, str(HERE), *more], capture_output=True, text=True)
        lines = [line for line in done.stderr.splitlines() if "AssertionError" in line or line.startswith("stat::number_of_executed")]
        print(f"{target.name}: {'went wrong' if done.returncode else 'held'}. {' '.join(lines[-2:])}", flush=True)
        if done.returncode:
            wrong.append(target.name)
            print(done.stderr[-3000:])
    return 1 if wrong else 0


def _fuzz(name: str, runs: int, seed: int, keep: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["exclusion"]):
        import hostile
    target = next(one for one in hostile.TARGETS if one.name == name)
    hostile.warm([target])
    folder = Path(tempfile.mkdtemp(prefix="kept-open-guided-"))
    corpus, work = folder / "corpus", folder / "work"
    corpus.mkdir()
    work.mkdir()
    named = target.files()
    for number, (_, content) in enumerate(named):
        # The first byte says under which name the rest is read: a reader goes by the ending.
        (corpus / str(number)).write_bytes(bytes([number]) + content)

    def one(content: bytes) -> None:
        which = named[content[0] % len(named)][0] if content else named[0][0]
        hostile.attempt(target, content[1:], which, work)

    longest = max(len(content) for _, content in named) * 2 + 1
    options = [f"-runs={runs}", f"-seed={seed}", f"-max_len={longest}", "-timeout=30", "-rss_limit_mb=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={keep}/{name.replace(' ', '-')}-", str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
