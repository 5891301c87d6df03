"""The bundled cases, and learning with any capture.

``case``              a case: captures, a story in two languages, steps with questions and what the engine must say
``loader``            ``case.toml`` to `Case`, every key checked
``listing``           ``tcptui cases --json``
``case_for``          which case teaches a finding, a verdict or a state
``question``          questions about one packet of any stream, made from the engine's columns
``quiz``              going through a stream with such questions

Cases are folders of ``cases/`` (in the wheel ``tcptui/_cases``); how to write one is in ``cases/README.md``.
Called by `ui` and `cli`.  A question is asked only where the engine knows the answer.  Must not know screens.
"""
