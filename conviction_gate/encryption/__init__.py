"""Encryption of payloads: keys, the codec, the payload converter, and the codec server with its sign-in."""
