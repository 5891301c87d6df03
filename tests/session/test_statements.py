"""Requests grouped by statement: counts, percentiles, errors, what is left out of the time."""

from __future__ import annotations

from tcptui.model.request import AnsweredInOneWrite, MessagePackets, Request, RequestPart
from tcptui.protocols.request_status import failed
from tcptui.session.statements import group_statements

MS = 1_000_000
PACKETS = MessagePackets(1, 1, 10, 0, 0)


def request(operation: str, ms: float, status: str = "OK", number: int = 0, **spent: float) -> Request:
    time = tuple(round(spent.get(part.label, 0) * MS) or None for part in RequestPart)
    answer = PACKETS if status else None
    opened_ns = spent.get("connect", 0) * MS
    asked = MessagePackets(1, 1, 10, opened_ns, opened_ns)
    return Request(0, number, "redis", operation, status, asked, answer, True, 0, round(ms * MS), time)


def test_requests_with_other_values_are_one_group_and_most_time_comes_first() -> None:
    slow = [request(f"EVALSHA abc key:{n}", 10 + n, server=9) for n in range(100)]
    fast = [request(f"GET user:{n}", 1, "WRONGTYPE" if n % 10 == 0 else "nil") for n in range(1_000)]
    first, second = group_statements(fast + slow)

    assert (first.statement, first.count, first.errors) == ("EVALSHA abc key:*", 100, 0)
    assert (first.p50_ns, first.p99_ns) == (59 * MS, 108 * MS)  # the nearest rank: the 50th and the 99th of 100
    assert (first.total_ns, first.server_ns) == (sum(range(10, 110)) * MS, 900 * MS)
    assert first.slowest is slow[-1]
    assert (second.statement, second.count, second.errors) == ("GET user:*", 1_000, 100)


def test_times_are_those_of_the_list_and_waiting_as_asked_or_in_a_queue_is_told_apart() -> None:
    (waits,) = group_statements([request("BLPOP queue", 5_000, idle=4_990)])
    (queues,) = group_statements([request("GET a", 50, queue=48)])
    (hangs,) = group_statements([request("GET a", 5_000, "", idle=4_990)])
    (opens,) = group_statements([request("GET a", 120, connect=100)])

    assert (waits.total_ns, waits.waited_ns, waits.slowest.taken_ns) == (5_000 * MS, 4_990 * MS, 10 * MS)
    assert (queues.total_ns, queues.waited_ns) == (50 * MS, 48 * MS)
    assert (hangs.total_ns, hangs.waited_ns, hangs.errors) == (5_000 * MS, 0, 1)
    assert (opens.total_ns, opens.slowest.own_ns, opens.slowest.opening_ns) == (20 * MS, 20 * MS, 100 * MS)


def test_waiting_in_a_queue_or_as_asked_makes_no_statement_the_slowest() -> None:
    """A pipeline of 500 is over in 29 ms, though each of them waits for those before it: 7 s together."""
    pipeline = [request(f"SET p:{n}", 29 * n // 500, server=int(n % 100 == 0), queue=29 * n // 500) for n in range(500)]
    blocking = request("BLPOP queue", 1_000, idle=1_000)
    slow = [request("EVALSHA abc k", ms, server=ms) for ms in (2, 25)]

    found = group_statements([*pipeline, blocking, *slow])

    assert [one.statement for one in found] == ["EVALSHA abc k", "SET p:*", "BLPOP queue"]
    assert found[1].total_ns > 6_000 * MS
    assert found[0].taken_ns == 27 * MS


def test_requests_whose_stream_was_reset_before_an_answer_are_errors() -> None:
    (group,) = group_statements([request("GET /search", 60, "RST_STREAM: CANCEL")._replace(response=None)] * 84)
    assert group.errors == 84


def test_numbers_and_sqlstates_are_errors() -> None:
    statuses = ("1062 (23000)", "42P01", "23505", "22012", "404", "WRONGTYPE")
    assert all(failed(request("x", 1, status)) for status in statuses)
    assert not any(failed(request("x", 1, status)) for status in ("OK", "nil", "00000", "02000", "200", ""))


def batch(server_ms: int, *operations: str, number: int = 0) -> list[Request]:
    """Requests that were answered at once."""
    told = AnsweredInOneWrite(number, number + len(operations), server_ms * MS)
    found = [request(operation, server_ms, number=number + at)._replace(together=told)
             for at, operation in enumerate(operations)]  # fmt: skip
    return [found[0]._replace(unsure_ns=server_ms * MS), *found[1:]]


def likely(requests: list[Request]) -> dict[str, float]:
    return {one.statement: round(one.server_likely_ns / MS, 1) for one in group_statements(requests)}


def test_what_was_answered_at_once_is_told_apart_by_what_it_took_alone() -> None:
    gets = [request(f"GET a:{n}", 2, server=2) for n in range(3)]

    assert likely([*gets, *batch(100, "GET a:7", "EVALSHA abc k", "GET a:8")]) == {"EVALSHA abc k": 96, "GET a:*": 10}


def test_what_was_only_answered_at_once_shares_the_time() -> None:
    assert likely(batch(100, "GET a", "EVALSHA abc k")) == {"EVALSHA abc k": 50, "GET a": 50}


def test_what_was_answered_at_once_and_is_all_known_shares_the_time_by_that() -> None:
    alone = [request("GET a", 10, server=10), request("EVALSHA abc k", 30, server=30)]

    assert likely([*alone, *batch(400, "GET a", "EVALSHA abc k")]) == {"EVALSHA abc k": 330, "GET a": 110}


def test_a_share_is_said_to_be_estimated() -> None:
    shared, sure = (
        group_statements(each)[0] for each in (batch(100, "GET a", "GET a"), [request("GET a", 1, server=1)])
    )

    assert (shared.is_estimated, shared.server_ns, shared.server_likely_ns) == (True, 0, 100 * MS)
    assert (sure.is_estimated, sure.server_ns, sure.server_likely_ns) == (False, MS, MS)


def test_sessions_are_opened_behind_all_statements_however_long_that_takes() -> None:
    requests = [request("AUTH", 900, server=900), request("HELLO 3", 800, server=800), request("GET a", 1, server=1)]

    assert [one.statement for one in group_statements(requests)] == ["GET a", "AUTH", "HELLO *"]


def test_the_server_s_time_comes_before_the_network_s() -> None:
    far = [request(f"GET far:{n}", 50, server=1) for n in range(20)]
    slow = request("EVALSHA abc k", 90, server=80)

    assert [one.statement for one in group_statements([*far, slow])] == ["EVALSHA abc k", "GET far:*"]


def asked(operation: str, stream: int, at_ms: float, server_ms: float, frame: int) -> Request:
    """A request that came at ``at_ms`` and was answered ``server_ms`` later."""
    begun, answered = round(at_ms * MS), round((at_ms + server_ms) * MS)
    one = request(operation, server_ms, server=server_ms)
    return one._replace(stream=stream, start_ns=begun, request=MessagePackets(frame, frame, 10, begun, begun),
                        response=MessagePackets(frame + 1, frame + 1, 10, answered, answered))  # fmt: skip


def test_who_waits_for_another_connection_s_command_is_not_slow() -> None:
    """Three clients wait for a script of 500 ms; another server's does not concern them."""
    script, other = asked("EVALSHA abc k", 0, 0, 500, 1), asked("EVALSHA abc k", 9, 0, 300, 100)
    waiting = [asked("GET a", stream, 10 * stream, 500.1 - 10 * stream, 10 * stream) for stream in (1, 2, 3)]
    servers = {9: "10.0.0.9:6379"}
    slow, quick = group_statements([*waiting, script, other], server_of=lambda stream: servers.get(stream, "one"))

    assert (slow.statement, slow.server_ns) == ("EVALSHA abc k", 800 * MS)
    assert (quick.server_ns, quick.waited_ns) == (0, quick.total_ns)


def test_who_is_answered_long_before_or_behind_another_waited_for_its_own() -> None:
    later, early = asked("GET b", 1, 10, 600, 20), asked("GET c", 2, 300, 100, 30)
    sooner = asked("EVALSHA abc k", 0, 0, 500, 1)

    assert all(one.waited_ns == 0 for one in group_statements([later, early, sooner], server_of=lambda _: "one"))
