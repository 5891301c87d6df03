"""The judge's states and places over a composed recording, without what no packet of it can show.

python -m tests.campaigns.compose.states FOLDER…
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cases.recorder.judge import judge
from tests.campaigns.compose.recording import seeds_below

if TYPE_CHECKING:
    from collections.abc import Sequence

SAYS: Final = re.compile(r"(?:near|far) end is (?P<truth>.+), said (?P<said>\S+) \((?P<sure>known|assumed)\)")
#: (in truth, said) → why packets cannot show it.
HIDDEN: Final = {
    # The program has closed, its FIN waits behind bytes that have no room or were never acknowledged.
    ("FIN-WAIT-1", "ESTABLISHED"),
    ("LAST-ACK", "CLOSE-WAIT"),
    ("CLOSING", "CLOSE-WAIT"),
    ("CLOSING", "FIN-WAIT-1"),
    ("LAST-ACK", "ESTABLISHED"),
    # The program gave up its attempt; nothing is sent then.
    ("CLOSED", "SYN-SENT"),
}
#: Forged resets: whether the kernel took one is not in the packets of the other end.
FORGERS: Final = frozenset({"injected-reset", "forgetting"})


def contradictions(folder: Path) -> list[str]:
    """States that a capture contradicts, and captures put in the wrong place; raises as `judge` does."""
    about = json.loads((folder / "recording.json").read_text())
    faults = about["parameters"]["composition"]["faults"]
    if any(fault["name"] in FORGERS for fault in faults) or _ports_in_use(folder):
        return []
    found = []
    for judgement in judge(folder, compare=False):
        for remark in judgement.remarks:
            said = SAYS.search(remark)
            if said is None:
                found += [f"{folder.name} {remark}"] if "captured at the" in remark else []
            elif said["sure"] == "known" and not _is_hidden(said["truth"], said["said"]):
                found.append(f"{folder.name} {remark}")
    return found


def _is_hidden(truth: str, said: str) -> bool:
    return any((each, said) in HIDDEN for each in truth.split(" or "))


def _ports_in_use(folder: Path) -> bool:
    """A connect() from ports that another connection still had: two sockets of one name in the kernels' log."""
    return "EADDRNOTAVAIL" in (folder / "kernel.jsonl").read_text()


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when nothing is contradicted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    folders = [folder for each in parser.parse_args(words).folders for folder in seeds_below(each)]
    found = [line for folder in folders for line in contradictions(folder)]
    print("\n".join(found))
    print(f"{len(folders)} recordings, {len({line.split()[0] for line in found})} with contradictions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
