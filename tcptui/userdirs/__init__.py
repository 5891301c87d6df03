"""This user's own directories (cache, settings, state, what lasts as long as the login), and the files in them.

``trust``        who owns a file or directory, and who else can change it
``directory``    opens a directory from ``/`` down, checked at each step, and what is in it by that descriptor
``places``       which directories those are; the only module that reads HOME, XDG_… and the like
``state_file``   one small JSON file that several windows of the program change at once
``locking``      an exclusive lock with a bound
``replacing``    a file that takes another one's place as a whole

Code is loaded from such a place, and its files are written as root: so whatever names it, it counts only where nobody
but this user and root can change anything on the way to it (architecture.md#own-directories).
"""
