"""An independent check: read chain and commons, recompute, compare. It never holds a key."""
