"""The senders file: who is pulled, from where and with which token; what is wrong in it is said with its place."""

from pathlib import Path

import pytest
from labour_market.errors import UsageError
from labour_market.gateway import GatewayClient, Sender, load_senders

TOKEN = "a-token-that-no-message-may-show"


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "senders.yml").write_text(text, encoding="utf-8")
    return tmp_path / "senders.yml"


def one(**changes: str) -> str:
    entry = {
        "code": '"794"',
        "name": "TP Tân An",
        "base_url": '"http://127.0.0.1:8099/districts/794"',
        "token": "t",
        "feeds": "[employers]",
    }
    return "{" + ", ".join(f"{name}: {value}" for name, value in {**entry, **changes}.items() if value) + "}"


def test_a_senders_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = one(code="SC", base_url="https://sc.example.vn/gw/", feeds="[placements]")
    path = written(tmp_path, f"senders:\n  - {one(token='env:SOME_TOKEN')}\n  - {second}\n")
    first, other = load_senders(path)
    assert (first.code, first.name, first.feeds) == ("794", "TP Tân An", ("employers",))
    assert (other.code, other.base_url) == ("SC", "https://sc.example.vn/gw")
    monkeypatch.setenv("SOME_TOKEN", "the-token")
    assert first.bearer() == "the-token" and "env:SOME_TOKEN" not in repr(first)


def test_a_token_that_is_not_set_stops_its_own_sender_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    first, second = load_senders(written(tmp_path, f"senders: [{one(token='env:NO_SUCH_TOKEN')}, {one(code='SC')}]"))
    with pytest.raises(UsageError, match=r"794.*NO_SUCH_TOKEN"):
        GatewayClient(first)
    GatewayClient(second)


def test_a_token_with_characters_of_headers_is_refused() -> None:
    with pytest.raises(UsageError, match="that a header cannot have") as caught:
        Sender("794", "x", "https://a.vn", "a\r\nX-Evil: 1", ("employers",)).bearer()
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"code": "794"}, "code must be text"),
        ({"code": '"../x"'}, "code must be text"),
        ({"code": "''"}, "code must be text"),
        ({"name": ""}, "name is missing"),
        ({"token": "''"}, "token is missing"),
        ({"token": ""}, "token is missing"),
        ({"feeds": "[]"}, "feeds"),
        ({"feeds": "employers"}, "feeds"),
        ({"feeds": "['a; drop']"}, "feeds"),
        ({"base_url": "file:///etc/passwd"}, "https://"),
        ({"base_url": "ftp://a.vn"}, "https://"),
        ({"base_url": "http://gateway.example.vn"}, "http_hosts"),
        ({"base_url": "http://10.0.0.5:8099"}, "http_hosts"),
        ({"base_url": "https://user:pw@a.vn"}, "user name"),
        ({"base_url": "https://a.vn@b.vn"}, "user name"),
        ({"base_url": '"https://a.vn/?x=1"'}, "query"),
        ({"base_url": '"https://a.vn/#x"'}, "query"),
        ({"base_url": "https://"}, "is not an address"),
        ({"base_url": '"https://a.vn:99999"'}, "is not an address"),
        ({"base_url": '"https://a b.vn"'}, "is not an address"),
    ],
)
def test_a_senders_file_that_is_wrong_says_where(tmp_path: Path, changes: dict[str, str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        load_senders(written(tmp_path, f"senders: [{one(**changes)}]"))
    assert "sender" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "senders: {}", "senders: []", "senders: [1]"])
def test_a_file_that_names_no_senders_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"senders file|not a mapping"):
        load_senders(written(tmp_path, text))


def test_a_file_that_is_not_yaml_is_refused_without_quoting_a_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 2 is not YAML") as caught:
        load_senders(written(tmp_path, f"senders:\n  - {{code: [, token: {TOKEN}}}\n"))
    assert TOKEN not in str(caught.value)


def test_a_sender_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="794 is listed twice"):
        load_senders(written(tmp_path, f"senders: [{one()}, {one()}]"))


def test_a_host_of_a_private_network_may_be_listed(tmp_path: Path) -> None:
    base_url = "http://simulator:8099/districts/794"
    text = f"http_hosts: [simulator]\nsenders: [{one(base_url=repr(base_url))}]"
    assert load_senders(written(tmp_path, text))[0].base_url == base_url
