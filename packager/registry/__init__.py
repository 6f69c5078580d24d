"""Registries: pushing bundles to and pulling them from where firmware teams fetch them."""
