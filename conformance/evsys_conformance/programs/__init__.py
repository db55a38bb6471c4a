"""What a check does to a store, as data, and how its steps are done in this process."""
