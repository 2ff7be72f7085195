"""Inference from sufficient statistics, and measures of texts: all pure functions.

The same formulas serve the campaign's measurement, a foreign file and what is learned from many
campaigns.  Nothing here reads a table, a clock or a setting, and no customer is ever an object.
"""
