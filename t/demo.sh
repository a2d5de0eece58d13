#!/bin/sh
# SPDX-License-Identifier: ISC
#
# make demo: three simulated nodes, smpplex in front, a client that sends; one
# node is killed in the middle and comes back. DEMO_KEEP=1 leaves it running.
set -eu

bin=${SMPPLEX_BIN:-.}
rate=2000
seconds=12
work=$(mktemp -d "${TMPDIR:-/tmp}/smpplex-demo.XXXXXX")
pids=

clean_up() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

say() {
    printf '%s\n' "$*"
}

# Waits for a file that a program writes once it is ready.
await() {
    n=0
    while [ ! -s "$1" ]; do
        n=$((n + 1))
        if [ "$n" -gt 200 ]; then
            say "$1 was not written in time; the logs:"
            cat "$work"/*.out
            exit 1
        fi
        sleep 0.05
    done
}

# start_node NAME ADDRESS: leaves its pid in $node_pid and its address in $node_addr.
start_node() {
    rm -f "$work/$1.ready"
    "$bin/smppsim" --node "$1=$2" --ready-file "$work/$1.ready" \
        --log "$work/$1.$(date +%s%N).log" >"$work/$1.out" 2>&1 &
    node_pid=$!
    pids="$pids $node_pid"
    await "$work/$1.ready"
    node_addr=$(sed -n "s/^$1 //p" "$work/$1.ready")
}

taken() {
    cat "$work/$1".*.log | wc -l
}

start_node alpha 0
alpha=$node_addr
start_node beta 0
beta=$node_addr beta_pid=$node_pid
start_node gamma 0
gamma=$node_addr
say "Three gateway nodes are up: alpha $alpha, beta $beta, gamma $gamma."

cat >"$work/smpplex.conf" <<EOF
log = "stderr"
farm demo {
    node alpha { address = "$alpha" }
    node beta  { address = "$beta" }
    node gamma { address = "$gamma" }
}
listener smpp { address = "127.0.0.1:0" }
EOF
"$bin/smpplex" -c "$work/smpplex.conf" --ready-file "$work/smpplex.ready" \
    >"$work/smpplex.out" 2>&1 &
pids="$pids $!"
await "$work/smpplex.ready"
front=$(sed -n 's/^smpp //p' "$work/smpplex.ready")
say "smpplex accepts clients at $front and has all three behind it."

total=$((rate * seconds))
say "Ten clients bind once each and send $total messages, $rate a second."
"$bin/smppload" --target "$front" --connections 10 --window 50 --rate $rate -n $total \
    --mark --json --log "$work/load.log" >"$work/load.json" 2>"$work/load.out" &
load_pid=$!
pids="$pids $load_pid"

sleep 4
say "Now beta is killed in the middle of its work (after $(taken beta) messages) …"
{ kill -9 "$beta_pid" && wait "$beta_pid"; } 2>/dev/null || true
before=$(taken beta)
sleep 4
say "… the other two carry on: alpha has $(taken alpha), gamma has $(taken gamma), beta still $before."
start_node beta "$beta"
say "beta is back; nobody need bind again."

status=0
wait "$load_pid" || status=$?
accepted=$(sed -n 's/.*"accepted": *\([0-9]*\).*/\1/p' "$work/load.json" | head -n 1)

# An accepted message is lost when its number is in no node's log. The text
# begins with "load-" and ten digits; the logs have it in hex.
lost=$(awk -F '\t' '
    FILENAME ~ /load\.log$/ { if ($3 == "ESME_ROK") accepted[$2 + 0] = 1; next }
    { digits = substr($11, 11, 20); number = ""
      for (i = 2; i <= 20; i += 2) number = number substr(digits, i, 1)
      seen[number + 0] = 1 }
    END { n = 0; for (i in accepted) if (!(i in seen)) n++; print n }
' "$work/load.log" "$work"/*.[0-9]*.log)

say ""
say "  node      messages"
for node in alpha beta gamma; do
    printf '  %-8s %9d\n' "$node" "$(taken "$node")"
done
say ""
printf '  sent     %9d\n' "$total"
printf '  accepted %9d\n' "$accepted"
printf '  refused  %9d\n' $((total - accepted))
printf '  lost     %9d\n' "$lost"
say ""
if [ "$status" -ne 0 ]; then
    say "smppload is not content:"
    cat "$work/load.json" "$work/load.out"
    exit 1
fi
if [ "$lost" -ne 0 ]; then
    say "Messages were lost; that must not be."
    exit 1
fi
say "Every message was answered once; beta took its share again after it came back."

if [ "${DEMO_KEEP:-0}" = 1 ]; then
    say ""
    say "It is left running; smppload --target $front sends more. Ctrl-C ends it."
    while :; do
        sleep 1
    done
fi
