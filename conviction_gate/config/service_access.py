"""Where another agency's service is, and the credentials that it asks for."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ServiceAccess:
    """The address of one HTTP service and the credentials to use there.

    `name`: what the service is for, `history` or `docket`. `setting`: how the names of its settings
    begin, for messages. `token`: a bearer token. `certificate` and `key`: PEM files of a client
    certificate. `ca`: a PEM file of the authorities to trust instead of the system's.
    """

    name: str
    setting: str
    url: str
    token: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    @property
    def description(self) -> str:
        """The service as messages name it."""
        return f"the {self.name} service at {urlsplit(self.url).netloc}"
