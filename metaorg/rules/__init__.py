"""The rules as pure functions: no chain, no clock, no files, no network.

What a contract decides, these recompute from values, so that an auditor can repeat it anywhere.
"""
