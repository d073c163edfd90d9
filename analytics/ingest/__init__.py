"""Files to contract tables: the national register, its legal units, the members' roster and the reference geography."""
