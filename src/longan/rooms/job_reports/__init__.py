"""What workers report of postings, and what officials answer."""
