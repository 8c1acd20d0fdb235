"""A council's own files: cases counted by ward, figures of its own, areas of its own.

What a council brings is read here, checked, and turned into counts by area. A row for a case
never goes further than :mod:`exclusion.own.count`; nothing here writes a file or keeps anything.
"""
