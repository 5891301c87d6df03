"""The command line: words in, results on standard output, messages on standard error, an exit code.

``main``              the program: reads its words, does what they say
``commands``          what a user asked for: one frozen value per thing that tcptui can do
``parse``, ``parse_capture``, ``parse_findings``, ``parse_values``  words to such a value; pure functions
``help``              usage
``run``               one module per command
``report``            reports as text, Markdown and JSON
``inputs``, ``live_input``, ``outputs``  from a command to sources and files, root given up in between
``prompts``           questions before the screen comes
``line_writer``, ``stdout``, ``signals``  slow readers, broken pipes, ends by signal

Exit status: 0 done, 1 the input or the environment failed, 2 wrong usage (architecture.md#contracts).
Imports everything below; nothing imports it.  `ui` is imported only when a screen is shown.
"""
