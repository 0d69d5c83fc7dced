"""A first look at a folder of exports: what ``cxkpi init`` writes its files from."""
