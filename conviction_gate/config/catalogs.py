"""The catalog of each agency: the built-in one, and the agency's own file beside it."""

from collections.abc import Callable
from pathlib import Path

from conviction_gate.config.settings import PREFIX, Settings, SettingsError, own_of
from conviction_gate.policy.catalog import Catalog, CatalogError, built_in, read_rows


def read_catalogs(settings: Settings) -> Callable[[str], Catalog]:
    """From an agency's ORI to its catalog; every file that the settings name is read here and now.

    Raises:
        SettingsError: a file cannot be read or breaks a rule of the catalog.
    """
    own = {prefix: _read(prefix, its.catalog) for prefix, its in settings.agencies.items() if its.catalog}

    def catalog_of(agency: str) -> Catalog:
        return own_of(agency, own) or built_in()

    return catalog_of


def _read(prefix: str, file: Path) -> Catalog:
    try:
        return built_in().with_own(read_rows(file.read_text("utf-8-sig"), str(file)))
    except OSError as error:
        reason = f"{file} cannot be read ({error.strerror}); name a CSV file that the worker may read"
    except UnicodeDecodeError:
        reason = f"{file} is not UTF-8; save it as CSV in UTF-8"
    except CatalogError as error:
        reason = str(error)
    raise SettingsError(f"{PREFIX}AGENCIES ({prefix}.catalog): {reason}")
