SELECT a.n FROM numbers a, numbers b
