"""The full-screen program: the only package that imports textual.

``app``               the Textual app: shows one session, or the start screen on which one is chosen
``start``             the screen without a capture
``main``              connections, timeline, headers, bytes, explanation
``follow``            follow stream
``graph``             graphs of a connection, which ``tcptui.charts`` draws
``export``            files carried over HTTP
``filler``            what fills the lines that overview, groups, requests and files leave on a large terminal
``learn``             cases and questions on the main screen
``screens``           help, sockets, notices
``widgets``           lists, documents and one-line widgets that draw only what is on screen
``terminal``          the real terminal: link rate, locale, restoring it at exit

Tables: ``keymap`` (the table of commands), ``hint``, ``palette``, ``key_help``, ``theme`` (colours and glyphs),
``help_pages``, ``view_options``.  Text: ``cell_text``, ``prose``, ``explain_document``, ``endpoint_names``,
``help_term``, ``palette_entry``.  Around it: ``clipboard``, ``user_files``, ``preload`` (late imports),
``textual_private``.

Screens poll the state of a session on a timer; nothing long runs on the event loop.  Which modules may be imported
before the first paint is checked by ``tests/ui/test_start_imports.py``.  Called by `cli.run` only.
"""
