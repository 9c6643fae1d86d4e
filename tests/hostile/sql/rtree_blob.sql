CREATE VIRTUAL TABLE tree USING rtree(id, a, b); INSERT INTO tree_node VALUES (1, zeroblob(100))
