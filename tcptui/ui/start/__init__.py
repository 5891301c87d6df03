"""The screen without a capture: watch an interface, reopen a file, learn from a case.

``screen``            the screen and its commands
``menu``, ``rows``, ``choice``  what it offers, measured and in order; no widget in them
``list``, ``detail``, ``input_line``  its widgets
``rates``             traffic rates from counters

Shown first, so it imports little: no session, no rules.
"""
