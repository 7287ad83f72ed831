module drilled

go 1.23
