"""Checklists: the papers of a procedure that somebody is gathering, ticked off one by one."""
