"""What every message carries."""

from conviction_gate.contracts.fields import Id, Sender, WireModel


class Message(WireModel):
    """`message_id` is unique within its `sender`; the same pair again changes nothing."""

    message_id: Id
    sender: Sender = ""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies a message: the same key twice is the same message."""
        return (self.sender, self.message_id)

    @property
    def full_id(self) -> str:
        """The key as one text, another one for each sender and id."""
        return f"{len(self.sender)}:{self.sender}{self.message_id}"
