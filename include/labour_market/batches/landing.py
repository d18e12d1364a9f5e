"""The landing store: the bytes of every delivery under their SHA-256, written once and never changed."""

import hashlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from upath import UPath

from labour_market.errors import LabourMarketError, UsageError

CHUNK = 2**20
ABANDONED_SECONDS = 86_400  # after this time the bytes that a killed process was writing are removed
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Landed:
    """A file in the store: its SHA-256 in hex, its size in bytes, and its path."""

    sha256: str
    size: int
    path: str


class ContentMismatchError(LabourMarketError):
    """Bytes that differ from the announced ones; nothing of them is kept."""

    def __init__(self, announced: str, found: str) -> None:
        super().__init__(f"announced as {announced}, found {found}")
        self.announced = announced
        self.found = found


class DamagedStoreError(LabourMarketError):
    """A file in the store whose bytes do not have its hash."""


class LandingStore:
    """A folder (file://) or a bucket (any fsspec address) of files named after their content.

    Only the owner can read a local store (0700, 0600). When put() returns, the bytes are on the disk.

    Raises:
        UsageError: The address is of a kind that cannot be used.
    """

    def __init__(self, root: str | UPath) -> None:
        try:
            self.root = UPath(root)
            _ = self.root.fs
        except (ValueError, ImportError) as error:
            raise UsageError(
                f"LMW_LANDING: {root} cannot be used ({error}); give a folder, or an address whose fsspec package is installed"
            ) from None
        self._folder = Path(self.root.path) if self.root.protocol in ("", "file", "local") else None

    def path_of(self, sha256: str) -> UPath:
        """The path of the bytes with this hash, whether they exist or not.

        Raises:
            ValueError: Text that is not a hash.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError("the name of a landed file is 64 lower-case hex digits")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def exists(self, sha256: str) -> bool:
        """Whether the store has bytes of this hash."""
        return bool(self.path_of(sha256).exists())

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes of this hash for reading."""
        return self.path_of(sha256).open("rb")

    def verify(self, sha256: str) -> bool:
        """Whether the bytes of a hash exist and still have that hash; reads all of them."""
        if not self.exists(sha256):
            return False
        digest = hashlib.sha256()
        with self.open(sha256) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == sha256

    def put(self, chunks: bytes | Iterable[bytes], sha256: str | None = None) -> Landed:
        """Write bytes into the store: all of them, or none.

        Args:
            chunks: The bytes.
            sha256: Their announced hash, if there is one.

        Returns:
            The file in the store.

        Raises:
            ContentMismatchError: They have another hash.
            DamagedStoreError: The store has other bytes under their hash.
            Exception: The iterator of the chunks raised it.
        """
        path, file = self._spool()
        try:
            with file:
                digest, size = _write(file, [chunks] if isinstance(chunks, bytes) else chunks)
            if sha256 is not None and digest != sha256:
                raise ContentMismatchError(sha256, digest)
            if not self._keep(path, digest) and not self.verify(digest):
                raise DamagedStoreError(f"the landing store is damaged: {digest} holds other bytes; restore it from a backup")
        finally:
            path.unlink(missing_ok=True)
        return Landed(digest, size, str(self.path_of(digest)))

    def _spool(self) -> tuple[Path, BinaryIO]:
        if self._folder is None:
            handle, name = tempfile.mkstemp(prefix="landing-")
            return Path(name), os.fdopen(handle, "wb")
        path = self._folder / "partial" / secrets.token_hex(16)
        _make_private(path.parent)
        _remove_abandoned(path.parent)
        return path, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def _keep(self, spooled: Path, sha256: str) -> bool:
        """Move spooled bytes to their path; False when a file is there already, which is never replaced."""
        target = self.path_of(sha256)
        if self._folder is None:
            if self.exists(sha256):
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            target.fs.put_file(str(spooled), target.path)
            return True
        path = Path(target.path)
        _make_private(path.parent)
        try:
            os.link(spooled, path)  # unlike a rename, a link never replaces a file
        except FileExistsError:
            return False
        _sync_folder(path.parent)
        return True


def _write(file: BinaryIO, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest(), size


def _remove_abandoned(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process has just finished it, or removed it
            if path.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                path.unlink()


def _make_private(folder: Path) -> None:
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(new.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
