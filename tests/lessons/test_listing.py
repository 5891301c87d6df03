from __future__ import annotations

import json

from tcptui.lessons.listing import contains, list_cases
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


def test_cases_are_found_by_finding_id_and_title_in_either_language() -> None:
    cases = load_cases()
    found = {
        words: [case.id for case in cases if contains(case, words.split())]
        for words in ("half-close", "zero-window", "FORGOTTEN idle", "no such words", "12", "012", "retransmission")
    }

    assert "half-close" in found["half-close"]
    assert {"zero-window", "window-shrunk", "slow-receiver"} <= set(found["zero-window"])
    assert found["12"] == found["012"] == ["accept-queue-full"]
    assert len(found["retransmission"]) > 20
    assert found["FORGOTTEN idle"] == ["idle-connection-dropped"]
    assert found["no such words"] == []


def test_words_of_either_language_find_the_same_cases() -> None:
    cases = load_cases()
    for english, chinese in (("retransmission", "重传"), ("handshake", "握手"), ("loss", "丢包"), ("window", "窗口")):
        by_english = {case.id for case in cases if contains(case, [english])}
        by_chinese = {case.id for case in cases if contains(case, [chinese])}
        assert len(by_english & by_chinese) > 0.8 * len(by_english | by_chinese), (english, by_english ^ by_chinese)
