"""What a case costs, as ratios: `make bench`, or `python -m bench --help`.

The machine that measures is never quiet, so no figure is an absolute one: each is a ratio of pairs
that ran in turn within one run, or a count. Nothing is asserted; each bar is shown beside its figure.
"""
