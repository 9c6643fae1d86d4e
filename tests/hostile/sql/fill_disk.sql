INSERT INTO notes SELECT NULL, randomblob(1000000) FROM numbers
