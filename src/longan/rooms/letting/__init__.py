"""The life of a listing: put before the workers, confirmed, stale, closed, and open again."""
