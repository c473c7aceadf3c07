#!/usr/bin/env bash
# stop_server.sh WORKDIR - ends the server that a start.sh started in WORKDIR and waits for its end.
# Nothing else is touched; WORKDIR stays.  It is no error when the server has ended already.
set -u

[ $# -eq 1 ] || { echo "usage: stop_server.sh WORKDIR" >&2; exit 1; }
workdir=$(cd "$1" 2> /dev/null && pwd -P) || exit 0
[ -r "$workdir/pid" ] || exit 0
pid=$(< "$workdir/pid")

# The pid could have been given to another process since: only one whose command line names a
# configuration in WORKDIR is meant.
ours()
{
    local word
    while IFS= read -r -d '' word; do
        [[ $word == "$workdir"/*.conf ]] && return 0
    done 2> /dev/null < "/proc/$pid/cmdline"
    return 1
}

# The process is `timeout`, which passes TERM on to the server's master process and ends after it.
if ours; then
    kill -TERM "$pid" 2> /dev/null
    for ((i = 0; i < 400; i++)); do
        ours || break
        sleep 0.02
        # It is the leader of a group of processes, which all of the server's belong to.
        [ "$i" = 250 ] && kill -KILL -- "-$pid"
    done
    if ours; then
        echo "stop_server.sh: process $pid does not end" >&2
        exit 1
    fi
fi
rm -f "$workdir/pid"
