SELECT zeroblob(1e9)
