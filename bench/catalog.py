"""What the catalog costs: `python -m bench.catalog` prints its load, its memory and 10,000 look-ups.

Nothing is asserted: the machine that measures is never quiet. A worker reads the file of a scheme when its
first code comes, so that nobody waits for all of them.
"""

import sys
import tracemalloc
from itertools import islice, product
from time import process_time
from typing import Final

from conviction_gate.policy.catalog import built_in

LOOK_UPS: Final = 10_000
SPELLED: Final = ("{}", "{} (M)", "sec. {}")
"""Each text is looked up once: what was read before is remembered."""


def main() -> int:
    """Print the figures."""
    built_in()
    begun = process_time()
    entries = built_in().entries
    read = process_time() - begun
    codes = [(row.scheme, row.code) for row in entries if row.covers != "range"]
    begun = process_time()
    for spelled, (scheme, code) in islice(product(SPELLED, codes), LOOK_UPS):
        built_in().look_up(scheme, spelled.format(code))
    looked_up = process_time() - begun
    built_in.cache_clear()
    tracemalloc.start()
    size = len(built_in().entries) and tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"{len(entries):,} rows of {len(built_in().schemes)} schemes")
    print(f"  read: {1000 * read:.0f} ms; bar 100 ms")
    print(f"  {LOOK_UPS:,} look-ups: {looked_up:.2f} s; bar 1 s")
    print(f"  in memory: {size / 2**20:.1f} MiB; bar 20 MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
