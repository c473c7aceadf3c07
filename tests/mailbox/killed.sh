#!/usr/bin/env bash
# killed.sh FETCH DOVECOT_DIR [TIMES] - a real program, killed at random moments of its work against a real Dovecot, on a real
# disk, TIMES times (20). Each time there are 30 new messages; after the kill the program runs again, to the end. Then each
# message is there once, octet by octet, and the maildrop is empty. DOVECOT_DIR is what tests/dovecot/provide.sh was given.
set -u
fetch=$1
dovecot=$2
times=${3:-20}
tests=$(cd "$(dirname "$0")/.." && pwd -P)
work=$(mktemp -d)
trap '"$tests/support/stop_server.sh" "$work/server"; rm -rf "$work"' EXIT

chmod 755 "$work"
"$tests/dovecot/start.sh" "$work/server" "$dovecot" > /dev/null || exit 1
. "$work/server/ports"
maildrop=$work/server/mail/alice
mkdir -p "$maildrop"/{cur,new,tmp} "$work/wanted"
export POP3_PASSWORD=secret
failed=0
count=0

run()
{
    "$fetch" "pop://alice@localhost:$tls" "$work/inbox" --ca-file "$work/server/ca.pem" --delete-after 0
}

# what_is_in FOLDER: a hash for each message in it
what_is_in()
{
    find "$1" -name '*.eml' -exec sha256sum {} + | cut -c -64 | sort
}

for ((round = 1; round <= times; round++)); do
    for ((i = 0; i < 30; i++)); do
        count=$((count + 1))
        {
            printf 'Subject: %s\r\n\r\n' "$count"
            head -c $((RANDOM * 4)) /dev/urandom | base64 | sed 's/$/\r/'
        } > "$work/wanted/$count.eml"
        cp "$work/wanted/$count.eml" "$maildrop/new/$count"
    done
    chown -R "$(stat -c %u:%g "$work/server/mail")" "$maildrop"
    run > "$work/out" 2>&1 &
    pid=$!
    sleep "0.$(printf %03d $((RANDOM % 300)))"
    kill -9 $pid 2> /dev/null && killed=$((${killed:-0} + 1))
    wait $pid 2> /dev/null
    # Dovecot may still hold the maildrop for the one that was killed.
    for ((again = 0; again < 5; again++)); do
        run > "$work/out" 2>&1 && break
        sleep 0.2
    done
    if [ "$again" = 5 ] || ! cmp -s <(what_is_in "$work/wanted") <(what_is_in "$work/inbox") ||
        [ -n "$(find "$maildrop/new" "$maildrop/cur" -type f)" ]; then
        echo "round $round: $(what_is_in "$work/inbox" | wc -l) of $count messages, $(find "$maildrop/new" "$maildrop/cur" -type f | wc -l) on the server"
        cat "$work/out"
        failed=1
        break
    fi
done
echo "$count messages, ${killed:-0} kills in $times runs"
exit $failed
