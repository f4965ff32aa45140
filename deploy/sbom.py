"""The installed packages as a CycloneDX bill of materials on standard output. Run by `make sbom`.

What the program itself needs has the scope `required`; what only its tests and its development need
has `excluded`.
"""

import json
import sys
from importlib.metadata import Distribution, distributions
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "conviction-gate"
MAX_LICENSE_NAME = 100  # of a license; what is longer is its text

Installed = dict[str, Distribution]


def main() -> None:
    """Write it; the same for the same packages, so that two of them can be compared."""
    installed = {name_of(each): each for each in distributions()}
    if PROJECT not in installed:
        sys.exit(f"sbom: {PROJECT} is not installed here; run `make sbom`, which installs it")
    needs = needs_of(installed)
    required = reached(PROJECT, needs)
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(installed[PROJECT]) | {"type": "application"}},
        "components": [
            component(installed[name]) | {"scope": "required" if name in required else "excluded"}
            for name in sorted(installed)
            if name != PROJECT
        ],
        "dependencies": [
            {"ref": purl(installed[name]), "dependsOn": [purl(installed[need]) for need in sorted(needs[name])]}
            for name in sorted(installed)
        ],
    }
    json.dump(bill, sys.stdout, indent=2)
    print()


def needs_of(installed: Installed) -> dict[str, set[str]]:
    """For each package the installed ones that it asks for, also by an extra that somebody asked for."""
    asked = {name: [Requirement(text) for text in one.requires or ()] for name, one in installed.items()}
    extras = {name: {""} for name in installed}
    for requirement in (each for requirements in asked.values() for each in requirements):
        extras.get(canonicalize_name(requirement.name), set()).update(requirement.extras)

    def wanted(requirement: Requirement, by: str) -> bool:
        marker = requirement.marker
        return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras[by])

    return {
        name: {str(canonicalize_name(each.name)) for each in requirements if wanted(each, name)}
        & installed.keys()
        for name, requirements in asked.items()
    }


def reached(name: str, needs: dict[str, set[str]]) -> set[str]:
    """All that a package needs, and what that needs."""
    found: set[str] = set()
    ahead = {name}
    while ahead:
        found |= ahead
        ahead = set().union(*(needs[each] for each in ahead)) - found
    return found - {name}


def component(one: Distribution) -> dict[str, Any]:
    named: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl(one),
        "name": name_of(one),
        "version": one.version,
        "purl": purl(one),
    }
    if licenses := licenses_of(one):
        named["licenses"] = licenses
    return named


def licenses_of(one: Distribution) -> list[dict[str, Any]]:
    """An SPDX expression where the package has one, else the names that it gives."""
    metadata = one.metadata
    if "License-Expression" in metadata:
        return [{"expression": metadata["License-Expression"]}]
    text = metadata["License"].strip() if "License" in metadata else ""
    if text and len(text) <= MAX_LICENSE_NAME and "\n" not in text:
        return [{"license": {"name": text}}]
    lines = metadata.get_all("Classifier") or []
    names = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License :: ")]
    return [{"license": {"name": name}} for name in names]


def name_of(one: Distribution) -> str:
    return str(canonicalize_name(one.metadata["Name"]))


def purl(one: Distribution) -> str:
    return f"pkg:pypi/{name_of(one)}@{one.version.replace('+', '%2B')}"


if __name__ == "__main__":
    main()
