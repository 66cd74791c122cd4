#!/usr/bin/awk -f
# Makes Markdown tables of what go test -bench prints, one for each benchmark:
#   go test ./bench -run '^$' -bench Step | bench/markdown.awk

/^Benchmark/ {
    name = $1
    sub(/^Benchmark/, "", name)
    sub(/-[0-9]+$/, "", name) # GOMAXPROCS
    table = name
    sub(/\/.*/, "", table)
    sub(/^[^\/]*\//, "", name)
    header = "| " table " |"
    line = "| " name " |"
    rule = "|---|"
    for (i = 3; i < NF; i += 2) {
        value = $i
        unit = $(i + 1)
        if (unit == "B/op") continue
        if (unit == "ns/op") {
            value /= 1e6
            value = sprintf(value < 100 ? "%.3g" : "%.0f", value)
            unit = "ms"
        }
        header = header " " unit " |"
        line = line " " value " |"
        rule = rule "--:|"
    }
    if (header != last) print (last == "" ? "" : "\n") header "\n" rule
    last = header
    print line
}
