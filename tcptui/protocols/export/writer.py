"""Writes carried files into one folder: never over a file, never outside the folder, never partly under its name.

A file is written under a temporary name and gets its own name when it is complete, by a hard link: that fails where
the name exists, so nothing is ever replaced.  All access goes through the folder's descriptor, and no symbolic link in
it is followed; on the way to it none of another user (`open_output_folder`): the capture chooses the names of files, so
whoever chose the place, too, could put what runs where it runs.
"""

from __future__ import annotations

import errno
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.protocols.export.bound import ExportBoundError, export_bound
from tcptui.protocols.export.names import NAME_LIMIT, numbered, shortened
from tcptui.userdirs.directory import open_output_folder
from tcptui.userdirs.trust import ForeignError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

_MODE: Final = 0o600
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: One more than the names that are tried for one file: ``image.png`` … ``image-9999.png``.
_NUMBERS: Final = 10_000
#: Appended to the name of a file that is incomplete.
PARTIAL: Final = ".partial"
#: Errors of file systems without hard links.
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written."""

    name: str
    size: int


class ExportFolder:
    """An open folder, as a context manager; created with mode 0700 when it does not exist."""

    def __init__(self, path: Path, captured: int = 0, most: int | None = None) -> None:
        """Open or create ``path``.  Raises OutputError.

        ``captured``: bytes of the capture, which `export_bound` depends on.  ``most``: another bound, in bytes.
        """
        self.path = path
        self._written = 0
        try:
            self.most = export_bound(captured, path) if most is None else most
            """Bytes that all files together may take."""
            self._descriptor = open_output_folder(path)
        except ForeignError as error:
            raise OutputError("export_foreign", path=safe_text(str(path)), link=safe_text(error.filename)) from error
        except OSError as error:
            raise OutputError("export_folder", path=safe_text(str(path)), reason=reason_of(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the folder's descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def write(self, name: str, blocks: Iterable[bytes], *, is_whole: Callable[[], bool] | None = None) -> Written:
        """Write ``blocks`` as ``name`` (already safe), or with the next free number.

        ``is_whole`` is called when all blocks are written: if it returns False, `PARTIAL` is appended to the
        name.  Raises OutputError, and then leaves no file behind: ExportBoundError for one that is too long.
        """
        temporary = f".tcptui-{secrets.token_hex(8)}"
        try:
            size = self._write_temporary(temporary, blocks)
            if is_whole is not None and not is_whole():
                name += PARTIAL
            return Written(self._publish(temporary, name), size)
        except OSError as error:
            raise self._failure(name, error) from error
        finally:
            self._remove(temporary)

    def _write_temporary(self, temporary: str, blocks: Iterable[bytes]) -> int:
        descriptor = os.open(temporary, _NEW, _MODE, dir_fd=self._descriptor)
        size = 0
        with os.fdopen(descriptor, "wb") as target:
            for block in blocks:
                size += len(block)
                if self._written + size > self.most:
                    facts = {"path": safe_text(str(self.path)), "most": f"{self.most / 1e6:,.1f}"}
                    raise ExportBoundError("export_bound", **facts)
                target.write(block)
        self._written += size
        return size

    def _publish(self, temporary: str, name: str) -> str:
        """Give the complete file its name, or the first free numbered one; returns that name."""
        for number in range(1, _NUMBERS):
            free = shortened(numbered(name, number), NAME_LIMIT + 16)
            try:
                os.link(
                    temporary, free, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor, follow_symlinks=False
                )
            except FileExistsError:
                continue
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                if not self._reserve(free):
                    continue
                os.rename(temporary, free, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            return free
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)

    def _reserve(self, name: str) -> bool:
        """Create an empty file ``name`` for the rename that follows; False when the name exists."""
        try:
            os.close(os.open(name, _NEW, _MODE, dir_fd=self._descriptor))
        except FileExistsError:
            return False
        return True

    def _remove(self, temporary: str) -> None:
        try:
            os.unlink(temporary, dir_fd=self._descriptor)
        except FileNotFoundError:
            return  # it was renamed, or never created

    def _failure(self, name: str, error: OSError) -> OutputError:
        key = "export_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "export_failed"
        reason = reason_of(error)
        return OutputError(key, name=name, path=str(self.path), reason=reason)
