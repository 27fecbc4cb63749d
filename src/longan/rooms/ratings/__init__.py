"""What people say of offices, after a dossier or a visit, and what may be told of it."""
