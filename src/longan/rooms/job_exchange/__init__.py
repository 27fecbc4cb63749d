"""Job exchange: postings in bulk, from a sheet or as JSON-LD, and out again for whoever follows them."""
