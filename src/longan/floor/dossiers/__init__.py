"""Dossiers and the offices that handle them: codes, clocks, proofs, the platform they come from, ratings."""
