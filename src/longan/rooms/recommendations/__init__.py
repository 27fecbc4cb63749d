"""Jobs that may suit a person, each with its reasons; nothing of it is stored but what they do not want."""
