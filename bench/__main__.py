"""`python -m bench`: measure, print a table, write JSON. Needs Linux, and no server of yours."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path

from bench.figures import FIGURES, variant
from bench.rows import Row, table, write
from bench.scale import FULL, QUICK, USUAL, Scale
from conviction_gate.config.settings import PREFIX


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when all was measured, whatever the figures are."""
    asked = _parser().parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]  # measure the defaults, not the settings of this shell
    scale: Scale = replace(asked.scale, **{f.name: n for f in fields(Scale) if (n := getattr(asked, f.name))})
    figures = {name: FIGURES[name] for name in asked.only or FIGURES if name != "variant"}
    if "variant" in (asked.only or ()):
        figures["variant"] = partial(variant.measure, settings=dict(asked.settings), checkout=asked.checkout)
    else:
        os.environ.update(asked.settings)
    load = os.getloadavg()
    rows: list[Row] = []
    for name, measure in figures.items():
        began = time.monotonic()
        rows += asyncio.run(measure(scale))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        write(asked.json, rows, asdict(scale), load)  # as it goes: a long run may be cut short
    print(table(rows))
    before, after = load[0], os.getloadavg()[0]
    print(f"load {before:.1f} before and {after:.1f} after, {os.cpu_count()} cores; all values in {asked.json}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=[*FIGURES, "variant"], help="this figure; may be repeated"
    )
    scales = parser.add_mutually_exclusive_group()
    for name, scale, takes in (("quick", QUICK, "a minute"), ("full", FULL, "hours, on a quiet machine")):
        scales.add_argument(f"--{name}", dest="scale", action="store_const", const=scale, help=takes)
    parser.set_defaults(scale=USUAL)
    for field in fields(Scale):
        parser.add_argument(f"--{field.name}", type=_count, metavar="N", help="instead of the scale's own")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    parser.add_argument(
        "--settings",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="an environment variable of our workers; `--only variant` compares with and without",
    )
    parser.add_argument(
        "--checkout",
        type=lambda text: Path(text).absolute(),
        metavar="FOLDER",
        help="`--only variant` compares our worker from this checkout against ours from here",
    )
    return parser


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(text)
    return name, value


if __name__ == "__main__":
    sys.exit(main())
