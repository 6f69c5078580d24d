"""Measuring: the clocks, the compilers and the engines that run an artifact on this machine."""
