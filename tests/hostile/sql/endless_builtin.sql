UPDATE notes SET text = CASE id WHEN 1 THEN 'changed'
  ELSE instr(hex(zeroblob(1000000)), substr(hex(zeroblob(500000)), 2) || 'x') END
