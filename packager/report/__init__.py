"""The report and the gate: what is known of a bundle, for people and for a pipeline."""
