"""Job feed: open postings as JSON-LD, one by one and as they change, for whoever shows them elsewhere."""
