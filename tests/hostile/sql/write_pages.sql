UPDATE sqlite_dbpage SET data = zeroblob(8192) WHERE pgno = 1
