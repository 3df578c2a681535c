"""The pages of `docs/` that are generated: `python -m tools.docs` writes them."""
