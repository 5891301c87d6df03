"""What files are called where there is no room for their paths."""

from __future__ import annotations

from tcptui.model.file_names import told_apart


def test_file_is_called_by_its_name() -> None:
    assert told_apart(["/srv/a/client.pcap", "server.pcap", "-"]) == ["client.pcap", "server.pcap", "-"]


def test_files_of_the_same_name_are_told_apart_by_their_folders() -> None:
    assert told_apart(["/srv/a/client.pcap", "/srv/b/client.pcap", "b/server.pcap"]) == [
        "a/client.pcap", "b/client.pcap", "server.pcap",
    ]  # fmt: skip
    assert told_apart(["x/a/1.pcap", "y/a/1.pcap"]) == ["x/a/1.pcap", "y/a/1.pcap"]
    assert told_apart(["1.pcap", "a/1.pcap"]) == ["1.pcap", "a/1.pcap"]
    assert told_apart(["a/1.pcap", "a/1.pcap"]) == ["1.pcap", "1.pcap"]


def test_name_of_a_hostile_path_is_safe() -> None:
    assert told_apart(["/tmp/\x1b[2J\u202e.pcap"]) == ["␛[2J\ufffd.pcap"]
