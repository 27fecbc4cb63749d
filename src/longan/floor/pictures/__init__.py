"""Pictures that people send: read before they are decoded, drawn anew, kept in object storage, shown to few."""
