"""HTTP in one place: ask a publisher politely, trust nothing, keep what came.

Every request goes through :class:`Fetcher`. What came is kept in the platform's cache folder under
the hash of the question, with the publisher's ETag and our own hash of the content, so that a second
run downloads nothing that has not changed and a run that was stopped goes on where it was. A file is
written under another name and moved into place once it is whole.

Proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``), certificates those of
``REQUESTS_CA_BUNDLE`` or of the option ``--certificate``, as council networks need.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import platformdirs
import requests

from exclusion import __version__
from exclusion.contracts import DataRefused, Problem, SourceUnreachable, UsageError

Say = Callable[[str, float], None]
AGENT = f"KeptOpen/{__version__} (council equality tool; python-requests)"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that are worth asking again for."""
CHUNK = 1 << 16


def cache_folder() -> Path:
    """Where answers are kept: ``KEPT_OPEN_CACHE`` or the platform's cache folder for this program."""
    given = os.environ.get("KEPT_OPEN_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("kept-open", appauthor=False))


@dataclass(frozen=True)
class Ask:
    """One question to a publisher, and what the user can do when it is not answered.

    Attributes
    ----------
    source
        Whose figures, in words; the first words of every message.
    page
        The page where the same file can be downloaded by hand.
    by_hand
        Names (with ``*``) under which such a file is looked for in the folder given with ``--from``;
        none where a service has no file that stands for the answer.
    largest
        Bytes; more is refused before and while it arrives.
    kind
        ``json``, ``csv``, ``zip``, ``sheet`` or ``any``: what the first bytes are checked to be.
    """

    source: str
    url: str
    page: str
    params: Mapping[str, str] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()
    largest: int = 64_000_000
    kind: str = "any"
    agent: str = AGENT
    post: bool = False

    @property
    def key(self) -> str:
        """The hash under which the answer is kept: of the address and everything asked."""
        return hashlib.sha256(json.dumps([self.url, sorted(self.params.items())]).encode()).hexdigest()

    def problem(self, what: str, value: str = "", do: str = "") -> Problem:
        """A message that names the source and ends with the page to download by hand."""
        return Problem(self.source, what, value, f"{do} {self.instead}".strip())

    @property
    def instead(self) -> str:
        """What the user can do without us."""
        if not self.by_hand:
            return f"Try again later; the publisher's page is {self.page}."
        like = "a name like " if "*" in self.by_hand[0] else ""
        return f"Or download it by hand from {self.page}, keep its name ({like}{self.by_hand[0]}), and give its folder with --from."


@dataclass(frozen=True)
class Got:
    """What came: a file, and where it is from. ``how`` is downloaded, unchanged, kept or by hand."""

    path: Path
    sha256: str
    url: str
    when: str
    how: str

    def content(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()


@dataclass
class Fetcher:
    """Asks publishers, one question at a time.

    Parameters
    ----------
    cache
        Folder of kept answers; the platform's when None.
    offline
        Ask nobody: what is kept, or given by hand, must do.
    hand
        Folder of files the user downloaded; what is found there is used and not asked for.
    refresh
        Ask again for what is kept without a way to ask whether it changed.
    keep_days
        So long an answer without an ETag or date is used again unasked. The services we ask name
        their edition in their address, so an answer does not go stale from one day to the next.
    pause
        Seconds between two requests to the same host.
    retries
        How often a question is asked again after a fault that may pass.
    """

    cache: Path | None = None
    offline: bool = False
    hand: Path | None = None
    refresh: bool = False
    keep_days: int = 30
    certificate: str | None = None
    pause: float = 0.4
    retries: int = 4
    timeout: tuple[float, float] = (15.0, 90.0)
    deadline: float = 1800.0
    say: Say = field(default=lambda text, share: None)
    sleep: Callable[[float], None] = time.sleep
    counts: dict[str, int] = field(default_factory=lambda: {"downloaded": 0, "unchanged": 0, "kept": 0, "by hand": 0})

    def __post_init__(self) -> None:
        self.cache = self.cache or cache_folder()
        if self.hand is not None and not self.hand.is_dir():
            raise UsageError(Problem("--from", "is not a folder", str(self.hand), "Give the folder of the files you downloaded."))
        if self.certificate and not Path(self.certificate).exists():
            raise UsageError(
                Problem(
                    "--certificate", "is not there", self.certificate, "Give the certificate file (PEM) of your network; ask your IT team."
                )
            )
        self._session = requests.Session()
        if self.certificate:
            self._session.verify = self.certificate
        self._last: dict[str, float] = {}

    # ------------------------------------------------------------------ asking

    def get(self, ask: Ask) -> Got:
        """The answer to a question: by hand, kept, or asked for.

        Raises
        ------
        SourceUnreachable
            When it cannot be had; says what came and what the user can do.
        DataRefused
            When what came is not what was asked for: too large, or a web page in place of a file.
        """
        if found := self.find_by_hand(ask):
            return found
        kept = self._kept(ask)
        if kept and (self.offline or self._good_enough(kept)):
            return self._count(ask, self._got(ask, kept, "kept"), 0)
        if self.offline:
            raise SourceUnreachable(ask.problem("is not in the cache, and --offline asks nobody", "", "Run once without --offline."))
        return self._ask(ask, kept)

    def find_by_hand(self, ask: Ask) -> Got | None:
        """The file in the folder of files downloaded by hand that answers the question, if there is one."""
        if self.hand is None or not ask.by_hand:
            return None
        files = sorted(path for path in self.hand.rglob("*") if path.is_file())
        for pattern in ask.by_hand:
            for path in files:
                if fnmatch.fnmatch(path.name.casefold(), pattern.casefold()):
                    size = path.stat().st_size
                    if size > ask.largest:
                        raise DataRefused(ask.problem(f"is larger than it can be ({size:,} bytes; at most {ask.largest:,})", path.name))
                    check_kind(ask, path)
                    when = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
                    return self._count(ask, Got(path, _sha256(path), path.name, when, "by hand"), size)
        return None

    def _files(self, ask: Ask) -> tuple[Path, Path]:
        assert self.cache is not None
        folder = self.cache / "answers" / ask.key[:2]
        return folder / f"{ask.key}.body", folder / f"{ask.key}.json"

    def _kept(self, ask: Ask) -> dict[str, Any] | None:
        """What we noted of a kept answer, if both are whole; a changed or cut-off file counts as not kept."""
        body, note = self._files(ask)
        try:
            about: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            if _sha256(body) == about["sha256"]:
                return about
        except (OSError, ValueError, KeyError):
            pass
        return None

    def _good_enough(self, kept: Mapping[str, Any]) -> bool:
        if self.refresh or kept.get("etag") or kept.get("changed"):
            return False
        return (datetime.now(UTC) - datetime.fromisoformat(kept["when"])).days < self.keep_days

    def _got(self, ask: Ask, about: Mapping[str, Any], how: str) -> Got:
        return Got(self._files(ask)[0], about["sha256"], about["url"], str(about["when"])[:10], how)

    def _count(self, ask: Ask, got: Got, size: int) -> Got:
        self.counts[got.how] += 1
        self._log(ask, got.how, got.sha256, size)
        return got

    def _ask(self, ask: Ask, kept: Mapping[str, Any] | None) -> Got:
        headers = {"User-Agent": ask.agent, "Accept": "*/*"}
        if kept and kept.get("etag"):
            headers["If-None-Match"] = kept["etag"]
        if kept and kept.get("changed"):
            headers["If-Modified-Since"] = kept["changed"]
        for turn in range(self.retries + 1):
            self._wait_for(ask.url)
            try:
                outcome = self._once(ask, headers, kept)
            except _Passing as fault:
                if turn == self.retries:
                    if kept:  # an older answer is better than none, and the log says so
                        self.say(f"{ask.source}: {fault}; using what was kept on {str(kept['when'])[:10]}", -1)
                        return self._count(ask, self._got(ask, kept, "kept"), 0)
                    raise SourceUnreachable(
                        ask.problem(f"{fault}, {turn + 1} times", ask.url, "Check the connection and run the same again.")
                    ) from None
                wait = fault.after if fault.after is not None else min(60.0, 2.0**turn)
                self.say(f"{ask.source}: {fault}; asking again in {wait:.0f} s", -1)
                self._log(ask, f"failed: {fault}", "", 0)
                self.sleep(wait)
            else:
                return outcome
        raise AssertionError("every turn returns or raises")

    def _once(self, ask: Ask, headers: Mapping[str, str], kept: Mapping[str, Any] | None) -> Got:
        """One request; a fault that may pass is raised as ``_Passing``, one that will not as an error for the user."""
        try:
            sent: dict[str, Any] = {"data": dict(ask.params)} if ask.post else {"params": dict(ask.params)}
            with self._session.request(
                "POST" if ask.post else "GET", ask.url, headers=dict(headers), timeout=self.timeout, stream=True, **sent
            ) as answer:
                if answer.status_code == 304 and kept:
                    return self._count(ask, self._got(ask, kept, "unchanged"), 0)
                if answer.status_code in AGAIN:
                    raise _Passing(f"answered {answer.status_code} ({answer.reason})", _after(answer))
                if answer.status_code != 200:
                    raise SourceUnreachable(_said_no(ask, answer))
                return self._keep(ask, answer)
        except requests.exceptions.SSLError as error:
            raise SourceUnreachable(
                ask.problem(
                    "was reached through a certificate this machine does not know",
                    str(error)[:120],
                    "Council networks often put their own in between: give it with --certificate or REQUESTS_CA_BUNDLE.",
                )
            ) from None
        except requests.exceptions.ProxyError as error:
            raise SourceUnreachable(
                ask.problem(
                    "could not be reached through the proxy",
                    str(error)[:120],
                    "Check HTTPS_PROXY, or ask your IT team to let this address through.",
                )
            ) from None
        except requests.exceptions.TooManyRedirects:
            raise SourceUnreachable(ask.problem("sends us from page to page and never answers", ask.url)) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise SourceUnreachable(ask.problem("has an address that is not one", ask.url, "Correct it in the addresses file.")) from None
        except requests.exceptions.Timeout:
            raise _Passing("did not answer in time") from None
        except (requests.exceptions.RequestException, ConnectionError) as error:
            raise _Passing(f"could not be reached, or the connection dropped ({type(error).__name__})") from None

    def _keep(self, ask: Ask, answer: requests.Response) -> Got:
        """Stream the answer to a file beside its place, check it, move it in."""
        announced = int(answer.headers.get("Content-Length") or 0)
        body, note = self._files(ask)
        body.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=body.parent)
        digest, size, started = hashlib.sha256(), 0, time.monotonic()
        try:
            with os.fdopen(handle, "wb") as file:
                if announced > ask.largest:
                    raise DataRefused(ask.problem(f"is larger than it can be ({announced:,} bytes; at most {ask.largest:,})", ask.url))
                for chunk in answer.iter_content(CHUNK):
                    size += len(chunk)
                    if size > ask.largest:
                        raise DataRefused(ask.problem(f"is larger than it can be (over {ask.largest:,} bytes)", ask.url))
                    if time.monotonic() - started > self.deadline:
                        raise _Passing(f"took longer than {self.deadline / 60:.0f} minutes")
                    digest.update(chunk)
                    file.write(chunk)
                    if announced > 1_000_000:
                        self.say(f"{ask.source}: {size / 1e6:.0f} of {announced / 1e6:.0f} MB", -1)
            check_kind(ask, Path(part), answer.headers.get("Content-Type", ""))
            about = {
                "source": ask.source,
                "url": answer.url,
                "asked": ask.url,
                "params": dict(ask.params),
                "etag": answer.headers.get("ETag", ""),
                "changed": answer.headers.get("Last-Modified", ""),
                "type": answer.headers.get("Content-Type", ""),
                "bytes": size,
                "sha256": digest.hexdigest(),
                "when": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            os.replace(part, body)
            _write(note, json.dumps(about, indent=1))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)
        return self._count(ask, self._got(ask, about, "downloaded"), size)

    def forget(self, ask: Ask) -> None:
        """Throw away a kept answer that turned out to be wrong, so that the next run asks again."""
        for path in self._files(ask):
            with suppress(FileNotFoundError):
                path.unlink()

    def _wait_for(self, url: str) -> None:
        """Politeness: never two requests to a host within the pause."""
        host = url.split("/", 3)[2] if "://" in url else url
        since = time.monotonic() - self._last.get(host, -1e9)
        if since < self.pause:
            self.sleep(self.pause - since)
        self._last[host] = time.monotonic()

    def _log(self, ask: Ask, outcome: str, sha256: str, size: int) -> None:
        """One line a request in ``requests.log``: when, what was asked, what came of it and what was kept."""
        assert self.cache is not None
        self.cache.mkdir(parents=True, exist_ok=True)
        line = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": ask.source,
            "url": ask.url,
            "params": {name: value[:200] for name, value in ask.params.items()},
            "outcome": outcome,
            "bytes": size,
            "sha256": sha256,
            "kept": str(self._files(ask)[0].name) if sha256 and outcome != "by hand" else "",
        }
        with (self.cache / "requests.log").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class _Passing(Exception):
    """A fault that may pass; ``after`` is how long the publisher asks us to wait, if it does."""

    def __init__(self, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.after = after


def _after(answer: requests.Response) -> float | None:
    """Seconds of ``Retry-After``, at most five minutes; it may also be a date."""
    text = answer.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isdigit():
        return min(float(text), 300.0)
    with suppress(ValueError, TypeError):
        return min(max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()), 300.0)
    return None


def _said_no(ask: Ask, answer: requests.Response) -> Problem:
    """What a status that will not pass means to the user."""
    status = answer.status_code
    if status in (404, 410):
        return ask.problem(
            f"has no such file any more (answered {status})",
            ask.url,
            "The publisher has moved it; correct the address in your addresses file.",
        )
    if status in (401, 403):
        return ask.problem(
            f"refuses this program or this network (answered {status})",
            ask.url,
            "A filter on your network, or the publisher's own, may be the reason.",
        )
    return ask.problem(f"answered {status} ({answer.reason})", ask.url)


_HTML = re.compile(rb"^\s*(<!doctype html|<html|<head|<!--)", re.IGNORECASE)
_ENDINGS = {"json": "JSON", "csv": "a CSV table", "zip": "a zip file", "sheet": "a workbook"}


def check_kind(ask: Ask, path: Path, said: str = "") -> None:
    """Refuse a file whose first bytes are not of the kind asked for: most often a web page in its place.

    Raises
    ------
    DataRefused
        Saying what came (with the page's title) and what was expected.
    """
    if ask.kind == "any":
        return
    with path.open("rb") as file:
        first = file.read(4096)
    bare = first.removeprefix(b"\xef\xbb\xbf")
    expected = _ENDINGS[ask.kind]
    if not bare.strip():
        raise DataRefused(ask.problem(f"sent an empty answer; {expected} was expected", ask.url))
    if _HTML.match(bare):
        title = re.search(rb"<title[^>]*>(.*?)</title>", first, re.IGNORECASE | re.DOTALL)
        shown = title[1].decode("utf-8", "replace").strip()[:100] if title else said or "a web page"
        raise DataRefused(ask.problem(f"sent a web page where {expected} was expected", shown))
    wrong = {
        "zip": not first.startswith(b"PK"),
        "sheet": not first.startswith((b"PK", b"\xd0\xcf\x11\xe0")),
        "json": not bare.lstrip().startswith((b"{", b"[")),
        "csv": b"\x00" in first or first.startswith(b"PK") or bare.lstrip().startswith((b"{", b"[")),
    }[ask.kind]
    if wrong:
        raise DataRefused(ask.problem(f"sent something else than {expected}", bare[:60].decode("utf-8", "replace").strip()))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)
