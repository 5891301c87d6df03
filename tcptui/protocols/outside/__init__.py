"""What TCP waits for and what breaks it from outside: look-ups of names and of neighbours, errors of ICMP.

``notes``     which rows carry such a message, noted while batches are decoded
``messages``  what such a message says
``reading``   reads them from the first bytes of packets
"""
