"""Wire settings and adapters into a working application; the only place that chooses."""
