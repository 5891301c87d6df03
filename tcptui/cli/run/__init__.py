"""One module per command: what it does once its words are understood.

``screen``            commands that show the screen; ``launch`` opens a session and shows it
``cases``, ``interfaces``, ``verdicts``, ``report``, ``follow``, ``export``, ``recover``  the commands of those names
``no_screen``         findings as JSON lines; ``watch_messages`` says in the end what they set off
``pcap_to_stdout``    pcap on standard output, not a packet parsed
``load``              what text commands share: an input read to its end

Results go to standard output only when there are any; everything else is a message.
"""
