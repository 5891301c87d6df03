"""Holds what is found in recorded mixes against what the servers and the kernels said, and prints the numbers.

    python -m tests.campaigns.database_mix.score [--jobs N] FOLDER…

The unit is a finding of one connection in one capture.  Claims about TCP are held against the same truths as those of
compositions (`tests.campaigns.compose.truth_table`), as far as those need no calls of sockets.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import traceback
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.namespaces import End
from tcptui.access.open_capture import view_of
from tcptui.capture.file_source import open_file as open_file_source
from tcptui.model.finding import FindingId
from tcptui.session.session import Session
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_sections, finding_short, finding_title, what_happened
from tcptui.words.language import Language
from tests.campaigns.compose.report import Owed, Told, by_id, line_of, wrong_ones
from tests.campaigns.compose.score import TOLD_AS
from tests.campaigns.compose.truth import Question, open_
from tests.campaigns.compose.truth_table import truth_of
from tests.campaigns.compose.world import read_world
from tests.campaigns.database_mix.account import read_account
from tests.campaigns.database_mix.capture_truth import capture_truth
from tests.campaigns.database_mix.costliest import Costliest, costliest
from tests.campaigns.database_mix.measure import Measure, measured
from tests.campaigns.database_mix.truth import TRUTHS, Drama

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.finding import Finding
    from tests.campaigns.compose.truth import Truth
    from tests.campaigns.compose.world import Talk, World
    from tests.campaigns.database_mix.account import Account

WORDS: Final = tuple(Words(language) for language in Language)
ABOUT: Final = "recording.json"
KEYS: Final = "keys.log"
#: What a log of each call of a socket would tell, which libraries do not write.
UNDECIDED: Final = frozenset({
    FindingId.HALF_CLOSE, FindingId.SLOW_RECEIVER, FindingId.RECEIVE_WINDOW_LIMITED, FindingId.PATH_LIMITED,
    FindingId.SENDER_APPLICATION_LIMITED, FindingId.SEND_BUFFER_LIMITED, FindingId.NAGLE_DELAYED_ACK,
    FindingId.PORT_REUSED, FindingId.QUEUEING_DELAY, FindingId.OFFLOADED_SEGMENTS, FindingId.WINDOW_SHRUNK,
    FindingId.PROBE_CONNECTION,
})  # fmt: skip
#: Which program's or kernel's reset it was its kernel says, as far as its lines can be joined.
OF_RESETS: Final = frozenset({
    FindingId.RST_ABORTIVE_CLOSE, FindingId.RST_UNREAD_DATA, FindingId.RST_INJECTED, FindingId.RST_DEAD_CONNECTION,
    FindingId.DATA_AFTER_CLOSE,
})  # fmt: skip
#: What else says it, beside `TOLD_AS`.
SAID_AS: Final = {
    "server-think-time": ("slow-query", "lock-wait"),
    "idle-in-transaction": ("lock-wait",),
    "closed-while-idle": ("idle-in-transaction",),
    # Both ends may reset what the other one closed with bytes on the way: one of them tells it.
    "rst-abortive-close": ("data-after-close",),
    "data-after-close": ("rst-abortive-close",),
}


@dataclass(slots=True)
class MixScore:
    """One recording's part of the numbers."""

    seed: int
    told: list[Told] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    costliest: list[Costliest] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def score_mix(folder: Path) -> MixScore:
    """Both captures of a recording; raises OSError, ValueError or KeyError when it is none."""
    world, account = read_world(folder), read_account(folder)
    scored = MixScore(int(world.about["seed"]))
    for end in End:
        _capture(world, account, end, scored)
    return scored


def _capture(world: World, account: Account, end: End, scored: MixScore) -> None:
    path = world.folder / f"{end.value}.pcapng"
    found: dict[int, list[tuple[int, Finding]]] = defaultdict(list)
    talk_of: dict[int, Talk] = {}
    keys = world.folder / KEYS
    keys.write_text(account.keys)
    with closing(Session([open_file_source(path)], keylog=str(keys))) as session:
        session.run_here()
        for stream, findings in session.each_findings(range(session.streams.count)):
            frames = view_of(session, stream).frame.tolist()
            owners = Counter(world.by_frame[end, one][0].number for one in frames if (end, one) in world.by_frame)
            if not owners:
                continue
            number = owners.most_common(1)[0][0]
            talk_of[stream] = world.talks[number]
            found[number] += [(stream, finding) for finding in findings]
        for told in session.diagnosis.findings:
            peers = [_peer(account, talk_of[stream]) for stream in told.streams if stream in talk_of]
            truth = capture_truth(told.finding, peers, account)
            scored.told.append(_told(scored.seed, end, -1, -1, told.finding, truth))
        peers_of = {stream: _peer(account, talk) for stream, talk in talk_of.items()}
        scored.measures += measured(session, peers_of, account, end.value)
        answer = costliest(session, account, end.value)
        scored.costliest += [] if answer is None else [answer]
    visible = frozenset(frame for where, frame in world.by_frame if where is end)
    for talk in world.talks:
        base = Question(world, talk, end, visible)
        if not base.seen(talk.packets):
            continue
        for stream, finding in found[talk.number]:
            question = Question(world, talk, end, visible, None, frozenset(finding.packets), finding.facts)
            truth = _truth(str(finding.id), question, account, peers_of)
            _say(finding)
            scored.told.append(_told(scored.seed, end, talk.number, stream, finding, truth))
        ids = {str(finding.id) for _, finding in found[talk.number]}
        for known in FindingId:
            truth = _truth(str(known), base, account, peers_of)
            if truth.answer.value == "true" and truth.visible:
                also = {str(other) for other in TOLD_AS.get(known, ())} | set(SAID_AS.get(known.value, ()))
                said = bool(ids & {known.value, *also})
                name = f"{_peer(account, talk)}: {truth.why}"
                scored.owed.append(Owed(scored.seed, end.value, "whole", talk.number, str(known), said, name))


def _peer(account: Account, talk: Talk) -> str:
    return account.of(talk.client_port, talk.server_port, talk.from_ns)


def _truth(known: str, question: Question, account: Account, partners: dict[int, str]) -> Truth:
    if known in TRUTHS:
        one = account.connections.get(_peer(account, question.talk))
        if one is None:
            return open_("no client noted this connection")
        return TRUTHS[known](Drama(question, one, account, partners))
    if known in UNDECIDED or known.startswith("tls-"):
        return open_("no log tells")
    if known == FindingId.RST_INJECTED:
        return truth_of(FindingId.RST_INJECTED, question)  # the link's log tells
    if known in OF_RESETS and any(p.is_rst and not p.reset_by for p in question.meant(question.talk.packets)):
        return open_("no kernel's line belongs to this RST")
    return truth_of(FindingId(known), question)


def _say(finding: Finding) -> None:
    """Raises what its sentences raise: a placeholder without a fact is a mistake of the program's."""
    for words in WORDS:
        texts = finding_title(finding, words), finding_short(finding, words), what_happened(finding, words)
        assert all(texts), finding.id
        assert finding_sections(finding, words)


def _told(seed: int, end: End, connection: int, stream: int, finding: Finding, truth: Truth) -> Told:
    return Told(
        seed=seed, end=end.value, capture="whole", connection=connection, stream=stream, id=str(finding.id),
        severity=finding.severity.name.lower(), confidence=finding.confidence.value, frames=finding.packets,
        answer=truth.answer.value, truth=truth.why, faults="",
        facts={name: value for name, value in finding.facts.items() if not isinstance(value, tuple)},
    )  # fmt: skip


def recordings_in(folders: Sequence[Path]) -> list[Path]:
    """Recorded mixes in or below ``folders``."""
    found = [about.parent for each in folders for about in each.rglob(ABOUT)]
    return sorted(each for each in found if json.loads((each / ABOUT).read_text())["scenario"] == "database-mix")


def _one(folder: Path) -> MixScore:
    try:
        return score_mix(folder)
    except Exception:  # noqa: BLE001 - one recording must not end the scoring of all others
        return MixScore(-1, problems=[f"{folder}: {traceback.format_exc()}"])


def table(told: Sequence[Told], owed: Sequence[Owed]) -> list[str]:
    """Precision and recall by id, loud ones apart."""
    names = sorted({one.id for one in told} | {one.id for one in owed})
    lines = [f"{'finding':<28}{'told':>6}{'true':>6}{'false':>6}{'open':>6}{'loud false':>12}{'owed':>6}{'found':>6}"]
    for name in names:
        mine = [one for one in told if one.id == name]
        answers = Counter(one.answer for one in mine)
        above_note = sum(one.answer == "false" and one.severity != "note" for one in mine)
        due = [one for one in owed if one.id == name]
        lines.append(
            f"{name:<28}{len(mine):>6}{answers['true']:>6}{answers['false']:>6}{answers['undecided']:>6}{above_note:>12}"
            f"{len(due):>6}{sum(one.told for one in due):>6}"
        )
    return lines


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when no loud finding is wrong and nothing was raised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--by-end", action="store_true", help="also by end, confidence and severity")
    chosen = parser.parse_args(words)
    with multiprocessing.get_context("fork").Pool(chosen.jobs) as pool:
        scores = pool.map(_one, recordings_in(chosen.folders), 1)
    told = [one for score in scores for one in score.told]
    owed = [one for score in scores for one in score.owed]
    print(f"{len(scores)} recordings\n" + "\n".join(table(told, owed)))
    if chosen.by_end:
        print("\n".join(by_id(told, owed)))
    print("\nwrong")
    print("\n".join(line_of(each) for each in wrong_ones(told)))
    print("\nmissed")
    for one in owed:
        if not one.told:
            print(f"seed {one.seed} {one.end} connection {one.connection}: {one.id}: {one.truth}")
    print("\n" + "\n".join(_distribution([one for score in scores for one in score.measures])))
    print("\n" + "\n".join(_which_is_slow([(score.seed, one) for score in scores for one in score.costliest])))
    problems = [line for score in scores for line in score.problems]
    print("\n".join(problems))
    return 1 if problems or any(one.severity != "note" for one in wrong_ones(told)) else 0


def _distribution(measures: Sequence[Measure]) -> list[str]:
    """Our server time less the server's own measure, by database and end."""
    lines = [f"{'server time':<24}{'n':>6}{'median':>10}{'p90':>10}{'p99':>10}{'worst':>10}   ms beyond the server's"]
    groups: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for one in measures:
        groups[one.database, one.end, one.clean].append((one.ours_ns - one.server_ns) / 1e6)
    for (database, end, clean), found in sorted(groups.items()):
        errors = sorted(found, key=abs)
        at = [errors[min(round(share * (len(errors) - 1)), len(errors) - 1)] for share in (0.5, 0.9, 0.99, 1.0)]
        name = f"{database} {end}{'' if clean else ' faulty'}"
        lines.append(f"{name:<24}{len(errors):>6}" + "".join(f"{value:>10.3f}" for value in at))
    return lines


def _which_is_slow(answers: Sequence[tuple[int, Costliest]]) -> list[str]:
    """How often the servers' costliest statement is the first one that is listed, by end, and where it is not."""
    lines = []
    for end in End:
        mine = [one for _, one in answers if one.end == end.value]
        first, few = (sum(0 < one.place <= most for one in mine) for most in (1, 3))
        right = sum(one.is_right for one in mine)
        lines.append(f"costliest {end.value}: of {len(mine)} first {first}, or as good {right}, first three {few}")
    return lines + [f"seed {seed} {one}" for seed, one in answers if not one.is_right]


def values_of(scored: MixScore) -> dict[str, Any]:
    """For a test's message."""
    return {"seed": scored.seed, "told": len(scored.told), "owed": len(scored.owed)}


if __name__ == "__main__":
    sys.exit(main())
