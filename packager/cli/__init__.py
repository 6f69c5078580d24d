"""The command line: one command a file; the one place that prints and that chooses an exit code."""
