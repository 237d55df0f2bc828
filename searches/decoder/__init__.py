"""What runs in processes that see one picture each, and nothing else of the portal (ADR 0022).

`zygote.py` starts as a program of its own, without Django or keys, and forks decoders ahead of
need; `life.py` is what each of them does, `opening.py` where it gives hostile bytes to Pillow and
libheif. Imports nothing of Candor but itself, and little else: every page that the zygote has costs
each picture a little. The portal's side is searches/images/decoders.py.
"""
