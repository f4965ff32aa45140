"""Long files and streams of messages: read, sent in order and at the pace of the cases."""
