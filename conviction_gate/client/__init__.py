"""The typed client, the list of cases, and what can be read of a case that does not answer."""
