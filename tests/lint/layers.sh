#!/bin/sh
# layers.sh - a file includes only what its line in lib/LAYERS allows
#
# lib/LAYERS is an allow-list written from the bottom up: a layer may name only layers
# that stand above it in the file, so there can be no circle.
exec find lib tools -name '*.[ch]' -exec awk '
function fault(where, what) { print where ": " what; bad = 1 }
FILENAME == "lib/LAYERS" {
    if (/^#/ || !NF)
        next
    if ($1 !~ /:$/)
        fault("lib/LAYERS:" FNR, "no colon after " $1)
    me = substr($1, 1, length($1) - 1)
    for (i = 2; i <= NF; i++) {
        if (!($i in known))
            fault("lib/LAYERS:" FNR, $i " does not stand above " me)
        may[me, $i] = 1
    }
    known[me] = may[me, me] = 1
    next
}
FNR == 1 {
    split(FILENAME, part, "/")
    me = part[1] == "lib" ? part[2] : part[1]
    if (!(me in known))
        fault(FILENAME, me " is no layer of lib/LAYERS")
}
/^[ \t]*#[ \t]*include/ {
    where = FILENAME ":" FNR
    name = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
    quoted = sub(/^"/, "", name)
    sub(/^</, "", name)
    sub(/[">].*/, "", name)
    layer = name
    sub(/\/.*/, "", layer)
    if (quoted && (name !~ /^[a-z0-9_]+\/[a-z0-9_\/]+\.h$/ || !(layer in known)))
        fault(where, "\"" name "\" is not written layer/file.h")
    else if (!quoted && layer in known && name ~ /\//)
        fault(where, "<" name "> is ours: write it in quotes")
    else if (quoted && !((me, layer) in may))
        fault(where, me " may not include " layer)
}
END { exit bad }' lib/LAYERS {} +
