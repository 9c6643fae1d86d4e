CREATE VIRTUAL TABLE bomb USING fts5(x); SELECT * FROM bomb WHERE bomb MATCH replace(hex(zeroblob(50000)), '00', '(') || 'a'
