"""Guards of `policy/` taken away one by one, to see that a test notices (`make mutants`)."""
