"""Catalogue: where procedures come from. Imports that officials look at and publish, versions, and what changed."""
