# shellcheck shell=bash
# until.bash - wait for what another process does: for a state that can be seen, however
# long it takes (tap ends a test that hangs)

# until_true PID COMMAND...: 0 once the command succeeds; 1: the process ended without it.
until_true() {
    local pid=$1 alive=1
    shift
    until "$@"; do
        [ $alive = 1 ] || return
        kill -0 "$pid" 2>/dev/null || alive=0 # one look more, at what it left
        sleep 0.05
    done
}

# has_lines N FILE
has_lines() {
    [ "$(wc -l <"$2")" = "$1" ]
}

# tells PID FILE PATTERN: asked by SIGUSR1, it wrote this to the file. Only for one that is
# known to take the signal: the mask in /proc says nothing, libc blocks all for moments.
tells() {
    kill -USR1 "$1" && grep -q -e "$3" "$2"
}
