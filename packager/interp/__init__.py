"""Running a model on arrays: the numpy reference interpreter, and LiteRT in a child process."""
