"""Whether this release can read what a newer one wrote: found once, and the same in every replay."""

from temporalio import workflow


class WrittenByNewerRelease(Exception):
    """What was recorded holds words that only a newer release knows, so that nothing can be decided on it."""


class Readability:
    """`is_broken`: something could not be read in this run; it stays so until the next run reads it again."""

    def __init__(self) -> None:
        self._checks = 0
        self.is_broken = False

    def check(self, is_readable: bool) -> None:
        """Leave a marker in the history where this release cannot read what was recorded.

        A newer release that replays the run sees by the marker what the older one did, and does the same
        until the next run.

        Raises:
            WrittenByNewerRelease: it is not readable here, or was not when the run first came to this point.
        """
        self._checks += 1
        marker = f"unread-{self._checks}"
        if not is_readable:
            workflow.patched(marker)
        elif workflow.unsafe.is_replaying():
            is_readable = not workflow.patched(marker)
        if not is_readable:
            self.is_broken = True
            raise WrittenByNewerRelease
