#!/usr/bin/env bash
# nightly-summary.sh - a folder of documents to a digest: a line for each document, a paragraph for each folder
# usage: [OUT=digest.jsonl] [EXTRACT=1] nightly-summary.sh FOLDER   the digest, as Markdown, goes to standard output
# By a language model (textmill pull smollm2), whose words are to be read with care; with EXTRACT by the documents' own sentences
# (textmill pull minilm). OUT gets a record for each document. Hidden files are passed over; what arcat reads counts as a document.
set -euo pipefail
: "${1:?usage: [OUT=digest.jsonl] [EXTRACT=1] nightly-summary.sh FOLDER}"
out=${OUT:-digest.jsonl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$1"

# Documents that cannot be summed up are kept as they are; status 1 says that there were some.
some() {
    "$@" --on-error=keep || [ $? -eq 1 ]
}
if [ -n "${EXTRACT:-}" ]; then
    line=(--extract=1) paragraph=(--extract=3)
else
    line=(--style=sentence) paragraph=(--style=paragraph)
fi

# The folder's name goes with each record; one that arcat cannot read is told on standard error.
find . -name '.?*' -prune -o -type f -print | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r file; do
    arcat "./$file" </dev/null || [ $? -eq 1 ]
done | jq -c '._src.archive |= ltrimstr("./") | . + {folder: (._src.archive | if index("/") then sub("/[^/]*$"; "") else "." end)}' \
    >"$work/documents"
some summarize "${line[@]}" "$work/documents" >"$work/lines"

# What is said of a folder is made of what is said of its documents.
jq -cs 'group_by(.folder)[] | {folder: .[0].folder, text: (map(.summary // empty) | join("\n"))}' "$work/lines" |
    some summarize "${paragraph[@]}" >"$work/folders"

jq -rn --slurpfile line "$work/lines" --slurpfile folder "$work/folders" '$folder[] | . as $f
    | "# \(.folder)", "", (.summary // "(no summary)"), "",
      ($line[] | select(.folder == $f.folder) | "- **\(._src.archive)\(if ._src.member then "/" + ._src.member else "" end)**: "
          + ((.summary // "(no summary)") | gsub("\n"; " "))), ""'
cd "$OLDPWD"
mv "$work/lines" "$out"
