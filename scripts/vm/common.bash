# Sourced by the parts of scripts/rxe-vm: where the cache is, and how a part ends.
# shellcheck shell=bash disable=SC2034 # for those that source this
# A service has no HOME; ~ then is the home of the account.
cache=${XDG_CACHE_HOME:-${HOME:-~}/.cache}/memreg/vm

fail() {
  local status=$1
  shift
  printf 'rxe-vm: %s\n' "$*" >&2
  exit "$status"
}
