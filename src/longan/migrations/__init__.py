"""The one line of migrations, shipped in the wheel; `longan migrate` runs them."""
