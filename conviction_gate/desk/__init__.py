"""Pages for people, at `/desk` beside the door. They work without JavaScript."""
