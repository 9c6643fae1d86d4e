INSERT INTO notes (text) SELECT 'x' FROM numbers a, numbers b, numbers c WHERE a.n + b.n + c.n < 0
