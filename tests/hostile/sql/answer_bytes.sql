SELECT hex(zeroblob(1000000)) FROM numbers
