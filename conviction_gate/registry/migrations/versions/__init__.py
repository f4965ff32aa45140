"""The revisions, numbered from 0001. A released one never changes."""
