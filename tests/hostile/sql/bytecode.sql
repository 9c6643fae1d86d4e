SELECT * FROM bytecode('SELECT 1')
