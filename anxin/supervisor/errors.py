"""What stops the supervisor, said to the person who started it."""


class Trouble(Exception):
    """Something the operator must mend; the message is the one line he reads."""


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""
