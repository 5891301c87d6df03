"""The captures that are open: each read once, and again where the file was changed."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from tcptui.api import Capture, CaptureError
from tcptui.serve.refusal import Refusal
from tcptui.serve.view import RedactedView, View

if TYPE_CHECKING:
    from tcptui.serve.folders import Folders

#: Captures that are kept open.
_OPEN_MOST: Final = 4
#: Of a file that is read: what takes some ten seconds.
_BYTES_MOST: Final = 1 << 30

_Identity = tuple[int, int, int, int]


class Captures:
    """Opens captures below the folders.  For one thread."""

    def __init__(self, folders: Folders, key: bytes | None, language: str, *, is_drawn: bool = False) -> None:
        """``key``: of the replacements; None: nothing is redacted.  ``is_drawn``: another one may take its place."""
        self.folders = folders
        self._key, self._is_drawn = key, is_drawn
        self.language = language
        self._open: OrderedDict[str, tuple[_Identity, View]] = OrderedDict()

    @property
    def is_redacted(self) -> bool:
        """True if nothing leaves as it was captured."""
        return self._key is not None

    def view(self, name: str) -> View:
        """The capture ``name``.  Raises Refusal."""
        descriptor = self.folders.open(name)
        try:
            found = os.fstat(descriptor)
            identity = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
            known = self._open.pop(name, None)
            if known is not None and known[0] == identity:
                self._open[name] = known
                return known[1]
            if known is not None:
                known[1].close()
            if found.st_size > _BYTES_MOST:
                raise Refusal(
                    "too-large", f"the file has more than {_BYTES_MOST >> 30} GiB: the user can make a smaller one",
                    run="tcptui slice FILE -Y FILTER -w PART.pcapng",
                )  # fmt: skip
            self._make_room()
            view = self._read(descriptor, name)
            self._open[name] = identity, view
            return view
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int, name: str) -> View:
        try:
            capture = Capture.open_descriptor(descriptor, name, language=self.language)
        except CaptureError as error:
            raise Refusal("unreadable", str(error)) from error
        if self._key is None:
            return View(capture, name, self.language)
        return RedactedView(capture, name, self.language, self._key, is_drawn=self._is_drawn)

    def forget(self, name: str) -> None:
        """Close the capture ``name``: its file was changed while it was read."""
        known = self._open.pop(name, None)
        if known is not None:
            known[1].close()

    def _make_room(self) -> None:
        while len(self._open) >= _OPEN_MOST:
            self._open.popitem(last=False)[1][1].close()

    def close(self) -> None:
        """Close all."""
        for _, view in self._open.values():
            view.close()
        self._open.clear()
