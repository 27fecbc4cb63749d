"""Listings of rooms as their owners write them: drafts, checks, publishing, freshness, pictures, closing, history."""
