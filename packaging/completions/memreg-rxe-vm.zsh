#compdef memreg-rxe-vm
case ${words[CURRENT-1]} in
--kernel) compadd stable newest 6.12; _files ;;
--driver) compadd rxe siw both ;;
--accel) compadd auto tcg kvm ;;
--user) _users ;;
--module|--output|--pack) _files ;;
--memory|--cpus|--hugepages|--devices|--timeout|--append) ;;
*)
  if [[ ${words[CURRENT]} == -* ]]; then
    compadd -- @OPTIONS@
  else
    _command_names -e
  fi
  ;;
esac
