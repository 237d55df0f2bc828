"""Who sees which page: a table per area, and the agency in which all of them are asked for.

A new page needs its row in the table of its area, its arguments if it has any, and what is posted
to it. `tests/test_access_matrix.py` asks for every address as everybody.
"""
