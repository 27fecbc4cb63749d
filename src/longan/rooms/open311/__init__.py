"""Open311 GeoReport v2: partner systems report, and read what is public, in JSON and XML."""
