SELECT length(replace(hex(zeroblob(1000000)), '0', 'xxxxxxxxxxxxxxxx'))
