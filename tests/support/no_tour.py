"""Programs that tests start show no tips of the tour: a line that comes and goes is not what those tests are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def without_tour(folder: Path) -> Path:
    """``folder``, for XDG_CONFIG_HOME, with settings in it that put the tour off; anyone may read them."""
    place = folder / "tcptui"
    place.mkdir(parents=True)
    (place / "config.toml").write_text('tour = "off"\n')
    for path, mode in ((folder, 0o755), (place, 0o755), (place / "config.toml", 0o644)):
        path.chmod(mode)
    return folder
