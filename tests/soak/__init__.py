"""A whole installation at work while its parts are killed: `python -m tests.soak`, docs/soak.md.

A fleet (fleet.py) of real processes, a crowd (crowd.py) of people and programs that use it, a
saboteur (faults.py) who kills, stops and cuts at random, and judges (judges.py) who look afterwards
at the rows, the files and the record whether anything was lost, doubled or mixed up.
"""
