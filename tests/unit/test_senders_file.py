"""The senders file: who is pulled, from where and with which token; what is wrong in it is said with its place."""

from pathlib import Path

import pytest
from labour_market.contracts import contract_feeds
from labour_market.errors import UsageError
from labour_market.gateway import GatewayClient, Sender, WrongSenderError, load_senders

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
    with pytest.raises(WrongSenderError, match="NO_SUCH_TOKEN is empty"):
        GatewayClient(first)
    GatewayClient(second)


def test_a_token_with_characters_of_headers_is_refused() -> None:
    with pytest.raises(WrongSenderError, match="that a header cannot have") as caught:
        Sender("794", "x", "https://a.vn", "a\r\nX-Evil: 1", ("employers",)).bearer()
    assert "Evil" not in str(caught.value)


def test_a_token_written_after_env_is_not_quoted() -> None:
    with pytest.raises(WrongSenderError, match="the name of an environment variable") as caught:
        Sender("794", "x", "https://a.vn", f"env:{TOKEN}", ("employers",)).bearer()
    assert TOKEN not in str(caught.value)


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
        ({"feeds": "[employers, employer]"}, "feeds"),
        ({"feeds": "[[employers]]"}, "feeds"),
        ({"feeds": "[{a: b}]"}, "feeds"),
        ({"code": "[794]"}, "code"),
        ({"name": "[x]"}, "name is missing"),
        ({"token": "12"}, "token is missing"),
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
        ({"alerts": "a@b.vn"}, "alerts must be a list of mail addresses"),
        ({"alerts": "[a@b.vn, nobody]"}, "alerts must be a list of mail addresses"),
        ({"alerts": '["a@b.vn\\nBcc: c@d.vn"]'}, "alerts must be a list of mail addresses"),
        ({"alerts": "[{a: b}]"}, "alerts must be a list of mail addresses"),
    ],
)
def test_a_wrong_entry_is_a_sender_that_cannot_be_reached_and_the_others_can(tmp_path: Path, changes: dict[str, str], problem: str) -> None:
    entries = f"{one(code='SC', feeds='[placements]')}, {one(**{**changes, 'token': changes.get('token', TOKEN)})}"
    good, wrong = load_senders(written(tmp_path, f"senders: [{entries}]"))
    assert problem in wrong.problem and TOKEN not in repr(wrong)
    assert wrong.feeds and set(wrong.feeds) <= set(contract_feeds()), "it is missed in every feed that it may have"
    with pytest.raises(WrongSenderError) as caught:
        GatewayClient(wrong)
    assert wrong.problem in str(caught.value)
    assert not good.problem
    GatewayClient(good)


@pytest.mark.parametrize("entry", ["1", "null", "[a]", "text"])
def test_an_entry_that_is_no_mapping_has_its_number_for_a_code(tmp_path: Path, entry: str) -> None:
    good, wrong = load_senders(written(tmp_path, f"senders: [{one()}, {entry}]"))
    assert not good.problem
    assert wrong.code == "#2" and "number 2" in wrong.problem and set(wrong.feeds) == set(contract_feeds())


@pytest.mark.parametrize("text", ["", "[]", "senders: {}", "senders: []", "senders:"])
def test_a_file_that_names_no_senders_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="senders file"):
        load_senders(written(tmp_path, text))


@pytest.mark.parametrize("content", [b"senders: \xff", b"senders: \x00", b"senders: 2023-13-45", b"[" * 5_000, b"senders: *x"])
def test_bytes_that_are_not_yaml_are_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "senders.yml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not YAML"):
        load_senders(path)


def test_a_senders_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_senders(tmp_path)


def test_a_file_that_is_not_yaml_is_refused_without_quoting_a_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 2 is not YAML") as caught:
        load_senders(written(tmp_path, f"senders:\n  - {{code: [, token: {TOKEN}}}\n"))
    assert TOKEN not in str(caught.value)


def test_a_sender_that_is_listed_twice_is_wrong_and_the_others_are_not(tmp_path: Path) -> None:
    twice, other = load_senders(written(tmp_path, f"senders: [{one()}, {one(feeds='[job_orders]')}, {one(code='SC')}]"))
    assert twice.problem == "sender 794 is listed twice" and twice.feeds == ("employers", "job_orders")
    assert not other.problem


@pytest.mark.parametrize("hosts", ["7", "simulator", "[[simulator]]", "{simulator: 1}"])
def test_a_wrong_list_of_hosts_stops_only_the_senders_that_need_it(tmp_path: Path, hosts: str) -> None:
    entries = f"{one(base_url=repr('http://simulator:8099'))}, {one(code='SC')}"
    wrong, good = load_senders(written(tmp_path, f"http_hosts: {hosts}\nsenders: [{entries}]"))
    assert "http_hosts" in wrong.problem and not good.problem


def test_a_host_of_a_private_network_may_be_listed(tmp_path: Path) -> None:
    base_url = "http://simulator:8099/districts/794"
    text = f"http_hosts: [simulator]\nsenders: [{one(base_url=repr(base_url))}]"
    assert load_senders(written(tmp_path, text))[0].base_url == base_url
