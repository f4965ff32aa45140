"""What answers in place of a result."""


class RefusalReason(str):
    """Why something was not done, and what to do about it. Nothing has changed."""

    __slots__ = ()
