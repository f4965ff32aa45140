"""Settings from the environment, and the catalogs that they name."""
