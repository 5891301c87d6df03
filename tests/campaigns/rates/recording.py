"""Records transfers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cases.recorder.bench import ABOUT, record
from tests.campaigns.rates.transfers import transfer

if TYPE_CHECKING:
    from pathlib import Path


def record_transfer(seed: int, folder: Path) -> None:
    """Record one transfer; raises as `record` does."""
    record(transfer(seed).scenario(), seed, folder)


def transfers_below(folder: Path) -> list[Path]:
    """The recorded transfers in or below ``folder``."""
    found = [about.parent for about in folder.rglob(ABOUT) if json.loads(about.read_text())["scenario"] == "transfer"]
    return sorted(found, key=lambda path: (len(path.name), path.name))
