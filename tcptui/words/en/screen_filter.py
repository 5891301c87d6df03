"""Words about the display filter on the main screen."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.lift": "Lift the display filter, or put it back",
    "screen.key.context": "With a filter: show the packets in between, too, or only those that match",
    "screen.list.filtered": "{shown} of {all} match",
    "screen.ladder.matched": "stream {stream}, {matched} of {packets} packets",
    "screen.filter.heading": "display filter",
    "screen.filter.here": "{matched} of {packets:packet|packets} of this connection pass the filter {filter}.",
    "screen.filter.matched": "{matched} of {packets:packet|packets}, {shown} of {connections:connection|connections}",
    "screen.filter.absent_hidden": "{n:packet|packets} without {name}: not shown",
    "screen.filter.absent_shown": "{n:packet|packets} without {name}: shown",
    "screen.filter.outside": "{n:packet|packets} in no connection: see u",
    "screen.filter.take": "Tab: {filter}",
    "screen.filter.lift_key": "\\ lifts it",
    "screen.filter.lifted": "Lifted: {filter}   \\ puts it back",
    "screen.filter.none": "No filter to lift or put back; / asks for one.",
    "screen.filter.none_here": "No packet of this connection passes the filter.",
    "screen.filter.no_connection": "No connection has a packet that passes the filter. \\ lifts it.",
    "screen.filter.working": "Filtering: {done} of {all} packets …",
    "screen.filter.more_fields": "and {n} more",
    "screen.filter.context": "The packets in between are shown, too, fainter.",
    "screen.filter.alone": "Only packets that pass the filter.",
    "screen.filter.nearest": "The filter hides packet {frame}; this is the nearest one shown, {nearest}.",
    "screen.filter.all_hidden": "The filter hides packet {frame}, and every other one. \\ lifts it.",
}  # fmt: skip
