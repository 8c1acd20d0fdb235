"""For whoever hosts Kept Open: write the nginx file, warm a process, restart all of them in turn, back the register up and restore it.

    .venv/bin/python deploy/host.py nginx --name kept-open.example.gov.uk --ports 8501 8502 --base /kept-open \\
        --certificate /etc/ssl/kept-open.pem --key /etc/ssl/kept-open.key --out /etc/nginx/conf.d
    .venv/bin/python deploy/host.py warm 8501 --base /kept-open
    .venv/bin/python deploy/host.py roll --ports 8501 8502 --base /kept-open --newcomers /etc/nginx/conf.d/kept-open.newcomers \\
        --restart "systemctl restart kept-open@{port}" --reload "systemctl reload nginx"
    .venv/bin/python deploy/host.py backup postgresql:///kept_open --out /var/lib/kept-open/backups
    .venv/bin/python deploy/host.py restore /var/lib/kept-open/backups/register-2026-11-26T020000.dump postgresql:///kept_open_new

What the environment of the processes says is not said again: the base path is that of STREAMLIT_SERVER_BASE_URL_PATH,
the register to back up that of KEPT_OPEN_REGISTER. Nothing here runs as part of the app. Every command says what it
did, and ends with 1 and a sentence when it could not.
"""

from __future__ import annotations

import argparse
import html
import itertools
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
TRIED_AGAIN = "max_fails=1 fail_timeout=2s"
# st_folium draws its map with eval, and Streamlit styles its elements in place; nothing comes from, or goes to, another machine.
CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-src 'self' blob:; "
    "frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)


PAGES = ("unavailable.html", "sign-in.html")
INSTEAD = "The council can also be reached by telephone, by post or in person: its own website says how."


class Refused(Exception):
    """What could not be done, in a sentence for the person at the keyboard."""


# ------------------------------------------------------------------------------ nginx


def largest_upload() -> int:
    """The largest request the app takes, in megabytes: the one number for Streamlit and for nginx."""
    return int(tomllib.loads((HERE.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]["maxUploadSize"])


def base_path(text: str) -> str:
    """The path the app stands under as nginx has it: Streamlit also takes it without its first stroke, or with one at its end."""
    return f"/{plain}" if (plain := text.strip("/")) else ""


def newcomers(ports: list[int]) -> str:
    """The processes that take new visits, in equal parts, as nginx writes it."""
    if not ports:
        raise Refused("No process would take new visits: leave at least one port in.")
    share = 100 / len(ports)
    lines = [f"    {share:.2f}% {port};" for port in ports[:-1]]
    return "\n".join(["split_clients $request_id $kept_open_newcomer {", *lines, f"    * {ports[-1]};", "}", ""])


def site(
    name: str,
    ports: list[int],
    folder: Path,
    *,
    base: str = "",
    listen: str = "443 ssl",
    certificate: Path | None = None,
    key: Path | None = None,
    upload: int | None = None,
) -> str:
    """The nginx file for one address.

    Parameters
    ----------
    name
        The host name people type.
    ports
        The app processes on this machine, at 127.0.0.1.
    folder
        Where nginx finds what lies beside this file: the list of processes that take new visits, which ``roll``
        rewrites, and the pages it shows when none answers.
    base
        The path the app stands under, such as ``/kept-open``; empty for the whole address.
    certificate, key
        Both, or neither: without them the site is plain HTTP, which is for a test on one machine only.
    upload
        The largest request, in megabytes; that of the app when None.
    """
    if base and not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", base):
        raise Refused(f"--base {base!r} is not a path such as /kept-open.")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", name):
        raise Refused(f"--name {name!r} is not a host name.")
    if bool(certificate) != bool(key):
        raise Refused("--certificate and --key go together: give both or neither.")
    tls = certificate is not None
    upstreams = []
    for port in ports:
        # A process that did not answer is asked again after two seconds, also where it stands in for another: nginx's own ten
        # would leave visits without any process for so long after all of them were down.
        others = "".join(f"    server 127.0.0.1:{other} backup {TRIED_AGAIN};\n" for other in ports if other != port)
        upstreams.append(f"upstream kept_open_{port} {{\n    server 127.0.0.1:{port} {TRIED_AGAIN};\n{others}}}")
    fill = {
        "folder": str(folder),
        "known": "\n".join(f"    {port} {port};" for port in ports),
        "quiet": "\n".join(f'    {port} "";' for port in ports),
        "upstreams": "\n".join(upstreams),
        "base": base,
        "secure": "; Secure" if tls else "",
        "listen": listen if tls else listen.replace(" ssl", ""),
        "name": name,
        "tls": f"    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n    ssl_protocols TLSv1.2 TLSv1.3;" if tls else "",
        "hsts": '    add_header Strict-Transport-Security "max-age=31536000" always;\n' if tls else "",
        "redirect": f"server {{\n    listen 80;\n    server_name {name};\n    return 301 https://$host$request_uri;\n}}\n"
        if tls and listen == "443 ssl"
        else "",
        "root": f"    location = / {{\n        return 302 {base}/;\n    }}\n" if base else "",
        "upload": str(largest_upload() if upload is None else upload),
        "csp": CSP,
    }
    text = (HERE / "nginx.conf.template").read_text(encoding="utf-8")
    return re.sub(r"@([a-z]+)@", lambda found: fill[found[1]], text)


def write_site(arguments: argparse.Namespace) -> str:
    """``nginx``: the site and, beside it, the list of processes that take new visits and the pages for when none answers."""
    out: Path = arguments.out
    text = site(
        arguments.name,
        arguments.ports,
        # A path that is not from the root is, to nginx, one under its own folder, wherever this command was typed.
        arguments.seen_as or out.resolve(),
        base=arguments.base,
        listen=arguments.listen,
        certificate=arguments.certificate,
        key=arguments.key,
        upload=arguments.upload,
    )
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / "kept-open.newcomers", newcomers(arguments.ports))
    words = {"home": f"{arguments.base}/", "instead": html.escape(arguments.instead)}
    words["style"] = (HERE / "pages.css").read_text(encoding="utf-8")
    for name in PAGES:
        page = (HERE / name).read_text(encoding="utf-8")
        _replace(out / f"kept-open-{name}", re.sub(r"@([a-z]+)@", lambda found: words[found[1]], page))
    _replace(out / "kept-open.conf", text)
    return f"Wrote {out / 'kept-open.conf'} and what belongs beside it. Test with 'nginx -t', then reload nginx."


def _replace(path: Path, text: str) -> None:
    """The whole file or nothing: nginx may read it at any moment."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o644)  # nginx's workers read the pages as a user of their own
    os.replace(beside, path)


# ------------------------------------------------------------------------------ processes


def healthy(port: int, base: str = "", wait: float = 0.0) -> bool:
    """Whether a process answers at its health address, waiting up to ``wait`` seconds for it."""
    until = time.monotonic() + wait
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{base}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return True
        except OSError:
            pass
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)


def _visit(port: int, base: str, page: str, seconds: float) -> None:
    """One visit, as a browser makes it: open the page and wait until it has been run to its end."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    ask = BackMsg()
    ask.rerun_script.query_string = ""
    ask.rerun_script.page_name = page
    address = f"ws://127.0.0.1:{port}{base}/_stcore/stream"
    until = time.monotonic() + seconds
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=seconds) as line:
        line.send(ask.SerializeToString())
        while (left := until - time.monotonic()) > 0:
            message = line.recv(timeout=left)
            told = ForwardMsg()
            told.ParseFromString(message if isinstance(message, bytes) else message.encode())
            if told.WhichOneof("type") == "script_finished":
                return
    raise TimeoutError


def warm(port: int, base: str = "", seconds: float = 120.0) -> str:
    """``warm``: open the first page once, so that the release is read before anyone visits."""
    from websockets.exceptions import WebSocketException

    if not healthy(port, base, wait=seconds):
        raise Refused(f"Nothing answers on port {port} after {seconds:g} seconds. Look at the log of that process.")
    try:
        _visit(port, base, "", seconds)
    except (TimeoutError, OSError, WebSocketException) as error:
        raise Refused(f"The process on port {port} did not finish its first page ({error or 'no answer in time'}).") from None
    return f"The process on port {port} is warm."


def visits(port: int) -> int:
    """How many connections a process holds: one for each open page (Linux)."""
    held = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, _, state = line.split()[1:4]
        held += state == "01" and int(local.split(":")[1], 16) == port
    return held


def roll(
    ports: list[int], base: str, newcomers_at: Path, restart: str, reload: str, patience: float = 600.0, seconds: float = 120.0
) -> list[str]:
    """``roll``: restart each process in turn, while the others go on.

    New visits stop going to a process, its open pages have ``patience`` seconds to be closed, then it is
    restarted, warmed, and takes visits again. What was saved is in the register and outlives the restart; a
    page still open is joined to the restarted process and starts again from its address. When a process does
    not come back, the rest are left as they are, still serving.
    """
    if len(ports) < 2:
        raise Refused("A restart without an interruption needs at least two processes.")
    if quiet := [port for port in ports if not healthy(port, base)]:
        raise Refused(f"Nothing answers on port {quiet[0]}: mend that first, or every visit would hang on the others.")
    told = []
    for port in ports:
        _replace(newcomers_at, newcomers([other for other in ports if other != port]))
        _run(reload)
        until = time.monotonic() + patience
        while (left := visits(port)) and time.monotonic() < until:
            time.sleep(0.2)
        _run(restart.format(port=port))
        _closed(port, base)
        warm(port, base, seconds)
        told.append(f"Port {port} restarted" + (f" with {left} pages still open on it." if left else ", nobody was on it."))
    _replace(newcomers_at, newcomers(ports))
    _run(reload)
    return told


def _closed(port: int, base: str) -> None:
    """A process told to stop may answer for a moment longer: wait until the restarted one is there."""
    healthy(port, base, wait=30.0)


def _run(command: str, **surroundings: str) -> str:
    words = shlex.split(command)
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **surroundings})
    except FileNotFoundError:
        raise Refused(f"There is no program '{words[0]}' on this machine.") from None
    if done.returncode:
        raise Refused(f"'{command}' ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


# ------------------------------------------------------------------------------ the register

TABLES = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"


def backup(url: str, out: Path) -> str:
    """``backup``: the register as it is at one moment, in one file; nobody has to stop working."""
    out.mkdir(parents=True, exist_ok=True)
    name = f"register-{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
    # A clock that was set back must not cost the backup of the same second before.
    names = (f"{name}{(number and f'-{number}') or ''}.dump" for number in itertools.count())
    file = next(path for one in names if not (path := out / one).exists())
    beside = file.with_suffix(".part")
    database, secret = _plain(url)
    try:
        _run(shlex.join(["pg_dump", "--format=custom", "--no-owner", f"--file={beside}", f"--dbname={database}"]), **secret)
        _run(shlex.join(["pg_restore", "--list", str(beside)]))  # a file that cannot be read is no backup
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
    return f"Wrote {file} ({file.stat().st_size:,} bytes)."


def restore(file: Path, url: str) -> str:
    """``restore``: a backup into an empty database, then every hash of its history is worked out again."""
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    database, secret = _plain(url)
    held = _run(shlex.join(["psql", "--no-psqlrc", "--tuples-only", "--no-align", f"--command={TABLES}", f"--dbname={database}"]), **secret)
    if int(held):
        raise Refused(
            f"{database} is not empty: it holds {int(held)} tables. Nothing was changed. "
            "A backup goes into an empty database: create one with 'createdb' (deploy/README.md) and name that."
        )
    _run(shlex.join(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={database}", str(file)]), **secret)
    done = subprocess.run(
        [sys.executable, "-m", "exclusion", "register", "verify"],
        cwd=HERE.parent,
        env={**os.environ, "KEPT_OPEN_REGISTER": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"The register was put back, but it does not verify: {done.stderr.strip() or done.stdout.strip()}")
    return f"Put {file} back. {done.stdout.strip()}"


def _plain(url: str) -> tuple[str, dict[str, str]]:
    """The address as PostgreSQL's own tools take it, and the password apart: others on the machine can read a command line."""
    # Not by urlsplit: what it puts together again lacks the two strokes where no host is named, as in postgresql:///kept_open.
    found = re.fullmatch(r"postgres(?:ql)?(?:\+\w+)?://(?:([^/?#]*)@)?([^?]*)\??(.*)", url)
    if not found:
        raise Refused("Only a PostgreSQL register is backed up here; of a SQLite file take 'sqlite3 FILE \".backup COPY\"'.")
    user, _, password = (found[1] or "").partition(":")
    asked = [part for part in found[3].split("&") if part]
    password = next((part.partition("=")[2] for part in asked if part.startswith("password=")), password)
    query = "&".join(part for part in asked if not part.startswith("password="))
    address = f"postgresql://{user and f'{user}@'}{found[2]}{query and f'?{query}'}"
    return address, {"PGPASSWORD": unquote(password)} if password else {}


# ------------------------------------------------------------------------------ the door


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    at = argparse.ArgumentParser(add_help=False)
    said = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    at.add_argument("--base", default=base_path(said), type=base_path, help="the path the app stands under, such as /kept-open")
    many = argparse.ArgumentParser(add_help=False)
    many.add_argument("--ports", type=int, nargs="+", default=[8501, 8502], help="the ports of the app processes")

    one = commands.add_parser("nginx", parents=[at, many], help="write the nginx file")
    one.add_argument("--name", required=True, help="the host name people type")
    one.add_argument("--out", type=Path, required=True, help="the folder to write to")
    one.add_argument("--seen-as", type=Path, help="that folder as nginx sees it, where that is another: in a container")
    one.add_argument("--listen", default="443 ssl")
    one.add_argument("--certificate", type=Path)
    one.add_argument("--key", type=Path)
    one.add_argument("--upload", type=int, help="the largest request, in megabytes; as much as the app takes unless given")
    one.add_argument("--instead", default=INSTEAD, help="how else the council can be reached, for the page shown when no process answers")
    one = commands.add_parser("warm", parents=[at], help="open the first page of a process once")
    one.add_argument("port", type=int)
    one = commands.add_parser("roll", parents=[at, many], help="restart the processes in turn")
    one.add_argument("--newcomers", type=Path, required=True, help="the list of processes that take new visits")
    one.add_argument("--restart", default="systemctl restart kept-open@{port}")
    one.add_argument("--reload", default="systemctl reload nginx")
    one.add_argument("--patience", type=float, default=600.0, help="seconds to let open pages be closed")
    one = commands.add_parser("backup", help="back the PostgreSQL register up")
    one.add_argument("url", nargs="?", default=os.environ.get("KEPT_OPEN_REGISTER", ""), help="that of KEPT_OPEN_REGISTER unless given")
    one.add_argument("--out", type=Path, required=True)
    one = commands.add_parser("restore", help="put a backup into an empty database and verify it")
    one.add_argument("file", type=Path)
    one.add_argument("url")

    given = parser.parse_args(argv)
    try:
        if given.command == "nginx":
            said = [write_site(given)]
        elif given.command == "warm":
            said = [warm(given.port, given.base)]
        elif given.command == "roll":
            said = roll(given.ports, given.base, given.newcomers, given.restart, given.reload, given.patience)
        elif given.command == "backup":
            said = [backup(given.url, given.out)]
        else:
            said = [restore(given.file, given.url)]
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
