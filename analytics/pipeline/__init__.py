"""Files in, a published snapshot out: what changes a store, for the command line and the Sources page.

Files -> ingest -> firms of each perimeter and members -> matching -> scores -> store. Nothing is published unless every
step has passed; what a build says is in its manifest, which names no firm and no member. Whoever asks names the module:
``building`` from files, ``republishing`` what is published with something new, ``removing`` somebody, ``reverting``
either; ``stages`` are what all of them report.
"""
