SELECT length(group_concat(hex(zeroblob(1000000)))) FROM numbers
