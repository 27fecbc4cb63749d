"""Long An ID: the backend of a province's super-app for its workers."""
