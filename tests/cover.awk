# cover.awk - gcov's words as a table: the share of lines reached, the least first
/^File / { split($0, part, "'"); file = part[2] }
/^Lines executed/ && file != "" {
    split($0, part, /[:% ]+/)
    share = part[3]
    lines = part[5]
    if (file ~ /^lib\//) {
        printf "%6.1f %%  %5d  %s\n", share, lines, file | "sort -n"
        all += lines
        reached += lines * share / 100
    }
    file = ""
}
END {
    close("sort -n")
    if (all)
        printf "%6.1f %%  %5d  all\n", 100 * reached / all, all
}
