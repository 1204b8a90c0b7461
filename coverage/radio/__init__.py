"""Terrain radio: path loss, areas, link budgets, antennas, signal of the masts."""
