# Sourced by scripts/vm/initramfs and scripts/rxe-vm: the modules that a guest loads before anything else runs.
# shellcheck shell=bash disable=SC2154 # $kernel, $release and $modules are the caller's

# The files that loading a module takes, dependencies first, each with its options; nothing where it is built in.
chain() {
  /sbin/modprobe --dirname "$kernel" --set-version "$release" --show-depends "$1" 2>/dev/null | sed -n 's/^insmod //p'
}

unpacked() {
  case $1 in
  *.xz) xz -dc "$1" ;;
  *.zst) zstd -dcq "$1" ;;
  *.gz) gzip -dc "$1" ;;
  *) cat "$1" ;;
  esac
}

# Unpacks the files that `chain` wrote, one a line, into a directory, and adds them in this order to a list there.
list_modules() {
  local into=$1 list=$2 file options name
  while read -r file options; do
    name=$(basename "$file" | sed 's/\.ko.*//').ko
    unpacked "$file" >"$into/$name"
    echo "$name $options" >>"$into/$list"
  done
}

# The file in the guest for a module in a file of any name: the kernel knows it by the name inside.
file_in_guest() {
  local base name
  base=$(basename "$1" | sed 's/\.ko.*//')
  name=$(/sbin/modinfo -F name "$1")
  if [[ ! $name || ${base//-/_} == "$name" ]]; then echo "$base.ko"; else echo "$name.ko"; fi
}

# Adds the modules of this run to its own part of the initramfs: each takes the place of the kernel's own of that name, or
# is loaded after them, behind what it depends on.
add_modules() {
  local into=$1/run/rxe-vm/modules module name needed release
  [[ ${#modules[@]} -gt 0 ]] || return 0
  release=$(<"$kernel/release")
  mkdir -p "$into"
  : >"$into/more"
  for module in "${modules[@]}"; do
    needed=$(/sbin/modinfo -F depends "$module" 2>/dev/null) || fail 66 "'$module' is no kernel module"
    for name in ${needed//,/ }; do chain "$name" || true; done | awk '!seen[$0]++' | list_modules "$into" more
    file_in_guest "$module" | tee -a "$into/more" >>"$into/wanted"
  done
  # Last, over the kernel's own that a chain may have brought along.
  for module in "${modules[@]}"; do unpacked "$module" >"$into/$(file_in_guest "$module")"; done
}
