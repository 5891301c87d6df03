"""Words of the start screen, the help screen, the palette, the prompt and the case panel."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.crash.saved": "tcptui crashed ({what}); the report, without packet data, is in {path}",
    "guide.crash.unsaved": "tcptui crashed ({what}); the report could not be saved",
    # the prompt at the bottom
    "guide.prompt.narrow": "words in a row, or a filter: tcp.port == 443",
    "guide.prompt.files": "any text of a file: name, host, type, status",
    "guide.prompt.requests": "any text of a request: path, status, protocol, host",
    "guide.prompt.lines": "any text of a packet's line: name, address, type",
    "guide.prompt.go_to": "13 (packet), +1.5 (seconds), 14:03:59 (time of day)",
    "guide.prompt.packet": "13, the number of a packet",
    "guide.prompt.name": "a name for the filter, such as slow-logins",
    "guide.prompt.label.name": "Name",
    "guide.prompt.key.name": "keep",
    "guide.prompt.key.keep": "name",
    "guide.prompt.key.form": "in words",
    "guide.prompt.label.narrow": "Filter",
    "guide.prompt.label.files": "Narrow",
    "guide.prompt.label.requests": "Narrow",
    "guide.prompt.label.lines": "Find",
    "guide.prompt.label.note": "Note",
    "guide.prompt.note": "what you want to remember; empty: no note",
    "guide.prompt.key.note": "keep",
    "guide.prompt.label.find": "Find",
    "guide.prompt.label.column": "Column",
    "guide.prompt.column": "ip.ttl, tcp.len * 8, max(tcp.len), tcp.len > 1000",
    "guide.prompt.key.column": "add it",
    "guide.prompt.label.search": "Find",
    "guide.prompt.search": "text, bytes 0x0d0a, regular expression ~id=[0-9]+",
    "guide.prompt.key.search": "find",
    "guide.prompt.label.go_to": "Go to",
    "guide.prompt.label.packet": "Go to packet",
    "guide.prompt.label.save": "Save all to",
    "guide.prompt.label.slice": "Save what matches to",
    "guide.prompt.label.folder": "Folder",
    "guide.prompt.key.narrow": "keep it",
    "guide.prompt.key.files": "keep it narrowed",
    "guide.prompt.key.requests": "keep it narrowed",
    "guide.prompt.key.lines": "find",
    "guide.prompt.key.find": "find",
    "guide.prompt.key.go_to": "go",
    "guide.prompt.key.packet": "go",
    "guide.prompt.key.save": "save",
    "guide.prompt.key.slice": "save",
    "guide.prompt.key.folder": "write",
    "guide.prompt.key.complete": "complete",
    "guide.prompt.key.older": "older",
    "guide.prompt.key.cancel": "cancel",
    # the case panel
    "guide.case.story": "Case: {title}",
    "guide.case.step": "{n}/{count} {title}",
    "guide.case.begin": "The walk has {count} steps. Each asks a question: answer it for yourself, then look.",
    "guide.case.recorded": "From real kernels. ",
    "guide.case.rebuilt": "Rebuilt from a published listing. ",
    "guide.case.packets": "Packets",
    "guide.case.packets_more": " and {n} more",
    "guide.case.more": "(… {n} more lines: Tab shows everything)",
    "guide.case.question": "Question: ",
    "guide.case.answer": "Answer: ",
    "guide.case.reveal": "r shows the answer.",
    "guide.case.end": "That was the last step. }} opens the next case; everything else on the screen is yours to explore.",
    "guide.case.end_twin": "That was the last step. T opens the same picture with another cause, }} the next case.",
    "guide.case.hint.story": "] begin",
    "guide.case.hint.more": "Tab reads on · {hint}",
    "guide.case.hint.question": "r answer · ] next · [ back",
    "guide.case.hint.last_question": "r answer · [ back",
    "guide.case.hint.answered": "] next · [ back",
    "guide.case.hint.last": "}} next case · [ back",
    "guide.case.hint.last_twin": "T same picture · }} next case · [ back",
    # the help screen
    "guide.help.term": "Under the cursor",
    "guide.help.keys": "Keys",
    "guide.help.reading": "How to read the screen",
    "guide.help.verdicts": "Verdicts",
    "guide.help.states": "TCP states",
    "guide.help.glossary": "Glossary",
    "guide.help.tab.term": "Term",
    "guide.help.tab.keys": "Keys",
    "guide.help.tab.reading": "Reading",
    "guide.help.tab.verdicts": "Verdicts",
    "guide.help.tab.states": "States",
    "guide.help.tab.glossary": "Glossary",
    "guide.help.hint": "Tab next section · arrows, PgUp, PgDn scroll · Esc back",
    "guide.help.also": "also: {keys}",
    "guide.reading.row": (
        "One line is one packet. Its arrow points from the end that sent it to the end it was sent to; the line, "
        "the glyph and the word tell how serious it is, so colour is never needed."
    ),
    "guide.reading.sides": (
        "The client (it sent the first SYN) is on the left, the server on the right. Beside the lanes stands the "
        "state that an end has reached with this packet."
    ),
    "guide.reading.list": (
        "In the list of connections, “what happened” is the gravest finding. What stands there in parentheses is no "
        "diagnosis: the connection has no warning or error, and that is the leading verdict of its packets. “time "
        "lost” is what its warnings and errors cost it, at least. A file with warnings or errors opens with the worst "
        "connection first: errors, then warnings, each by the time lost."
    ),
    "guide.reading.signs": "Other signs:",
    "guide.sign.counts": "in the top line: connections whose worst finding is an error, and a warning",
    "guide.sign.troubled": (
        "at the beginning of a connection: its worst finding, and how many of its packets have a verdict of loss, "
        "reordering, or a full or closed window"
    ),
    "guide.sign.rate": (
        "bits per second, and beside it packets: of the last 3 seconds while packets come, else on average; nothing "
        "stands there for a connection of less than 5 ms"
    ),
    "guide.sign.live": (
        "in the top line, and where a stream is followed: packets still come; on the start screen: the interface is up, "
        "or you have finished the case"
    ),
    "guide.sign.ended": "in the top line: a file, or a capture that has ended",
    "guide.sign.paused": "the display stands still; the capture goes on",
    "guide.sign.cursor": "the row under the cursor",
    "guide.sign.sorted": "the list is sorted by this column, the largest or the smallest first",
    "guide.sign.cut": "something was left out for want of room",
    "guide.sign.marked": "a packet or connection that you marked (m) or wrote a note on (M)",
    "guide.sign.delta": "time since the packet before in this connection",
    "guide.sign.ways": "from the client to the server, and back",
    "guide.sign.branches": "in the headers: a branch that is open, and one that Enter opens",
    "guide.reading.confidence": "Every finding says how sure it is:",
    "guide.severity.error": "error",
    "guide.severity.error.meaning": "something failed: the connection, or a part of its work",
    "guide.severity.warning": "warning",
    "guide.severity.warning.meaning": "it cost time or nearly failed, and TCP coped",
    "guide.severity.note": "note",
    "guide.severity.note.meaning": "worth knowing; nothing is wrong",
    "guide.state.known": "known: proved by something that this end sent",
    "guide.state.assumed": (
        "assumed: true if the packet that leads there arrived; later packets may correct it backwards"
    ),
    "guide.state.corrected": (
        "corrected: the packet was meant to move this end, and a later one shows that it did not; its line names that one"
    ),
    "guide.state.unseen": "not seen: the capture began too late to tell, so nothing is guessed",
    "guide.confidence.certain": "certain",
    "guide.confidence.certain.meaning": "the packets rule out every other explanation",
    "guide.confidence.likely": "likely",
    "guide.confidence.likely.meaning": "any other explanation needs a second fault",
    "guide.confidence.possible": "possible",
    "guide.confidence.possible.meaning": "other explanations are just as common; they are listed",
    "guide.verdicts.intro": (
        "Wireshark's names and rules, frame by frame. When several fit, the first of this list names the packet."
    ),
    "guide.verdict.fast_retransmission": (
        "asked for by {duplicates} or more duplicate ACKs, and sent within {fast_ms} ms of that side's last packet"
    ),
    "guide.verdict.spurious_retransmission": "sent again although every byte of it had already been acknowledged",
    "guide.verdict.retransmission": (
        "begins before bytes that this side had already sent, and nothing more precise fits"
    ),
    "guide.verdict.out_of_order": (
        "begins before bytes already seen, but less than one initial RTT ({order_ms} ms when that is unknown) "
        "after them: overtaken on its way rather than sent again"
    ),
    "guide.verdict.lost_segment": "leaves a gap: the bytes just before it are not in the capture (yet)",
    "guide.verdict.ack_lost_segment": "acknowledges bytes that the capture does not contain",
    "guide.verdict.zero_window_probe": "one byte into a closed window, to ask whether it has opened",
    "guide.verdict.zero_window_probe_ack": "the answer to a probe: the window is still closed",
    "guide.verdict.zero_window": "its sender can take no more data: the receive buffer is full",
    "guide.verdict.window_full": "uses the last byte of the window the other side offered; now the sender must wait",
    "guide.verdict.duplicate_ack": "repeats the previous ACK: same number, same window, no data",
    "guide.verdict.keep_alive": (
        "at most one byte, one number too low on purpose: asks whether the other side is still there"
    ),
    "guide.verdict.keep_alive_ack": "the answer to a keep-alive",
    "guide.verdict.reused_ports": (
        "a SYN between the same addresses and ports with another initial number: a new connection"
    ),
    "guide.verdict.tfo_syn": "a SYN with a Fast Open cookie or request",
    "guide.verdict.tfo_ack": "a SYN-ACK that accepts the data of a Fast Open SYN",
    "guide.verdict.tfo_ignored": "a SYN-ACK that leaves the data of a Fast Open SYN unacknowledged",
    "guide.verdict.window_update": "nothing new but the window: the receiver has read data and made room",
    "guide.states.here": "Packet {frame}: the client is {client}, the server {server}. What it did is marked below.",
    "guide.states.known": "in {state} (known)",
    "guide.states.assumed": "in {state} (assumed)",
    "guide.states.intro": "One ordinary connection, and the state each packet leads to:",
    "guide.states.table": "Every transition (RFC 9293), as the engine applies it to each end:",
    "guide.states.reset": (
        "A reset (RST), sent or received, leads to CLOSED from {states}; it sends a passive opener in "
        "SYN-RECEIVED back to LISTEN."
    ),
    "guide.side.client": "client",
    "guide.side.server": "server",
    "guide.event.send_syn": "sends SYN",
    "guide.event.send_syn_ack": "sends SYN, ACK",
    "guide.event.send_fin": "sends FIN",
    "guide.event.send_rst": "sends RST",
    "guide.event.receive_syn": "receives SYN",
    "guide.event.receive_syn_ack": "receives SYN, ACK",
    "guide.event.receive_ack_of_syn": "receives the ACK of its SYN",
    "guide.event.receive_fin": "receives FIN",
    "guide.event.receive_ack_of_fin": "receives the ACK of its FIN",
    "guide.event.receive_rst": "receives RST",
    "guide.event.receive_rst.otherwise": "receives RST (active open)",
    "guide.event.passive_open": "is told to listen",
    "guide.event.timeout": "times out",
    # the start screen
    "guide.start.title": "tcptui {version}: what a TCP connection did, what went wrong, and how we know",
    "guide.start.title_short": "tcptui {version}: what TCP connections did, how we know",
    "guide.start.welcome": "The first time? Begin with one key",
    "guide.start.welcome.about": "tcptui shows what each TCP connection did: who sent, who waited, what was lost, and "
    "which packets prove it. It only watches: nothing is sent, no name is looked up.",
    "guide.start.welcome.lesson.does": "A lesson: packets, and a question at each step",
    "guide.start.welcome.lesson.about": "1 or Enter begins: ] goes on, r tells the answer, i comes back here. "
    "All cases are further down.",
    "guide.start.welcome.live.does": "This machine now, live",
    "guide.start.welcome.live.about": "2 or Enter captures on the interface with most traffic. Where that needs rights "
    "that you lack, the command that has them is shown first.",
    "guide.start.welcome.file.does": "A capture file: pcap or pcapng, packed or not",
    "guide.start.welcome.file.about": "3 or Enter asks for its path; Tab completes it. The next time the file stands "
    "in this list.",
    "guide.start.interfaces": "Watch an interface",
    "guide.start.files": "Recent files",
    "guide.start.cases": "Cases to learn from",
    "guide.start.cases_done": "{title}: {done} of {all} done",
    "guide.start.looking": "looking for interfaces",
    "guide.start.reading": "reading the cases",
    "guide.start.no_interface": "no interface was found",
    "guide.start.no_file": "none yet; o opens one",
    "guide.start.no_case": "none are installed",
    "guide.start.no_path": "nothing there begins like this",
    "guide.start.nothing": "nothing contains this text; Esc shows everything",
    "guide.start.rate": "{count} pkt/s",
    "guide.start.packets": "{count} packets",
    "guide.start.state.up": "up",
    "guide.start.state.down": "down",
    "guide.start.state.unplugged": "not connected",
    "guide.start.state.any": "all interfaces together",
    "guide.start.enter_capture": "Enter captures here; nothing is sent, and nothing is kept unless you ask (w there, or -w\u00a0FILE).",
    "guide.start.enter_refused": "Capturing needs rights that this user lacks; Enter shows the command that has them.",
    "guide.start.refused": "This user may not capture on {name}. This command may:",
    "guide.start.run_it": "Enter again leaves the screen and runs it.",
    "guide.start.enter_file": "Enter opens it.",
    "guide.start.enter_directory": "Enter looks into it.",
    "guide.start.file": "{size} bytes, changed {date}",
    "guide.start.case": "{packets} packets, {steps} steps, a question at each",
    "guide.start.path": "path",
    "guide.start.keys": "To begin",
    "guide.start.key.choose": "open",
    "guide.start.key.open": "open a path",
    "guide.start.key.narrow": "narrow",
    "guide.start.key.cases": "cases",
    "guide.start.key.group": "next group",
    "guide.start.key.help": "help",
    "guide.start.key.quit": "quit",
    "guide.start.key.complete": "complete",
    "guide.start.key.back": "back",
    "guide.start.does.choose": "Open what is under the cursor",
    "guide.start.does.open": "Open a file by its path",
    "guide.start.does.narrow": "Narrow the list to what contains a text",
    "guide.start.does.filter": "Set the capture filter, in tcpdump's words",
    "guide.start.does.group": "Go to the next group",
    "guide.start.does.cases": "Go to the cases",
    "guide.start.does.help": "Help",
    "guide.start.does.quit": "Quit",
    # the command palette
    "guide.palette.filter": "Filter: {name}",
    "guide.palette.filters": "Your filters",
    "guide.palette.wrong_filter": "wrong",
    "guide.palette.prompt": "What do you want to do?",
    "guide.palette.nothing": "No command, finding, connection or case is called like this.",
    "guide.palette.case": "{number:03} {title}",
    "guide.palette.connections": "List the {n:connection|connections} with “{text}”",
    "guide.palette.group.case": "Case",
    "guide.palette.group.connection": "Connection",
    "guide.palette.group.finding": "Finding, {n:connection|connections}",
    "guide.palette.key.run": "do it",
    "guide.palette.key.move": "choose",
    "guide.palette.key.close": "close",
    "guide.palette.on": "on",
    "guide.palette.off": "off",
    "guide.palette.now": "now",
    "guide.palette.language": "Language",
    "guide.palette.language.en": "English",
    "guide.palette.language.zh": "Chinese",
    "guide.palette.colours": "Colours",
    "guide.palette.theme.tcptui": "Dark colours",
    "guide.palette.theme.tcptui-light": "Light colours",
    "guide.palette.theme.tcptui-16": "The terminal's own sixteen colours",
}
