"""HTTP to one server, bounded in time and memory whatever it answers."""
