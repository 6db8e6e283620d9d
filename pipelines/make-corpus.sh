#!/usr/bin/env bash
# make-corpus.sh - a corpus of logs to try nights on: the sample logs again and again, each time by another host
# usage: make-corpus.sh DIR [LINES]   at least so many lines, default 120000; half of them in archives
# Plain logs by host, and as many in tar.gz and gz, as log rotation leaves them. The same bytes each time.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "$0")")")
dir=${1:?usage: make-corpus.sh DIR [LINES]}
lines=${2:-120000}

mkdir -p "$dir"
zcat -f "$here"/samples/*.log* | grep '[^[:space:]]' >"$dir/all"
hosts=$((lines / $(wc -l <"$dir/all") + 1))
for host in $(seq -f %03.0f "$hosts"); do
    # The host's number goes into names, and moves process numbers and addresses.
    awk -v n="$((10#$host))" '{ gsub(/mill/, "mill" n); gsub(/\[[0-9]+\]/, "[" 1000 + (NR * 7 + n) % 30000 "]")
        gsub(/192\.0\.2\.[0-9]+/, "192.0.2." (NR + n) % 250 + 1); print }' "$dir/all" >"$dir/host$host.log"
    case $((10#$host % 4)) in
    1) gzip -9n "$dir/host$host.log" ;;
    3) (cd "$dir" && tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --remove-files \
        -cf - "host$host.log" | gzip -9n >"host$host.tar.gz") ;;
    esac
done
rm "$dir/all"
