"""How property tests search: the same cases for the same code, without a clock.

A search that differs from run to run blames whoever pushed last, and a deadline would time the machine.
"""

from hypothesis import settings

settings.register_profile("edgepack", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("edgepack")
