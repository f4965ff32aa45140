"""What the project runs on: settings, the connection, search attributes, the embedded server."""
