"""From a YAML file to checked parameters, in parts.

::

    spec            a section as data, and the check of what it names
    sections        from a path or a mapping to a section
    checking        from a section to a checked spec
    yaml_source     a section of a YAML file as plain data that knows its lines
    environment     the variables in its strings
    explaining      the problems that pydantic found, each with its place
    wording         the words for them
    json_schema     the JSON Schema of a run file, for editors
    destinations    what the stores of a configuration write to, and where two collide
"""
