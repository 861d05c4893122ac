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

# What messages name: the source tree's own scripts, or the package's command and what it needs.
rxe_vm=scripts/rxe-vm how_to_install='run scripts/install-dependencies'
if [[ ! -x ${BASH_SOURCE[0]%/*}/../install-dependencies ]]; then
  rxe_vm=memreg-rxe-vm how_to_install='install qemu-system-x86, busybox-static, cpio, kmod and perl'
fi
