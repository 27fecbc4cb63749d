"""Employers: who offers work, whether they are who they say, and who acts for them."""
