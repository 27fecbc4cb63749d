"""Keys of Open311: which partner systems may report, given and taken back by administrators."""
