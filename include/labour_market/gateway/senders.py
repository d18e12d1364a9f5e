"""The senders file and its entries."""

import ipaddress
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from labour_market.contracts import contract_feeds, load_order
from labour_market.errors import LabourMarketError, UsageError


class GatewayUnavailableError(LabourMarketError):
    """A gateway that cannot be used now."""


class GatewayDeadlineError(GatewayUnavailableError):
    """A gateway that used all the time that one sender has. It is not requested again in the same night."""

    def __init__(self) -> None:
        super().__init__("the time that one sender has in a night is used up")


class WrongSenderError(GatewayUnavailableError):
    """An entry of the senders file with which no gateway can be used."""


@dataclass(frozen=True)
class Sender:
    """One entry of the senders file.

    Attributes:
        code: The sender's code; #3 of the third entry, when its code cannot be read.
        token: A value, or env:NAME, which is read when a client is made.
        feeds: What it sends; every feed, when its feeds cannot be read.
        problem: What is wrong with the entry, without a token; empty of a good one.
        alerts: The mail addresses that get the alerts about this sender, in addition to those that get all.
    """

    code: str
    name: str
    base_url: str
    token: str = field(repr=False)
    feeds: tuple[str, ...]
    problem: str = ""
    alerts: tuple[str, ...] = field(default=(), repr=False)

    def bearer(self) -> str:
        """The token itself.

        Raises:
            WrongSenderError: The entry is wrong, the variable of its token is not set, or a header cannot have the token.
        """
        if self.problem:
            raise WrongSenderError(f"the senders file is wrong: {self.problem}")
        token, where = self.token, "the token"
        if token.startswith("env:"):
            variable = token.removeprefix("env:")
            if not _VARIABLE.fullmatch(variable):  # it may be the token itself
                raise WrongSenderError("the senders file is wrong: env: in the token must come before the name of an environment variable")
            where = f"the environment variable {variable}"
            token = os.environ.get(variable, "")
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise WrongSenderError(f"{where} is empty or has characters that a header cannot have")
        return token


_CODE = re.compile(r"\d{3}|[A-Z][A-Z0-9_]{1,15}", re.ASCII)
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[A-Za-z0-9.-]+", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,80}")


def load_senders(path: str | Path) -> list[Sender]:
    """Read a senders file.

    It has `senders`, a list of code, name, base_url, token, feeds and perhaps alerts; and `http_hosts`, the hosts that may be called
    without TLS in addition to this machine (in a private network). A wrong entry is a sender with a problem: it cannot be reached, the
    others can.

    Args:
        path: The file.

    Returns:
        The senders in their order.

    Raises:
        UsageError: The file is missing, is not YAML, or has no list; the text never has a token.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such senders file") from None
    except OSError as error:
        raise UsageError(f"{path}: the senders file cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # its text quotes the line, which may have a token
        mark = getattr(error, "problem_mark", None)
        raise UsageError(f"{path}: {f'line {mark.line + 1}' if mark else 'the senders file'} is not YAML") from None
    if not isinstance(document, dict) or not isinstance(document.get("senders"), list) or not document["senders"]:
        raise UsageError(f"{path}: a senders file has a list named senders")
    listed = document.get("http_hosts")
    http_hosts = {host for host in listed if isinstance(host, str)} if isinstance(listed, list) else set()
    senders: dict[str, Sender] = {}
    for number, entry in enumerate(document["senders"], 1):
        sender = _sender(entry, number, http_hosts)
        if (other := senders.get(sender.code)) is not None:  # which of them is right is unknown
            feeds = tuple(dict.fromkeys((*other.feeds, *sender.feeds)))
            sender = replace(other, feeds=feeds, problem=f"sender {sender.code} is listed twice")
        senders[sender.code] = sender
    return list(senders.values())


def _sender(entry: Any, number: int, http_hosts: set[str]) -> Sender:
    if not isinstance(entry, dict):
        return Sender(
            f"#{number}", "", "", "", tuple(load_order()), f"entry number {number}: no mapping of code, name, base_url, token, feeds"
        )
    code, feeds, contracts = entry.get("code"), entry.get("feeds"), contract_feeds()
    alerts = entry.get("alerts", [])
    addresses = tuple(a for a in alerts if isinstance(a, str) and _ADDRESS.fullmatch(a)) if isinstance(alerts, list) else ()
    unknown = [feed for feed in feeds if feed not in contracts] if isinstance(feeds, list) else []
    missing = [name for name in ("name", "base_url", "token") if not isinstance(entry.get(name), str) or not entry[name].strip()]
    url = "" if "base_url" in missing else entry["base_url"]
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        code = f"#{number}"
        problem = f'entry number {number}: code must be text such as "794" or "SC", in quotes'
    elif missing:
        problem = f"{missing[0]} is missing"
    elif not isinstance(feeds, list) or not feeds or unknown:
        problem = f"feeds must be a list of feed names; known: {', '.join(contracts)}"
    elif not isinstance(alerts, list) or len(addresses) < len(alerts):
        problem = "alerts must be a list of mail addresses"
    elif wrong := _url_problem(url, http_hosts):
        problem = f"base_url {wrong}"
    else:
        problem = ""
    known = tuple(dict.fromkeys(feed for feed in feeds if feed not in unknown)) if isinstance(feeds, list) else ()
    return Sender(
        code=code,
        name="" if "name" in missing else entry["name"].strip(),
        base_url=url.rstrip("/"),
        token="" if "token" in missing else entry["token"].strip(),
        feeds=known or tuple(load_order()),
        problem=problem,
        alerts=addresses,
    )


def _url_problem(url: str, http_hosts: set[str]) -> str | None:
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
