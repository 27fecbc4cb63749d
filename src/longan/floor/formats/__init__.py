"""Formats of others, read strictly and written: JSON, JWS, CBOR, CSV, JSON-LD, markup, GeoReport, webhooks."""
