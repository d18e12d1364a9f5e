"""The senders file and its entries."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from labour_market.errors import UsageError


@dataclass(frozen=True)
class Sender:
    """One entry of the senders file. token: a value, or env:NAME, which is read when a client is made."""

    code: str
    name: str
    base_url: str
    token: str = field(repr=False)
    feeds: tuple[str, ...]

    def bearer(self) -> str:
        """The token itself.

        Raises:
            UsageError: When its variable is not set, or when it cannot be sent in a header.
        """
        token, where = self.token, "the token"
        if token.startswith("env:"):
            where = f"the environment variable {token[4:]}"
            token = os.environ.get(token[4:], "")
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError(f"sender {self.code}: {where} is empty or has characters that a header cannot have")
        return token


_CODE = re.compile(r"\d{3}|[A-Z][A-Z0-9_]{1,15}")
_FEED = re.compile(r"[a-z][a-z0-9_]{0,40}")


def load_senders(path: str | Path) -> list[Sender]:
    """Read a senders file.

    It has `senders`, a list of code, name, base_url, token, feeds; and `http_hosts`, the hosts that may be called without TLS in
    addition to this machine (in a private network).

    Args:
        path: The file.

    Returns:
        The senders in their order.

    Raises:
        UsageError: The file is missing or wrong; the text names the sender and the problem, and never a token.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such senders file") from None
    except yaml.MarkedYAMLError as error:  # its text quotes the line, which may have a token
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UsageError(f"{path}: line {line} is not YAML") from None
    if not isinstance(document, dict) or not isinstance(document.get("senders"), list) or not document["senders"]:
        raise UsageError(f"{path}: a senders file has a list named senders")
    http_hosts = document.get("http_hosts") or []
    senders = [_sender(entry, number, http_hosts) for number, entry in enumerate(document["senders"], 1)]
    codes = [sender.code for sender in senders]
    if repeated := sorted({code for code in codes if codes.count(code) > 1}):
        raise UsageError(f"{path}: sender {', '.join(repeated)} is listed twice")
    return senders


def _sender(entry: Any, number: int, http_hosts: list[str]) -> Sender:
    if not isinstance(entry, dict):
        raise UsageError(f"sender number {number}: not a mapping of code, name, base_url, token, feeds")
    code = entry.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise UsageError(f'sender number {number}: code must be text such as "794" or "SC", in quotes')
    for name in ("name", "base_url", "token"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise UsageError(f"sender {code}: {name} is missing")
    feeds = entry.get("feeds")
    if not isinstance(feeds, list) or not feeds or not all(isinstance(f, str) and _FEED.fullmatch(f) for f in feeds):
        raise UsageError(f"sender {code}: feeds must be a list of feed names")
    if problem := _url_problem(entry["base_url"], http_hosts):
        raise UsageError(f"sender {code}: base_url {problem}")
    return Sender(code, entry["name"].strip(), entry["base_url"].rstrip("/"), entry["token"].strip(), tuple(dict.fromkeys(feeds)))


def _url_problem(url: str, http_hosts: list[str]) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    plain = parts.scheme == "http" and not is_loopback(host) and host not in http_hosts
    problems = {
        "must begin with https://": parts.scheme not in ("http", "https"),
        "is not an address": not host or re.search(r"[\s\x00-\x1f\\]", url) is not None,
        "must not hold a user name or password; the token is its own entry": "@" in parts.netloc,
        "must not have a query or a fragment": bool(parts.query or parts.fragment),
        "must begin with https://, unless its host is this machine or is listed in http_hosts": plain,
    }
    return next((problem for problem, found in problems.items() if found), None)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
