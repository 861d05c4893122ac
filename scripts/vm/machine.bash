# Sourced by scripts/rxe-vm: QEMU's command line.
# shellcheck shell=bash disable=SC2034,SC2154 # the options are the caller's, and so is the result

# KVM may be there and not work, or hang: believe only a boot. The answer holds until this machine boots anew.
kvm_works() {
  local answer
  [[ -r /dev/kvm && -w /dev/kvm ]] || return 1
  answer=$cache/kvm-$(cat /proc/sys/kernel/random/boot_id <("$qemu" --version) | cksum | cut -d' ' -f1)
  if [[ ! -e $answer ]]; then
    : >"$directory/probe"
    setpriv --pdeathsig KILL timeout -s KILL 5 "$qemu" -accel kvm -M pc -cpu max -nodefaults -no-user-config -no-reboot \
      -display none -m 512M -kernel "$kernel/image" -initrd "$base" -serial "file:$directory/probe" \
      -append "quiet console=ttyS0 panic=-1 rdinit=/run/rxe-vm/probe" </dev/null >/dev/null 2>&1 &
    launcher=$!
    wait "$launcher" 2>/dev/null
    launcher=""
    rm -f "$cache"/kvm-*
    if grep -q rxe-vm-probe "$directory/probe"; then echo yes; else echo no; fi >"$directory/answer"
    mv "$directory/answer" "$answer"
  fi
  [[ $(<"$answer") == yes ]]
}

# Sets $machine to the command that starts the guest, and $mode to how scripts/vm/launch carries its streams.
describe_machine() {
  local words port=0 name processor=max
  # Time comes from the TSC (anything else costs hundreds of nanoseconds a reading), an oops ends the machine, and what
  # would only cost time at boot is off.
  words="quiet console=ttyS0 rdinit=/run/rxe-vm/init panic=-1 oops=panic panic_print=0x20 nokaslr clocksource=tsc tsc=reliable"
  words+=" no_timer_check cryptomgr.notests random.trust_cpu=$([[ $deterministic ]] && echo off || echo on) i8042.noaux i8042.nokbd"
  [[ $accel == auto ]] && { if kvm_works; then accel=kvm; else accel=tcg; fi; }
  # QEMU translates a program anew for each address it lies at: at the same one its start takes a third of the time.
  [[ $accel != kvm ]] && words+=" norandmaps"
  # Emulated, a string instruction goes byte by byte, a page is cleared faster by words; and what guards the kernel's
  # accesses to user memory ends a translated block at each of them. Without both a check takes three quarters.
  # Deterministic figures, in instructions, stay those of the processor as it is.
  [[ $accel != kvm && ! $deterministic ]] && processor+=",-erms,-smap,-smep"
  words+=" $([[ $hugepages == *:* ]] && echo "hugepagesz=${hugepages#*:} ")hugepages=${hugepages%:*}"
  machine=("$qemu" -M pc -cpu "$processor" -nodefaults -no-user-config -no-reboot -display none -m "$memory" -smp "$cpus"
    -kernel "$kernel/image" -initrd "$directory/initramfs" -append "$words$append"
    -serial "file:$directory/console")
  if [[ $deterministic ]]; then
    # Without ioeventfd the device answers within the instruction that asks it, not whenever QEMU's other thread gets to it.
    machine+=(-device "virtio-serial-pci,max_ports=8,ioeventfd=off")
    machine+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -seed 1 -rtc "base=2024-01-01T00:00:00,clock=vm")
  else
    machine+=(-device "virtio-serial-pci,max_ports=8" -accel "$accel"
      -fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap" -device "virtio-9p-pci,fsdev=host,mount_tag=host")
    [[ $output ]] && machine+=(-fsdev "local,id=output,path=$output,security_model=none,multidevs=remap"
      -device "virtio-9p-pci,fsdev=output,mount_tag=output")
  fi
  for name in control stdout stderr stdin files; do
    machine+=(-device "virtserialport,nr=$((++port)),chardev=$name")
  done
  for name in control files; do machine+=(-chardev "file,id=$name,path=$directory/$name"); done
  [[ $shell ]] && machine+=(-chardev "stdio,id=terminal,signal=off" -device "virtconsole,nr=0,chardev=terminal")
  mode="stream"
  [[ $deterministic ]] && mode="file"
  [[ $shell ]] && mode="shell"
}
