"""Settings of the programs that tests start: no tips, and no overview by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def plain_settings(folder: Path) -> Path:
    """``folder``, for XDG_CONFIG_HOME, with settings in it that anyone may read: the first screen is always the same.

    Tips stand where a test looks for something else, and the overview comes unless a key came before it.
    """
    place = folder / "tcptui"
    place.mkdir(parents=True)
    (place / "config.toml").write_text('tour = "off"\nfirst = "list"\n')
    for path, mode in ((folder, 0o755), (place, 0o755), (place / "config.toml", 0o644)):
        path.chmod(mode)
    return folder
