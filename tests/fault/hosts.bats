#!/usr/bin/env bats
# millrun --hosts: two "machines" that are an sshd on this one, on ports of their own. It
# takes minutes: `make fault` does all of it.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    command -v parallel >/dev/null || skip "no GNU parallel"
    dir=$BATS_TEST_TMPDIR
    cat samples/auth.log samples/postgres.log samples/web-error.log >"$dir/in"
    label='classify -T -m log-sentiment'
    $label "$dir/in" >"$dir/want"
    slow='awk "{ system(\"sleep 0.01\"); print }" | '
}

# parallel looks at each host for seconds before it is used.
long() {
    [ -n "${FAULT:-}" ] || skip "make fault does this"
}

# An sshd on 127.0.0.1 with keys of its own: $1 port. Its process: $dir/sshd.PORT.pid
# (With a HOME of its own, too: what the user has in .bashrc may take as long as it likes.)
begin_sshd() {
    local sshd
    sshd=$(command -v sshd || echo /usr/sbin/sshd)
    [ -x "$sshd" ] || skip "no sshd here"
    mkdir -p /run/sshd 2>/dev/null || true
    [ -e "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
    [ -e "$dir/host.$1" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/host.$1"
    cat >"$dir/sshd.$1" <<X
Port $1
ListenAddress 127.0.0.1
HostKey $dir/host.$1
PidFile $dir/sshd.$1.pid
AuthorizedKeysFile $dir/key.pub
StrictModes no
UsePAM no
MaxStartups 100
SetEnv HOME=$dir
X
    "$sshd" -f "$dir/sshd.$1" -E "$dir/sshd.$1.log" 3>&- || skip "sshd does not start here"
    for _ in $(seq 50); do [ -s "$dir/sshd.$1.pid" ] && break; sleep 0.1; done
    echo "ssh -p $1 -i $dir/key -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o StrictHostKeyChecking=no -o UserKnownHostsFile=$dir/known $(id -un)@127.0.0.1" >>"$dir/hosts"
    # shellcheck disable=SC2046 # words
    timeout 20 $(tail -n 1 "$dir/hosts") true </dev/null 3>&- || skip "no way in by ssh"
}
end_sshd() {
    local pid
    pid=$(cat "$dir/sshd.$1.pid" 2>/dev/null) || return 0
    # It must take no connection more while those it has are ended, each with a child of
    # the user's.
    kill -STOP "$pid"
    for p in $(pgrep -P "$pid") $pid; do
        pkill -9 -P "$p" -x sshd || true
        kill -9 "$p" 2>/dev/null || true
    done
    rm -f "$dir/sshd.$1.pid"
}
teardown() {
    for f in "$dir"/sshd.*.pid; do
        [ -e "$f" ] || continue
        f=${f##*/sshd.}
        end_sshd "${f%.pid}"
    done
}

@test "two hosts do a job together" {
    long
    begin_sshd 42201
    begin_sshd 42202
    run -0 millrun -q --dir="$dir/o" --block=8K --workers=1 --hosts="$dir/hosts" -- "$label" "$dir/in"
    cmp "$dir/want" "$dir/o/result.jsonl"
}
@test "one of two hosts dies in the middle: complete all the same" {
    long
    begin_sshd 42203
    begin_sshd 42204
    millrun -q --dir="$dir/o" --block=8K --workers=1 --hosts="$dir/hosts" -- "${slow}$label" "$dir/in" 2>"$dir/err" 3>&- &
    pid=$!
    for _ in $(seq 300); do [ -e "$dir/o/shards/000001.json" ] && break; sleep 0.1; done
    end_sshd 42204
    wait $pid
    cmp "$dir/want" "$dir/o/result.jsonl"
}
@test "all hosts die: not 0; when they are back it goes on" {
    long
    begin_sshd 42205
    millrun -q --dir="$dir/o" --block=8K --workers=2 --hosts="$dir/hosts" -- "${slow}$label" "$dir/in" 2>"$dir/err" 3>&- &
    pid=$!
    for _ in $(seq 300); do [ -e "$dir/o/shards/000001.json" ] && break; sleep 0.1; done
    end_sshd 42205
    s=0
    wait $pid || s=$?
    [ $s = 5 ]
    [ ! -e "$dir/o/_SUCCESS" ]
    : >"$dir/hosts"
    begin_sshd 42205
    millrun -q --dir="$dir/o" --workers=2 --hosts="$dir/hosts" -- "${slow}$label" "$dir/in"
    cmp "$dir/want" "$dir/o/result.jsonl"
}
@test "an ssh that dies after 30 bytes: 5, and nothing is believed" {
    cat >"$dir/fake" <<'X'
#!/bin/sh
echo 'done 0 1 0 8192 1 done 1 1 0 8'
exit 255
X
    chmod +x "$dir/fake"
    echo "$dir/fake nowhere" >"$dir/hosts"
    s=0
    timeout 120 millrun -q --dir="$dir/o" --block=8K --hosts="$dir/hosts" -- "$label" "$dir/in" 2>"$dir/err" || s=$?
    [ $s = 5 ]
    [ ! -e "$dir/o/_SUCCESS" ]
    millrun -q --dir="$dir/o" -- "$label" "$dir/in"
    cmp "$dir/want" "$dir/o/result.jsonl"
}
@test "a host with another model is refused; the others do its work" {
    # "ssh" to a machine whose home has another model of that name
    mkdir -p "$dir/here/.local/share/textmill/models" "$dir/there/.local/share/textmill/models"
    cp models/log-sentiment.head "$dir/here/.local/share/textmill/models/mine.head"
    sed 's/"seed":0/"seed":1/' models/log-sentiment.head >"$dir/there/.local/share/textmill/models/mine.head"
    cat >"$dir/fake" <<X
#!/bin/sh
[ "\$1" != -- ] || shift
shift
[ "\$1" != -- ] || shift
HOME=$dir/there exec sh -c "\$*"
X
    chmod +x "$dir/fake"
    printf ':\n%s\n' "$dir/fake there" >"$dir/hosts"
    HOME=$dir/here env -u TEXTMILL_MODELS millrun -q --dir="$dir/o" --block=8K --workers=1 --hosts="$dir/hosts" -- \
        "classify -T -m mine" "$dir/in" 2>"$dir/err"
    cmp "$dir/want" "$dir/o/result.jsonl"
    grep -q "other tools or models than the job began with" "$dir/err"
    printf '%s\n' "$dir/fake there" >"$dir/hosts"
    s=0
    HOME=$dir/here env -u TEXTMILL_MODELS millrun -q --dir="$dir/o1" --hosts="$dir/hosts" -- \
        "classify -T -m mine" "$dir/in" 2>"$dir/err" || s=$?
    [ $s = 5 ]
}
