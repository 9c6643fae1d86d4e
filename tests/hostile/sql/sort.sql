SELECT a.n, b.n, c.n FROM numbers a, numbers b, numbers c ORDER BY random()
