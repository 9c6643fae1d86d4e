module validate

go 1.26
