from __future__ import annotations

import json

from tcptui.lessons.listing import list_cases
from tcptui.lessons.loader import load_cases


def test_listing_is_json_with_the_contracts_keys() -> None:
    entries = json.loads(json.dumps(list_cases(load_cases())))

    assert entries
    assert all(set(entry) == {"id", "title", "captures", "packets", "findings"} for entry in entries)
    walk = next(entry for entry in entries if entry["id"] == "hello-world-loopback")
    assert walk["title"] == {"en": "Hello world, packet by packet", "zh": "hello world：逐包走一遍"}
    assert walk["captures"] == ["hello-world.pcapng"]
    assert walk["packets"] == 8
    assert walk["findings"] == ["three-way-handshake", "three-packet-close"]
