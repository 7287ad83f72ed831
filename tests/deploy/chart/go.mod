module chart

go 1.19
