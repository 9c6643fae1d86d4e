DELETE FROM numbers WHERE (SELECT count(*) FROM numbers a, numbers b, numbers c) = n
