"""scapy is a guest: it holds nothing of ours."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys

_HOLDS = """
import gc, io, sys, weakref
from tcptui.protocols.headers.scapy_loader import load_scapy

class Screen(io.StringIO):
    pass

screen = sys.stderr = Screen()
load_scapy()
sys.stderr = sys.__stderr__
gone = weakref.ref(screen)
del screen
gc.collect()
sys.exit(0 if gone() is None else "something still writes on the screen of then")
"""


def test_screen_that_was_open_when_scapy_came_can_go() -> None:
    ran = subprocess.run([sys.executable, "-c", _HOLDS], capture_output=True, text=True, timeout=60, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_scapy_says_nothing_anywhere() -> None:
    from tcptui.protocols.headers.scapy_loader import load_scapy

    load_scapy()

    assert [type(handler) for handler in logging.getLogger("scapy").handlers] == [logging.NullHandler]


def test_scapy_does_not_ask_for_this_hosts_routes() -> None:
    from tcptui.protocols.headers.scapy_loader import load_scapy

    load_scapy()
    routes = importlib.import_module("scapy.config").conf

    assert (routes.route.routes, routes.route6.routes) == ([], [])


#: Runs where no filter of warnings is changed meanwhile: `warnings.catch_warnings` hides nothing for other threads.
_WITHOUT_FILTERS = """
import contextlib, warnings
warnings.simplefilter("error")
warnings.catch_warnings, warnings.simplefilter = contextlib.nullcontext, lambda *_: None
from tcptui.protocols.headers.scapy_loader import load_scapy
load_scapy()
"""


def test_no_module_of_scapy_warns_when_it_is_imported() -> None:
    subprocess.run([sys.executable, "-c", _WITHOUT_FILTERS], check=True, timeout=60)
