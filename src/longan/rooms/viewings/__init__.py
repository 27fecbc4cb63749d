"""Requests to see a room: asked, agreed on or refused, and numbers that both sides see once it is agreed on."""
