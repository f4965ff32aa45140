"""Why the embedded server does not start or has ended; each text is one line with the next step."""


class EmbeddedError(Exception):
    """The embedded server cannot start, or has ended by itself."""


class ResourceInUse(EmbeddedError):
    """A port or the data folder cannot be had, in most cases since another process uses it."""
