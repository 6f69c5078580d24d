"""One module per pass; each file holds one class with the contract of `packager.rewrite`."""
