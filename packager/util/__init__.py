"""Floor zero: naming, hashing, text, child processes. Nothing here knows a noun of EdgePack's."""
