"""From the files that agencies really have, CSV, TSV or fixed columns, to the messages of the contract.

A map (`maps`) declares what each column is. Nothing is guessed: a row of which something is not declared is
refused with the reason, and the rest goes on.
"""
