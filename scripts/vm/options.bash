# Sourced by scripts/rxe-vm: its options.
# shellcheck shell=bash disable=SC2034 # for the one that sources this

help() {
  cat <<'END'
usage: rxe-vm [options] [--] COMMAND [ARG...]
       rxe-vm [options] --shell

Runs COMMAND on a real soft-RoCE device (rxe0), or software iWARP, inside a small virtual machine, as if it ran here: the same files,
directory, environment and standard streams, and its exit status. What it writes to files vanishes, except below the
directory given with --output. The built memreg of this repository is first on its PATH.

  --kernel WHICH     stable: the distribution's own (the default); newest: the newest its archive offers, from a later
                     release if need be; a version such as 6.12; or the path of a bzImage, or of a directory with one
                     and its lib/modules. Fetched once through apt, unpacked, not installed, and kept in
                     ~/.cache/memreg/vm
  --refresh          ask the archive again what the kernel asked for is
  --memory SIZE      the machine's memory, such as 512M or 4G (default 2G)
  --cpus N           processors (default 1, the sound choice under emulation)
  --hugepages N[:SIZE]  reserve N huge pages of 2M (the default size) or 1G (default 8, which memreg coherence needs)
  --driver WHICH     rxe: soft-RoCE (the default); siw: software iWARP, built once from the kernel's own source package
                     where the kernel comes without it; both
  --devices N        devices of each driver (default 1, to 16): rxe0 on dummy0 with 10.9.0.1, rxe1 on dummy1 with
                     10.9.1.1, ...; siw0, siw1, ... likewise, on the interfaces after those of rxe
  --module FILE      load this kernel module with what it depends on; in place of the kernel's own if that has the same
                     name (may be repeated)
  --user NAME|UID    run COMMAND as this user, without capabilities (default root)
  --timeout SECONDS  end it after this time (default 3600; 0: never)
  --output DIR       a directory of this machine that COMMAND can write to, at the same path; made if absent
  --append ARGS      further words for the kernel's command line, such as 'numa=fake=2'
  --accel HOW        auto: KVM where a probe boot shows that it works, else emulation; tcg: emulation; kvm
  --deterministic    count instructions for time: one instruction is one nanosecond, and two boots of the same command
                     print the same. The command, its libraries, the files named in its arguments and the verbs
                     providers are packed into the boot image; no other file of this machine is there, only busybox
  --pack FILE        put this program or file with what it loads into the boot image (may be repeated): what starts often
                     starts faster than over the file system of this machine
  --shell            an interactive shell, in place of a command
  --help             this text

Exit status: that of COMMAND (128+n if signal n ended it, 126 if it cannot be run, 127 if it is not found), or
   64  wrong usage            66  a file that was given is no kernel image or kernel module
   69  something needed is not there (a kernel, QEMU, the network)
   73  the directory of --output, or one for temporary files, cannot be made or written to
  124  the time ran out       125  the guest's kernel panicked or did not come up; its last lines are on standard error
  130, 143  ended by Ctrl-C or a termination signal; nothing keeps running
END
}

usage() { fail 64 "$1; rxe-vm --help shows the options"; }

kernel=stable refresh=() memory=2G cpus=1 hugepages=8 devices=1 user="" timeout=3600 output="" append="" accel=auto
deterministic="" shell="" packed=() drivers=rxe modules=()

# Sets the options from the arguments, and $command to what is left of them.
read_options() {
  local option value
  while [[ $# -gt 0 && $1 == -* ]]; do
    option=$1
    shift
    value=""
    case $option in
    --) break ;;
    --help | -h) help && exit 0 ;;
    --refresh) refresh=(--refresh); continue ;;
    --deterministic) deterministic=yes; continue ;;
    --shell) shell=yes; continue ;;
    --*=*) value=${option#*=} option=${option%%=*} ;;
    --kernel | --memory | --cpus | --hugepages | --devices | --driver | --module | --user | --timeout | --output | --append | --accel | --pack)
      [[ $# -gt 0 ]] || usage "$option needs a value"
      value=$1
      shift
      ;;
    esac
    case $option in
    --kernel) kernel=$value ;;
    --memory) memory=$value ;;
    --cpus) cpus=$value ;;
    --hugepages) hugepages=$value ;;
    --devices) devices=$value ;;
    --driver) drivers=$value ;;
    --module) modules+=("$value") ;;
    --user) user=$value ;;
    --timeout) timeout=$value ;;
    --output) output=$value ;;
    --append) append+=" $value" ;;
    --accel) accel=$value ;;
    --pack) packed+=("$value") ;;
    *) usage "unknown option '$option'" ;;
    esac
  done

  command=("$@")
}

# Ends with status 64 on values that make no sense, alone or together.
check_options() {
  local module
  [[ $memory =~ ^[1-9][0-9]{0,6}[MG]$ ]] || usage "--memory takes a size such as 512M or 4G, not '$memory'"
  [[ $cpus =~ ^[1-9][0-9]?$ ]] || usage "--cpus takes a number from 1 to 99, not '$cpus'"
  [[ $devices =~ ^([0-9]|1[0-6])$ ]] || usage "--devices takes a number from 0 to 16, not '$devices'"
  [[ $drivers =~ ^(rxe|siw|both)$ ]] || usage "--driver takes rxe, siw or both, not '$drivers'"
  [[ $timeout =~ ^[0-9]{1,8}$ ]] || usage "--timeout takes whole seconds, not '$timeout'"
  [[ $accel =~ ^(auto|tcg|kvm)$ ]] || usage "--accel takes auto, tcg or kvm, not '$accel'"
  [[ $hugepages =~ ^[0-9]{1,6}(:(2M|1G))?$ ]] || usage "--hugepages takes N, N:2M or N:1G, not '$hugepages'"
  [[ $drivers == both ]] && drivers="rxe siw"
  for module in "${modules[@]}"; do
    [[ -f $module && -r $module ]] || usage "--module takes a kernel module, and '$module' cannot be read"
  done
  [[ $shell || ${#command[@]} -gt 0 ]] || usage "no command given"
  [[ $shell && ! -t 0 ]] && usage "--shell needs a terminal"
  [[ $deterministic && $shell ]] && usage "--deterministic and --shell do not go together"
  if [[ $deterministic ]]; then
    [[ $cpus == 1 ]] || usage "--deterministic runs on one processor"
    [[ $accel == kvm ]] && usage "--deterministic needs emulation, not KVM"
    accel=tcg
  fi
}
