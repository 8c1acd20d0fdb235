"""Who may write, and under which name.

On a machine by itself nobody signs in: the register asks for a name and believes it. As soon as
others can reach the server, only those who signed in and were given leave may save. Whether others
can reach it is judged by :func:`visitor` from all that is known; when in doubt, it only shows.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from exclusion.contracts import DataRefused, Problem, UsageError, toml_document
from exclusion.register.contents import plain

ROLES = ("viewer", "officer", "approver")
"""Each may do what those before it may: look; save, answer and review; sign off."""
APPROVER = ROLES[-1]
SHARED, LEAVE = "KEPT_OPEN_SHARED", "KEPT_OPEN_ROLES"
"""Environment: set when a server is for more than one person; the file that says who may do what."""
EVERYONE = "everyone"
_SIGNED_OUT = "This server can be reached by others and nobody has signed in, so it only shows. To save, use it on your own machine"
_NO_LEAVE = "{name} is signed in and may look. To save, ask whoever runs this server for the role of officer."
_NO_SIGNING = "{name} may save and answer here. To sign off, ask whoever runs this server for the role of approver."
_UNCONFIRMED = "The sign-in service has not confirmed the address {name}, so it may look only."


@dataclass(frozen=True)
class Visitor:
    """Who is at the screen, and what they may do. From :func:`visitor`."""

    role: str
    """One of :data:`ROLES`."""
    name: str = ""
    """Who signed in; blank where nobody did."""
    why_not: str = ""
    """Why nothing may be saved, as a sentence to show; blank when it may."""

    @property
    def may_write(self) -> bool:
        """Whether they may save, answer and review. Ask before showing a form, and :meth:`author` before saving."""
        return self.may("officer")

    @property
    def asks_name(self) -> bool:
        """Whether a page must ask for a name, because nobody signed in here."""
        return self.may_write and not self.name

    def may(self, role: str) -> bool:
        """Whether they may do what this role may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def why_not_sign(self) -> str:
        """Why nothing may be signed off, as a sentence to show; blank when it may."""
        if self.may(APPROVER):
            return ""
        return _NO_SIGNING.format(name=self.name or "Whoever is here") if self.may_write else self.why_not

    def author(self, name: str = "", role: str = "officer") -> str:
        """The name to save under, or to sign off under (``role`` approver): who signed in, else the name that was asked for.

        Raises
        ------
        UsageError
            When they may not, or no name was given.
        """
        if not self.may(role):
            raise UsageError(self.why_not_sign if self.may_write else self.why_not)
        return named(self.name or name)


def visitor(
    address: str,
    headers: Mapping[str, str] | None = None,
    signed_in: Mapping[str, Any] | None = None,
    *,
    roles: Mapping[str, str] | None = None,
    shared: bool | None = None,
) -> Visitor:
    """Who is at the screen, and what they may do.

    Parameters
    ----------
    address
        The address the server listens on; blank means every one.
    headers
        Of the visitor's request. Anything in them that speaks of another machine, or of a server in
        between, means that others can reach this one.
    signed_in
        What the sign-in service says of who signed in (OpenID Connect: ``email``, ``name``,
        ``email_verified``); None or empty when nobody did.
    roles
        E-mail address -> role, as :func:`roles` gives them; None reads the file that KEPT_OPEN_ROLES names.
    shared
        Whether the server is for more than one person whatever else; None reads KEPT_OPEN_SHARED.

    Returns
    -------
    Visitor
        Signed in: the role that was given, else viewer. Nobody signed in: everything on this machine
        alone, and a viewer on any other server.

    Examples
    --------
    >>> visitor("127.0.0.1", {"Host": "localhost:8501"}).may_write
    True
    >>> visitor("0.0.0.0").may_write
    False
    >>> officer = visitor("0.0.0.0", {}, {"email": "a@council.example"}, roles={"a@council.example": "officer"})
    >>> officer.author()
    'a@council.example'
    """
    given = load_roles() if roles is None else roles
    if signed_in:
        email = str(signed_in.get("email") or "").strip().lower()
        words = named(email or str(signed_in.get("name") or signed_in.get("sub") or "Somebody who signed in"))
        if str(signed_in.get("email_verified", True)).lower() == "false":  # some services send it as text
            return Visitor("viewer", words, _UNCONFIRMED.format(name=words))
        role = given.get(email) if email else None
        role = role or given.get(EVERYONE, "viewer")
        return Visitor(role, words, "" if role != "viewer" else _NO_LEAVE.format(name=words))
    if shared is None:
        shared = os.environ.get(SHARED, "").strip().lower() not in ("", "0", "no", "false")
    if is_local(address) and not shared and not _from_elsewhere(headers or {}):
        return Visitor(ROLES[-1])
    return Visitor("viewer", "", f"{_SIGNED_OUT}{', or sign in' if given else ''}.")


def is_local(address: str) -> bool:
    """Whether a server that listens on this address can be reached from this machine only.

    A blank address means every address, as servers take it. A name other than localhost may lead
    anywhere, so it is not local.
    """
    words = address.strip().strip("[]").lower()
    if words == "localhost":
        return True
    try:
        found = ipaddress.ip_address(words)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a request came through another server, or was made for another name than this machine's own.

    A server in between that names itself in no header still passes on the name its visitors typed,
    as ``Host`` or as the ``Origin`` that every browser sends. The same two give away a page
    elsewhere that leads its own name to 127.0.0.1.
    """
    held = {name.lower(): value for name, value in headers.items()}
    if any(name in ("forwarded", "via", "x-real-ip") or name.startswith("x-forwarded-") for name in held):
        return True
    named_for = [f"//{held['host']}"] if "host" in held else []
    named_for += [held["origin"]] if "origin" in held else []
    return not all(_own_name(one) for one in named_for)


def _own_name(address: str) -> bool:
    try:
        return is_local(urlsplit(address).hostname or "")
    except ValueError:
        return False


def load_roles(path: str | Path | None = None) -> dict[str, str]:
    """Who was given which role: e-mail address -> role, in small letters.

    Parameters
    ----------
    path
        A TOML file; None = the one KEPT_OPEN_ROLES names, and no roles when there is none::

            officer = ["a.officer@council.example"]
            approver = ["head.of.service@council.example"]
            everyone = "viewer"    # whoever else signs in; viewer when left out

    Raises
    ------
    DataRefused
        Naming everything in the file that is not a role or an address.
    UsageError
        When it cannot be read.
    """
    place = path or os.environ.get(LEAVE)
    if not place:
        return {}
    try:
        content = toml_document(Path(place).read_text(encoding="utf-8-sig"), str(place), "Mend that line.")
    except OSError as error:
        raise UsageError(Problem(str(place), f"cannot be read: {error.strerror or error}", "", f"{LEAVE} must name a file.")) from None
    except UnicodeDecodeError as error:
        raise DataRefused(Problem(str(place), f"is not valid TOML: {error}", "", "Mend that line.")) from None
    problems, found = [], {}
    for role, entry in content.items():
        if role == EVERYONE:
            if entry not in ROLES:
                problems.append(Problem(f"{place}, {role}", "is not a role", repr(entry), f"Use one of {', '.join(ROLES)}."))
            else:
                found[EVERYONE] = str(entry)
        elif role not in ROLES or not isinstance(entry, list):
            problems.append(Problem(f"{place}, {role}", "is not a role with a list of addresses", "", f"Use {', '.join(ROLES)}."))
        else:
            for one in entry:
                email = str(one).strip().lower()
                if "@" not in email.strip("@") or any(letter.isspace() for letter in email):
                    problems.append(Problem(f"{place}, {role}", "holds what is not an e-mail address", repr(one), "Write it in full."))
                elif found.get(email, role) != role:
                    problems.append(Problem(f"{place}, {role}", "gives a second role to", email, "Give the higher one only."))
                else:
                    found[email] = role
    if problems:
        raise DataRefused(problems)
    return found


def named(name: str) -> str:
    """A name fit to stand in the register: one line, not blank, not longer than 200 letters."""
    words = " ".join(plain(name, "name", 200).split())
    if not words:
        raise UsageError(Problem("name", "is blank", "", "Say who is saving: the register records who and when."))
    return words
