from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

from traces import write_trace

from tcptui.access.indexes import Indexes
from tcptui.access.requests import RequestCache, cached_requests
from tcptui.session.other_tables import dns_names, other_lines, other_packets, other_pairs
from tcptui.session.rates import rates_of
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path


def test_every_index_of_a_capture_is_built_once(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "talk.pcap", ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1"])
    tables = (other_packets, other_lines, other_pairs, dns_names, rates_of)
    with closing(open_file(path)) as one, closing(open_file(path)) as other:
        assert all(table(one) is table(one) for table in tables)
        assert not any(table(one) is table(other) for table in tables)
        requests = cached_requests(one, 0)
        assert requests is one.indexes.of(RequestCache, lambda: RequestCache(one)).of(0)[0]


def test_threads_that_ask_at_once_are_given_the_same_index() -> None:
    indexes, built, both = Indexes(), list[set[int]](), threading.Barrier(2)
    found = list[set[int]]()

    def build() -> set[int]:
        built.append(set())
        both.wait(600)  # the other thread builds one, too
        return built[-1]

    threads = [threading.Thread(target=lambda: found.append(indexes.of(set, build))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 2
    assert found[0] is found[1] is indexes.of(set, set)
