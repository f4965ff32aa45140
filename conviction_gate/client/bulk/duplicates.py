"""When a file is checked for messages that were sent before."""

from typing import Final

WITHOUT_DUPLICATE: Final = 20
"""So many messages without a duplicate end the checks: an interrupted run leaves gaps as long as what it
has in flight, which is `CONCURRENT_SENDS`."""
SAMPLE_EVERY: Final = 20


class DuplicateSampler:
    """Decides which messages to look up before they are sent: each while that finds duplicates, else samples.

    A lookup costs as much as the message itself, and a file was sent before as a whole, or not at all.
    """

    def __init__(self) -> None:
        self._since_duplicate = 0

    def is_due(self) -> bool:
        """Whether to look up the next message."""
        return self._since_duplicate < WITHOUT_DUPLICATE or self._since_duplicate % SAMPLE_EVERY == 0

    def saw(self, is_duplicate: bool) -> None:
        """What a message turned out to be, whether looked up or not."""
        self._since_duplicate = 0 if is_duplicate else self._since_duplicate + 1
