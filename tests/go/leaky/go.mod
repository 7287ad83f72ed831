module leaky

go 1.23
