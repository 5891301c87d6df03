"""Whether it is true what findings say of requests to a database.

Each predicate's docstring names what it reads: *notes* (of the clients' scripts), *server* (its slow log, its log of
errors, its views of sessions), *link* and *kernel* (as in `tests.campaigns.compose`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from tests.campaigns.compose.truth import Truth, no, open_, yes
from tests.campaigns.compose.truth_speed import _shut_ns as shut_ns
from tests.campaigns.database_mix.account import IDLE, LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.campaigns.compose.packet import Packet
    from tests.campaigns.compose.truth import Question
    from tests.campaigns.database_mix.account import Account, Asked, Connection

SLOW_NS: Final = 200_000_000
SLOW_RTTS: Final = 5
SURELY: Final = 1.35
"""What is longer than the rule's threshold by this factor should be told."""
CLOSE_S: Final = 0.35
"""The servers' views are looked at ten times a second."""
LOOK_NS: Final = 125_000_000
"""From one look at them to the next."""
IDLE_NS: Final = 1_000_000_000
MANY: Final = 20
FEW_ERRORS: Final = 5
LOGIN_ERRORS: Final = frozenset({"1045", "28P01", "28000", "WRONGPASS", "NOAUTH"})
FULL: Final = frozenset({"1040", "1203", "1226", "53300", "full"})
LOCK_ERRORS: Final = frozenset({"1205", "1213", "55P03", "40P01"})
ENDED_EARLY: Final = frozenset({"57014", "1317", "1969", "3024"})


@dataclass(frozen=True)
class Drama:
    """A connection, its scene, and what a finding says of it."""

    question: Question
    one: Connection
    account: Account
    partners: Mapping[int, str]
    """Stream → the client's address and port."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the finding says."""
        return self.question.facts

    @property
    def rtt_ns(self) -> int:
        """Of the way without its faults."""
        return round(2e6 * float(self.account.mix["delay_ms"]))

    @property
    def least_ns(self) -> float:
        """What is slower than this should be told."""
        return SURELY * max(SLOW_NS, SLOW_RTTS * self.rtt_ns)

    def meant(self) -> Asked | None:
        """The statement that the finding names by the packet that asked it (link)."""
        frame = self.facts.get("asked_frame")
        found = self.question.world.by_frame.get((self.question.end, int(frame))) if frame else None
        begins = str(self.facts.get("statement", "")).split("*")[0].split("?")[0][:20]
        return None if found is None else self.one.at(found[1].sent_ns, begins)

    def way_is_fine(self, since_ns: int = 0, until_ns: int = 1 << 63) -> bool:
        """Whether nothing of this connection was lost, or 50 ms late, in that time (link)."""
        for packet in self.question.talk.packets:
            if since_ns - 1_000_000_000 <= packet.sent_ns <= until_ns:
                late = packet.arrived_ns and packet.arrived_ns[0] - packet.sent_ns > self.rtt_ns / 2 + 5_000_000
                if not packet.arrived or late or packet.why:
                    return False
        return True

    def is_readable(self) -> bool:
        """Whether the capture shows what is asked."""
        return self.account.is_readable(self.one)


def slow_query(drama: Drama) -> Truth:
    """The server's own measure of the statement that is named, less its wait for locks (server)."""
    if drama.facts:
        said = drama.meant()
        wait_ns = 1e9 * float(drama.facts["wait_s"])
        if drama.facts.get("shape") == "login":
            beside = drama.account.busy_beside(drama.one, drama.one.opened_ns, drama.one.opened_ns + round(wait_ns))
            return open_(f"how long a login takes is not logged; busy beside it for {beside / 1e6:.0f} ms")
        if drama.facts.get("statement") == "AUTH":
            return _login_waited(drama, wait_ns)
        if said is None or said.took_ns is None:
            return open_("the server says nothing of this statement")
        if said.waits:
            return open_("it asked the server to wait")
        own_ns = said.took_ns - said.lock_ns
        least_ns = 1e9 * float(drama.facts.get("least_s", drama.facts["wait_s"]))
        if str(drama.facts.get("shape")).startswith("behind"):
            beside = drama.account.busy_beside(drama.one, said.asked_ns, said.until_ns)
            told = f"{said.text[:40]}: server {own_ns / 1e6:.0f} ms; busy beside it for {beside / 1e6:.0f} ms"
            return yes(told) if beside >= 0.7 * wait_ns else no(told)
        if str(drama.facts.get("shape")).startswith("together"):
            own_ns = sum(each.took_ns or 0 for each in drama.one.asked if each.asked_ns == said.asked_ns)
        story = f"{said.text[:40]}: server {said.took_ns / 1e6:.1f} ms, lock {said.lock_ns / 1e6:.1f} ms"
        if 0.7 * least_ns <= own_ns:
            return yes(story)
        if 0.7 * least_ns <= said.took_ns and drama.account.way_to(drama.one.host) != "clean":
            return open_(story)  # a faulty way may have kept who held the lock, and the finding names locks
        beside = drama.account.busy_beside(drama.one, said.asked_ns, said.until_ns)
        shown = drama.account.busy_beside(drama.one, said.asked_ns, said.until_ns, visible=True)
        story = f"{story}; busy beside it for {beside / 1e6:.0f} ms, visibly for {shown / 1e6:.0f} ms"
        if beside >= 0.7 * wait_ns and shown < 0.7 * wait_ns:
            return open_(story)  # the capture does not show it, and the finding says that it may be so
        return no(story)
    slow = [
        said
        for said in drama.one.asked
        if said.took_ns is not None
        and not (said.waits or said.given_up or said.error or said.stops_s)
        and said.took_ns - said.lock_ns >= drama.least_ns
    ]
    if not slow:
        return no("no statement was slow")
    shown = [said for said in slow if drama.way_is_fine(said.asked_ns, said.until_ns)]
    return yes(f"{slow[0].text[:40]}: {(slow[0].took_ns or 0) / 1e6:.0f} ms", bool(shown) and drama.is_readable())


def _login_waited(drama: Drama, wait_ns: float) -> Truth:
    """A login to Redis, which no slow log names, takes no time of its own: what else kept the server busy (server)."""
    one = drama.one
    beside, shown = (
        drama.account.busy_beside(one, one.opened_ns, one.ready_ns, visible=visible) for visible in (False, True)
    )
    told = f"login; busy beside it for {beside / 1e6:.0f} ms, visibly for {shown / 1e6:.0f} ms"
    if str(drama.facts.get("shape")) == "behind":
        return yes(told) if beside >= 0.7 * wait_ns else no(told)
    return no(told) if shown >= 0.7 * wait_ns else open_(told)


def lock_wait(drama: Drama) -> Truth:
    """The server's own measure of the wait, or its error; who held it belongs to the same scene (server, notes)."""
    if drama.facts:
        said = drama.meant()
        if said is None:
            return open_("no statement is named")
        wait_ns = 1e9 * float(drama.facts["wait_s"])
        told = f"{said.text[:40]}: lock {said.lock_ns / 1e6:.0f} ms, {said.error}"
        # The server's views are looked at ten times a second: a spell begins and ends between two looks.
        whole = said.lock_ns and said.took_ns is not None and said.took_ns - said.lock_ns <= 2 * LOOK_NS
        if said.error not in LOCK_ERRORS and not whole and said.lock_ns < 0.6 * wait_ns:
            return no(told)
        other = drama.partners.get(int(drama.facts.get("other_stream", -1)))
        if other is not None:
            holder = drama.account.connections.get(other)
            if holder is None or holder.scene != drama.one.scene:
                return no(f"{told}; {other} does not hold it")
        return yes(told)
    found = [said for said in drama.one.asked if said.error in LOCK_ERRORS or said.lock_ns >= drama.least_ns]
    if not found:
        return no("nothing waited for a lock")
    shown = drama.is_readable() and drama.way_is_fine() and drama.account.way_to(drama.one.host) == "clean"
    return yes(f"{found[0].text[:40]}: {found[0].lock_ns / 1e6:.0f} ms", shown)


def idle_in_transaction(drama: Drama) -> Truth:
    """The server's view of the session, idle in a transaction for as long (server)."""
    longest_ns = drama.one.spell_ns(IDLE)
    told = f"idle in transaction for {longest_ns / 1e6:.0f} ms"
    if drama.facts:
        idle_s = float(drama.facts["idle_s"])
        if abs(longest_ns / 1e9 - idle_s) <= CLOSE_S + drama.rtt_ns / 1e9:
            return yes(told)
        if not drama.way_is_fine():
            return open_(f"{told}, and packets were late")
        return no(told)
    if longest_ns < SURELY * IDLE_NS + drama.rtt_ns:
        return no(told)
    return yes(told, drama.is_readable() and drama.way_is_fine())


def database_errors(drama: Drama) -> Truth:
    """Codes that client and server noted (notes, server)."""
    codes = Counter(said.error for said in drama.one.asked if said.error and said.error != "gone")
    codes.update(code for code in (drama.one.connect_error, *drama.one.errors) if code in LOGIN_ERRORS)
    told = ", ".join(f"{code} ×{count}" for code, count in codes.items()) or "no error"
    if drama.facts:
        code = str(drama.facts["status"]).partition(" ")[0]
        return yes(told) if codes[code] >= int(drama.facts["count"]) > 0 else no(told)
    many = any(count >= FEW_ERRORS for count in codes.values()) or bool(LOGIN_ERRORS & set(codes))
    return yes(told, drama.is_readable()) if many else no(told)


def closed_while_idle(drama: Drama) -> Truth:
    """The server's kernel sent FIN or RST first, and all was answered for a while (kernel, notes)."""
    ends = [p for p in drama.question.talk.packets if (p.is_fin or p.is_rst) and p.sender is not None]
    if not ends:
        return no("nobody ended it")
    first = min(ends, key=lambda p: p.sent_ns)
    if first.sender is not End.SERVER:
        return no("the client ended it")
    before = [said for said in drama.one.asked if said.asked_ns < first.sent_ns]
    latest = max([said.until_ns for said in before if said.until_ns < first.sent_ns], default=drama.one.opened_ns)
    if any(said.until_ns >= first.sent_ns - drama.rtt_ns for said in before):
        return no("something was being answered")
    if drama.one.closed_ns and drama.one.closed_ns < first.sent_ns - drama.rtt_ns:
        return no("the client had taken its leave")
    carried = [p.time_at(End.SERVER) for p in drama.question.talk.packets if _is_before(p, first)]
    said_ns = max(carried, default=latest)
    idle_ns = max(first.sent_ns - latest, first.sent_ns - said_ns)
    told = f"the server ended it after {idle_ns / 1e6:.0f} ms"
    if idle_ns < IDLE_NS - drama.rtt_ns:
        return no(told)
    shown = bool(before) and idle_ns > SURELY * IDLE_NS + drama.rtt_ns and drama.is_readable() and drama.way_is_fine()
    crossed = drama.one.closed_ns and drama.one.closed_ns < first.sent_ns + drama.rtt_ns
    return yes(told, shown and not crossed and not drama.one.spell_ns(IDLE))


def _is_before(packet: Packet, end: Packet) -> bool:
    """Whether it carried something new, and was there at the server before its ``end``."""
    return packet.is_data and not packet.why and packet.time_at(End.SERVER) < end.sent_ns


def too_many_connections(drama: Drama) -> Truth:
    """The server's refusal (notes, server)."""
    codes = {drama.one.connect_error, *drama.one.errors} & FULL
    return yes(f"refused: {', '.join(codes)}", drama.is_readable()) if codes else no("it was admitted")


def many_round_trips(drama: Drama) -> Truth:
    """How many were asked one by one, and how long they took beyond the server's measure (notes, server)."""
    single = [said for said in drama.one.asked if not said.together]
    most_ns = drama.rtt_ns + round(2e6 * drama.account.jitter_ms(drama.one.host))
    network_ns = sum(min(said.until_ns - said.asked_ns - (said.took_ns or 0), most_ns) for said in single)
    told = f"{len(single)} one by one, {network_ns / 1e6:.0f} ms on the way"
    if drama.facts:
        claimed_ns = 1e9 * float(drama.facts["network_s"])
        count = int(drama.facts["count"])
        if len(single) < count:
            return no(told)
        if 0.6 * claimed_ns <= network_ns:
            return yes(told)
        return no(told) if drama.way_is_fine() else open_(f"{told}, and packets were late or lost")
    is_loop = drama.one.play == "loop" and len(single) > SURELY * MANY and network_ns > SURELY * SLOW_NS
    spans = sum(later.asked_ns - earlier.asked_ns for earlier, later in pairwise(single))
    return yes(told, drama.is_readable() and drama.way_is_fine() and network_ns > 0.65 * spans) if is_loop else no(told)


def result_not_read(drama: Drama) -> Truth:
    """The client stopped amid a result, and its window was shut (notes, headers)."""
    stops_s = max((said.stops_s for said in drama.one.asked), default=0.0)
    if not stops_s:
        return no("the client read at once")
    shut = shut_ns(drama.question, End.CLIENT)
    told = f"it stopped for {stops_s:.1f} s, the window was shut for {shut / 1e6:.0f} ms"
    return yes(told, shut > SURELY * 500_000_000 and drama.is_readable() and drama.way_is_fine())


def asked_to_wait(drama: Drama) -> Truth:
    """A statement that asks for it (notes)."""
    waits = [said for said in drama.one.asked if said.waits or said.text.startswith("LISTEN")]
    if not waits:
        return no("nothing asked the server to wait")
    long = any(said.waits and said.until_ns - said.asked_ns > 5e8 + 2 * drama.rtt_ns for said in waits)
    return yes(waits[0].text[:40], long and drama.is_readable() and drama.way_is_fine())


def query_cancelled(drama: Drama) -> Truth:
    """The server's error (server, notes)."""
    codes = {*drama.one.errors, *(said.error for said in drama.one.asked)} & ENDED_EARLY
    return yes(", ".join(codes), drama.is_readable()) if codes else no("nothing was ended early")


def server_think_time(drama: Drama) -> Truth:
    """The server's own measure of its slowest statement (server)."""
    longest = max(drama.one.asked, key=lambda said: said.took_ns or 0, default=None)
    if longest is None or any(said.took_ns is None for said in drama.one.asked):
        return open_("the server does not say of all")
    took = longest.took_ns or 0
    claimed = max((float(v) for k, v in drama.facts.items() if k in ("wait_s", "think_s", "longest_s")), default=0.0)
    told = f"at most {took / 1e6:.0f} ms, told {claimed:.3f} s"
    if took >= 0.7 * max(1e9 * claimed, 150_000_000):
        return yes(told, False)
    return no(told)


def client_think_time(drama: Drama) -> Truth:
    """The longest pause between an answer and the next statement, or the end (notes)."""
    ends = [(drama.one.opened_ns, drama.one.ready_ns)] if drama.one.ready_ns else []
    ends += [(said.asked_ns, said.until_ns) for said in drama.one.asked]
    if drama.one.closed_ns:
        ends.append((drama.one.closed_ns, drama.one.closed_ns))
    longest = max((later[0] - earlier[1] for earlier, later in pairwise(ends)), default=0)
    told = f"the client paused {longest / 1e6:.0f} ms at most"
    stops = max((said.stops_s for said in drama.one.asked), default=0.0)
    return yes(told, False) if max(longest, 1e9 * stops) >= 800_000_000 else no(told)


def never_played(_: Drama) -> Truth:
    """No scene has it (notes)."""
    return no("no scene has it")


TRUTHS: Final[dict[str, Callable[[Drama], Truth]]] = {
    "slow-query": slow_query, "lock-wait": lock_wait, "idle-in-transaction": idle_in_transaction,
    "database-errors": database_errors, "closed-while-idle": closed_while_idle,
    "too-many-connections": too_many_connections, "many-round-trips": many_round_trips,
    "result-not-read": result_not_read, "asked-to-wait": asked_to_wait, "query-cancelled": query_cancelled,
    "server-think-time": server_think_time, "client-think-time": client_think_time,
    "database-encryption": never_played, "protocol-mismatch": never_played,
}  # fmt: skip
assert LOCK
