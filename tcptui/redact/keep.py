"""Content that may stay in a redacted capture.  Imported by every command line: nothing heavy here."""

from __future__ import annotations

from enum import StrEnum


class Keep(StrEnum):
    """A kind of content that ``--keep`` lets stay."""

    ADDRESSES = "addresses"
    MACS = "macs"
    NAMES = "names"
