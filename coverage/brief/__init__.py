"""Papers: tables, fact sheets, maps and the hand-in folder, made from finished values only."""
