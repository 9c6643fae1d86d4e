SELECT json_extract(replace(hex(zeroblob(500000)), '00', '['), '$')
