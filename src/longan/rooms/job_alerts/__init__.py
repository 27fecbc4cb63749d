"""Job alerts: searches people save, and what new postings fit them."""
