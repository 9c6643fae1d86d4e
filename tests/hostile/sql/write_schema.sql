UPDATE sqlite_master SET sql = 'CREATE TABLE users (stolen)'
