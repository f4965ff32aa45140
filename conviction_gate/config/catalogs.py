"""The catalog of each agency: the built-in one, with the agency's own file added."""

import logging
from collections.abc import Callable
from pathlib import Path

from conviction_gate.config.agencies import most_specific
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.policy.catalog import Catalog, CatalogError, built_in, read_lines

_log = logging.getLogger(__name__)


def _log_refused(refused: CatalogError) -> None:
    _log.warning("a line of an agency's codes is left out: %s", refused)


def read_catalogs(
    settings: Settings, on_refused: Callable[[CatalogError], None] = _log_refused
) -> Callable[[str], Catalog]:
    """A function from an agency's ORI to its catalog. Reads every file that the settings name at once.

    `on_refused`: called with each line that breaks a rule of the catalog and is left out.

    Raises:
        SettingsError: a file cannot be read as a whole.
    """
    by_prefix = {prefix: _read(prefix, own.catalog) for prefix, own in settings.agencies.items() if own.catalog}
    for catalog in by_prefix.values():
        for refused in catalog.refused:
            on_refused(refused)

    def catalog_of(agency: str) -> Catalog:
        return most_specific(agency, by_prefix) or built_in()

    return catalog_of


def _read(prefix: str, file: Path) -> Catalog:
    try:
        return built_in().with_own(read_lines(file.read_text("utf-8-sig"), str(file)))
    except OSError as error:
        reason = f"{file} cannot be read ({error.strerror}); name a CSV file that the worker may read"
    except UnicodeDecodeError:
        reason = f"{file} is not UTF-8; save it as CSV in UTF-8"
    except CatalogError as error:
        reason = str(error)
    raise SettingsError(f"{PREFIX}AGENCIES ({prefix}.catalog): {reason}")
