"""Sample bookings and their court messages, at least one for each rule. Made-up ids, no people."""
