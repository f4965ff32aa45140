"""The one error that the registry raises of itself."""


class RegistryError(Exception):
    """The registry cannot be used as it is; the text says why and what to do next."""
