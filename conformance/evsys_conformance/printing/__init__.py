"""Programs as Python, as they are shown and kept."""
