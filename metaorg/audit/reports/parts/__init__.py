"""The sections of the HTML page, each from what a report holds of its topic."""
