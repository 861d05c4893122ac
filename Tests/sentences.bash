# Sourced by the tests that are shell scripts: each test is a sentence and a function. The caller sets `only`, a word that
# the sentences to run contain, `directory`, where they run, and `side_by_side`, how many run at once: more than one have
# a directory each below that one, and are told of in order by `conclude`.
# shellcheck shell=bash disable=SC2034,SC2154 # the caller's
passed=0 failed=0 skipped=0 side_by_side=${side_by_side:-1}
sentences=()

# Runs one test in a subshell: it passes by returning 0, and is skipped by returning 75 with a reason on standard output.
check() {
  local sentence=$1 body=$2 said place
  [[ $sentence == *"$only"* ]] || return 0
  if ((side_by_side == 1)); then
    said=$(cd "$directory" && "$body" 2>&1)
    judge "$sentence" $? "$said"
    return
  fi
  while (($(jobs -rp | wc -l) >= side_by_side)); do wait -n; done
  place=$directory/${#sentences[@]}
  sentences+=("$sentence")
  mkdir "$place"
  (
    cd "$place" && "$body" >"$place.said" 2>&1
    echo $? >"$place.status"
  ) &
}

judge() {
  local sentence=$1 status=$2 said=$3
  case $status in
  0) passed=$((passed + 1)) && echo "ok: $sentence" ;;
  75) skipped=$((skipped + 1)) && echo "skipped: $sentence: $said" ;;
  *) failed=$((failed + 1)) && printf 'FAILED: %s\n%s\n' "$sentence" "$said" | sed '2,$s/^/    /' ;;
  esac
}

# Waits for the tests that run side by side.
conclude() {
  local number
  wait
  for number in "${!sentences[@]}"; do
    judge "${sentences[number]}" "$(<"$directory/$number.status")" "$(<"$directory/$number.said")"
  done
}

# Passes if both are the same, and says what differs.
same() {
  [[ $1 == "$2" ]] || { printf 'expected: %q\nobserved: %q\n' "$1" "$2"; return 1; }
}

# Polls until the command succeeds, for SECONDS at most.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [[ $SECONDS -lt $end ]] || { echo "in vain: $*"; return 1; }
    sleep 0.2
  done
}

# Passes if the text contains all the others, and says which one it does not.
contains() {
  local text=$1 part
  shift
  for part in "$@"; do
    [[ $text == *"$part"* ]] || { printf 'missing: %s\nin: %s\n' "$part" "$text"; return 1; }
  done
}
