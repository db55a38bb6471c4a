"""The built-in log stores, one module each; import the one that you use."""
