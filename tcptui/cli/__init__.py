"""The command line: arguments in; results on standard output, messages on standard error, an exit code out.

``main``              the entry point: parses the arguments and runs the command
``commands``          parsed commands: one frozen dataclass per thing that tcptui can do
``parse``, ``parse_capture``, ``parse_findings``, ``parse_values``  arguments to such a command; pure functions
``help``              the text of ``--help``
``run``               one module per command
``report``            reports as text, Markdown and JSON
``inputs``, ``live_input``, ``outputs``  open the sources and files of a command; privileges
``prompts``           questions on the terminal before the screen starts
``line_writer``, ``stdout``, ``signals``  slow readers, broken pipes, termination by signal

Exit status: 0 done, 1 the input or the environment failed, 2 wrong usage (architecture.md#contracts).
May import every other package; none imports it.  `ui` is imported only when a screen is shown.
"""
