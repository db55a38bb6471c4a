"""What a check does to a store, as data; and how it is run and judged."""
