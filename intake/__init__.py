"""The services' side: a typed client and the command line."""
