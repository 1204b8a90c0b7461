"""The screen: what it remembers, its words, its maps and one module per page."""
