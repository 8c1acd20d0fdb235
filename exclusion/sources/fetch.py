"""HTTP in one place: ask a publisher politely, trust nothing, keep what came.

Every request goes through :class:`Fetcher`. What came is kept by :mod:`exclusion.sources.keeping`, so
that a second run downloads nothing that has not changed and a run that was stopped goes on where it was.

Proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``), certificates those of
``REQUESTS_CA_BUNDLE`` or of the option ``--certificate``, as council networks need.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from exclusion.contracts import DataRefused, Problem, SourceUnreachable, UsageError
from exclusion.sources.asking import Ask, Got, check_kind
from exclusion.sources.keeping import Cache, cache_folder, sha256_of

Say = Callable[[str, float], None]
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that are worth asking again for."""
CHUNK = 1 << 16


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
        self._cache = Cache(self.cache)
        if self.hand is not None and not self.hand.is_dir():
            raise UsageError(Problem("--from", "is not a folder", str(self.hand), "Give the folder of the files you downloaded."))
        if self.certificate and not Path(self.certificate).exists():
            raise UsageError(
                Problem(
                    "--certificate", "is not there", self.certificate, "Give the certificate file (PEM) of your network; ask your IT team."
                )
            )
        self._session = requests.Session()
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
        UsageError
            When the cache cannot be written to.
        """
        try:
            return self._get(ask)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            what = f"cannot be written ({error.strerror}); what was kept stays"
            do = "Make room there, or name a folder you may write to with KEPT_OPEN_CACHE, and run the same again."
            raise UsageError(Problem(str(self.cache), what, "", do)) from None

    def _get(self, ask: Ask) -> Got:
        if found := self.find_by_hand(ask):
            return found
        kept = self._cache.held(ask)
        if kept and (self.offline or self._good_enough(kept)):
            return self._count(ask, self._cache.got(ask, kept, "kept"), 0)
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
                    return self.take_by_hand(ask, path)
        return None

    def take_by_hand(self, ask: Ask, path: Path) -> Got:
        """A file the user downloaded as the answer to a question, once its size and kind are checked."""
        size, ours = path.stat().st_size, replace(ask, brought=path.name)
        if size > ask.largest:
            raise DataRefused(ours.problem(f"is larger than it can be ({size:,} bytes; at most {ask.largest:,})", path.name))
        check_kind(ours, path)
        when = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
        return self._count(ask, Got(path, sha256_of(path), path.name, when, "by hand"), size)

    def _good_enough(self, kept: Mapping[str, Any]) -> bool:
        if self.refresh or kept.get("etag") or kept.get("changed"):
            return False
        age = (datetime.now(UTC) - datetime.fromisoformat(kept["when"])).days
        return 0 <= age < self.keep_days  # one from tomorrow was kept under a clock that was wrong: nobody knows how old it is

    def _count(self, ask: Ask, got: Got, size: int) -> Got:
        self.counts[got.how] += 1
        self._cache.log(ask, got.how, got.sha256, size)
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
                        return self._count(ask, self._cache.got(ask, kept, "kept"), 0)
                    raise SourceUnreachable(
                        ask.problem(f"{fault}, {turn + 1} times", ask.url, "Check the connection and run the same again.")
                    ) from None
                wait = fault.after if fault.after is not None else min(60.0, 2.0**turn)
                self.say(f"{ask.source}: {fault}; asking again in {wait:.0f} s", -1)
                self._cache.log(ask, f"failed: {fault}", "", 0)
                self.sleep(wait)
            else:
                return outcome
        raise AssertionError("every turn returns or raises")

    def _once(self, ask: Ask, headers: Mapping[str, str], kept: Mapping[str, Any] | None) -> Got:
        """One request; a fault that may pass is raised as ``_Passing``, one that will not as an error for the user."""
        try:
            sent: dict[str, Any] = {"data": dict(ask.params)} if ask.post else {"params": dict(ask.params)}
            if self.certificate:  # said with each request: a session's own would give way to the environment's
                sent["verify"] = self.certificate
            with self._session.request(
                "POST" if ask.post else "GET", ask.url, headers=dict(headers), timeout=self.timeout, stream=True, **sent
            ) as answer:
                if answer.status_code == 304 and kept:
                    return self._count(ask, self._cache.got(ask, kept, "unchanged"), 0)
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
        folder = self._cache.files(ask)[0].parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=folder)
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
            self._cache.keep(ask, part, about)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)
        return self._count(ask, self._cache.got(ask, about, "downloaded"), size)

    def forget(self, ask: Ask) -> None:
        """Throw away a kept answer that turned out to be wrong, so that the next run asks again."""
        self._cache.forget(ask)

    def _wait_for(self, url: str) -> None:
        """Politeness: never two requests to a host within the pause."""
        host = url.split("/", 3)[2] if "://" in url else url
        since = time.monotonic() - self._last.get(host, -1e9)
        if since < self.pause:
            self.sleep(self.pause - since)
        self._last[host] = time.monotonic()


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
