SELECT length(printf('%.2000000000f', 1.0)), printf('%2000000000d', 1)
