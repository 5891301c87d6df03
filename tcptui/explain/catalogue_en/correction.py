"""What later packets correct, in English: why a packet did not do what was assumed of it."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "correction.see": "{short}: see {n}",
    "correction.later.short": "corrected later",
    "correction.later.text": "By itself this packet would have moved the {end}. What the {end} sent later shows that it did not: it was {state}.",
    "correction.no-third-packet.short": "lost after here",
    "correction.no-third-packet.text": "Packet {proof} is the {end}'s SYN-ACK once more, so this packet had not done its work: it was lost after this capture point, or the {end} threw it away (its accept queue was full). All the while the {end} was still {state}.",
    "correction.no-answer.short": "lost after here",
    "correction.no-answer.text": "In packet {proof} the {end} asks once more, so this answer had not reached it: it was lost after this capture point. All the while the {end} was still {state}.",
    "correction.asked-again.short": "asked again",
    "correction.asked-again.text": "In packet {proof} the {end} asks once more. Either this refusal never reached it, or one does not suffice: Windows asks three times. The {end} was still {state}.",
    "correction.refused.short": "refused",
    "correction.refused.text": "Packet {proof} refuses this SYN: it opened nothing, and the {end} was {state} all the while.",
    "correction.unanswered.short": "no answer",
    "correction.unanswered.text": "Nothing answered this SYN before packet {proof} asked again: it was lost after this capture point, or filtered, or the {end} dropped it. The {end} did not react and is taken to be still {state}.",
    "correction.unanswered.text.silence": "Nothing answered this SYN: it was lost after this capture point, or filtered, or the {end} dropped it. The {end} did not react and is taken to be still {state}.",
    "correction.older-connection.short": "met an old connection",
    "correction.older-connection.text": "Packet {proof} answers this SYN out of an older connection between the same two ports, which the {end} still has open; this capture does not show that one's state.",
    "correction.not-accepted.short": "not accepted",
    "correction.not-accepted.text": "This packet did arrive, for the capture was made at the {end}. Yet packet {proof}, which the {end} sent later, knows nothing of it: the {end} threw it away, as a full accept queue does. All the while it was still {state}.",
    "correction.not-accepted.text.silence": "This packet did arrive, for the capture was made at the {end}. Yet nothing that the {end} sent later knows of it: the {end} threw it away, as a full accept queue does. All the while it was still {state}.",
    "correction.no-effect.short": "had no effect",
    "correction.no-effect.text": "This packet did arrive, for the capture was made at the {end}. Yet packet {proof} shows that it changed nothing there: something behind the interface, a packet filter perhaps, threw it away. All the while the {end} was still {state}.",
    "correction.crossed.short": "not there yet",
    "correction.crossed.text": "Packet {proof} does not acknowledge this FIN: the {end} sent it before the FIN had come. Until then the {end} was still {state}.",
    "correction.fin-lost.short": "lost after here",
    "correction.fin-lost.text": "Packet {proof} shows that this FIN had not come, and it had to be sent again: it was lost after this capture point. All the while the {end} was still {state}.",
    "correction.ack-lost.short": "lost after here",
    "correction.ack-lost.text": "In packet {proof} the {end} sends its FIN once more, so this acknowledgment had not reached it: it was lost after this capture point. All the while the {end} was still {state}.",
    "correction.talked-on.short": "ended nothing",
    "correction.talked-on.text": "The {end} goes on in packet {proof}: this reset never reached it, or it took no notice, because the number was not the one that it waited for (RFC 5961). It was still {state}.",
    "correction.no-socket.short": "found no connection",
    "correction.no-socket.text": "Packet {proof} is the reset of an end that knows nothing of such a connection. So when this packet came, the {end} had given the connection up: it was {state}.",
    "correction.foreign.short": "not the sender's own",
    "correction.foreign.text": "The {end} goes on in packet {proof}, after this reset in its name: somebody else sent it. The {end} was still {state}.",
    "correction.foreign.text.own": "This reset came another way, or sooner, than anything that the {end} sends: somebody else sent it in the {end}'s name. The {end} was still {state}.",
    "correction.shows": "Packet {n} did not do what it seemed to do ({short}): after it the {end} was {state}.",
}
