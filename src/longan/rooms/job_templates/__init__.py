"""Templates: what an employer posts again and again, kept to make drafts of."""
