"""Every payload is encrypted before it leaves for the Temporal server: keys, codec, codec server."""
