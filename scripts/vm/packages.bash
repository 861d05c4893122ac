# Sourced by scripts/vm/kernel: fetches the packages of a kernel release and unpacks them, installing nothing.
# shellcheck shell=bash disable=SC2154 # $apt and $spec are the caller's

# Downloads the packages that hold the kernel of a release and its modules: the layout changes from version to version,
# so start at whichever package carries the image and follow its dependencies on packages of the same release.
unpack_packages() {
  local release=$1 into=$2 root names known wanted="" next queue package
  names=$(apt_private apt-cache pkgnames linux- | grep -F -- "-$release" | grep -E "^linux-[a-z-]+-${release//[+.]/\\&}\$" || true)
  for root in linux-image linux-binary linux-image-unsigned linux-binary-unsigned; do
    grep -qx -- "$root-$release" <<<"$names" && break
    root=""
  done
  [[ $root ]] || fail 69 "no package holds kernel $release"
  queue="$root-$release"
  for known in linux-modules linux-modules-extra; do
    grep -qx -- "$known-$release" <<<"$names" && queue+=" $known-$release"
  done
  while [[ $queue ]]; do
    next=""
    for package in $queue; do
      [[ " $wanted " == *" $package "* ]] && continue
      wanted+=" $package"
      next+=" $(apt_private apt-cache depends "$package" | sed -nE "s/^ *\|?Depends: (linux-[a-z-]+-${release//[+.]/\\&})\$/\1/p" | tr '\n' ' ')"
    done
    queue=${next## }
  done
  echo "rxe-vm: downloading kernel $release" >&2
  mkdir -p "$into/deb"
  # shellcheck disable=SC2086 # a list of package names
  (cd "$into/deb" && apt_private apt-get -qq download $wanted) >"$apt/log" 2>&1 ||
    fail 69 "cannot download kernel $release ($(grep -m1 '^E' "$apt/log")); to try again: $rxe_vm --refresh --kernel $spec true"
  for package in "$into"/deb/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$into" --no-same-owner
    rm "$package"
  done
}
