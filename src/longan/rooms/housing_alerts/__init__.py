"""Housing alerts: searches for a place to live that people save, and what new listings fit them."""
