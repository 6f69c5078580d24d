"""Emitters: one module a format, from a model and its plan to bundle entries."""
