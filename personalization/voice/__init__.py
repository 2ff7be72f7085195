"""Spoken assets: approved words written as they are said, delivered as a speaker delivers them.

Scripts come from approved messages; engines are ``providers``.  The delivery of a speaker is
measured and matched (pitch level, movement, pace, pausing and dynamics), never the timbre.
"""
