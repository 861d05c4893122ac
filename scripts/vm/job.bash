# Sourced by scripts/rxe-vm: what a single run adds to the initramfs.
# shellcheck shell=bash disable=SC2034,SC2154 # the options are the caller's

# Each word in single quotes, for any POSIX shell.
quoted() {
  local word
  for word; do printf "'%s' " "${word//\'/\'\\\'\'}"; done
}

# What the guest's init needs to know, as a file for its shell.
write_job() {
  local root=$1 setting module_tree="" environment=()
  shift
  if [[ $deterministic ]]; then
    environment=(HOME=/ LANG=C.UTF-8 SWIFT_DETERMINISTIC_HASHING=1)
  else
    module_tree=$kernel/lib/modules/$(<"$kernel/release")
    for setting in $(compgen -e); do
      [[ $setting == _ || $setting == SHLVL ]] || environment+=("$setting=${!setting}")
    done
  fi
  environment+=("PATH=$command_path")
  [[ $user ]] && environment+=("HOME=$home" "USER=${name:-$user}" "LOGNAME=${name:-$user}")
  {
    for setting in marker user group groups drivers devices deterministic shell output command_path module_tree; do
      echo "$setting=$(quoted "${!setting}")"
    done
    echo "directory=$(quoted "$PWD")"
    # shellcheck disable=SC2016 # for the guest's shell to expand
    printf 'with_arguments() { "$@" %s; }\nwith_environment() { exec "$own/bin/env" -i %s "$@"; }\n' \
      "$(quoted "$@")" "$(quoted "${environment[@]}")"
  } >"$root/run/rxe-vm/job"
}

# Prints the libraries that a program loads: none for a static one, and for any other file.
loaded_by() {
  [[ $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]] || return 0
  ldd "$1" 2>/dev/null | grep -oE '/[^ ]+' || true
}

# Copies a file to the same path below the root, and for a program all that it loads.
pack() {
  local root=$1 file=$2 library
  [[ -e $root$file ]] && return
  mkdir -p "$root$(dirname "$file")"
  cp -pL "$file" "$root$file"
  loaded_by "$file" | while read -r library; do
    [[ -e $root$library ]] || install -D -m 755 "$(realpath "$library")" "$root$library"
  done
}

# Copies the files of --pack, with what they load, to where the guest lays them over this machine's files: each opening of
# those is a message to QEMU and back, which takes milliseconds beside other work.
lay_over() {
  local root=$1 file
  mkdir -p "$root"
  for file in "${packed[@]}"; do
    echo "$file"
    loaded_by "$file"
  done | xargs -d '\n' realpath | sort -u | (cd / && while read -r file; do cp -p --parents ".$file" "$root" || exit; done)
}

# Everything that a deterministic boot runs: there is no other file system in it.
pack_files() {
  local root=$1 command=$2 file path
  shift
  path=$(PATH=$command_path type -P "$command") || path=""
  for file in "$path" "$(PATH=$command_path type -P rdma)" "$(PATH=$command_path type -P memreg)" \
    ${user:+"$(PATH=$command_path type -P setpriv)"} /etc/libibverbs.d/{rxe,siw}.driver \
    /usr/lib/*/libibverbs/lib{rxe,siw}-*.so /usr/lib64/libibverbs/lib{rxe,siw}-*.so "${packed[@]}" "$@"; do
    [[ -f $file ]] && pack "$root" "$(realpath -s "$file")"
  done
  [[ -e $root/bin/sh ]] || install -d "$root/bin" && ln -sf /run/rxe-vm/busybox "$root/bin/sh"
  # A file is the only standard input that cannot bring the host's timing along.
  [[ -f /dev/stdin ]] && cat >"$root/run/rxe-vm/stdin"
  command_path+=:/run/rxe-vm/bin
  mkdir -p "$root$PWD"
}
