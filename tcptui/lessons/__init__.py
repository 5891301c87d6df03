"""The bundled cases, and questions about any capture.

``case``              a case: captures, a story in two languages, steps with questions, expected engine results
``loader``            reads ``case.toml`` into a `Case` and checks every key
``listing``           the output of ``tcptui cases --json``
``case_for``          which case teaches a finding, a verdict or a state
``question``          questions about one packet of any stream, made from the engine's columns
``quiz``              the walk through a stream with such questions
``score``             how many questions were answered correctly

Cases are folders of ``cases/`` (in the wheel ``tcptui/_cases``); how to write one is in ``cases/README.md``.
Called by `ui` and `cli`.  A question is asked only where the engine knows the answer.  Must not import screens.
"""
