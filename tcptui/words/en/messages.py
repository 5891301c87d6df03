"""Errors and notices: what went wrong, in one line, with what to do."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # files and streams
    "messages.proto_unreadable": "{path}: the schema cannot be read ({reason})",
    "messages.proto_too_large": "{path}: the schema has more than {most} MiB",
    "messages.proto_too_deep": "{path}: the schema declares messages within messages more than {most} levels deep",
    "messages.proto_too_many": "{path}: the schema declares more than {most} messages, enums, methods and extensions",
    "messages.proto_wrong": "{path}: this is not a compiled schema; make one from .proto files: protoc --include_imports --descriptor_set_out=FILE NAME.proto",
    "messages.keylog_unreadable": "{path}: the key log cannot be read ({reason})",
    "messages.file_missing": "{path}: there is no such file; check the name",
    "messages.file_denied": "{path}: no permission to read it; ask its owner, or copy it to a place of your own",
    "messages.file_directory": "{path} is a directory; name a capture file in it",
    "messages.file_empty": (
        "{path} is empty: whatever wrote it captured nothing, or has not written yet (tcpdump -U writes each "
        "packet at once)"
    ),
    "messages.file_changed": "{path} was changed while it was read, so the output may mix old and new bytes: run the command again",
    "messages.read_failed": "{path} cannot be read: {reason}",
    "messages.stdin_terminal": (
        "standard input is the terminal, not a capture; pipe one in, for example: tcpdump -U -w - | tcptui -"
    ),
    "messages.stream_empty": (
        "{path}: the stream ended before any data came; check what the program at its other end printed"
    ),
    "messages.packed_damaged": (
        "{path}: the packed data is cut off or damaged ({reason}); what comes before that is shown"
    ),
    # the spool and -w
    "messages.spool_failed": (
        "no temporary file can be made in {directory}: {reason}; set TMPDIR to a directory with room"
    ),
    "messages.spool_no_room": (
        "{directory} has no room for a temporary capture ({kilobytes} kB are free); "
        "make room, name another folder with TMPDIR, or a file with -w"
    ),
    "messages.spool_limit": (
        "stopped at {megabytes} MiB, the share of the disk that {directory} may use; for more, set TMPDIR to "
        "a larger disk"
    ),
    "messages.spool_disk_full": (
        "stopped because the disk of {directory} is full; everything up to here is kept. Make room, or set "
        "TMPDIR to another disk"
    ),
    "messages.save_given_up": "{path} was abandoned before it was complete, and removed",
    "messages.save_released": "{path} was not saved: the oldest packets left the spool while it was copied; save again",
    "messages.spool_cut": "{path} was cut short by another program while it was written; the capture ends here",
    "messages.output_exists": "{path} exists; choose another name, or add --overwrite",
    "messages.output_is_input": "{path} is itself an input; name another file to write",
    "messages.output_empty": "nothing matches, so {path} stays as it is; choose other packets, or remove the file",
    "messages.output_not_beside": (
        "{path} stays as it is: the new file must first be written next to it, and that is not possible there ({reason}); choose another place"
    ),
    "messages.output_not_replaced": (
        "{path} could not be replaced ({reason}) and is unchanged; the new file is {written}"
    ),
    "messages.output_symlink": "{path} is a symbolic link, which is never written through; name the file it leads to",
    "messages.output_not_regular": "{path} exists and is not an ordinary file; choose another name",
    "messages.output_no_directory": "{path} cannot be written: there is no directory {directory}; make it first",
    "messages.output_failed": "{path} cannot be written: {reason}; choose another place",
    "messages.output_disk_full": (
        "{path}: the disk is full; the capture ended, and the file holds every packet up to there"
    ),
    "messages.output_removed": "{path} was removed while the capture ran; its packets are gone with this program",
    "messages.output_gone": "{path} was removed while packets were written to it",
    "messages.output_moved": (
        "{path} is no longer this capture: it was moved or replaced while the capture ran; look for the file under its new name"
    ),
    "messages.stdout_failed": "the result cannot be written: {reason}; make room, or send it elsewhere",
    "messages.output_terminal": (
        "-w - writes binary data, and standard output is the terminal; redirect it to a file or a program"
    ),
    # live capture
    "messages.capture_denied": "no permission to capture on {interface}; this command has it: {command}",
    "messages.no_such_interface": "there is no interface {interface}; there are: {names}",
    "messages.interface_down": (
        "{interface} is down, so nothing can be captured; bring it up with: ip link set {interface} up"
    ),
    "messages.interface_gone": (
        "{interface} disappeared; the capture ended there, and what it holds is complete up to that moment"
    ),
    "messages.filter_brackets": "the filter “{filter}” has an unmatched bracket; close each ( with a )",
    "messages.bad_filter": (
        "libpcap does not understand the filter “{filter}”: {reason}; man pcap-filter has the syntax"
    ),
    "messages.filter_link_type": (
        "the filter “{filter}” cannot be applied to link type {link_type} ({reason}); its packets are left out"
    ),
    "messages.capture_failed": "cannot capture on {interface}: {reason}",
    "messages.capture_broken": "the capture on {interface} ended: {reason}; what came before is kept",
    "messages.capture_no_child": "the capture process cannot be started: {reason}; look at ulimit -u and /dev/null",
    "messages.no_thread": "the system cannot start another thread; allow more with ulimit -u, or free memory",
    "messages.capture_child_died": (
        "the capture process ended unexpectedly ({reason}); what it had written is kept. Start the capture again"
    ),
    "messages.capture_busy": "a capture is already running; stop it first",
    "messages.remote_target": "{target} is not a place to capture; write ssh://host/interface, for example ssh://root@web1/eth0",
    "messages.remote_no_ssh": "ssh cannot be started: {reason}; install the OpenSSH client",
    "messages.remote_failed": "{target}: nothing came from there ({reason}); does this work: ssh HOST tcpdump -D ?",
    "messages.remote_noise": (
        "{target}: something there prints “{text}” before the capture begins; make its shell's start-up files (.bashrc, .profile) print nothing without a terminal: ssh HOST true must print nothing"
    ),
    "messages.remote_ended": "the capture on {target} ended: {reason}; what came before is kept",
    "messages.interfaces_failed": "the interfaces cannot be listed: {reason}",
    # privileges
    "messages.root_kept": "cannot give up root: {reason}; run tcptui as an ordinary user, with sudo",
    "messages.root_without_rights": "running as root with all privileges dropped; with sudo it would run under your own user",
    "messages.root_unreadable": "still running as root with all privileges dropped: the user who called sudo cannot read the files of tcptui or its Python; install it where that user can",
    # the terminal
    "messages.terminal_missing": "there is no terminal to draw on; tcptui report FILE needs none",
    "messages.terminal_dumb": (
        "the terminal type “{term}” cannot show a full screen; set TERM (xterm-256color, for example), or "
        "use tcptui report FILE"
    ),
    # worker processes
    "messages.worker_killed": (
        "a worker process was ended by {signal} before its work was done, so the result is incomplete; the system sends SIGKILL when memory runs out, and --workers 1 needs less of it"
    ),
    "messages.worker_stalled": "a worker process stopped working, so the result is incomplete; try again, or with --workers 1",
    "messages.worker_memory": (
        "a worker process ran out of memory, so the result is incomplete; --workers 1 needs less of it"
    ),
    "messages.worker_failed": (
        "a worker process ended with status {status} before its work was done, so the result is incomplete"
    ),
    "messages.filter_unwritable": "{path} cannot be written: {reason}; the filter is not kept",
    "messages.filter_not_kept": "Write {line} under [filters] yourself; {path} is left as it is.",
}
