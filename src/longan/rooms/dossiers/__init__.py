"""How far a dossier is, for whoever holds its receipt."""
