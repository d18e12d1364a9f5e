import hashlib
import os
import stat
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.batches.landing import ContentMismatchError, DamagedStoreError, LandingStore
from upath import UPath

HELLO = hashlib.sha256(b"hello").hexdigest()


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LandingStore:
    return LandingStore(str(tmp_path / "landing") if request.param == "file" else f"memory://{tmp_path.name}/landing")


@given(content=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=4))
def test_content_put_in_pieces_is_read_back_under_its_hash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    store = LandingStore(str(tmp_path_factory.mktemp("landing")))
    places = [0, *sorted(cuts), len(content)]
    landed = store.put(content[a:b] for a, b in pairwise(places))
    content_of_pieces = b"".join(content[a:b] for a, b in pairwise(places))
    assert landed.sha256 == hashlib.sha256(content_of_pieces).hexdigest() and landed.size == len(content_of_pieces)
    with store.open(landed.sha256) as file:
        assert file.read() == content_of_pieces
    assert UPath(landed.path).read_bytes() == content_of_pieces


def test_the_same_bytes_twice_are_one_file(store: LandingStore) -> None:
    assert store.put(b"hello") == store.put([b"hel", b"lo"], HELLO)
    assert store.exists(HELLO) and store.verify(HELLO)


def test_other_bytes_than_announced_are_not_kept(tmp_path: Path) -> None:
    store = LandingStore(str(tmp_path))
    with pytest.raises(ContentMismatchError):
        store.put(b"hello!", HELLO)
    assert files(tmp_path) == [] and not store.exists(HELLO)


def test_an_aborted_download_leaves_no_file(tmp_path: Path) -> None:
    def cut() -> Iterator[bytes]:
        yield b"hel"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        LandingStore(str(tmp_path)).put(cut())
    assert files(tmp_path) == []


def test_kept_bytes_are_never_overwritten_even_when_they_are_damaged(tmp_path: Path) -> None:
    store = LandingStore(str(tmp_path))
    path = Path(store.put(b"hello").path)
    path.write_bytes(b"hellO")
    assert not store.verify(HELLO)
    with pytest.raises(DamagedStoreError, match="damaged"):
        store.put(b"hello")
    assert path.read_bytes() == b"hellO"


def test_only_the_owner_may_read_a_landed_file(tmp_path: Path) -> None:
    store = LandingStore(str(tmp_path / "home" / "landing"))
    before = os.umask(0)
    try:
        path = Path(store.put(b"hello").path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "home" / "landing", tmp_path / "home"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_bytes_are_on_the_disk_when_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    path = Path(LandingStore(str(tmp_path)).put(b"hello").path)
    assert str(path.parent) in synced, "the folder that names the file"
    assert any("/partial/" in name for name in synced), "the file itself"


@pytest.mark.parametrize("name", ["../../etc/passwd", HELLO.upper(), HELLO + "\n", "", "a/" * 32, HELLO[:63]])
def test_only_a_hash_names_a_file(store: LandingStore, name: str) -> None:
    for use in (store.path_of, store.exists, store.open, store.verify):
        with pytest.raises(ValueError, match="64"):
            use(name)


def test_a_file_that_never_landed_neither_exists_nor_is_verified(store: LandingStore) -> None:
    assert not store.exists(HELLO) and not store.verify(HELLO)


def test_a_file_lies_in_folders_named_after_its_hash(tmp_path: Path) -> None:
    path = Path(LandingStore(str(tmp_path)).put(b"hello").path)
    assert path.relative_to(tmp_path).parts == (HELLO[:2], HELLO[2:4], HELLO)


def test_a_folder_that_another_process_makes_meanwhile_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LandingStore(str(tmp_path))
    store.put(b"other")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", lambda path: False)  # as it was when it was looked for
        landed = store.put(b"hello")
    assert Path(landed.path).read_bytes() == b"hello"


def test_what_a_killed_process_was_writing_is_removed_a_day_later(tmp_path: Path) -> None:
    store = LandingStore(str(tmp_path / "landing"))
    store.put(b"hello")
    abandoned, recent = (tmp_path / "landing" / "partial" / name for name in ("abandoned", "recent"))
    for path in (abandoned, recent):
        path.write_bytes(b"half a delivery")
    os.utime(abandoned, (0, 0))
    store.put(b"another")
    assert not abandoned.exists() and recent.exists()
