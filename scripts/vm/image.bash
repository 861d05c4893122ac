# Sourced by scripts/vm/kernel: makes the cached directory of a kernel out of an image and a module tree.
# shellcheck shell=bash

# What a guest may want to load beside rxe's own chain; a module's dependencies come along wherever they live.
kept_modules="drivers/infiniband drivers/block/(loop|brd|zram|null_blk) drivers/net/(dummy|veth|tun|macvlan|ifb|bonding) \
drivers/virtio drivers/char/(virtio_console|hw_random) drivers/firmware/qemu_fw_cfg net crypto arch lib mm \
fs/(9p|ext4|overlayfs|fuse|xfs|netfs|fscache|jbd2|nfs|squashfs|btrfs|isofs) drivers/nvme drivers/nvdimm drivers/dax"

# Keeps of a module tree what a guest may need, and indexes it.
prune_modules() {
  local release=$1 from=$2 into=$3 pattern
  pattern="^(kernel/)?($(tr -s ' ' '|' <<<"$kept_modules"))"
  mkdir -p "$into/lib/modules/$release"
  [[ -s $from/modules.dep ]] || depmod -b "${from%/lib/modules/*}" "$release" 2>/dev/null || true
  (
    cd "$from" || exit
    # Each line of modules.dep is a module and all it needs.
    { grep -E "$pattern" modules.dep | tr -d : | tr ' ' '\n' | sort -u; compgen -G 'modules.*' | grep -v '\.bin$'; } |
      tar -c -T - 2>/dev/null
  ) | tar -x -C "$into/lib/modules/$release"
  depmod -b "$into" "$release"
}

# Unpacks the ELF image out of a bzImage: started through its PVH entry it need not decompress itself, which saves
# seconds under emulation. A kernel without that entry, or of another architecture, is started as it is.
unpack_image() {
  local vmlinuz=$1 image=$2 setup offset length tool
  ln -sf vmlinuz "$image"
  [[ $(head -c 518 "$vmlinuz" | tail -c 4) == HdrS ]] || return 0
  setup=$(od -An -tu1 -j497 -N1 "$vmlinuz")
  offset=$(od -An -tu4 -j584 -N4 "$vmlinuz")
  length=$(od -An -tu4 -j588 -N4 "$vmlinuz")
  for tool in "zstd -dcq" "xz -dcq --single-stream" "gzip -dcq" "lz4 -dcq" "lzma -dcq"; do
    # Four bytes with the length follow the compressed image: decompressors complain about them, rightly, after the last byte.
    tail -c "+$(((setup + 1) * 512 + offset + 1))" "$vmlinuz" | head -c "$length" | $tool >"$image.elf" 2>/dev/null || true
    if [[ $(head -c 4 "$image.elf") == $'\x7fELF' ]] && grep -q '^CONFIG_PVH=y' "${vmlinuz%/*}/config" 2>/dev/null; then
      mv "$image.elf" "$image"
      return 0
    fi
  done
  rm -f "$image.elf"
}

# The release string in a bzImage's header.
image_release() {
  local at
  [[ $(head -c 518 "$1" 2>/dev/null | tail -c 4) == HdrS ]] || return 1
  at=$(od -An -tu2 -j526 -N2 "$1")
  dd if="$1" bs=1 skip=$((at + 512)) count=200 status=none | tr '\0' ' ' | sed -n '1s/ .*//p'
}

# Puts the parts in their place under a temporary name, then renames: a reader never sees half a kernel.
install_kernel() {
  local release=$1 vmlinuz=$2 modules=$3 config=$4 target=$5
  local staging=$target.new
  rm -rf "$staging"
  mkdir -p "$staging"
  cp "$vmlinuz" "$staging/vmlinuz"
  [[ -r $config ]] && cp "$config" "$staging/config"
  prune_modules "$release" "$modules" "$staging"
  unpack_image "$staging/vmlinuz" "$staging/image"
  echo "$release" >"$staging/release"
  rm -rf "$target"
  mv "$staging" "$target"
}
