"""Administrative procedures: as stored, as the national catalogue writes them, compared, explained, found."""
