"""Campaigns: what officials say to many people at once, agreed on by two, and who was told."""
