"""Pictures that people send: promised, checked, drawn anew, shown."""
