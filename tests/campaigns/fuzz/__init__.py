"""Coverage-guided fuzzing (atheris, libFuzzer) of everything that reads bytes of others.

``readers``    the table of readers: what each is given, and where its first inputs come from
``dialogue``   bytes as a conversation of two sides, and back
``watch``      calls a reader, and keeps what was wrong
``campaign``   ``python -m tests.campaigns.fuzz.campaign``: all readers, each in a process of its own, and a table

An input is at fault if its reader raises anything but an error that users are told, or takes more processor time than
`watch.SECONDS_MOST`.  Each kind of fault is kept once, as input and traceback, and fuzzing goes on.
"""
