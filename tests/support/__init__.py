"""What tests of more than one folder share: stores, harnesses, programs, logs and documents.

Child processes import some of it by module path, such as ``support.inner_stores:MemoryStore``.
"""
