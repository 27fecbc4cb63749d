"""Registry: what the tax registry says of employers, asked until it answers, as evidence for whoever decides."""
