"""One module per command: runs it after the command line was parsed.

``screen``            commands that show the screen; ``launch`` opens sources and sessions, and shows one session
``cases``, ``interfaces``, ``verdicts``, ``report``, ``follow``, ``export``, ``graph``, ``packets``, ``slice``,
    ``recover``, ``config``  the commands of those names; ``assertions`` is that of assert
``filtering``         what a display filter of a command shows; ``watch_filter`` the same for findings without a screen
``no_screen``         findings as JSON lines; ``watch_messages`` reports at the end which packets were saved
``pcap_to_stdout``    pcap on standard output, without parsing a packet
``load``              shared by text commands: reads an input to its end

Only results go to standard output; everything else is a message on standard error.
"""
