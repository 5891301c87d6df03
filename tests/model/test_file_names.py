"""What files are called where there is no room for their paths."""

from __future__ import annotations

from tcptui.model.file_names import disambiguate


def test_file_is_called_by_its_name() -> None:
    assert disambiguate(["/srv/a/client.pcap", "server.pcap", "-"]) == ["client.pcap", "server.pcap", "-"]


def test_files_of_the_same_name_are_told_apart_by_their_folders() -> None:
    assert disambiguate(["/srv/a/client.pcap", "/srv/b/client.pcap", "b/server.pcap"]) == [
        "a/client.pcap", "b/client.pcap", "server.pcap",
    ]  # fmt: skip
    assert disambiguate(["x/a/1.pcap", "y/a/1.pcap"]) == ["x/a/1.pcap", "y/a/1.pcap"]
    assert disambiguate(["1.pcap", "a/1.pcap"]) == ["1.pcap", "a/1.pcap"]
    assert disambiguate(["a/1.pcap", "a/1.pcap"]) == ["1.pcap", "1.pcap"]


def test_name_of_a_hostile_path_is_safe() -> None:
    assert disambiguate(["/tmp/\x1b[2J\u202e.pcap"]) == ["␛[2J\ufffd.pcap"]
