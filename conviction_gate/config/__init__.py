"""Settings from the environment, and the catalogs of charge codes that they name."""
