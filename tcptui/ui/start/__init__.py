"""The start screen, shown when no capture is open: watch an interface, reopen a file, learn from a case.

``screen``            the screen and its commands
``menu``, ``rows``, ``choice``  the data behind it: groups, rows, what a choice and a newcomer's rows open
``list``, ``detail``, ``input_line``  its list, details and input line
``rates``             traffic rates from interface counters

It is the first screen painted, so it imports little: no session, no rules.
"""
