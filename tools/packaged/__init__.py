"""What `package_data.py` is made of: one file per kind of data, each a plain function of the source's rows."""
