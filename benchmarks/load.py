"""How the app bears many readers at once: a websocket load test on this machine's loopback.

Run from the checkout::

    python benchmarks/load.py                                     # 20, 50, 100 and 200 sessions on one process
    python benchmarks/load.py --processes 2 --sessions 100 200    # behind nginx, as deploy/ sets it up
    python benchmarks/load.py --every 5 --minutes 60 --sessions 50 --soak   # memory, minute by minute (make soak)

A *session* is a page open in a browser. It speaks Streamlit's own protocol: it opens a page under a link, waits
until the page has been run to its end, and then changes one thing after another: a weight, a service, a ward, a
council. What it asks for depends on the seed alone.

**Think time.** An officer reads a table before the next click. A session changes something once in ``--every``
seconds on average (half to one and a half times that), ten by default: a hundred sessions are then ten changes
a second. Five seconds and two are measured too: two is somebody who tries sliders and reads nothing.

**Rerun time** runs from the moment the reader would have clicked, whether or not the session was still busy with
the change before, to the last message of the run. So a server that falls behind cannot hide it by being asked less.
The processor time of the clients, which share the machine, is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"": 4, "risk_map": 4, "ward": 2}
"""Where sessions are and how many of ten: the service page, the sliders, the longest page."""
COUNCILS = 20
"""Sessions are shared out over so many councils, drawn by the seed: each council is worked out for the first of them."""
NEW_COUNCIL = 0.05
"""How many of the changes are another council."""
LONGEST = 120.0
"""Seconds after which a run without an end counts as failed."""


# ------------------------------------------------------------------------------ servers


def host() -> ModuleType:
    """deploy/host.py: how a council hosts it."""
    spec = importlib.util.spec_from_file_location("host", ROOT / "deploy" / "host.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    """A port of this machine that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Serving:
    """The processes that answer, and where."""

    port: int
    pids: tuple[int, ...]
    front: int | None = None

    def memory(self) -> int:
        """Resident memory of the app processes, in bytes; nginx holds next to nothing."""
        return sum(_pages(pid) for pid in self.pids)

    def seconds(self) -> float:
        """Processor time of the app processes and of nginx so far."""
        ticks = os.sysconf("SC_CLK_TCK")
        return sum(sum(_clock(pid)) for pid in (*self.pids, *([self.front] if self.front else []))) / ticks


def _pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _clock(pid: int) -> tuple[int, ...]:
    own = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return tuple(int(own[at]) for at in (11, 12, 13, 14))


@contextmanager
def serving(processes: int, settings: Sequence[str] = ()) -> Iterator[Serving]:
    """Start so many app processes, warmed, behind nginx where there are several; stop them at the end."""
    held = host()
    ports = [free_port() for _ in range(processes)]
    running: list[subprocess.Popen[bytes]] = []
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(prefix="kept-open-load-") as place:
        folder = Path(place)
        surroundings["KEPT_OPEN_REGISTER"] = str(folder / "register.sqlite")
        try:
            for port in ports:
                words = ["-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1", f"--server.port={port}", *settings]
                with (folder / f"app-{port}.log").open("wb") as log:
                    running.append(subprocess.Popen([sys.executable, *words], cwd=ROOT, env=surroundings, stdout=log, stderr=log))
            for port in ports:
                held.warm(port)
            pids = tuple(one.pid for one in running)
            if processes == 1:
                yield Serving(ports[0], pids)
            else:
                front = free_port()
                running.append(_nginx(held, folder, ports, front))
                yield Serving(front, pids, running[-1].pid)
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(timeout=30)


def _nginx(held: ModuleType, folder: Path, ports: list[int], front: int) -> subprocess.Popen[bytes]:
    """nginx with the file that deploy/host.py writes, without TLS, as one process of ours."""
    if shutil.which("nginx") is None:
        raise SystemExit("Several processes need nginx in front of them (Debian: apt install nginx-light).")
    held.main(["nginx", "--name", "127.0.0.1", "--listen", f"127.0.0.1:{front}", "--out", str(folder), "--ports", *map(str, ports)])
    temporary = "\n".join(f" {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid;\nmaster_process off;\ndaemon off;\nevents {{ worker_connections 2048; }}\n"
        f"http {{\n access_log off;\n{temporary}\n include {folder}/kept-open.conf;\n}}\n"
    )
    words = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    made = subprocess.Popen(words)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{front}/nginx-health", timeout=2).read()
            return made
        except OSError:
            time.sleep(0.05)
    made.terminate()
    raise SystemExit(f"nginx does not answer: {(folder / 'error.log').read_text()}")


# ------------------------------------------------------------------------------ one session


@dataclass
class Told:
    """What the sessions saw."""

    opened: list[float] = field(default_factory=list)
    """Seconds from the first word to the end of the first run."""
    reruns: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    received: int = 0


class Session:
    """One open page, as its browser speaks with the server."""

    def __init__(self, port: int, page: str, council: str, chance: random.Random, told: Told, choices: int = 0) -> None:
        self.port, self.page, self.chance, self.told, self.choices = port, page, chance, told, choices
        self.query = urlencode({"council": council})
        self.widgets: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        self.kept: dict[str, int] = {}
        self.runs = 0

    async def open(self) -> None:
        """Join the server, with the cookie that keeps a visit on its process, and run the page once."""
        headers = {}
        if cookie := await asyncio.to_thread(_cookie, self.port):
            headers["Cookie"] = cookie
        begun = time.monotonic()
        # As a browser asks: with compression, where the server is willing.
        self.line: ClientConnection = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")], additional_headers=headers, max_size=None, open_timeout=LONGEST,
        )  # fmt: skip
        await self._run()
        self.told.opened.append(time.monotonic() - begun)

    async def change(self, due: float) -> None:
        """Change one thing; ``due`` is when the reader would have clicked."""
        self._answer()
        await self._run()
        self.told.reruns.append(time.monotonic() - due)

    async def close(self) -> None:
        await self.line.close()

    def questions(self) -> dict[str, Any]:
        """What the page asks, by the key that the page gives to a question: Streamlit writes it at the end of its id."""
        return {name.split("-", 2)[2]: part for name, part in self.widgets.items()}

    def _answer(self) -> None:
        choices = self.questions()
        if not self.choices and self.chance.random() < NEW_COUNCIL and "council" in choices:
            asked = choices["council"]
            self.answers = {asked.id: ("string_array_value", [self.chance.choice(asked.options)])}  # the rest is asked anew
            return
        if self.page == "risk_map" and (sliders := [one for name, one in choices.items() if name.startswith("w_")]):
            one = self.chance.choice(sliders[: (self.choices and 1) or None])
            self.answers[one.id] = ("double_array_value", [float(self.chance.randint(1, self.choices or 100))])
        elif asked := choices.get("service" if self.page == "" else "ward"):
            self.answers[asked.id] = ("string_value", self.chance.choice(asked.options[: self.choices or None]))

    async def _run(self) -> None:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string, state.page_name = self.query, self.page
        # A browser tells which large messages it still holds, and says every answer each time.
        state.cached_message_hashes.extend(name for name, run in self.kept.items() if run >= self.runs - 2)
        for name, (kind, answer) in self.answers.items():
            given = state.widget_states.widgets.add(id=name)
            if kind == "string_value":
                given.string_value = answer
            else:
                getattr(given, kind).data.extend(answer)
        await self.line.send(asked.SerializeToString())
        await asyncio.wait_for(self._end(), LONGEST)
        self.runs += 1

    async def _end(self) -> None:
        """Read to the end of the run; what the page shows must not be an error."""
        shown: dict[str, Any] = {}
        while True:
            content = await self.line.recv()
            assert isinstance(content, bytes)
            self.told.received += len(content)
            message = ForwardMsg()
            message.ParseFromString(content)
            kind = message.WhichOneof("type")
            if message.metadata.cacheable:
                self.kept[message.hash] = self.runs
            if kind == "delta" and message.delta.HasField("new_element"):
                element = message.delta.new_element
                which = element.WhichOneof("type")
                part = getattr(element, which)
                if which == "exception":
                    raise RuntimeError(f"the page shows {part.type}: {part.message}"[:200])
                if which in ("slider", "selectbox", "multiselect"):
                    shown[part.id] = part
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    break
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError("the page does not compile")
        self.widgets = {**self.widgets, **shown}


def _cookie(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=LONGEST) as answer:
        return str(answer.headers.get("Set-Cookie", "")).split(";")[0]


# ------------------------------------------------------------------------------ many sessions


async def sessions(
    port: int,
    number: int,
    every: float,
    seconds: float,
    councils: Sequence[str],
    *,
    ramp: float,
    seed: int,
    told: Told,
    stay: float = 0.0,
    choices: int = 0,
    changes: int = 0,
) -> None:
    """So many sessions: they open within ``ramp`` seconds, then change something each ``every`` seconds for ``seconds``.

    With ``stay``, a session closes its page after about so many seconds and another begins in its place. With ``choices``, a
    question is answered from its first so many answers only and the council stays: soon all has been asked before.
    With ``changes``, each session makes so many and ends, however long that takes.
    """
    begun = time.monotonic()
    chance = random.Random(seed)
    pages = [page for page, share in PAGES.items() for _ in range(share)]

    async def one(which: int, own: random.Random) -> None:
        await asyncio.sleep(ramp * which / number)
        until = begun + ramp + seconds
        while time.monotonic() < until:
            leaves = min(until, time.monotonic() + stay * own.uniform(0.5, 1.5)) if stay else until
            session = Session(port, own.choice(pages), own.choice(councils), own, told, choices)
            try:
                await session.open()
                # The first change comes at any moment of the think time, so that readers do not click in step.
                due = max(time.monotonic(), begun + ramp) + own.uniform(0.0, every)
                for _ in range(changes):
                    await session.change(time.monotonic())
                while due < leaves and not changes:
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    await session.change(due)
                    due += own.uniform(0.5, 1.5) * every
                await asyncio.sleep(0.0 if changes else max(0.0, leaves - time.monotonic()))
                await session.close()
            except (OSError, RuntimeError, TimeoutError, WebSocketException) as error:
                told.failed[f"{type(error).__name__}: {error}"[:200]] += 1
                await asyncio.sleep(1.0)
            if not stay:
                return

    await asyncio.gather(*(one(which, random.Random(chance.random())) for which in range(number)))


def drawn(number: int, seed: int) -> list[str]:
    """So many councils of the release that is served, by code."""
    import exclusion

    codes = sorted(exclusion.load().councils()["council_code"])
    return random.Random(seed).sample(codes, number)


@dataclass(frozen=True)
class Measured:
    """One line of the table."""

    processes: int
    sessions: int
    every: float
    opened: list[float]
    reruns: list[float]
    failed: Counter[str]
    server: float
    """Processor seconds of the app and of nginx a second of the measured time."""
    work: float
    """The same, in all."""
    client: float
    memory: float
    """Growth in bytes a session, from a warm server to the end."""

    def row(self) -> dict[str, Any]:
        """Seconds and megabytes, rounded as they are told."""
        middle, high = (round(float(np.percentile(self.reruns, share)), 3) for share in (50, 95)) if self.reruns else (None, None)
        return {
            "processes": self.processes,
            "sessions": self.sessions,
            "one change in": f"{self.every:g} s",
            "reruns": len(self.reruns),
            "failed": sum(self.failed.values()),
            "open p95": round(float(np.percentile(self.opened, 95)), 2) if self.opened else None,
            "rerun p50": middle,
            "rerun p95": high,
            "server cores": round(self.server, 2),
            "ms a run": round(1000 * self.work / max(1, len(self.reruns) + len(self.opened))),
            "client cores": round(self.client, 2),
            "MB a session": round(self.memory / 1e6, 2),
        }


def measure(
    processes: int, number: int, every: float, seconds: float, councils: Sequence[str], *, seed: int = 8, settings: Sequence[str] = ()
) -> Measured:
    """Fresh servers, so many sessions, one line."""
    told = Told()
    with serving(processes, settings) as server:
        before = server.memory()
        # First the readers of one session a page, so that what a process reads once is not counted as a session's.
        asyncio.run(sessions(server.port, len(PAGES) * 4, 1.0, 3.0, councils[:1], ramp=1.0, seed=seed, told=Told()))
        before = server.memory()
        own, busy, begun = _own(), server.seconds(), time.monotonic()
        asyncio.run(sessions(server.port, number, every, seconds, councils, ramp=max(5.0, number / 10), seed=seed, told=told))
        spent, work = time.monotonic() - begun, server.seconds() - busy
        return Measured(
            processes, number, every, told.opened, told.reruns, told.failed, work / spent, work, (_own() - own) / spent,
            (server.memory() - before) / number,
        )  # fmt: skip


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# ------------------------------------------------------------------------------ the soak


def soak(
    server: Serving,
    number: int,
    every: float,
    seconds: float,
    councils: Sequence[str],
    *,
    stay: float,
    step: float,
    choices: int = 0,
    seed: int = 8,
) -> tuple[list[int], Told]:
    """Sessions that come and go for so long; resident memory at each ``step`` seconds, and what they saw."""
    told = Told()
    held: list[int] = []

    async def watch() -> None:
        while True:
            held.append(server.memory())
            await asyncio.sleep(step)

    async def both() -> None:
        watching = asyncio.create_task(watch())
        await sessions(
            server.port, number, every, seconds, councils, ramp=min(10.0, seconds / 10), seed=seed, told=told, stay=stay, choices=choices
        )
        watching.cancel()

    asyncio.run(both())
    held.append(server.memory())
    return held, told


def growth(held: Sequence[int], warm: float) -> float:
    """By how much of itself memory grew after the first ``warm`` of the time: median of the first fifth of the rest to that of the last."""
    rest = np.asarray(held[int(len(held) * warm) :], dtype=float)
    part = max(1, len(rest) // 5)
    return float(np.median(rest[-part:]) / np.median(rest[:part]) - 1)


# ------------------------------------------------------------------------------ the door


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print a table, end with 1 where anything failed."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--sessions", type=int, nargs="+", default=[20, 50, 100, 200])
    asked.add_argument("--processes", type=int, nargs="+", default=[1])
    asked.add_argument("--every", type=float, nargs="+", default=[10.0], help="seconds from one change to the next in a session")
    asked.add_argument("--seconds", type=float, default=40.0, help="how long to measure, after all have opened")
    asked.add_argument("--councils", type=int, default=COUNCILS)
    asked.add_argument("--seed", type=int, default=8)
    asked.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="Streamlit's settings, such as runner.postScriptGC=true")
    asked.add_argument("--json", type=Path, help="write the rows here as well")
    asked.add_argument("--soak", action="store_true", help="sessions come and go for --minutes; memory must not grow")
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--choices", type=int, default=0, help="with --soak: answer from the first so many answers only")
    given = asked.parse_args(words)
    settings = [f"--{one}" for one in given.set]
    councils = drawn(given.councils, given.seed)
    if given.soak:
        return _soaked(given, councils, settings)
    rows, failed = [], Counter[str]()
    for processes in given.processes:
        for number in given.sessions:
            for every in given.every:
                made = measure(processes, number, every, given.seconds, councils, seed=given.seed, settings=settings)
                rows.append(made.row())
                failed.update(made.failed)
                print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    for error, count in failed.items():
        print(f"{count} x {error}")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _soaked(given: argparse.Namespace, councils: Sequence[str], settings: Sequence[str]) -> int:
    every, number, seconds = given.every[0], given.sessions[0], given.minutes * 60
    with serving(given.processes[0], settings) as server:
        stay, step = max(20.0, seconds / 60), seconds / 120
        held, told = soak(server, number, every, seconds, councils, stay=stay, step=step, choices=given.choices, seed=given.seed)
    if not told.reruns:
        print(f"Nothing was answered: {dict(told.failed)}")
        return 1
    grew = growth(held, 0.4)
    print("MB:", " ".join(f"{one / 1e6:.0f}" for one in held))
    print(
        f"{len(told.opened):,} visits, {len(told.reruns):,} changes, {sum(told.failed.values())} failed; "
        f"rerun p50 {np.percentile(told.reruns, 50):.3f} s, p95 {np.percentile(told.reruns, 95):.3f} s; "
        f"memory grew by {100 * grew:.1f} % after the first two fifths"
    )
    for error, count in told.failed.items():
        print(f"{count} x {error}")
    return 1 if told.failed or grew >= 0.05 else 0


if __name__ == "__main__":
    sys.exit(main())
