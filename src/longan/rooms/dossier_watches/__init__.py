"""Dossiers that people watch: asked about for them, and told of when something has changed."""
