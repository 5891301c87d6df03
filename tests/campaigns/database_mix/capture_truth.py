"""Whether it is true what is said of a capture as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.campaigns.compose.truth import Truth, no, open_, yes
from tests.campaigns.database_mix.plan import Database
from tests.campaigns.database_mix.truth import LOGIN_ERRORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.finding import Finding
    from tests.campaigns.database_mix.account import Account, Connection

SESSIONS: Final = 8
SLOW_NS: Final = 200_000_000


def capture_truth(finding: Finding, peers: Sequence[str], account: Account) -> Truth:
    """By what the connections that are named went through (notes, server, plan)."""
    named = [account.connections[peer] for peer in peers if peer in account.connections]
    plays = {one.play for one in named}
    ways = {account.way_to(one.host) for one in named} - {""}
    told = f"{len(named)} connections of {', '.join(sorted(plays))} over {', '.join(sorted(ways))}"
    match str(finding.id):
        case "connection-churn":
            short = sum(one.play == "churn" for one in named)
            return yes(told) if 2 * short > len(named) else no(f"{told}; {short} of them for a statement each")
        case "logins-refused":
            return yes(told) if all({one.connect_error, *one.errors} & LOGIN_ERRORS for one in named) else no(told)
        case "lossy-host":
            return yes(told) if ways <= {"lossy", "outage", "dead"} and ways else no(told)
        case "common-stall":
            return yes(told) if ways & {"stall", "outage", "jittery"} else no(told)
        case "host-silent" | "port-silent":
            return yes(told) if ways <= {"dead", "outage"} else no(told)
        case "port-refused" | "server-restarted":
            refused = account.killed and Database(account.killed).port == finding.facts.get("port")
            return yes(told) if refused else no(told)
        case "slow-server":
            slow = sum(_waited_for_server(one, account) for one in named)
            return yes(told) if slow * 2 > len(named) else no(f"{told}; {slow} waited for a slow statement")
        case "repeated-resets":
            return open_(told)
    return no(told)


def _waited_for_server(one: Connection, account: Account) -> bool:
    """Whether a statement took long, or waited until another connection's was done: a server may take them in turn."""
    return any(
        (said.took_ns or 0) > SLOW_NS or account.busy_beside(one, said.asked_ns, said.until_ns) > SLOW_NS
        for said in one.asked
    )
