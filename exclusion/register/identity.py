"""Who may write, and under which name."""

from __future__ import annotations

import ipaddress

from exclusion.contracts import Problem, UsageError
from exclusion.register.contents import plain


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


def may_write(address: str, login: str | None, *, proxied: bool = False) -> bool:
    """Whether what is entered may be saved.

    Parameters
    ----------
    address
        The address the server listens on.
    login
        Who signed in, as the login service says; None or blank when nobody did.
    proxied
        Whether another server hands requests on to this one: then listening on 127.0.0.1 does not
        mean that only this machine can reach it.
    """
    return bool((login or "").strip()) or (is_local(address) and not proxied)


def author(address: str, login: str | None, name: str, *, proxied: bool = False) -> str:
    """The name to save under: who signed in, or on this machine alone the name that was asked for.

    Raises
    ------
    UsageError
        When nothing may be saved here, or no name was given.
    """
    if not may_write(address, login, proxied=proxied):
        raise UsageError("This server is open to a network and asks nobody to sign in, so it only shows. Save on your own machine.")
    return named((login or "").strip() or name)


def named(name: str) -> str:
    """A name fit to stand in the register: one line, not blank, not longer than 200 letters."""
    words = " ".join(plain(name, "name", 200).split())
    if not words:
        raise UsageError(Problem("name", "is blank", "", "Say who is saving: the register records who and when."))
    return words
