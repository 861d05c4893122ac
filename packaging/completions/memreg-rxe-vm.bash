# bash completion of memreg-rxe-vm
# shellcheck shell=bash
_memreg_rxe_vm() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
  --kernel) mapfile -t COMPREPLY < <(compgen -W 'stable newest 6.12' -- "$word"; compgen -f -- "$word") ;;
  --driver) mapfile -t COMPREPLY < <(compgen -W 'rxe siw both' -- "$word") ;;
  --accel) mapfile -t COMPREPLY < <(compgen -W 'auto tcg kvm' -- "$word") ;;
  --user) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
  --module | --output | --pack) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
  --memory | --cpus | --hugepages | --devices | --timeout | --append) ;;
  *)
    if [[ $word == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W '@OPTIONS@' -- "$word")
    else
      mapfile -t COMPREPLY < <(compgen -c -- "$word")
    fi
    ;;
  esac
}
complete -o filenames -F _memreg_rxe_vm memreg-rxe-vm
