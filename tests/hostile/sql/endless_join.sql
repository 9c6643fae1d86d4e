SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d, numbers e
