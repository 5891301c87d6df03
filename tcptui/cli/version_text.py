"""What ``--version`` prints: the version, and what else is installed that an answer about a problem depends on.

Scripts ask for the version before each use, so nothing is imported for it: `importlib.metadata` alone takes five times
as long as all of this.
"""

from __future__ import annotations

import os
import sys

from tcptui import __version__

#: Distributions that everybody has, and those of each extra.
_ALWAYS = ("textual", "rich", "numpy", "cypcap", "scapy", "dpkt")
_EXTRAS = (("fast", "numba"), ("tls", "cryptography"), ("preview", "pillow"))
_INFO = ".dist-info"


def version_text() -> str:
    """Three lines: ours, Python's and the libraries', the extras.  The first is all that a script needs."""
    found = _installed({*_ALWAYS, *(name for _extra, name in _EXTRAS)})
    python = ".".join(map(str, sys.version_info[:3]))
    libraries = ", ".join(f"{name} {found.get(name, '?')}" for name in _ALWAYS)
    extras = ", ".join(f"{extra} ({name} {found[name]})" if name in found else f"no {extra}" for extra, name in _EXTRAS)
    return f"tcptui {__version__}\nPython {python} on {sys.platform}, {libraries}\nextras: {extras}\n"


def _installed(wanted: set[str]) -> dict[str, str]:
    """Versions by name, as the folders that installers leave beside a library say; the first on the path counts."""
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208 - pathlib would be imported for it
        except OSError:  # an archive, or not there
            continue
        for folder in names:
            name, _, version = folder.removesuffix(_INFO).partition("-")
            if folder.endswith(_INFO) and name.lower() in wanted:
                found.setdefault(name.lower(), version)
    return found
