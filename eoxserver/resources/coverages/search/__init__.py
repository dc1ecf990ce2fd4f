# SPDX-License-Identifier: MIT
"""Search by place and time in one look-up of an index, on databases without spatial extension.

``regions`` says what is searched, ``lookups`` are the lookups of the footprint field, ``sqlite`` and ``postgresql``
write the SQL, ``index`` is the definition of the indexes for migrations, ``functions`` what SQLite calls back.
"""
