"""What the registry is made of: the checks of a store class, and the installed plugins."""
