"""scapy is imported without a trace, and never with what is Apache-2.0; in processes of its own, as in the program."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_LOAD = "from tcptui.protocols.scapy_child.scapy_loader import scapy_packet; scapy_packet()\n"
_SILENT = """
import logging
assert [type(handler) for handler in logging.getLogger("scapy").handlers] == [logging.NullHandler]
"""
_NO_ROUTES = """
from scapy.config import conf
assert (conf.route.routes, conf.route6.routes) == ([], [])
"""
#: No filter of warnings is changed meanwhile: `warnings.catch_warnings` would hide them.
_STRICT = """
import contextlib, warnings
warnings.simplefilter("error")
warnings.catch_warnings, warnings.simplefilter = contextlib.nullcontext, lambda *_: None
"""
_KEPT_OUT = """
import sys
for name, module in sys.modules.items():
    assert module is None or name.split(".")[0] not in ("cryptography", "_hashlib", "_ssl", "regex"), name
"""


@pytest.mark.parametrize("program", [_LOAD + _SILENT, _LOAD + _NO_ROUTES, _STRICT + _LOAD, _LOAD + _KEPT_OUT])
def test_scapy_is_a_quiet_guest(tmp_path: Path, program: str) -> None:
    """… also where `cryptography` is installed, which here is a module that says so."""
    (tmp_path / "cryptography.py").write_text("print('imported')\n__version__ = '99'\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
